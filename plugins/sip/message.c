/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.c cuts what a link receives into messages, in order: requests go to request.c, answers to answer.c, bodies
 * that come later than their head to where the head went.  Pings and malformed messages are dealt with here.
 *
 * Requests are routed when `receive` has returned.  So that everything leaves in the order in which it came, a call
 * that has routed requests stops before anything that would be sent at once.
 */
#include "message.h"

#include "answer.h"
#include "reply.h"
#include "request.h"
#include "session.h"
#include "stream.h"

enum { SWALLOW = 4 }; /* a body of up to so many times the limit is read and dropped */

/* ---- Bodies ---- */

static ptrdiff_t read_body(struct lg_link *l, struct lg_span in)
{
	struct stream *s = stream_of(l);
	size_t n = in.n < s->body_left ? in.n : (size_t)s->body_left;

	s->body_left -= n;
	if (s->body_to)
		stream_pass(l, s->body_to, (struct lg_span){ in.p, n }, s->body_left > 0 ? LG_MORE : 0);
	if (s->body_left == 0) {
		s->body_to = NULL;
		answer_ended(l);
	}
	return (ptrdiff_t)n;
}

/* ---- Between messages ---- */

/* Passed on where the other end's idea of us depends on it, else a ping is answered (RFC 5626 section 3.5.1). */
static ptrdiff_t read_crlf(struct lg_link *l, struct lg_span in, bool ping)
{
	struct lg_link *to = session_other_end(l);

	if (ping)
		l->host->count(l, COUNT_PINGS, 1);
	if (to)
		stream_pass(l, to, (struct lg_span){ in.p, 2 }, 0);
	else if (ping)
		stream_say(l, (struct lg_span){ "\r\n", 2 });
	return 2;
}

/* ---- What cannot be passed on ---- */

/* The next message can be found behind this one, whose body nobody gets. */
static ptrdiff_t swallow(struct lg_link *l, const struct sip_head *h)
{
	stream_of(l)->body_left = h->body_n;
	stream_of(l)->body_to = NULL;
	return (ptrdiff_t)h->head_n;
}

/* The rest of the stream means nothing. */
static ptrdiff_t give_up(struct lg_link *l, struct lg_span in)
{
	stream_close(l);
	return (ptrdiff_t)in.n;
}

static ptrdiff_t refuse(struct lg_link *l, struct lg_span in, const struct sip_head *h, const char *reason)
{
	struct stream *s = stream_of(l);
	bool certain = h->bad.framed && h->body_n / SWALLOW <= l->limits->message;

	l->host->count(l, COUNT_MALFORMED, 1);
	if (!s->told)
		l->host->log(l, LG_INFO, "malformed", reason);
	s->told = true;
	if (h->bad.answerable)
		reply_status(l, in.p, h, h->bad.code);
	if (h->kind == SIP_RESPONSE || !certain || (!h->bad.answerable && h->method != SIP_BENOTIFY))
		return give_up(l, in);
	return swallow(l, h);
}

static ptrdiff_t refuse_body(struct lg_link *l, struct lg_span in, struct sip_head *h)
{
	bool silent = h->kind == SIP_RESPONSE || h->method == SIP_ACK || h->method == SIP_BENOTIFY;

	h->bad = (struct sip_bad){ .code = 413, .answerable = !silent, .framed = true };
	return refuse(l, in, h, "body over the limit");
}

/* ---- Messages ---- */

static ptrdiff_t read_message(struct lg_link *l, struct lg_span in, struct message *m)
{
	struct stream *s = stream_of(l);
	const struct sip_head *h = &m->head;

	m->whole = h->body_n <= in.n - h->head_n;
	m->bytes = (struct lg_span){ in.p, m->whole ? h->head_n + h->body_n : h->head_n };
	s->body_left = m->whole ? 0 : h->body_n;
	s->body_to = NULL;
	if (!m->whole && ++s->body == 0)
		s->body = 1;
	if (h->kind == SIP_RESPONSE)
		answer_received(l, m);
	else
		request_received(l, m);
	return (ptrdiff_t)m->bytes.n;
}

/* Would this be sent, or answered, at once? */
static bool is_immediate(const struct lg_link *l, enum sip_result result, const struct sip_head *h)
{
	if (result == SIP_CRLF)
		return session_other_end(l) != NULL;
	return result != SIP_MESSAGE || h->kind == SIP_RESPONSE || h->body_n > l->limits->message;
}

/* How many bytes were used of the next thing in the stream; 0: it is not all there, or has to wait. */
static ptrdiff_t read_next(struct lg_link *l, struct lg_span in)
{
	struct stream *s = stream_of(l);
	struct sip_cursor before = s->cursor;
	struct message m;
	enum sip_result result;

	if (s->body_left > 0)
		return read_body(l, in);
	result = sip_scan(&m.head, &s->cursor, in.p, in.n, (size_t)l->limits->headers);
	if (result == SIP_MORE)
		return 0;
	if (s->routing > 0 && is_immediate(l, result, &m.head)) {
		s->cursor = before;
		return 0;
	}
	if (result == SIP_BAD)
		return refuse(l, in, &m.head, m.head.bad.reason);
	if (result != SIP_MESSAGE)
		return read_crlf(l, in, result == SIP_PING);
	if (m.head.body_n > l->limits->message)
		return refuse_body(l, in, &m.head);
	return read_message(l, in, &m);
}

ptrdiff_t message_receive(struct lg_link *l, struct lg_span in)
{
	struct stream *s = stream_of(l);
	size_t used = 0;

	s->routing = 0;
	while (used < in.n && !stream_waits(s) && !s->closing && !session_of(l)->joined) {
		ptrdiff_t n = read_next(l, (struct lg_span){ in.p + used, in.n - used });

		if (n == 0)
			break;
		used += (size_t)n;
	}
	if (s->closing || !l->session->client)
		return (ptrdiff_t)in.n;
	if (used == 0 && stream_waits(s))
		stream_hold(l);
	if (l->side == LG_SERVER)
		session_tidy(l->session);
	return (ptrdiff_t)used;
}
