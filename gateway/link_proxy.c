/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link_proxy.c: PROXY headers (proxy.h) at the front of links: what a trusted proxy tells of its client is learnt,
 * before TLS and before the plugin; a server that wants to know is told who the client is.  Whose headers are read, and
 * which servers are told, is the plugin's to say.
 */
#include <errno.h>

#include "admission.h"
#include "facts.h"
#include "link_parts.h"
#include "networks.h"
#include "proxy.h"
#include "span.h"

/* A proxy that speaks for itself (a check of its own) counts as what it is. */
static enum admission count_source(struct session *s)
{
	const struct sockaddr *who = session_origin(s);
	enum admission a = admission_enter(s->listener, who);

	if (a == ADMITTED)
		s->counted = who;
	return a;
}

static void learn(struct link *l, const struct proxy *p)
{
	if (p->source[0])
		facts_learn(l, LG_SOURCE, span_of(p->source));
	if (p->destination[0])
		l->meant = strdup(p->destination);
	if (p->authority.n)
		facts_learn(l, LG_SNI, p->authority);
	if (p->alpn.n)
		facts_learn(l, LG_ALPN, p->alpn);
}

ptrdiff_t link_proxy_read(struct stream *s, struct lg_span in)
{
	struct link *l = s->owner;
	enum admission a;
	struct proxy p;
	int r = proxy_read(&p, in);

	if (r <= 0)
		return r;
	l->proxied = false;
	learn(l, &p);
	l->pub.exempt = networks_have(&l->listener->conf->limits.exempt, session_origin(l->session));
	a = count_source(l->session);
	if (a != ADMITTED) {
		admission_refused(l->listener, session_origin(l->session), a);
		link_close(l, LG_RESET, "too many from its source");
	}
	return (ptrdiff_t)p.used;
}

int link_proxy_write(struct link *l, unsigned version)
{
	const struct link *client = l->session->client;
	char header[PROXY_OUT];
	size_t n = proxy_write(header, (enum proxy_version)version, client->pub.source,
			       client->meant ? span_of(client->meant) : client->pub.local, client->pub.sni,
			       client->pub.alpn);

	return stream_begin_with(l->stream, (struct lg_span){ header, n });
}
