/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.c reads what servers answer: provisional answers and the final one pass to the client, its body as it comes.
 * Behind it the link is given back, or closed where nobody can know what it would say next.
 */
#include "server.h"

#include <string.h>

#include "client.h"
#include "exchange.h"
#include "forward.h"
#include "ntlm.h"
#include "request.h"
#include "upgrade.h"

/* ---- The link is leased ---- */

void server_begin(struct lg_exchange *x, struct lg_link *to)
{
	struct server *s = server_of(to);

	(void)x;
	s->phase = SERVER_HEAD;
	s->begun = s->held = false;
	to->host->deadline(to, (uint32_t)instance_of(to)->options->answer_ms);
}

void server_request_whole(struct lg_exchange *x)
{
	struct lg_link *l = x->to;
	struct server *s = server_of(l);

	if (s->phase == SERVER_HEAD)
		l->host->deadline(l, (uint32_t)instance_of(l)->options->answer_ms);
	else if (s->phase == SERVER_DONE)
		server_answered(l, true);
}

bool server_keep(struct lg_exchange *x)
{
	if (!x->from->host->keep(x)) {
		x->from->host->count(x->from, COUNT_LIMITED, 1);
		return false;
	}
	if (!client_of(x->from)->counted)
		x->from->host->count(x->from, COUNT_KEPT, 1);
	client_of(x->from)->counted = true;
	return true;
}

void server_go(struct lg_link *l)
{
	struct server *s = server_of(l);

	if (!s->held)
		return;
	s->held = false;
	l->host->go(l);
}

/* Without LG_MORE: nobody else writes to the client meanwhile, and an answer may be silent as long as a link may. */
static void pass(struct lg_exchange *x, const struct lg_span *pieces, unsigned n, bool more)
{
	struct lg_link *client = x->from, *l = x->to;
	enum lg_send sent = client->host->send(client, l, pieces, n, 0);

	client_sent(client, sent);
	if (sent == LG_FULL && more) {
		server_of(l)->held = true;
		l->host->hold(l);
	}
}

/* ---- The answer ends ---- */

/* A client that waits for a word before it sends the rest gets one that lets it go on (RFC 9110 section 10.1.1); to ask
 * for credentials must not end the link that they are for. */
static bool may_go_on(const struct lg_exchange *x, const struct server *s)
{
	const struct request *r = request_of(x);

	return r->head.expect && !r->body_sent && s->keep && (r->status == 401 || r->status == 407);
}

/* The answer is whole.  `clean`: nothing has come behind it. */
void server_answered(struct lg_link *l, bool clean)
{
	struct lg_exchange *x = l->exchange;
	struct lg_link *from = x->from;
	const struct client *c = client_of(from);
	struct server *s = server_of(l);
	bool close = request_of(x)->close, whole = c->phase == CLIENT_ANSWER;

	if (!whole && !close) {
		s->phase = SERVER_DONE;
		/* It may take what follows for a request: its answer must be nobody else's. */
		s->keep = s->keep && l->kept;
		return;
	}
	if (!whole)
		l->host->count(l, COUNT_EARLY, 1);
	if (whole && clean && s->keep && s->body.framing != BODY_CLOSE)
		l->host->reuse(x);
	else
		l->host->done(x);
	client_next(from, close);
}

/* It cannot be read: the link says nothing more that anybody could believe. */
static ptrdiff_t broken(struct lg_link *l, struct lg_span in, const char *why)
{
	l->host->log(l, LG_WARNING, "answer-broken", why);
	l->host->count(l, COUNT_BROKEN_ANSWERS, 1);
	request_refuse(l->exchange, 502);
	return (ptrdiff_t)in.n;
}

/* ---- Its head ---- */

static int write_head(struct lg_exchange *x, const struct head *h, const char *p, bool close)
{
	struct instance *inst = instance_of(x->from);
	const struct request *r = request_of(x);
	const struct options *o = inst->options;
	bool final = h->status >= 200, tls = x->from->transport == LG_TLS;
	char cookie[COOKIE_LINE];
	struct forward_answer f = { .minor = r->head.minor,
				    .close = close,
				    .upgrade = h->status == 101,
				    .edits = x->edits,
				    .nedits = x->nedits };

	if (final && tls && o->hsts && *o->hsts)
		f.hsts = (struct lg_span){ o->hsts, strlen(o->hsts) };
	if (final && o->cookie.name && *o->cookie.name && !r->cookie_came) {
		struct lg_span value = { r->cookie, COOKIE_VALUE };

		f.lines = (struct lg_span){ cookie, cookie_line(&o->cookie, value, tls, cookie) };
	}
	return forward_answer(&inst->splice, h, p, &f);
}

/* 1xx; an HTTP/1.0 client knows none (RFC 9110 section 15.2). */
static ptrdiff_t provisional(struct lg_link *l, struct lg_span in)
{
	struct server *s = server_of(l);
	struct lg_exchange *x = l->exchange;
	struct splice *out = &instance_of(l)->splice;

	s->begun = false;
	if (request_of(x)->head.minor == 0)
		return (ptrdiff_t)s->head.size;
	if (write_head(x, &s->head, in.p, false) < 0)
		return broken(l, in, "a provisional answer that cannot be passed on");
	pass(x, out->pieces, out->n, true);
	return (ptrdiff_t)s->head.size;
}

static ptrdiff_t switching(struct lg_link *l, struct lg_span in)
{
	struct server *s = server_of(l);
	struct lg_exchange *x = l->exchange;
	struct splice *out = &instance_of(l)->splice;

	if (!upgrade_expected(x) || write_head(x, &s->head, in.p, false) < 0)
		return broken(l, in, "101 that nobody asked for");
	request_of(x)->status = 101;
	upgrade_begin(x);
	pass(x, out->pieces, out->n, true);
	return (ptrdiff_t)s->head.size;
}

/* Does the client's link end with this answer?  Early answers end it, since nobody waits for the rest of the request.
 */
static bool is_last(struct lg_exchange *x, const struct server *s)
{
	const struct client *c = client_of(x->from);

	if (request_is_last(x) || s->head.framing == BODY_CLOSE)
		return true;
	if (c->phase != CLIENT_ANSWER && !may_go_on(x, s))
		return true;
	return x->to->kept && !s->keep; /* its end is the client's */
}

static ptrdiff_t final(struct lg_link *l, struct lg_span in)
{
	struct server *s = server_of(l);
	struct lg_exchange *x = l->exchange;
	struct request *r = request_of(x);
	struct client *c = client_of(x->from);
	struct splice *out = &instance_of(l)->splice;
	ptrdiff_t size = s->head.size; /* the link may be another's behind `reuse` */
	bool done;

	s->keep = s->head.keep;
	if (!c->stays && ntlm_in_answer(&s->head, in.p)) {
		if (!server_keep(x)) {
			request_refuse(x, 503);
			return (ptrdiff_t)in.n;
		}
		c->stays = true;
	}
	r->status = s->head.status;
	r->close = is_last(x, s);
	if (write_head(x, &s->head, in.p, r->close) < 0) {
		r->status = 0;
		return broken(l, in, "an answer that cannot be passed on");
	}
	l->host->deadline(l, 0);
	l->host->count(l, COUNT_ANSWERS, 1);
	done = body_begin(&s->body, &s->head, 0) == BODY_DONE;
	s->phase = SERVER_BODY;
	pass(x, out->pieces, out->n, !done);
	if (done)
		server_answered(l, in.n == (size_t)size);
	return size;
}

static ptrdiff_t read_head(struct lg_link *l, struct lg_span in)
{
	struct server *s = server_of(l);
	struct instance *inst = instance_of(l);
	struct request *r = request_of(l->exchange);
	struct head_limits limits = { .bytes = (uint32_t)l->limits->headers };
	bool to_head = r->head.method_id == METHOD_HEAD;

	r->heard = true;
	if (!s->begun) {
		head_begin(&s->head, to_head ? HEAD_ANSWER_TO_HEAD : HEAD_ANSWER, inst->answer_fields,
			   (unsigned)inst->options->fields);
		s->begun = true;
	}
	switch (head_read(&s->head, in, &limits)) {
	case HEAD_MORE:
		return 0;
	case HEAD_BAD:
		return broken(l, in, s->head.reason);
	default:
		break;
	}
	if (s->head.status == 101)
		return switching(l, in);
	return s->head.status < 200 ? provisional(l, in) : final(l, in);
}

/* ---- Its body ---- */

static ptrdiff_t read_body(struct lg_link *l, struct lg_span in)
{
	struct server *s = server_of(l);
	struct lg_exchange *x = l->exchange;
	struct lg_span bytes = { in.p, 0 };
	enum body_verdict verdict;
	size_t used;

	body_passed(&s->body, l);
	s->body.passes = false;
	verdict = body_take(&s->body, in, &used);
	bytes.n = used;
	if (used > 0)
		pass(x, &bytes, 1, verdict != BODY_DONE);
	if (verdict == BODY_BAD)
		return broken(l, in, s->body.reason);
	if (verdict == BODY_DONE)
		server_answered(l, used == in.n);
	else
		body_pass(&s->body, l, x->from);
	return (ptrdiff_t)used;
}

/* ---- The plugin's callbacks ---- */

ptrdiff_t server_receive(struct lg_link *l, struct lg_span in)
{
	struct lg_exchange *x = l->exchange;

	if (!x)
		return -1;
	switch (server_of(l)->phase) {
	case SERVER_HEAD:
		return read_head(l, in);
	case SERVER_BODY:
		return read_body(l, in);
	case SERVER_DONE: /* more than was asked for: it is not to be reused */
		server_of(l)->keep = false;
		return (ptrdiff_t)in.n;
	default:
		return upgrade_receive(x, l, in);
	}
}

void server_ended(struct lg_link *l)
{
	struct server *s = server_of(l);

	if (l->exchange && s->phase == SERVER_BODY && body_end(&s->body, true))
		server_answered(l, true);
	else
		l->host->close(l, LG_FLUSH); /* `lost` tells */
}

void server_writable(struct lg_link *l)
{
	struct lg_exchange *x = l->exchange;

	if (!x)
		return;
	client_of(x->from)->server_full = false;
	client_go(x->from);
}

/* No answer in all that time; but a request that is still coming has not waited yet. */
void server_expired(struct lg_link *l)
{
	struct lg_exchange *x = l->exchange;
	struct server *s = server_of(l);
	struct client *c;

	if (!x)
		return;
	if (s->phase == SERVER_RAW) {
		upgrade_expired(x);
		return;
	}
	c = client_of(x->from);
	body_passed(&c->body, x->from);
	if (c->phase == CLIENT_BODY && c->body.bytes != s->mark) {
		s->mark = c->body.bytes;
		l->host->deadline(l, (uint32_t)instance_of(l)->options->answer_ms);
		return;
	}
	l->host->count(l, COUNT_UNANSWERED, 1);
	request_refuse(x, 504);
}
