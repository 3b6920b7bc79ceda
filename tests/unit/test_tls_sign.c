/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_sign.c: keys that sign by libcrypto, each signature checked by GnuTLS with the public key. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "certs.h"
#include "gateway/tls_private.h"

enum { RSA, EC, KINDS };

static struct cert *certs[KINDS];

static int make(void **state)
{
	(void)state;
	certs[RSA] = cert_make(&(struct cert_want){ .cn = "rsa", .rsa = true });
	certs[EC] = cert_make(&(struct cert_want){ .cn = "ec" });
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	cert_free(certs[RSA]);
	cert_free(certs[EC]);
	return 0;
}

static gnutls_datum_t pem_of(gnutls_x509_privkey_t key)
{
	gnutls_datum_t pem;

	assert_int_equal(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem), 0);
	return pem;
}

static gnutls_privkey_t import(int kind, bool old)
{
	gnutls_datum_t pem = pem_of(certs[kind]->key);
	gnutls_privkey_t key = NULL;

	assert_int_equal(tls_sign_import(&key, &pem, old), 0);
	gnutls_free(pem.data);
	assert_int_equal(gnutls_privkey_get_type(key), GNUTLS_PRIVKEY_EXT);
	return key;
}

static gnutls_pubkey_t public_of(int kind)
{
	gnutls_pubkey_t public;

	assert_int_equal(gnutls_pubkey_init(&public), 0);
	assert_int_equal(gnutls_pubkey_import_x509(public, certs[kind]->crt, 0), 0);
	return public;
}

static const struct row {
	int kind;
	gnutls_sign_algorithm_t algorithm;
	bool old;
} rows[] = {
	{ RSA, GNUTLS_SIGN_RSA_SHA256, false },
	{ RSA, GNUTLS_SIGN_RSA_SHA384, false },
	{ RSA, GNUTLS_SIGN_RSA_SHA512, false },
	{ RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, false },
	{ RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, false },
	{ RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, false },
	{ RSA, GNUTLS_SIGN_RSA_SHA1, true },
	{ EC, GNUTLS_SIGN_ECDSA_SHA256, false },
	{ EC, GNUTLS_SIGN_ECDSA_SHA384, false },
	{ EC, GNUTLS_SIGN_ECDSA_SHA512, false },
	{ EC, GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, false },
	{ EC, GNUTLS_SIGN_ECDSA_SHA1, true },
};

static void check_row(const struct row *r)
{
	const gnutls_datum_t text = { (unsigned char *)"what is signed", 14 };
	gnutls_privkey_t key = import(r->kind, r->old);
	gnutls_pubkey_t public = public_of(r->kind);
	gnutls_datum_t signature = { NULL, 0 };

	if (gnutls_privkey_sign_data2(key, r->algorithm, 0, &text, &signature) != 0)
		fail_msg("%s: not signed", gnutls_sign_get_name(r->algorithm));
	if (gnutls_pubkey_verify_data2(public, r->algorithm, GNUTLS_VERIFY_ALLOW_BROKEN, &text, &signature) < 0)
		fail_msg("%s: a wrong signature", gnutls_sign_get_name(r->algorithm));
	gnutls_free(signature.data);
	gnutls_pubkey_deinit(public);
	gnutls_privkey_deinit(key);
}

static void test_signatures(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check_row(&rows[i]);
}

/* What GnuTLS asks through info_func before it chooses. */
static void test_offers(void **state)
{
	gnutls_privkey_t key = import(RSA, false);
	unsigned bits = 0;
	gnutls_datum_t text = { (unsigned char *)"x", 1 }, signature = { NULL, 0 };

	(void)state;
	assert_int_equal(gnutls_privkey_get_pk_algorithm(key, &bits), GNUTLS_PK_RSA);
	assert_int_equal(bits, 2048);
	assert_true(gnutls_privkey_sign_data2(key, GNUTLS_SIGN_ECDSA_SHA256, 0, &text, &signature) < 0);
	assert_true(gnutls_privkey_sign_data2(key, GNUTLS_SIGN_EDDSA_ED25519, 0, &text, &signature) < 0);
	gnutls_privkey_deinit(key);
	key = import(EC, false);
	assert_int_equal(gnutls_privkey_get_pk_algorithm(key, &bits), GNUTLS_PK_ECDSA);
	assert_int_equal(bits, 256);
	assert_true(gnutls_privkey_sign_data2(key, GNUTLS_SIGN_RSA_SHA256, 0, &text, &signature) < 0);
	gnutls_privkey_deinit(key);
}

/* Older forms of key files, too. */
static void test_traditional_pem(void **state)
{
	(void)state;
	for (int kind = 0; kind < KINDS; kind++) {
		gnutls_privkey_t key = NULL;
		gnutls_datum_t pem;

		assert_int_equal(gnutls_x509_privkey_export2(certs[kind]->key, GNUTLS_X509_FMT_PEM, &pem), 0);
		assert_int_equal(tls_sign_import(&key, &pem, false), 0);
		gnutls_privkey_deinit(key);
		gnutls_free(pem.data);
	}
}

static void test_refused(void **state)
{
	gnutls_x509_privkey_t ed;
	gnutls_privkey_t key = NULL;
	gnutls_datum_t pem = { (unsigned char *)"nothing", 7 };

	(void)state;
	assert_int_equal(tls_sign_import(&key, &pem, false), -EINVAL);
	assert_int_equal(gnutls_x509_privkey_export2_pkcs8(certs[EC]->key, GNUTLS_X509_FMT_PEM, "secret",
							   GNUTLS_PKCS_PBES2_AES_256, &pem),
			 0);
	assert_int_equal(tls_sign_import(&key, &pem, false), -EINVAL); /* and no question on the terminal */
	gnutls_free(pem.data);
	assert_int_equal(gnutls_x509_privkey_init(&ed), 0);
	assert_int_equal(gnutls_x509_privkey_generate(ed, GNUTLS_PK_EDDSA_ED25519, 0, 0), 0);
	pem = pem_of(ed);
	assert_int_equal(tls_sign_import(&key, &pem, false), -ENOTSUP);
	gnutls_free(pem.data);
	gnutls_x509_privkey_deinit(ed);
	assert_null(key);
}

static void *sign_often(void *key)
{
	const gnutls_datum_t text = { (unsigned char *)"what is signed", 14 };
	uintptr_t failures = 0;

	for (int i = 0; i < 50; i++) {
		gnutls_datum_t signature = { NULL, 0 };

		failures += gnutls_privkey_sign_data2(key, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 0, &text, &signature) != 0;
		gnutls_free(signature.data);
	}
	return (void *)failures;
}

static void test_threads(void **state)
{
	gnutls_privkey_t key = import(RSA, false);
	pthread_t threads[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sign_often, key), 0);
	for (int i = 0; i < 3; i++) {
		void *failures;

		assert_int_equal(pthread_join(threads[i], &failures), 0);
		assert_null(failures);
	}
	gnutls_privkey_deinit(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signatures),      cmocka_unit_test(test_offers),
		cmocka_unit_test(test_traditional_pem), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
