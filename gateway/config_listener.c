/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_listener.c builds the listeners: their addresses, limits and options, and the pools that they can reach with
 * the facts that make a persistence key there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_parts.h"
#include "expect.h"
#include "facts.h"

static int build_binds(struct listener_conf *l, const struct node *n)
{
	unsigned i = 0;
	int ret = config_array(&l->binds, &l->nbinds, sizeof *l->binds, node_get(n, "bind"));

	NODE_EACH(m, n, "bind")
	{
		struct bind *b;

		if (ret < 0)
			break;
		b = &l->binds[i++];
		b->transport = config_transport(m);
		ret = config_address(&b->address, node_text(m, "address"), node_number(m, "port"));
		b->last = (uint16_t)node_number(m, "last");
		if (ret == 0)
			ret = config_text(&b->text, m, "text");
	}
	return ret;
}

static unsigned transports_of(const struct listener_conf *l)
{
	unsigned all = 0;

	for (unsigned i = 0; i < l->nbinds; i++)
		all |= l->binds[i].transport;
	return all;
}

static void build_limits(struct listener_limits *limits, const struct node *n)
{
	*limits = (struct listener_limits){
		.plugin = {
			.headers = (uint64_t)node_number(n, "headers"),
			.message = (uint64_t)node_number(n, "message"),
			.requests = (uint32_t)node_number(n, "requests"),
			.answer_ms = (uint32_t)node_number(n, "answer"),
		},
		.sessions = (uint32_t)node_number(n, "sessions"),
		.sessions_written = node_flag(n, "sessions_written"),
		.sessions_per_source = (uint32_t)node_number(n, "sessions_per_source"),
		.new_per_source = (uint32_t)node_number(n, "new_per_source"),
		.handshakes = (uint32_t)node_number(n, "handshakes"),
		.handshake_ms = (uint32_t)node_number(n, "handshake"),
		.first_byte_ms = (uint32_t)node_number(n, "first_byte"),
		.idle_ms = (uint32_t)node_number(n, "idle"),
		.idle_reset = node_flag(n, "idle_reset"),
		.half_ms = (uint32_t)node_number(n, "half"),
		.stall_ms = (uint32_t)node_number(n, "stall"),
		.kept = (uint32_t)node_number(n, "kept"),
		.memory = (uint64_t)node_number(n, "memory"),
		.queue = (uint64_t)node_number(n, "queue"),
	};
}

static int build_exempt(struct lg_nets *nets, const struct node *n)
{
	struct lg_net *net = NULL;
	unsigned count = 0;
	int ret = config_array(&net, &count, sizeof *net, node_get(n, "exempt"));

	*nets = (struct lg_nets){ net, count };
	NODE_EACH(m, n, "exempt")
	{
		const char *address = node_text(m, "address");

		if (ret < 0)
			break;
		*net = (struct lg_net){ .address = { [10] = 0xff, [11] = 0xff },
					.bits = (uint8_t)node_number(m, "bits") };
		if (inet_pton(AF_INET, address, net->address + 12) == 1)
			net->bits = (uint8_t)(net->bits + 96);
		else
			ret = inet_pton(AF_INET6, address, net->address) == 1 ? 0 : -EINVAL;
		net++;
	}
	return ret;
}

static enum on_error on_error_of(const char *word)
{
	if (strcmp(word, "pass") == 0)
		return ON_ERROR_PASS;
	return strcmp(word, "drop") == 0 ? ON_ERROR_DROP : ON_ERROR_UNAVAILABLE;
}

static int build_stats(struct listener_conf *l)
{
	size_t n = 0;

	while (l->plugin->counters && l->plugin->counters[n])
		n++;
	l->stats = calloc(1, sizeof *l->stats);
	if (!l->stats)
		return -ENOMEM;
	l->stats->plugin_counters = calloc(n + 1, sizeof *l->stats->plugin_counters);
	l->stats->nplugin_counters = l->stats->plugin_counters ? n : 0;
	return l->stats->plugin_counters ? 0 : -ENOMEM;
}

/* ---- Reach ---- */

/* What the pool persists by, in this plugin's words.  With persistence = false the plugin's default fact still makes a
 * key, for `hash`. */
static int build_key(struct reach *r, const struct lg_plugin *plugin)
{
	struct pool *p = r->pool;
	int ret = 0;

	if (!p->by && plugin->persistence) {
		if (p->default_persistence)
			p->has_persistence = true;
		r->persist = p->default_persistence;
		r->nby = 1;
		return facts_resolve(plugin, plugin->persistence, &r->by[0]);
	}
	for (char **name = p->by; name && *name && r->nby < POOL_FACTS && ret == 0; name++)
		ret = facts_resolve(plugin, *name, &r->by[r->nby++]);
	r->persist = r->nby > 0;
	return ret;
}

static int build_reach(struct builder *b, struct listener_conf *l, const struct node *n)
{
	unsigned i = 0;
	int ret = config_array(&l->reach, &l->nreach, sizeof *l->reach, node_get(n, "reach"));

	l->has_pool = node_get(n, "pool") != NULL;
	NODE_EACH(name, n, "reach")
	{
		struct reach *r;

		if (ret < 0)
			break;
		r = &l->reach[i++];
		r->pool = snapshot_pool(b->snapshot, name->text);
		ret = r->pool ? build_key(r, l->plugin) : -EINVAL;
		l->ntlm |= ret == 0 && r->pool->ntlm;
	}
	return ret;
}

/* ---- Routes ---- */

static int build_route(struct route *r, const struct listener_conf *l, const struct node *n)
{
	unsigned i = 0;
	int ret = config_array(&r->when, &r->nwhen, sizeof *r->when, node_get(n, "when"));

	NODE_EACH(m, n, "when")
	{
		struct route_when *w;

		if (ret < 0)
			break;
		w = &r->when[i++];
		ret = config_text(&w->name, m, "fact");
		if (ret == 0)
			ret = config_text(&w->pattern, m, "pattern");
		if (ret == 0)
			ret = facts_resolve(l->plugin, w->name, &w->fact);
	}
	return ret == 0 ? config_reach(&r->reach, l, node_text(n, "pool")) : ret;
}

static int build_routes(struct listener_conf *l, const struct node *n)
{
	unsigned i = 0;
	int ret = config_array(&l->routes, &l->nroutes, sizeof *l->routes, node_get(n, "routes"));

	NODE_EACH(m, n, "routes")
	{
		if (ret == 0)
			ret = build_route(&l->routes[i++], l, m);
	}
	return ret;
}

/* ---- Listeners ---- */

/* What the plugin itself says to its options. */
static int check_options(struct builder *b, const struct listener_conf *l, const struct node *n)
{
	char err[512] = "the plugin refuses its options";

	if (!l->plugin->check || l->plugin->check(l->plugin_conf, transports_of(l), err, sizeof err) == 0)
		return 0;
	return config_problem(b, node_number(n, "line"), "listener", l->name, err);
}

static int build_listener(struct builder *b, struct listener_conf *l, const struct node *n)
{
	int ret = config_text(&l->name, n, "name");

	l->plugin = config_plugin(b, node_text(n, "plugin"));
	if (ret < 0 || !l->plugin)
		return -ENOMEM;
	l->on_error = on_error_of(node_text(n, "on_error"));
	l->access_format = strcmp(node_text(n, "access_format"), "combined") == 0 ? ACCESS_COMBINED : ACCESS_KEY;
	if (node_get(n, "access_log"))
		ret = config_text(&l->access_log, n, "access_log");
	l->transparent = strcmp(node_text(n, "source"), "transparent") == 0;
	build_limits(&l->limits, node_get(n, "limits"));
	if (ret == 0)
		ret = build_exempt(&l->limits.exempt, node_get(n, "limits"));
	if (ret == 0)
		ret = config_options(&l->plugin_conf, l->plugin->options, l->plugin->conf_size, node_get(n, "options"));
	if (ret == 0)
		ret = build_stats(l);
	if (ret == 0)
		ret = build_binds(l, n);
	if (ret == 0)
		ret = check_options(b, l, n);
	if (ret == 0 && l->plugin->proxied)
		l->proxied = l->plugin->proxied(l->plugin_conf);
	if (ret == 0 && transports_of(l) & LG_TLS)
		ret = config_tls_server(b, l, n);
	if (ret == 0)
		ret = build_reach(b, l, n);
	if (ret == 0)
		ret = build_routes(l, n);
	if (ret == 0)
		ret = config_policies(l, n);
	if (ret == 0)
		ret = expects_create(&l->expects, l);
	return ret;
}

int config_listeners(struct builder *b)
{
	struct snapshot *s = b->snapshot;
	unsigned i = 0;
	int ret = config_array(&s->listeners, &s->nlisteners, sizeof *s->listeners, node_get(b->tree, "listener"));

	NODE_EACH(n, b->tree, "listener")
	{
		if (ret == 0)
			ret = build_listener(b, &s->listeners[i++], n);
	}
	return ret;
}
