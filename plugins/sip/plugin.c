/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin.c declares the sip plugin: SIP over TCP and TLS (RFC 3261), transparent, so nothing is inserted and nothing
 * changed.  The story: message.c cuts the stream, request.c and answer.c send on what it finds, session.c knows which
 * links belong together.
 */
#include <stdlib.h>

#include "edits.h"
#include "facts.h"
#include "message.h"
#include "probe.h"
#include "request.h"
#include "session.h"
#include "stream.h"

static const char *const modes[] = { "transparent", NULL };

static const char *const routes[] = {
	[ROUTE_AUTO] = "auto",
	[ROUTE_CONNECTION] = "connection",
	[ROUTE_MESSAGE] = "message",
	NULL,
};

static const struct lg_option options[] = {
	{ "mode", LG_ENUM, offsetof(struct options, mode), .def = "transparent", .choices = modes,
	  .help = "transparent: messages pass as they came, bit for bit" },
	{ "route", LG_ENUM, offsetof(struct options, route), .def = "auto", .choices = routes,
	  .help = "a server for each connection, for each message by its key, or as the client needs it" },
	{ 0 },
};

static const char *const counters[] = {
	[COUNT_REQUESTS] = "requests",
	[COUNT_ANSWERS] = "answers",
	[COUNT_PINGS] = "pings",
	[COUNT_MALFORMED] = "malformed",
	[COUNT_DROPPED_ANSWERS] = "dropped_answers", /* a client's, to a request that nobody sent */
	[COUNT_ANSWERED_HERE] = "answered_here",                 /* by a policy, a limit, or for want of a server */
	[COUNT_LOST] = "lost",                       /* their server died */
	[COUNT_RETRIED] = "retried",                 /* their server died, and another one got them */
	[COUNT_UNANSWERED] = "unanswered",           /* no final answer in time */
	[COUNT_COMPRESSED] = "compressed",
	NULL,
};

static int start(void *data, const void *conf, const struct lg_host *host, char err[], size_t errlen)
{
	struct instance *inst = data;

	(void)err;
	(void)errlen;
	inst->options = conf;
	host->random(&inst->seed, sizeof(inst->seed));
	return 0;
}

static void stop(void *data)
{
	struct instance *inst = data;

	free(inst->scratch);
	inst->scratch = NULL;
	inst->scratch_size = 0;
	free(inst->lines);
	inst->lines = NULL;
	inst->lines_size = 0;
}

LG_PLUGIN = {
	LG_PLUGIN_HEADER,
	.name = "sip",
	.version = "0.1",
	.summary = "SIP over TCP and TLS, passed on unchanged",
	.transports = LG_TCP | LG_TLS,
	.conf_size = sizeof(struct options),
	.inst_size = sizeof(struct instance),
	.session_size = sizeof(struct session),
	.link_size = sizeof(struct stream),
	.exchange_size = sizeof(struct request),
	.options = options,
	.facts = facts_names,
	.counters = counters,
	.persistence = "call-id",
	.start = start,
	.stop = stop,
	.opened = session_opened,
	.receive = message_receive,
	.fact = facts_read,
	.routed = request_routed,
	.respond = request_respond,
	.lost = request_lost,
	.ended = session_ended,
	.writable = session_writable,
	.expired = session_expired,
	.closed = session_closed,
	.probe_size = sizeof(struct probe),
	.probe_conf_size = sizeof(struct probe_options),
	.probe_options = probe_table,
	.probe = probe_ask,
	.judge = probe_judge,
	.sealed = edits_sealed,
};
