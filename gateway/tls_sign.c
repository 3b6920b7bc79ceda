/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_sign.c signs with libcrypto behind a GnuTLS private key, because its RSA signature costs less than half of
 * GnuTLS's (and so does ECDSA's).  GnuTLS hashes and says what it wants signed; nothing is decrypted here: static RSA
 * key exchange is never offered.  Only RSA and ECDSA keys come here; tls_identity.c keeps all others as they are.
 *
 * The only file that uses libcrypto.  A key is read by many threads at once, which libcrypto allows.
 */
#include "tls_private.h"

#include <errno.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

struct sign_key {
	EVP_PKEY *key;
	gnutls_pk_algorithm_t pk;
	int bits;
	bool old; /* SHA-1 signatures are allowed */
};

/* What libcrypto has to know of an algorithm.  RSA PKCS#1 needs no row to sign: see sign_hash. */
static const struct scheme {
	gnutls_sign_algorithm_t algorithm;
	gnutls_pk_algorithm_t pk;
	int bits; /* of the curve, where the algorithm is bound to one; of RSA: the least that it fits in */
	bool old;
	const EVP_MD *(*pss)(void); /* the hash of an RSA-PSS signature */
} schemes[] = {
	{ GNUTLS_SIGN_RSA_SHA256, GNUTLS_PK_RSA, .bits = 62 * 8 }, /* RFC 8017 section 9.2: DigestInfo and 11 bytes */
	{ GNUTLS_SIGN_RSA_SHA384, GNUTLS_PK_RSA, .bits = 78 * 8 },
	{ GNUTLS_SIGN_RSA_SHA512, GNUTLS_PK_RSA, .bits = 94 * 8 },
	{ GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, GNUTLS_PK_RSA, .bits = 66 * 8 + 1, .pss = EVP_sha256 }, /* section 9.1.1: */
	{ GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, GNUTLS_PK_RSA, .bits = 98 * 8 + 1, .pss = EVP_sha384 }, /* hash, salt, 2 */
	{ GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, GNUTLS_PK_RSA, .bits = 130 * 8 + 1, .pss = EVP_sha512 },
	{ GNUTLS_SIGN_RSA_SHA1, GNUTLS_PK_RSA, .bits = 512, .old = true },
	{ GNUTLS_SIGN_ECDSA_SHA256, GNUTLS_PK_ECDSA },
	{ GNUTLS_SIGN_ECDSA_SHA384, GNUTLS_PK_ECDSA },
	{ GNUTLS_SIGN_ECDSA_SHA512, GNUTLS_PK_ECDSA },
	{ GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, GNUTLS_PK_ECDSA, .bits = 256 },
	{ GNUTLS_SIGN_ECDSA_SECP384R1_SHA384, GNUTLS_PK_ECDSA, .bits = 384 },
	{ GNUTLS_SIGN_ECDSA_SECP521R1_SHA512, GNUTLS_PK_ECDSA, .bits = 521 },
	{ GNUTLS_SIGN_ECDSA_SHA1, GNUTLS_PK_ECDSA, .old = true },
};

static const struct scheme *scheme_find(gnutls_sign_algorithm_t algorithm)
{
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		if (schemes[i].algorithm == algorithm)
			return &schemes[i];
	}
	return NULL;
}

bool tls_sign_can(gnutls_pk_algorithm_t pk, unsigned bits, bool old, gnutls_sign_algorithm_t algorithm)
{
	const struct scheme *s = scheme_find(algorithm);

	if (pk != GNUTLS_PK_RSA && pk != GNUTLS_PK_ECDSA)
		return gnutls_sign_supports_pk_algorithm(algorithm, pk) != 0; /* GnuTLS's own key */
	if (!s || s->pk != pk || (s->old && !old))
		return false;
	return pk == GNUTLS_PK_RSA ? bits >= (unsigned)s->bits : s->bits == 0 || bits == (unsigned)s->bits;
}

static bool can_sign(const struct sign_key *k, gnutls_sign_algorithm_t algorithm)
{
	return tls_sign_can(k->pk, (unsigned)k->bits, k->old, algorithm);
}

static int key_info(gnutls_privkey_t key, unsigned flags, void *user)
{
	const struct sign_key *k = user;

	(void)key;
	if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO)
		return k->pk;
	if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS)
		return k->bits;
	if (flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO)
		return can_sign(k, GNUTLS_FLAGS_TO_SIGN_ALGO(flags));
	return -1;
}

/*
 * PKCS#1 comes as GNUTLS_SIGN_RSA_RAW with a whole DigestInfo (before TLS 1.2: MD5 and SHA-1 side by side): padding is
 * all that is left to do, so libcrypto is told of no hash.  That is told by the algorithm and never by the length, as a
 * hash of PSS may have any.
 */
static bool prepare(EVP_PKEY_CTX *ctx, const struct sign_key *k, gnutls_sign_algorithm_t algorithm)
{
	const struct scheme *s;

	if (EVP_PKEY_sign_init(ctx) != 1)
		return false;
	if (algorithm == GNUTLS_SIGN_RSA_RAW)
		return k->pk == GNUTLS_PK_RSA && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
	s = scheme_find(algorithm);
	if (!s || s->pk != k->pk)
		return false;
	if (s->pk == GNUTLS_PK_ECDSA)
		return true;
	return s->pss && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(ctx, s->pss()) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1; /* RFC 8446 section 4.2.3 */
}

static int sign_hash(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm, void *user, unsigned flags,
		     const gnutls_datum_t *hash, gnutls_datum_t *signature)
{
	const struct sign_key *k = user;
	size_t n = (size_t)EVP_PKEY_get_size(k->key);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->key, NULL);
	int ret = GNUTLS_E_MEMORY_ERROR;

	(void)key;
	(void)flags;
	signature->data = gnutls_malloc(n);
	if (!ctx || !signature->data)
		goto out;
	ret = GNUTLS_E_PK_SIGN_FAILED;
	if (!prepare(ctx, k, algorithm) || EVP_PKEY_sign(ctx, signature->data, &n, hash->data, hash->size) != 1)
		goto out;
	signature->size = (unsigned)n;
	ret = 0;
out:
	if (ret < 0) {
		gnutls_free(signature->data);
		ERR_clear_error(); /* the thread's queue is for the next one */
	}
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

static void key_free(gnutls_privkey_t key, void *user)
{
	struct sign_key *k = user;

	(void)key;
	EVP_PKEY_free(k->key);
	free(k);
}

/* An encrypted key: without this libcrypto would ask the terminal. */
static int no_password(char *p, int n, int writing, void *user)
{
	(void)p;
	(void)n;
	(void)writing;
	(void)user;
	return -1;
}

static int read_key(EVP_PKEY **keyp, const gnutls_datum_t *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->size);

	if (!bio)
		return -ENOMEM;
	*keyp = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	ERR_clear_error();
	return *keyp ? 0 : -EINVAL;
}

static int wrap(gnutls_privkey_t *keyp, struct sign_key *k)
{
	gnutls_privkey_t key;

	if (gnutls_privkey_init(&key) < 0)
		return -ENOMEM;
	if (gnutls_privkey_import_ext4(key, k, NULL, sign_hash, NULL, key_free, key_info, 0) < 0) {
		gnutls_privkey_deinit(key);
		return -EINVAL;
	}
	*keyp = key;
	return 0;
}

int tls_sign_import(gnutls_privkey_t *keyp, const gnutls_datum_t *pem, bool old)
{
	struct sign_key *k = calloc(1, sizeof *k);
	int ret;

	if (!k)
		return -ENOMEM;
	k->old = old;
	ret = read_key(&k->key, pem);
	if (ret < 0)
		goto out;
	ret = -ENOTSUP;
	if (EVP_PKEY_get_base_id(k->key) == EVP_PKEY_RSA)
		k->pk = GNUTLS_PK_RSA;
	else if (EVP_PKEY_get_base_id(k->key) == EVP_PKEY_EC)
		k->pk = GNUTLS_PK_ECDSA;
	else
		goto out;
	k->bits = EVP_PKEY_get_bits(k->key);
	ret = wrap(keyp, k);
out:
	if (ret < 0)
		key_free(NULL, k);
	return ret;
}
