/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_peer.c judges the certificate that a peer shows: does it verify, whose is it, and is that one of the trusted
 * peers. It runs inside a handshake.  What follows from the verdict for a connection's rights is not decided here.
 */
#include "tls_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>

bool tls_peer_is_address(const char *name, unsigned char raw[16], unsigned *n)
{
	unsigned char buf[16];
	char text[INET6_ADDRSTRLEN];
	size_t len = strcspn(name, "%"); /* a scope is nothing that a certificate knows */

	if (len >= sizeof text)
		return false;
	memcpy(text, name, len);
	text[len] = 0;
	if (!raw)
		raw = buf;
	*n = 4;
	if (inet_pton(AF_INET, text, raw) == 1)
		return true;
	*n = 16;
	return inet_pton(AF_INET6, text, raw) == 1;
}

static gnutls_x509_crt_t leaf_of(gnutls_session_t session)
{
	unsigned n;
	const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &n);
	gnutls_x509_crt_t crt;

	if (!list || n == 0 || gnutls_x509_crt_init(&crt) < 0)
		return NULL;
	if (gnutls_x509_crt_import(crt, &list[0], GNUTLS_X509_FMT_DER) == 0)
		return crt;
	gnutls_x509_crt_deinit(crt);
	return NULL;
}

/* ---- Trusted peers ---- */

/* `name` has `n` bytes; one with a zero byte inside is longer than any of `peers`. */
static bool is_listed(char **peers, const char *name, size_t n)
{
	for (; *peers; peers++) {
		if (strlen(*peers) == n && strncasecmp(*peers, name, n) == 0)
			return n > 0 && !strchr(*peers, '*');
	}
	return false;
}

/* Names in the certificate as they stand: a wildcard there stands for nobody in particular. */
static bool bears_alternative_name(gnutls_x509_crt_t crt, char **peers, bool *any)
{
	char name[TLS_NAME_MAX];

	for (unsigned i = 0;; i++) {
		size_t n = sizeof name;
		int ret = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &n, NULL);

		if (ret == GNUTLS_E_SHORT_MEMORY_BUFFER)
			ret = GNUTLS_SAN_OTHERNAME; /* longer than a DNS name */
		if (ret < 0)
			return false;
		*any = true;
		if (ret == GNUTLS_SAN_DNSNAME && is_listed(peers, name, n))
			return true;
	}
}

static bool bears_common_name(gnutls_x509_crt_t crt, char **peers)
{
	char name[TLS_NAME_MAX], second[TLS_NAME_MAX];
	size_t n = sizeof name, m = sizeof second;

	if (gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &n) < 0)
		return false;
	if (gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 1, 0, second, &m) !=
	    GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return false; /* which of them is meant? */
	return is_listed(peers, name, n);
}

/* RFC 6125 section 6.4.4: the common name counts only where there are no alternative names. */
static bool is_trusted(gnutls_x509_crt_t crt, char **peers)
{
	bool any = false;

	return bears_alternative_name(crt, peers, &any) || (!any && bears_common_name(crt, peers));
}

static bool bears_address(gnutls_x509_crt_t crt, const unsigned char *raw, unsigned size)
{
	char name[TLS_NAME_MAX];

	for (unsigned i = 0;; i++) {
		size_t n = sizeof name;
		int ret = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &n, NULL);

		if (ret < 0 && ret != GNUTLS_E_SHORT_MEMORY_BUFFER)
			return false;
		if (ret == GNUTLS_SAN_IPADDRESS && n == size && memcmp(name, raw, n) == 0)
			return true;
	}
}

bool tls_peer_bears(const struct tls *t, const char *name)
{
	char *names[] = { (char *)name, NULL };
	gnutls_x509_crt_t crt = t->verified ? leaf_of(t->session) : NULL;
	unsigned char raw[16];
	unsigned size;
	bool bears;

	if (!crt)
		return false;
	bears = tls_peer_is_address(name, raw, &size) ? bears_address(crt, raw, size) : is_trusted(crt, names);
	gnutls_x509_crt_deinit(crt);
	return bears;
}

/* ---- Another name ---- */

/* The alternative name number `i`: 1; 0: it is of a kind that is not looked at; -1: there are no more. */
static int alternative_name(gnutls_x509_crt_t crt, unsigned i, char text[TLS_NAME_MAX])
{
	char name[TLS_NAME_MAX];
	size_t n = sizeof name;
	int ret = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &n, NULL);

	if (ret < 0)
		return ret == GNUTLS_E_SHORT_MEMORY_BUFFER ? 0 : -1;
	if (ret == GNUTLS_SAN_DNSNAME)
		snprintf(text, TLS_NAME_MAX, "%.*s", (int)n, name);
	else if (ret != GNUTLS_SAN_IPADDRESS || !inet_ntop(n == 4 ? AF_INET : AF_INET6, name, text, TLS_NAME_MAX))
		return 0;
	return 1;
}

/* The first names of the certificate, and how many there are besides. */
static void list_names(FILE *out, gnutls_x509_crt_t crt)
{
	enum { TOLD = 2 };
	char name[TLS_NAME_MAX];
	size_t size = sizeof name;
	unsigned n = 0;
	int ret;

	for (unsigned i = 0; (ret = alternative_name(crt, i, name)) >= 0; i++) {
		if (ret && n++ < TOLD)
			fprintf(out, "%s%s", n > 1 ? ", " : "", name);
	}
	if (n > TOLD)
		fprintf(out, " and %u more", n - TOLD);
	else if (!n && gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) == 0)
		fputs(name, out);
	else if (!n)
		fputs("none", out);
}

/* The flaw, with the name that was wanted and those that are there. */
static const char *with_names(struct tls *t, const char *flaw)
{
	gnutls_x509_crt_t crt = leaf_of(t->session);
	size_t size;
	FILE *out;

	free(t->told);
	t->told = NULL;
	out = crt ? open_memstream(&t->told, &size) : NULL;
	if (out) {
		fprintf(out, "%s: %s is wanted, it has ", flaw, t->name);
		list_names(out, crt);
		fclose(out);
	}
	if (crt)
		gnutls_x509_crt_deinit(crt);
	return t->told ? t->told : flaw;
}

/* ---- The verdict ---- */

static const char *revoked(struct tls *t)
{
	const struct tls_identity *id = t->client ? t->client->identity : t->server->identities[0];

	if (!id->crl || !tls_crl_lists(id->crl, t->session))
		return NULL;
	return tls_words_status(GNUTLS_CERT_REVOKED, &t->alert);
}

/* With the names where nothing else is wrong. */
static const char *told_flaw(struct tls *t, unsigned status)
{
	const char *flaw = tls_words_status(status, &t->alert);

	return status & ~(unsigned)(GNUTLS_CERT_INVALID | GNUTLS_CERT_UNEXPECTED_OWNER) ? flaw : with_names(t, flaw);
}

/* NULL when the certificate verifies, else why not. */
static const char *flaw_of(struct tls *t)
{
	unsigned char raw[16];
	gnutls_typed_vdata_st want[2] = {
		{ GNUTLS_DT_KEY_PURPOSE_OID, (void *)GNUTLS_KP_TLS_WWW_CLIENT, 0 },
	};
	unsigned n = 1, status, size;
	int ret;

	if (t->client) {
		want[0].data = (void *)GNUTLS_KP_TLS_WWW_SERVER;
		if (tls_peer_is_address(t->name, raw, &size))
			want[n++] = (gnutls_typed_vdata_st){ GNUTLS_DT_IP_ADDRESS, raw, size };
		else
			want[n++] = (gnutls_typed_vdata_st){ GNUTLS_DT_DNS_HOSTNAME, (void *)t->name, 0 };
	}
	ret = gnutls_certificate_verify_peers(t->session, want, n, &status);
	if (ret < 0) {
		t->alert = GNUTLS_A_BAD_CERTIFICATE;
		return ret == GNUTLS_E_NO_CERTIFICATE_FOUND ? "the peer showed no certificate"
							    : "the certificate cannot be read";
	}
	return status ? told_flaw(t, status) : revoked(t);
}

static int accept_peer(struct tls *t)
{
	gnutls_x509_crt_t crt = leaf_of(t->session);
	gnutls_datum_t subject = { NULL, 0 };

	if (!crt || gnutls_x509_crt_get_dn3(crt, &subject, 0) < 0) {
		if (crt)
			gnutls_x509_crt_deinit(crt);
		t->reason = "the certificate's subject cannot be read";
		t->alert = GNUTLS_A_BAD_CERTIFICATE;
		return -1;
	}
	gnutls_free(t->subject.data);
	t->subject = subject;
	t->verified = true;
	t->peer_expires = gnutls_x509_crt_get_expiration_time(crt);
	t->trusted = t->server && is_trusted(crt, t->server->peers);
	gnutls_x509_crt_deinit(crt);
	return 0;
}

static int judge(struct tls *t)
{
	bool may_lack = t->server && t->server->verify == TLS_VERIFY_OPTIONAL;
	const char *flaw;
	unsigned n;

	if (may_lack && !gnutls_certificate_get_peers(t->session, &n))
		return 0;
	flaw = flaw_of(t);
	if (!flaw)
		return accept_peer(t);
	if (may_lack) {
		t->refused = flaw;
		return 0;
	}
	t->reason = flaw;
	return -1;
}

int tls_peer_verify(gnutls_session_t session)
{
	return judge(gnutls_session_get_ptr(session));
}

int tls_peer_verify_resumed(struct tls *t)
{
	if (t->client)
		return t->verify ? accept_peer(t) : 0;
	return t->server->verify != TLS_VERIFY_NONE ? judge(t) : 0;
}
