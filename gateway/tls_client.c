/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_client.c makes what the TLS connections to the servers of a pool share: whom we trust, and our certificate, which
 * only a connection that says so (tls_target.show) ever shows.  Which of them
 * may resume what another has agreed: tls_resume.c.
 */
#include "tls_private.h"

#include <errno.h>
#include <stdlib.h>

/* Shown whatever authorities the server names: their list may be cut short, and a server that minds says so. */
static int retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **chain,
		    unsigned *n, gnutls_ocsp_data_st **ocsp, unsigned *nocsp, gnutls_privkey_t *key, unsigned *flags)
{
	const struct tls *t = gnutls_session_get_ptr(session);
	const struct tls_identity *id = t->client->identity;
	bool show = t->show && id->leaf;

	(void)info;
	*chain = show ? id->chain : NULL;
	*n = show ? id->nchain : 0;
	*key = show ? id->key : NULL;
	*ocsp = NULL;
	*nocsp = 0;
	*flags = 0; /* all of it stays ours */
	return 0;
}

static int make_cred(struct tls_client *c)
{
	const struct tls_identity *id = c->identity;

	if (gnutls_certificate_allocate_credentials(&c->cred) < 0)
		return -ENOMEM;
	gnutls_certificate_set_retrieve_function3(c->cred, retrieve);
	if (id->ntrust)
		return gnutls_certificate_set_x509_trust(c->cred, id->trust, (int)id->ntrust) < 0 ? -ENOMEM : 0;
	(void)gnutls_certificate_set_x509_system_trust(c->cred); /* where there are none, no server verifies */
	return 0;
}

int tls_client_create(struct tls_client **tp, struct tls_identity *id, char err[], size_t errlen)
{
	struct tls_client *c = calloc(1, sizeof *c);

	if (!c)
		return tls_say(err, errlen, -ENOMEM, "out of memory");
	atomic_init(&c->refs, 1);
	c->identity = tls_identity_ref(id);
	if (make_cred(c) < 0) {
		tls_client_unref(c);
		return tls_say(err, errlen, -ENOMEM, "out of memory");
	}
	*tp = c;
	return 0;
}

struct tls_client *tls_client_ref(struct tls_client *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

bool tls_client_same(const struct tls_client *a, const struct tls_client *b)
{
	return a->identity == b->identity;
}

void tls_client_unref(struct tls_client *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	if (c->cred)
		gnutls_certificate_free_credentials(c->cred);
	tls_identity_unref(c->identity);
	free(c);
}
