/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c holds links and lets them go, by what they wait for.  It reads no message: that is message.c's. */
#include "stream.h"

void stream_hold(struct lg_link *l)
{
	struct stream *s = stream_of(l);

	if (s->held)
		return;
	s->held = true;
	l->host->hold(l);
}

void stream_go(struct lg_link *l)
{
	struct stream *s = stream_of(l);

	if (!s->held || stream_waits(s))
		return;
	s->held = false;
	l->host->go(l);
}

static void wait_for(struct lg_link *l, struct lg_link *full)
{
	/* Datagrams do not wait, and a link that all share waits for nobody. */
	if (l->transport == LG_UDP || !l->session)
		return;
	stream_of(l)->full = full;
	stream_hold(l);
}

void stream_pass_pieces(struct lg_link *from, struct lg_link *to, const struct lg_span *pieces, unsigned n,
			unsigned flags)
{
	if (from->host->send(to, from, pieces, n, flags) == LG_FULL)
		wait_for(from, to);
}

void stream_pass(struct lg_link *from, struct lg_link *to, struct lg_span bytes, unsigned flags)
{
	stream_pass_pieces(from, to, &bytes, 1, flags);
}

void stream_say(struct lg_link *l, struct lg_span bytes)
{
	if (l->host->send(l, NULL, &bytes, 1, 0) == LG_FULL)
		wait_for(l, l);
}

void stream_close(struct lg_link *l)
{
	stream_of(l)->closing = true;
	l->host->close(l, LG_FLUSH);
}

void stream_forget(struct lg_link *l, const struct lg_link *gone)
{
	struct stream *s = stream_of(l);

	if (s->body_to == gone)
		s->body_to = NULL;
	if (s->full == gone) {
		s->full = NULL;
		stream_go(l);
	}
}
