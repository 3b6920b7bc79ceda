/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_server.c: what a listener does with clients of all kinds: versions, signatures, SNI, ALPN, many at once. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "tls_rig.h"

#define TLS10 "NORMAL:-VERS-ALL:+VERS-TLS1.0:+SIGN-RSA-SHA1:+SIGN-ECDSA-SHA1:%VERIFY_ALLOW_SIGN_WITH_SHA1"
#define TLS11 "NORMAL:-VERS-ALL:+VERS-TLS1.1:+SIGN-RSA-SHA1:+SIGN-ECDSA-SHA1:%VERIFY_ALLOW_SIGN_WITH_SHA1"
#define TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define ONLY  ":-SIGN-ALL:+SIGN-"
#define SHA1  ONLY "RSA-SHA1:%VERIFY_ALLOW_SIGN_WITH_SHA1"

/* ---- Handshakes ---- */

static const struct kind {
	const char *cert, *priority; /* the client's */
	const char *minimum;         /* the server's */
	gnutls_protocol_t version;
	gnutls_sign_algorithm_t sign; /* 0: any */
	bool sha1;                    /* the server's */
} kinds[] = {
	{ "rsa", TLS13, NULL, GNUTLS_TLS1_3, 0 },
	{ "rsa", TLS13 ONLY "RSA-PSS-RSAE-SHA256", NULL, GNUTLS_TLS1_3, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256 },
	{ "rsa", TLS13 ONLY "RSA-PSS-RSAE-SHA384", NULL, GNUTLS_TLS1_3, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384 },
	{ "rsa", TLS13 ONLY "RSA-PSS-RSAE-SHA512", NULL, GNUTLS_TLS1_3, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512 },
	{ "rsa", TLS12, NULL, GNUTLS_TLS1_2, 0 },
	{ "rsa", TLS12 ONLY "RSA-SHA256", NULL, GNUTLS_TLS1_2, GNUTLS_SIGN_RSA_SHA256 },
	{ "rsa", TLS12 ONLY "RSA-SHA384", NULL, GNUTLS_TLS1_2, GNUTLS_SIGN_RSA_SHA384 },
	{ "rsa", TLS12 ONLY "RSA-SHA512", NULL, GNUTLS_TLS1_2, GNUTLS_SIGN_RSA_SHA512 },
	{ "rsa", TLS12 ONLY "RSA-PSS-RSAE-SHA256", NULL, GNUTLS_TLS1_2, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256 },
	{ "rsa", TLS12 ONLY "RSA-PSS-RSAE-SHA512", NULL, GNUTLS_TLS1_2, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512 },
	{ "rsa", TLS12 ":-KX-ALL:+DHE-RSA", NULL, GNUTLS_TLS1_2, 0 },
	{ "ec", TLS13, NULL, GNUTLS_TLS1_3, GNUTLS_SIGN_ECDSA_SECP256R1_SHA256 },
	{ "ec", TLS12, NULL, GNUTLS_TLS1_2, 0 },
	{ "ec", TLS12 ONLY "ECDSA-SHA384", NULL, GNUTLS_TLS1_2, GNUTLS_SIGN_ECDSA_SHA384 },
	{ "rsa", NULL, NULL, GNUTLS_TLS1_3, 0 },
	{ "ec", NULL, "1.3", GNUTLS_TLS1_3, 0 },
	{ "rsa", TLS13 ":-GROUP-ALL:+GROUP-SECP384R1", NULL, GNUTLS_TLS1_3, 0 },
	{ "rsa", NULL, "1.0", GNUTLS_TLS1_3, 0 },
	/* Older ones, raw as our own client never offers them. */
	{ "rsa", TLS10, "1.0", GNUTLS_TLS1_0, 0 },
	{ "rsa", TLS11, "1.0", GNUTLS_TLS1_1, 0 },
	{ "rsa", TLS11, "1.1", GNUTLS_TLS1_1, 0 },
	{ "ec", TLS10, "1.0", GNUTLS_TLS1_0, 0 },
	{ "rsa", TLS12 SHA1, NULL, GNUTLS_TLS1_2, GNUTLS_SIGN_RSA_SHA1, true },
	{ "rsa", TLS10, "1.0", GNUTLS_TLS1_0, 0, true },
	/* And what must not succeed. */
	{ "rsa", TLS10, NULL, GNUTLS_VERSION_UNKNOWN, 0 },
	{ "rsa", TLS11, NULL, GNUTLS_VERSION_UNKNOWN, 0 },
	{ "rsa", TLS10, "1.1", GNUTLS_VERSION_UNKNOWN, 0 },
	{ "rsa", TLS12, "1.3", GNUTLS_VERSION_UNKNOWN, 0 },
	{ "rsa", TLS12 ":-KX-ALL:+RSA", NULL, GNUTLS_VERSION_UNKNOWN, 0 },
	{ "rsa", TLS12 SHA1, NULL, GNUTLS_VERSION_UNKNOWN, 0 },
	{ "rsa", TLS12 SHA1, "1.0", GNUTLS_VERSION_UNKNOWN, 0 },
	{ "rsa", TLS12 ONLY "ECDSA-SHA256", NULL, GNUTLS_VERSION_UNKNOWN, 0 },
};

static void check_kind(const struct kind *k)
{
	const char *priority = k->priority ? k->priority : "NORMAL";
	struct tls_server *s = rig_server(&(struct rig_word){ .cert = k->cert, .minimum = k->minimum, .sha1 = k->sha1 },
					  TLS_VERIFY_NONE, NULL);
	enum tls_step step;
	struct tls *t;
	struct raw c;
	int ret;

	assert_int_equal(tls_accept(&t, s), 0);
	raw_open(&c, priority, NULL, NULL, NULL);
	ret = raw_shake(&c, t, &step);
	if (k->version != GNUTLS_VERSION_UNKNOWN) {
		if (ret != 0 || step != TLS_READY)
			fail_msg("%s: %s / %s", priority, gnutls_strerror(ret), tls_reason(t));
		assert_int_equal(gnutls_protocol_get_version(t->session), k->version);
		if (k->sign)
			assert_int_equal(gnutls_sign_algorithm_get(t->session), k->sign);
	} else {
		assert_int_equal(step, TLS_FAILED);
		assert_int_equal(ret, GNUTLS_E_FATAL_ALERT_RECEIVED);
		assert_non_null(strstr(tls_reason(t), "no shared "));
		assert_int_equal(tls_handshake(t, &c.out, &c.in), TLS_FAILED); /* and stays so */
	}
	raw_close(&c);
	tls_free(t);
	tls_server_unref(s);
}

static void test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		print_message("row %zu\n", i);
		check_kind(&kinds[i]);
	}
}

/* Clients' certificates in versions that sign by SHA-1 and nothing else. */
static void test_old_client_certificates(void **state)
{
	static const char *const certs[] = { "rsa", "common" }, *const old[] = { TLS10, TLS11 };
	struct rig_word word = { .cert = "rsa", .trust = "ca", .minimum = "1.0" };
	struct tls_server *s = rig_server(&word, TLS_VERIFY_REQUIRED, NULL);

	(void)state;
	for (int i = 0; i < 4; i++) {
		enum tls_step step;
		struct tls *t;
		struct raw c;

		assert_int_equal(tls_accept(&t, s), 0);
		raw_open(&c, old[i & 1], certs[i / 2], NULL, NULL);
		assert_int_equal(raw_shake(&c, t, &step), 0);
		assert_int_equal(step, TLS_READY);
		raw_close(&c);
		tls_free(t);
	}
	tls_server_unref(s);
}

/* A client without RFC 5746 is served only where old clients are asked for. */
static void test_renegotiation_fix(void **state)
{
	(void)state;
	for (int old = 0; old < 2; old++) {
		struct rig_word word = { .cert = "rsa", .minimum = old ? "1.0" : NULL };
		struct tls_server *s = rig_server(&word, TLS_VERIFY_NONE, NULL);
		enum tls_step step;
		struct tls *t;
		struct raw c;

		assert_int_equal(tls_accept(&t, s), 0);
		raw_open(&c, TLS12 ":%DISABLE_SAFE_RENEGOTIATION", NULL, NULL, NULL);
		raw_shake(&c, t, &step);
		assert_int_equal(step, old ? TLS_READY : TLS_FAILED);
		if (!old)
			assert_non_null(strstr(tls_reason(t), "renegotiation fix"));
		raw_close(&c);
		tls_free(t);
		tls_server_unref(s);
	}
}

static void test_x25519(void **state)
{
	struct tls_server *s = rig_server(&(struct rig_word){ .cert = "rsa" }, TLS_VERIFY_NONE, NULL);
	struct tls_client *c = rig_client(&(struct rig_word){ .trust = "ca" });
	struct rig r;

	(void)state;
	rig_open(&r, s, c, NULL);
	assert_true(rig_shake(&r));
	assert_int_equal(gnutls_group_get(r.server.tls->session), GNUTLS_GROUP_X25519);
	rig_close(&r);
	tls_server_unref(s);
	tls_client_unref(c);
}

/* ---- Whose order counts ---- */

#define P256_FIRST ":-GROUP-ALL:+GROUP-SECP256R1:+GROUP-X25519"

static const struct order_row {
	const char *client, *server; /* priorities; NULL: ours */
	gnutls_cipher_algorithm_t cipher;
	gnutls_group_t group;
	unsigned shares; /* how many the client sends, a flag of GnuTLS's */
} order_rows[] = {
	{ TLS13, NULL, GNUTLS_CIPHER_AES_128_GCM, GNUTLS_GROUP_X25519 },
	{ TLS12, NULL, GNUTLS_CIPHER_AES_128_GCM, GNUTLS_GROUP_X25519 },
	{ TLS13 ":-AES-128-GCM", NULL, GNUTLS_CIPHER_AES_256_GCM, GNUTLS_GROUP_X25519 },
	{ TLS13 P256_FIRST, NULL, GNUTLS_CIPHER_AES_128_GCM, GNUTLS_GROUP_X25519 }, /* it sends a share of both */
	/* To ask for another share would be another round trip. */
	{ TLS13 P256_FIRST, NULL, GNUTLS_CIPHER_AES_256_GCM, GNUTLS_GROUP_SECP256R1, GNUTLS_KEY_SHARE_TOP },
	{ TLS13, "NORMAL", GNUTLS_CIPHER_AES_256_GCM, GNUTLS_GROUP_INVALID },
};

static void test_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof order_rows / sizeof order_rows[0]; i++) {
		const struct order_row *row = &order_rows[i];
		struct rig_word word = { .cert = "rsa", .priority = row->server };
		struct tls_server *s = rig_server(&word, TLS_VERIFY_NONE, NULL);
		enum tls_step step;
		struct tls *t;
		struct raw c;

		print_message("row %zu\n", i);
		assert_int_equal(tls_accept(&t, s), 0);
		raw_open_with(&c, row->shares, row->client, NULL, NULL, NULL);
		assert_int_equal(raw_shake(&c, t, &step), 0);
		assert_int_equal(step, TLS_READY);
		assert_int_equal(gnutls_cipher_get(t->session), row->cipher);
		if (!row->server)
			assert_int_equal(gnutls_group_get(t->session), row->group);
		raw_close(&c);
		tls_free(t);
		tls_server_unref(s);
	}
}

/* ---- What is left of a handshake ---- */

static void check_light(const char *priority, enum tls_verify verify, bool light)
{
	struct tls_server *s = rig_server(&(struct rig_word){ .cert = "rsa", .trust = "ca" }, verify, NULL);
	struct tls_client *c = rig_client(&(struct rig_word){ .priority = priority });
	struct rig r;

	rig_open(&r, s, c, NULL);
	assert_false(tls_is_light(r.client.tls));
	assert_false(tls_is_light(r.server.tls));
	assert_int_equal(tls_handshake(r.client.tls, &r.client.in, &r.server.in), TLS_MORE);
	assert_int_equal(tls_handshake(r.server.tls, &r.server.in, &r.client.in), TLS_MORE);
	assert_int_equal(tls_is_light(r.server.tls), light);
	rig_close(&r);
	tls_server_unref(s);
	tls_client_unref(c);
}

static void test_light(void **state)
{
	(void)state;
	check_light(TLS13, TLS_VERIFY_NONE, true);
	check_light(TLS12, TLS_VERIFY_NONE, false);     /* the client's share is to come */
	check_light(TLS13, TLS_VERIFY_OPTIONAL, false); /* its certificate */
}

/* ---- SNI and ALPN ---- */

static const struct sni_row {
	const char *name; /* NULL: no SNI */
	const char *shown;
} sni_rows[] = {
	{ NULL, "rsa" },
	{ "a.example", "ec-a" }, /* the cheaper one of two */
	{ "pool.corp.example", "rsa" },
	{ "b.example", "ec" },
	{ "B.EXAMPLE", "ec" },
	{ "x.wild.example", "ec" },
	{ "wild.example", "rsa" },
	{ "x.y.wild.example", "rsa" },
	{ "c.example", "chain" },
	{ "unknown.example", "rsa" },
	{ "127.0.0.1", "rsa" },
};

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

static struct tls_server *server_of_four(void)
{
	static const char *const certs[] = { "rsa", "ec", "chain", "ec-a" };
	struct tls_identity *ids[4];
	struct tls_server *s = NULL;
	char err[128];

	for (size_t i = 0; i < 4; i++)
		ids[i] = rig_identity(&(struct rig_word){ .cert = certs[i] });
	assert_int_equal(tls_server_create(&s, &(struct tls_server_conf){ .identities = ids, .nidentities = 4 }, err,
					   sizeof err),
			 0);
	for (size_t i = 0; i < 4; i++)
		tls_identity_unref(ids[i]);
	return s;
}

static void check_sni(struct tls_server *s, const struct sni_row *row, const char *version)
{
	struct tls *t;
	struct raw c;
	enum tls_step step;
	struct tls_facts f;
	char name[64];

	assert_int_equal(tls_accept(&t, s), 0);
	raw_open(&c, version, NULL, row->name, NULL);
	assert_int_equal(raw_shake(&c, t, &step), 0);
	common_name(c.session, name);
	assert_string_equal(name, row->shown);
	tls_facts(t, &f);
	if (!row->name)
		assert_null(f.sni.p);
	else
		assert_int_equal(strncasecmp(f.sni.p, row->name, f.sni.n), 0);
	for (size_t i = 0; i < f.sni.n; i++)
		assert_false(f.sni.p[i] >= 'A' && f.sni.p[i] <= 'Z');
	raw_close(&c);
	tls_free(t);
}

static void test_sni(void **state)
{
	struct tls_server *s = server_of_four();

	(void)state;
	for (size_t i = 0; i < sizeof sni_rows / sizeof sni_rows[0]; i++) {
		check_sni(s, &sni_rows[i], TLS12);
		check_sni(s, &sni_rows[i], TLS13);
	}
	assert_ptr_equal(tls_server_ref(s), s);
	tls_server_unref(s);
	tls_server_unref(s);
}

static const struct alpn_row {
	const char *offer[2];
	const char *chosen; /* the server has one, two, in this order */
} alpn_rows[] = {
	{ { NULL, NULL }, NULL },   { { "one", NULL }, "one" },  { { "two", "one" }, "one" },
	{ { "two", NULL }, "two" }, { { "three", NULL }, NULL },
};

static void test_alpn(void **state)
{
	struct tls_server *s = rig_server(&(struct rig_word){ .cert = "ec" }, TLS_VERIFY_NONE, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof alpn_rows / sizeof alpn_rows[0]; i++) {
		const struct alpn_row *row = &alpn_rows[i];
		gnutls_datum_t offer[2];
		enum tls_step step;
		struct tls_facts f;
		struct tls *t;
		struct raw c;
		unsigned n = 0;

		for (; n < 2 && row->offer[n]; n++)
			offer[n] = (gnutls_datum_t){ (unsigned char *)row->offer[n], (unsigned)strlen(row->offer[n]) };
		assert_int_equal(tls_accept(&t, s), 0);
		raw_open(&c, TLS13, NULL, NULL, NULL);
		if (n)
			assert_int_equal(gnutls_alpn_set_protocols(c.session, offer, n, 0), 0);
		assert_int_equal(raw_shake(&c, t, &step), 0);
		tls_facts(t, &f);
		assert_int_equal(f.alpn.n, row->chosen ? strlen(row->chosen) : 0);
		if (row->chosen)
			assert_memory_equal(f.alpn.p, row->chosen, f.alpn.n);
		raw_close(&c);
		tls_free(t);
	}
	tls_server_unref(s);
}

/* ---- Threads ---- */

static void *shake_often(void *arg)
{
	struct tls_server *s = arg;
	uintptr_t good = 0;

	for (int i = 0; i < 10; i++) {
		enum tls_step step;
		struct tls *t;
		struct raw c;

		if (tls_accept(&t, s) != 0)
			return NULL;
		raw_open(&c, i & 1 ? TLS13 : TLS12, "edge", "a.example", NULL);
		good += raw_shake(&c, t, &step) == 0 && step == TLS_READY;
		raw_close(&c);
		tls_free(t);
	}
	return (void *)good;
}

static void test_threads(void **state)
{
	static const char *const peers[] = { "edge.corp.example", NULL };
	struct tls_server *s =
		rig_server(&(struct rig_word){ .cert = "rsa", .trust = "ca" }, TLS_VERIFY_REQUIRED, peers);
	pthread_t threads[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, shake_often, s), 0);
	for (int i = 0; i < 3; i++) {
		void *good;

		assert_int_equal(pthread_join(threads[i], &good), 0);
		assert_int_equal((uintptr_t)good, 10);
	}
	tls_server_unref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old_client_certificates),
		cmocka_unit_test(test_kinds),  cmocka_unit_test(test_renegotiation_fix),
		cmocka_unit_test(test_x25519), cmocka_unit_test(test_order),
		cmocka_unit_test(test_light),  cmocka_unit_test(test_sni),
		cmocka_unit_test(test_alpn),   cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
