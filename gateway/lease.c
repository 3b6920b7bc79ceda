/* SPDX-License-Identifier: Apache-2.0 */
/* lease.c: who has a leased link, and whether another may have it.  What happens on it is session.c's as with any link.
 */
#include "lease.h"

#include <errno.h>
#include <string.h>

#include "deliver.h"
#include "exchange.h"
#include "link.h"
#include "reach.h"
#include "trunk.h"

/* Our certificate is for trusted clients' traffic only: an anonymous one must not reach a server under our name. */
static bool shows(const struct exchange *x)
{
	return x->server->pool->tls && x->session->client && x->session->client->pub.trusted;
}

static struct idle *idle_of(const struct link *l)
{
	return trunk_idle(l->listener, l->server, l->lease.shows);
}

/* Between an idle link's lists and counts and a tenant's. */
static void move(struct link *l, struct session *to)
{
	bool idle = to == l->lease.home;

	list_remove(&l->node);
	list_append(&to->servers, &l->node);
	if (idle) /* its home counts it all the time, so that it stays */
		l->session->nlinks--;
	else
		to->nlinks++;
	l->session = to;
	l->pub.session = idle ? NULL : &to->pub;
}

/* ---- Taking one ---- */

static void let(struct link *l, struct exchange *x)
{
	l->pub.exchange = &x->pub;
	x->lease = l;
}

void lease_take_own(struct link *l, struct exchange *x)
{
	x->rented = l->lease.named && !l->lease.kept;
	l->limits.idle_ms = l->listener->conf->limits.idle_ms;
	let(l, x);
}

static bool is_free(const struct link *l)
{
	return link_lives(l) && !l->pub.exchange;
}

/* What has come on it unasked was for nobody, and would be taken for the next one's answer. */
static bool is_quiet(const struct link *l)
{
	return stream_is_clear(l->stream) && stream_is_silent(l->stream);
}

struct link *lease_find_own(struct session *s, const struct server *server)
{
	struct list *i, *tmp;

	list_each (i, tmp, &s->servers) {
		struct link *l = container_of(i, struct link, node);

		if (!(l->lease.kept || l->lease.named) || l->server != server || !is_free(l))
			continue;
		if (l->stream->handing || is_quiet(l)) /* its client goes on while its answer is being handed over */
			return l;
		link_close(l, LG_RESET, "idle link was used by its peer");
	}
	return NULL;
}

struct link *lease_kept(const struct exchange *x)
{
	struct list *i, *tmp;

	if (x->how.mode != LG_LEASED || !((x->how.flags & LG_STAY) || x->reach->pool->ntlm))
		return NULL;
	list_each (i, tmp, &x->session->servers) {
		struct link *l = container_of(i, struct link, node);

		if (l->lease.kept && l->pool == x->reach->pool && link_lives(l))
			return l;
	}
	return NULL;
}

static void leave_idle(struct link *l)
{
	list_remove(&l->lease.idle);
	idle_of(l)->n--;
	atomic_fetch_sub_explicit(&l->server->state->idle, 1, memory_order_relaxed);
}

static void retire(struct link *l, enum lg_close how, const char *why)
{
	leave_idle(l);
	link_close(l, how, why);
}

/* The newest that is fit. */
static struct link *take_idle(struct exchange *x)
{
	struct idle *idle = trunk_idle(x->session->listener, x->server, shows(x));
	struct list *i, *prev;

	if (!idle)
		return NULL;
	for (i = idle->links.prev, prev = i->prev; i != &idle->links; i = prev, prev = i->prev) {
		struct link *l = container_of(i, struct link, lease.idle);

		if (!link_lives(l) || l->stream->handing) /* the last word on it is not spoken yet */
			continue;
		if (is_quiet(l))
			return l;
		retire(l, LG_RESET, "idle link was used by its peer");
	}
	return NULL;
}

static void rent(struct link *l, struct exchange *x)
{
	leave_idle(l);
	move(l, x->session);
	wheel_cancel(&l->worker->wheel, &l->farewell); /* it may have been for a server of another pool */
	l->limits.idle_ms = l->listener->conf->limits.idle_ms;
	l->server = x->server;
	l->pool = x->server->pool;
	l->pub.server = &server_place(x->server)->pub;
	x->seat = NULL; /* it is the link's */
	let(l, x);
}

static int open_new(struct link **lp, struct exchange *x)
{
	struct session *home = trunk_session(x->session->listener);
	int r = home ? reach_connect(lp, x) : -ENOMEM;

	if (r < 0) {
		if (home && !home->nlinks)
			session_destroy(home);
		return r;
	}
	home->nlinks++;
	(*lp)->lease.is = true;
	(*lp)->lease.home = home;
	(*lp)->lease.shows = shows(x);
	(*lp)->lease.named = x->how.proxy;
	let(*lp, x);
	return 0;
}

int lease_reach(struct link **lp, struct exchange *x)
{
	bool alone = x->how.proxy || x->server->pool->ntlm; /* others' are not for it */

	*lp = alone ? NULL : take_idle(x);
	x->rented = *lp;
	if (!*lp)
		return open_new(lp, x);
	rent(*lp, x);
	return 0;
}

/* ---- Limits of time ---- */

static void set_idle(struct link *l, uint32_t ms)
{
	l->limits.idle_ms = ms;
	if (!l->stream)
		return;
	l->stream->active_ms = l->worker->now_ms;
	stream_arm(l->stream);
}

void lease_watch(struct link *l, bool on)
{
	struct link *client = l->session->client;
	uint32_t idle_ms = l->listener->conf->limits.idle_ms;

	if (!l->lease.is || on == l->lease.watched || (on && !l->pub.exchange))
		return;
	l->lease.watched = on;
	set_idle(l, on ? 0 : idle_ms);
	if (!client)
		return;
	client->watched = on ? client->watched + 1 : client->watched - 1;
	set_idle(client, client->watched ? 0 : idle_ms);
}

/* ---- Giving it back ---- */

void lease_end(struct exchange *x)
{
	struct link *l = x->lease;

	x->lease = NULL;
	if (!l)
		return;
	lease_watch(l, false);
	l->pub.exchange = NULL;
	link_close(l, l->open ? LG_FLUSH : LG_RESET, "its exchange has ended");
}

/* Nothing of its tenant's is under way on it. */
static bool is_clear(const struct link *l)
{
	const struct link *client = l->session->client;

	return l->open && l->stream && link_lives(l) && !l->relays && !l->unit_of && list_empty(&l->parked) &&
	       !(client && client->unit_of == l) && (l->stream->handing || stream_is_clear(l->stream));
}

/* Others may have it (or its own client again): it leads where everybody's links lead, and somebody may still come. */
static bool is_fit(const struct link *l)
{
	const struct session *s = l->session;

	return !s->in.server_port && !s->in.expected && !l->listener->conf->transparent && !l->listener->closed &&
	       !l->worker->draining && !wheel_is_set(&l->farewell);
}

static void forget(struct link *l)
{
	deliver_forget(l); /* its tokens were the tenant's */
	link_deadline(l, 0);
	memset(l->data, 0, l->listener->conf->plugin->link_size);
	l->pub.exchange = NULL;
	l->pub.passing = 0;
	stream_go(l->stream);
}

static void arm_idle(struct link *l)
{
	uint32_t most = l->listener->conf->limits.idle_ms;

	l->limits.idle_ms = most && most < IDLE_LINK_MS ? most : IDLE_LINK_MS;
	stream_arm(l->stream);
}

/* Of one session, to one server each; there may be many servers. */
static bool too_many_named(const struct session *s)
{
	const struct list *i;
	unsigned n = 0;

	for (i = s->servers.next; i != &s->servers; i = i->next) {
		const struct link *l = container_of(i, struct link, node);

		n += l->lease.named && !l->lease.kept && is_free(l);
	}
	return n > s->listener->conf->limits.kept;
}

static void wait_for_its_client(struct link *l)
{
	if (too_many_named(l->session))
		link_close(l, LG_FLUSH, "too many idle links of its session");
	else
		arm_idle(l);
}

static void lie_idle(struct link *l)
{
	struct idle *idle = idle_of(l);

	server_leave(l->server);
	atomic_fetch_add_explicit(&l->server->state->idle, 1, memory_order_relaxed);
	move(l, l->lease.home);
	list_append(&idle->links, &l->lease.idle);
	if (++idle->n > IDLE_LINKS)
		retire(container_of(idle->links.next, struct link, lease.idle), LG_FLUSH, "too many idle links");
	arm_idle(l);
}

void lease_give_back(struct exchange *x)
{
	struct link *l = x->lease;

	if (!l || x->state != EXCHANGE_ROUTED || !is_clear(l) || (!l->lease.kept && !is_fit(l)))
		return; /* its end closes it */
	x->lease = NULL;
	x->pub.to = NULL;
	list_remove(&x->at);
	forget(l);
	if (l->lease.named && !l->lease.kept)
		wait_for_its_client(l);
	else if (!l->lease.kept)
		lie_idle(l);
}

bool lease_keep(struct exchange *x)
{
	struct link *l = x->lease;

	if (!l || x->state != EXCHANGE_ROUTED)
		return false;
	if (l->lease.kept)
		return true;
	if (l->session->nkept >= l->listener->conf->limits.kept)
		return false;
	l->lease.kept = l->pub.kept = true;
	l->session->nkept++;
	return true;
}

/* ---- Its end ---- */

void lease_link_closed(struct link *l)
{
	struct session *s = l->session, *home = l->lease.home;

	lease_watch(l, false);
	if (s == home) {
		if (!list_empty(&l->lease.idle))
			leave_idle(l);
		return;
	}
	server_leave(l->server);
	if (l->lease.kept) {
		s->nkept--;
		if (s->client)
			link_close(s->client, LG_FLUSH, "the server link that it kept has closed");
	}
	if (--home->nlinks == 0)
		session_destroy(home);
}
