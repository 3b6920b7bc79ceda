/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.c: every request, of either side, becomes an exchange, so that policies see it.  Here is decided which other
 * end the core is asked for, and what becomes of a request that finds none or loses it.
 */
#include "request.h"

#include <errno.h>

#include "client.h"
#include "edits.h"
#include "reply.h"
#include "session.h"
#include "stream.h"

/* No response exists to an ACK (RFC 3261 section 17.1.1.3), nor to Lync's BENOTIFY. */
static bool has_answer(const struct sip_head *h)
{
	return h->method != SIP_ACK && h->method != SIP_BENOTIFY;
}

/* ---- It was read ---- */

/* A request may show how its client has to be treated from now on. */
static void learn(const struct lg_link *l, const struct message *m)
{
	struct session *s = session_of(l);
	int route = instance_of(l)->options->route;

	if (s->bound || route == ROUTE_MESSAGE || (route == ROUTE_AUTO && l->trusted))
		return;
	if (!client_is_lync(m->bytes.p, &m->head))
		return;
	s->lync = true;
	s->by_connection = true;
}

/* Does it belong with a request that went before? */
static bool follows(const struct message *m)
{
	return m->head.method == SIP_ACK || m->head.method == SIP_CANCEL || sip_to_tag(m->bytes.p, &m->head).n > 0;
}

static struct lg_how way_of(const struct lg_link *l, const struct message *m)
{
	const struct session *s = session_of(l);
	struct lg_how how = { .mode = LG_PRIVATE, .to = l->side == LG_SERVER ? l->session->client : s->bound };

	if (how.to)
		return how;
	if (!s->by_connection && has_answer(&m->head))
		how.flags |= LG_KEEP;
	if (follows(m))
		how.flags |= LG_FOLLOW;
	return how;
}

/* A client that would not believe our answer is told by a close. */
static void refuse(struct lg_link *l, const char *p, const struct sip_head *h, const struct lg_reply *reply)
{
	const struct session *s = session_of(l);

	l->host->count(l, COUNT_ANSWERED_HERE, 1);
	if (reply->cause != LG_BY_POLICY && l->side == LG_CLIENT && s->by_connection &&
	    (s->lync || client_is_lync(p, h)))
		stream_close(l);
	else
		reply_send(l, p, h, reply);
}

/* No memory, or too many open requests. */
static void refuse_overload(struct lg_link *l, const char *p, const struct sip_head *h)
{
	struct lg_reply reply = { .cause = LG_BY_OVERLOAD, .code = 503, .retry_after_s = reply_retry_after(l) };

	refuse(l, p, h, &reply);
}

void request_received(struct lg_link *l, const struct message *m)
{
	struct session *session = session_of(l);
	struct stream *s = stream_of(l);
	bool from_client = l->side == LG_CLIENT;
	struct lg_exchange *x;
	struct lg_how how;
	struct request *r;

	if (from_client)
		learn(l, m);
	how = way_of(l, m);
	x = l->host->route(l, &how, m->bytes);
	l->host->count(l, COUNT_REQUESTS, 1);
	if (!x) {
		refuse_overload(l, m->bytes.p, &m->head);
		return;
	}
	s->routing++;
	r = x->data;
	r->head = m->head;
	r->body = m->whole ? 0 : s->body;
	session->asked += from_client;
	if (from_client && session->by_connection && !session->bound)
		session->binding = x;
	if (session->binding == x || !m->whole)
		s->waiting = x;
}

/* ---- It is routed ---- */

/* The link goes on that waited for this exchange. */
static void release(struct lg_exchange *x)
{
	struct stream *s = stream_of(x->from);

	if (s->waiting != x)
		return;
	s->waiting = NULL;
	stream_go(x->from);
}

/* Is the body of this request, or a part of it, still to be read? */
static bool has_body_to_come(const struct lg_exchange *x)
{
	const struct request *r = x->data;
	const struct stream *s = stream_of(x->from);

	return r->body != 0 && r->body == s->body && s->body_left > 0;
}

static void send_on(struct lg_exchange *x, struct lg_link *to, const struct lg_span *pieces, unsigned n)
{
	bool more = has_body_to_come(x);

	if (more)
		stream_of(x->from)->body_to = to;
	stream_pass_pieces(x->from, to, pieces, n, more ? LG_MORE : 0);
}

/* ---- It ends ---- */

static void end(struct lg_exchange *x)
{
	struct lg_session *session = x->from->session;
	bool from_client = x->from->side == LG_CLIENT;

	x->from->host->done(x);
	if (from_client)
		session_answered(session);
}

void request_over(struct lg_session *ls, struct transaction *t, int status)
{
	struct session *s = ls->data;
	struct lg_exchange *x = t->x;

	if (x) {
		((struct request *)x->data)->status = status;
		stream_of(t->server)->open--;
	}
	transactions_remove(&s->transactions, t);
	if (x)
		end(x);
}

/* ---- It is remembered ---- */

/* Remembers the request until its final answer.  The same one sent again takes the first one's place. */
static int remember(struct lg_exchange *x, struct lg_link *server)
{
	struct session *s = session_of(x->from);
	struct request *r = x->data;
	struct transaction t = { .x = x, .server = server }, *before;

	r->id = transaction_id(&instance_of(x->from)->seed, x->from->side, x->unit.p, &r->head);
	before = transactions_find(&s->transactions, r->id);
	if (before)
		request_over(x->from->session, before, 0);
	t.id = r->id;
	t.expires_ms = x->from->host->now_ms() + x->from->limits->answer_ms;
	if (transactions_add(&s->transactions, &t) < 0)
		return -1;
	stream_of(server)->open++;
	session_watch(x->from->session);
	return 0;
}

/* What policies want changed in this message cannot be: it has too many lines of a kind. */
static void refuse_edits(struct lg_exchange *x, int why)
{
	const struct request *r = x->data;

	if (why == -ENOMEM) {
		refuse_overload(x->from, x->unit.p, &r->head);
		return;
	}
	x->from->host->count(x->from, COUNT_MALFORMED, 1);
	reply_status(x->from, x->unit.p, &r->head, 400);
}

/* Sends the request to `to`, as policies want it; it is remembered for the answer unless it `forgets`.  False: it was
 * answered here instead. */
static bool deliver(struct lg_exchange *x, struct lg_link *to, struct lg_link *server, bool forgets)
{
	const struct request *r = x->data;
	struct lg_span pieces[SIP_PIECES];
	int n = edits_pieces(x, false, x->unit, &r->head, pieces);

	if (n < 0) {
		refuse_edits(x, n);
		return false;
	}
	if (!forgets && remember(x, server) < 0) {
		refuse_overload(x->from, x->unit.p, &r->head);
		return false;
	}
	send_on(x, to, pieces, (unsigned)n);
	return true;
}

/* By connection an answer finds its way without its request, unless policies want it changed. */
static bool is_forgotten(const struct lg_exchange *x, bool bound)
{
	const struct request *r = x->data;

	return !has_answer(&r->head) || (bound && !edits_any(x, true));
}

static void routed_to_server(struct lg_exchange *x, struct lg_link *to)
{
	struct session *s = session_of(to);
	bool forgets;

	if (s->binding == x)
		session_bind(to->session, to);
	forgets = is_forgotten(x, s->bound == to);
	if (!deliver(x, to, to, forgets) || forgets)
		end(x);
}

/* A dialog that a server begins is its own: the client's requests in it go there, from whatever connection. */
static bool begins_dialog(const struct lg_exchange *x)
{
	const struct request *r = x->data;

	return r->head.method != SIP_ACK && r->head.method != SIP_CANCEL && sip_to_tag(x->unit.p, &r->head).n == 0;
}

static void routed_to_client(struct lg_exchange *x, struct lg_link *to)
{
	bool bound = session_of(to)->bound == x->from;
	bool forgets = is_forgotten(x, bound);
	bool sent = deliver(x, to, x->from, forgets);

	if (sent && !bound && begins_dialog(x))
		x->from->host->pin(x->from, x);
	if (!sent || forgets)
		end(x);
}

void request_routed(struct lg_exchange *x, struct lg_link *to)
{
	release(x);
	if (to->side == LG_SERVER)
		routed_to_server(x, to);
	else
		routed_to_client(x, to);
}

/* ---- It is not routed, or was in vain ---- */

void request_respond(struct lg_exchange *x, const struct lg_reply *reply)
{
	struct request *r = x->data;
	struct session *s = session_of(x->from);

	release(x);
	if (s->binding == x)
		s->binding = NULL;
	refuse(x->from, x->unit.p, &r->head, reply);
	if (x->from->side == LG_CLIENT)
		session_answered(x->from->session);
}

/* Forgets the transaction of a request whose exchange ends by itself. */
static void forget(struct lg_exchange *x)
{
	struct session *s = session_of(x->from);
	struct request *r = x->data;
	struct transaction *t = transactions_find(&s->transactions, r->id);

	if (!t || t->x != x)
		return;
	stream_of(t->server)->open--;
	transactions_remove(&s->transactions, t);
}

/* Sends the request to another server, if nobody has seen any of it and all of it is still there. */
static bool retry(struct lg_exchange *x, const struct lg_lost *why)
{
	struct request *r = x->data;
	struct stream *s = stream_of(x->from);

	if (why->handed || (r->body != 0 && !(has_body_to_come(x) && s->body_left == r->head.body_n)))
		return false;
	if (r->body != 0) {
		s->body_to = NULL;
		s->waiting = x;
	}
	x->from->host->count(x->from, COUNT_RETRIED, 1);
	x->from->host->again(x);
	return true;
}

/* Is the request still there?  By connection it is not, and a close says that its server is lost; once it has its final
 * answer nothing more is said. */
static bool is_kept(const struct lg_exchange *x)
{
	const struct request *r = x->data;

	return x->unit.n > 0 && r->status == 0;
}

void request_lost(struct lg_exchange *x, const struct lg_lost *why)
{
	struct request *r = x->data;
	struct lg_reply reply = { .code = 503, .retry_after_s = reply_retry_after(x->from) };

	if (session_of(x->from)->joined)
		return;
	forget(x);
	if (x->from->side == LG_SERVER)
		return;
	if (is_kept(x) && retry(x, why))
		return;
	if (r->status == 0)
		x->from->host->count(x->from, COUNT_LOST, 1);
	if (is_kept(x))
		reply_send(x->from, x->unit.p, &r->head, &reply);
	session_answered(x->from->session);
}
