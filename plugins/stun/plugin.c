/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin.c: the stun plugin: a client's UDP flow gets a server by its first datagram and is joined to it, so that STUN,
 * ChannelData, DTLS and RTP pass as they came and unread.  What comes while a server is still looked for is dropped:
 * everybody on UDP sends the beginning again.
 *
 * A flow whose server went down is `lost`: what its client goes on to send belongs to an allocation that is gone, and
 * would only confuse another server.  It is dropped until the client begins anew, which it shows by a Binding or
 * Allocate request, or without `strict` by a pause.  `deadline` keeps a lost flow alive and measures the pause.
 */
#include <string.h>

#include "probe.h"
#include "wire.h"

struct options {
	bool strict;
	int64_t rest; /* milliseconds */
};

static const struct lg_option options[] = {
	{ "strict", LG_BOOL, offsetof(struct options, strict), .def = "false",
	  .help = "only STUN and ChannelData begin a flow" },
	{ "rest", LG_MSEC, offsetof(struct options, rest), .def = "5s", .min = 100, .max = 3600000,
	  .help = "unless strict: how long a client whose server is gone is silent before anything begins a new flow" },
	{ 0 },
};

enum counter { COUNT_FLOWS, COUNT_LOST, COUNT_REFUSED, COUNT_NOT_STUN, COUNT_DROPPED_EARLY, COUNT_DROPPED_LOST };

static const char *const counters[] = {
	[COUNT_FLOWS] = "flows",
	[COUNT_LOST] = "lost",                   /* flows whose server went down */
	[COUNT_REFUSED] = "refused",             /* datagrams: by a policy, a limit, or for want of a server */
	[COUNT_NOT_STUN] = "not_stun",           /* datagrams that may not begin a flow */
	[COUNT_DROPPED_EARLY] = "dropped_early", /* datagrams of flows that have no server yet */
	[COUNT_DROPPED_LOST] = "dropped_lost",   /* datagrams of lost flows */
	NULL,
};

enum fact { FACT_FORM, FACT_CLASS, FACT_METHOD };

static const char *const facts[] = {
	[FACT_FORM] = "form",     /* "stun", "classic", "channel"; none: neither */
	[FACT_CLASS] = "class",   /* of a message: "request", "indication", "success", "error" */
	[FACT_METHOD] = "method", /* of a message: "binding", "allocate", ...; none: an unknown one */
	NULL,
};

struct instance {
	const struct options *options;
};

/* A client's link. */
struct flow {
	bool routing;
	bool lost;
};

static const struct options *options_of(const struct lg_link *l)
{
	return ((const struct instance *)l->inst)->options;
}

static struct flow *flow_of(const struct lg_link *l)
{
	return l->data;
}

static void count(struct lg_link *l, enum counter c)
{
	l->host->count(l, c, 1);
}

/* A lost flow stays known until its client has rested. */
static void await_rest(struct lg_link *l)
{
	l->host->deadline(l, (uint32_t)options_of(l)->rest);
}

static bool begins_anew(const struct stun_head *head)
{
	return (head->form == STUN_COOKIED || head->form == STUN_CLASSIC) && head->class == STUN_REQUEST &&
	       (head->method == STUN_BINDING || head->method == STUN_ALLOCATE);
}

/* May this datagram begin a flow? */
static bool admits(struct lg_link *l, struct lg_span in)
{
	struct stun_head head;

	if (flow_of(l)->routing) {
		count(l, COUNT_DROPPED_EARLY);
		return false;
	}
	if (stun_read(&head, in.p, in.n) == STUN_NONE && options_of(l)->strict) {
		count(l, COUNT_NOT_STUN);
		return false;
	}
	if (flow_of(l)->lost && !begins_anew(&head)) {
		count(l, COUNT_DROPPED_LOST);
		await_rest(l);
		return false;
	}
	return true;
}

/* A server's link is joined before it can receive. */
static ptrdiff_t stun_receive(struct lg_link *l, struct lg_span in)
{
	if (l->side != LG_CLIENT || !admits(l, in))
		return (ptrdiff_t)in.n;
	if (l->host->route(l, &(struct lg_how){ .mode = LG_PRIVATE }, in)) {
		flow_of(l)->routing = true;
		l->host->deadline(l, 0);
	} else {
		count(l, COUNT_REFUSED);
	}
	return (ptrdiff_t)in.n;
}

/* If `to` dies of this send, `lost` follows. */
static void stun_routed(struct lg_exchange *x, struct lg_link *to)
{
	*flow_of(x->from) = (struct flow){ 0 };
	count(x->from, COUNT_FLOWS);
	(void)to->host->send(to, x->from, &x->unit, 1, 0);
	to->host->join(x->from, to);
}

/* A datagram needs no answer: its client sends it again. */
static void stun_respond(struct lg_exchange *x, const struct lg_reply *reply)
{
	struct lg_link *l = x->from;

	(void)reply;
	flow_of(l)->routing = false;
	count(l, COUNT_REFUSED);
	if (flow_of(l)->lost)
		await_rest(l);
}

static void stun_lost(struct lg_exchange *x, const struct lg_lost *why)
{
	struct lg_link *l = x->from;

	(void)why;
	flow_of(l)->lost = true;
	count(l, COUNT_LOST);
	await_rest(l);
}

/* The client has rested, and the core forgets its flow; under `strict` no rest is long enough, and only the flow's idle
 * time ends it. */
static void stun_expired(struct lg_link *l)
{
	if (options_of(l)->strict)
		await_rest(l);
}

static struct lg_span text(const char *s)
{
	return s ? (struct lg_span){ s, strlen(s) } : LG_NO_UNIT;
}

static struct lg_span stun_fact(struct lg_exchange *x, unsigned index, struct lg_span arg)
{
	static const char *const forms[] = { NULL, "stun", "classic", "channel" };
	struct stun_head head;
	bool message;

	(void)arg;
	stun_read(&head, x->unit.p, x->unit.n);
	message = head.form == STUN_COOKIED || head.form == STUN_CLASSIC;
	switch (index) {
	case FACT_FORM:
		return text(forms[head.form]);
	case FACT_CLASS:
		return text(message ? stun_class_name(head.class) : NULL);
	default:
		return text(stun_method_name(&head));
	}
}

static int stun_start(void *data, const void *conf, const struct lg_host *host, char err[], size_t errlen)
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
	.name = "stun",
	.version = "0.1",
	.summary = "STUN, TURN and any other UDP: one server for each client's flow",
	.transports = LG_UDP,
	.conf_size = sizeof(struct options),
	.inst_size = sizeof(struct instance),
	.link_size = sizeof(struct flow),
	.options = options,
	.facts = facts,
	.counters = counters,
	.persistence = "source",
	.start = stun_start,
	.receive = stun_receive,
	.fact = stun_fact,
	.routed = stun_routed,
	.respond = stun_respond,
	.lost = stun_lost,
	.expired = stun_expired,
	.probe_size = sizeof(struct probe),
	.probe_conf_size = sizeof(struct probe_options),
	.probe_options = probe_table,
	.probe = probe_ask,
	.judge = probe_judge,
};
