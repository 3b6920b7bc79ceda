/* SPDX-License-Identifier: Apache-2.0 */
/*
 * balance.c: who may be picked (the candidates), then how (one function for each word of `balance`).  It keeps nothing
 * but the pool's turn; sessions are counted by who opens links, and what was tried by who tries.
 */
#include "balance.h"

#include <math.h>

#include "span.h"

enum { WEIGHT_MAX = 1000 };

/* Gathered once for each pick: health may change meanwhile, and a walk must see the same servers from start to end. */
struct candidates {
	struct server *list[POOL_SERVERS];
	unsigned n;
};

static bool was_tried(const struct tried *tried, uint64_t id)
{
	for (unsigned i = 0; tried && i < tried->n; i++) {
		if (tried->ids[i] == id)
			return true;
	}
	return false;
}

enum pool_state pool_state(const struct pool *pool)
{
	enum pool_state state = POOL_DOWN;

	for (unsigned i = 0; i < pool->nservers; i++) {
		const struct server *s = &pool->servers[i];

		if (server_takes_new(s))
			return POOL_UP;
		if (server_is_enabled(s) && atomic_load(&s->state->health) == HEALTH_UNKNOWN)
			state = POOL_UNKNOWN;
	}
	return state;
}

/* All down means down: while a verdict is still to come, nobody is taken for healthy. */
static bool fails_open(const struct pool *pool)
{
	return pool->all_down == ALL_DOWN_FAIL_OPEN && pool_state(pool) == POOL_DOWN;
}

static void gather(struct candidates *c, struct pool *pool, const struct tried *tried, bool backup, bool fail_open)
{
	c->n = 0;
	for (unsigned i = 0; i < pool->nservers && c->n < POOL_SERVERS; i++) {
		struct server *s = &pool->servers[i];
		bool takes = fail_open ? server_is_enabled(s) && server_is_present(s)
				       : server_takes_new(s) && !server_rests(s);

		if (takes && s->backup == backup && !was_tried(tried, s->id))
			c->list[c->n++] = s;
	}
}

/* Places in the first `rounds` rounds: in each, every server whose weight is not used up has one. */
static uint64_t places(const struct candidates *c, unsigned rounds)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < c->n; i++)
		n += c->list[i]->weight < rounds ? c->list[i]->weight : rounds;
	return n;
}

/* Of the servers that have a place in `round`, the one at `place`. */
static struct server *in_round(const struct candidates *c, unsigned round, uint64_t place)
{
	for (unsigned i = 0; i < c->n; i++) {
		if (c->list[i]->weight >= round && place-- == 0)
			return c->list[i];
	}
	return c->list[0];
}

/*
 * Interleaved weighted round-robin: weights 3 and 1 give A B A A.  A server comes as often in a cycle as its weight
 * says, and equal weights simply alternate.  The place in the cycle follows from the turn alone, so that threads share
 * one counter.
 */
static struct server *round_robin(const struct candidates *c, atomic_uint *turn)
{
	uint64_t place = atomic_fetch_add(turn, 1) % places(c, WEIGHT_MAX);
	unsigned low = 1, high = WEIGHT_MAX;

	while (low < high) { /* the first round whose end lies behind the place */
		unsigned middle = (low + high) / 2;

		if (places(c, middle) > place)
			high = middle;
		else
			low = middle + 1;
	}
	return in_round(c, low, place - places(c, low - 1));
}

/* Leaves only those with the fewest sessions for their weight; fractions are compared crosswise. */
static void keep_least_loaded(struct candidates *c)
{
	uint64_t least = 0, weight = 0;
	unsigned kept = 0;

	for (unsigned i = 0; i < c->n; i++) {
		struct server *s = c->list[i];
		uint64_t sessions = atomic_load(&s->state->sessions);

		if (kept > 0 && sessions * weight > least * s->weight)
			continue;
		if (kept > 0 && sessions * weight < least * s->weight)
			kept = 0;
		c->list[kept++] = s;
		least = sessions;
		weight = s->weight;
	}
	c->n = kept;
}

static struct server *least_connections(struct candidates *c, atomic_uint *turn)
{
	keep_least_loaded(c);
	return round_robin(c, turn);
}

/* Every bit of the input turns half the bits of the output (the finish of MurmurHash3). */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
	x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return x ^ x >> 33;
}

/* How much a server wants a key: the highest gets it, and nobody's score depends on who else is there. */
static double rendezvous_score(const struct server *s, uint64_t hash)
{
	double h = ((double)(mix(hash ^ mix(s->id)) >> 11) + 0.5) * 0x1p-53; /* inside (0, 1), never an end */

	return -(double)s->weight / log(h);
}

static struct server *rendezvous(const struct candidates *c, uint64_t hash)
{
	struct server *best = NULL;
	double best_score = 0;

	for (unsigned i = 0; i < c->n; i++) {
		double score = rendezvous_score(c->list[i], hash);

		if (!best || score > best_score) {
			best = c->list[i];
			best_score = score;
		}
	}
	return best;
}

struct server *balance_pick(struct pool *pool, uint64_t hash, const struct tried *tried)
{
	bool fail_open = fails_open(pool);
	struct candidates c;

	gather(&c, pool, tried, false, fail_open);
	if (c.n == 0)
		gather(&c, pool, tried, true, fail_open);
	if (c.n == 0)
		return NULL;
	switch (pool->balance) {
	case BALANCE_LEAST_CONNECTIONS:
		return least_connections(&c, pool->turn);
	case BALANCE_HASH:
		return rendezvous(&c, hash);
	case BALANCE_ORDERED:
		return c.list[0];
	default:
		return round_robin(&c, pool->turn);
	}
}

struct server *balance_owner(struct pool *pool, uint64_t id, const struct tried *tried)
{
	for (unsigned i = 0; i < pool->nservers; i++) {
		struct server *s = &pool->servers[i];

		if (s->id != id)
			continue;
		if (was_tried(tried, id))
			return NULL;
		if (server_takes_own(s) || (!server_is_disabled(s) && server_is_present(s) && fails_open(pool)))
			return s;
		return NULL;
	}
	return NULL;
}

static bool is_called(const struct server *s, struct lg_span called)
{
	const struct lg_server *pub = &server_place(s)->pub;
	size_t n = pub->name.n;

	if (span_equal(pub->address, called))
		return true;
	return n > 0 && n <= called.n && strncasecmp(pub->name.p, called.p, n) == 0 &&
	       (n == called.n || called.p[n] == ':');
}

struct server *balance_named(struct pool *pool, struct lg_span called)
{
	for (unsigned i = 0; i < pool->nservers; i++) {
		if (!server_is_absent(&pool->servers[i]) && is_called(&pool->servers[i], called))
			return &pool->servers[i];
	}
	return NULL;
}
