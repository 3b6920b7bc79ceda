/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.c: a server's answers go straight to the client.  A client's answers go back on the link that the request came
 * by, never through balance.  A final answer ends its request's exchange.
 */
#include "answer.h"

#include "edits.h"
#include "request.h"
#include "session.h"
#include "sip/header.h"
#include "stream.h"

enum { REPEATS_MS = 32000 }; /* how long a 2xx to an INVITE may come again: 64*T1 (RFC 3261 section 13.3.1.4) */

static bool is_final(const struct sip_head *h)
{
	return h->status >= 200;
}

/* The request that this answers, which came from the other side, and went to this server if one answers. */
static struct transaction *find(const struct lg_link *l, const struct message *m)
{
	struct session *s = session_of(l);
	enum lg_side asker = l->side == LG_CLIENT ? LG_SERVER : LG_CLIENT;
	struct transaction *t;

	if (s->transactions.n == 0)
		return NULL;
	t = transactions_find(&s->transactions, transaction_id(&instance_of(l)->seed, asker, m->bytes.p, &m->head));
	return t && (l->side == LG_CLIENT || t->server == l) ? t : NULL;
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

/* A provisional answer: the final one may take as long again. */
static void wait_on(const struct lg_link *l, struct transaction *t)
{
	const struct request *r = t->x->data;

	if (r->status == 0)
		t->expires_ms = l->host->now_ms() + l->limits->answer_ms;
}

/* Answers that policies want changed: the exchange stays for the repeats of a 2xx, and they look the same. */
static void answered(struct lg_link *l, struct transaction *t, int status)
{
	struct request *r = t->x->data;

	if (r->status != 0)
		return;
	r->status = status;
	t->expires_ms = l->host->now_ms() + REPEATS_MS;
}

static void settle(struct lg_link *l, struct transaction *t, const struct message *m)
{
	const struct sip_head *h = &m->head;

	if (!t->x)
		return;
	if (!is_final(h))
		wait_on(l, t);
	else if (h->method == SIP_INVITE && h->status < 300 && edits_any(t->x, true))
		answered(l, t, h->status);
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
	struct lg_span pieces[SIP_PIECES];
	int n;

	l->host->count(l, COUNT_ANSWERS, 1);
	if (l->side == LG_CLIENT)
		to = t ? t->server : session_of(l)->bound;
	n = edits_pieces(t ? t->x : NULL, true, m->bytes, &m->head, pieces);
	if (!to || n < 0) {
		l->host->count(l, COUNT_DROPPED_ANSWERS, 1);
		return;
	}
	stream_pass_pieces(l, to, pieces, (unsigned)n, m->whole ? 0 : LG_MORE);
	if (!m->whole)
		s->body_to = to;
	s->agreed = agrees_to_compress(m);
	if (t)
		settle(l, t, m);
	if (m->whole)
		answer_ended(l);
}
