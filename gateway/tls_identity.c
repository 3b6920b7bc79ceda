/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_identity.c makes of a `tls` word and its files what connections use, so that nothing is left to go wrong when one
 * comes.  Every reason names the file and, where it can, the remedy.  What is merely doubtful: tls_flaws.c.  Which
 * connection uses what: tls_server.c and tls_client.c.
 */
#include "tls_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>

/* ---- The certificate and its key ---- */

static int load_chain(struct tls_identity *id, const char *path, struct tls_told *told)
{
	gnutls_x509_crt_t *list = NULL;
	unsigned n = 0;
	int ret = tls_file_certificates(path, &list, &n, GNUTLS_X509_CRT_LIST_SORT, told);

	if (ret < 0)
		return ret;
	id->chain = calloc(n, sizeof *id->chain);
	id->nchain = n;
	if (!id->chain || gnutls_pcert_import_x509_list(id->chain, list, &id->nchain, 0) < 0) {
		free(id->chain);
		id->chain = NULL;
		ret = SAY(told, -ENOMEM, "%s: out of memory", path);
	} else {
		id->leaf = list[0];
		list[0] = NULL;
	}
	tls_file_free_certificates(list, n);
	return ret;
}

static int parse_key(gnutls_privkey_t key, const gnutls_datum_t *pem, const char *path, struct tls_told *told)
{
	int ret;

	if (strstr((char *)pem->data, "-----BEGIN ENCRYPTED") || strstr((char *)pem->data, "Proc-Type: 4,ENCRYPTED"))
		return SAY(told, -EINVAL,
			   "%s: is encrypted, and there is nobody to ask for the password; take it off: openssl pkey "
			   "-in '%s' -out '%s.plain'",
			   path, path, path);
	ret = tls_file_want_pem(pem, path, "pkey", told);
	if (ret < 0)
		return ret;
	ret = gnutls_privkey_import_x509_raw(key, pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (ret == GNUTLS_E_MEMORY_ERROR)
		return SAY(told, -ENOMEM, "%s: out of memory", path);
	if (ret < 0)
		return SAY(told, -EINVAL, "%s: holds no private key in PEM form", path);
	return 0;
}

static bool key_fits(gnutls_privkey_t key, gnutls_x509_crt_t leaf)
{
	unsigned char of_key[64], of_leaf[64];
	size_t n = sizeof of_key, m = sizeof of_leaf;
	gnutls_pubkey_t public;
	bool fits;

	if (gnutls_pubkey_init(&public) < 0)
		return false;
	fits = gnutls_pubkey_import_privkey(public, key, 0, 0) == 0 &&
	       gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, of_key, &n) == 0 &&
	       gnutls_x509_crt_get_key_id(leaf, GNUTLS_KEYID_USE_SHA256, of_leaf, &m) == 0 && n == m &&
	       memcmp(of_key, of_leaf, n) == 0;
	gnutls_pubkey_deinit(public);
	return fits;
}

/* Replaces a key that libcrypto signs faster with. */
static int take_key(struct tls_identity *id, gnutls_privkey_t own, const gnutls_datum_t *pem, const char *path,
		    struct tls_told *told)
{
	int ret = tls_sign_import(&id->key, pem, id->old);

	if (ret == -ENOTSUP) {
		id->key = own;
		return 0;
	}
	if (ret < 0)
		return SAY(told, ret, "%s: the key cannot be used: %s", path, strerror(-ret));
	gnutls_privkey_deinit(own);
	return 0;
}

static int say_misfit(const struct tls_identity *id, gnutls_privkey_t key, const char *path, struct tls_told *told)
{
	gnutls_x509_crt_t *list = NULL;
	unsigned n = 0, own = 0;
	char none[8];

	if (tls_file_certificates(id->file, &list, &n, 0, &(struct tls_told){ none, sizeof none }) < 0)
		n = 0;
	for (unsigned i = 1; i < n && !own; i++)
		own = key_fits(key, list[i]) ? i : 0;
	tls_file_free_certificates(list, n);
	if (own)
		return SAY(
			told, -EINVAL,
			"%s: belongs to certificate %u in %s; put that one first, then those between it and the root",
			path, own + 1, id->file);
	return SAY(told, -EINVAL, "%s: does not belong to the certificate %s; they are made together, name a pair",
		   path, id->file);
}

static int load_key(struct tls_identity *id, const char *path, struct tls_told *told)
{
	gnutls_datum_t pem = { NULL, 0 };
	gnutls_privkey_t key = NULL;
	int ret = tls_file_read(path, &pem, told);

	if (ret < 0)
		return ret;
	if (gnutls_privkey_init(&key) < 0)
		ret = SAY(told, -ENOMEM, "%s: out of memory", path);
	if (ret == 0)
		ret = parse_key(key, &pem, path, told);
	if (ret == 0 && !key_fits(key, id->leaf))
		ret = say_misfit(id, key, path, told);
	if (ret == 0)
		ret = take_key(id, key, &pem, path, told);
	if (ret < 0 && key)
		gnutls_privkey_deinit(key);
	tls_file_wipe(&pem);
	return ret;
}

/* ---- What is told of it ---- */

static int describe(struct tls_identity *id)
{
	gnutls_datum_t dn = { NULL, 0 };

	id->subject =
		strdup(gnutls_x509_crt_get_dn3(id->leaf, &dn, 0) == 0 ? (char *)dn.data : ""); /* it may be empty */
	gnutls_free(dn.data);
	id->expires = id->chain_expires = gnutls_x509_crt_get_expiration_time(id->leaf);
	for (unsigned i = 1; i < id->nchain; i++) {
		gnutls_x509_crt_t crt;
		long long end;

		if (gnutls_pcert_export_x509(&id->chain[i], &crt) < 0)
			return -ENOMEM;
		end = gnutls_x509_crt_get_expiration_time(crt);
		if (end < id->chain_expires)
			id->chain_expires = end;
		gnutls_x509_crt_deinit(crt);
	}
	return id->subject ? 0 : -ENOMEM;
}

static void hash_text(gnutls_hash_hd_t h, const char *text)
{
	gnutls_hash(h, text ? text : "", text ? strlen(text) + 1 : 1);
}

/* For tickets: whom it trusts, and what it demands of a handshake. */
static int digest_trust(struct tls_identity *id, const struct tls_word *word)
{
	gnutls_hash_hd_t h;

	if (gnutls_hash_init(&h, GNUTLS_DIG_SHA256) < 0)
		return -ENOMEM;
	hash_text(h, word->minimum);
	hash_text(h, word->priority);
	hash_text(h, word->sha1 ? "sha1" : NULL);
	for (unsigned i = 0; i < id->ntrust; i++) {
		gnutls_datum_t der = { NULL, 0 };

		if (gnutls_x509_crt_export2(id->trust[i], GNUTLS_X509_FMT_DER, &der) == 0)
			gnutls_hash(h, der.data, der.size);
		gnutls_free(der.data);
	}
	gnutls_hash_deinit(h, id->trusts);
	return 0;
}

static int digest_chain(struct tls_identity *id)
{
	gnutls_hash_hd_t h;

	if (gnutls_hash_init(&h, GNUTLS_DIG_SHA256) < 0)
		return -ENOMEM;
	for (unsigned i = 0; i < id->nchain; i++)
		gnutls_hash(h, id->chain[i].cert.data, id->chain[i].cert.size);
	gnutls_hash_deinit(h, id->shown);
	return 0;
}

void tls_identity_expiry(const struct tls_identity *id, struct tls_expiry *e)
{
	*e = (struct tls_expiry){ .file = id->file, .subject = id->subject };
	if (id->leaf) {
		int pk = gnutls_x509_crt_get_pk_algorithm(id->leaf, NULL);

		e->kind = pk == GNUTLS_PK_ECDSA ? "ECDSA" : gnutls_pk_get_name((gnutls_pk_algorithm_t)pk);
		e->certificate = id->expires;
		e->chain = id->chain_expires;
	}
	if (id->crl) {
		e->crl = tls_crl_path(id->crl);
		e->crl_next = tls_crl_next(id->crl);
	}
}

int tls_identity_refresh(struct tls_identity *id, char err[], size_t errlen)
{
	int ret = id->crl ? tls_crl_refresh(id->crl, id, &(struct tls_told){ err, errlen }) : 0;

	if (ret > 0)
		atomic_fetch_add(&id->crl_reads, 1);
	return ret;
}

/* ---- All of it ---- */

static int load_trust(struct tls_identity *id, const struct tls_word *word, struct tls_told *told)
{
	int ret = 0;

	if (word->trust)
		ret = tls_file_certificates(word->trust, &id->trust, &id->ntrust, 0, told);
	if (ret < 0 || !word->crl)
		return ret;
	if (!word->trust)
		return SAY(told, -EINVAL, "%s: needs `trust`, which has the authorities that sign such lists",
			   word->crl);
	return tls_crl_open(&id->crl, id, word->crl, told);
}

static int load_pair(struct tls_identity *id, const struct tls_word *word, struct tls_told *told)
{
	int ret;

	if (!word->certificate)
		return word->key ? SAY(told, -EINVAL, "%s: a key without a certificate", word->key) : 0;
	id->file = strdup(word->certificate);
	if (!id->file)
		return SAY(told, -ENOMEM, "%s: out of memory", word->certificate);
	ret = load_chain(id, word->certificate, told);
	if (ret == 0)
		ret = load_key(id, word->key ? word->key : word->certificate, told);
	if (ret == 0 && (describe(id) < 0 || digest_chain(id) < 0))
		ret = SAY(told, -ENOMEM, "%s: out of memory", word->certificate);
	return ret;
}

static int load(struct tls_identity *id, const struct tls_word *word, struct tls_told *told)
{
	int ret;

	id->tickets = word->tickets;
	id->name = strdup(word->name);
	if (!id->name)
		return SAY(told, -ENOMEM, "tls \"%s\": out of memory", word->name);
	ret = tls_priority_make(id, word, told);
	if (ret == 0)
		ret = load_trust(id, word, told);
	if (ret == 0)
		ret = load_pair(id, word, told);
	if (ret == 0 && (digest_trust(id, word) < 0 || gnutls_rnd(GNUTLS_RND_NONCE, id->load, sizeof id->load) < 0))
		ret = SAY(told, -ENOMEM, "tls \"%s\": out of memory", word->name);
	if (ret == 0)
		tls_flaws_find(id, word);
	return ret;
}

int tls_identity_load(struct tls_identity **idp, const struct tls_word *word, char err[], size_t errlen)
{
	struct tls_told told = { err, errlen };
	struct tls_identity *id = calloc(1, sizeof *id);
	int ret;

	if (!id)
		return tls_say(err, errlen, -ENOMEM, "tls \"%s\": out of memory", word->name);
	atomic_init(&id->refs, 1);
	ret = load(id, word, &told);
	if (ret < 0)
		tls_identity_unref(id);
	else
		*idp = id;
	return ret;
}

struct tls_identity *tls_identity_ref(struct tls_identity *id)
{
	atomic_fetch_add(&id->refs, 1);
	return id;
}

void tls_identity_unref(struct tls_identity *id)
{
	if (!id || atomic_fetch_sub(&id->refs, 1) != 1)
		return;
	if (id->priority)
		gnutls_priority_deinit(id->priority);
	if (id->our_order)
		gnutls_priority_deinit(id->our_order);
	if (id->leaf)
		gnutls_x509_crt_deinit(id->leaf);
	for (unsigned i = 0; id->chain && i < id->nchain; i++)
		gnutls_pcert_deinit(&id->chain[i]);
	free(id->chain);
	if (id->key)
		gnutls_privkey_deinit(id->key);
	tls_file_free_certificates(id->trust, id->ntrust);
	tls_crl_close(id->crl);
	free(id->subject);
	free(id->file);
	free(id->name);
	free(id);
}
