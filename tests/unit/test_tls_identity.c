/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_identity.c: files of a `tls` word, good, doubtful and wrong. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "tls_rig.h"

static char paths[8][160];

/* DIR/name; NULL stays NULL. */
static const char *in_dir(unsigned slot, const char *name)
{
	if (!name)
		return NULL;
	snprintf(paths[slot], sizeof paths[slot], "%s/%s", rig_dir, name);
	return paths[slot];
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(in_dir(7, name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	fclose(f);
}

static void join(const char *name, const char *first, const char *second)
{
	char command[600];

	snprintf(command, sizeof command, "cat '%s' '%s' > '%s'", in_dir(4, first), in_dir(5, second), in_dir(6, name));
	assert_int_equal(system(command), 0);
}

static void put_encrypted(const char *name)
{
	struct cert *c = cert_make(&(struct cert_want){ .cn = "x" });
	gnutls_datum_t pem;

	assert_int_equal(gnutls_x509_privkey_export2_pkcs8(c->key, GNUTLS_X509_FMT_PEM, "secret",
							   GNUTLS_PKCS_PBES2_AES_256, &pem),
			 0);
	put(name, (char *)pem.data);
	gnutls_free(pem.data);
	cert_free(c);
}

static void put_ed25519(void)
{
	gnutls_x509_privkey_t ed;
	struct cert c;

	assert_int_equal(gnutls_x509_privkey_init(&ed), 0);
	assert_int_equal(gnutls_x509_privkey_generate(ed, GNUTLS_PK_EDDSA_ED25519, 0, 0), 0);
	assert_int_equal(gnutls_x509_crt_init(&c.crt), 0);
	gnutls_x509_crt_set_version(c.crt, 3);
	gnutls_x509_crt_set_key(c.crt, ed);
	gnutls_x509_crt_set_serial(c.crt, "\1", 1);
	gnutls_x509_crt_set_activation_time(c.crt, time(NULL) - 60);
	gnutls_x509_crt_set_expiration_time(c.crt, time(NULL) + 90 * 24 * 3600);
	assert_int_equal(gnutls_x509_crt_sign2(c.crt, c.crt, ed, GNUTLS_DIG_SHA512, 0), 0);
	c.key = ed;
	c.issuer = NULL;
	cert_write(&c, rig_dir, "ed");
	gnutls_x509_crt_deinit(c.crt);
	gnutls_x509_privkey_deinit(ed);
}

static int make(void **state)
{
	char *long_text = malloc(TLS_FILE_MAX + 2);

	(void)state;
	rig_certs_make();
	put("empty", "");
	put("text", "This is no certificate.\n");
	put("der", "\x30\x82\x01\x02\x30\x82");
	put("short", "\x30\x03\x02\x01\x03");
	put("pfx", "\x30\x82\x09\x90\x02\x01\x03\x30\x82");
	put("broken", "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n");
	put("cut", "-----BEGIN CERTIFICATE-----\nQUJD\n");
	assert_non_null(long_text);
	memset(long_text, 'x', TLS_FILE_MAX + 1);
	long_text[TLS_FILE_MAX + 1] = 0;
	put("long", long_text);
	free(long_text);
	join("both", "ec.key", "ec.pem");
	join("rooted", "chain.pem", "ca.pem");
	join("extra", "chain.pem", "ca2.pem");
	put_encrypted("encrypted");
	put_ed25519();
	assert_int_equal(mkdir(in_dir(0, "folder"), 0700), 0);
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	(void)rmdir(in_dir(0, "folder"));
	rig_certs_remove();
	return 0;
}

static int load(struct tls_identity **idp, const char *cert, const char *key, const char *trust, char err[256])
{
	struct tls_word word = {
		.name = "x", .certificate = in_dir(0, cert), .key = in_dir(1, key), .trust = in_dir(2, trust)
	};

	return tls_identity_load(idp, &word, err, 256);
}

/* `reason` begins with the file at fault; "" stands for the directory. */
static const struct bad {
	const char *cert, *key, *trust;
	int ret;
	const char *file, *reason;
} bads[] = {
	{ "missing.pem", "rsa.key", NULL, -ENOENT, "missing.pem", "cannot be opened: No such file or directory" },
	{ "rsa.pem", "missing.key", NULL, -ENOENT, "missing.key", "cannot be opened: No such file or directory" },
	{ "rsa.pem", "rsa.key", "missing", -ENOENT, "missing", "cannot be opened: No such file or directory" },
	{ "folder", "rsa.key", NULL, -EINVAL, "folder", "is not a file" },
	{ "long", "rsa.key", NULL, -EFBIG, "long", "is longer than 4194304 bytes" },
	{ "empty", "rsa.key", NULL, -EINVAL, "empty", "holds no certificate in PEM form" },
	{ "text", "rsa.key", NULL, -EINVAL, "text", "holds no certificate in PEM form" },
	{ "der", "rsa.key", NULL, -EINVAL, "der", "is in DER form; make it PEM: openssl x509 -inform DER -in '" },
	{ "rsa.pem", "der", NULL, -EINVAL, "der", "is in DER form; make it PEM: openssl pkey -inform DER -in '" },
	{ "short", "rsa.key", NULL, -EINVAL, "short", "is in DER form" },
	{ "pfx", "pfx", NULL, -EINVAL, "pfx", "is a PFX file (PKCS #12); make it PEM: openssl pkcs12 -nodes -in '" },
	{ "rsa.pem", "pfx", NULL, -EINVAL, "pfx",
	  "is a PFX file (PKCS #12); make it PEM: openssl pkcs12 -nodes -in '" },
	{ "cut", "rsa.key", NULL, -EINVAL, "cut", "" },
	{ "broken", "rsa.key", NULL, -EINVAL, "broken", "a certificate cannot be read: " },
	{ "rsa.key", "rsa.key", NULL, -EINVAL, "rsa.key", "holds no certificate in PEM form" },
	{ "rsa.pem", "rsa.pem", NULL, -EINVAL, "rsa.pem", "holds no private key in PEM form" },
	{ "rsa.pem", NULL, NULL, -EINVAL, "rsa.pem", "holds no private key in PEM form" },
	{ "rsa.pem", "empty", NULL, -EINVAL, "empty", "holds no private key in PEM form" },
	{ "rsa.pem", "nosign.key", NULL, -EINVAL, "nosign.key", "does not belong to the certificate " },
	{ "rsa.pem", "ec.key", NULL, -EINVAL, "ec.key", "does not belong to the certificate " },
	{ "rsa.pem", "encrypted", NULL, -EINVAL, "encrypted", "is encrypted, and there is nobody to ask" },
	{ "rsa.pem", "rsa.key", "text", -EINVAL, "text", "holds no certificate in PEM form" },
	{ NULL, "rsa.key", NULL, -EINVAL, "rsa.key", "a key without a certificate" },
};

static void test_bad_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
		const struct bad *b = &bads[i];
		struct tls_identity *id = NULL;
		char err[256] = "", want[400];

		assert_int_equal(load(&id, b->cert, b->key, b->trust, err), b->ret);
		snprintf(want, sizeof want, "%s: %s", in_dir(3, b->file), b->reason);
		if (strncmp(err, want, strlen(want)) != 0)
			fail_msg("row %zu: \"%s\" instead of \"%s\"", i, err, want);
		assert_null(id);
	}
}

static const struct good {
	const char *cert, *key, *trust;
	unsigned chain, trusted;
	gnutls_privkey_type_t type; /* EXT: every signature is libcrypto's */
	const char *warning;        /* a part of it; NULL: there is none */
} goods[] = {
	{ "rsa.pem", "rsa.key", NULL, 1, 0, GNUTLS_PRIVKEY_EXT, NULL },
	{ "ec.pem", "ec.key", "ca.pem", 1, 1, GNUTLS_PRIVKEY_EXT, NULL },
	{ "both", NULL, NULL, 1, 0, GNUTLS_PRIVKEY_EXT, NULL },
	{ "chain.pem", "chain.key", "chain.pem", 2, 2, GNUTLS_PRIVKEY_EXT, NULL },
	{ "rooted", "chain.key", "rooted", 3, 3, GNUTLS_PRIVKEY_EXT, NULL },
	{ "extra", "chain.key", NULL, 2, 0, GNUTLS_PRIVKEY_EXT, NULL }, /* what is not of the chain is not sent */
	{ "ed.pem", "ed.key", NULL, 1, 0, GNUTLS_PRIVKEY_X509, NULL },
	{ NULL, NULL, "ca.pem", 0, 1, 0, NULL },
	{ NULL, NULL, NULL, 0, 0, 0, NULL },
	{ "expired.pem", "expired.key", NULL, 1, 0, GNUTLS_PRIVKEY_EXT, "expired.pem: has expired" },
	{ "future.pem", "future.key", NULL, 1, 0, GNUTLS_PRIVKEY_EXT, "future.pem: is not valid yet" },
	{ "pss.pem", "pss.key", NULL, 1, 0, GNUTLS_PRIVKEY_EXT, "pss.pem: is signed with RSASSA-PSS" },
	{ "nosign.pem", "nosign.key", NULL, 1, 0, GNUTLS_PRIVKEY_EXT, "nosign.pem: its key usage does not" },
};

/* NULL: that it has none. */
static bool has_flaw(const struct tls_identity *id, const char *text)
{
	unsigned n;
	const struct tls_flaw *flaws = tls_identity_flaws(id, &n);

	for (unsigned i = 0; i < n; i++) {
		if (text && strstr(flaws[i].text, text))
			return true;
		if (!text)
			print_message("%s: %s\n", flaws[i].key, flaws[i].text);
	}
	return !text && n == 0;
}

static void test_good_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof goods / sizeof goods[0]; i++) {
		const struct good *g = &goods[i];
		struct tls_identity *id = NULL;
		char err[256] = "";

		if (load(&id, g->cert, g->key, g->trust, err) != 0)
			fail_msg("row %zu: %s", i, err);
		assert_int_equal(id->nchain, g->chain);
		assert_int_equal(id->ntrust, g->trusted);
		if (g->cert)
			assert_int_equal(gnutls_privkey_get_type(id->key), g->type);
		assert_true(has_flaw(id, g->warning));
		assert_ptr_equal(tls_identity_ref(id), id);
		tls_identity_unref(id);
		tls_identity_unref(id);
	}
}

static const struct setting {
	const char *priority, *minimum;
	const char *wrong; /* NULL: it is right */
} settings[] = {
	{ NULL, "1.0", NULL },
	{ NULL, "1.1", NULL },
	{ NULL, "1.2", NULL },
	{ NULL, "1.3", NULL },
	{ "NORMAL", NULL, NULL },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2", NULL, NULL },
	{ NULL, "1.4", "minimum \"1.4\": is none of 1.0, 1.1, 1.2, 1.3" },
	{ NULL, "", "minimum \"\": is none of" },
	{ "NORMAL:+NONSENSE", NULL, "priority: \"+NONSENSE\" at character 8 is not understood" },
	{ "NORMAL:+NONSENSE:-MD5", NULL, "priority: \"+NONSENSE\" at character 8 is not understood" },
	{ "nonsense", NULL, "priority: \"nonsense\" at character 1 is not understood" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.1", NULL, "priority: leaves no cipher for TLS 1.2 or later" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.1", "1.1", NULL },
	{ "NORMAL:-CIPHER-ALL", NULL, "priority: leaves no cipher" },
	{ "NORMAL:%VERIFY_ALLOW_SIGN_WITH_SHA1", NULL, "priority: %VERIFY_ALLOW... takes weak signatures" },
};

static void test_settings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		const struct setting *s = &settings[i];
		struct tls_word word = { .name = "x", .priority = s->priority, .minimum = s->minimum };
		struct tls_identity *id = NULL;
		char err[256] = "";
		int ret = tls_identity_load(&id, &word, err, sizeof err);

		if (s->wrong && strncmp(err, s->wrong, strlen(s->wrong)) != 0)
			fail_msg("row %zu: \"%s\" instead of \"%s\"", i, err, s->wrong);
		assert_int_equal(ret, s->wrong ? -EINVAL : 0);
		tls_identity_unref(id);
	}
}

static void test_long_priority(void **state)
{
	char text[2000], err[256] = "";
	struct tls_word word = { .name = "x", .priority = text };
	struct tls_identity *id = NULL;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	assert_int_equal(tls_identity_load(&id, &word, err, sizeof err), -EINVAL);
	assert_non_null(strstr(err, "is longer than"));
}

/* A priority string of the administrator's never brings back what is off for good. */
static void test_never(void **state)
{
	struct tls_identity *id =
		rig_identity(&(struct rig_word){ .priority = "NORMAL:+RSA:+VERS-TLS1.0:+VERS-TLS1.1" });
	const unsigned *list;
	int n;

	(void)state;
	n = gnutls_priority_protocol_list(id->priority, &list);
	assert_true(n > 0);
	for (int i = 0; i < n; i++)
		assert_true(list[i] != GNUTLS_TLS1_0 && list[i] != GNUTLS_TLS1_1);
	n = gnutls_priority_kx_list(id->priority, &list);
	for (int i = 0; i < n; i++)
		assert_true(list[i] != GNUTLS_KX_RSA);
	tls_identity_unref(id);
}

static void server_error(const struct tls_server_conf *conf, const char *want)
{
	struct tls_server *s = NULL;
	char err[256] = "";

	assert_int_equal(tls_server_create(&s, conf, err, sizeof err), -EINVAL);
	assert_null(s);
	if (!strstr(err, want))
		fail_msg("\"%s\" instead of \"%s\"", err, want);
}

static void test_bad_servers(void **state)
{
	struct tls_identity *good = rig_identity(&(struct rig_word){ .cert = "ec" });
	struct tls_identity *bare = rig_identity(&(struct rig_word){ .trust = "ca" });
	struct tls_identity *both[] = { good, bare };
	const char *many[] = { "1", "2", "3", "4", "5", "6", "7", "8", "9", NULL };
	const char *wide[] = { "12345678901234567890123456789012", NULL }, *none[] = { "", NULL };

	(void)state;
	server_error(&(struct tls_server_conf){ .nidentities = 0 }, "needs a certificate");
	server_error(&(struct tls_server_conf){ .identities = both, .nidentities = 2 },
		     "tls \"rig\": has no certificate");
	server_error(&(struct tls_server_conf){ .identities = both, .nidentities = 1, .verify = TLS_VERIFY_OPTIONAL },
		     "tls \"rig\": has no `trust`");
	server_error(&(struct tls_server_conf){ .identities = both, .nidentities = 1, .alpn = many }, "more than 8");
	server_error(&(struct tls_server_conf){ .identities = both, .nidentities = 1, .alpn = wide }, "1 to 31 bytes");
	server_error(&(struct tls_server_conf){ .identities = both, .nidentities = 1, .alpn = none }, "1 to 31 bytes");
	tls_identity_unref(good);
	tls_identity_unref(bare);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_files), cmocka_unit_test(test_good_files),
		cmocka_unit_test(test_settings),  cmocka_unit_test(test_long_priority),
		cmocka_unit_test(test_never),     cmocka_unit_test(test_bad_servers),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
