/* SPDX-License-Identifier: Apache-2.0 */
/* test_seat.c: max_sessions in the way of a request: who gets a seat, where a full server's keys go, and that no seat is
 * lost, whatever becomes of the link.  Over shared links: test_trunk.c. */
#include "unit.h"

#include "net.h"

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

static void make(struct net *n, struct worker *w, unsigned servers, unsigned max)
{
	net_make(n, w, servers);
	for (unsigned i = 0; i < servers; i++)
		n->servers[i].max_sessions = max;
	n->pool.live = &n->live;
	net_open(n);
}

static unsigned sessions(const struct net *n, unsigned server)
{
	return atomic_load(&n->servers[server].state->sessions);
}

/* New keys go elsewhere, and when all are full they are refused as overload, until one goes. */
static void test_full(void **state)
{
	struct peer c[4];
	struct net n;

	make(&n, *state, 2, 1);
	c[0] = net_dial(&n);
	peer_say(n.w, &c[0], "- a 1\n");
	net_until(&n, "routed 1 s0;");
	c[1] = net_dial(&n);
	peer_say(n.w, &c[1], "- b 2\n");
	net_until(&n, "routed 2 s1;");
	peer_say(n.w, &c[0], "- a 3\n"); /* over the link that it has */
	net_until(&n, "routed 3 s0;");
	c[2] = net_dial(&n);
	peer_say(n.w, &c[2], "- c 4\n");
	net_until(&n, "respond 4 overload;");
	assert_int_equal(atomic_load(&n.live.overloads), 1);
	assert_int_equal(sessions(&n, 0) + sessions(&n, 1), 2);
	net_health(&n, 1, HEALTH_DOWN); /* what is left is full all the same */
	peer_say(n.w, &c[2], "- d 5\n");
	net_until(&n, "respond 5 overload;");
	net_health(&n, 0, HEALTH_DOWN);
	peer_say(n.w, &c[2], "- d 6\n");
	net_until(&n, "respond 6 no-server;");
	net_health(&n, 0, HEALTH_UP);
	peer_close(&c[0]);
	net_until(&n, "closed s0");
	peer_say(n.w, &c[2], "- d 7\n");
	net_until(&n, "routed 7 s0;");
	peer_close(&c[1]);
	peer_close(&c[2]);
	net_free(&n); /* and all counts are 0 */
}

/* Persistence does not override it: the key moves, and stays where it went. */
static void test_owner_is_full(void **state)
{
	struct peer c[3];
	struct net n;

	make(&n, *state, 2, 1);
	c[0] = net_dial(&n);
	peer_say(n.w, &c[0], "- a 1\n");
	net_until(&n, "routed 1 s0;");
	c[1] = net_dial(&n);
	peer_say(n.w, &c[1], "- a 2\n");
	net_until(&n, "routed 2 s1;");
	peer_close(&c[0]);
	net_until(&n, "closed s0");
	peer_close(&c[1]);
	net_until(&n, "closed s1");
	c[2] = net_dial(&n);
	peer_say(n.w, &c[2], "- a 3\n");
	net_until(&n, "routed 3 s1;");
	peer_close(&c[2]);
	net_free(&n);
}

/* A server that cannot be connected to gives its seat back each time, and the next one is asked. */
static void test_failed_links_give_back(void **state)
{
	struct net n;

	make(&n, *state, 2, 1);
	net_server_dies(&n, 0);
	for (unsigned i = 1; i <= 6; i++) {
		struct peer c = net_dial(&n);
		char text[32];

		snprintf(text, sizeof text, "- k%u x\n", i);
		peer_say(n.w, &c, text);
		snprintf(text, sizeof text, "routed %u s1;", i);
		net_until(&n, text);
		assert_int_equal(sessions(&n, 0), 0);
		peer_close(&c);
		RIG_UNTIL(n.w, list_empty(&n.w->sessions));
		assert_int_equal(sessions(&n, 1), 0);
	}
	net_free(&n);
}

/* ---- Entries of a server that is gone ---- */

/* They move when they are used next, and stay moved when it is back. */
static void test_entries_move(void **state)
{
	static const struct {
		enum health health;
		enum admin admin;
		unsigned max;
		long long rests;
		bool moves;
	} rows[] = {
		{ HEALTH_DOWN, ADMIN_ENABLED, 0, 0, true },     { HEALTH_UNKNOWN, ADMIN_ENABLED, 0, 0, true },
		{ HEALTH_UP, ADMIN_DISABLED, 0, 0, true },      { HEALTH_UP, ADMIN_DRAIN, 0, 0, false },
		{ HEALTH_UP, ADMIN_ENABLED, 0, INT64_MAX, false }, { HEALTH_UP, ADMIN_ENABLED, 1, 0, true },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct server_state *first;
		struct peer c, holder;
		struct net n;
		char text[32];

		make(&n, *state, 2, 0);
		first = n.servers[0].state;
		holder = net_dial(&n);
		peer_say(n.w, &holder, "- a 1\n");
		net_until(&n, "routed 1 s0;");
		net_health(&n, 0, rows[i].health);
		atomic_store(&first->admin, rows[i].admin);
		atomic_store(&first->rests_until, rows[i].rests);
		n.servers[0].max_sessions = rows[i].max;
		for (unsigned k = 2; k < 4; k++) {
			c = net_dial(&n);
			peer_say(n.w, &c, "- a x\n");
			snprintf(text, sizeof text, "routed %u s%u;", k, rows[i].moves);
			net_until(&n, text);
			peer_close(&c);
			net_health(&n, 0, HEALTH_UP); /* it is back */
			atomic_store(&first->admin, ADMIN_ENABLED);
			atomic_store(&first->rests_until, 0);
			n.servers[0].max_sessions = 0;
		}
		peer_close(&holder);
		net_free(&n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owner_is_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed_links_give_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_entries_move, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
