/* SPDX-License-Identifier: Apache-2.0 */
/* test_balance.c: who may be picked, and how often each is. */
#include "balance.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { SERVERS = 8 };

/* A pool whose servers are all up; with ids 1001, 1002 ... */
struct fixture {
	struct pool pool;
	struct server servers[SERVERS];
	struct server_state states[SERVERS];
	struct pool_live live;
	uint64_t now_ms;
};

static void setup(struct fixture *f, enum balance balance, const char *weights)
{
	char *end;

	memset(f, 0, sizeof *f);
	f->pool.balance = balance;
	f->pool.servers = f->servers;
	f->pool.live = &f->live;
	for (unsigned weight; (weight = (unsigned)strtoul(weights, &end, 10)) != 0; weights = end) {
		unsigned i = f->pool.nservers++;

		atomic_store(&f->states[i].health, HEALTH_UP);
		f->servers[i] = (struct server){
			.pool = &f->pool, .state = &f->states[i], .weight = weight, .index = i, .id = 1001 + i
		};
	}
}

static void put(struct server *s, const char *name, const char *address)
{
	struct sockaddr_storage at;

	s->name = (char *)name;
	assert_int_equal(address_parse(&at, (struct lg_span){ address, strlen(address) }), 0);
	assert_int_equal(server_put(s, &at), 0);
}

static void set_health(struct fixture *f, unsigned i, enum health health)
{
	atomic_store(&f->states[i].health, health);
}

static void set_admin(struct fixture *f, unsigned i, enum admin admin)
{
	atomic_store(&f->states[i].admin, admin);
}

static void set_sessions(struct fixture *f, unsigned i, unsigned sessions)
{
	atomic_store(&f->states[i].sessions, sessions);
}

/* The letter of the picked server, '-' for none. */
static char pick(struct fixture *f, const struct tried *tried)
{
	struct server *s = balance_pick(&f->pool, &(struct wish){ .hash = 42, .tried = tried, .now_ms = f->now_ms });

	return s ? (char)('A' + s->index) : '-';
}

static uint64_t key_hash(uint64_t n)
{
	return unit_random(&n);
}

static struct server *take(struct fixture *f, uint64_t hash)
{
	struct server *s = balance_pick(&f->pool, &(struct wish){ .hash = hash, .now_ms = f->now_ms });

	assert_non_null(s);
	return s;
}

static void expect_picks(struct fixture *f, const char *expected)
{
	char picks[64] = "";

	for (unsigned i = 0; i < f->pool.nservers; i++)
		f->states[i].turn = 0;
	for (unsigned i = 0; expected[i]; i++)
		picks[i] = pick(f, NULL);
	assert_string_equal(picks, expected);
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
	struct fixture f;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		setup(&f, BALANCE_ROUND_ROBIN, rows[i].weights);
		expect_picks(&f, rows[i].picks);
	}
}

/* In each cycle exactly as the weights say, up to the highest weight. */
static void test_round_robin_weights(void **state)
{
	struct fixture f;
	unsigned counts[3] = { 0 };

	(void)state;
	setup(&f, BALANCE_ROUND_ROBIN, "1000 250 50");
	for (unsigned i = 0; i < 13000; i++)
		counts[take(&f, i)->index]++;
	assert_int_equal(counts[0], 10000);
	assert_int_equal(counts[1], 2500);
	assert_int_equal(counts[2], 500);
}

static void test_round_robin_leaves_out(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, BALANCE_ROUND_ROBIN, "1 1 1 1");
	set_health(&f, 1, HEALTH_DOWN);
	set_admin(&f, 3, ADMIN_DRAIN);
	expect_picks(&f, "ACACAC");
}

/* One that goes and comes does not upset the others' turns, and takes its own at once, without catching up. */
static void test_round_robin_comes_and_goes(void **state)
{
	unsigned counts[3] = { 0 };
	struct fixture f;

	(void)state;
	setup(&f, BALANCE_ROUND_ROBIN, "5 1 1");
	expect_picks(&f, "AABA");
	set_health(&f, 0, HEALTH_DOWN);
	for (unsigned i = 0; i < 1000; i++)
		counts[take(&f, 0)->index]++;
	assert_int_equal(counts[0], 0);
	assert_in_range(counts[1], 495, 505);
	set_health(&f, 0, HEALTH_UP);
	for (unsigned round = 0; round < 3; round++) {
		memset(counts, 0, sizeof counts);
		for (unsigned i = 0; i < 7; i++)
			counts[take(&f, 0)->index]++;
		assert_in_range(counts[0], 4, 6);
		assert_in_range(counts[1], 0, 2);
	}
}

enum { THREADS = 4, TURNS = 7000 };

struct taker {
	struct fixture *f;
	unsigned counts[3];
};

static void *take_turns(void *arg)
{
	struct taker *t = arg;

	for (unsigned i = 0; i < TURNS; i++)
		t->counts[take(t->f, 0)->index]++;
	return NULL;
}

/* All threads together get exactly what one would. */
static void test_round_robin_of_threads(void **state)
{
	struct taker takers[THREADS];
	pthread_t threads[THREADS];
	unsigned counts[3] = { 0 };
	struct fixture f;

	(void)state;
	setup(&f, BALANCE_ROUND_ROBIN, "5 1 1");
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

/* ---- max_sessions ---- */

static void test_full(void **state)
{
	struct fixture f;

	(void)state;
	for (int balance = BALANCE_ROUND_ROBIN; balance <= BALANCE_ORDERED; balance++) {
		setup(&f, (enum balance)balance, "1 1 1");
		f.servers[2].backup = true;
		for (unsigned i = 0; i < 3; i++)
			f.servers[i].max_sessions = 2;
		set_sessions(&f, 0, 2);
		expect_picks(&f, "BB");
		assert_true(balance_takes(&f.pool, &f.servers[0], NULL)); /* who has a link there needs no room */
		assert_true(balance_takes(&f.pool, &f.servers[1], NULL));
		set_sessions(&f, 1, 3); /* what was its own already */
		expect_picks(&f, "CC");
		assert_true(balance_is_full(&f.pool, NULL));
		set_sessions(&f, 2, 2);
		expect_picks(&f, "--");
		f.servers[0].max_sessions = 0;
		expect_picks(&f, "AA");
		set_health(&f, 0, HEALTH_DOWN);
		assert_true(balance_is_full(&f.pool, NULL));
		assert_false(balance_is_full(&f.pool, &(struct tried){ .ids = { 1002, 1003 }, .n = 2 }));
		f.servers[0].max_sessions = 1;
		set_health(&f, 1, HEALTH_DOWN);
		set_health(&f, 2, HEALTH_DOWN);
		assert_false(balance_is_full(&f.pool, NULL)); /* they are down */
	}
}

static void *enter_and_leave(void *arg)
{
	struct fixture *f = arg;

	for (unsigned i = 0; i < TURNS; i++) {
		struct server *s = balance_pick(&f->pool, &(struct wish){ .hash = i });

		if (!s || !server_enter(s))
			continue;
		assert_in_range(atomic_load(&s->state->sessions), 1, s->max_sessions);
		server_leave(s);
	}
	return NULL;
}

/* However they meet, no more get in, and every seat comes back. */
static void test_full_of_threads(void **state)
{
	pthread_t threads[THREADS];
	struct fixture f;

	(void)state;
	setup(&f, BALANCE_LEAST_CONNECTIONS, "1 1");
	f.servers[0].max_sessions = 1;
	f.servers[1].max_sessions = 2;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, enter_and_leave, &f), 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&f.states[0].sessions) + atomic_load(&f.states[1].sessions), 0);
}

/* ---- Slow start ---- */

enum { ROSE = 1000000, SLOW = 60000 };

static void setup_slow(struct fixture *f, enum balance balance, const char *weights, unsigned after_ms)
{
	setup(f, balance, weights);
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
	struct fixture f;

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
	struct fixture f;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned counts[2] = { 0 };

		setup_slow(&f, rows[i].balance, "1 1", rows[i].after_ms);
		for (unsigned k = 0; k < 1100; k++) {
			struct server *s = take(&f, key_hash(k));

			server_enter(s);
			counts[s->index]++;
		}
		assert_in_range(counts[0], rows[i].least, rows[i].most);
	}
}

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
	struct fixture f;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		setup(&f, BALANCE_LEAST_CONNECTIONS, rows[i].weights);
		for (unsigned k = 0; k < 3; k++)
			set_sessions(&f, k, rows[i].sessions[k]);
		expect_picks(&f, rows[i].picks);
	}
}

/* When each pick becomes a session, they fill by weight. */
static void test_least_connections_fills(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, BALANCE_LEAST_CONNECTIONS, "1 2 5");
	set_sessions(&f, 0, 10);
	for (unsigned i = 0; i < 790; i++)
		server_enter(take(&f, 0));
	assert_int_equal(atomic_load(&f.states[0].sessions), 100);
	assert_int_equal(atomic_load(&f.states[1].sessions), 200);
	assert_int_equal(atomic_load(&f.states[2].sessions), 500);
}

enum { KEYS = 60000 };

static void pick_all(struct fixture *f, unsigned char owner[KEYS])
{
	for (unsigned k = 0; k < KEYS; k++)
		owner[k] = (unsigned char)take(f, key_hash(k))->index;
}

/* Each count within five standard deviations of its share: a right hash misses once in a million runs. */
static void test_hash_weights(void **state)
{
	static const char *const weights[] = { "1 1", "1 1 1 1 1", "1 2 3", "10 1", "1000 1 1 500" };
	static unsigned char owner[KEYS];

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(weights); i++) {
		unsigned counts[SERVERS] = { 0 };
		double total = 0;
		struct fixture f;

		setup(&f, BALANCE_HASH, weights[i]);
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
	struct fixture f;
	unsigned moved[3] = { 0 };

	(void)state;
	setup(&f, BALANCE_HASH, "1 2 3");
	pick_all(&f, before);
	set_health(&f, 1, HEALTH_DOWN);
	pick_all(&f, after);
	for (unsigned k = 0; k < KEYS; k++) {
		if (before[k] == 1)
			moved[after[k]]++;
		else
			assert_int_equal(after[k], before[k]);
	}
	assert_int_equal(moved[1], 0);
	assert_in_range(moved[0] * 100 / (moved[0] + moved[2]), 23, 27); /* by the weights of those left */
	set_health(&f, 1, HEALTH_UP);
	pick_all(&f, after);
	assert_memory_equal(before, after, KEYS);
}

/* A server more takes keys from the others, and none moves between these; where it stands in the list does not matter.
 */
static void test_hash_one_more(void **state)
{
	static unsigned char before[KEYS], after[KEYS];
	struct fixture f, g;

	(void)state;
	setup(&f, BALANCE_HASH, "1 1 1");
	pick_all(&f, before);
	setup(&g, BALANCE_HASH, "1 1 1 1");
	for (unsigned i = 0; i < 4; i++)
		g.servers[i].id = i == 0 ? 5000 : 1000 + i;
	pick_all(&g, after);
	for (unsigned k = 0; k < KEYS; k++)
		assert_true(after[k] == 0 || after[k] == before[k] + 1);
}

static void test_backup(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, BALANCE_ROUND_ROBIN, "1 1 1 1");
	f.servers[1].backup = f.servers[3].backup = true;
	expect_picks(&f, "ACAC");
	set_health(&f, 0, HEALTH_DOWN);
	expect_picks(&f, "CCC");
	set_admin(&f, 2, ADMIN_DISABLED);
	expect_picks(&f, "BDBD");
	set_health(&f, 1, HEALTH_UNKNOWN);
	expect_picks(&f, "DD");
	set_admin(&f, 2, ADMIN_ENABLED);
	expect_picks(&f, "CC");
	assert_int_equal(pick(&f, &(struct tried){ .ids = { 1003 }, .n = 1 }), 'D');
}

/* The first that takes new keys, whatever its weight and load; what was tried is left out; backups come last. */
static void test_ordered(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, BALANCE_ORDERED, "1 1000 1 1");
	f.servers[0].backup = true;
	set_sessions(&f, 1, 1000);
	expect_picks(&f, "BBBB");
	assert_int_equal(pick(&f, &(struct tried){ .ids = { 1002 }, .n = 1 }), 'C');
	set_health(&f, 1, HEALTH_DOWN);
	expect_picks(&f, "CC");
	set_admin(&f, 2, ADMIN_DRAIN);
	expect_picks(&f, "DD");
	set_health(&f, 3, HEALTH_DOWN);
	expect_picks(&f, "AA");
	set_health(&f, 1, HEALTH_UP);
	expect_picks(&f, "BB");
}

static void test_tried(void **state)
{
	struct tried tried = { .n = 0 };
	struct fixture f;

	(void)state;
	for (int balance = BALANCE_ROUND_ROBIN; balance <= BALANCE_ORDERED; balance++) {
		unsigned seen = 0;

		setup(&f, (enum balance)balance, "1 2 3 4");
		for (tried.n = 0; tried.n < 4;) {
			struct server *s = balance_pick(&f.pool, &(struct wish){ 7, &tried, 0 });

			assert_non_null(s);
			seen |= 1u << s->index;
			tried.ids[tried.n++] = s->id;
		}
		assert_int_equal(seen, 15);
		assert_null(balance_pick(&f.pool, &(struct wish){ 7, &tried, 0 }));
	}
}

/* One server of each pair of health and the operator's word; '?' unknown, 'U' up, 'D' down; 'e'nabled, 'd'rain, 'x'
 * disabled. */
static void setup_states(struct fixture *f, const char *states)
{
	setup(f, BALANCE_ROUND_ROBIN, "1 1 1");
	f->pool.nservers = 0;
	for (; *states; states += 2) {
		unsigned i = f->pool.nservers++;

		set_health(f, i, states[0] == 'U' ? HEALTH_UP : states[0] == 'D' ? HEALTH_DOWN : HEALTH_UNKNOWN);
		set_admin(f, i, states[1] == 'e' ? ADMIN_ENABLED : states[1] == 'd' ? ADMIN_DRAIN : ADMIN_DISABLED);
	}
}

static const struct row {
	const char *states;
	enum pool_state pool;
	const char *closed, *open;  /* two picks, without and with all_down = "fail-open" */
	const char *own, *own_open; /* who gets what is its own */
} rows[] = {
	{ "", POOL_DOWN, "--", "--", "", "" },        { "UeUe", POOL_UP, "AB", "AB", "AB", "AB" },
	{ "UeDe", POOL_UP, "AA", "AA", "A", "A" },    { "?eUe", POOL_UP, "BB", "BB", "B", "B" },
	{ "?e?e", POOL_UNKNOWN, "--", "--", "", "" }, { "?eDe", POOL_UNKNOWN, "--", "--", "", "" },
	{ "DeDe", POOL_DOWN, "--", "AB", "", "AB" },  { "DeDd", POOL_DOWN, "--", "AA", "", "AB" },
	{ "DeDx", POOL_DOWN, "--", "AA", "", "A" },   { "DeUd", POOL_DOWN, "--", "AA", "B", "AB" },
	{ "UdUx", POOL_DOWN, "--", "--", "A", "A" },  { "?xDe", POOL_DOWN, "--", "BB", "", "B" },
	{ "?dUx", POOL_DOWN, "--", "--", "", "A" },
};

static void check_row(struct fixture *f, const char *picks, const char *own)
{
	expect_picks(f, picks);
	for (unsigned i = 0; i < f->pool.nservers; i++) {
		struct server *s = balance_owner(&f->pool, 1001 + i, NULL);

		assert_ptr_equal(s, strchr(own, 'A' + (int)i) ? &f->servers[i] : NULL);
	}
}

static void test_states(void **state)
{
	struct fixture f;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		setup_states(&f, rows[i].states);
		assert_int_equal(pool_state(&f.pool), rows[i].pool);
		f.pool.all_down = ALL_DOWN_REPLY;
		check_row(&f, rows[i].closed, rows[i].own);
		f.pool.all_down = ALL_DOWN_FAIL_OPEN;
		check_row(&f, rows[i].open, rows[i].own_open);
	}
}

/* Failing open, too, backups come last and what was tried not again. */
static void test_fail_open_order(void **state)
{
	struct fixture f;

	(void)state;
	setup_states(&f, "DeDeDe");
	f.pool.all_down = ALL_DOWN_FAIL_OPEN;
	f.servers[0].backup = true;
	expect_picks(&f, "BCBC");
	assert_int_equal(pick(&f, &(struct tried){ .ids = { 1002, 1003 }, .n = 2 }), 'A');
	assert_int_equal(pick(&f, &(struct tried){ .ids = { 1002, 1003, 1001 }, .n = 3 }), '-');
}

static void test_owner(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, BALANCE_ROUND_ROBIN, "1 1");
	assert_ptr_equal(balance_owner(&f.pool, 1002, NULL), &f.servers[1]);
	assert_null(balance_owner(&f.pool, 0, NULL));
	assert_null(balance_owner(&f.pool, 4711, NULL)); /* was taken out of the configuration */
	assert_null(balance_owner(&f.pool, 1002, &(struct tried){ .ids = { 1002 }, .n = 1 }));
	assert_non_null(balance_owner(&f.pool, 1002, &(struct tried){ .ids = { 1001 }, .n = 1 }));
}

/* As a message calls it: by the address and port, or by the name, with or without a port. */
static void test_named(void **state)
{
	static const char *const names[] = { "fe1.test", "fe12.test" };
	static const char *const addresses[] = { "192.0.2.1:5060", "192.0.2.1:5062" };
	static const struct {
		const char *called;
		int server;
	} cases[] = { { "192.0.2.1:5060", 0 }, { "192.0.2.1:5062", 1 },
		      { "192.0.2.1", -1 },     { "192.0.2.1:506", -1 },
		      { "FE12.test", 1 },      { "fe1.test:5061", 0 },
		      { "fe1.test.evil", -1 }, { "fe", -1 } };
	struct fixture f;

	(void)state;
	setup(&f, BALANCE_ROUND_ROBIN, "1 1");
	for (unsigned i = 0; i < 2; i++)
		put(&f.servers[i], names[i], addresses[i]);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct server *s = balance_named(&f.pool, (struct lg_span){ cases[i].called, strlen(cases[i].called) });

		assert_int_equal(s ? (int)s->index : -1, cases[i].server);
	}
	for (unsigned i = 0; i < 2; i++)
		server_places_free(&f.servers[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_robin),
		cmocka_unit_test(test_round_robin_weights),
		cmocka_unit_test(test_round_robin_leaves_out),
		cmocka_unit_test(test_round_robin_comes_and_goes),
		cmocka_unit_test(test_round_robin_of_threads),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_full_of_threads),
		cmocka_unit_test(test_slow_start_weight),
		cmocka_unit_test(test_slow_start),
		cmocka_unit_test(test_least_connections),
		cmocka_unit_test(test_least_connections_fills),
		cmocka_unit_test(test_hash_weights),
		cmocka_unit_test(test_hash_moves_only_the_lost),
		cmocka_unit_test(test_hash_one_more),
		cmocka_unit_test(test_backup),
		cmocka_unit_test(test_ordered),
		cmocka_unit_test(test_tried),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_fail_open_order),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
