/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expect.c: which ports are open for whom, when they go, and who may come in.  What becomes of a connection that came
 * in: session.c; why a port is wanted: the plugin that asked.
 */
#include "expect.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "link.h"
#include "listener.h"
#include "log.h"
#include "relay.h"
#include "session.h"
#include "siphash.h"

enum { CHAINS = 256, PORTS = 65536 };

/* One port.  Made, watched and freed on one worker; `used_ms` and the chains are under the table's lock. */
struct expected {
	struct listener_socket socket; /* of the relay */
	struct bind bind;
	char text[ADDRESS_TEXT];
	struct expects *all;
	struct expected *next; /* in its chain */
	struct sockaddr_storage client;
	struct server *server;
	uint16_t server_port, port;
	uint64_t used_ms;
	unsigned standing;        /* sessions that came by it */
	bool closed;              /* freed with the last of them */
	struct deadline deadline; /* looks whether it was used */
	struct list node;         /* listener->expected of the relay */
};

struct expects {
	pthread_mutex_t lock;
	struct listener_conf relay;      /* how its connections are served */
	struct expected *chains[CHAINS]; /* by the client's source */
	uint64_t held[PORTS / 64];       /* a bit for each port, whatever its address */
	uint16_t next;                   /* the search goes on here: a port that went is not given again at once */
};

/* ---- The table ---- */

int expects_create(struct expects **ep, const struct listener_conf *conf)
{
	struct expects *all = calloc(1, sizeof *all);

	if (!all)
		return -ENOMEM;
	if (pthread_mutex_init(&all->lock, NULL) != 0) {
		free(all);
		return -ENOMEM;
	}
	all->relay = (struct listener_conf){
		.name = conf->name,
		.plugin = &relay_plugin,
		.transparent = conf->transparent,
		.limits = conf->limits,
		.stats = conf->stats,
	};
	*ep = all;
	return 0;
}

void expects_limit(struct expects *all, uint32_t sessions)
{
	all->relay.limits.sessions = sessions;
}

void expects_free(struct expects *all)
{
	if (!all)
		return;
	pthread_mutex_destroy(&all->lock);
	free(all);
}

/* What counts as one source: an IPv4 address, the first half of an IPv6 address. */
static uint64_t source_key(const struct sockaddr *a)
{
	uint64_t half = 0;

	if (a->sa_family == AF_INET6)
		memcpy(&half, ((const struct sockaddr_in6 *)a)->sin6_addr.s6_addr, sizeof half);
	else
		half = ((const struct sockaddr_in *)a)->sin_addr.s_addr;
	return half;
}

/* The share of a source bounds what it can do to its chain, so the hash needs no secret. */
static struct expected **chain_of(struct expects *all, const struct sockaddr *client)
{
	static const unsigned char key[16] = "expected ports";
	uint64_t source = source_key(client);

	return &all->chains[siphash(key, &source, sizeof source) % CHAINS];
}

static bool is_same(const struct expected *e, const struct expect_key *key)
{
	return e->server == key->server && e->server_port == key->server_port &&
	       address_same_host((const struct sockaddr *)&e->client, key->client) &&
	       address_same_host((const struct sockaddr *)&e->bind.address, key->local);
}

/* The port that the key has, NULL if none; and how many its source has. */
static struct expected *find(struct expects *all, const struct expect_key *key, unsigned *of_source)
{
	uint64_t source = source_key(key->client);

	*of_source = 0;
	for (struct expected *e = *chain_of(all, key->client); e; e = e->next) {
		if (is_same(e, key))
			return e;
		*of_source += source_key((const struct sockaddr *)&e->client) == source;
	}
	return NULL;
}

static bool is_held(const struct expects *all, uint16_t port)
{
	return all->held[port / 64] >> port % 64 & 1;
}

static void table_add(struct expects *all, struct expected *e)
{
	struct expected **head = chain_of(all, (struct sockaddr *)&e->client);

	e->next = *head;
	*head = e;
	all->held[e->port / 64] |= UINT64_C(1) << e->port % 64;
	all->next = (uint16_t)(e->port + 1);
	atomic_fetch_add(&all->relay.stats->expected, 1);
	atomic_fetch_add(&all->relay.stats->expected_opened, 1);
}

static void table_remove(struct expects *all, struct expected *e)
{
	struct expected **at = chain_of(all, (struct sockaddr *)&e->client);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	all->held[e->port / 64] &= ~(UINT64_C(1) << e->port % 64);
	atomic_fetch_sub(&all->relay.stats->expected, 1);
}

/* ---- The end of a port ---- */

static void shut(struct expected *e)
{
	wheel_cancel(&e->socket.listener->worker->wheel, &e->deadline);
	listener_socket_close(&e->socket);
	list_remove(&e->node);
	log_event(LG_DEBUG, "port-closed", "listener", e->socket.listener->conf->name, "address", e->text, NULL);
	atomic_fetch_sub_explicit(&e->server->state->expected, 1, memory_order_relaxed);
	e->closed = true;
	if (!e->standing)
		free(e);
}

static void on_deadline(struct deadline *d)
{
	struct expected *e = container_of(d, struct expected, deadline);
	struct worker *w = e->socket.listener->worker;
	bool goes;

	pthread_mutex_lock(&e->all->lock);
	if (e->standing)
		e->used_ms = w->now_ms;
	goes = e->used_ms + EXPECT_UNUSED_MS <= w->now_ms;
	if (goes)
		table_remove(e->all, e);
	else
		wheel_set(&w->wheel, d, e->used_ms + EXPECT_UNUSED_MS);
	pthread_mutex_unlock(&e->all->lock);
	if (goes)
		shut(e);
}

void expect_close(struct listener *l)
{
	if (l->relay)
		listener_close(l->relay);
	for (struct list *i = l->expected.next; i != &l->expected; i = l->expected.next) {
		struct expected *e = container_of(i, struct expected, node);

		pthread_mutex_lock(&e->all->lock);
		table_remove(e->all, e);
		pthread_mutex_unlock(&e->all->lock);
		shut(e);
	}
}

/* ---- Who comes in ---- */

static void on_accepted(struct listener_socket *k, int fd, const struct sockaddr *peer)
{
	struct expected *e = container_of(k, struct expected, socket);

	if (address_same_host(peer, (struct sockaddr *)&e->client)) {
		session_begin(k->listener, fd, peer, &(struct entrance){ .transport = LG_TCP, .expected = e });
		return;
	}
	atomic_fetch_add(&k->listener->conf->stats->expected_refused, 1);
	session_refuse(k->listener, fd, peer, NOT_EXPECTED);
}

struct server *expected_server(const struct expected *e)
{
	return e->server;
}

uint16_t expected_server_port(const struct expected *e)
{
	return e->server_port;
}

static void use(struct expected *e, uint64_t now_ms)
{
	if (now_ms > e->used_ms)
		e->used_ms = now_ms;
}

void expected_enter(struct expected *e)
{
	e->standing++;
}

void expected_leave(struct expected *e)
{
	e->standing--;
	if (e->closed && !e->standing) {
		free(e);
		return;
	}
	pthread_mutex_lock(&e->all->lock);
	use(e, e->socket.listener->worker->now_ms);
	pthread_mutex_unlock(&e->all->lock);
}

/* ---- Opening ---- */

static struct expected *expected_create(struct listener *relay, struct expects *all, const struct expect_key *key)
{
	struct expected *e = calloc(1, sizeof *e);

	if (!e)
		return NULL;
	e->all = all;
	e->server = key->server;
	e->server_port = key->server_port;
	memcpy(&e->client, key->client, address_len(key->client));
	memcpy(&e->bind.address, key->local, address_len(key->local));
	e->bind.transport = LG_TCP;
	e->bind.text = e->text;
	e->used_ms = relay->worker->now_ms;
	wheel_deadline_init(&e->deadline, on_deadline);
	list_init(&e->node);
	return e;
}

static int listen_at(struct expected *e, struct listener *relay, uint16_t port)
{
	int r;

	e->port = port;
	address_set_port(&e->bind.address, port);
	r = listener_socket_open(&e->socket, relay, &e->bind, false, on_accepted);
	if (r < 0)
		return r;
	r = listener_socket_listen(&e->socket);
	if (r < 0)
		listener_socket_close(&e->socket);
	return r;
}

/* The first port from all->next on, around the range, that is neither ours nor somebody else's. */
static int listen_in(struct expected *e, struct listener *relay, const struct lg_ports *range)
{
	unsigned n = range->last - range->first + 1u;
	unsigned from = e->all->next >= range->first && e->all->next <= range->last ? e->all->next - range->first : 0;

	for (unsigned i = 0; i < n; i++) {
		uint16_t port = (uint16_t)(range->first + (from + i) % n);
		int r = is_held(e->all, port) ? -EADDRINUSE : listen_at(e, relay, port);

		if (r != -EADDRINUSE && r != -EACCES)
			return r;
	}
	return -EADDRINUSE;
}

/* A new port; NULL with the reason. */
static struct expected *open_port(struct listener *relay, struct expects *all, const struct expect_key *key,
				  const struct lg_ports *range, const char **why)
{
	struct expected *e = expected_create(relay, all, key);
	int r = e ? listen_in(e, relay, range) : -ENOMEM;

	if (r < 0) {
		*why = r == -EADDRINUSE ? "the range is used up" : strerror(-r);
		free(e);
		return NULL;
	}
	address_format((struct sockaddr *)&e->bind.address, e->text, sizeof e->text);
	table_add(all, e);
	list_append(&relay->expected, &e->node);
	atomic_fetch_add_explicit(&e->server->state->expected, 1, memory_order_relaxed);
	wheel_set(&relay->worker->wheel, &e->deadline, e->used_ms + EXPECT_UNUSED_MS);
	log_event(LG_DEBUG, "port-opened", "listener", relay->conf->name, "address", e->text, "server",
		  server_log_name(e->server), NULL);
	return e;
}

static unsigned share_of(const struct lg_ports *range)
{
	unsigned share = (range->last - range->first + 1u) / EXPECT_SHARE;

	return share ? share : 1;
}

static struct listener *relay_of(struct listener *l)
{
	char err[128];

	if (!l->relay && listener_create(&l->relay, l->worker, l->snapshot, &l->conf->expects->relay, l->sources, err,
					 sizeof err) < 0)
		l->relay = NULL;
	return l->relay;
}

static void say_none(struct listener *l, const char *why)
{
	atomic_fetch_add(&l->conf->stats->expected_none, 1);
	if (l->worker->now_ms - l->refused_ms < 1000)
		return; /* one line a second is enough */
	l->refused_ms = l->worker->now_ms;
	log_warning("no-port-left", "listener", l->conf->name, "reason", why);
}

uint16_t expect_port(struct listener *l, const struct expect_key *key, const struct lg_ports *range)
{
	struct expects *all = l->conf->expects;
	struct listener *relay = l->closed ? NULL : relay_of(l);
	const char *why = "out of memory";
	struct expected *e = NULL;
	unsigned of_source;
	uint16_t port = 0;

	if (relay) {
		pthread_mutex_lock(&all->lock);
		e = find(all, key, &of_source);
		if (e)
			use(e, l->worker->now_ms);
		else if (of_source >= share_of(range))
			why = "the client has its share of the range";
		else
			e = open_port(relay, all, key, range, &why);
		port = e ? e->port : 0; /* another worker may close it from here on */
		pthread_mutex_unlock(&all->lock);
	}
	if (!port)
		say_none(l, l->closed ? "the gateway stops" : why);
	return port;
}

uint16_t expect_of_exchange(struct exchange *x, uint16_t server_port, const struct lg_ports *range)
{
	struct session *s = x->session;
	struct sockaddr_storage local;
	socklen_t n = sizeof local;
	struct expect_key key = {
		.client = (struct sockaddr *)&s->source,
		.local = (struct sockaddr *)&local,
		.server = x->pub.to ? link_of(x->pub.to)->server : NULL,
		.server_port = server_port,
	};

	if (!key.server || !server_port || !range->first || range->first > range->last || !s->client ||
	    !s->client->stream)
		return 0;
	if (getsockname(s->client->stream->io.fd, (struct sockaddr *)&local, &n) < 0)
		return 0;
	return expect_port(s->listener, &key, range);
}
