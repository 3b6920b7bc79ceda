/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_choice.c chooses the certificate that a client sees: by the name that it asks for, then by what it can verify.
 * GnuTLS chooses a cipher suite after that and asks once, so what TLS 1.2 clients offer is read from their first message
 * here.  The same client sees the same certificate each time.
 */
#include "tls_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static gnutls_pk_algorithm_t kind_of(const struct tls_identity *id, unsigned *bits)
{
	return (gnutls_pk_algorithm_t)gnutls_x509_crt_get_pk_algorithm(id->leaf, bits);
}

static bool is_ecdsa(const struct tls_identity *id)
{
	return kind_of(id, NULL) == GNUTLS_PK_ECDSA;
}

/* ---- Once ---- */

/* The `i`th DNS name; false: that is none, or there are no more (*end). */
static bool dns_name(gnutls_x509_crt_t crt, unsigned i, char name[TLS_NAME_MAX], bool *end)
{
	size_t n = TLS_NAME_MAX - 1;
	int ret = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &n, NULL);

	*end = ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
	if (ret != GNUTLS_SAN_DNSNAME)
		return false;
	name[n] = 0;
	return true;
}

static bool bears(gnutls_x509_crt_t crt, const char *name)
{
	char own[TLS_NAME_MAX];
	bool end = false;

	for (unsigned i = 0; !end; i++) {
		if (dns_name(crt, i, own, &end) && strcasecmp(own, name) == 0)
			return true;
	}
	return false;
}

/* Whoever asks for nobody may mean any of the first's names. */
static bool bears_all(gnutls_x509_crt_t first, gnutls_x509_crt_t other)
{
	char name[TLS_NAME_MAX];
	bool end = false, any = false;

	for (unsigned i = 0; !end; i++) {
		if (!dns_name(first, i, name, &end))
			continue;
		if (!bears(other, name))
			return false;
		any = true;
	}
	return any;
}

static gnutls_pk_algorithm_t signer_of(gnutls_kx_algorithm_t kx)
{
	if (kx == GNUTLS_KX_ECDHE_ECDSA)
		return GNUTLS_PK_ECDSA;
	return kx == GNUTLS_KX_ECDHE_RSA || kx == GNUTLS_KX_DHE_RSA ? GNUTLS_PK_RSA : GNUTLS_PK_UNKNOWN;
}

static bool read_suite(gnutls_priority_t priority, unsigned i, struct tls_suite *suite)
{
	gnutls_kx_algorithm_t kx;
	unsigned index;

	if (gnutls_priority_get_cipher_suite_index(priority, i, &index) < 0 ||
	    !gnutls_cipher_suite_info(index, suite->id, &kx, NULL, NULL, &suite->since))
		return false;
	suite->pk = signer_of(kx);
	return suite->pk != GNUTLS_PK_UNKNOWN;
}

static int list_suites(struct tls_server *s)
{
	gnutls_priority_t priority = s->identities[0]->priority;
	unsigned index, n = 0;

	while (gnutls_priority_get_cipher_suite_index(priority, n, &index) != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		n++;
	s->suites = calloc(n + 1, sizeof *s->suites);
	if (!s->suites)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		s->nsuites += read_suite(priority, i, &s->suites[s->nsuites]);
	return 0;
}

int tls_choice_prepare(struct tls_server *s)
{
	s->by_default = calloc(s->nidentities, sizeof *s->by_default);
	if (!s->by_default)
		return -ENOMEM;
	for (unsigned i = 0; i < s->nidentities; i++) {
		const struct tls_identity *first = s->identities[0], *id = s->identities[i];

		s->by_default[i] = i == 0 || bears_all(first->leaf, id->leaf);
		s->two_kinds = s->two_kinds || kind_of(id, NULL) != kind_of(first, NULL);
	}
	return s->two_kinds ? list_suites(s) : 0;
}

/* ---- What a client offers ---- */

static void note_suite(struct tls *t, const unsigned char id[2])
{
	for (unsigned i = 0; i < t->server->nsuites; i++) {
		const struct tls_suite *s = &t->server->suites[i];
		bool ecdsa = s->pk == GNUTLS_PK_ECDSA, old = s->since < GNUTLS_TLS1_2;

		if (memcmp(s->id, id, 2) != 0)
			continue;
		t->offers_ecdsa |= ecdsa;
		t->offers_rsa |= !ecdsa;
		t->offers_old_ecdsa |= ecdsa && old;
		t->offers_old_rsa |= !ecdsa && old;
	}
}

/* RFC 5246 section 7.4.1.2: version, random, session_id<0..32>, cipher_suites<2..2^16-2>.  A broken one GnuTLS refuses. */
void tls_choice_hello(struct tls *t, const gnutls_datum_t *hello)
{
	enum { SESSION_ID = 2 + 32 };
	const unsigned char *p = hello->data;
	size_t at, n;

	if (!t->server->two_kinds || hello->size < SESSION_ID + 1)
		return;
	at = SESSION_ID + 1u + p[SESSION_ID];
	if (hello->size < at + 2)
		return;
	n = (size_t)p[at] << 8 | p[at + 1];
	for (at += 2; n >= 2 && at + 2 <= hello->size; at += 2, n -= 2)
		note_suite(t, p + at);
}

/* ---- Each handshake ---- */

static bool signs_as_asked(const struct tls *t, const struct tls_identity *id)
{
	gnutls_sign_algorithm_t algorithm;
	unsigned bits = 0;
	gnutls_pk_algorithm_t pk = kind_of(id, &bits);

	for (size_t i = 0; gnutls_sign_algorithm_get_requested(t->session, i, &algorithm) >= 0; i++) {
		if (tls_sign_can(pk, bits, id->old, algorithm))
			return true;
	}
	return false;
}

/* RFC 8446 section 4.2.3, RFC 5246 section 7.4.2 */
static bool can_verify(const struct tls *t, const struct tls_identity *id)
{
	gnutls_protocol_t version = gnutls_protocol_get_version(t->session);
	bool ecdsa = is_ecdsa(id);

	if (version == GNUTLS_TLS1_3)
		return signs_as_asked(t, id);
	if (version == GNUTLS_TLS1_2)
		return (ecdsa ? t->offers_ecdsa : t->offers_rsa) && signs_as_asked(t, id);
	return id->old && (ecdsa ? t->offers_old_ecdsa : t->offers_old_rsa);
}

static bool matches(const struct tls_server *s, unsigned i, const char *name)
{
	return gnutls_x509_crt_check_hostname2(s->identities[i]->leaf, name, GNUTLS_VERIFY_DO_NOT_ALLOW_IP_MATCHES) != 0;
}

static bool is_known(const struct tls_server *s, const char *name)
{
	for (unsigned i = 0; i < s->nidentities; i++) {
		if (matches(s, i, name))
			return true;
	}
	return false;
}

struct tls_identity *tls_choice(const struct tls *t)
{
	const struct tls_server *s = t->server;
	struct tls_identity *first = NULL, *best = NULL;
	char name[TLS_NAME_MAX];
	size_t n = sizeof name;
	unsigned type;
	bool named;

	if (s->nidentities == 1)
		return s->identities[0];
	named = gnutls_server_name_get(t->session, name, &n, &type, 0) >= 0 && is_known(s, name);
	for (unsigned i = 0; i < s->nidentities; i++) {
		struct tls_identity *id = s->identities[i];

		if (named ? !matches(s, i, name) : !s->by_default[i])
			continue;
		first = first ? first : id;
		if (s->two_kinds && can_verify(t, id) && (!best || (is_ecdsa(id) && !is_ecdsa(best))))
			best = id;
	}
	return best ? best : first;
}
