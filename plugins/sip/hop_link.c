/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_link.c is the life of hop mode's links: what is kept with them, what waits for one that is full, and what their
 * deadline is for.
 */
#include "hop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hop_wait.h"

/* ---- Names ---- */

/* Only servers answer clients: whoever has seen a client's Via may not answer in their place. */
struct lg_span hop_link_token(struct lg_link *l, uint16_t port)
{
	struct hop_link *h = hop_link_of(l);
	enum lg_use use = hop_is_server(l) ? LG_ANSWER : LG_SERVER_ANSWER;

	if (h->answer_n == 0 || h->answer_port != port) {
		h->answer_n = (uint8_t)l->host->token(l, use, port, h->answer);
		h->answer_port = port;
	}
	return (struct lg_span){ h->answer, h->answer_n };
}

struct sip_text hop_host(struct lg_span address, uint16_t *port)
{
	size_t n = address.n;
	uint32_t number = 0;

	while (n > 0 && address.p[n - 1] != ':')
		n--;
	(void)sip_number((struct sip_text){ address.p + n, address.n - n }, &number);
	*port = (uint16_t)number;
	return (struct sip_text){ address.p, n > 0 ? n - 1 : 0 };
}

struct sip_text hop_link_named(const char *name, struct lg_span local, char room[HOP_SENT_BY_ROOM])
{
	uint16_t port;
	struct sip_text host = hop_host(local, &port);
	int n;

	if (name)
		host = (struct sip_text){ name, strlen(name) };
	n = snprintf(room, HOP_SENT_BY_ROOM, "%.*s:%u", (int)host.n, host.p, port);
	return (struct sip_text){ room, n < 0 ? 0 : n >= HOP_SENT_BY_ROOM ? HOP_SENT_BY_ROOM - 1 : (size_t)n };
}

struct sip_text hop_link_home(const struct lg_link *l, char room[HOP_SENT_BY_ROOM])
{
	return hop_link_named(instance_of(l)->options->name, l->host->home(l), room);
}

/*
 * Over UDP answers come to the address that is written, so it is the link's own socket.  On a stream they come back on
 * it, and when that has gone, to where the gateway listens (RFC 3261 section 18.2.2).
 */
struct sip_text hop_link_sent_by(struct lg_link *l, char room[HOP_SENT_BY_ROOM])
{
	struct hop_link *h = hop_link_of(l);
	struct sip_text t;

	if (h->sent_by)
		return (struct sip_text){ h->sent_by, h->sent_by_n };
	if (l->transport == LG_UDP)
		t = hop_link_named(instance_of(l)->options->name, l->local, room);
	else
		t = hop_link_home(l, room);
	h->sent_by = malloc(t.n ? t.n : 1);
	if (h->sent_by && t.n > 0) {
		memcpy(h->sent_by, t.p, t.n);
		h->sent_by_n = t.n;
	}
	return t;
}

/* ---- The deadline ---- */

void hop_link_alarm(struct lg_link *l, uint64_t now_ms, uint64_t ms)
{
	struct hop_link *h = hop_link_of(l);

	if (ms == 0)
		ms = 1;
	if (h->alarm_ms != 0 && h->alarm_ms <= now_ms + ms)
		return;
	h->alarm_ms = now_ms + ms;
	l->host->deadline(l, (uint32_t)ms);
}

/* Without its deadline, a UDP client's flow is forgotten when nothing else holds it. */
void hop_link_expired(struct lg_link *l)
{
	struct hop_link *h = hop_link_of(l);
	uint64_t now_ms = l->host->now_ms();

	h->alarm_ms = 0;
	hop_wait_expired(l, now_ms);
	if (h->keep_ms > now_ms)
		hop_link_alarm(l, now_ms, h->keep_ms - now_ms);
}

/* ---- Waiting for room ---- */

static bool cannot_be_held(const struct lg_link *from)
{
	return !from->session || from->transport == LG_UDP;
}

bool hop_link_takes(const struct lg_link *to, const struct lg_link *from)
{
	return !hop_link_of(to)->full || !cannot_be_held(from);
}

void hop_link_wait(struct lg_link *from, struct lg_link *to)
{
	struct hop_link *h = hop_link_of(from);

	if (cannot_be_held(from)) {
		hop_link_of(to)->full = true;
		return;
	}
	if (h->stream.full)
		return;
	h->stream.full = to;
	h->next_held = hop_link_of(to)->held;
	hop_link_of(to)->held = from;
	stream_hold(from);
}

static void release(struct lg_link *l)
{
	struct lg_link *waiting = hop_link_of(l)->held;

	hop_link_of(l)->held = NULL;
	while (waiting) {
		struct hop_link *w = hop_link_of(waiting);
		struct lg_link *next = w->next_held;

		w->next_held = NULL;
		w->stream.full = NULL;
		stream_go(waiting);
		waiting = next;
	}
}

void hop_link_writable(struct lg_link *l)
{
	struct hop_link *h = hop_link_of(l);

	h->full = false;
	release(l);
	if (h->stream.full == l) {
		h->stream.full = NULL;
		stream_go(l);
	}
}

/* It waits no more. */
static void leave(struct lg_link *l)
{
	struct hop_link *h = hop_link_of(l);
	struct lg_link **at;

	if (!h->stream.full || h->stream.full == l)
		return;
	for (at = &hop_link_of(h->stream.full)->held; *at && *at != l;)
		at = &hop_link_of(*at)->next_held;
	if (*at)
		*at = h->next_held;
	h->stream.full = NULL;
}

/* A client that sends no more still gets the first answers that it waits for; hop_link_settled comes then. */
void hop_link_ended(struct lg_link *l)
{
	hop_link_of(l)->ended = true;
	hop_link_settled(l);
}

void hop_link_settled(struct lg_link *l)
{
	const struct hop_link *h = hop_link_of(l);

	if (h->ended && h->waits.first == 0 && !h->stream.closing)
		stream_close(l);
}

void hop_link_closed(struct lg_link *l)
{
	struct hop_link *h = hop_link_of(l);

	hop_wait_forget(l);
	leave(l);
	release(l);
	free(h->sent_by);
	h->sent_by = NULL;
}
