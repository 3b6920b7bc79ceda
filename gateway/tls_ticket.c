/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_ticket.c makes the key of a listener's session tickets: from a secret and from all that a ticket's worth hangs on,
 * so that a ticket opens nothing but what it came from.  GnuTLS derives from it, by the clock alone and for each session
 * anew, the key of three ticket lives and still takes that of the three before: nothing is shared, nothing is locked,
 * and gateways with the same secret agree.
 */
#include "tls_private.h"

#include <errno.h>
#include <string.h>

#include <gnutls/crypto.h>

enum { SECRET = 16, KEY = 64 }; /* bytes; KEY is what gnutls_session_ticket_key_generate gives */

/* The name, NUL and all, keeps what follows in its place. */
static int feed(gnutls_hmac_hd_t h, const struct tls_server *s, const char *name)
{
	static const char label[] = "lychgate ticket 1";
	unsigned char verify = (unsigned char)s->verify;
	int ret = gnutls_hmac(h, label, sizeof label);

	if (ret == 0)
		ret = gnutls_hmac(h, name, strlen(name) + 1);
	if (ret == 0)
		ret = gnutls_hmac(h, &verify, sizeof verify);
	if (ret == 0)
		ret = gnutls_hmac(h, s->identities[0]->trusts, sizeof s->identities[0]->trusts);
	for (unsigned i = 0; i < s->nidentities && ret == 0; i++)
		ret = gnutls_hmac(h, s->identities[i]->shown, sizeof s->identities[i]->shown);
	return ret;
}

int tls_ticket_key(struct tls_server *s, const struct tls_server_conf *conf)
{
	unsigned char secret[SECRET];
	gnutls_hmac_hd_t h;
	int ret = 0;

	if (conf->secret)
		memcpy(secret, conf->secret, sizeof secret);
	else
		ret = gnutls_rnd(GNUTLS_RND_KEY, secret, sizeof secret);
	s->ticket_key.data = gnutls_malloc(KEY);
	if (ret < 0 || !s->ticket_key.data || gnutls_hmac_init(&h, GNUTLS_MAC_SHA512, secret, sizeof secret) < 0)
		return -ENOMEM;
	s->ticket_key.size = KEY;
	ret = feed(h, s, conf->name ? conf->name : "");
	gnutls_hmac_deinit(h, s->ticket_key.data);
	explicit_bzero(secret, sizeof secret);
	return ret < 0 ? -ENOMEM : 0;
}

int tls_ticket_enable(gnutls_session_t session, const struct tls_server *s)
{
	gnutls_db_set_cache_expiration(session, TLS_TICKET_LIFE_S); /* before the key: its time is counted by this */
	return gnutls_session_ticket_enable_server(session, &s->ticket_key);
}
