/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_flaws.c finds what will give trouble although it loads: a certificate that ends soon, one that peers refuse, one
 * between it and the authority that is missing.  Each names the file and the remedy.  Weak versions and ciphers:
 * tls_priority.c.
 */
#include "tls_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void tls_flaw_add(struct tls_identity *id, const char *key, const char *fmt, ...)
{
	struct tls_flaw *f = &id->flaws[id->nflaws];
	va_list ap;

	if (id->nflaws == TLS_FLAWS_MAX)
		return;
	id->nflaws++;
	f->key = key;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof f->text, fmt, ap);
	va_end(ap);
}

const struct tls_flaw *tls_identity_flaws(const struct tls_identity *id, unsigned *n)
{
	*n = id->nflaws;
	return id->flaws;
}

/* ---- Time ---- */

static const char *in_days(long long days, char text[32])
{
	if (days < 1)
		return "less than a day";
	snprintf(text, 32, "%lld day%s", days, days == 1 ? "" : "s");
	return text;
}

static void time_flaws(struct tls_identity *id)
{
	time_t now = time(NULL);
	long long days = tls_days(id->expires, now), chain = tls_days(id->chain_expires, now);
	char text[32];

	if (id->expires < now)
		tls_flaw_add(id, "certificate", "%s: has expired; get a new one from its authority", id->file);
	else if (days < TLS_SOON_DAYS)
		tls_flaw_add(id, "certificate", "%s: expires in %s; get a new one from its authority", id->file,
			     in_days(days, text));
	if (gnutls_x509_crt_get_activation_time(id->leaf) > now)
		tls_flaw_add(id, "certificate", "%s: is not valid yet; is the clock of this machine right?", id->file);
	if (id->chain_expires >= id->expires)
		return;
	if (id->chain_expires < now)
		tls_flaw_add(id, "certificate", "%s: a certificate of the chain in it has expired; replace that one",
			     id->file);
	else if (chain < TLS_SOON_DAYS)
		tls_flaw_add(id, "certificate", "%s: a certificate of the chain in it expires in %s", id->file,
			     in_days(chain, text));
}

static void crl_flaw(struct tls_identity *id)
{
	long long next = id->crl ? tls_crl_next(id->crl) : 0;

	if (next && next < time(NULL))
		tls_flaw_add(id, "crl", "%s: is outdated; it holds all the same, but fetch the next one",
			     tls_crl_path(id->crl));
}

/* ---- Signatures ---- */

static bool is_pss(int algorithm)
{
	return algorithm == GNUTLS_SIGN_RSA_PSS_SHA256 || algorithm == GNUTLS_SIGN_RSA_PSS_SHA384 ||
	       algorithm == GNUTLS_SIGN_RSA_PSS_SHA512 || algorithm == GNUTLS_SIGN_RSA_PSS_RSAE_SHA256 ||
	       algorithm == GNUTLS_SIGN_RSA_PSS_RSAE_SHA384 || algorithm == GNUTLS_SIGN_RSA_PSS_RSAE_SHA512;
}

/* A root's own signature counts for nobody. */
static bool is_root(gnutls_x509_crt_t crt)
{
	return gnutls_x509_crt_check_issuer(crt, crt) != 0;
}

/* PSS ends sign-in and forwarding at older Windows servers, without a word. */
static void signature_flaws(struct tls_identity *id)
{
	bool pss = false, old = false;

	for (unsigned i = 0; i < id->nchain; i++) {
		gnutls_x509_crt_t crt;
		int algorithm;

		if (gnutls_pcert_export_x509(&id->chain[i], &crt) < 0)
			continue;
		algorithm = gnutls_x509_crt_get_signature_algorithm(crt);
		pss = pss || is_pss(algorithm);
		old = old || (!is_root(crt) && !gnutls_sign_is_secure2((gnutls_sign_algorithm_t)algorithm,
								       GNUTLS_SIGN_FLAG_SECURE_FOR_CERTS));
		gnutls_x509_crt_deinit(crt);
	}
	if (pss)
		tls_flaw_add(id, "certificate",
			     "%s: is signed with RSASSA-PSS, which many Windows servers and clients refuse", id->file);
	if (old)
		tls_flaw_add(id, "certificate", "%s: weak: a signature in it is by SHA-1 or older, which peers refuse",
			     id->file);
}

/* Without static RSA every handshake signs. */
static void key_flaws(struct tls_identity *id)
{
	unsigned usage, critical, bits = 0;

	if (gnutls_x509_crt_get_key_usage(id->leaf, &usage, &critical) >= 0 && !(usage & GNUTLS_KEY_DIGITAL_SIGNATURE))
		tls_flaw_add(id, "certificate",
			     "%s: its key usage does not allow signatures, without which no handshake succeeds",
			     id->file);
	if (gnutls_x509_crt_get_pk_algorithm(id->leaf, &bits) == GNUTLS_PK_RSA && bits < 2048)
		tls_flaw_add(id, "certificate", "%s: weak: its RSA key has %u bits, 2048 is the least", id->file, bits);
}

/* ---- Missing between ---- */

static bool among(gnutls_x509_crt_t crt, gnutls_x509_crt_t *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (gnutls_x509_crt_check_issuer(crt, list[i]))
			return true;
	}
	return false;
}

static bool system_knows(gnutls_x509_crt_t crt)
{
	gnutls_x509_trust_list_t list;
	gnutls_x509_crt_t issuer = NULL;
	bool knows;

	if (gnutls_x509_trust_list_init(&list, 0) < 0)
		return true;
	knows = gnutls_x509_trust_list_add_system_trust(list, 0, 0) >= 0 &&
		gnutls_x509_trust_list_get_issuer(list, crt, &issuer, GNUTLS_TL_GET_COPY) >= 0;
	if (issuer)
		gnutls_x509_crt_deinit(issuer);
	gnutls_x509_trust_list_deinit(list, 1);
	return knows;
}

/* An authority that says where its own certificate is to be had expects it to be missing. */
static bool names_its_issuer(gnutls_x509_crt_t crt)
{
	gnutls_datum_t where = { NULL, 0 };
	bool names = gnutls_x509_crt_get_authority_info_access(crt, 0, GNUTLS_IA_CAISSUERS_URI, &where, NULL) >= 0;

	gnutls_free(where.data);
	return names;
}

/* A lone certificate from an authority that neither `trust` nor the system knows. */
static void chain_flaw(struct tls_identity *id)
{
	gnutls_datum_t issuer = { NULL, 0 };

	if (id->nchain != 1 || is_root(id->leaf) || among(id->leaf, id->trust, id->ntrust))
		return;
	if ((!id->ntrust && !names_its_issuer(id->leaf)) || system_knows(id->leaf))
		return;
	if (gnutls_x509_crt_get_issuer_dn3(id->leaf, &issuer, 0) < 0)
		return;
	tls_flaw_add(id, "certificate",
		     "%s: the certificate of its issuer, %s, seems to be missing; add it to the end of the file",
		     id->file, (char *)issuer.data);
	gnutls_free(issuer.data);
}

void tls_flaws_find(struct tls_identity *id, const struct tls_word *word)
{
	if (id->leaf) {
		time_flaws(id);
		signature_flaws(id);
		key_flaws(id);
		chain_flaw(id);
	}
	crl_flaw(id);
	tls_priority_flaws(id, word);
}
