/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c: the way of a request, from top to bottom:
 *
 *     a client is accepted (session_begin), its plugin reads a request (session_route), policies give a verdict (decide),
 *     persistence and balance pick a server (place), a link to it is found or opened (reach_server), the plugin sends the
 *     request (hand_out), and the answer comes back as bytes that the plugin sends to the client's link.
 *
 * Each step runs as a consequence, never inside a call of the plugin.  The bookkeeping of exchanges, and what becomes of them
 * when something ends, is in exchange.c.
 */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "exchange.h"
#include "expect.h"
#include "link.h"
#include "log.h"
#include "monitor.h"
#include "policy.h"
#include "span.h"

enum { RETRY_AFTER_S = 5 };

static const struct lg_reply no_server = {
	.cause = LG_BY_NO_SERVER,
	.code = 503,
	.reason = { "Service Unavailable", 19 },
	.retry_after_s = RETRY_AFTER_S,
};

/* ---- A client comes ---- */

void session_refuse(struct listener *l, int fd, const char *limit)
{
	struct listener_stats *stats = l->conf->stats;

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
	close(fd);
	atomic_fetch_add_explicit(&stats->refused_limit, 1, memory_order_relaxed);
	if (l->worker->now_ms - l->refused_ms < 1000)
		return; /* one line a second is enough */
	l->refused_ms = l->worker->now_ms;
	log_warning("session-refused", "listener", l->conf->name, "limit", limit);
}

/* Which limit forbids another session now; NULL: none, and the session is counted. */
static const char *admit(struct listener *l, const struct sockaddr *peer, enum lg_transport transport)
{
	const struct listener_limits *limits = &l->conf->limits;
	struct listener_stats *stats = l->conf->stats;

	if (transport == LG_TLS && atomic_load_explicit(&stats->handshakes, memory_order_relaxed) >= limits->handshakes)
		return "handshakes";
	if (atomic_fetch_add_explicit(&stats->sessions, 1, memory_order_relaxed) >= limits->sessions) {
		atomic_fetch_sub_explicit(&stats->sessions, 1, memory_order_relaxed);
		return "sessions";
	}
	if (l->sources && !sources_enter(l->sources, peer, l->worker->now_ms)) {
		atomic_fetch_sub_explicit(&stats->sessions, 1, memory_order_relaxed);
		return "sessions_per_source or new_per_source";
	}
	atomic_fetch_add_explicit(&stats->accepted, 1, memory_order_relaxed);
	return NULL;
}

void session_begin(struct listener *listener, int fd, const struct sockaddr *peer, const struct entrance *in)
{
	const char *limit = admit(listener, peer, in->transport);
	struct session *s;
	int r;

	if (limit) {
		session_refuse(listener, fd, limit);
		return;
	}
	s = session_create(listener, peer);
	if (!s) {
		session_forget(listener, peer);
		session_refuse(listener, fd, "memory of the process");
		return;
	}
	s->in = *in;
	if (in->expected)
		expected_enter(in->expected);
	r = link_accept(&s->client, s, fd, peer, in->transport);
	if (r < 0) {
		log_error("session-failed", "listener", listener->conf->name, "reason", uv_strerror(r));
		session_destroy(s);
		return;
	}
	s->pub.client = &s->client->pub;
	s->nlinks = 1;
}

/* ---- Its plugin has read a request ---- */

static void step(struct task *t);

struct exchange *session_route(struct link *from, const struct lg_how *how, struct lg_span unit)
{
	struct session *s = from->session;
	struct exchange *x;

	if (!from->stream || s->nexchanges >= s->listener->conf->limits.plugin.requests)
		return NULL;
	x = exchange_create(s, step);
	if (!x)
		return NULL;
	x->how = *how;
	x->pub.from = &from->pub;
	x->pub.unit = unit;
	atomic_fetch_add_explicit(&s->listener->conf->stats->exchanges, 1, memory_order_relaxed);
	worker_defer(s->worker, &x->task);
	return x;
}

/* ---- Policies give a verdict ---- */

static void answer(struct exchange *x, const struct lg_reply *reply)
{
	const struct lg_plugin *p = x->session->listener->conf->plugin;

	if (p->respond)
		p->respond(&x->pub, reply);
	else if (reply->code)
		link_close(link_of(x->pub.from), LG_FLUSH, reply->cause == LG_BY_NO_SERVER ? "no server" : "refused by policy");
	exchange_end(x);
}

/* False: the verdict has answered, or let it drop. */
static bool decide(struct exchange *x)
{
	const struct listener_conf *conf = x->session->listener->conf;
	struct verdict v = { .kind = VERDICT_PASS };
	struct lg_reply reply = { .cause = LG_BY_POLICY };

	if (conf->has_pool)
		x->reach = &conf->reach[0];
	if (conf->npolicies)
		policies_decide(x, &v, &x->reach);
	switch (v.kind) {
	case VERDICT_REPLY:
		reply.code = v.code;
		reply.reason = v.reason;
		reply.headers = v.headers;
		reply.nheaders = v.nheaders;
		answer(x, &reply);
		return false;
	case VERDICT_DROP:
		answer(x, &reply);
		return false;
	case VERDICT_UNAVAILABLE:
		answer(x, &no_server);
		return false;
	default:
		return true;
	}
}

/* ---- Persistence, then balance, pick a server ---- */

static void reach_server(struct exchange *x);
static void hand_out(struct exchange *x, struct link *to);

static void ask_store(struct exchange *x, uint64_t proposed, uint64_t instead_of);

/* Nobody owns the key, or its owner cannot serve: balance proposes. */
static void propose(struct exchange *x, uint64_t gone)
{
	x->server = balance_pick(x->reach->pool, x->claim.key.b, &x->tried);
	if (!x->server)
		answer(x, &no_server);
	else if (x->has_key && x->reach->persist)
		ask_store(x, x->server->id, gone);
	else
		reach_server(x);
}

static void store_answered(struct exchange *x)
{
	struct claim *c = &x->claim;
	struct server *owner = c->owner ? balance_owner(x->reach->pool, c->owner, &x->tried) : NULL;

	if (owner)
		x->server = owner;
	if (owner || c->proposed) /* without an owner, what balance said stands */
		reach_server(x);
	else
		propose(x, c->owner);
}

static void store_answered_later(struct claim *c)
{
	store_answered(container_of(c, struct exchange, claim));
}

static void ask_store(struct exchange *x, uint64_t proposed, uint64_t instead_of)
{
	struct claim *c = &x->claim;

	c->proposed = proposed;
	c->instead_of = instead_of;
	c->timeout_ms = x->reach->pool->timeout_ms;
	c->now_ms = x->session->worker->now_ms;
	c->answered = store_answered_later;
	if (store_claim(x->reach->pool->store, c) == -EINPROGRESS)
		exchange_keep_unit(x);
	else
		store_answered(x);
}

/* A request inside a dialog goes to the key's owner, in whatever pool that is: the listener's own is asked first. */
static bool follow(struct exchange *x)
{
	const struct listener_conf *conf = x->session->listener->conf;

	for (unsigned i = 0; i < conf->nreach; i++) {
		const struct reach *r = &conf->reach[i];
		struct claim look = { .timeout_ms = r->pool->timeout_ms, .now_ms = x->session->worker->now_ms };

		if (!r->persist || !exchange_key(x, r, &look.key) || store_claim(r->pool->store, &look) < 0 || !look.owner)
			continue;
		x->reach = r;
		return true;
	}
	return false;
}

/* The client came by a port that was opened for this server. */
static void place_expected(struct exchange *x)
{
	struct server *own = expected_server(x->session->in.expected);

	x->server = balance_owner(own->pool, own->id, &x->tried);
	if (x->server)
		reach_server(x);
	else
		answer(x, &no_server);
}

static void place(struct exchange *x)
{
	if (x->session->in.expected) {
		place_expected(x);
		return;
	}
	if (x->state == EXCHANGE_NEW && (x->how.flags & LG_FOLLOW) && x->session->listener->conf->nreach > 1)
		follow(x);
	x->state = EXCHANGE_PLACING;
	if (!x->reach) {
		answer(x, &no_server);
		return;
	}
	x->has_key = exchange_key(x, x->reach, &x->claim.key);
	if (x->has_key && x->reach->persist)
		ask_store(x, 0, 0);
	else
		propose(x, 0);
}

/* ---- A link to the server ---- */

static struct link *find_link(struct session *s, const struct server *server)
{
	struct list *l, *tmp;

	list_each(l, tmp, &s->servers) {
		struct link *k = container_of(l, struct link, node);

		if (k->server == server && k->stream && !k->stream->closing)
			return k;
	}
	return NULL;
}

static struct link *open_link(struct session *s, struct server *server)
{
	struct link *l;
	int r = link_connect(&l, s, server);

	if (r < 0) {
		log_warning("server-unreachable", "listener", s->listener->conf->name, "server", server->name, "reason",
			    uv_strerror(r));
		return NULL;
	}
	list_append(&s->servers, &l->node);
	s->nlinks++;
	atomic_fetch_add_explicit(&server->state->sessions, 1, memory_order_relaxed);
	return l;
}

/* This server cannot be had: the next one, as often as the pool says. */
static void try_next(struct exchange *x)
{
	atomic_fetch_add_explicit(&x->server->state->failures, 1, memory_order_relaxed);
	monitor_hurry(x->server);
	if (x->tried.n < BALANCE_TRIED)
		x->tried.ids[x->tried.n++] = x->server->id;
	if (x->tried.n >= x->server->pool->tries)
		answer(x, &no_server);
	else
		place(x);
}

static void reach_server(struct exchange *x)
{
	struct session *s = x->session;
	struct link *l = find_link(s, x->server);

	if (!l)
		l = open_link(s, x->server);
	if (!l) {
		try_next(x);
		return;
	}
	list_append(&l->exchanges, &x->at);
	if (l->open) {
		hand_out(x, l);
		return;
	}
	x->state = EXCHANGE_WAITING;
	exchange_keep_unit(x);
}

void session_link_opened(struct link *l)
{
	struct list waiting;

	list_init(&waiting);
	list_splice(&waiting, &l->exchanges);
	for (struct list *i = list_take(&waiting); i; i = list_take(&waiting)) {
		list_append(&l->exchanges, i);
		hand_out(container_of(i, struct exchange, at), l);
	}
}

void session_link_failed(struct link *l)
{
	for (struct list *i = list_take(&l->exchanges); i; i = list_take(&l->exchanges))
		try_next(container_of(i, struct exchange, at));
}

/* ---- The plugin sends the request ---- */

static void hand_out(struct exchange *x, struct link *to)
{
	const struct lg_plugin *p = x->session->listener->conf->plugin;
	bool keep = x->how.flags & LG_KEEP;

	if (keep && exchange_keep_unit(x) < 0) {
		answer(x, &no_server);
		return;
	}
	x->state = EXCHANGE_ROUTED;
	x->pub.to = &to->pub;
	x->begins = to->stream->queued;
	if (to->server)
		atomic_fetch_add_explicit(&to->server->state->requests, 1, memory_order_relaxed);
	if (x->how.deadline_ms)
		wheel_set(&to->worker->wheel, &x->deadline, to->worker->now_ms + x->how.deadline_ms);
	if (p->routed)
		p->routed(&x->pub, &to->pub);
	if (!keep && x->state == EXCHANGE_ROUTED)
		exchange_drop_unit(x);
}

/* The other end is known: nothing is picked. */
static void hand_back(struct exchange *x)
{
	struct link *to = link_of(x->how.to);

	if (!to->open || !to->stream || to->stream->closing) {
		answer(x, &no_server);
		return;
	}
	list_append(&to->exchanges, &x->at);
	hand_out(x, to);
}

static void step(struct task *t)
{
	struct exchange *x = container_of(t, struct exchange, task);

	if (x->state == EXCHANGE_NEW && !decide(x))
		return;
	if (x->how.to)
		hand_back(x);
	else
		place(x);
}
