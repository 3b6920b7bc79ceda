/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin.c declares the rpc plugin: connection-oriented DCE/RPC (C706) as it is spoken on port 135.  PDUs pass bit for
 * bit; only the towers in the endpoint mapper's answers are changed, to ports that the gateway opens.  The story:
 * relay.c cuts the stream, association.c knows what is asked, answer.c changes what is answered.
 */
#include "probe.h"
#include "relay.h"
#include "session.h"

static const struct lg_option options[] = {
	{ "rewrite", LG_BOOL, offsetof(struct options, rewrite), .def = "true",
	  .help = "change the endpoint mapper's answers to ports opened here; false: a plain relay" },
	{ "ports", LG_PORTS, offsetof(struct options, ports), .def = "50000-50999",
	  .help = "where those ports are opened, on the address that the client came to" },
	{ 0 },
};

static const char *const counters[] = {
	[COUNT_ANSWERS] = "answers",       /* of ept_map */
	[COUNT_REWRITTEN] = "rewritten",   /* towers */
	[COUNT_REFUSED] = "refused",       /* answers: all of `ports` is in use */
	[COUNT_SEALED] = "sealed",         /* answers that are signed or sealed */
	[COUNT_IPV6] = "ipv6",             /* towers without an IPv4 address, or for a client of IPv6 */
	[COUNT_UDP] = "udp",               /* towers */
	[COUNT_OTHER] = "other",           /* towers: named pipes, HTTP */
	[COUNT_FOREIGN] = "foreign",       /* towers that name another host */
	[COUNT_UNREADABLE] = "unreadable", /* answers whose lengths lie, or too long ones */
	[COUNT_DCOM] = "dcom",             /* answers that hold DCOM's ports */
	[COUNT_MALFORMED] = "malformed",   /* connections that sent something else */
	[COUNT_OVERLOADED] = "overloaded", /* connections with too many calls or contexts */
	NULL,
};

static int start(void *data, const void *conf, const struct lg_host *host, char err[], size_t errlen)
{
	struct instance *inst = data;

	(void)host;
	(void)err;
	(void)errlen;
	inst->options = conf;
	return 0;
}

LG_PLUGIN = {
	LG_PLUGIN_HEADER,
	.name = "rpc",
	.version = "0.1",
	.summary = "DCE/RPC and its endpoint mapper, whose answers lead through the gateway",
	.transports = LG_TCP,
	.conf_size = sizeof(struct options),
	.inst_size = sizeof(struct instance),
	.session_size = sizeof(struct session),
	.options = options,
	.counters = counters,
	.start = start,
	.opened = session_opened,
	.receive = relay_receive,
	.routed = session_routed,
	.respond = session_respond,
	.lost = session_lost,
	.writable = session_writable,
	.closed = session_closed,
	.probe_size = sizeof(struct probe),
	.probe_conf_size = sizeof(struct probe_options),
	.probe_options = probe_table,
	.probe = probe_ask,
	.judge = probe_judge,
};
