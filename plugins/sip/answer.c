/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.c: a server's answers go straight to the client.  A client's answers go back on the link that the request came
 * by, never through balance.  A final answer ends its request's exchange.
 */
#include "answer.h"

#include "request.h"
#include "session.h"
#include "sip/header.h"
#include "stream.h"

enum { REPEATS_MS = 32000 }; /* how long a 2xx to an INVITE may come again: 64*T1 (RFC 3261 section 13.3.1.4) */

static bool is_final(const struct sip_head *h)
{
	return h->status >= 200;
}

/* The request that this answers, which came from the other side. */
static struct transaction *find(const struct lg_link *l, const struct message *m)
{
	struct session *s = session_of(l);
	enum lg_side asker = l->side == LG_CLIENT ? LG_SERVER : LG_CLIENT;

	if (s->transactions.n == 0)
		return NULL;
	return transactions_find(&s->transactions, transaction_id(&instance_of(l)->seed, asker, m->bytes.p, &m->head));
}

/* The exchange of an INVITE is over with its first 2xx; what stays is where further ones go. */
static void keep_for_repeats(struct lg_link *l, struct transaction *t, int status)
{
	struct session *s = session_of(l);
	struct transaction repeats = *t;

	repeats.x = NULL;
	repeats.expires_ms = l->host->now_ms() + REPEATS_MS;
	request_over(l->session, t, status);
	if (s->transactions.n < 2 * l->limits->requests)
		transactions_add(&s->transactions, &repeats); /* without memory, a repeated 2xx is dropped */
}

static void settle(struct lg_link *l, struct transaction *t, const struct message *m)
{
	const struct sip_head *h = &m->head;

	if (!t->x)
		return;
	if (!is_final(h))
		t->expires_ms = l->host->now_ms() + l->limits->answer_ms;
	else if (l->side == LG_CLIENT && h->method == SIP_INVITE && h->status < 300)
		keep_for_repeats(l, t, h->status);
	else
		request_over(l->session, t, h->status);
}

/* Has the other end agreed to compress what follows ([MS-SIPCOMP])?  Then it is not SIP any more. */
static bool agrees_to_compress(const struct message *m)
{
	const struct sip_head *h = &m->head;
	struct sip_slice value;
	uint32_t at = 0;

	return h->method == SIP_NEGOTIATE && h->status >= 200 && h->status < 300 && h->has_compression &&
	       sip_header_next(m->bytes.p, h, SIP_TEXT("compression"), &at, &value) &&
	       !sip_same(sip_text(m->bytes.p, value), SIP_TEXT("none"));
}

static void compressed(struct lg_link *l)
{
	struct session *s = session_of(l);
	struct lg_link *client = l->session->client;

	l->host->count(l, COUNT_COMPRESSED, 1);
	l->host->log(l, LG_WARNING, "compression", "agreed to behind our back");
	if (s->nservers != 1) {
		stream_close(client);
		return;
	}
	s->joined = true;
	l->host->join(client, s->servers);
}

void answer_ended(struct lg_link *l)
{
	struct stream *s = stream_of(l);

	if (!s->agreed)
		return;
	s->agreed = false;
	compressed(l);
}

void answer_received(struct lg_link *l, const struct message *m)
{
	struct stream *s = stream_of(l);
	struct transaction *t = find(l, m);
	struct lg_link *to = l->session->client;

	l->host->count(l, COUNT_ANSWERS, 1);
	if (l->side == LG_CLIENT)
		to = t ? t->server : session_of(l)->bound;
	if (!to) {
		l->host->count(l, COUNT_DROPPED_ANSWERS, 1);
		return;
	}
	stream_pass(l, to, m->bytes, m->whole ? 0 : LG_MORE);
	if (!m->whole)
		s->body_to = to;
	s->agreed = agrees_to_compress(m);
	if (t && (l->side == LG_CLIENT || t->server == l))
		settle(l, t, m);
	if (m->whole)
		answer_ended(l);
}
