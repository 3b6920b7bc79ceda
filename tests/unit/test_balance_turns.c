/* SPDX-License-Identifier: Apache-2.0 */
/* test_balance_turns.c: how often each is picked, of those that may be. */
#include "balance.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "herd.h"
#include "unit.h"

static uint64_t key_hash(uint64_t n)
{
	return unit_random(&n);
}

static void test_round_robin(void **state)
{
	static const struct {
		const char *weights, *picks;
	} rows[] = {
		{ "1", "AAAA" },
		{ "1 1 1", "ABCABCABC" },
		{ "100 100", "ABABAB" },
		{ "3 1", "AABAAABA" },
		{ "1 3", "BABBBABB" },
		{ "2 4 1", "BABCBABBABCBAB" },
		{ "5 1 1", "AABACAAAABACAA" },
	};
	struct herd f;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		herd_make(&f, BALANCE_ROUND_ROBIN, rows[i].weights);
		herd_expect(&f, rows[i].picks);
	}
}

/* In each cycle exactly as the weights say, up to the highest weight. */
static void test_round_robin_weights(void **state)
{
	struct herd f;
	unsigned counts[3] = { 0 };

	(void)state;
	herd_make(&f, BALANCE_ROUND_ROBIN, "1000 250 50");
	for (unsigned i = 0; i < 13000; i++)
		counts[herd_take(&f, i)->index]++;
	assert_int_equal(counts[0], 10000);
	assert_int_equal(counts[1], 2500);
	assert_int_equal(counts[2], 500);
}

static void test_round_robin_leaves_out(void **state)
{
	struct herd f;

	(void)state;
	herd_make(&f, BALANCE_ROUND_ROBIN, "1 1 1 1");
	herd_health(&f, 1, HEALTH_DOWN);
	herd_admin(&f, 3, ADMIN_DRAIN);
	herd_expect(&f, "ACACAC");
}

/* One that goes and comes does not upset the others' turns, and takes its own at once, without catching up. */
static void test_round_robin_comes_and_goes(void **state)
{
	unsigned counts[3] = { 0 };
	struct herd f;

	(void)state;
	herd_make(&f, BALANCE_ROUND_ROBIN, "5 1 1");
	herd_expect(&f, "AABA");
	herd_health(&f, 0, HEALTH_DOWN);
	for (unsigned i = 0; i < 1000; i++)
		counts[herd_take(&f, 0)->index]++;
	assert_int_equal(counts[0], 0);
	assert_in_range(counts[1], 495, 505);
	herd_health(&f, 0, HEALTH_UP);
	for (unsigned round = 0; round < 3; round++) {
		memset(counts, 0, sizeof counts);
		for (unsigned i = 0; i < 7; i++)
			counts[herd_take(&f, 0)->index]++;
		assert_in_range(counts[0], 4, 6);
		assert_in_range(counts[1], 0, 2);
	}
}

enum { THREADS = 4, TURNS = 7000 };

struct taker {
	struct herd *f;
	unsigned counts[3];
};

static void *take_turns(void *arg)
{
	struct taker *t = arg;

	for (unsigned i = 0; i < TURNS; i++)
		t->counts[herd_take(t->f, 0)->index]++;
	return NULL;
}

/* All threads together get exactly what one would. */
static void test_round_robin_of_threads(void **state)
{
	struct taker takers[THREADS];
	pthread_t threads[THREADS];
	unsigned counts[3] = { 0 };
	struct herd f;

	(void)state;
	herd_make(&f, BALANCE_ROUND_ROBIN, "5 1 1");
	for (unsigned i = 0; i < THREADS; i++) {
		takers[i] = (struct taker){ .f = &f };
		assert_int_equal(pthread_create(&threads[i], NULL, take_turns, &takers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		for (unsigned k = 0; k < 3; k++)
			counts[k] += takers[i].counts[k];
	}
	assert_int_equal(counts[0], THREADS * TURNS / 7 * 5);
	assert_int_equal(counts[1], THREADS * TURNS / 7);
	assert_int_equal(counts[2], THREADS * TURNS / 7);
}

/* ---- Slow start ---- */

enum { ROSE = 1000000, SLOW = 60000 };

static void setup_slow(struct herd *f, enum balance balance, const char *weights, unsigned after_ms)
{
	herd_make(f, balance, weights);
	f->pool.slow_start_ms = SLOW;
	server_rise(&f->servers[0], ROSE);
	f->now_ms = ROSE + after_ms;
}

static void test_slow_start_weight(void **state)
{
	static const struct {
		unsigned after_ms, weight;
	} rows[] = { { 0, 300 },         { 1, 300 },     { SLOW / 9, 597 },  { SLOW / 2, 1650 },
		     { SLOW - 1, 2997 }, { SLOW, 3000 }, { 10 * SLOW, 3000 } };
	struct herd f;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		setup_slow(&f, BALANCE_ROUND_ROBIN, "3 3", rows[i].after_ms);
		assert_int_equal(server_weight(&f.servers[0], f.now_ms), rows[i].weight);
		assert_int_equal(server_weight(&f.servers[1], f.now_ms), 3000); /* it was there from the start */
	}
	assert_int_equal(server_weight(&f.servers[0], ROSE - 50), 300); /* of a thread whose clock is behind */
	f.pool.slow_start_ms = 0;
	assert_int_equal(server_weight(&f.servers[0], ROSE), 3000);
}

static void test_slow_start(void **state)
{
	static const struct {
		enum balance balance;
		unsigned after_ms, least, most; /* picks of 1100 */
	} rows[] = {
		{ BALANCE_ROUND_ROBIN, 0, 100, 100 },
		{ BALANCE_ROUND_ROBIN, SLOW, 550, 550 },
		{ BALANCE_LEAST_CONNECTIONS, 0, 100, 101 },
		{ BALANCE_LEAST_CONNECTIONS, SLOW, 550, 550 },
		{ BALANCE_HASH, 0, 50, 150 },
		{ BALANCE_HASH, SLOW, 450, 650 },
		{ BALANCE_ORDERED, 0, 1100, 1100 },
	};
	struct herd f;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned counts[2] = { 0 };

		setup_slow(&f, rows[i].balance, "1 1", rows[i].after_ms);
		for (unsigned k = 0; k < 1100; k++) {
			struct server *s = herd_take(&f, key_hash(k));

			server_enter(s);
			counts[s->index]++;
		}
		assert_in_range(counts[0], rows[i].least, rows[i].most);
	}
}

/* ---- Least connections ---- */

static void test_least_connections(void **state)
{
	static const struct {
		const char *weights;
		unsigned sessions[3];
		const char *picks;
	} rows[] = {
		{ "1 1 1", { 5, 3, 4 }, "BBB" },      { "1 1 1", { 3, 5, 3 }, "ACAC" }, /* a tie goes by turn */
		{ "1 1 1", { 0, 0, 0 }, "ABCABC" },   { "2 1 1", { 5, 3, 3 }, "AAA" },  /* 2.5 is less than 3 */
		{ "2 1 1", { 7, 3, 3 }, "BCBC" },                                       /* 3.5 is more */
		{ "2 1 1", { 6, 3, 4 }, "ABAABA" }, /* the same for their weight, and so is the turn */
		{ "3 1 1", { 0, 0, 1 }, "AABAAABA" }, { "1000 1000 1", { 4000000000, 4000000001, 4000001 }, "AAA" },
	};
	struct herd f;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		herd_make(&f, BALANCE_LEAST_CONNECTIONS, rows[i].weights);
		for (unsigned k = 0; k < 3; k++)
			herd_sessions(&f, k, rows[i].sessions[k]);
		herd_expect(&f, rows[i].picks);
	}
}

/* When each pick becomes a session, they fill by weight. */
static void test_least_connections_fills(void **state)
{
	struct herd f;

	(void)state;
	herd_make(&f, BALANCE_LEAST_CONNECTIONS, "1 2 5");
	herd_sessions(&f, 0, 10);
	for (unsigned i = 0; i < 790; i++)
		server_enter(herd_take(&f, 0));
	assert_int_equal(atomic_load(&f.states[0].sessions), 100);
	assert_int_equal(atomic_load(&f.states[1].sessions), 200);
	assert_int_equal(atomic_load(&f.states[2].sessions), 500);
}

/* ---- Hash ---- */

enum { KEYS = 60000 };

static void pick_all(struct herd *f, unsigned char owner[KEYS])
{
	for (unsigned k = 0; k < KEYS; k++)
		owner[k] = (unsigned char)herd_take(f, key_hash(k))->index;
}

/* Each count within five standard deviations of its share: a right hash misses once in a million runs. */
static void test_hash_weights(void **state)
{
	static const char *const weights[] = { "1 1", "1 1 1 1 1", "1 2 3", "10 1", "1000 1 1 500" };
	static unsigned char owner[KEYS];

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(weights); i++) {
		unsigned counts[HERD_SERVERS] = { 0 };
		double total = 0;
		struct herd f;

		herd_make(&f, BALANCE_HASH, weights[i]);
		pick_all(&f, owner);
		for (unsigned k = 0; k < KEYS; k++)
			counts[owner[k]]++;
		for (unsigned s = 0; s < f.pool.nservers; s++)
			total += f.servers[s].weight;
		for (unsigned s = 0; s < f.pool.nservers; s++) {
			double p = f.servers[s].weight / total;

			assert_true(fabs(counts[s] - KEYS * p) <= 5 * sqrt(KEYS * p * (1 - p)));
		}
	}
}

/* A lost server's keys move, each to where it belongs without that server, and no others; all come back. */
static void test_hash_moves_only_the_lost(void **state)
{
	static unsigned char before[KEYS], after[KEYS];
	struct herd f;
	unsigned moved[3] = { 0 };

	(void)state;
	herd_make(&f, BALANCE_HASH, "1 2 3");
	pick_all(&f, before);
	herd_health(&f, 1, HEALTH_DOWN);
	pick_all(&f, after);
	for (unsigned k = 0; k < KEYS; k++) {
		if (before[k] == 1)
			moved[after[k]]++;
		else
			assert_int_equal(after[k], before[k]);
	}
	assert_int_equal(moved[1], 0);
	assert_in_range(moved[0] * 100 / (moved[0] + moved[2]), 23, 27); /* by the weights of those left */
	herd_health(&f, 1, HEALTH_UP);
	pick_all(&f, after);
	assert_memory_equal(before, after, KEYS);
}

/* A server more takes keys from the others, and none moves between these; where it stands in the list does not matter.
 */
static void test_hash_one_more(void **state)
{
	static unsigned char before[KEYS], after[KEYS];
	struct herd f, g;

	(void)state;
	herd_make(&f, BALANCE_HASH, "1 1 1");
	pick_all(&f, before);
	herd_make(&g, BALANCE_HASH, "1 1 1 1");
	for (unsigned i = 0; i < 4; i++)
		g.servers[i].id = i == 0 ? 5000 : 1000 + i;
	pick_all(&g, after);
	for (unsigned k = 0; k < KEYS; k++)
		assert_true(after[k] == 0 || after[k] == before[k] + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_robin),
		cmocka_unit_test(test_round_robin_weights),
		cmocka_unit_test(test_round_robin_leaves_out),
		cmocka_unit_test(test_round_robin_comes_and_goes),
		cmocka_unit_test(test_round_robin_of_threads),
		cmocka_unit_test(test_slow_start_weight),
		cmocka_unit_test(test_slow_start),
		cmocka_unit_test(test_least_connections),
		cmocka_unit_test(test_least_connections_fills),
		cmocka_unit_test(test_hash_weights),
		cmocka_unit_test(test_hash_moves_only_the_lost),
		cmocka_unit_test(test_hash_one_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
