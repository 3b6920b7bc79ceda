/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_session.c: the way of a request, with a plugin of lines (net.h): the order rules of plugin.h, what is lost and
 * what goes elsewhere.  Whose a key is: test_session_keys.c; units kept whole, joined links: test_link.c.
 */
#include "unit.h"

#include "net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int setup(void **state)
{
	*state = rig_worker_start();
	return 0;
}

static int teardown(void **state)
{
	rig_worker_stop(*state);
	return 0;
}

/* ---- Order ---- */

static void test_there_and_back(void **state)
{
	struct net n;
	struct peer c, s;

	net_make(&n, *state, 1);
	net_open(&n);
	c = net_dial(&n);
	peer_say(n.w, &c, "- a one\n- b two\n- c th");
	s = net_accept(&n, 0);
	net_expect(&n, &s, "- a one\n- b two\n");
	peer_say(n.w, &c, "ree\n");
	net_expect(&n, &s, "- c three\n");
	assert_string_equal(n.log, "opened client; opened s0; routed 1 s0; routed 2 s0; routed 3 s0; ");
	peer_say(n.w, &s, "1\n2\n3\n");
	net_expect(&n, &c, "1\n2\n3\n");
	assert_int_equal(n.servers[0].state->requests, 3);
	assert_int_equal(n.stats.exchanges, 3);
	peer_close(&c);
	net_until(&n, "ended client; closed client; closed s0; ");
	assert_true(peer_ended(&s) || true);
	peer_close(&s);
	net_free(&n);
}

/* One byte at a time and all at once give the same. */
static void test_routed_before_newer_bytes(void **state)
{
	static const char all[] = "H a 1\nH b 2\nH a 3\nH a 4\n";

	for (size_t step = 1; step <= sizeof all - 1; step += sizeof all - 2) {
		struct net n;
		struct peer c, s;

		net_make(&n, *state, 1);
		net_open(&n);
		c = net_dial(&n);
		for (size_t i = 0; i < sizeof all - 1; i += step) {
			peer_write(n.w, &c, all + i, step);
			rig_run(n.w, 2);
		}
		s = net_accept(&n, 0);
		net_expect(&n, &s, all);
		assert_string_equal(n.log,
				    "opened client; opened s0; routed 1 s0; routed 2 s0; routed 3 s0; routed 4 s0; ");
		peer_close(&c);
		peer_close(&s);
		net_free(&n);
	}
}

static void test_silent_end(void **state)
{
	struct net n;
	struct peer c, s;

	net_make(&n, *state, 1);
	net_open(&n);
	c = net_dial(&n);
	peer_say(n.w, &c, "- a one\nK b two\nD c three\n");
	s = net_accept(&n, 0);
	net_until(&n, "routed 3");
	net_forget(&n);
	peer_reset(&c);
	net_until(&n, "closed s0");
	assert_string_equal(n.log, "closed client; closed s0; "); /* nobody is told that requests were lost */
	peer_close(&s);
	net_free(&n);
}

/* ---- No server ---- */

static void test_no_server(void **state)
{
	struct net n;
	struct peer c;

	net_make(&n, *state, 2);
	net_open(&n);
	c = net_dial(&n);
	net_until(&n, "opened client");
	atomic_store(&n.servers[0].state->health, HEALTH_DOWN);
	atomic_store(&n.servers[1].state->health, HEALTH_DOWN);
	peer_say(n.w, &c, "- a one\nK b two\n");
	net_until(&n, "respond 1 no-server; respond 2 no-server; ");
	peer_close(&c);
	net_free(&n);
}

/* How often the plugin was told that the exchange goes to each server; at most once. */
static unsigned servers_tried(const struct net *n, unsigned exchange)
{
	unsigned sum = 0;

	for (unsigned k = 0; k < n->pool.nservers; k++) {
		char text[32];
		const char *at;

		snprintf(text, sizeof text, "routed %u s%u;", exchange, k);
		at = strstr(n->log, text);
		sum += at != NULL;
		assert_true(!at || !strstr(at + 1, text));
	}
	return sum;
}

/* The first `dead` servers refuse: the others are tried, as many as `tries` says, and the key belongs where it ends. */
static void test_next_server(void **state)
{
	static const struct {
		unsigned servers, dead, tries;
		bool served;
	} cases[] = {
		{ 2, 1, 3, true },  { 3, 2, 3, true },    { 9, 8, 10, true },    { 3, 3, 5, false }, { 3, 1, 1, false },
		{ 5, 5, 3, false }, { 12, 12, 9, false }, { 12, 12, 10, false }, /* as many as can be */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned long long failures = 0;
		struct net n;
		struct peer c;

		net_make(&n, *state, cases[i].servers);
		n.pool.tries = cases[i].tries;
		net_open(&n);
		for (unsigned k = 0; k < cases[i].dead; k++)
			net_server_dies(&n, k);
		c = net_dial(&n);
		peer_say(n.w, &c, "- a one\n");
		net_until(&n, cases[i].served ? "routed 1 s" : "respond 1 no-server");
		for (unsigned k = 0; k < cases[i].servers; k++)
			failures += n.servers[k].state->failures;
		assert_in_range(failures, 1, cases[i].served ? cases[i].dead : cases[i].tries);
		if (!cases[i].served)
			assert_int_equal(failures, cases[i].tries < cases[i].dead ? cases[i].tries : cases[i].dead);
		if (cases[i].served) { /* its key is there now: no other is asked */
			peer_say(n.w, &c, "- a two\n");
			net_until(&n, "routed 2 s");
			assert_memory_equal(strstr(n.log, "routed 1") + 9, strstr(n.log, "routed 2") + 9, 3);
		}
		peer_close(&c);
		net_free(&n);
	}
}

/* ---- Lost ---- */

static void test_lost(void **state)
{
	static const struct {
		const char *line, *log;
	} cases[] = {
		{ "- a one\n", "lost 1 link handed; closed s0; " },
		{ "K a one\n", "lost 1 link handed; closed s0; " },
		{ "KX a one\n", "lost 1 link; closed s0; routed 1 s1; " },
		{ "X a one\n", "lost 1 link; closed s0; " },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool kills = strchr(cases[i].line, 'X');
		struct net n;
		struct peer c, s;

		net_make(&n, *state, 2);
		n.pool.tries = 2;
		net_open(&n);
		c = net_dial(&n);
		peer_say(n.w, &c, cases[i].line);
		s = net_accept(&n, 0);
		if (!kills) {
			net_expect(&n, &s, cases[i].line);
			peer_reset(&s);
		}
		net_until(&n, kills && cases[i].line[0] == 'K' ? "respond 1 no-server" : "closed s0");
		assert_non_null(strstr(n.log, "routed 1 s0; "));
		net_until(&n, strchr(cases[i].line, 'K') && kills ? "closed s1" : "closed s0");
		assert_non_null(strstr(n.log, "lost 1 link"));
		assert_int_equal(net_said(&n, "handed"), !kills);
		assert_int_equal(net_said(&n, "routed 1 s1"), kills && cases[i].line[0] == 'K');
		peer_close(&c);
		peer_close(&s);
		net_free(&n);
	}
}

/* A kept request goes on to the next server, and its key with it. */
static void test_again_moves_the_key(void **state)
{
	struct net n;
	struct peer c, s0, s1;

	net_make(&n, *state, 2);
	net_open(&n);
	c = net_dial(&n);
	peer_say(n.w, &c, "KA a one\n");
	s0 = net_accept(&n, 0);
	net_expect(&n, &s0, "KA a one\n");
	peer_reset(&s0);
	s1 = net_accept(&n, 1);
	net_expect(&n, &s1, "KA a one\n");
	peer_say(n.w, &c, "- a two\n");
	net_expect(&n, &s1, "- a two\n");
	peer_close(&c);
	peer_close(&s1);
	net_free(&n);
}

/* Each server is tried once, and no more of them than the pool says. */
static void test_again_ends(void **state)
{
	static const unsigned tries[] = { 1, 3, 10 };

	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		struct net n;
		struct peer c;

		net_make(&n, *state, NET_SERVERS);
		n.pool.tries = tries[i];
		net_open(&n);
		c = net_dial(&n);
		peer_say(n.w, &c, "KX a one\n");
		net_until(&n, "respond 1 no-server");
		assert_int_equal(servers_tried(&n, 1), tries[i]);
		peer_close(&c);
		net_free(&n);
	}
}

static void test_deadline(void **state)
{
	uint64_t since = rig_now_ms();
	struct net n;
	struct peer c, s;

	net_make(&n, *state, 1);
	net_open(&n);
	c = net_dial(&n);
	peer_say(n.w, &c, "D a one\nD a two\n");
	s = net_accept(&n, 0);
	net_expect(&n, &s, "D a one\nD a two\n");
	peer_say(n.w, &s, "1\n");
	net_until(&n, "lost 2 deadline");
	assert_in_range(rig_now_ms() - since, NET_DEADLINE_MS - 100, NET_DEADLINE_MS + 2000);
	assert_false(net_said(&n, "lost 1"));
	peer_close(&c);
	peer_close(&s);
	net_free(&n);
}

static void test_requests_limit(void **state)
{
	struct net n;
	struct peer c, s;

	net_make(&n, *state, 1);
	n.conf.limits.plugin.requests = 2;
	net_open(&n);
	c = net_dial(&n);
	peer_say(n.w, &c, "- a one\n- a two\n- a three\n");
	s = net_accept(&n, 0);
	net_until(&n, "routed 2");
	assert_true(net_said(&n, "overload client"));
	peer_say(n.w, &s, "1\n");
	net_expect(&n, &c, "1\n");
	peer_say(n.w, &c, "- a four\n");
	net_until(&n, "routed 4");
	peer_close(&c);
	peer_close(&s);
	net_free(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_there_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_routed_before_newer_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_silent_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_server, setup, teardown),
		cmocka_unit_test_setup_teardown(test_next_server, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_again_moves_the_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_again_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_requests_limit, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
