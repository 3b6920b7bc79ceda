/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link_pass.c: a counted run of bytes from one link to another that the plugin does not see.  For the receiver it is a
 * unit of the sender's: what others send waits behind it.  Large ones go past this file too: splice.c.
 */
#include "link_parts.h"
#include "span.h"
#include "splice.h"

static bool may_pass(const struct link *from, const struct link *to)
{
	bool carried = from->stream && to->stream && from != to && from->session == to->session;

	return carried && !link_is_shared(from) && !link_is_shared(to) && to->open && link_lives(from) &&
	       link_lives(to) && !from->joined && !to->joined && !from->pass_to && !to->pass_from &&
	       (!to->unit_of || to->unit_of == from) && plugin_of(from)->receive;
}

bool link_pass(struct link *from, struct link *to, uint64_t n)
{
	bool held;

	if (n == 0 || !may_pass(from, to))
		return false;
	held = from->stream->held;
	from->pass_to = to;
	from->pub.passing = n;
	to->pass_from = from;
	to->unit_of = from;
	wheel_cancel(&to->worker->wheel, &to->unit); /* either may be silent as long as a link may */
	stream_hold(from->stream);
	if (!held && !to->stream->full)
		stream_go(from->stream); /* what is in hand, too */
	return true;
}

/* `l` passes no more. */
static void end(struct link *l)
{
	struct link *to = l->pass_to;

	l->pass_to = to->pass_from = NULL;
	splice_stop(l->stream);
	link_unit_over(to);
}

ptrdiff_t link_pass_take(struct link *l, struct lg_span in)
{
	struct link *to = l->pass_to;
	struct lg_span run = { in.p, in.n < l->pub.passing ? in.n : (size_t)l->pub.passing };
	enum lg_send sent = link_lives(to) ? stream_send(to->stream, &run, 1) : LG_GONE;
	ptrdiff_t used;

	if (sent == LG_GONE) {
		end(l);
		return link_hand(l, in);
	}
	l->pub.passing -= run.n;
	if (l->pub.passing) {
		if (sent == LG_FULL)
			stream_hold(l->stream);
		splice_consider(l->stream, to->stream, run.n, l->pub.passing);
		return (ptrdiff_t)run.n;
	}
	end(l);
	used = link_hand(l, span_skip(in, run.n));
	return used < 0 ? used : (ptrdiff_t)run.n + used;
}

/* The last bytes have gone past, and out of the pipe: before that nothing may follow them. */
static void end_empty(struct link *l)
{
	end(l);
	if (link_lives(l) && plugin_of(l)->receive(&l->pub, SPAN_NONE) < 0)
		link_close(l, LG_FLUSH, "refused by the plugin");
}

void link_pass_poured(struct link *l, size_t n)
{
	l->pub.passing -= n;
	if (l->pub.passing == 0 && !splice_waiting(l->pass_to->stream))
		end_empty(l);
}

void link_pass_room(struct link *to)
{
	struct link *from = to->pass_from;

	stream_go(from->stream);
	if (from->pub.passing == 0)
		end_empty(from);
}

void link_pass_leave(struct link *l)
{
	struct link *from = l->pass_from;

	if (l->pass_to) {
		l->pass_to->pass_from = NULL; /* and its unit_of stays */
		l->pass_to = NULL;
		splice_stop(l->stream);
	}
	if (from) {
		l->pass_from = l->unit_of = from->pass_to = NULL;
		splice_stop(from->stream);
		stream_go(from->stream);
	}
}
