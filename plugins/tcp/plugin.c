/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tcp plugin relays bytes: each client connection gets a server of its own, picked when it opens, and the two are
 * joined.  It reads nothing, so it has no facts of its own; the monitor's bare connect is its probe.
 */
#include <lychgate/plugin.h>

static void tcp_opened(struct lg_link *l)
{
	if (l->side != LG_CLIENT)
		return;
	if (!l->host->route(l, &(struct lg_how){ .mode = LG_PRIVATE }, LG_NO_UNIT))
		l->host->close(l, LG_RESET);
}

static void tcp_routed(struct lg_exchange *x, struct lg_link *to)
{
	to->host->join(x->from, to);
}

/* No words exist in which the client could be told. */
static void tcp_respond(struct lg_exchange *x, const struct lg_reply *reply)
{
	(void)reply;
	x->from->host->close(x->from, LG_RESET);
}

LG_PLUGIN = {
	LG_PLUGIN_HEADER,
	.name = "tcp",
	.version = "0.1",
	.summary = "plain relay of bytes, one server for each connection",
	.transports = LG_TCP | LG_TLS,
	.opened = tcp_opened,
	.routed = tcp_routed,
	.respond = tcp_respond,
};
