/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_message.c cuts what a link receives into whole messages: on a stream by their Content-Length, over UDP one
 * datagram is one message.  Keep-alives and malformed messages are dealt with here.
 */
#include "hop.h"

#include "hop_reply.h"
#include "hop_wait.h"

enum { SWALLOW = 4 }; /* a body of up to so many times the limit is read and dropped */

/* ---- A message ---- */

static void read_message(struct lg_link *l, const struct message *m)
{
	if (m->head.kind == SIP_RESPONSE) {
		hop_answer_received(l, m);
		return;
	}
	l->host->count(l, COUNT_REQUESTS, 1);
	if (hop_is_server(l))
		hop_server_received(l, m);
	else
		hop_request_received(l, m);
}

static void malformed(struct lg_link *l, const char *p, const struct sip_head *h, const char *reason)
{
	struct stream *s = stream_of(l);

	l->host->count(l, COUNT_MALFORMED, 1);
	if (!s->told)
		l->host->log(l, LG_INFO, "malformed", reason);
	s->told = true;
	if (h->bad.answerable)
		hop_reply_status(l, p, h, h->bad.code);
}

static void body_too_long(struct sip_head *h)
{
	bool silent = h->kind == SIP_RESPONSE || h->method == SIP_ACK || h->method == SIP_BENOTIFY;

	h->bad =
		(struct sip_bad){ .code = 413, .answerable = !silent, .framed = true, .reason = "body over the limit" };
}

/* ---- Streams ---- */

/* A client that waits for an answer that cannot be written is told by a close.  A link that all share stays. */
static bool has_to_be_told(const struct lg_link *l, const struct sip_head *h)
{
	return l->side == LG_CLIENT && h->kind == SIP_REQUEST && !h->bad.answerable && h->method != SIP_ACK &&
	       h->method != SIP_BENOTIFY;
}

/* The next message is found behind this one, unless nobody knows where it ends. */
static ptrdiff_t refuse(struct lg_link *l, struct lg_span in, const struct sip_head *h)
{
	struct stream *s = stream_of(l);

	malformed(l, in.p, h, h->bad.reason);
	if (!h->bad.framed || has_to_be_told(l, h) || h->body_n / SWALLOW > l->limits->message) {
		stream_close(l);
		return (ptrdiff_t)in.n;
	}
	s->body_left = h->body_n;
	return (ptrdiff_t)h->head_n;
}

/* Who has asked gets its pong; what servers send are pongs (RFC 5626 section 3.5.1). */
static ptrdiff_t read_crlf(struct lg_link *l, bool ping)
{
	if (ping && l->side == LG_CLIENT) {
		l->host->count(l, COUNT_PINGS, 1);
		stream_say(l, (struct lg_span){ "\r\n", 2 });
	}
	return 2;
}

static ptrdiff_t swallow(struct stream *s, size_t n)
{
	n = n < s->body_left ? n : (size_t)s->body_left;
	s->body_left -= n;
	return (ptrdiff_t)n;
}

/* How many bytes were used of the next thing in the stream; 0: it is not all there. */
static ptrdiff_t read_next(struct lg_link *l, struct lg_span in)
{
	struct hop_link *h = hop_link_of(l);
	struct message m = { .whole = true };
	enum sip_result result;

	if (h->stream.body_left > 0)
		return swallow(&h->stream, in.n);
	if (in.n < h->need)
		return 0;
	h->need = 0;
	result = sip_scan(&m.head, &h->stream.cursor, in.p, in.n, (size_t)l->limits->headers);
	if (result == SIP_MORE)
		return 0;
	if (result == SIP_CRLF || result == SIP_PING)
		return read_crlf(l, result == SIP_PING);
	if (result == SIP_MESSAGE && m.head.body_n > l->limits->message) {
		body_too_long(&m.head);
		result = SIP_BAD;
	}
	if (result == SIP_BAD)
		return refuse(l, in, &m.head);
	m.bytes = (struct lg_span){ in.p, m.head.head_n + m.head.body_n };
	if (m.bytes.n > in.n) {
		h->need = m.bytes.n;
		return 0;
	}
	read_message(l, &m);
	return (ptrdiff_t)m.bytes.n;
}

static ptrdiff_t read_stream(struct lg_link *l, struct lg_span in)
{
	struct stream *s = stream_of(l);
	size_t used = 0;

	while (used < in.n && !stream_waits(s) && !s->closing) {
		ptrdiff_t n = read_next(l, (struct lg_span){ in.p + used, in.n - used });

		if (n == 0)
			break;
		used += (size_t)n;
	}
	return s->closing ? (ptrdiff_t)in.n : (ptrdiff_t)used;
}

/* ---- Datagrams ---- */

/* Keep-alives, and STUN, which begins with a byte that no text begins with (RFC 5389 section 6). */
static bool is_noise(struct lg_span in)
{
	size_t i = 0;

	if (in.n > 0 && (unsigned char)in.p[0] < 4)
		return true;
	while (i < in.n && (in.p[i] == '\r' || in.p[i] == '\n' || in.p[i] == 0))
		i++;
	return i == in.n;
}

static void keep_flow(struct lg_link *l)
{
	struct hop_link *h = hop_link_of(l);
	uint64_t now_ms;

	if (l->side != LG_CLIENT)
		return;
	now_ms = l->host->now_ms();
	h->keep_ms = now_ms + HOP_FLOW_MS;
	if (h->alarm_ms == 0)
		hop_link_alarm(l, now_ms, HOP_FLOW_MS);
}

static void read_datagram(struct lg_link *l, struct lg_span in)
{
	struct message m = { .whole = true };
	enum sip_result result;

	if (is_noise(in))
		return;
	keep_flow(l);
	while ((result = sip_scan_datagram(&m.head, in.p, in.n, (size_t)l->limits->headers)) == SIP_CRLF && in.n > 2)
		in = (struct lg_span){ in.p + 2, in.n - 2 };
	if (result == SIP_MESSAGE && m.head.body_n > l->limits->message) {
		body_too_long(&m.head);
		result = SIP_BAD;
	}
	m.bytes = (struct lg_span){ in.p, m.head.head_n + m.head.body_n };
	if (result == SIP_MESSAGE)
		read_message(l, &m);
	else if (result == SIP_BAD)
		malformed(l, in.p, &m.head, m.head.bad.reason);
}

ptrdiff_t hop_message_receive(struct lg_link *l, struct lg_span in)
{
	if (l->transport != LG_UDP)
		return read_stream(l, in);
	read_datagram(l, in);
	return (ptrdiff_t)in.n;
}
