/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_reply.c answers in the gateway's own name.  An answer copies the request's Vias, and the topmost one must say
 * where the request came from (RFC 3261 section 18.2.1), so it is written from a copy of the head that does.
 */
#include "hop_reply.h"

#include <stdlib.h>
#include <string.h>

#include "hop_forward.h"
#include "reply.h"

char *hop_spare(struct hop *hop, size_t size)
{
	return instance_grow(&hop->spare, &hop->spare_size, size);
}

uint16_t hop_answer_port(const struct lg_link *l, const struct sip_via *top)
{
	uint16_t port, answer;

	if (l->transport != LG_UDP || l->side != LG_CLIENT)
		return 0;
	(void)hop_host(l->peer, &port);
	answer = sip_via_answer_port(top, port);
	return answer == port ? 0 : answer;
}

/* The head with `received` and `rport` in its topmost Via; -1: no memory. */
static int receive(struct lg_link *l, const char *p, const struct sip_head *h, struct lg_span *out,
		   struct sip_head *head)
{
	struct sip_cursor cursor = { 0 };
	struct hop_out o;
	size_t n = 0, room = h->head_n + SIP_VIA_ROOM;
	char *text = hop_spare(hop_of(l), room);
	struct sip_via_place place;
	struct sip_via top;

	if (!text || !sip_via_read(&top, sip_top_via(p, h)))
		return -1;
	o.splice.n = 0;
	place = sip_via_place(p, &top);
	if (hop_forward_received(&o, l, p, &place) < 0)
		return -1;
	hop_forward_pieces(&o, (struct lg_span){ p, h->head_n });
	for (unsigned i = 0; i < o.npieces; i++) {
		memcpy(text + n, o.pieces[i].p, o.pieces[i].n);
		n += o.pieces[i].n;
	}
	*out = (struct lg_span){ text, n };
	return sip_scan(head, &cursor, text, n, UINT32_MAX) == SIP_MORE ? -1 : 0;
}

/* Over UDP without rport, the port is the one that is written (RFC 3261 section 18.2.2). */
static void say(struct lg_link *l, const char *p, const struct sip_head *h, struct lg_span text)
{
	struct sip_via top;
	char token[LG_TOKEN];
	unsigned n;

	if (l->transport == LG_UDP && l->side == LG_CLIENT && sip_via_read(&top, sip_top_via(p, h))) {
		n = l->host->token(l, LG_ANSWER, hop_answer_port(l, &top), token); /* it never leaves the gateway */
		l->host->send_to((struct lg_span){ token, n }, LG_ANSWER, l, &text, 1);
	} else {
		stream_say(l, text);
	}
}

void hop_reply(struct lg_link *l, const char *p, const struct sip_head *h, const struct lg_reply *reply)
{
	struct sip_head head;
	struct lg_span copy, text;

	if (reply->code == 0 || h->method == SIP_ACK || h->method == SIP_BENOTIFY)
		return;
	l->host->count(l, COUNT_ANSWERED_HERE, 1);
	if (receive(l, p, h, &copy, &head) == 0)
		text = reply_write(l, copy.p, &head, reply);
	else
		text = reply_write(l, p, h, reply);
	if (text.p)
		say(l, p, h, text);
	else if (l->session && l->transport != LG_UDP)
		stream_close(l); /* a missing answer is worse */
}

void hop_reply_status(struct lg_link *l, const char *p, const struct sip_head *h, int code)
{
	hop_reply(l, p, h, &(struct lg_reply){ .cause = LG_BY_POLICY, .code = code });
}

void hop_reply_overload(struct lg_link *l, const char *p, const struct sip_head *h)
{
	hop_reply(l, p, h,
		  &(struct lg_reply){ .cause = LG_BY_OVERLOAD, .code = 503, .retry_after_s = reply_retry_after(l) });
}
