/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin.c declares the sip plugin: SIP over TCP, TLS and UDP (RFC 3261).  Each link goes one of two ways:
 *
 * transparent  nothing is inserted and nothing changed: message.c cuts the stream, request.c and answer.c send on what
 *              it finds, session.c knows which links belong together
 * hop          a proxy of its own: hop_message.c cuts streams and datagrams, hop_request.c and hop_server.c take
 *              requests to servers and to clients, hop_answer.c answers, hop_wait.c knows what may be tried again;
 *              hop.h says which links these are
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edits.h"
#include "facts.h"
#include "hop.h"
#include "message.h"
#include "probe.h"
#include "request.h"
#include "session.h"
#include "stream.h"

static const char *const modes[] = {
	[MODE_AUTO] = "auto",
	[MODE_TRANSPARENT] = "transparent",
	[MODE_HOP] = "hop",
	NULL,
};

static const char *const routes[] = {
	[ROUTE_AUTO] = "auto",
	[ROUTE_CONNECTION] = "connection",
	[ROUTE_MESSAGE] = "message",
	NULL,
};

static const struct lg_option options[] = {
	{ "mode", LG_ENUM, offsetof(struct options, mode), .def = "auto", .choices = modes,
	  .help = "transparent: messages pass as they came, bit for bit; hop: a proxy with a Via of its own; auto: hop "
		  "over "
		  "UDP, transparent over TCP and TLS" },
	{ "route", LG_ENUM, offsetof(struct options, route), .def = "auto", .choices = routes,
	  .help = "a server for each connection, for each message by its key, or as the client needs it; hop mode has "
		  "one for "
		  "each message" },
	{ "record_route", LG_BOOL, offsetof(struct options, record_route),
	  .help = "hop: Record-Route on what begins a dialog, so that all of it comes through the gateway" },
	{ "path", LG_BOOL, offsetof(struct options, path),
	  .help = "hop: Path on REGISTER, so that servers reach a client by the connection that it registered from" },
	{ "name", LG_STR, offsetof(struct options, name),
	  .help = "hop: the host in Via, Record-Route and Path, as the peers know it; default the gateway's address" },
	{ "first_answer", LG_MSEC, offsetof(struct options, first_answer_ms), .def = "4s", .min = 100, .max = 32000,
	  .help = "hop: how long a new dialog's first request waits for an answer before another server gets it" },
	{ "waiting", LG_INT, offsetof(struct options, waiting), .def = "20000", .min = 0, .max = 1000000,
	  .help = "hop: how many requests may wait so, for each thread; those above it have one server only" },
	{ 0 },
};

static const char *const counters[] = {
	[COUNT_REQUESTS] = "requests",
	[COUNT_ANSWERS] = "answers",
	[COUNT_PINGS] = "pings",
	[COUNT_MALFORMED] = "malformed",
	[COUNT_DROPPED_ANSWERS] = "dropped_answers", /* a client's, to a request that nobody sent */
	[COUNT_ANSWERED_HERE] = "answered_here",     /* by a policy, a limit, or for want of a server */
	[COUNT_LOST] = "lost",                       /* their server died */
	[COUNT_RETRIED] = "retried",                 /* their server died, and another one got them */
	[COUNT_UNANSWERED] = "unanswered",           /* no final answer in time */
	[COUNT_COMPRESSED] = "compressed",
	[COUNT_LATE_ANSWERS] = "late_answers",   /* of a server that has lost the request to another one */
	[COUNT_UNDELIVERED] = "undelivered",     /* answers whose receiver has gone */
	[COUNT_UNAVAILABLE] = "unavailable",     /* a server said 503 */
	[COUNT_FORBIDDEN] = "forbidden",         /* requests that would have made us a relay for others: 403 */
	[COUNT_NO_FLOW] = "no_flow",             /* a server's requests whose client has gone: 430 */
	[COUNT_LOOPS] = "loops",                 /* 482 */
	[COUNT_TOO_MANY_HOPS] = "too_many_hops", /* 483 */
	NULL,
};

static int start(void *data, const void *conf, const struct lg_host *host, char err[], size_t errlen)
{
	struct instance *inst = data;

	(void)err;
	(void)errlen;
	inst->options = conf;
	host->random(&inst->seed, sizeof(inst->seed));
	hop_id_write(inst->hop.id, host, inst->options->name);
	inst->hop.table.limit = (uint32_t)inst->options->waiting;
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
	hop_table_fini(&inst->hop.table);
	free(inst->hop.spare);
	inst->hop.spare = NULL;
	inst->hop.spare_size = 0;
}

/* A name that goes into headers must be one. */
static bool is_host(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");

	return n > 0 && n < 256 && name[n] == '\0';
}

static int check(const void *conf, unsigned transports, char err[], size_t errlen)
{
	const struct options *o = conf;

	if (o->mode == MODE_TRANSPARENT && (transports & LG_UDP)) {
		snprintf(err, errlen, "mode = \"transparent\" is for TCP and TLS; over UDP there is hop mode only");
		return -EINVAL;
	}
	if (o->name && !is_host(o->name)) {
		snprintf(err, errlen, "name must be a host name");
		return -EINVAL;
	}
	return 0;
}

/* ---- The way by link ---- */

static void opened(struct lg_link *l)
{
	if (!hop_is(l))
		session_opened(l);
}

static ptrdiff_t receive(struct lg_link *l, struct lg_span in)
{
	return hop_is(l) ? hop_message_receive(l, in) : message_receive(l, in);
}

static void routed(struct lg_exchange *x, struct lg_link *to)
{
	if (hop_is(x->from))
		hop_request_routed(x, to);
	else
		request_routed(x, to);
}

static void respond(struct lg_exchange *x, const struct lg_reply *reply)
{
	if (hop_is(x->from))
		hop_request_respond(x, reply);
	else
		request_respond(x, reply);
}

static void lost(struct lg_exchange *x, const struct lg_lost *why)
{
	if (hop_is(x->from))
		hop_request_lost(x, why);
	else
		request_lost(x, why);
}

static void ended(struct lg_link *l)
{
	if (hop_is(l))
		hop_link_ended(l);
	else
		session_ended(l);
}

static void writable(struct lg_link *l)
{
	if (hop_is(l))
		hop_link_writable(l);
	else
		session_writable(l);
}

static void expired(struct lg_link *l)
{
	if (hop_is(l))
		hop_link_expired(l);
	else
		session_expired(l);
}

/* Connections are the clients' to end; nobody ends a UDP client's flow but us. */
static void drain(struct lg_link *l)
{
	if (l->transport == LG_UDP)
		hop_link_ended(l);
}

static void closed(struct lg_link *l)
{
	if (hop_is(l))
		hop_link_closed(l);
	else
		session_closed(l);
}

LG_PLUGIN = {
	LG_PLUGIN_HEADER,
	.name = "sip",
	.version = "0.2",
	.summary = "SIP over TCP, TLS and UDP, passed on unchanged or as a proxy",
	.transports = LG_TCP | LG_TLS | LG_UDP,
	.conf_size = sizeof(struct options),
	.inst_size = sizeof(struct instance),
	.session_size = sizeof(struct session),
	.link_size = sizeof(struct hop_link),        /* begins as struct stream */
	.exchange_size = sizeof(struct hop_request), /* begins as struct request */
	.options = options,
	.facts = facts_names,
	.counters = counters,
	.persistence = "call-id",
	.start = start,
	.stop = stop,
	.opened = opened,
	.receive = receive,
	.fact = facts_read,
	.routed = routed,
	.respond = respond,
	.lost = lost,
	.ended = ended,
	.writable = writable,
	.expired = expired,
	.drain = drain,
	.closed = closed,
	.check = check,
	.returned = hop_server_returned,
	.probe_size = sizeof(struct probe),
	.probe_conf_size = sizeof(struct probe_options),
	.probe_options = probe_table,
	.probe = probe_ask,
	.judge = probe_judge,
	.sealed = edits_sealed,
};
