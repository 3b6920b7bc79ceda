/* SPDX-License-Identifier: Apache-2.0 */
/* test_balance.c: who may be picked, and who owns what; how often each is picked: test_balance_turns.c. */
#include "balance.h"

#include <pthread.h>
#include <string.h>

#include "herd.h"
#include "unit.h"

static void put(struct server *s, const char *name, const char *address)
{
	struct sockaddr_storage at;

	s->name = (char *)name;
	assert_int_equal(address_parse(&at, (struct lg_span){ address, strlen(address) }), 0);
	assert_int_equal(server_put(s, &at), 0);
}

/* ---- max_sessions ---- */

enum { THREADS = 4, TURNS = 7000 };

static void test_full(void **state)
{
	struct herd f;

	(void)state;
	for (int balance = BALANCE_ROUND_ROBIN; balance <= BALANCE_ORDERED; balance++) {
		herd_make(&f, (enum balance)balance, "1 1 1");
		f.servers[2].backup = true;
		for (unsigned i = 0; i < 3; i++)
			f.servers[i].max_sessions = 2;
		herd_sessions(&f, 0, 2);
		herd_expect(&f, "BB");
		assert_true(balance_takes(&f.pool, &f.servers[0], NULL)); /* who has a link there needs no room */
		assert_true(balance_takes(&f.pool, &f.servers[1], NULL));
		herd_sessions(&f, 1, 3); /* what was its own already */
		herd_expect(&f, "CC");
		assert_true(balance_is_full(&f.pool, NULL));
		herd_sessions(&f, 2, 2);
		herd_expect(&f, "--");
		f.servers[0].max_sessions = 0;
		herd_expect(&f, "AA");
		herd_health(&f, 0, HEALTH_DOWN);
		assert_true(balance_is_full(&f.pool, NULL));
		assert_false(balance_is_full(&f.pool, &(struct tried){ .ids = { 1002, 1003 }, .n = 2 }));
		f.servers[0].max_sessions = 1;
		herd_health(&f, 1, HEALTH_DOWN);
		herd_health(&f, 2, HEALTH_DOWN);
		assert_false(balance_is_full(&f.pool, NULL)); /* they are down */
	}
}

static void *enter_and_leave(void *arg)
{
	struct herd *f = arg;

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
	struct herd f;

	(void)state;
	herd_make(&f, BALANCE_LEAST_CONNECTIONS, "1 1");
	f.servers[0].max_sessions = 1;
	f.servers[1].max_sessions = 2;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, enter_and_leave, &f), 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&f.states[0].sessions) + atomic_load(&f.states[1].sessions), 0);
}

static void test_backup(void **state)
{
	struct herd f;

	(void)state;
	herd_make(&f, BALANCE_ROUND_ROBIN, "1 1 1 1");
	f.servers[1].backup = f.servers[3].backup = true;
	herd_expect(&f, "ACAC");
	herd_health(&f, 0, HEALTH_DOWN);
	herd_expect(&f, "CCC");
	herd_admin(&f, 2, ADMIN_DISABLED);
	herd_expect(&f, "BDBD");
	herd_health(&f, 1, HEALTH_UNKNOWN);
	herd_expect(&f, "DD");
	herd_admin(&f, 2, ADMIN_ENABLED);
	herd_expect(&f, "CC");
	assert_int_equal(herd_pick(&f, &(struct tried){ .ids = { 1003 }, .n = 1 }), 'D');
}

/* The first that takes new keys, whatever its weight and load; what was tried is left out; backups come last. */
static void test_ordered(void **state)
{
	struct herd f;

	(void)state;
	herd_make(&f, BALANCE_ORDERED, "1 1000 1 1");
	f.servers[0].backup = true;
	herd_sessions(&f, 1, 1000);
	herd_expect(&f, "BBBB");
	assert_int_equal(herd_pick(&f, &(struct tried){ .ids = { 1002 }, .n = 1 }), 'C');
	herd_health(&f, 1, HEALTH_DOWN);
	herd_expect(&f, "CC");
	herd_admin(&f, 2, ADMIN_DRAIN);
	herd_expect(&f, "DD");
	herd_health(&f, 3, HEALTH_DOWN);
	herd_expect(&f, "AA");
	herd_health(&f, 1, HEALTH_UP);
	herd_expect(&f, "BB");
}

static void test_tried(void **state)
{
	struct tried tried = { .n = 0 };
	struct herd f;

	(void)state;
	for (int balance = BALANCE_ROUND_ROBIN; balance <= BALANCE_ORDERED; balance++) {
		unsigned seen = 0;

		herd_make(&f, (enum balance)balance, "1 2 3 4");
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
static void setup_states(struct herd *f, const char *states)
{
	herd_make(f, BALANCE_ROUND_ROBIN, "1 1 1");
	f->pool.nservers = 0;
	for (; *states; states += 2) {
		unsigned i = f->pool.nservers++;

		herd_health(f, i, states[0] == 'U' ? HEALTH_UP : states[0] == 'D' ? HEALTH_DOWN : HEALTH_UNKNOWN);
		herd_admin(f, i, states[1] == 'e' ? ADMIN_ENABLED : states[1] == 'd' ? ADMIN_DRAIN : ADMIN_DISABLED);
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

static void check_row(struct herd *f, const char *picks, const char *own)
{
	herd_expect(f, picks);
	for (unsigned i = 0; i < f->pool.nservers; i++) {
		struct server *s = balance_owner(&f->pool, 1001 + i, NULL);

		assert_ptr_equal(s, strchr(own, 'A' + (int)i) ? &f->servers[i] : NULL);
	}
}

static void test_states(void **state)
{
	struct herd f;

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
	struct herd f;

	(void)state;
	setup_states(&f, "DeDeDe");
	f.pool.all_down = ALL_DOWN_FAIL_OPEN;
	f.servers[0].backup = true;
	herd_expect(&f, "BCBC");
	assert_int_equal(herd_pick(&f, &(struct tried){ .ids = { 1002, 1003 }, .n = 2 }), 'A');
	assert_int_equal(herd_pick(&f, &(struct tried){ .ids = { 1002, 1003, 1001 }, .n = 3 }), '-');
}

static void test_owner(void **state)
{
	struct herd f;

	(void)state;
	herd_make(&f, BALANCE_ROUND_ROBIN, "1 1");
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
	struct herd f;

	(void)state;
	herd_make(&f, BALANCE_ROUND_ROBIN, "1 1");
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
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_full_of_threads),
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
