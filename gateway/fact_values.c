/* SPDX-License-Identifier: Apache-2.0 */
/* fact_values.c: what a fact's value is for an exchange, and what was learnt of its client.  Its name was found by
 * facts.c when the configuration was read. */
#include <stdlib.h>

#include "address.h"
#include "facts.h"
#include "key.h"
#include "link.h"
#include "session.h"
#include "span.h"

static struct lg_span source(struct exchange *x)
{
	struct session *s = x->session;

	if (s->shared) { /* from one of its servers: there is no client */
		const struct server *server = link_of(x->pub.from)->server;

		address_format_host((const struct sockaddr *)&server_place(server)->address, s->source_text,
				    sizeof s->source_text);
	} else if (!s->source_text[0])
		address_format_host(session_origin(s), s->source_text, sizeof s->source_text);
	return span_of(s->source_text);
}

struct lg_span facts_source(const struct exchange *x, const uint8_t mask[2], char text[64])
{
	struct sockaddr_storage a;

	key_origin(x, &a);
	address_mask(&a, mask[0], mask[1]);
	address_format_host((struct sockaddr *)&a, text, 64);
	return span_of(text);
}

/* What is true of TLS is so of the client's link, also for a request that a server begins; on a shared link of that. */
static struct lg_span core_fact(struct exchange *x, enum core_fact fact)
{
	static const char *const transports[] = { [LG_TCP] = "tcp", [LG_TLS] = "tls", [LG_UDP] = "udp" };
	const struct lg_link *client = x->session->shared ? x->pub.from : x->session->pub.client;

	switch (fact) {
	case FACT_SOURCE:
		return source(x);
	case FACT_LISTENER:
		return span_of(x->session->listener->conf->name);
	case FACT_SIDE:
		return span_of(x->pub.from->side == LG_CLIENT ? "client" : "server");
	case FACT_SNI:
		return client->sni;
	case FACT_ALPN:
		return client->alpn;
	case FACT_TLS_SUBJECT:
		return client->subject;
	case FACT_TRUSTED:
		return span_of(client->trusted ? "true" : "false");
	case FACT_TRANSPORT:
		return span_of(transports[x->pub.from->transport]);
	case CORE_FACTS:
		break;
	}
	return SPAN_NONE;
}

struct lg_span facts_read(struct exchange *x, const struct fact_ref *ref)
{
	const struct lg_plugin *p = x->session->listener->conf->plugin;

	if (ref->index < 0)
		return core_fact(x, (enum core_fact)(-1 - ref->index));
	return p->fact ? p->fact(&x->pub, (unsigned)ref->index, ref->arg) : SPAN_NONE;
}

/* ---- What was learnt ---- */

enum { LEARN_MAX = 1024 }; /* bytes of a name: one that is longer is none */

static void learn_source(struct link *l, struct lg_span value)
{
	struct session *s = l->session;
	struct sockaddr_storage origin;

	if (s->counted == (struct sockaddr *)&s->origin) /* that count must end as it began */
		return;
	if (address_parse(&origin, value) < 0)
		return;
	s->origin = origin;
	address_format((struct sockaddr *)&origin, s->origin_text, sizeof s->origin_text);
	s->source_text[0] = 0;
	l->pub.source = span_of(s->origin_text);
}

static void learn_name(char **own, struct lg_span *pub, struct lg_span value)
{
	char *copy = value.n && value.n <= LEARN_MAX ? strndup(value.p, value.n) : NULL;

	if (!copy)
		return;
	free(*own);
	*own = copy;
	*pub = span_of(copy);
}

void facts_learn(struct link *l, enum lg_learned what, struct lg_span value)
{
	if (l->server)
		return;
	switch (what) {
	case LG_SOURCE:
		learn_source(l, value);
		break;
	case LG_SNI:
		learn_name(&l->sni, &l->pub.sni, value);
		break;
	case LG_ALPN:
		learn_name(&l->alpn, &l->pub.alpn, value);
		break;
	}
}
