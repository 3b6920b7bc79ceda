/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seat.c: taking and giving back an exchange's place at a server.  Who may be picked is balance.c's, how many may come
 * is the server's; which keys stay with whom is session.c's.
 */
#include "seat.h"

#include "host.h"
#include "reach.h"
#include "session.h"

void seat_drop(struct exchange *x)
{
	if (x->seat)
		server_leave(x->seat);
	x->seat = NULL;
}

bool seat_take(struct exchange *x, struct server *server, bool own)
{
	bool linked = reach_has_link(x, server);

	if (x->seat == server && !linked)
		return true;
	if (own && x->how.mode == LG_SHARED)
		server_enter_anyhow(server);
	else if (!linked && !server_enter(server))
		return false;
	seat_drop(x);
	x->seat = linked ? NULL : server;
	return true;
}

bool seat_is_wanted(const struct exchange *x, const struct server *s)
{
	return s && (s == x->wanted || (s->slots && s->slots == x->wanted->slots));
}

bool seat_take_wanted(struct exchange *x)
{
	struct pool *pool = x->reach->pool;
	struct server *best = NULL;

	for (unsigned i = 0; x->wanted && i < pool->nservers; i++) {
		struct server *s = &pool->servers[i];

		if (seat_is_wanted(x, s) && balance_takes(pool, s, &x->tried) &&
		    (!best || atomic_load(&s->state->sessions) < atomic_load(&best->state->sessions)))
			best = s;
	}
	if (!best || !seat_take(x, best, false))
		return false;
	x->server = best;
	return true;
}

/* All that balance would pick are full, but the session has a link to one of them. */
static bool take_linked(struct exchange *x)
{
	struct pool *pool = x->reach->pool;

	for (unsigned i = 0; i < pool->nservers; i++) {
		struct server *s = &pool->servers[i];

		if (balance_takes(pool, s, &x->tried) && reach_has_link(x, s) && seat_take(x, s, false)) {
			x->server = s;
			return true;
		}
	}
	return false;
}

bool seat_take_any(struct exchange *x)
{
	struct wish wish = { .tried = &x->tried, .now_ms = x->session->worker->now_ms };

	if (seat_take_wanted(x))
		return true;
	if (!x->has_key && x->reach->pool->balance == BALANCE_HASH) /* what has no key is spread by chance */
		host_functions.random(&x->claim.key.b, sizeof x->claim.key.b);
	wish.hash = x->claim.key.b;
	do { /* others pick meanwhile: until one that was picked still has room */
		x->server = balance_pick(x->reach->pool, &wish);
	} while (x->server && !seat_take(x, x->server, false));
	return x->server || take_linked(x);
}
