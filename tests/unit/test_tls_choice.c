/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_choice.c: an RSA and an ECDSA certificate for one name: which of them a client sees. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tls_rig.h"

#define TLS10 "NORMAL:-VERS-ALL:+VERS-TLS1.0"
#define TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define ONLY  ":-SIGN-ALL:+SIGN-"
#define BOTH  ":-SIGN-ALL:+SIGN-RSA-SHA256:+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SECP256R1-SHA256"

static const struct row {
	const char *priority, *name; /* of the client; NULL: no SNI */
	const char *shown;           /* NULL: the handshake fails */
	const char *server;          /* the server's priority; NULL: ours */
} rows[] = {
	{ TLS13, "a.example", "ec-rsa" },
	{ TLS12, "a.example", "ec-rsa" },
	{ TLS13 BOTH, "a.example", "ec-rsa" },
	{ TLS12 BOTH, "a.example", "ec-rsa" },
	{ TLS13 ONLY "RSA-PSS-RSAE-SHA256", "a.example", "rsa" },
	{ TLS12 ONLY "RSA-SHA256", "a.example", "rsa" },
	{ TLS12 ":-ECDHE-ECDSA", "a.example", "rsa" }, /* signs by both, but has no suite for it */
	{ TLS12 ":-KX-ALL:+DHE-RSA", "a.example", "rsa" },
	{ TLS12 ":-ECDHE-RSA:-DHE-RSA", "a.example", "ec-rsa" },
	{ TLS13 ONLY "ECDSA-SECP256R1-SHA256", "a.example", "ec-rsa" },
	/* It offers both, but the suite that it has for ECDSA is not one of ours. */
	{ TLS12 ":-CIPHER-ALL:+AES-128-CBC:-MAC-ALL:+SHA1", "a.example", "rsa", "NORMAL:-ECDHE-ECDSA" },
	/* Without a name, or with one that nobody bears: those that bear all names of the first. */
	{ TLS13, NULL, "ec-rsa" },
	{ TLS12 ONLY "RSA-SHA256", NULL, "rsa" },
	{ TLS13, "unknown.example", "ec-rsa" },
	{ TLS12 ":-ECDHE-ECDSA", "unknown.example", "rsa" },
	/* The name comes first: nothing of another name is shown instead. */
	{ TLS13, "b.example", "ec" },
	{ TLS12 ":-ECDHE-ECDSA", "b.example", NULL },
	/* Older than signature algorithms. */
	{ TLS10, NULL, "ec-rsa" },
	{ TLS10 ":-ECDHE-ECDSA", NULL, "rsa" },
	{ TLS10 ":-ECDHE-ECDSA", "a.example", "rsa" },
};

static struct tls_server *server_of(const char *const *certs, size_t n, const char *minimum, const char *priority)
{
	struct tls_identity *ids[4];
	struct tls_server *s = NULL;
	char err[128];

	for (size_t i = 0; i < n; i++)
		ids[i] = rig_identity(&(struct rig_word){ .cert = certs[i], .minimum = minimum, .priority = priority });
	assert_int_equal(tls_server_create(&s,
					   &(struct tls_server_conf){ .identities = ids, .nidentities = (unsigned)n },
					   err, sizeof err),
			 0);
	for (size_t i = 0; i < n; i++)
		tls_identity_unref(ids[i]);
	return s;
}

static void common_name(gnutls_session_t session, char name[64])
{
	unsigned n;
	const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &n);
	size_t size = 64;
	gnutls_x509_crt_t crt;

	assert_non_null(list);
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_import(crt, list, GNUTLS_X509_FMT_DER), 0);
	assert_int_equal(gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size), 0);
	gnutls_x509_crt_deinit(crt);
}

static void check(struct tls_server *s, const struct row *row)
{
	struct tls *t;
	struct raw c;
	enum tls_step step;
	char name[64];
	int ret;

	assert_int_equal(tls_accept(&t, s), 0);
	raw_open(&c, row->priority, NULL, row->name, NULL);
	ret = raw_shake(&c, t, &step);
	assert_int_equal(ret == 0, row->shown != NULL);
	if (row->shown) {
		assert_int_equal(step, TLS_READY);
		common_name(c.session, name);
		assert_string_equal(name, row->shown);
	} else {
		assert_int_equal(step, TLS_FAILED);
		assert_non_null(strstr(tls_reason(t), "no shared "));
	}
	raw_close(&c);
	tls_free(t);
}

/* Whatever their order. */
static void test_rows(void **state)
{
	static const char *const orders[][3] = { { "rsa", "ec-rsa", "ec" }, { "ec-rsa", "ec", "rsa" } };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (size_t k = 0; k < 2; k++) {
			struct tls_server *s = server_of(orders[k], 3, "1.0", rows[i].server);

			print_message("row %zu, order %zu\n", i, k);
			check(s, &rows[i]);
			tls_server_unref(s);
		}
	}
}

/* Of one kind the order decides, and one that lacks a name of the first is not for those that name nobody. */
static void test_order(void **state)
{
	static const char *const two[] = { "ec-a", "ec-rsa" }, *const other[] = { "ec-rsa", "ec-a" };
	static const char *const mixed[] = { "rsa", "ec-a" };
	struct tls_server *s = server_of(two, 2, NULL, NULL), *o = server_of(other, 2, NULL, NULL);
	struct tls_server *m = server_of(mixed, 2, NULL, NULL);

	(void)state;
	check(s, &(struct row){ TLS13, "a.example", "ec-a" });
	check(s, &(struct row){ TLS13, "pool.corp.example", "ec-rsa" });
	check(s, &(struct row){ TLS13, NULL, "ec-a" });
	check(o, &(struct row){ TLS13, "a.example", "ec-rsa" });
	check(m, &(struct row){ TLS13, "a.example", "ec-a" });
	check(m, &(struct row){ TLS13, NULL, "rsa" });
	tls_server_unref(s);
	tls_server_unref(o);
	tls_server_unref(m);
}

/* A first message that was cut or lies about its lengths. */
static void test_broken_hello(void **state)
{
	static const char *const certs[] = { "rsa", "ec-rsa" };
	static const unsigned char hellos[][64] = {
		{ 22, 3, 1, 0, 6, 1, 0, 0, 2, 3, 3 },
		{ 22, 3, 1, 0, 39, 1, 0, 0, 35, 3, 3, [43] = 255 },
		{ 22, 3, 1, 0, 41, 1, 0, 0, 37, 3, 3, [43] = 0, 255, 255 },
	};
	struct tls_server *s = server_of(certs, 2, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof hellos / sizeof hellos[0]; i++) {
		struct buf in = { NULL }, out = { NULL };
		struct tls *t;

		assert_int_equal(tls_accept(&t, s), 0);
		assert_int_equal(buf_append(&in, hellos[i], 5u + hellos[i][4]), 0);
		assert_int_equal(tls_handshake(t, &in, &out), TLS_FAILED);
		tls_free(t);
		buf_free(&in);
		buf_free(&out);
	}
	tls_server_unref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_broken_hello),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
