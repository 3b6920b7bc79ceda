/* SPDX-License-Identifier: Apache-2.0 */
/*
 * balance.h: picks a server of a pool for a new key.  It knows weights, backups and what was tried; it does not know
 * persistence (session.c asks the store) nor health's reasons (server.h answers).
 */
#ifndef BALANCE_H
#define BALANCE_H

#include <stdint.h>

#include "snapshot.h"

enum { BALANCE_TRIED = 10 }; /* as many as a pool's `tries` may say */

/* Servers that an exchange has tried already. */
struct tried {
	uint64_t ids[BALANCE_TRIED];
	unsigned n;
};

/* What a new key asks for. */
struct wish {
	uint64_t hash;             /* of the key, for BALANCE_HASH */
	const struct tried *tried; /* NULL: nothing */
	uint64_t now_ms;           /* of the workers' clock: how far a slow start has come */
};

/*
 * The server for a new key: among those that take new keys, do not rest, have room (max_sessions) and were not tried;
 * backups only when no other is left.  With all_down = "fail-open" and the pool down: among all that are enabled, as if
 * they were up.  NULL: none.  Room is only looked at: who goes there enters (server_enter), and picks again if that
 * fails.
 *
 * least-connections goes by server_state.sessions for the weight, and by turns where that is equal.  hash is weighted
 * rendezvous hashing (Thaler and Ravishankar 1998; weights by -w / ln(h), Schindelhauer and Schomaker 2005), so that
 * losing a server moves only its keys.
 */
struct server *balance_pick(struct pool *pool, const struct wish *w);

/* The `i`th server that the configuration lists, from 0; of a host name, which is listed once, the first of its slots.
 * NULL: so many are not listed; `n`, if not NULL, is how many are. */
struct server *balance_listed(const struct pool *pool, unsigned i, unsigned *n);

/* Whether a new key may go to `s`, one of the pool's, if there is room. */
bool balance_takes(struct pool *pool, const struct server *s, const struct tried *tried);

/* Whether it is for want of room alone that one of the servers is not picked. */
bool balance_is_full(struct pool *pool, const struct tried *tried);

/* The server with this id, if it may get what is its own (server_takes_own; in a pool that fails open, all but
 * disabled) and was not tried; else NULL. */
struct server *balance_owner(struct pool *pool, uint64_t id, const struct tried *tried);

/* The server that is called so: by its address and port, or by its name, with a port behind it or not.  It need not be
 * one that may get anything.  NULL: none. */
struct server *balance_named(struct pool *pool, struct lg_span called);

enum pool_state { POOL_UNKNOWN, POOL_UP, POOL_DOWN };

/* Up: at least one server takes new keys.  Unknown: none does, and one has no verdict yet.  Down: else. */
enum pool_state pool_state(const struct pool *pool);

#endif
