/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_token.c is the fake's tokens, digests and addresses.  A stream's token is good as long as its link is, a UDP
 * client's names its address, so that it is good without any flow.  With `elsewhere` every receiver is another
 * thread's: what is sent there arrives after the callback, or is returned.
 */
#include "fake_host.h"
#include "fake_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

struct fake *fake_of_tokens;

/* What is lent until the next call: freed then, so that AddressSanitizer sees who keeps it. */
static struct lg_span lend(const char *text)
{
	static char *lent;

	free(lent);
	lent = text ? fake_copy(text, strlen(text)) : NULL;
	return (struct lg_span){ lent, lent ? strlen(text) : 0 };
}

uint64_t fake_digest(const struct lg_span *pieces, unsigned n)
{
	uint64_t h = 0xcbf29ce484222325;

	for (unsigned i = 0; i < n; i++)
		for (size_t k = 0; k < pieces[i].n; k++)
			h = (h ^ (unsigned char)pieces[i].p[k]) * 0x100000001b3;
	return h ^ h >> 29;
}

struct lg_span fake_home(const struct lg_link *l)
{
	return lend(l->transport == LG_TLS ? "192.0.2.2:5061" : "192.0.2.2:5060");
}

/* ---- Tokens ---- */

struct fake_token {
	unsigned peer, use, port, transport;
};

static unsigned mac(const struct fake_token *t)
{
	return (t->peer * 31 + t->use * 7 + t->port * 3 + t->transport) * 2654435761u >> 8;
}

unsigned fake_token(struct lg_link *l, enum lg_use use, uint16_t port, char out[LG_TOKEN])
{
	struct fake_peer *p = fake_peer_of(l);
	struct fake_token t = { .use = use, .port = port, .transport = l->transport };

	if (p->fake->no_memory)
		return 0;
	while (p->fake->peers[t.peer] != p)
		t.peer++;
	return (unsigned)snprintf(out, LG_TOKEN, "%02xx%xx%04xx%xx%06x", t.peer, t.use, t.port, t.transport, mac(&t));
}

/* The receiver; NULL: it is no token, or not for this use. */
static struct fake_peer *read_token(struct fake *f, struct lg_span token, enum lg_use use, struct fake_token *t)
{
	char text[LG_TOKEN + 1] = "";
	unsigned signature;

	if (token.n > LG_TOKEN)
		return NULL;
	if (token.n > 0)
		memcpy(text, token.p, token.n);
	if (sscanf(text, "%2xx%1xx%4xx%1xx%6x", &t->peer, &t->use, &t->port, &t->transport, &signature) != 5)
		return NULL;
	if (signature != mac(t) || t->use != use || t->peer >= f->npeers)
		return NULL;
	return f->peers[t->peer];
}

enum lg_transport fake_look(struct lg_span token, enum lg_use use, struct lg_span *local)
{
	struct fake_token t;
	const struct fake_peer *p = read_token(fake_of_tokens, token, use, &t);

	*local = p && t.transport == LG_UDP ? lend("192.0.2.2:5070") : LG_NO_UNIT;
	return p ? (enum lg_transport)t.transport : (enum lg_transport)0;
}

/* ---- Sending ---- */

struct mail {
	struct fake_peer *to, *from;
	size_t n;
	char bytes[];
};

static bool is_gone(const struct fake_peer *p, const struct fake_token *t)
{
	return t->transport != LG_UDP && (!p->link || p->closing);
}

static void give(struct fake_peer *to, const struct fake_token *t, const char *bytes, size_t n)
{
	to->port = (uint16_t)t->port;
	fake_put(to, NULL, bytes, n, 0);
}

static void arrive(struct fake *f, void *arg)
{
	struct mail *m = arg;

	if (m->to->link && !m->to->closing) {
		fake_put(m->to, NULL, m->bytes, m->n, 0);
	} else if (m->from->link && !m->from->closing && f->plugin->returned) {
		char *copy = fake_copy(m->bytes, m->n);

		f->depth++;
		f->plugin->returned(m->from->link, (struct lg_span){ copy, m->n });
		f->depth--;
		free(copy);
	}
	free(m);
}

static void post(struct fake *f, struct fake_peer *to, struct fake_peer *from, const char *bytes, size_t n)
{
	struct mail *m = fake_alloc(sizeof(*m) + n);

	*m = (struct mail){ .to = to, .from = from, .n = n };
	memcpy(m->bytes, bytes, n);
	fake_defer(f, arrive, m);
}

enum lg_send fake_send_to(struct lg_span token, enum lg_use use, struct lg_link *from, const struct lg_span *pieces,
			  unsigned n)
{
	struct fake *f = fake_peer_of(from)->fake;
	struct fake_token t;
	struct fake_peer *to = read_token(f, token, use, &t);
	char *bytes;
	size_t all;

	if (!to || (use == LG_ROUTE && !from->server))
		return LG_GONE;
	if (is_gone(to, &t) && !f->elsewhere)
		return LG_GONE;
	bytes = fake_gather(pieces, n, &all);
	if (f->elsewhere && t.transport != LG_UDP)
		post(f, to, fake_peer_of(from), bytes, all);
	else
		give(to, &t, bytes, all);
	free(bytes);
	return LG_SENT;
}

void fake_rest(struct lg_link *l, uint32_t ms)
{
	struct fake *f = fake_peer_of(l)->fake;

	assert_non_null(l->server);
	f->rests++;
	f->last_rest_ms = ms;
}
