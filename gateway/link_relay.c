/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link_relay.c: bytes between two joined links that no plugin looks at any more.  Large ones go past this file too:
 * splice.c.
 */
#include <errno.h>

#include "link_parts.h"
#include "span.h"
#include "splice.h"

/* An end that came before the join passes now, or behind the bytes that are in hand. */
static void pass_end(struct link *l)
{
	if (l->ended && !buf_len(&l->stream->in))
		stream_finish(l->joined->stream);
}

/* Has what is kept handed over again, though it was not held. */
static void feed(struct link *l)
{
	stream_hold(l->stream);
	stream_go(l->stream);
}

void link_relay_begin(struct link *a, struct link *b)
{
	a->joined = b;
	b->joined = a;
	a->relays = b->relays = true;
	feed(a);
	feed(b);
	pass_end(a);
	pass_end(b);
}

ptrdiff_t link_relay(struct link *l, struct lg_span in)
{
	struct link *to = l->joined;
	enum lg_send r = to->stream ? stream_send(to->stream, &in, 1) : LG_GONE;

	if (r == LG_GONE)
		return -EPIPE;
	if (l->ended) /* these were in hand when it was joined */
		stream_finish(to->stream);
	else if (r == LG_FULL)
		stream_hold(l->stream);
	splice_consider(l->stream, to->stream, in.n, UINT64_MAX);
	return (ptrdiff_t)in.n;
}

void link_relay_end(struct link *l, bool failed)
{
	struct link *other = l->joined;

	if (!other)
		return;
	if (other->stream) {
		splice_stop(other->stream);
		stream_close(other->stream, failed ? LG_RESET : LG_FLUSH, "the other side closed");
	}
	other->joined = NULL;
	l->joined = NULL;
}
