/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.c: making, keeping and ending of sessions and exchanges.  The story is in session.c.
 */
#include "exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "access_log.h"
#include "address.h"
#include "admission.h"
#include "expect.h"
#include "key.h"
#include "lease.h"
#include "link.h"
#include "log.h"
#include "monitor.h"
#include "seat.h"
#include "span.h"
#include "trunk.h"

/* ---- Sessions ---- */

static struct session *create(struct listener *l)
{
	struct session *s = calloc(1, sizeof *s + l->conf->plugin->session_size);

	if (!s)
		return NULL;
	s->pub.data = s->data;
	s->worker = l->worker;
	s->listener = l;
	s->snapshot = snapshot_ref(l->snapshot);
	list_init(&s->servers);
	list_init(&s->exchanges);
	return s;
}

struct session *session_create(struct listener *l, const struct sockaddr *peer)
{
	struct session *s = create(l);

	if (!s)
		return NULL;
	s->number = l->worker->last_session += l->worker->session_step;
	memcpy(&s->source, peer, address_len(peer));
	list_append(&l->worker->sessions, &s->node);
	return s;
}

struct session *session_create_shared(struct listener *l)
{
	struct session *s = create(l);

	if (!s)
		return NULL;
	s->shared = true;
	list_append(&l->worker->trunks, &s->node);
	return s;
}

static void bury_session(struct grave *g)
{
	struct session *s = container_of(g, struct session, grave);

	snapshot_unref(s->snapshot);
	free(s);
}

void session_destroy(struct session *s)
{
	list_remove(&s->node);
	if (s->shared)
		trunk_session_ended(s->listener);
	else
		admission_leave(s->listener, (struct sockaddr *)&s->source);
	if (s->in.expected)
		expected_leave(s->in.expected);
	session_drained(s->worker);
	s->grave.bury = bury_session;
	worker_bury(s->worker, &s->grave);
}

/* ---- Exchanges ---- */

static void deadline_passed(struct deadline *d);

struct exchange *exchange_create(struct session *s, void (*step)(struct task *))
{
	struct exchange *x = calloc(1, sizeof *x + s->listener->conf->plugin->exchange_size);

	if (!x)
		return NULL;
	x->session = s;
	x->pub.data = x->data;
	x->begun_ms = s->worker->now_ms;
	task_init(&x->task, step);
	wheel_deadline_init(&x->deadline, deadline_passed);
	list_init(&x->at);
	list_append(&s->exchanges, &x->node);
	s->nexchanges++;
	return x;
}

int exchange_keep_unit(struct exchange *x)
{
	struct lg_span unit = x->pub.unit;

	if (x->copy || !unit.n)
		return 0;
	x->copy = malloc(unit.n);
	x->pub.unit = x->copy ? (struct lg_span){ memcpy(x->copy, unit.p, unit.n), unit.n } : SPAN_NONE;
	return x->copy ? 0 : -ENOMEM;
}

void exchange_drop_unit(struct exchange *x)
{
	free(x->copy);
	x->copy = NULL;
	x->pub.unit = SPAN_NONE;
}

static void bury_exchange(struct grave *g)
{
	struct exchange *x = container_of(g, struct exchange, grave);

	free(x->copy);
	free((void *)x->pub.edits);
	free(x);
}

void exchange_end(struct exchange *x)
{
	if (x->state == EXCHANGE_OVER)
		return;
	access_log_exchange(x);
	if (x->reuse)
		lease_give_back(x);
	x->state = EXCHANGE_OVER;
	x->session->nexchanges--;
	list_remove(&x->node);
	list_remove(&x->at);
	list_remove(&x->task.node);
	lease_end(x);
	seat_drop(x);
	link_settle(x->session->client);
	wheel_cancel(&x->session->worker->wheel, &x->deadline);
	x->grave.bury = bury_exchange;
	if (!x->asking)
		worker_bury(x->session->worker, &x->grave);
}

bool exchange_answered(struct exchange *x)
{
	x->asking = false;
	if (x->state != EXCHANGE_OVER)
		return false;
	bury_exchange(&x->grave); /* its session may be gone as well */
	return true;
}

void exchange_tried(struct exchange *x)
{
	if (x->tried.n < BALANCE_TRIED)
		x->tried.ids[x->tried.n++] = x->server->id;
}

/* ---- What the plugin says of an exchange ---- */

static void pass(struct exchange *x)
{
	if (!x->verdict)
		x->verdict = "pass";
}

void session_done(struct exchange *x)
{
	pass(x);
	exchange_end(x);
}

void session_reuse(struct exchange *x)
{
	pass(x);
	x->reuse = true;
	exchange_end(x);
}

/* Away from its server, to another one. */
static void go_elsewhere(struct exchange *x)
{
	list_remove(&x->at);
	lease_end(x);
	seat_drop(x);
	wheel_cancel(&x->session->worker->wheel, &x->deadline);
	x->state = EXCHANGE_PLACING;
	x->verdict = NULL;
	x->pub.to = NULL;
	if (!x->rented)
		exchange_tried(x);
	x->rented = false;
	worker_defer(x->session->worker, &x->task);
}

static bool may_go_elsewhere(const struct exchange *x)
{
	return x->state == EXCHANGE_ROUTED && x->server && (x->how.flags & LG_KEEP);
}

void session_again(struct exchange *x)
{
	if (x->losing)
		x->again = true;
	else if (may_go_elsewhere(x))
		go_elsewhere(x);
}

/* At the other end of a link, also of one that the server has opened itself. */
static struct server *server_of(const struct link *l)
{
	return server_of_place(l->pub.server);
}

void session_rest(struct link *l, uint32_t ms)
{
	const struct snapshot *s = l->listener->snapshot;
	struct server *own = server_of(l);
	uint64_t until_ms = l->worker->now_ms + ms;

	if (!own || !ms)
		return;
	if (!server_rests(own)) /* it stays up: nothing else would tell why it gets no new keys */
		link_log(l, LG_WARNING, "server-rests", "seconds", LOG_NUM((ms + 999) / 1000));
	server_rest(own, until_ms);
	for (unsigned i = 0; link_is_shared(l) && i < s->npools; i++) {
		for (unsigned k = 0; k < s->pools[i].nservers; k++) {
			if (s->pools[i].servers[k].trunk == own->trunk)
				server_rest(&s->pools[i].servers[k], until_ms);
		}
	}
}

/* A key on its way to a server: two questions, each of which may be answered after the exchange has ended. */
struct pinning {
	struct claim claim;
	struct store *store;
	uint64_t server;
};

static void pin_answered(struct claim *c)
{
	struct pinning *p = container_of(c, struct pinning, claim);

	if (c->proposed == 0 && c->owner != p->server) { /* nobody's, or another's: it is handed over */
		c->instead_of = c->owner;
		c->proposed = p->server;
		if (store_claim(p->store, c) == -EINPROGRESS)
			return;
	}
	free(p);
}

static void pin_key(const struct pool *pool, const struct store_key *key, uint64_t server, uint64_t now_ms)
{
	struct pinning *p = malloc(sizeof *p);

	if (!p)
		return;
	*p = (struct pinning){
		.claim = { .key = *key, .timeout_ms = pool->timeout_ms, .now_ms = now_ms, .answered = pin_answered },
		.store = pool->store,
		.server = server,
	};
	if (store_claim(p->store, &p->claim) != -EINPROGRESS)
		pin_answered(&p->claim);
}

/* Whom the link leads to, as a member of `pool`: a shared link may lead to a server of several pools. */
static const struct server *server_in(const struct link *l, const struct pool *pool)
{
	const struct server *own = server_of(l);

	for (unsigned i = 0; own && i < pool->nservers; i++) {
		if (&pool->servers[i] == own || (link_is_shared(l) && pool->servers[i].trunk == own->trunk))
			return &pool->servers[i];
	}
	return NULL;
}

void session_pin(struct link *owner, struct exchange *x)
{
	const struct listener_conf *conf = x->session->listener->conf;
	struct store_key key;

	for (unsigned i = 0; i < conf->nreach; i++) {
		const struct reach *r = &conf->reach[i];
		const struct server *server = r->persist ? server_in(owner, r->pool) : NULL;

		if (server && key_of(x, r, &key))
			pin_key(r->pool, &key, server->id, x->session->worker->now_ms);
	}
}

/* ---- The end of links ---- */

/* The plugin hears that a routed request is lost; it may answer, or have it sent elsewhere. */
static void lose(struct exchange *x, enum lg_why why)
{
	const struct lg_plugin *p = x->session->listener->conf->plugin;
	struct link *to = link_of(x->pub.to);
	struct lg_lost lost = { .why = why, .handed = !to || link_handed(to) > x->begins };

	list_remove(&x->at);
	wheel_cancel(&x->session->worker->wheel, &x->deadline);
	x->again = false;
	x->losing = true;
	x->verdict = "lost";
	if (p->lost)
		p->lost(&x->pub, &lost);
	else
		link_close(link_of(x->pub.from), LG_FLUSH, "server closed");
	x->losing = false;
	if (x->again && may_go_elsewhere(x))
		go_elsewhere(x);
	else
		exchange_end(x);
}

static void deadline_passed(struct deadline *d)
{
	lose(container_of(d, struct exchange, deadline), LG_LOST_DEADLINE);
}

static void lose_all_on(struct link *l)
{
	for (struct list *i = l->exchanges.next; i != &l->exchanges; i = l->exchanges.next)
		lose(container_of(i, struct exchange, at), LG_LOST_LINK);
}

/* What a link began itself ends with it. */
static void end_all_from(struct link *l)
{
	struct list *i, *tmp;

	list_each (i, tmp, &l->session->exchanges) {
		struct exchange *x = container_of(i, struct exchange, node);

		if (x->pub.from == &l->pub)
			exchange_end(x);
	}
}

static void client_closed(struct session *s)
{
	struct list *i, *tmp;

	for (i = s->exchanges.next; i != &s->exchanges; i = s->exchanges.next)
		exchange_end(container_of(i, struct exchange, node));
	list_each (i, tmp, &s->servers) {
		struct link *l = container_of(i, struct link, node);

		link_close(l, l->open ? LG_FLUSH : LG_RESET, "client closed");
	}
}

static void server_closed(struct link *l, bool by_network)
{
	end_all_from(l);
	if (!l->open) {
		session_link_failed(l);
		return;
	}
	if (by_network)
		monitor_hurry(l->server);
	lose_all_on(l);
}

static void bury_link(struct grave *g)
{
	struct link *l = container_of(g, struct link, grave);

	free(l->sni);
	free(l->alpn);
	free(l);
}

void session_link_closed(struct link *l, bool by_network)
{
	struct session *s = l->session;
	const struct lg_plugin *p = s->listener->conf->plugin;

	if (l->server)
		server_closed(l, by_network);
	else
		client_closed(s);
	if (p->closed && l->open)
		p->closed(&l->pub);
	if (l->lease.is)
		lease_link_closed(l);
	else if (s->shared)
		trunk_link_closed(l);
	else if (l->server)
		server_leave(l->server);
	else
		s->client = NULL, s->pub.client = NULL;
	list_remove(&l->node);
	l->grave.bury = bury_link;
	worker_bury(l->worker, &l->grave);
	if (--s->nlinks == 0)
		session_destroy(s);
}

/* ---- The gateway stops ---- */

void session_drain(struct session *s)
{
	const struct lg_plugin *p = s->listener->conf->plugin;

	if (p->drain && s->client && s->client->open)
		p->drain(&s->client->pub);
}

void session_end(struct session *s, enum lg_close how, const char *why)
{
	struct list *i, *tmp;

	if (s->client)
		link_close(s->client, how, why);
	if (how == LG_RESET || s->shared) {
		list_each (i, tmp, &s->servers)
			link_close(container_of(i, struct link, node), how, why);
	}
}

void session_drained(struct worker *w)
{
	if (!w->draining || !list_empty(&w->sessions))
		return;
	if (list_empty(&w->trunks))
		worker_stop(w);
	else
		trunks_close(w);
}
