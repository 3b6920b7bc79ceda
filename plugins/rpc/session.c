/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c gives each client connection a server of its own when it opens, and lets both end together.  A call that
 * was under way when a server dies is lost: DCE/RPC's client asks again by itself.
 */
#include "session.h"

/* What the log says; a counter without a line here is not logged. */
static const struct {
	enum lg_level level;
	const char *event, *detail;
} lines[COUNTS] = {
	[COUNT_REFUSED] = { LG_WARNING, "ports-used-up",
			    "no port is left; the client is told that nothing is registered" },
	[COUNT_SEALED] = { LG_WARNING, "tower-unchanged", "the answer is signed or sealed" },
	[COUNT_IPV6] = { LG_WARNING, "tower-unchanged", "there is no IPv4 address in it, or none of the gateway's" },
	[COUNT_UDP] = { LG_INFO, "tower-unchanged", "it is for UDP" },
	[COUNT_OTHER] = { LG_INFO, "tower-unchanged", "it is for neither TCP nor UDP" },
	[COUNT_FOREIGN] = { LG_WARNING, "tower-unchanged", "it names an address that is not the server's" },
	[COUNT_UNREADABLE] = { LG_WARNING, "answer-unchanged", "its lengths lie, or it is longer than limits.message" },
	[COUNT_DCOM] = { LG_INFO, "answer-unchanged", "it is DCOM's: its ports need a listener of the tcp plugin" },
	[COUNT_MALFORMED] = { LG_WARNING, "malformed", "no PDU of connection-oriented DCE/RPC" },
	[COUNT_OVERLOADED] = { LG_WARNING, "overloaded", "too many calls or contexts" },
};

void session_note(struct lg_link *l, enum count what)
{
	struct session *s = session_of(l);

	l->host->count(l, what, 1);
	if (!lines[what].event || s->told & 1u << what)
		return;
	s->told |= 1u << what;
	l->host->log(l, lines[what].level, lines[what].event, lines[what].detail);
}

static struct lg_link *other(const struct lg_link *l)
{
	return l->side == LG_CLIENT ? session_of(l)->server : l->session->client;
}

void session_pass(struct lg_link *from, const void *p, size_t n)
{
	struct lg_link *to = other(from);
	struct lg_span piece = { p, n };

	if (to && n > 0 && from->host->send(to, from, &piece, 1, 0) == LG_FULL)
		from->host->hold(from);
}

/* Nothing is read before there is a server. */
void session_opened(struct lg_link *l)
{
	if (l->side != LG_CLIENT)
		return;
	l->host->hold(l);
	if (!l->host->route(l, &(struct lg_how){ .mode = LG_PRIVATE }, LG_NO_UNIT))
		l->host->close(l, LG_RESET);
}

void session_routed(struct lg_exchange *x, struct lg_link *to)
{
	const struct instance *inst = to->inst;
	struct session *s = session_of(to);

	s->exchange = x;
	s->server = to;
	if (inst->options->rewrite)
		to->host->go(x->from);
	else
		to->host->join(x->from, to);
}

/* No words exist in which a client that has not said anything could be told. */
void session_respond(struct lg_exchange *x, const struct lg_reply *reply)
{
	(void)reply;
	x->from->host->close(x->from, LG_RESET);
}

void session_lost(struct lg_exchange *x, const struct lg_lost *why)
{
	(void)why;
	x->from->host->close(x->from, LG_FLUSH);
}

void session_writable(struct lg_link *l)
{
	struct lg_link *from = other(l);

	if (from)
		from->host->go(from);
}

void session_closed(struct lg_link *l)
{
	struct session *s = session_of(l);

	if (l->side == LG_SERVER)
		s->server = NULL;
	association_fini(&s->association);
}
