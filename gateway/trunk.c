/* SPDX-License-Identifier: Apache-2.0 */
/* trunk.c: finding and opening shared links, and which of them a client takes.  What happens on them: session.c. */
#include "trunk.h"

#include <errno.h>
#include <stdlib.h>

#include "exchange.h"
#include "link.h"
#include "listener.h"
#include "log.h"

struct trunk {
	struct link **links; /* NULL where there is none now */
	unsigned n;
	struct idle idle;
};

struct trunks {
	struct session *session; /* NULL: there is no link */
	struct deadline patience;
	bool told; /* that the servers will not see the clients' addresses, though the listener says so */
	unsigned n;
	struct trunk each[];
};

/* What an exchange needs of its link. */
struct need {
	bool udp;
	bool shows; /* our certificate */
};

enum { WAYS = 4 }; /* of a trunk: each need */

/* ---- Which trunk ---- */

/* By UDP or by a stream: as the pool says, else inside TLS if it has that, else as the client came. */
static bool by_udp(const struct exchange *x, const struct pool *pool)
{
	bool stream = x->how.flags & LG_STREAM;

	if (!pool->transports[0])
		return !stream && !pool->tls && x->pub.from->transport == LG_UDP;
	for (unsigned i = 0; i < 2 && stream; i++) {
		if (pool->transports[i] && pool->transports[i] != LG_UDP)
			return false;
	}
	return pool->transports[0] == LG_UDP;
}

/* Our certificate is for trusted clients' traffic only: an anonymous one must not reach a server under our name. */
static struct need need_of(const struct exchange *x)
{
	const struct pool *pool = x->server->pool;
	bool udp = by_udp(x, pool);

	return (struct need){ .udp = udp, .shows = !udp && pool->tls && x->pub.from->trusted };
}

static struct trunks *trunks_of(struct listener *l);

static struct trunk *trunk_of(struct trunks *all, const struct server *server, const struct need *need)
{
	return &all->each[server->trunk * WAYS + 2u * need->shows + need->udp];
}

/* Where the link is or will be; NULL: out of memory.  A client's number, which counts in steps, decides among several.
 */
static struct link **place_of(struct listener *l, const struct exchange *x, const struct need *need)
{
	const struct session *s = x->session;
	unsigned links = x->server->pool->links ? x->server->pool->links : 1;
	struct trunks *all = trunks_of(l);
	struct trunk *t;

	if (!all)
		return NULL;
	t = trunk_of(all, x->server, need);
	if (t->n < links) {
		struct link **grown = realloc(t->links, links * sizeof(struct link *));

		if (!grown)
			return NULL;
		for (unsigned i = t->n; i < links; i++)
			grown[i] = NULL;
		t->links = grown;
		t->n = links;
	}
	return &t->links[s->number / (s->worker->session_step ? s->worker->session_step : 1) % links];
}

/* ---- Finding, opening ---- */

static void out_of_patience(struct deadline *d)
{
	session_end(container_of(d, struct trunks, patience)->session, LG_RESET, "gateway stops");
}

static struct trunks *trunks_of(struct listener *l)
{
	unsigned n = l->snapshot->ntrunks * WAYS;

	if (l->trunks)
		return l->trunks;
	l->trunks = calloc(1, sizeof *l->trunks + n * sizeof l->trunks->each[0]);
	if (!l->trunks)
		return NULL;
	l->trunks->n = n;
	for (unsigned i = 0; i < n; i++)
		list_init(&l->trunks->each[i].idle.links);
	wheel_deadline_init(&l->trunks->patience, out_of_patience);
	return l->trunks;
}

struct session *trunk_session(struct listener *l)
{
	struct trunks *all = trunks_of(l);

	if (all && !all->session)
		all->session = session_create_shared(l);
	return all ? all->session : NULL;
}

struct idle *trunk_idle(struct listener *l, const struct server *server, bool shows)
{
	struct trunks *all = trunks_of(l);

	return all ? &trunk_of(all, server, &(struct need){ .shows = shows })->idle : NULL;
}

static int open_link(struct link **lp, struct listener *l, struct server *server, const struct need *need)
{
	struct trunks *all = l->trunks;
	int r;

	if (!trunk_session(l))
		return -ENOMEM;
	if (l->conf->transparent && !all->told)
		log_warning("source-not-transparent", "listener", l->conf->name, "reason",
			    "its links to servers are shared by all clients, and come from the gateway's address");
	all->told = true;
	r = link_connect_shared(lp, all->session, server, need->udp, need->shows);
	if (r < 0) {
		if (!all->session->nlinks)
			session_destroy(all->session);
		return r;
	}
	list_append(&all->session->servers, &(*lp)->node);
	all->session->nlinks++;
	atomic_fetch_add_explicit(&server->state->shared, 1, memory_order_relaxed);
	return 0;
}

int trunk_reach(struct link **lp, struct exchange *x)
{
	struct listener *l = x->session->listener;
	struct need need = need_of(x);
	struct link **place = place_of(l, x, &need);
	int r = 0;

	if (!place)
		return -ENOMEM;
	if (!*place || !link_lives(*place)) {
		struct link *fresh = NULL;

		r = open_link(&fresh, l, x->server, &need);
		*place = fresh;
	}
	*lp = *place;
	return r;
}

/* ---- Giving up ---- */

/* Its oldest: that would have gone first anyway. */
static bool give_up_of(struct trunks *all)
{
	for (unsigned i = 0; all && i < all->n; i++) {
		for (struct list *k = all->each[i].idle.links.next; k != &all->each[i].idle.links; k = k->next) {
			struct link *l = container_of(k, struct link, lease.idle);

			if (!link_lives(l))
				continue;
			link_close(l, LG_RESET, "no descriptor left");
			return true;
		}
	}
	return false;
}

bool trunk_give_up_one(struct worker *w)
{
	struct list *i, *tmp;

	list_each (i, tmp, &w->listeners) {
		if (give_up_of(container_of(i, struct listener, node)->trunks))
			return true;
	}
	return false;
}

/* ---- Ends ---- */

void trunk_link_closed(struct link *l)
{
	struct trunks *all = l->listener->trunks;

	atomic_fetch_sub_explicit(&l->server->state->shared, 1, memory_order_relaxed);
	for (unsigned i = 0; i < all->n; i++) {
		for (unsigned k = 0; k < all->each[i].n; k++) {
			if (all->each[i].links[k] == l)
				all->each[i].links[k] = NULL;
		}
	}
}

void trunk_session_ended(struct listener *l)
{
	wheel_cancel(&l->worker->wheel, &l->trunks->patience);
	l->trunks->session = NULL;
}

void trunks_close(struct worker *w)
{
	struct list *i, *tmp;

	list_each (i, tmp, &w->trunks) {
		struct session *s = container_of(i, struct session, node);
		struct deadline *patience = &s->listener->trunks->patience;

		session_end(s, LG_FLUSH, "gateway stops");
		if (!wheel_is_set(patience))
			wheel_set(&w->wheel, patience, w->now_ms + TRUNK_FLUSH_MS);
	}
}

void trunks_free(struct listener *l)
{
	if (!l->trunks)
		return;
	for (unsigned i = 0; i < l->trunks->n; i++)
		free(l->trunks->each[i].links);
	free(l->trunks);
	l->trunks = NULL;
}
