/* SPDX-License-Identifier: Apache-2.0 */
/* test_session_keys.c: persistence in the way of a request: keys, pins, LG_FOLLOW, and a store that answers later. */
#include "unit.h"

#include "net.h"

#include "gateway/facts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

static void test_same_key_same_server(void **state)
{
	struct net n;
	struct peer c[2];

	net_make(&n, *state, 3);
	net_open(&n);
	for (unsigned i = 0; i < 2; i++) {
		c[i] = net_dial(&n);
		peer_say(n.w, &c[i], "- a 1\n- b 2\n- c 3\n- c 4\n- b 5\n- a 6\n");
		net_until(&n, i ? "routed 12" : "routed 6");
	}
	for (unsigned i = 0; i < 12; i += 6) {
		static const unsigned server[] = { 0, 1, 2, 2, 1, 0 };

		for (unsigned k = 0; k < 6; k++) {
			char text[32];

			snprintf(text, sizeof text, "routed %u s%u;", i + k + 1, server[k]);
			assert_true(net_said(&n, text));
		}
	}
	peer_close(&c[0]);
	peer_close(&c[1]);
	net_free(&n);
}

/* Long values make a key, too. */
static void test_long_keys(void **state)
{
	struct net n;
	struct peer c;
	char line[600];

	net_make(&n, *state, 3);
	net_open(&n);
	c = net_dial(&n);
	for (unsigned i = 0; i < 6; i++) {
		snprintf(line, sizeof line, "- %0*u x\n", i % 2 ? 400 : 200, i % 2);
		peer_say(n.w, &c, line);
	}
	net_until(&n, "routed 6");
	assert_true(net_said(&n, "routed 1 s0;") && net_said(&n, "routed 3 s0;") && net_said(&n, "routed 5 s0;"));
	assert_true(net_said(&n, "routed 2 s1;") && net_said(&n, "routed 4 s1;") && net_said(&n, "routed 6 s1;"));
	peer_close(&c);
	net_free(&n);
}

/* The first fact that has a value makes the key: here by name, else by source. */
static void test_second_choice(void **state)
{
	struct net n;
	struct peer c;

	net_make(&n, *state, 3);
	n.reach.by[0].index = -1 - FACT_SNI;
	n.reach.nby = 2;
	net_open(&n);
	c = net_dial(&n);
	peer_say(n.w, &c, "- a 1\n- b 2\n- c 3\n- a 4\n- b 5\n");
	net_until(&n, "routed 5 s1;");
	assert_true(net_said(&n, "routed 1 s0;") && net_said(&n, "routed 3 s2;") && net_said(&n, "routed 4 s0;"));
	peer_close(&c);
	n.reach.by[1].index = -1 - FACT_SOURCE;
	c = net_dial(&n);
	peer_say(n.w, &c, "- d 6\n- e 7\n- a 8\n");
	net_until(&n, "routed 8 s0;");
	assert_true(net_said(&n, "routed 6 s0;") && net_said(&n, "routed 7 s0;"));
	peer_close(&c);
	net_free(&n);
}

static struct peer dial_from(struct net *n, const char *source)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	struct peer p = { .fd = socket(AF_INET, SOCK_STREAM, 0) };

	assert_int_equal(inet_pton(AF_INET, source, &at.sin_addr), 1);
	assert_int_equal(bind(p.fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(connect(p.fd, (struct sockaddr *)&n->at, sizeof n->at), 0);
	return p;
}

/* Neighbours of one network share a key, and an address is no other fact's value. */
static void test_mask(void **state)
{
	static const struct {
		const char *source;
		const char *server;
	} rows[] = { { "127.0.7.1", "s0" }, { "127.0.7.254", "s0" }, { "127.0.8.1", "s1" }, { "127.0.7.9", "s0" } };
	struct net n;
	struct peer c;
	char text[64];

	net_make(&n, *state, 3);
	n.pool.mask[0] = 24;
	n.reach.by[0].index = -1 - FACT_SOURCE;
	net_open(&n);
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		c = dial_from(&n, rows[i].source);
		peer_say(n.w, &c, "- a x\n");
		snprintf(text, sizeof text, "routed %u %s;", i + 1, rows[i].server);
		net_until(&n, text);
		peer_close(&c);
	}
	n.reach.by[0].index = 0;
	c = net_dial(&n);
	peer_say(n.w, &c, "- 127.0.8.0 x\n");
	net_until(&n, "routed 5 s2;");
	peer_close(&c);
	net_free(&n);
}

static void test_server_asks_and_pins(void **state)
{
	struct net n;
	struct peer c, s[2];

	net_make(&n, *state, 2);
	net_open(&n);
	c = net_dial(&n);
	peer_say(n.w, &c, "- a 1\n- b 2\n");
	for (unsigned i = 0; i < 2; i++)
		s[i] = net_accept(&n, i);
	net_expect(&n, &s[0], "- a 1\n");
	net_expect(&n, &s[1], "- b 2\n");
	peer_say(n.w, &s[1], "!new 1\n?other 2\n");
	net_expect(&n, &c, "!new 1\n?other 2\n");
	peer_say(n.w, &c, "=yes\n"); /* by the way that the request came */
	net_expect(&n, &s[1], "=yes\n");
	peer_say(n.w, &c, "- new 3\n- a 4\n- new 5\n");
	net_expect(&n, &s[1], "- new 3\n- new 5\n");
	net_expect(&n, &s[0], "- a 4\n");
	peer_say(n.w, &s[0], "!new 6\n"); /* takes it over */
	net_expect(&n, &c, "!new 6\n");
	peer_say(n.w, &c, "- new 7\n");
	net_expect(&n, &s[0], "- new 7\n");
	peer_close(&c);
	peer_close(&s[0]);
	peer_close(&s[1]);
	net_free(&n);
}

/* ---- A store that answers later ---- */

struct slow_store {
	struct store store;
	struct store *table;
	struct claim *asked[64];
	unsigned n;
};

static int slow_claim(struct store *s, struct claim *c)
{
	struct slow_store *slow = container_of(s, struct slow_store, store);

	assert_true(slow->n < 64);
	slow->asked[slow->n++] = c;
	return -EINPROGRESS;
}

static size_t slow_entries(struct store *s, uint64_t now_ms)
{
	(void)s;
	(void)now_ms;
	return 0;
}

static void slow_destroy(struct store *s)
{
	struct slow_store *slow = container_of(s, struct slow_store, store);

	slow->table->ops->destroy(slow->table);
}

static const struct store_ops slow_ops = { slow_claim, slow_entries, slow_destroy };

static void slow_answer(struct slow_store *s, struct worker *w)
{
	unsigned n = s->n;

	s->n = 0;
	for (unsigned i = 0; i < n; i++) {
		struct claim *c = s->asked[i];

		assert_int_equal(store_claim(s->table, c), 0);
		c->answered(c);
	}
	rig_turn(w);
}

static void slow_make(struct slow_store *s, struct net *n, struct worker *w, unsigned servers)
{
	net_make(n, w, servers);
	*s = (struct slow_store){ .store = { &slow_ops, 1 }, .table = n->pool.store };
	n->pool.store = &s->store;
	net_open(n);
}

#define ANSWER_UNTIL(slow, n, text)                                                                                    \
	do {                                                                                                           \
		for (unsigned rounds = 0; rounds < 2000 && !net_said(n, text); rounds++)                               \
			slow_answer(slow, (n)->w);                                                                     \
		net_until(n, text);                                                                                    \
	} while (0)

static void test_slow_store(void **state)
{
	struct slow_store slow;
	struct net n;
	struct peer c, s[2];

	slow_make(&slow, &n, *state, 2);
	c = net_dial(&n);
	peer_say(n.w, &c, "- a 1\n- b 2\nK a 3\n");
	RIG_UNTIL(n.w, slow.n == 3);
	rig_run(n.w, 20);
	assert_false(net_said(&n, "routed"));
	ANSWER_UNTIL(&slow, &n, "routed 3 s0");
	s[0] = net_accept(&n, 0);
	s[1] = net_accept(&n, 1);
	net_expect(&n, &s[0], "- a 1\nK a 3\n");
	net_expect(&n, &s[1], "- b 2\n");
	peer_say(n.w, &s[1], "!new 4\n"); /* pins, and the store has not answered yet */
	net_expect(&n, &c, "!new 4\n");
	for (unsigned i = 0; i < 4; i++)
		slow_answer(&slow, n.w);
	peer_say(n.w, &c, "- new 5\n");
	ANSWER_UNTIL(&slow, &n, "routed 5 s1");
	peer_close(&c);
	peer_close(&s[0]);
	peer_close(&s[1]);
	net_free(&n);
}

/* Who asked may be gone when the answer comes: the claim must still be there. */
static void test_slow_store_answers_too_late(void **state)
{
	struct slow_store slow;
	struct net n;
	struct peer c;

	slow_make(&slow, &n, *state, 2);
	c = net_dial(&n);
	peer_say(n.w, &c, "- a 1\nK b 2\n");
	RIG_UNTIL(n.w, slow.n == 2);
	peer_reset(&c);
	net_until(&n, "closed client");
	RIG_UNTIL(n.w, list_empty(&n.w->sessions));
	slow_answer(&slow, n.w);
	assert_int_equal(slow.n, 0);
	assert_false(net_said(&n, "routed") || net_said(&n, "respond"));
	net_free(&n);
}

/* Two pools of which only the second knows the key: a request that follows goes there, and waits for both answers. */
static void test_follow(void **state)
{
	for (unsigned slow_too = 0; slow_too < 2; slow_too++) {
		struct slow_store slow;
		struct reach reach[2];
		struct pool second;
		struct net n;
		struct peer c, s;

		if (slow_too)
			slow_make(&slow, &n, *state, 2);
		else
			net_make(&n, *state, 2), net_open(&n);
		second = n.pool;
		second.name = second.scope = "second";
		second.servers = &n.servers[1];
		n.pool.nservers = second.nservers = 1;
		n.servers[1].pool = &second;
		reach[0] = reach[1] = n.reach;
		reach[1].pool = &second;
		n.conf.reach = reach;
		n.conf.nreach = 2;
		c = net_dial(&n);
		peer_say(n.w, &c, "- a 1\n");
		if (slow_too)
			ANSWER_UNTIL(&slow, &n, "routed 1 s0");
		net_until(&n, "routed 1 s0");
		reach[0].pool = &second; /* as a policy would */
		peer_say(n.w, &c, "- b 2\n");
		if (slow_too)
			ANSWER_UNTIL(&slow, &n, "routed 2 s1");
		net_until(&n, "routed 2 s1");
		reach[0].pool = &n.pool;
		peer_say(n.w, &c, "F b 3\nF a 4\nF c 5\n");
		if (slow_too)
			ANSWER_UNTIL(&slow, &n, "routed 5 s0");
		net_until(&n, "routed 5 s0");
		if (!net_said(&n, "routed 3 s1") || !net_said(&n, "routed 4 s0"))
			fail_msg("%s", n.log);
		s = net_accept(&n, 1);
		net_expect(&n, &s, "- b 2\nF b 3\n");
		if (slow_too) { /* an exchange that ends while it looks */
			peer_say(n.w, &c, "F b 6\n");
			RIG_UNTIL(n.w, slow.n > 0);
			peer_reset(&c);
			net_until(&n, "closed client");
			slow_answer(&slow, n.w);
		}
		peer_close(&c);
		peer_close(&s);
		n.conf.reach = &n.reach;
		n.pool.nservers = 2;
		net_free(&n);
	}
}

/* The server that a request in a dialog names goes before the key's owner, if it may have it. */
static void test_named(void **state)
{
	struct net n;
	struct peer c;

	net_make(&n, *state, 3);
	net_open(&n);
	c = net_dial(&n);
	peer_say(n.w, &c, "- s2 1\n"); /* s2 is the name of one, and the key of another one's */
	net_until(&n, "routed 1 s0;");
	peer_say(n.w, &c, "F s2 2\nFN s2 3\nN s2 4\nFN s7 5\n");
	net_until(&n, "routed 5");
	assert_true(net_said(&n, "routed 2 s0;") && net_said(&n, "routed 3 s2;") && net_said(&n, "routed 4 s0;"));
	assert_true(net_said(&n, "routed 5 s1;"));
	net_health(&n, 2, HEALTH_DOWN);
	peer_say(n.w, &c, "FN s2 6\n");
	net_until(&n, "routed 6 s0;");
	peer_close(&c);
	net_free(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same_key_same_server, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_second_choice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mask, setup, teardown),
		cmocka_unit_test_setup_teardown(test_server_asks_and_pins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_store, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_store_answers_too_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_follow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_named, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
