/* SPDX-License-Identifier: Apache-2.0 */
/* net.c: the plugin of lines, and the snapshot made by hand. */
#include "unit.h"

#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/address.h"
#include "gateway/link.h"
#include "gateway/log.h"
#include "gateway/span.h"

/* ---- The plugin ---- */

static struct net *net; /* the one that runs: a plugin's callbacks have no other way to it */

struct request {
	unsigned number;
	char flags[8], key[512];
};

static void note(const char *event, const struct lg_exchange *x, const char *name)
{
	size_t n = strlen(net->log);

	if (x)
		snprintf(net->log + n, sizeof net->log - n, "%s %u %s; ", event, ((struct request *)x->data)->number,
			 name);
	else
		snprintf(net->log + n, sizeof net->log - n, "%s %s; ", event, name);
}

static const char *name_of(const struct lg_link *l)
{
	return l->side == LG_SERVER ? l->server->name.p : "client"; /* one that comes from a server's address, too */
}

static bool has_flag(const struct lg_exchange *x, char flag)
{
	return strchr(((struct request *)x->data)->flags, flag) != NULL;
}

/* The words of a line. */
static void read_request(struct request *r, struct lg_span line, const char *format)
{
	char text[1024];

	snprintf(text, sizeof text, "%.*s", (int)line.n, line.p);
	sscanf(text, format, r->flags, r->key);
	r->number = ++net->exchanges;
}

static void route(struct lg_link *l, struct lg_how how, struct lg_span line, const char *format)
{
	struct request r = { 0 };
	struct lg_exchange *x;

	read_request(&r, line, format);
	how.flags = (strchr(r.flags, 'K') ? LG_KEEP : 0) | (strchr(r.flags, 'F') ? LG_FOLLOW : 0);
	how.deadline_ms = strchr(r.flags, 'D') ? NET_DEADLINE_MS : 0;
	if (strchr(r.flags, 'N'))
		how.server = (struct lg_span){ r.key, strlen(r.key) };
	if (strchr(r.flags, 'H'))
		l->host->hold(l);
	x = l->host->route(l, &how, line);
	if (x)
		memcpy(x->data, &r, sizeof r);
	else
		note("overload", NULL, name_of(l));
}

static struct exchange *oldest_to(struct lg_link *l)
{
	struct link *k = link_of(l);

	return list_empty(&k->exchanges) ? NULL : container_of(k->exchanges.next, struct exchange, at);
}

static void client_line(struct lg_link *l, struct lg_span line)
{
	struct exchange *x = oldest_to(l);

	if (line.p[0] != '=') {
		route(l, (struct lg_how){ 0 }, line, "%7s %511s");
	} else if (x) {
		l->host->send(x->pub.from, l, &line, 1, 0);
		l->host->done(&x->pub);
	}
}

static void server_line(struct lg_link *l, struct lg_span line)
{
	struct lg_link *client = l->session->client;
	struct exchange *x = oldest_to(l);

	if (!client)
		return;
	if (line.p[0] == '?' || line.p[0] == '!') {
		route(l, (struct lg_how){ .to = client }, line, "%1s%511s");
		return;
	}
	if (l->host->send(client, l, &line, 1, line.p[0] == '+' ? LG_MORE : 0) == LG_FULL)
		l->host->hold(l);
	if (line.p[0] != '+' && x)
		x->pub.from->host->done(&x->pub);
}

static void opened(struct lg_link *l)
{
	note("opened", NULL, name_of(l));
}

static ptrdiff_t receive(struct lg_link *l, struct lg_span in)
{
	const char *nl = memchr(in.p, '\n', in.n);
	struct lg_span line = { in.p, nl ? (size_t)(nl - in.p) + 1 : 0 };

	if (!nl)
		return 0;
	if (line.p[0] == '*') { /* everything that a plugin must not do */
		l->host->count(l, 1000000, 1);
		l->host->log(l, LG_INFO, "no word\nforged", NULL);
		l->host->log(l, LG_INFO, NULL, NULL);
		return (ptrdiff_t)in.n + 7;
	}
	if (l->side == LG_CLIENT)
		client_line(l, line);
	else
		server_line(l, line);
	return (ptrdiff_t)line.n;
}

/* Of the unit's own bytes where it is there: a unit that is gone shows. */
static struct lg_span fact(struct lg_exchange *x, unsigned index, struct lg_span arg)
{
	struct request *r = x->data;

	(void)index;
	(void)arg;
	if (x->unit.n)
		assert_non_null(memmem(x->unit.p, x->unit.n, r->key, strlen(r->key)));
	return strcmp(r->key, "none") == 0 ? SPAN_NONE : span_of(r->key);
}

static void routed(struct lg_exchange *x, struct lg_link *to)
{
	struct lg_link *from = x->from;

	note("routed", x, name_of(to));
	if (has_flag(x, '!'))
		from->host->pin(from, x);
	to->host->send(to, from, &x->unit, 1, 0);
	if (has_flag(x, 'H'))
		from->host->go(from);
	if (has_flag(x, 'J'))
		from->host->join(from, to);
	if (has_flag(x, 'X'))
		to->host->close(to, LG_RESET);
}

static void respond(struct lg_exchange *x, const struct lg_reply *reply)
{
	static const char *const causes[] = { "policy", "no-server", "overload" };

	note("respond", x, causes[reply->cause]);
	if (has_flag(x, 'H'))
		x->from->host->go(x->from);
}

static void lost(struct lg_exchange *x, const struct lg_lost *why)
{
	const char *word = why->why == LG_LOST_DEADLINE ? "deadline" : why->handed ? "link handed" : "link";

	note("lost", x, word);
	if (has_flag(x, 'K') && (!why->handed || has_flag(x, 'A')))
		x->from->host->again(x);
}

static void ended(struct lg_link *l)
{
	note("ended", NULL, name_of(l));
	l->host->close(l, LG_FLUSH);
}

static void writable(struct lg_link *l)
{
	struct list *i, *tmp;

	note("writable", NULL, name_of(l));
	list_each(i, tmp, &link_of(l)->session->servers) l->host->go(&container_of(i, struct link, node)->pub);
}

/* Nobody may begin anything on a link that ends. */
static void closed(struct lg_link *l)
{
	assert_null(l->host->route(l, &(struct lg_how){ 0 }, LG_NO_UNIT));
	assert_int_equal(l->host->send(l, NULL, &(struct lg_span){ "x", 1 }, 1, 0), LG_GONE);
	note("closed", NULL, name_of(l));
}

static const char *const facts[] = { "key", NULL };

const struct lg_plugin net_plugin = {
	LG_PLUGIN_HEADER,
	.name = "lines",
	.transports = LG_TCP | LG_TLS,
	.exchange_size = sizeof(struct request),
	.facts = facts,
	.persistence = "key",
	.opened = opened,
	.receive = receive,
	.fact = fact,
	.routed = routed,
	.respond = respond,
	.lost = lost,
	.ended = ended,
	.writable = writable,
	.closed = closed,
};

/* ---- The snapshot ---- */

static void make_server(struct net *n, unsigned i)
{
	struct server *s = &n->servers[i];
	struct sockaddr_storage address = { 0 };
	struct sockaddr_in at;
	char name[8];

	n->listening[i] = rig_listen(&at);
	snprintf(name, sizeof name, "s%u", i);
	*s = (struct server){ .name = strdup(name),
			      .weight = 1,
			      .id = 1000 + i,
			      .pool = &n->pool,
			      .index = i,
			      .state = server_state_create() };
	assert_non_null(s->state);
	memcpy(&address, &at, sizeof at);
	assert_int_equal(server_put(s, &address), 0);
	atomic_store(&s->state->health, HEALTH_UP);
}

static const struct listener_limits wide = {
	.plugin = { .headers = 65536, .message = 1000000, .requests = 100 },
	.sessions = 1000,
	.handshakes = 1000,
	.handshake_ms = 5000,
	.queue = 65536,
};

void net_make(struct net *n, struct worker *w, unsigned servers)
{
	struct sockaddr_in at;

	log_set_level(LG_ERROR);
	*n = (struct net){ .w = w };
	n->snapshot = calloc(1, sizeof *n->snapshot);
	assert_non_null(n->snapshot);
	*n->snapshot =
		(struct snapshot){ .refs = 1, .pools = &n->pool, .npools = 1, .listeners = &n->conf, .nlisteners = 1 };
	n->pool = (struct pool){ .name = "pool",
				 .servers = n->servers,
				 .nservers = servers,
				 .tries = 3,
				 .timeout_ms = 60000,
				 .scope = "pool",
				 .live = &n->live };
	for (unsigned i = 0; i < servers; i++)
		make_server(n, i);
	n->reach = (struct reach){ .pool = &n->pool, .nby = 1, .persist = true };
	assert_int_equal(store_memory_create(&n->pool.store, &(struct store_memory_conf){ .entries = 1000 }), 0);
	n->bind = (struct bind){ .transport = LG_TCP, .text = "127.0.0.1" };
	at = rig_nobody(); /* a port that is asked for: another is not kept while nobody listens */
	memcpy(&n->bind.address, &at, sizeof at);
	n->conf = (struct listener_conf){ .name = "l",
					  .plugin = &net_plugin,
					  .binds = &n->bind,
					  .nbinds = 1,
					  .has_pool = true,
					  .reach = &n->reach,
					  .nreach = 1,
					  .limits = wide,
					  .stats = &n->stats };
	net = n;
}

void net_open(struct net *n)
{
	char err[200] = "";

	if (listener_create(&n->listener, n->w, n->snapshot, &n->conf, NULL, err, sizeof err) < 0)
		fail_msg("%s", err);
	memcpy(&n->at, &n->bind.address, sizeof n->at);
	listener_review(n->listener);
}

void net_free(struct net *n)
{
	net_stop(n);
	net_drop(n);
}

void net_stop(struct net *n)
{
	RIG_UNTIL(n->w, list_empty(&n->w->sessions) && list_empty(&n->w->streams));
	assert_int_equal(n->stats.sessions, 0);
	assert_int_equal(n->stats.handshakes, 0);
	assert_int_equal(n->stats.held_bytes, 0);
	if (n->listener)
		listener_destroy(n->listener);
	rig_turn(n->w);
	assert_int_equal(n->stats.open, 0);
}

void net_drop(struct net *n)
{
	for (unsigned i = 0; i < n->pool.nservers; i++) {
		assert_int_equal(n->servers[i].state->sessions, 0);
		server_state_free(n->servers[i].state);
		free(n->servers[i].name);
		server_places_free(&n->servers[i]);
		if (n->listening[i] >= 0)
			close(n->listening[i]);
	}
	if (n->pool.store)
		n->pool.store->ops->destroy(n->pool.store);
	assert_int_equal(n->snapshot->refs, 1);
	free(n->snapshot);
}

void net_health(struct net *n, unsigned server, enum health health)
{
	atomic_store(&n->servers[server].state->health, health);
	if (n->listener)
		listener_review(n->listener);
}

void net_server_dies(struct net *n, unsigned server)
{
	close(n->listening[server]);
	n->listening[server] = -1;
}

struct peer net_dial(struct net *n)
{
	struct peer p = { .fd = rig_dial(&n->at) };

	assert_true(p.fd >= 0);
	return p;
}

struct peer net_accept(struct net *n, unsigned server)
{
	return (struct peer){ .fd = rig_accept(n->w, n->listening[server]) };
}

bool net_said(const struct net *n, const char *text)
{
	return strstr(n->log, text) != NULL;
}

void net_until(struct net *n, const char *text)
{
	uint64_t end = rig_now_ms() + unit_patience_ms();

	while (!net_said(n, text)) {
		if (rig_now_ms() > end)
			fail_msg("waited in vain for \"%s\" in \"%s\"", text, n->log);
		rig_turn(n->w);
	}
}

void net_expect(struct net *n, struct peer *p, const char *text)
{
	size_t len = strlen(text);
	uint64_t end = rig_now_ms() + unit_patience_ms();

	while (!peer_has(p, len, 0)) {
		if (rig_now_ms() > end)
			fail_msg("waited in vain for \"%s\"; log: \"%s\"", text, n->log);
		rig_turn(n->w);
	}
	if (buf_len(&p->in) != len || memcmp(buf_span(&p->in).p, text, len) != 0)
		fail_msg("\"%.*s\" came instead of \"%s\"; log: \"%s\"", (int)buf_len(&p->in), buf_span(&p->in).p, text,
			 n->log);
	buf_free(&p->in);
}

void net_forget(struct net *n)
{
	n->log[0] = 0;
}
