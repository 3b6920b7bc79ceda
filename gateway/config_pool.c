/* SPDX-License-Identifier: Apache-2.0 */
/* config_pool.c builds the pools: their servers, monitors, and the stores that they persist in. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_parts.h"
#include "track.h"

/* ---- Servers ---- */

static int build_server(struct pool *p, unsigned i, const struct node *n)
{
	struct server *s = &p->servers[i];

	s->pool = p;
	s->index = i;
	s->weight = (unsigned)node_number(n, "weight");
	s->backup = node_flag(n, "backup");
	s->max_sessions = (unsigned)node_number(n, "max_sessions");
	s->state = server_state_create();
	if (!s->state || config_text(&s->name, n, "name") < 0 || config_text(&s->tls_name, n, "tls_name") < 0)
		return -ENOMEM;
	return 0;
}

static int build_written(struct pool *p, unsigned i, const struct node *n)
{
	struct sockaddr_storage address;
	int ret = build_server(p, i, n);

	if (ret == 0)
		ret = config_address(&address, node_text(n, "address"), node_number(n, "port"));
	p->servers[i].id = server_id(node_text(n, "id"));
	return ret == 0 ? server_put(&p->servers[i], &address) : ret;
}

/* A server with a host name: its slots, from the place `first`. */
static int build_slots(struct pool *p, unsigned first, const struct node *n)
{
	struct slots *s = &p->slots[p->nslots++];
	int ret = config_text(&s->host, n, "host");

	s->pool = p;
	s->port = (uint16_t)node_number(n, "port");
	s->first = first;
	s->n = (unsigned)node_number(n, "addresses");
	if (ret == 0)
		ret = config_text(&s->id, n, "id");
	for (unsigned i = first; i < first + s->n && ret == 0; i++) {
		ret = build_server(p, i, n);
		p->servers[i].slots = s;
		if (ret == 0)
			ret = server_put(&p->servers[i], NULL);
		if (ret == 0)
			atomic_store(&p->servers[i].state->presence, SERVER_ABSENT);
	}
	return ret;
}

static int build_servers(struct pool *p, const struct node *n)
{
	unsigned i = 0, total = 0, slots;
	int ret = config_array(&p->slots, &slots, sizeof *p->slots, node_get(n, "servers")); /* so many at most */

	NODE_EACH (counted, n, "servers")
		total += node_get(counted, "address") ? 1 : (unsigned)node_number(counted, "addresses");
	p->servers = calloc(total, sizeof *p->servers);
	if (!p->servers)
		return -ENOMEM;
	p->nservers = total;
	NODE_EACH(server, n, "servers")
	{
		bool written = node_get(server, "address");

		if (ret == 0)
			ret = written ? build_written(p, i, server) : build_slots(p, i, server);
		i += written ? 1 : (unsigned)node_number(server, "addresses");
	}
	return ret;
}

/* ---- Monitor ---- */

/* What the plugin itself says to the probe's options. */
static int check_probe(struct builder *b, const struct pool *p, int64_t line)
{
	const struct monitor_conf *m = &p->monitor;
	char err[512] = "the plugin refuses the monitor's options";

	if (!m->plugin->probe_check || m->plugin->probe_check(m->plugin_conf, err, sizeof err) == 0)
		return 0;
	return config_problem(b, line, "pool", p->name, err);
}

static int build_probe(struct builder *b, struct pool *p, const struct node *n, int64_t line)
{
	struct monitor_conf *m = &p->monitor;
	const char *name = node_text(n, "plugin");
	const char *tls = node_text(n, "tls");
	int ret;

	m->transport = config_transport(n);
	if (m->transport == LG_TLS && tls) {
		ret = config_tls_client(b, &m->tls, tls, line);

		if (ret < 0)
			return ret;
	} else if (m->transport == LG_TLS && p->tls) {
		m->tls = tls_client_ref(p->tls);
	}
	if (!name)
		return 0;
	m->plugin = config_plugin(b, name);
	if (!m->plugin)
		return -ENOMEM; /* it was there a moment ago, and loaded */
	ret = config_options(&m->plugin_conf, m->plugin->probe_options, m->plugin->probe_conf_size,
			     node_get(n, "options"));
	return ret == 0 ? check_probe(b, p, line) : ret;
}

static int build_monitor(struct builder *b, struct pool *p, const struct node *n, int64_t line)
{
	struct monitor_conf *m = &p->monitor;

	if (!n || n->kind != NODE_TABLE) {
		m->always_up = true;
		return 0;
	}
	m->reverse = node_flag(n, "reverse");
	if (node_get(n, "track"))
		return 0;
	m->port = (uint16_t)node_number(n, "port");
	m->interval_ms = (uint32_t)node_number(n, "interval");
	m->backoff_ms = (uint32_t)node_number(n, "backoff");
	m->timeout_ms = (uint32_t)node_number(n, "timeout");
	m->rise = (unsigned)node_number(n, "rise");
	m->fall = (unsigned)node_number(n, "fall");
	return build_probe(b, p, n, line);
}

/* ---- Track ---- */

/* With all pools there.  Who follows whom: track.h. */
static int build_tracks(struct builder *b)
{
	struct snapshot *s = b->snapshot;
	struct pool *p = s->pools;

	NODE_EACH(n, b->tree, "pool")
	{
		const char *name = node_text(node_get(n, "monitor"), "track");

		if (name)
			p->monitor.track = snapshot_pool(s, name);
		if (name && !p->monitor.track)
			return -EINVAL;
		p++;
	}
	tracks_renew(s, NULL, NULL);
	return 0;
}

/* ---- Persistence ---- */

static int build_persistence(struct pool *p, const struct node *n)
{
	unsigned i = 0;

	p->timeout_ms = (uint32_t)node_number(n, "timeout");
	NODE_EACH(bits, n, "mask")
	{
		if (i < sizeof p->mask)
			p->mask[i++] = (uint8_t)bits->number;
	}
	if (config_text(&p->scope, n, "scope") < 0)
		return -ENOMEM;
	if (node_flag(n, "off"))
		return 0;
	if (!node_get(n, "by")) {
		p->default_persistence = true;
		return 0;
	}
	p->has_persistence = true;
	return config_texts(&p->by, n, "by");
}

/* The one of a pool before it with the same scope, which is a group then. */
static struct store *shared_store(const struct snapshot *s, const struct pool *p)
{
	for (const struct pool *other = s->pools; other < p; other++) {
		if (other->store && strcmp(other->scope, p->scope) == 0)
			return other->store;
	}
	return NULL;
}

/* Pools of a group may say different sizes: the largest holds. */
static size_t entries_of(const struct builder *b, const char *scope)
{
	int64_t most = 0;

	NODE_EACH(n, b->tree, "pool")
	{
		const struct node *persistence = node_get(n, "persistence");
		const char *other = node_text(persistence, "scope");

		if (strcmp(other, scope) == 0 && node_number(persistence, "entries") > most)
			most = node_number(persistence, "entries");
	}
	return (size_t)most;
}

int config_stores(struct builder *b)
{
	struct snapshot *s = b->snapshot;

	for (unsigned i = 0; i < s->npools; i++) {
		struct pool *p = &s->pools[i];
		struct store_memory_conf conf = { .entries = entries_of(b, p->scope) };

		if (!p->has_persistence)
			continue;
		p->store = shared_store(s, p);
		if (p->store)
			p->store->refs++;
		else if (store_memory_create(&p->store, &conf) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* ---- Trunks ---- */

/* Whether shared links may serve both: what is sent to one arrives at the other, and each knows us by the same. */
static bool same_trunk(const struct server *a, const struct server *b)
{
	const struct pool *p = a->pool, *q = b->pool;

	if (a->slots || b->slots) /* their addresses change */
		return a == b;
	if (memcmp(&server_place(a)->address, &server_place(b)->address, sizeof(struct sockaddr_storage)) != 0 ||
	    !p->tls != !q->tls)
		return false;
	return !p->tls || (tls_client_same(p->tls, q->tls) && p->verify_server == q->verify_server &&
			   strcmp(a->tls_name, b->tls_name) == 0);
}

/* The first server of the snapshot that shares with `s`: itself, when none before it does. */
static const struct server *first_of_trunk(const struct snapshot *snapshot, const struct server *s)
{
	for (const struct pool *p = snapshot->pools;; p++) {
		for (unsigned i = 0; i < p->nservers; i++) {
			if (&p->servers[i] == s || same_trunk(&p->servers[i], s))
				return &p->servers[i];
		}
	}
}

void config_trunks(struct snapshot *snapshot)
{
	for (unsigned i = 0; i < snapshot->npools; i++) {
		for (unsigned k = 0; k < snapshot->pools[i].nservers; k++) {
			struct server *s = &snapshot->pools[i].servers[k];
			const struct server *first = first_of_trunk(snapshot, s);

			s->trunk = first == s ? snapshot->ntrunks++ : first->trunk;
		}
	}
}

/* ---- Pools ---- */

static void build_transports(struct pool *p, const struct node *n)
{
	unsigned i = 0;

	NODE_EACH(word, n, "transport")
	{
		if (i < sizeof p->transports / sizeof *p->transports)
			p->transports[i++] = strcmp(word->text, "udp") == 0 ? LG_UDP : LG_TCP;
	}
}

static enum balance balance_of(const char *word)
{
	if (strcmp(word, "hash") == 0)
		return BALANCE_HASH;
	if (strcmp(word, "ordered") == 0)
		return BALANCE_ORDERED;
	return strcmp(word, "least-connections") == 0 ? BALANCE_LEAST_CONNECTIONS : BALANCE_ROUND_ROBIN;
}

static enum all_down all_down_of(const char *word)
{
	if (strcmp(word, "reply") == 0)
		return ALL_DOWN_REPLY;
	return strcmp(word, "fail-open") == 0 ? ALL_DOWN_FAIL_OPEN : ALL_DOWN_REFUSE;
}

static int build_pool(struct builder *b, struct pool *p, const struct node *n)
{
	const char *tls = node_text(n, "tls");
	int64_t line = node_number(n, "line");
	int ret = config_text(&p->name, n, "name");

	p->live = calloc(1, sizeof *p->live);
	if (ret < 0 || !p->live)
		return -ENOMEM;
	p->verify_server = node_flag(n, "verify_server");
	p->balance = balance_of(node_text(n, "balance"));
	p->all_down = all_down_of(node_text(n, "all_down"));
	p->ends_when_down = strcmp(node_text(n, "on_down"), "end") == 0;
	p->tries = (unsigned)node_number(n, "tries");
	p->links = (unsigned)node_number(n, "links");
	p->slow_start_ms = (uint32_t)node_number(n, "slow_start");
	p->ntlm = node_flag(n, "ntlm");
	build_transports(p, n);
	if (tls)
		ret = config_tls_client(b, &p->tls, tls, line);
	if (ret == 0)
		ret = build_servers(p, n);
	if (ret == 0)
		ret = build_persistence(p, node_get(n, "persistence"));
	if (ret == 0)
		ret = build_monitor(b, p, node_get(n, "monitor"), line);
	return ret;
}

int config_pools(struct builder *b)
{
	struct snapshot *s = b->snapshot;
	unsigned i = 0;
	int ret = config_array(&s->pools, &s->npools, sizeof *s->pools, node_get(b->tree, "pool"));

	NODE_EACH(n, b->tree, "pool")
	{
		if (ret == 0)
			ret = build_pool(b, &s->pools[i++], n);
	}
	return ret == 0 ? build_tracks(b) : ret;
}
