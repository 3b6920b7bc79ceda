/* SPDX-License-Identifier: Apache-2.0 */
/* relay.c: bytes from a client to one server and back; it reads nothing.  Which server that is: session.c. */
#include "relay.h"

static void relay_opened(struct lg_link *l)
{
	if (l->side == LG_CLIENT && !l->host->route(l, &(struct lg_how){ 0 }, LG_NO_UNIT))
		l->host->close(l, LG_RESET);
}

static void relay_routed(struct lg_exchange *x, struct lg_link *to)
{
	to->host->join(x->from, to);
}

/* No words exist in which the client could be told. */
static void relay_respond(struct lg_exchange *x, const struct lg_reply *reply)
{
	(void)reply;
	x->from->host->close(x->from, LG_RESET);
}

const struct lg_plugin relay_plugin = {
	LG_PLUGIN_HEADER,       .name = "relay",        .summary = "the core's own relay", .transports = LG_TCP,
	.opened = relay_opened, .routed = relay_routed, .respond = relay_respond,
};
