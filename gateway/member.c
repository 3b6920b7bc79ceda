/* SPDX-License-Identifier: Apache-2.0 */
/* member.c: compares a client's address, and its certificate, with the servers of the listener's pools. */
#include "member.h"

#include "address.h"
#include "link.h"
#include "listener.h"
#include "tls.h"

/* An address alone proves nothing inside TLS: who has a certificate must show it. */
static bool bears_name(const struct link *l, const struct server *s)
{
	const struct tls *t = l->stream ? l->stream->tls : NULL;

	return !t || (s->tls_name && tls_peer_bears(t, s->tls_name)) || tls_peer_bears(t, s->name);
}

static const struct lg_server *find(const struct link *l, const struct pool *pool)
{
	const struct sockaddr *peer = (const struct sockaddr *)&l->session->source;

	for (unsigned i = 0; i < pool->nservers; i++) {
		const struct server *s = &pool->servers[i];
		const struct server_place *place = server_place(s);

		if (!server_is_absent(s) && address_same_host((const struct sockaddr *)&place->address, peer) &&
		    bears_name(l, s))
			return &place->pub;
	}
	return NULL;
}

void member_recognise(struct link *l)
{
	const struct listener_conf *conf = l->listener->conf;

	for (unsigned i = 0; i < conf->nreach && !l->pub.server; i++)
		l->pub.server = find(l, conf->reach[i].pool);
}
