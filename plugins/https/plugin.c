/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin.c declares the https plugin: HTTP/1.x (RFC 9110, RFC 9112) over TCP and TLS, each request balanced by itself.
 *
 * client.c reads requests, request.c finds them a server, server.c reads the answers; reply.c answers where there is no
 * server; ntlm.c sees what must not be shared, upgrade.c passes websockets.  What a message means is in head.c, body.c
 * and target.c, what leaves of it in forward.c; what policies see in facts.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "exchange.h"
#include "facts.h"
#include "fields.h"
#include "probe.h"
#include "request.h"
#include "server.h"

static const char *const forwardeds[] = {
	[FORWARDED_REPLACE] = "replace",
	[FORWARDED_APPEND] = "append",
	[FORWARDED_OFF] = "off",
	NULL,
};

static const char *const redirects[] = {
	[REDIRECT_NONE] = "none",
	[REDIRECT_HTTPS] = "https",
	NULL,
};

static const char *const proxies[] = { "none", "v1", "v2", NULL };

static const struct lg_option options[] = {
	{ "routes", LG_ROUTES,
	  .help = "{ { host = PATTERN, path = PATTERN, pool = NAME }, ... }, exact names and long paths first" },
	{ "trusted", LG_NETS, offsetof(struct options, trusted),
	  .help = "networks of proxies: what they say in X-Forwarded-For and its kin stays, and ours is appended" },
	{ "proxy_in", LG_BOOL, offsetof(struct options, proxy_in), .def = "false",
	  .help = "connections from `trusted`, and no others, begin with a PROXY header that names the client" },
	{ "proxy", LG_ENUM, offsetof(struct options, proxy), .def = "none", .choices = proxies,
	  .help = "the PROXY protocol header that servers get, ahead of TLS; their links are then one client's each" },
	{ "forwarded", LG_ENUM, offsetof(struct options, forwarded), .def = "replace", .choices = forwardeds,
	  .help = "X-Forwarded-For, -Proto, -Host and Forwarded: ours instead of what came, behind it, or left alone" },
	COOKIE_OPTIONS(struct options, cookie),
	{ "redirect", LG_ENUM, offsetof(struct options, redirect), .def = "none", .choices = redirects,
	  .help = "https: what comes without TLS is sent to the same place with it" },
	{ "hsts", LG_STR, offsetof(struct options, hsts),
	  .help = "the value of Strict-Transport-Security in answers inside TLS; default none" },
	{ "pages", LG_STR, offsetof(struct options, pages),
	  .help = "folder (absolute) with STATUS.html or STATUS.txt for answers of the gateway's own" },
	{ "websocket", LG_BOOL, offsetof(struct options, websocket), .def = "true",
	  .help = "upgrades to websockets are passed on" },
	{ "upgrade_idle", LG_MSEC, offsetof(struct options, upgrade_idle_ms), .def = "30m", .min = 100, .max = 86400000,
	  .help = "how long both ends of a websocket may be silent" },
	{ "fields", LG_INT, offsetof(struct options, fields), .def = "200", .min = 10, .max = 1000,
	  .help = "header fields of a message; more are answered with 431" },
	{ "body", LG_BYTES, offsetof(struct options, body), .def = "2048M",
	  .help = "bytes of a request's body; more are answered with 413; 0: no limit" },
	{ "head_time", LG_MSEC, offsetof(struct options, head_ms), .def = "10s", .min = 100, .max = 3600000,
	  .help = "how long a request's head may take from its first byte on; then 408" },
	{ "answer", LG_MSEC, offsetof(struct options, answer_ms), .def = "960s", .min = 100, .max = 86400000,
	  .help = "how long a request may wait for its answer; then 504" },
	{ "per_connection", LG_INT, offsetof(struct options, per_connection), .max = INT32_MAX,
	  .help = "requests of one connection, then it is closed; 0: no limit" },
	{ "rate", LG_INT, offsetof(struct options, rate), .max = RATE_MOST,
	  .help = "requests of one source in a second, for each thread; more are answered with 429; 0: no limit" },
	{ "burst", LG_INT, offsetof(struct options, burst), .max = RATE_MOST,
	  .help = "requests that one source may send at once; 0: as many as `rate`" },
	{ 0 },
};

static const char *const counters[] = {
	[COUNT_REQUESTS] = "requests",
	[COUNT_ANSWERS] = "answers",     /* of servers */
	[COUNT_MALFORMED] = "malformed", /* requests that could not be read in one way only */
	[COUNT_BROKEN_ANSWERS] = "broken_answers",
	[COUNT_ANSWERED_HERE] = "answered_here", /* by a policy, a limit, or for want of a server */
	[COUNT_LOST] = "lost",                   /* their server died */
	[COUNT_RETRIED] = "retried",             /* their server died, and another one got them */
	[COUNT_UNANSWERED] = "unanswered",       /* no answer in time: 504 */
	[COUNT_CUT_SHORT] = "cut_short",         /* answers whose server died in them */
	[COUNT_EARLY] = "early",                 /* answers to requests that were not whole yet */
	[COUNT_KEPT] = "kept",                   /* clients with servers' links of their own: NTLM, Negotiate */
	[COUNT_UPGRADED] = "upgraded",           /* websockets */
	[COUNT_LIMITED] = "limited",             /* requests above a limit: 408, 429, 503 */
	[COUNT_WRONG_PROTOCOL] = "wrong_protocol",
	NULL,
};

static void stop(void *data)
{
	struct instance *inst = data;

	pages_free(&inst->pages);
	rate_free(inst->rate);
	inst->rate = NULL;
	free(inst->fields);
	inst->fields = NULL;
	free(inst->answer_fields);
	inst->answer_fields = NULL;
	free(inst->scratch);
	inst->scratch = NULL;
	inst->scratch_size = 0;
}

static int start(void *data, const void *conf, const struct lg_host *host, char err[], size_t errlen)
{
	struct instance *inst = data;
	const struct options *o = conf;
	int ret;

	inst->options = o;
	inst->fields = calloc((size_t)o->fields, sizeof(*inst->fields));
	inst->answer_fields = calloc((size_t)o->fields, sizeof(*inst->answer_fields));
	ret = inst->fields && inst->answer_fields ? 0 : -ENOMEM;
	if (ret == 0 && o->rate > 0)
		ret = rate_create(&inst->rate, host, (uint32_t)o->rate, (uint32_t)(o->burst ? o->burst : o->rate));
	if (ret == -ENOMEM)
		snprintf(err, errlen, "out of memory");
	if (ret == 0)
		ret = pages_load(&inst->pages, o->pages, err, errlen);
	if (ret < 0)
		stop(inst);
	return ret;
}

static int check(const void *conf, unsigned transports, char err[], size_t errlen)
{
	const struct options *o = conf;

	if (o->hsts && !field_is_value((struct lg_span){ o->hsts, strlen(o->hsts) })) {
		snprintf(err, errlen, "hsts has a line break or another control character");
		return -EINVAL;
	}
	if (o->pages && *o->pages != '/') {
		snprintf(err, errlen, "pages must be an absolute path, such as /etc/lychgate/pages");
		return -EINVAL;
	}
	if (o->proxy_in && o->trusted.n == 0) {
		snprintf(err, errlen,
			 "proxy_in needs `trusted`, the networks of the proxies: trusted = { \"192.0.2.0/28\" }");
		return -EINVAL;
	}
	return cookie_check(&o->cookie, transports, err, errlen);
}

static const char *const *alpn(const void *conf)
{
	static const char *const protocols[] = { "http/1.1", NULL };

	(void)conf;
	return protocols;
}

static const struct lg_nets *proxied(const void *conf)
{
	const struct options *o = conf;

	return o->proxy_in ? &o->trusted : NULL;
}

/* ---- The way by link ---- */

static void opened(struct lg_link *l)
{
	if (l->side == LG_CLIENT)
		client_opened(l);
}

static ptrdiff_t receive(struct lg_link *l, struct lg_span in)
{
	return l->side == LG_CLIENT ? client_receive(l, in) : server_receive(l, in);
}

static void ended(struct lg_link *l)
{
	if (l->side == LG_CLIENT)
		client_ended(l);
	else
		server_ended(l);
}

static void writable(struct lg_link *l)
{
	if (l->side == LG_CLIENT)
		client_writable(l);
	else
		server_writable(l);
}

static void expired(struct lg_link *l)
{
	if (l->side == LG_CLIENT)
		client_expired(l);
	else
		server_expired(l);
}

static void drain(struct lg_link *l)
{
	if (l->side == LG_CLIENT)
		client_drain(l);
}

static void closed(struct lg_link *l)
{
	if (l->side == LG_CLIENT)
		client_closed(l);
}

LG_PLUGIN = {
	LG_PLUGIN_HEADER,
	.name = "https",
	.version = "0.1",
	.summary = "HTTP/1.x over TCP and TLS: each request balanced by itself, NTLM kept apart",
	.transports = LG_TCP | LG_TLS,
	.conf_size = sizeof(struct options),
	.inst_size = sizeof(struct instance),
	.link_size = sizeof(union link_data),
	.exchange_size = sizeof(struct request),
	.options = options,
	.facts = facts_names,
	.counters = counters,
	.start = start,
	.stop = stop,
	.opened = opened,
	.receive = receive,
	.fact = request_fact,
	.routed = request_routed,
	.respond = request_respond,
	.lost = request_lost,
	.ended = ended,
	.writable = writable,
	.expired = expired,
	.drain = drain,
	.closed = closed,
	.probe_size = sizeof(struct probe),
	.probe_conf_size = sizeof(struct probe_options),
	.probe_options = probe_table,
	.probe = probe_ask,
	.judge = probe_judge,
	.check = check,
	.sealed = forward_sealed,
	.alpn = alpn,
	.log_facts = facts_logged,
	.proxied = proxied,
	.probe_check = probe_check,
};
