/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_crl.c: revoked certificates, refused from clients and servers, and files of them that change or are no good. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tls_rig.h"

#define REVOKED "the certificate is revoked"

static const char *const versions[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3" };

/* "good" and "bad" from "root", "far" from "between", which "root" made; "foreign" has signed none of them. */
static struct cert *root, *foreign, *between, *good, *bad, *far;

static struct cert *make_cert(const char *name, struct cert_want want)
{
	struct cert *c = cert_make(&want);

	cert_write(c, rig_dir, name);
	return c;
}

static void list_of(const struct cert *authority, const struct cert *one, int days, const char *name)
{
	const struct cert *list[] = { one, NULL };

	cert_write_crl(authority, list, days, rig_dir, name);
}

static void shell(const char *format, const char *a, const char *b, const char *c)
{
	char text[600];

	snprintf(text, sizeof text, format, rig_dir, a, b, c);
	assert_int_equal(system(text), 0);
}

static int make(void **state)
{
	char err[128];

	(void)state;
	assert_int_equal(tls_init(err, sizeof err), 0);
	certs_dir_make(rig_dir);
	root = make_cert("root", (struct cert_want){ .cn = "Root", .authority = true });
	foreign = make_cert("foreign", (struct cert_want){ .cn = "Foreign", .authority = true });
	between = make_cert("between", (struct cert_want){ .cn = "Between", .authority = true, .issuer = root });
	good = make_cert("good", (struct cert_want){ .cn = "good", .dns = { "a.example" }, .issuer = root });
	bad = make_cert("bad", (struct cert_want){ .cn = "bad", .dns = { "a.example" }, .issuer = root });
	far = make_cert("far", (struct cert_want){ .cn = "far", .dns = { "a.example" }, .issuer = between });
	list_of(root, bad, 30, "bad");
	list_of(root, NULL, 30, "none");
	list_of(root, between, 30, "between");
	list_of(between, far, 30, "far");
	list_of(foreign, good, 30, "foreign");
	list_of(root, bad, -3, "old");
	shell("cd %s && cat root.pem between.pem > both.pem && cat far.crl bad.crl > several.crl && head -c 300 %s > %s && "
	      "openssl crl -in bad.crl -outform DER -out %s",
	      "bad.crl", "cut.crl", "der.crl");
	shell("cd %s && (cat bad.crl; head -c 300 bad.crl) > %s%s%s", "half.crl", "", "");
	return 0;
}

static int unmake(void **state)
{
	struct cert *all[] = { root, foreign, between, good, bad, far };

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		cert_free(all[i]);
	certs_dir_remove(rig_dir);
	tls_fini();
	return 0;
}

/* ---- Who is refused ---- */

static const struct row {
	const char *crl, *trust, *cert;
	bool revoked;
} rows[] = {
	{ NULL, "root", "bad", false },     { "none", "root", "bad", false },    { "bad", "root", "bad", true },
	{ "bad", "root", "good", false },   { "der", "root", "bad", true },      { "der", "root", "good", false },
	{ "old", "root", "bad", true },     { "old", "root", "good", false },    { "several", "both", "far", true },
	{ "several", "both", "bad", true }, { "several", "both", "good", false }, { "bad", "root", "far", false },
	{ "between", "root", "far", true }, /* whatever it has signed is lost with it */
};

static void check_client(const struct row *row, enum tls_verify verify, const char *version)
{
	struct rig_word word = { .cert = "good", .trust = row->trust, .crl = row->crl };
	struct tls_server *s = rig_server(&word, verify, NULL);
	enum tls_step step;
	struct tls_facts f;
	struct tls *t;
	struct raw c;

	assert_int_equal(tls_accept(&t, s), 0);
	raw_open(&c, version, row->cert, NULL, NULL);
	raw_shake(&c, t, &step);
	tls_facts(t, &f);
	assert_int_equal(f.verified, !row->revoked);
	if (row->revoked && verify == TLS_VERIFY_REQUIRED) {
		assert_int_equal(step, TLS_FAILED);
		assert_string_equal(tls_reason(t), REVOKED);
		assert_int_equal(t->alert, GNUTLS_A_CERTIFICATE_REVOKED);
	} else {
		assert_int_equal(step, TLS_READY);
		assert_int_equal(f.refused.n, row->revoked ? strlen(REVOKED) : 0);
	}
	raw_close(&c);
	tls_free(t);
	tls_server_unref(s);
}

static void check_server(const struct row *row)
{
	struct tls_server *s = rig_server(&(struct rig_word){ .cert = row->cert }, TLS_VERIFY_NONE, NULL);
	struct tls_client *c = rig_client(&(struct rig_word){ .trust = row->trust, .crl = row->crl });
	struct rig r;

	rig_open(&r, s, c, &(struct tls_target){ .name = "a.example", .verify = true });
	assert_int_equal(rig_shake(&r), !row->revoked);
	if (row->revoked)
		assert_string_equal(tls_reason(r.client.tls), REVOKED);
	rig_close(&r);
	tls_server_unref(s);
	tls_client_unref(c);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		print_message("row %zu\n", i);
		for (size_t v = 0; v < 2; v++) {
			check_client(&rows[i], TLS_VERIFY_REQUIRED, versions[v]);
			check_client(&rows[i], TLS_VERIFY_OPTIONAL, versions[v]);
		}
		check_server(&rows[i]);
	}
}

/* ---- Files ---- */

static const struct wrong {
	const char *crl, *trust, *reason; /* it begins with the file */
} wrongs[] = {
	{ "missing", "root", "cannot be opened: No such file or directory" },
	{ "cut", "root", "holds no whole list" },
	{ "half", "root", "holds no whole list" },
	{ "foreign", "root", "the list of CN=Foreign is from no authority in `trust`" },
	{ "several", "root", "the list of CN=Between is from no authority in `trust`" },
	{ "bad", NULL, "needs `trust`" },
};

static void test_wrong_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
		char crl[128], trust[128], err[512] = "", want[400];
		struct tls_identity *id = NULL;
		struct tls_word word = { .name = "x", .crl = crl, .trust = wrongs[i].trust ? trust : NULL };

		snprintf(crl, sizeof crl, "%s/%s.crl", rig_dir, wrongs[i].crl);
		snprintf(trust, sizeof trust, "%s/%s.pem", rig_dir, wrongs[i].trust ? wrongs[i].trust : "");
		snprintf(want, sizeof want, "%s: %s", crl, wrongs[i].reason);
		assert_true(tls_identity_load(&id, &word, err, sizeof err) < 0);
		assert_null(id);
		if (strncmp(err, want, strlen(want)) != 0)
			fail_msg("\"%s\" instead of \"%s\"", err, want);
	}
}

static void test_outdated(void **state)
{
	struct tls_identity *id = rig_identity(&(struct rig_word){ .trust = "root", .crl = "old" });
	const struct tls_flaw *flaws;
	struct tls_expiry e;
	unsigned n;

	(void)state;
	flaws = tls_identity_flaws(id, &n);
	assert_int_equal(n, 1);
	assert_string_equal(flaws[0].key, "crl");
	assert_non_null(strstr(flaws[0].text, "old.crl: is outdated"));
	tls_identity_expiry(id, &e);
	assert_null(e.file);
	assert_non_null(strstr(e.crl, "old.crl"));
	assert_in_range(time(NULL) - e.crl_next, 3 * 24 * 3600 - 600, 3 * 24 * 3600 + 600);
	tls_identity_unref(id);
}

/* Puts another file to the place of "now.crl", as a whole. */
static void become(const char *name)
{
	shell("cd %s && cp %s now.new && mv now.new now.crl%s%s", name, "", "");
}

static int look(struct tls_identity *id, char err[512])
{
	err[0] = 0;
	return tls_identity_refresh(id, err, 512);
}

static bool is_refused(struct tls_server *s, const gnutls_datum_t *resume, gnutls_datum_t *ticket)
{
	enum tls_step step;
	struct tls *t;
	struct raw c;
	bool refused;

	assert_int_equal(tls_accept(&t, s), 0);
	raw_open(&c, versions[1], "bad", NULL, resume);
	raw_shake(&c, t, &step);
	refused = step == TLS_FAILED;
	if (refused)
		assert_string_equal(tls_reason(t), REVOKED);
	if (ticket)
		*ticket = raw_ticket(&c);
	raw_close(&c);
	tls_free(t);
	return refused;
}

/* A change counts when it has stayed so from one look to the next; what is no good is told once and changes nothing. */
static void test_changes(void **state)
{
	struct tls_server *s;
	struct tls_identity *id;
	gnutls_datum_t ticket;
	char err[512];

	(void)state;
	become("none.crl");
	s = rig_server(&(struct rig_word){ .cert = "good", .trust = "root", .crl = "now" }, TLS_VERIFY_REQUIRED, NULL);
	id = s->identities[0];
	assert_int_equal(look(id, err), 0);
	assert_false(is_refused(s, NULL, &ticket));
	assert_false(is_refused(s, &ticket, NULL));
	become("bad.crl");
	assert_int_equal(look(id, err), 0);
	assert_false(is_refused(s, NULL, NULL));
	assert_int_equal(look(id, err), 1);
	assert_int_equal(look(id, err), 0);
	assert_true(is_refused(s, NULL, NULL));
	assert_true(is_refused(s, &ticket, NULL)); /* a ticket is no way round */
	become("cut.crl");
	assert_int_equal(look(id, err), 0);
	assert_int_equal(look(id, err), -EINVAL);
	assert_non_null(strstr(err, "now.crl: holds no whole list"));
	assert_int_equal(look(id, err), 0);
	assert_true(is_refused(s, NULL, NULL));
	shell("rm %s/now.crl%s%s%s", "", "", "");
	assert_int_equal(look(id, err), 0);
	assert_int_equal(look(id, err), -ENOENT);
	assert_int_equal(look(id, err), 0);
	assert_true(is_refused(s, NULL, NULL));
	become("none.crl");
	assert_int_equal(look(id, err), 0);
	assert_int_equal(look(id, err), 1);
	assert_false(is_refused(s, NULL, NULL));
	gnutls_free(ticket.data);
	tls_server_unref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_wrong_files),
		cmocka_unit_test(test_outdated),
		cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
