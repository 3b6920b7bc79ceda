/* SPDX-License-Identifier: Apache-2.0 */
/*
 * balance.c: who may be picked (the candidates), then how (one function for each word of `balance`).  It keeps nothing
 * but the servers' turns; sessions are counted by who enters (session.c), and what was tried by who tries.
 */
#include "balance.h"

#include <math.h>
#include <sched.h>

#include "slots.h"
#include "span.h"

/* Gathered once for each pick: health may change meanwhile, and a walk must see the same servers from start to end. */
struct candidates {
	struct server *list[POOL_SERVERS];
	unsigned weights[POOL_SERVERS]; /* in thousandths: server_weight */
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

/* Who may be picked now, but for its sessions. */
static bool is_candidate(const struct server *s, const struct tried *tried, bool fail_open)
{
	bool takes = fail_open ? server_is_enabled(s) && server_is_present(s) : server_takes_new(s) && !server_rests(s);

	return takes && !was_tried(tried, s->id);
}

static void gather(struct candidates *c, struct pool *pool, const struct wish *w, bool backup)
{
	bool fail_open = fails_open(pool);

	c->n = 0;
	for (unsigned i = 0; i < pool->nservers && c->n < POOL_SERVERS; i++) {
		struct server *s = &pool->servers[i];

		if (s->backup != backup || !is_candidate(s, w->tried, fail_open) || server_is_full(s))
			continue;
		c->weights[c->n] = server_weight(s, w->now_ms);
		c->list[c->n++] = s;
	}
}

/* Other threads hold it for some hundred instructions at most, unless one was stopped meanwhile. */
static void lock_turns(struct pool *pool)
{
	while (atomic_flag_test_and_set_explicit(&pool->live->turn, memory_order_acquire))
		sched_yield();
}

/*
 * Smooth weighted round-robin: each pick gives every candidate its weight, and the one that has most pays for all.
 * Weights 5, 1 and 1 give a a b a c a a; a server comes as often as its weight says, spread evenly, and who is left out
 * for a while keeps what it has, which is never more than a cycle.
 */
static struct server *round_robin(const struct candidates *c, struct pool *pool)
{
	struct server *best = c->list[0];
	long long total = 0;

	if (c->n == 1)
		return best;
	lock_turns(pool);
	for (unsigned i = 0; i < c->n; i++) {
		struct server *s = c->list[i];

		s->state->turn += c->weights[i];
		total += c->weights[i];
		if (s->state->turn > best->state->turn)
			best = s;
	}
	best->state->turn -= total;
	atomic_flag_clear_explicit(&pool->live->turn, memory_order_release);
	return best;
}

/* Leaves only those with the fewest sessions for their weight; fractions are compared crosswise. */
static void keep_least_loaded(struct candidates *c)
{
	uint64_t least = 0, weight = 0;
	unsigned kept = 0;

	for (unsigned i = 0; i < c->n; i++) {
		struct server *s = c->list[i];
		uint64_t sessions = atomic_load(&s->state->sessions);

		if (kept > 0 && sessions * weight > least * c->weights[i])
			continue;
		if (kept > 0 && sessions * weight < least * c->weights[i])
			kept = 0;
		least = sessions;
		weight = c->weights[i];
		c->weights[kept] = c->weights[i];
		c->list[kept++] = s;
	}
	c->n = kept;
}

static struct server *least_connections(struct candidates *c, struct pool *pool)
{
	keep_least_loaded(c);
	return round_robin(c, pool);
}

/* Every bit of the input turns half the bits of the output (the finish of MurmurHash3). */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
	x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return x ^ x >> 33;
}

/* How much a server wants a key: the highest gets it, and nobody's score depends on who else is there. */
static double rendezvous_score(const struct server *s, unsigned weight, uint64_t hash)
{
	double h = ((double)(mix(hash ^ mix(s->id)) >> 11) + 0.5) * 0x1p-53; /* inside (0, 1), never an end */

	return -(double)weight / log(h);
}

static struct server *rendezvous(const struct candidates *c, uint64_t hash)
{
	struct server *best = NULL;
	double best_score = 0;

	for (unsigned i = 0; i < c->n; i++) {
		double score = rendezvous_score(c->list[i], c->weights[i], hash);

		if (!best || score > best_score) {
			best = c->list[i];
			best_score = score;
		}
	}
	return best;
}

struct server *balance_pick(struct pool *pool, const struct wish *w)
{
	struct candidates c;

	gather(&c, pool, w, false);
	if (c.n == 0)
		gather(&c, pool, w, true);
	if (c.n == 0)
		return NULL;
	switch (pool->balance) {
	case BALANCE_LEAST_CONNECTIONS:
		return least_connections(&c, pool);
	case BALANCE_HASH:
		return rendezvous(&c, w->hash);
	case BALANCE_ORDERED:
		return c.list[0];
	default:
		return round_robin(&c, pool);
	}
}

struct server *balance_listed(const struct pool *pool, unsigned i, unsigned *n)
{
	struct server *found = NULL;
	unsigned listed = 0;

	for (unsigned k = 0; k < pool->nservers; k++) {
		const struct slots *name = pool->servers[k].slots;

		if (name && k != name->first)
			continue;
		if (listed++ == i)
			found = &pool->servers[k];
	}
	if (n)
		*n = listed;
	return found;
}

bool balance_takes(struct pool *pool, const struct server *s, const struct tried *tried)
{
	return is_candidate(s, tried, fails_open(pool));
}

bool balance_is_full(struct pool *pool, const struct tried *tried)
{
	bool fail_open = fails_open(pool);

	for (unsigned i = 0; i < pool->nservers; i++) {
		const struct server *s = &pool->servers[i];

		if (is_candidate(s, tried, fail_open) && server_is_full(s))
			return true;
	}
	return false;
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
