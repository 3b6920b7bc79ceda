/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.c reads what clients send: heads, which request.c takes from here, and bodies, which go on as they come. While
 * a request looks for a server or waits for its answer nothing is read, so that what is behind it waits in the client.
 */
#include "client.h"

#include <string.h>

#include "exchange.h"
#include "fields.h"
#include "nets.h"
#include "reply.h"
#include "request.h"
#include "server.h"
#include "upgrade.h"

/* ---- Waiting ---- */

static bool waits(const struct client *c)
{
	switch (c->phase) {
	case CLIENT_HEAD:
		return c->full;
	case CLIENT_DISCARD:
		return false;
	case CLIENT_BODY:
	case CLIENT_RAW:
		return c->server_full;
	default:
		return true;
	}
}

void client_go(struct lg_link *l)
{
	struct client *c = client_of(l);

	if (!c->held || c->phase == CLIENT_END || waits(c))
		return;
	c->held = false;
	l->host->go(l);
}

static ptrdiff_t wait(struct lg_link *l)
{
	client_of(l)->held = true;
	l->host->hold(l);
	return 0;
}

void client_sent(struct lg_link *l, enum lg_send sent)
{
	if (sent == LG_FULL)
		client_of(l)->full = true;
}

static void untimed(struct lg_link *l)
{
	struct client *c = client_of(l);

	if (!c->timed)
		return;
	c->timed = false;
	l->host->deadline(l, 0);
}

void client_close(struct lg_link *l, enum lg_close how)
{
	struct client *c = client_of(l);

	c->phase = CLIENT_END;
	l->host->close(l, how);
}

static void start_clock(struct lg_link *l)
{
	client_of(l)->timed = true;
	l->host->deadline(l, (uint32_t)instance_of(l)->options->head_ms);
}

/* A client that waits for 100 may send the rest or not: nobody knows. */
bool client_may_go_on(const struct lg_link *l)
{
	struct client *c = client_of(l);

	body_passed(&c->body, l);
	return c->phase == CLIENT_ANSWER || c->body.done ||
	       (!c->head.expect && c->body.framing == BODY_LENGTH && c->body.left <= CLIENT_DISCARDS);
}

void client_next(struct lg_link *l, bool close)
{
	struct client *c = client_of(l);
	bool whole;

	body_passed(&c->body, l);
	whole = c->phase == CLIENT_ANSWER || c->body.done;
	c->x = NULL;
	if (c->phase == CLIENT_END)
		return;
	if (close || !client_may_go_on(l) || c->ended || c->last) {
		client_close(l, LG_FLUSH);
		return;
	}
	c->phase = whole ? CLIENT_HEAD : CLIENT_DISCARD;
	if (!whole)
		start_clock(l);
	client_go(l);
}

/* ---- Heads ---- */

/* An answer to what was no request that could be read; the link ends with it (RFC 9112 section 9.6). */
static void refuse(struct lg_link *l, int status, const char *why)
{
	struct reply r = { .status = status, .close = true };

	l->host->log(l, LG_INFO, "request-refused", why);
	l->host->count(l, COUNT_MALFORMED, 1);
	if (status != 0)
		reply_send(l, &r);
	request_note(l, LG_NO_UNIT, status);
	client_close(l, LG_FLUSH);
}

/* Another protocol gets no answer that it could not read. */
static ptrdiff_t wrong_protocol(struct lg_link *l, struct lg_span in, const char *which)
{
	l->host->log(l, LG_INFO, "wrong-protocol", which);
	l->host->count(l, COUNT_WRONG_PROTOCOL, 1);
	client_close(l, LG_FLUSH);
	return (ptrdiff_t)in.n;
}

static struct lg_span first_line(struct lg_span in)
{
	const char *end;

	while (in.n > 0 && (*in.p == '\r' || *in.p == '\n')) {
		in.p++;
		in.n--;
	}
	end = in.n > 0 ? memchr(in.p, '\n', in.n) : NULL;
	if (end)
		in.n = (size_t)(end - in.p);
	if (in.n > 0 && in.p[in.n - 1] == '\r')
		in.n--;
	return in;
}

/* What the bytes are that begin a link, judged by their first line: NULL for HTTP, however bad. */
static const char *other_protocol(struct lg_span in)
{
	struct lg_span line = first_line(in);
	size_t word = 0;

	if (line.n > 0 && *line.p == ' ') /* a method that is missing */
		return NULL;
	while (word < line.n && line.p[word] != ' ')
		word++;
	if (line.n >= 14 && memcmp(line.p, "PRI * HTTP/2.0", 14) == 0)
		return "HTTP/2 that was not agreed on";
	if (memmem(line.p ? line.p : "", line.n, "HTTP/", 5))
		return NULL;
	if (word < line.n && !field_is_token((struct lg_span){ line.p, word }))
		return "neither HTTP nor anything else that is known";
	if (line.n >= 8 && field_equal((struct lg_span){ line.p + line.n - 8, 8 }, TEXT(" SIP/2.0")))
		return "SIP";
	if (line.n >= 8 && field_equal((struct lg_span){ line.p, 8 }, TEXT("SIP/2.0 ")))
		return "SIP";
	if (word + 1 >= line.n || line.p[word + 1] != '/') /* "GET /" is of a time before there were versions */
		return "neither HTTP nor anything else that is known";
	return NULL;
}

/* A first byte that begins no method, told before a whole head could be waited for. */
static const char *odd_beginning(struct lg_span in)
{
	unsigned char first = (unsigned char)*in.p;

	if (first == 0x16 || first == 0x80)
		return "TLS to a plain port";
	if (first >= 0x7f || (first < 0x20 && !memchr("\r\n\t", first, 3)))
		return "neither HTTP nor anything else that is known";
	return NULL;
}

static ptrdiff_t bad_head(struct lg_link *l, struct lg_span in)
{
	const struct client *c = client_of(l);
	const char *other = c->requests == 0 && c->head.code != 431 ? other_protocol(in) : NULL;

	if (other && c->head.code != 414)
		return wrong_protocol(l, in, other);
	refuse(l, c->head.code || other_protocol(in) ? c->head.code : 400, c->head.reason);
	return (ptrdiff_t)in.n;
}

static ptrdiff_t head_goes_on(struct lg_link *l, struct lg_span in)
{
	struct client *c = client_of(l);
	const char *other = c->requests == 0 && memchr(in.p, '\n', in.n) ? other_protocol(in) : NULL;

	if (other && first_line(in).n > 0)
		return wrong_protocol(l, in, other);
	if (!c->timed)
		start_clock(l);
	return 0;
}

static ptrdiff_t read_head(struct lg_link *l, struct lg_span in)
{
	struct client *c = client_of(l);
	struct instance *inst = instance_of(l);
	struct head_limits limits = { .bytes = (uint32_t)l->limits->headers };

	if (!c->begun) {
		const char *odd = c->requests == 0 ? odd_beginning(in) : NULL;

		if (odd)
			return wrong_protocol(l, in, odd);
		head_begin(&c->head, HEAD_REQUEST, inst->fields, (unsigned)inst->options->fields);
		c->begun = true;
	}
	inst->fields_of = NULL;
	switch (head_read(&c->head, in, &limits)) {
	case HEAD_MORE:
		return head_goes_on(l, in);
	case HEAD_BAD:
		return bad_head(l, in);
	default:
		break;
	}
	c->begun = false;
	untimed(l);
	c->requests++;
	request_received(l, (struct lg_span){ in.p, c->head.size });
	return (ptrdiff_t)c->head.size;
}

/* ---- Bodies ---- */

static ptrdiff_t bad_body(struct lg_link *l, struct lg_span in)
{
	struct client *c = client_of(l);

	l->host->log(l, LG_INFO, "request-refused", c->body.reason);
	l->host->count(l, COUNT_MALFORMED, 1);
	request_refuse(c->x, c->body.code);
	return (ptrdiff_t)in.n;
}

static ptrdiff_t read_body(struct lg_link *l, struct lg_span in)
{
	struct client *c = client_of(l);
	struct lg_exchange *x = c->x;
	size_t used = 0;
	enum body_verdict verdict;

	body_passed(&c->body, l);
	c->body.passes = false;
	verdict = body_take(&c->body, in, &used);
	if (verdict == BODY_BAD)
		return bad_body(l, in);
	if (used > 0) {
		struct lg_span bytes = { in.p, used };

		request_of(x)->body_sent = true;
		if (l->host->send(x->to, l, &bytes, 1, 0) == LG_FULL)
			c->server_full = true;
	}
	if (verdict == BODY_DONE) {
		c->phase = CLIENT_ANSWER;
		server_request_whole(x);
		return (ptrdiff_t)used;
	}
	body_pass(&c->body, l, x->to);
	if (c->body.passes)
		c->server_full = false; /* the core knows */
	else if (c->server_full)
		wait(l);
	return (ptrdiff_t)used;
}

/* The rest of a request that has its answer. */
static ptrdiff_t discard_body(struct lg_link *l, struct lg_span in)
{
	struct client *c = client_of(l);
	size_t used = 0;

	body_passed(&c->body, l);
	c->body.passes = false;
	if (body_take(&c->body, in, &used) == BODY_DONE) {
		c->phase = CLIENT_HEAD;
		untimed(l);
	}
	return (ptrdiff_t)used;
}

/* ---- The plugin's callbacks ---- */

void client_opened(struct lg_link *l)
{
	client_of(l)->trusted = nets_have(&instance_of(l)->options->trusted, l->source);
}

ptrdiff_t client_receive(struct lg_link *l, struct lg_span in)
{
	struct client *c = client_of(l);

	if (c->phase == CLIENT_END)
		return (ptrdiff_t)in.n;
	if (waits(c))
		return wait(l);
	switch (c->phase) {
	case CLIENT_HEAD:
		return read_head(l, in);
	case CLIENT_BODY:
		return read_body(l, in);
	case CLIENT_DISCARD:
		return discard_body(l, in);
	default:
		return upgrade_receive(c->x, l, in);
	}
}

/* An answer that is under way is still for somebody who has said all. */
void client_ended(struct lg_link *l)
{
	struct client *c = client_of(l);

	c->ended = true;
	if (!c->x || c->phase == CLIENT_BODY || c->phase == CLIENT_RAW || (c->phase == CLIENT_ROUTE && !c->body.done))
		client_close(l, LG_FLUSH);
}

void client_writable(struct lg_link *l)
{
	struct client *c = client_of(l);

	c->full = false;
	if (c->x && c->x->to)
		server_go(c->x->to);
	client_go(l);
}

/* Half a request in all that time (RFC 9110 section 15.5.9). */
void client_expired(struct lg_link *l)
{
	struct client *c = client_of(l);

	c->timed = false;
	if (c->phase == CLIENT_DISCARD)
		client_close(l, LG_FLUSH);
	if (c->phase != CLIENT_HEAD || !c->begun)
		return;
	l->host->count(l, COUNT_LIMITED, 1);
	refuse(l, 408, "its head took too long");
}

/* What is under way is finished, and says that it is the last. */
void client_drain(struct lg_link *l)
{
	struct client *c = client_of(l);

	c->last = true;
	if (c->phase == CLIENT_HEAD && !c->begun)
		client_close(l, LG_FLUSH);
}

void client_closed(struct lg_link *l)
{
	struct client *c = client_of(l);

	c->x = NULL;
	target_fini(&c->target);
}
