/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_server.c makes what the TLS connections of a listener share: its certificates, its demands on clients, its ticket
 * key.  Which certificate a client sees: tls_choice.c.  Whether a client's certificate is good: tls_peer.c.
 */
#include "tls_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **chain,
		    unsigned *n, gnutls_ocsp_data_st **ocsp, unsigned *nocsp, gnutls_privkey_t *key, unsigned *flags)
{
	const struct tls *t = gnutls_session_get_ptr(session);
	struct tls_identity *id = tls_choice(t);

	(void)info;
	*chain = id->chain;
	*n = id->nchain;
	*key = id->key;
	*ocsp = NULL;
	*nocsp = 0;
	*flags = 0; /* all of it stays ours */
	return 0;
}

static int copy_identities(struct tls_server *s, const struct tls_server_conf *conf)
{
	s->identities = calloc(conf->nidentities, sizeof(struct tls_identity *));
	if (!s->identities)
		return -ENOMEM;
	for (unsigned i = 0; i < conf->nidentities; i++)
		s->identities[s->nidentities++] = tls_identity_ref(conf->identities[i]);
	return 0;
}

static size_t count(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

static int copy_peers(struct tls_server *s, const char *const *peers)
{
	size_t n = count(peers);

	s->peers = calloc(n + 1, sizeof(char *));
	if (!s->peers)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		s->peers[i] = strdup(peers[i]);
		if (!s->peers[i])
			return -ENOMEM;
	}
	return 0;
}

static int copy_alpn(struct tls_server *s, const char *const *alpn)
{
	size_t n = count(alpn);

	if (n == 0)
		return 0;
	s->alpn = calloc(n, sizeof *s->alpn);
	if (!s->alpn)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		s->alpn[i].data = (unsigned char *)strdup(alpn[i]);
		if (!s->alpn[i].data)
			return -ENOMEM;
		s->alpn[i].size = (unsigned)strlen(alpn[i]);
		s->nalpn++;
	}
	return 0;
}

static int make_cred(struct tls_server *s, const struct tls_server_conf *conf)
{
	const struct tls_identity *first = s->identities[0];

	if (gnutls_certificate_allocate_credentials(&s->cred) < 0)
		return -ENOMEM;
	gnutls_certificate_set_retrieve_function3(s->cred, retrieve);
	if (s->verify != TLS_VERIFY_NONE) {
		gnutls_certificate_set_verify_function(s->cred, tls_peer_verify);
		if (gnutls_certificate_set_x509_trust(s->cred, first->trust, (int)first->ntrust) < 0)
			return -ENOMEM;
	}
	return first->tickets ? tls_ticket_key(s, conf) : 0;
}

static int check(const struct tls_server_conf *conf, char err[], size_t errlen)
{
	if (conf->nidentities == 0)
		return tls_say(err, errlen, -EINVAL, "a listener with TLS needs a certificate");
	for (unsigned i = 0; i < conf->nidentities; i++) {
		if (!conf->identities[i]->leaf)
			return tls_say(err, errlen, -EINVAL, "tls \"%s\": has no certificate, which a listener needs",
				       conf->identities[i]->name);
	}
	if (conf->verify != TLS_VERIFY_NONE && conf->identities[0]->ntrust == 0)
		return tls_say(err, errlen, -EINVAL, "tls \"%s\": has no `trust` to verify clients against",
			       conf->identities[0]->name);
	if (count(conf->alpn) > 8) /* both numbers are GnuTLS's */
		return tls_say(err, errlen, -EINVAL, "more than 8 application protocols");
	for (size_t i = 0; i < count(conf->alpn); i++) {
		if (strlen(conf->alpn[i]) > 31 || !conf->alpn[i][0])
			return tls_say(err, errlen, -EINVAL, "application protocol \"%s\": 1 to 31 bytes",
				       conf->alpn[i]);
	}
	return 0;
}

int tls_server_create(struct tls_server **tp, const struct tls_server_conf *conf, char err[], size_t errlen)
{
	struct tls_server *s;
	int ret = check(conf, err, errlen);

	if (ret < 0)
		return ret;
	s = calloc(1, sizeof *s);
	if (!s)
		return tls_say(err, errlen, -ENOMEM, "out of memory");
	atomic_init(&s->refs, 1);
	s->verify = conf->verify;
	if (copy_identities(s, conf) < 0 || copy_peers(s, conf->peers) < 0 || copy_alpn(s, conf->alpn) < 0 ||
	    tls_choice_prepare(s) < 0 || make_cred(s, conf) < 0) {
		tls_server_unref(s);
		return tls_say(err, errlen, -ENOMEM, "out of memory");
	}
	*tp = s;
	return 0;
}

struct tls_server *tls_server_ref(struct tls_server *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void tls_server_unref(struct tls_server *s)
{
	if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	if (s->cred)
		gnutls_certificate_free_credentials(s->cred);
	if (s->ticket_key.data)
		explicit_bzero(s->ticket_key.data, s->ticket_key.size);
	gnutls_free(s->ticket_key.data);
	for (char **p = s->peers; p && *p; p++)
		free(*p);
	free(s->peers);
	for (unsigned i = 0; i < s->nalpn; i++)
		free(s->alpn[i].data);
	free(s->alpn);
	for (unsigned i = 0; i < s->nidentities; i++)
		tls_identity_unref(s->identities[i]);
	free(s->identities);
	free(s->by_default);
	free(s->suites);
	free(s);
}
