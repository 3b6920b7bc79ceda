/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.c: every request becomes an exchange and gets a leased link.  Here is decided what is answered without a
 * server, what a server is sent, and what may be sent to another one.
 */
#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "exchange.h"
#include "facts.h"
#include "forward.h"
#include "ntlm.h"
#include "reply.h"
#include "server.h"

/* ---- The head ---- */

const struct head *request_head(struct lg_exchange *x)
{
	struct instance *inst = instance_of(x->from);
	struct head_limits limits = { .bytes = (uint32_t)x->from->limits->headers };
	struct request *r = request_of(x);

	if (inst->fields_of == x)
		return &r->head;
	if (x->unit.n == 0)
		return NULL;
	inst->fields_of = NULL;
	head_begin(&r->head, HEAD_REQUEST, inst->fields, (unsigned)inst->options->fields);
	if (head_read(&r->head, x->unit, &limits) != HEAD_OK)
		return NULL;
	inst->fields_of = x;
	return &r->head;
}

static bool is_last(const struct lg_link *l, const struct head *h)
{
	const struct client *c = client_of(l);
	int64_t most = instance_of(l)->options->per_connection;

	return !h->keep || c->last || c->ended || (most > 0 && c->requests >= (uint64_t)most);
}

bool request_is_last(const struct lg_exchange *x)
{
	return is_last(x->from, &request_of(x)->head);
}

/* ---- Answers of our own ---- */

void request_note(struct lg_link *l, struct lg_span unit, int status)
{
	struct client *c = client_of(l);
	struct lg_exchange *x = l->host->route(l, &(struct lg_how){ .flags = LG_KNOWN }, unit);

	if (!x)
		return;
	request_of(x)->status = status;
	if (unit.n > 0) {
		request_of(x)->head = c->head;
		request_of(x)->target = c->target.code ? NULL : &c->target;
		instance_of(l)->fields_of = x;
	}
	l->host->done(x);
	instance_of(l)->fields_of = NULL;
}

/* Answers the request that has just been read or is about to end; its body, if it has one, will not be read. */
static void answer(struct lg_link *l, const struct head *h, struct reply *r, bool close)
{
	r->no_body = h->method_id == METHOD_HEAD;
	r->close = close || h->minor == 0 || !client_may_go_on(l) || is_last(l, h);
	l->host->count(l, COUNT_ANSWERED_HERE, 1);
	client_sent(l, reply_send(l, r));
	close = r->close;
	client_next(l, close);
}

/* It cannot be read as it stands: nobody knows what follows. */
static void malformed(struct lg_link *l, struct lg_span unit, int status, const char *why)
{
	struct reply r = { .status = status };

	request_note(l, unit, status);
	l->host->log(l, LG_INFO, "request-refused", why);
	l->host->count(l, COUNT_MALFORMED, 1);
	answer(l, &client_of(l)->head, &r, true);
}

static void overloaded(struct lg_link *l, struct lg_span unit, const struct head *h)
{
	struct reply r = { .status = 503, .retry_after_s = 1 };

	request_note(l, unit, 503);
	l->host->count(l, COUNT_LIMITED, 1);
	answer(l, h, &r, true);
}

void request_refuse(struct lg_exchange *x, int status)
{
	struct lg_link *l = x->from;
	struct request *r = request_of(x);
	struct reply reply = { .status = status };
	const struct head h = r->head;
	bool seen = r->status != 0;

	if (!seen)
		r->status = status;
	l->host->done(x);
	if (seen) {
		l->host->count(l, COUNT_CUT_SHORT, 1);
		client_of(l)->x = NULL;
		client_close(l, LG_FLUSH);
		return;
	}
	answer(l, &h, &reply, status < 500);
}

/* Whose request it is: behind a trusted proxy that of whom it has named last.  An IPv6 address gets brackets and a
 * port, as links have it. */
static struct lg_span source_of(const struct lg_link *l, const struct head *h, const char *p, char text[RATE_SOURCE])
{
	const struct head_field *f = NULL;
	struct lg_span list, member, last = LG_NO_UNIT;
	int n;

	if (!client_of(l)->trusted)
		return l->source;
	while ((f = head_find(h, FIELD_X_FORWARDED_FOR, f)))
		for (list = head_value(p, f); field_next(&list, &member);)
			last = member;
	if (last.n == 0)
		return l->source;
	if (*last.p == '[' || memchr(last.p, ':', last.n) == memrchr(last.p, ':', last.n))
		return last; /* as links have it, or IPv4 */
	n = snprintf(text, RATE_SOURCE, "[%.*s]:0", (int)(last.n < RATE_SOURCE ? last.n : RATE_SOURCE), last.p);
	return (struct lg_span){ text, n < RATE_SOURCE ? (size_t)n : RATE_SOURCE - 1 };
}

/* The client's bucket is empty (RFC 6585 section 4). */
static bool is_too_many(struct lg_link *l, struct lg_span unit, const struct head *h)
{
	struct instance *inst = instance_of(l);
	struct reply r = { .status = 429 };
	char text[RATE_SOURCE];

	if (!inst->rate || l->exempt)
		return false;
	if (rate_take(inst->rate, source_of(l, h, unit.p, text), l->host->now_ms(), &r.retry_after_s))
		return false;
	l->host->count(l, COUNT_LIMITED, 1);
	request_note(l, unit, 429);
	answer(l, h, &r, false);
	return true;
}

/* Everything is at the same place inside TLS; the method stays (RFC 9110 section 15.4.9). */
static void redirect(struct lg_exchange *x)
{
	struct lg_link *l = x->from;
	const struct head copy = request_of(x)->head, *h = &copy;
	const char *p = x->unit.p;
	const struct target *t = &client_of(l)->target;
	bool plain = h->method_id == METHOD_GET || h->method_id == METHOD_HEAD;
	struct reply r = { .status = plain ? 301 : 308, .host = { t->host, t->host_n } };
	char target[HEAD_LINE + 1];
	struct lg_span path = target_path(t, p), query = target_query(t, p);

	if (t->host_n == 0 || path.n + query.n + 1 > sizeof(target)) {
		request_refuse(x, 400);
		return;
	}
	memcpy(target, path.p, path.n);
	r.target = (struct lg_span){ target, path.n };
	if (query.p) {
		target[path.n] = '?';
		memcpy(target + path.n + 1, query.p, query.n);
		r.target.n += 1 + query.n;
	}
	request_of(x)->status = r.status;
	l->host->done(x);
	answer(l, h, &r, false);
}

/* ---- It was read ---- */

/* The cookie that the client brought, if we made it, else one that it will get. */
static void find_cookie(struct lg_exchange *x, const char *p)
{
	struct request *r = request_of(x);
	const struct options *o = instance_of(x->from)->options;
	const struct head_field *f = NULL;

	if (!o->cookie.name || !*o->cookie.name)
		return;
	while ((f = head_find(&r->head, FIELD_COOKIE, f))) {
		struct lg_span value = cookie_find(x->from->host, o->cookie.name, head_value(p, f));

		if (value.n != COOKIE_VALUE)
			continue;
		memcpy(r->cookie, value.p, COOKIE_VALUE);
		r->cookie_came = true;
		return;
	}
	cookie_make(x->from->host, o->cookie.name, r->cookie);
}

static void ask(struct lg_link *l, struct lg_span unit)
{
	struct client *c = client_of(l);
	struct lg_how how = { .mode = LG_LEASED, .flags = LG_KEEP, .proxy = (unsigned)instance_of(l)->options->proxy };
	bool redirected = instance_of(l)->options->redirect == REDIRECT_HTTPS && l->transport != LG_TLS;
	struct lg_exchange *x;
	struct request *r;

	c->stays = c->stays || ntlm_in_request(&c->head, unit.p);
	if (c->stays)
		how.flags |= LG_STAY;
	if (redirected)
		how = (struct lg_how){ .flags = LG_KEEP | LG_KNOWN };
	x = l->host->route(l, &how, unit);
	if (!x) {
		overloaded(l, unit, &c->head);
		return;
	}
	r = request_of(x);
	r->head = c->head;
	r->target = &c->target;
	r->redirected = redirected;
	find_cookie(x, unit.p);
	instance_of(l)->fields_of = x;
	c->x = x;
	c->phase = CLIENT_ROUTE;
}

void request_received(struct lg_link *l, struct lg_span unit)
{
	struct client *c = client_of(l);
	const struct head *h = &c->head;
	int ret;

	target_fini(&c->target); /* the last request's, which the access log has read by now */
	ret = target_read(&c->target, h, unit.p, l->transport == LG_TLS);
	l->host->count(l, COUNT_REQUESTS, 1);
	c->server_full = false;
	switch (body_begin(&c->body, h, (uint64_t)instance_of(l)->options->body)) {
	case BODY_BAD:
		malformed(l, unit, c->body.code, c->body.reason);
		return;
	case BODY_DONE:
		c->body.done = true;
		break;
	default:
		break;
	}
	if (ret == -ENOMEM)
		overloaded(l, unit, h);
	else if (ret < 0)
		malformed(l, unit, c->target.code, c->target.reason);
	else if (h->method_id == METHOD_TRACE && h->framing != BODY_NONE)
		malformed(l, unit, 400, "TRACE with a body"); /* RFC 9110 section 9.3.8 */
	else if (!is_too_many(l, unit, h))
		ask(l, unit);
}

/* ---- It is routed ---- */

static enum forwarded forwarded(const struct lg_link *l)
{
	const struct options *o = instance_of(l)->options;

	if (o->forwarded == FORWARDED_OFF)
		return FORWARDED_OFF;
	if (client_of(l)->trusted || (o->forwarded == FORWARDED_APPEND && o->trusted.n == 0))
		return FORWARDED_APPEND;
	return FORWARDED_REPLACE;
}

/* The head as the server gets it, in the instance's splice; 0, or -errno. */
static int write_head(struct lg_exchange *x)
{
	struct instance *inst = instance_of(x->from);
	const struct head *h = request_head(x);
	struct forward_request f = {
		.source = x->from->source,
		.tls = x->from->transport == LG_TLS,
		.forwarded = forwarded(x->from),
		.upgrade = h && h->upgrade && inst->options->websocket,
		.edits = x->edits,
		.nedits = x->nedits,
	};

	return h ? forward_request(&inst->splice, h, x->unit.p, request_of(x)->target, &f) : -EINVAL;
}

void request_routed(struct lg_exchange *x, struct lg_link *to)
{
	struct lg_link *l = x->from;
	struct client *c = client_of(l);
	struct splice *s = &instance_of(l)->splice;
	int ret;

	if (request_of(x)->redirected) {
		redirect(x);
		return;
	}
	ret = write_head(x);
	if (ret < 0) {
		request_refuse(x, ret == -ENOSPC ? 431 : 500);
		return;
	}
	if (c->stays && !server_keep(x)) {
		request_refuse(x, 503);
		return;
	}
	c->phase = c->body.done ? CLIENT_ANSWER : CLIENT_BODY;
	server_begin(x, to);
	if (l->host->send(to, l, s->pieces, s->n, 0) == LG_FULL && !c->body.done)
		c->server_full = true;
	client_go(l);
}

/* ---- It is not, or was in vain ---- */

void request_respond(struct lg_exchange *x, const struct lg_reply *reply)
{
	struct request *r = request_of(x);
	struct reply own = { .status = reply->code,
			     .reason = reply->reason,
			     .headers = reply->headers,
			     .nheaders = reply->nheaders,
			     .retry_after_s = reply->retry_after_s };

	client_of(x->from)->x = NULL;
	if (reply->code == 0) {
		x->from->host->count(x->from, COUNT_ANSWERED_HERE, 1);
		client_close(x->from, LG_FLUSH);
		return;
	}
	r->status = reply->code;
	answer(x->from, &r->head, &own, false);
}

/* Nothing of an answer has come, nothing of the body has gone, and to do it twice does no harm (RFC 9110
 * section 9.2.2). */
static bool may_repeat(const struct lg_exchange *x, const struct lg_lost *why)
{
	const struct request *r = request_of(x);

	return why->why == LG_LOST_LINK && !r->heard && !r->body_sent && !r->retried && x->unit.n > 0 &&
	       (!why->handed || head_is_idempotent(&r->head));
}

/* What was cut short must look so: only behind a body that ends with the link is a reset needed for that. */
static void cut_short(struct lg_exchange *x)
{
	const struct server *s = x->to ? server_of(x->to) : NULL;
	bool until_close = s && s->phase == SERVER_BODY && s->body.framing == BODY_CLOSE;

	x->from->host->count(x->from, COUNT_CUT_SHORT, 1);
	client_close(x->from, until_close ? LG_RESET : LG_FLUSH);
}

void request_lost(struct lg_exchange *x, const struct lg_lost *why)
{
	struct client *c = client_of(x->from);
	struct request *r = request_of(x);
	struct reply reply = { .status = why->why == LG_LOST_DEADLINE ? 504 : 502 };

	c->server_full = false;
	if (c->phase == CLIENT_END) {
		c->x = NULL;
	} else if (c->phase == CLIENT_RAW) {
		c->x = NULL;
		client_close(x->from, LG_FLUSH);
	} else if (r->status != 0) {
		c->x = NULL;
		cut_short(x);
	} else if (may_repeat(x, why)) {
		r->retried = true;
		c->phase = CLIENT_ROUTE;
		x->from->host->count(x->from, COUNT_RETRIED, 1);
		x->from->host->again(x);
	} else {
		x->from->host->count(x->from, COUNT_LOST, 1);
		r->status = reply.status;
		answer(x->from, &r->head, &reply, false);
	}
}

/* ---- Facts ---- */

static bool make_room(struct instance *inst, size_t room)
{
	char *larger;

	if (inst->scratch && inst->scratch_size >= room)
		return true;
	larger = realloc(inst->scratch, room);
	if (!larger)
		return false;
	inst->scratch = larger;
	inst->scratch_size = room;
	return true;
}

static void target_facts(struct facts *f, const struct target *t, char authority[TARGET_AUTHORITY])
{
	f->host = (struct lg_span){ t->host, t->host_n };
	f->path = target_path(t, f->text);
	f->query = target_query(t, f->text);
	if (t->host_changed)
		f->authority = (struct lg_span){ authority, target_authority(t, authority) };
}

struct lg_span request_fact(struct lg_exchange *x, unsigned index, struct lg_span arg)
{
	struct instance *inst = instance_of(x->from);
	struct request *r = request_of(x);
	struct client *c = client_of(x->from);
	struct server *s = x->to ? server_of(x->to) : NULL;
	const char *cookie = inst->options->cookie.name;
	struct facts f = { .head = request_head(x), .text = x->unit.p, .status = r->status };

	if (!make_room(inst, (f.head ? f.head->size : 0) + FACTS_SCRATCH))
		return LG_NO_UNIT;
	f.scratch = inst->scratch;
	f.room = inst->scratch_size;
	if (!f.head) /* it could not be read: request_note */
		return facts_read(&f, index, arg);
	f.method = head_text(x->unit.p, f.head->method);
	if (r->target)
		target_facts(&f, r->target, inst->authority);
	if (cookie && *cookie) {
		f.cookie_name = (struct lg_span){ cookie, strlen(cookie) };
		f.cookie = (struct lg_span){ r->cookie, COOKIE_VALUE };
		f.cookie_is_new = !r->cookie_came;
	}
	body_passed(&c->body, x->from);
	if (s)
		body_passed(&s->body, x->to);
	f.bytes_in = c->body.bytes + r->raw_in;
	f.bytes_out = (s ? s->body.bytes : 0) + r->raw_out;
	return facts_read(&f, index, arg);
}
