/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tcp plugin relays bytes: each client connection gets a server of its own, and the two are joined.  What it reads,
 * it reads at the front of a connection only, before it asks for a server, and only with `peek`: a TLS ClientHello
 * (hello.c), of which nothing is taken away.  PROXY headers are the core's.  The monitor's bare connect is its probe.
 */
#include <lychgate/plugin.h>

#include <string.h>

#include "hello.h"

struct tcp_conf {
	bool peek;
	int64_t peek_ms;
	int proxy; /* of `versions` */
	struct lg_nets trusted;
};

struct tcp {
	const struct tcp_conf *conf;
};

/* What a client connection is waiting for. */
enum phase {
	AT_HELLO, /* a ClientHello */
	AT_SERVER,
};

struct tcp_link {
	enum phase phase;
};

enum { COUNT_NAMED, COUNT_UNNAMED };
static const char *const counters[] = { "hellos-with-name", "hellos-without-name", NULL };

static const char *const versions[] = { "none", "v1", "v2", NULL };

static const struct lg_option options[] = {
	{ "peek", LG_BOOL, offsetof(struct tcp_conf, peek), "false",
	  .help = "read the facts sni and alpn from a TLS ClientHello that passes" },
	{ "peek_time", LG_MSEC, offsetof(struct tcp_conf, peek_ms), "500ms", 1, 60000,
	  .help = "how long a client may take for it; then it is as if none had come" },
	{ "proxy", LG_ENUM, offsetof(struct tcp_conf, proxy), "none", .choices = versions,
	  .help = "the PROXY protocol header that servers get, ahead of TLS" },
	{ "routes", LG_ROUTES, .help = "{ { sni = PATTERN, pool = NAME }, ... }" },
	{ "trusted", LG_NETS, offsetof(struct tcp_conf, trusted),
	  .help = "networks of proxies: their connections, and no others, begin with a PROXY header" },
	{ NULL },
};

static const struct lg_nets *tcp_proxied(const void *conf)
{
	return &((const struct tcp_conf *)conf)->trusted;
}

static int tcp_start(void *inst, const void *conf, const struct lg_host *host, char err[], size_t errlen)
{
	(void)host, (void)err, (void)errlen;
	((struct tcp *)inst)->conf = conf;
	return 0;
}

static const struct tcp_conf *conf_of(const struct lg_link *l)
{
	return ((struct tcp *)l->inst)->conf;
}

static struct lg_span span(const char *text)
{
	return *text ? (struct lg_span){ text, strlen(text) } : LG_NO_UNIT;
}

/* ---- The front of a connection ---- */

/* What has come waits for the server. */
static void ask_for_server(struct lg_link *l)
{
	struct lg_how how = { .mode = LG_PRIVATE, .proxy = (unsigned)conf_of(l)->proxy };

	((struct tcp_link *)l->data)->phase = AT_SERVER;
	l->host->deadline(l, 0);
	l->host->hold(l);
	if (!l->host->route(l, &how, LG_NO_UNIT))
		l->host->close(l, LG_RESET);
}

/* Inside TLS there is nothing to peek at: the core has its name already. */
static void wait_for_hello(struct lg_link *l)
{
	if (!conf_of(l)->peek || l->transport == LG_TLS) {
		ask_for_server(l);
		return;
	}
	((struct tcp_link *)l->data)->phase = AT_HELLO;
	l->host->deadline(l, (uint32_t)conf_of(l)->peek_ms);
}

static void tcp_opened(struct lg_link *l)
{
	if (l->side == LG_CLIENT)
		wait_for_hello(l);
}

static void look_at_hello(struct lg_link *l, struct lg_span in)
{
	struct hello h;
	enum hello_verdict v = hello_read(&h, in);

	if (v == HELLO_MORE)
		return;
	l->host->count(l, h.sni[0] ? COUNT_NAMED : COUNT_UNNAMED, 1);
	if (h.sni[0])
		l->host->learn(l, LG_SNI, span(h.sni));
	if (h.alpn[0])
		l->host->learn(l, LG_ALPN, span(h.alpn));
	ask_for_server(l);
}

static ptrdiff_t tcp_receive(struct lg_link *l, struct lg_span in)
{
	switch (l->side == LG_CLIENT ? ((struct tcp_link *)l->data)->phase : AT_SERVER) {
	case AT_HELLO:
		look_at_hello(l, in);
		break;
	case AT_SERVER:
		l->host->hold(l); /* until it is joined */
		break;
	}
	return 0;
}

/* Silence, or half a hello. */
static void tcp_expired(struct lg_link *l)
{
	l->host->count(l, COUNT_UNNAMED, 1);
	ask_for_server(l);
}

/* Before it is joined: a client that has said all, which a server may still answer. */
static void tcp_ended(struct lg_link *l)
{
	if (l->side == LG_CLIENT && ((struct tcp_link *)l->data)->phase == AT_HELLO)
		ask_for_server(l);
}

/* ---- The server ---- */

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
	.version = "0.3",
	.summary = "plain relay of bytes, one server for each connection",
	.transports = LG_TCP | LG_TLS,
	.conf_size = sizeof(struct tcp_conf),
	.inst_size = sizeof(struct tcp),
	.link_size = sizeof(struct tcp_link),
	.options = options,
	.counters = counters,
	.start = tcp_start,
	.opened = tcp_opened,
	.receive = tcp_receive,
	.ended = tcp_ended,
	.expired = tcp_expired,
	.routed = tcp_routed,
	.respond = tcp_respond,
	.proxied = tcp_proxied,
};
