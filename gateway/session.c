/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c: the way of a request, from top to bottom:
 *
 *     a client is accepted (session_begin.c), its plugin reads a request (session_route), policies give a verdict
 * (decide), persistence and balance pick a server (place), a link to it is found or opened (reach_server), the plugin
 * sends the request (hand_out), and the answer comes back as bytes that the plugin sends to the client's link.
 *
 * Each step runs as a consequence, never inside a call of the plugin.  The bookkeeping of exchanges, and what becomes
 * of them when something ends, is in exchange.c.
 */
#include "session.h"

#include <errno.h>

#include "admission.h"
#include "exchange.h"
#include "expect.h"
#include "key.h"
#include "lease.h"
#include "link.h"
#include "log.h"
#include "monitor.h"
#include "policy.h"
#include "reach.h"
#include "routes.h"
#include "seat.h"
#include "span.h"

enum { RETRY_AFTER_S = 5 };

/* ---- Its plugin has read a request ---- */

static void step(struct task *t);

/* The spans of `how` are good until the plugin's call returns. */
static void find_named(struct exchange *x, struct lg_span called)
{
	const struct listener_conf *conf = x->session->listener->conf;

	x->how.server = SPAN_NONE;
	for (unsigned i = 0; called.n > 0 && i < conf->nreach && !x->named_in; i++) {
		x->server = balance_named(conf->reach[i].pool, called);
		if (x->server)
			x->named_in = &conf->reach[i];
	}
}

struct exchange *session_route(struct link *from, const struct lg_how *how, struct lg_span unit)
{
	struct session *s = from->session;
	struct exchange *x;

	if (!link_lives(from))
		return NULL;
	if (s->nexchanges >= s->listener->conf->limits.plugin.requests) {
		limit_passed(s->listener->conf, LIMIT_REQUESTS, from->peer_text, s->worker->now_ms);
		return NULL;
	}
	x = exchange_create(s, step);
	if (!x)
		return NULL;
	x->how = *how;
	find_named(x, how->server);
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
	static const char *const verdicts[] = { "reply", "no-server", "overload", "no-route" };
	static const char *const reasons[] = { "refused by policy", "no server", "all servers are full", "no route" };

	x->verdict = reply->code ? verdicts[reply->cause] : "drop";
	if (p->respond)
		p->respond(&x->pub, reply);
	else if (reply->code)
		link_close(link_of(x->pub.from), LG_FLUSH, reasons[reply->cause]);
	exchange_end(x);
}

static void unavailable(struct exchange *x, enum lg_cause cause)
{
	answer(x, &(struct lg_reply){ .cause = cause,
				      .code = 503,
				      .reason = { "Service Unavailable", 19 },
				      .retry_after_s = RETRY_AFTER_S });
}

/* Nobody serves what it asks for: that is no failure of a server, and will not pass. */
static void no_route(struct exchange *x)
{
	link_log(link_of(x->pub.from), LG_INFO, "no-route", NULL, NULL);
	answer(x, &(struct lg_reply){ .cause = LG_BY_NO_ROUTE, .code = 404, .reason = { "Not Found", 9 } });
}

/* There is none in this pool, or none that has room. */
static void refuse(struct exchange *x, struct pool *pool)
{
	bool full = balance_is_full(pool, &x->tried);

	if (full)
		atomic_fetch_add_explicit(&pool->live->overloads, 1, memory_order_relaxed);
	unavailable(x, full ? LG_BY_OVERLOAD : LG_BY_NO_SERVER);
}

/* False: the verdict has answered, or let it drop. */
static bool decide(struct exchange *x)
{
	const struct listener_conf *conf = x->session->listener->conf;
	struct verdict v = { .kind = VERDICT_PASS };
	struct lg_reply reply = { .cause = LG_BY_POLICY };

	x->reach = routes_pick(x);
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
		unavailable(x, LG_BY_NO_SERVER);
		return false;
	case VERDICT_PICK:
		x->wanted = balance_listed(x->reach->pool, v.server, NULL);
		return true;
	default:
		return true;
	}
}

/* ---- Persistence, then balance, pick a server ---- */

static void reach_server(struct exchange *x);
static void hand_out(struct exchange *x, struct link *to);

static void store_answered_later(struct claim *c)
{
	struct exchange *x = container_of(c, struct exchange, claim);

	if (!exchange_answered(x))
		x->then(x);
}

/* Asks a pool's table for x->claim.key; `then` has the answer in x->claim.owner, now or later. */
static void ask_store(struct exchange *x, const struct pool *pool, uint64_t proposed, uint64_t instead_of,
		      void (*then)(struct exchange *))
{
	struct claim *c = &x->claim;

	c->proposed = proposed;
	c->instead_of = instead_of;
	c->source = proposed ? key_source(x) : 0;
	c->timeout_ms = pool->timeout_ms;
	c->now_ms = x->session->worker->now_ms;
	c->answered = store_answered_later;
	x->then = then;
	if (store_claim(pool->store, c) != -EINPROGRESS) {
		then(x);
		return;
	}
	x->asking = true;
	if (exchange_keep_unit(x) < 0)
		unavailable(x, LG_BY_NO_SERVER);
}

static void take_owner(struct exchange *x);

/* x->server is to have it, and the key, which `gone` (0: nobody) had. */
static void offer(struct exchange *x, uint64_t gone)
{
	if (x->has_key && x->reach->persist)
		ask_store(x, x->reach->pool, x->server->id, gone, take_owner);
	else
		reach_server(x);
}

/* Nobody owns the key, or its owner cannot serve: balance proposes. */
static void propose(struct exchange *x, uint64_t gone)
{
	if (seat_take_any(x))
		offer(x, gone);
	else
		refuse(x, x->reach->pool);
}

static void take_owner(struct exchange *x)
{
	struct claim *c = &x->claim;
	struct server *owner = c->owner ? balance_owner(x->reach->pool, c->owner, &x->tried) : NULL;

	if (!c->proposed && x->wanted && !seat_is_wanted(x, owner) && seat_take_wanted(x)) {
		offer(x, c->owner);
		return;
	}
	if (owner && !seat_take(x, owner, true))
		owner = NULL; /* it is full, which its own does not override: the key moves */
	if (owner)
		x->server = owner;
	if (owner || c->proposed) /* without an owner, what balance said stands */
		reach_server(x);
	else
		propose(x, c->owner);
}

/* The client came by a port that was opened for this server. */
static void place_expected(struct exchange *x)
{
	struct server *own = expected_server(x->session->in.expected);

	x->server = balance_owner(own->pool, own->id, &x->tried);
	if (x->server && seat_take(x, x->server, true))
		reach_server(x);
	else
		refuse(x, own->pool);
}

/* LG_STAY: the server whose link the session keeps, whoever else there is.  One exchange at a time has it. */
static bool stay(struct exchange *x)
{
	const struct link *l = lease_kept(x);

	if (!l)
		return false;
	x->server = l->server;
	l->pub.exchange ? unavailable(x, LG_BY_NO_SERVER) : reach_server(x);
	return true;
}

static bool was_tried_enough(const struct exchange *x)
{
	return (x->tried.n && x->tried.n >= x->reach->pool->tries) || x->tried.n == BALANCE_TRIED;
}

static void place(struct exchange *x)
{
	if (x->session->in.expected) {
		place_expected(x);
		return;
	}
	x->state = EXCHANGE_PLACING;
	if (!x->reach && !x->session->shared) {
		no_route(x);
		return;
	}
	if (x->session->shared || was_tried_enough(x)) { /* shared: a server's own request */
		unavailable(x, LG_BY_NO_SERVER);
		return;
	}
	if (stay(x))
		return;
	x->has_key = key_of(x, x->reach, &x->claim.key);
	if (x->has_key && x->reach->persist)
		ask_store(x, x->reach->pool, 0, 0, take_owner);
	else
		propose(x, 0);
}

static void follow(struct exchange *x);

static void follow_owner(struct exchange *x)
{
	if (!x->claim.owner) {
		x->looking++;
		follow(x);
		return;
	}
	x->reach = &x->session->listener->conf->reach[x->looking];
	x->has_key = true;
	x->wanted = NULL;
	take_owner(x);
}

/* A request inside a dialog that names its server goes there, whoever owns the key, unless that server cannot have it.
 */
static bool take_named(struct exchange *x)
{
	x->server = x->named_in ? balance_owner(x->server->pool, x->server->id, &x->tried) : NULL;
	if (!x->server || !seat_take(x, x->server, true))
		return false;
	x->reach = x->named_in;
	reach_server(x);
	return true;
}

/* A request inside a dialog goes to the key's owner, in whatever pool that is: the listener's own is asked first. */
static void follow(struct exchange *x)
{
	const struct listener_conf *conf = x->session->listener->conf;

	x->state = EXCHANGE_PLACING;
	for (; x->looking < conf->nreach; x->looking++) {
		const struct reach *r = &conf->reach[x->looking];

		if (r->persist && key_of(x, r, &x->claim.key)) {
			ask_store(x, r->pool, 0, 0, follow_owner);
			return;
		}
	}
	place(x);
}

/* ---- A link to the server (reach.c) ---- */

static void leave_server(struct exchange *x)
{
	lease_end(x);
	seat_drop(x);
	exchange_tried(x);
	place(x);
}

/* This server cannot be had: the next one, as often as the pool says. */
static void try_next(struct exchange *x)
{
	atomic_fetch_add_explicit(&x->server->state->failures, 1, memory_order_relaxed);
	monitor_hurry(x->server);
	leave_server(x);
}

static void tell_unreachable(const struct exchange *x, const char *reason)
{
	const struct listener_conf *conf = x->session->listener->conf;
	unsigned long long n =
		quiet_asks(&conf->stats->quiet, LG_WARNING, "server-unreachable", x->session->worker->now_ms);

	if (n)
		log_warning("server-unreachable", "listener", conf->name, "server", server_log_name(x->server), "count",
			    n > 1 ? LOG_NUM(n) : NULL, "reason", reason);
}

static void reach_server(struct exchange *x)
{
	struct link *l;
	int r = reach_link(&l, x);

	if (r < 0) {
		if (reach_waits(x, r))
			return;
		if (r == -EUSERS) {
			leave_server(x);
			return;
		}
		tell_unreachable(x, uv_strerror(r));
		try_next(x);
		return;
	}
	list_append(&l->exchanges, &x->at);
	if (l->open) {
		hand_out(x, l);
		return;
	}
	x->state = EXCHANGE_WAITING;
	if (exchange_keep_unit(x) < 0)
		unavailable(x, LG_BY_NO_SERVER);
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

static void count_request(struct exchange *x, const struct link *to)
{
	struct server *server = x->server ? x->server : to->server;

	if (server)
		atomic_fetch_add_explicit(&server->state->requests, 1, memory_order_relaxed);
}

/* `to` NULL: the plugin itself knows where it goes. */
static void hand_out(struct exchange *x, struct link *to)
{
	const struct lg_plugin *p = x->session->listener->conf->plugin;
	struct worker *w = x->session->worker;
	bool keep = x->how.flags & LG_KEEP;

	if (keep && exchange_keep_unit(x) < 0) {
		unavailable(x, LG_BY_NO_SERVER);
		return;
	}
	x->state = EXCHANGE_ROUTED;
	if (x->lease && x->lease->pool->ntlm && !lease_keep(x)) {
		unavailable(x, LG_BY_OVERLOAD);
		return;
	}
	x->pub.to = to ? &to->pub : NULL;
	if (to) {
		x->begins = link_queued(to);
		count_request(x, to);
	}
	if (x->how.deadline_ms)
		wheel_set(&w->wheel, &x->deadline, w->now_ms + x->how.deadline_ms);
	if (p->routed)
		p->routed(&x->pub, x->pub.to);
	if (!keep && x->state == EXCHANGE_ROUTED)
		exchange_drop_unit(x);
}

/* The other end is known: nothing is picked. */
static void hand_back(struct exchange *x)
{
	struct link *to = link_of(x->how.to);

	if (!to->open || !link_lives(to)) {
		unavailable(x, LG_BY_NO_SERVER);
		return;
	}
	list_append(&to->exchanges, &x->at);
	hand_out(x, to);
}

static void step(struct task *t)
{
	struct exchange *x = container_of(t, struct exchange, task);

	bool fresh = x->state == EXCHANGE_NEW;

	if (fresh && !decide(x))
		return;
	if (x->how.flags & LG_KNOWN)
		hand_out(x, NULL);
	else if (x->how.to)
		hand_back(x);
	else if (fresh && (x->how.flags & LG_FOLLOW) && take_named(x))
		return;
	else if (fresh && (x->how.flags & LG_FOLLOW) && x->session->listener->conf->nreach > 1)
		follow(x);
	else
		place(x);
}
