/* SPDX-License-Identifier: Apache-2.0 */
/* test_listener.c: when a listener accepts and when connecting is refused; two workers; limits; no descriptors left. */
#include "unit.h"

#include "net.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gateway/admission.h"

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

/* Whether a client gets in; else it is refused at once. */
static bool gets_in(struct net *n)
{
	struct peer c = { .fd = rig_dial(&n->at) };
	uint64_t accepted = n->stats.accepted;

	if (c.fd < 0)
		return false;
	RIG_UNTIL(n->w, n->stats.accepted > accepted || peer_ended(&c));
	assert_true(n->stats.accepted > accepted || c.error == ECONNREFUSED);
	peer_close(&c);
	return n->stats.accepted > accepted;
}

/* ---- Who is served ---- */

enum { U = HEALTH_UP, D = HEALTH_DOWN, N = HEALTH_UNKNOWN };

static const struct {
	int health[2]; /* of the only server of each of two pools */
	enum all_down all_down[2];
	unsigned nreach;
	bool open;
} cases[] = {
	{ { U, U }, { ALL_DOWN_REFUSE, ALL_DOWN_REFUSE }, 2, true },
	{ { U, D }, { ALL_DOWN_REFUSE, ALL_DOWN_REFUSE }, 2, true },
	{ { D, U }, { ALL_DOWN_REFUSE, ALL_DOWN_REFUSE }, 2, true },
	{ { D, D }, { ALL_DOWN_REFUSE, ALL_DOWN_REFUSE }, 2, false },
	{ { N, D }, { ALL_DOWN_REFUSE, ALL_DOWN_REFUSE }, 2, false },
	{ { N, U }, { ALL_DOWN_REFUSE, ALL_DOWN_REFUSE }, 2, true },
	{ { D, D }, { ALL_DOWN_REPLY, ALL_DOWN_REFUSE }, 2, true },
	{ { D, D }, { ALL_DOWN_REFUSE, ALL_DOWN_FAIL_OPEN }, 2, true },
	{ { N, D }, { ALL_DOWN_REPLY, ALL_DOWN_REPLY }, 2, false }, /* unknown takes no traffic */
	{ { D, U }, { ALL_DOWN_REFUSE, ALL_DOWN_REFUSE }, 1, false },
	{ { N, N }, { ALL_DOWN_REFUSE, ALL_DOWN_REFUSE }, 0, true }, /* no pool: policies answer */
};

static void test_who_is_served(void **state)
{
	struct reach reach[2];
	struct pool second;
	struct net n;

	net_make(&n, *state, 2);
	second = n.pool;
	second.servers = &n.servers[1];
	n.pool.nservers = second.nservers = 1;
	reach[0] = reach[1] = n.reach;
	reach[1].pool = &second;
	n.conf.reach = reach;
	net_open(&n);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		n.pool.all_down = cases[i].all_down[0];
		second.all_down = cases[i].all_down[1];
		n.conf.nreach = cases[i].nreach;
		net_health(&n, 0, (enum health)cases[i].health[0]);
		net_health(&n, 1, (enum health)cases[i].health[1]);
		assert_int_equal(n.stats.open, cases[i].open);
		assert_int_equal(gets_in(&n), cases[i].open);
	}
	n.pool.nservers = 2;
	net_free(&n);
}

/* Refused, not silent; the port stays ours; what stands stays; and all that again. */
static void test_down_and_up(void **state)
{
	struct net n;
	struct peer c;
	struct bind foreign;

	net_make(&n, *state, 1);
	net_open(&n);
	foreign = n.bind;
	memcpy(&foreign.address, &n.at, sizeof n.at);
	c = net_dial(&n);
	net_until(&n, "opened client");
	for (unsigned i = 0; i < 5; i++) {
		net_health(&n, 0, HEALTH_DOWN);
		assert_false(gets_in(&n));
		assert_int_equal(listener_test_bind(&foreign), -EADDRINUSE);
		peer_say(n.w, &c, "- a 1\n");
		net_until(&n, "respond 1 no-server");
		n.exchanges = 0;
		net_forget(&n);
		net_health(&n, 0, HEALTH_UP);
		listener_review(n.listener); /* twice is once */
		assert_true(gets_in(&n));
		assert_int_equal(listener_test_bind(&foreign), -EADDRINUSE);
	}
	listener_close(n.listener);
	assert_int_equal(listener_test_bind(&foreign), 0);
	listener_review(n.listener); /* closed for good */
	assert_int_equal(n.stats.open, 0);
	peer_say(n.w, &c, "- a 1\n");
	net_until(&n, "routed 1 s0");
	peer_close(&c);
	net_free(&n);
}

/* Who waits in the queue when the last server goes is refused, too: he gets a reset. */
static void test_waiting_clients_are_reset(void **state)
{
	struct net n;
	struct peer c;

	net_make(&n, *state, 1);
	net_open(&n);
	c = net_dial(&n);
	net_health(&n, 0, HEALTH_DOWN); /* before the worker's turn */
	RIG_UNTIL(n.w, peer_ended(&c));
	assert_int_equal(c.error, ECONNRESET);
	assert_int_equal(n.stats.accepted, 0);
	peer_close(&c);
	net_free(&n);
}

/* ---- Two workers ---- */

static void test_two_workers(void **state)
{
	struct worker *other = rig_worker_start();
	struct listener *second;
	struct peer c[40];
	struct net n;
	char err[200];
	unsigned there = 0;

	net_make(&n, *state, 1);
	net_open(&n);
	assert_int_equal(listener_create(&second, other, n.snapshot, &n.conf, NULL, err, sizeof err), 0);
	for (unsigned i = 0; i < 10; i++)
		assert_true(gets_in(&n)); /* the other one's socket takes none while it does not listen */
	listener_review(second);
	assert_int_equal(n.stats.open, 2);
	for (unsigned i = 0; i < ARRAY_LEN(c); i++)
		c[i] = net_dial(&n);
	while (n.stats.accepted < 10 + ARRAY_LEN(c)) {
		rig_turn(n.w);
		rig_turn(other);
	}
	for (struct list *l = other->sessions.next; l != &other->sessions; l = l->next)
		there++;
	assert_in_range(there, 1, ARRAY_LEN(c) - 1); /* the kernel gives to both */
	for (unsigned i = 0; i < ARRAY_LEN(c); i++)
		peer_close(&c[i]);
	RIG_UNTIL(other, list_empty(&other->sessions) && list_empty(&other->streams));
	net_health(&n, 0, HEALTH_DOWN); /* this worker's */
	assert_int_equal(n.stats.open, 1);
	listener_review(second);
	assert_false(gets_in(&n));
	listener_destroy(second);
	rig_worker_stop(other);
	net_free(&n);
}

/* ---- Limits ---- */

static void test_limits(void **state)
{
	struct sources *sources;
	struct net n;
	struct peer c[3];

	assert_int_equal(sources_create(&sources, &(struct sources_limits){ .sessions = 2 }), 0);
	for (unsigned by_source = 0; by_source < 2; by_source++) {
		net_make(&n, *state, 1);
		if (!by_source)
			n.conf.limits.sessions = 2;
		net_open(&n);
		if (by_source)
			n.listener->sources = sources;
		for (unsigned i = 0; i < 3; i++)
			c[i] = net_dial(&n);
		RIG_UNTIL(n.w, n.stats.accepted == 2 && n.stats.refused_limit == 1);
		RIG_UNTIL(n.w, peer_ended(&c[2]));
		assert_int_equal(c[2].error, ECONNRESET);
		peer_close(&c[0]);
		RIG_UNTIL(n.w, n.stats.sessions == 1);
		assert_true(gets_in(&n));
		peer_close(&c[1]);
		peer_close(&c[2]);
		net_free(&n);
	}
	sources_destroy(sources);
}

static void test_handshakes_limit(void **state)
{
	struct net n;
	struct peer c[4];

	rig_tls_start(state);
	net_make(&n, *state, 1);
	n.bind.transport = LG_TLS;
	n.conf.tls = rig_tls_server();
	n.conf.limits.handshakes = 2;
	n.conf.limits.handshake_ms = 2000;
	net_open(&n);
	for (unsigned i = 0; i < 4; i++)
		c[i] = net_dial(&n);
	RIG_UNTIL(n.w, n.stats.accepted == 4);
	assert_int_equal(n.stats.handshakes, 0); /* who says nothing keeps nobody out */
	for (unsigned i = 0; i < 2; i++)
		peer_say(n.w, &c[i], "\x16");
	RIG_UNTIL(n.w, n.stats.handshakes == 2);
	peer_say(n.w, &c[2], "\x16");
	RIG_UNTIL(n.w, peer_ended(&c[2]));
	assert_int_equal(c[2].error, ECONNRESET);
	assert_int_equal(n.stats.limits[LIMIT_HANDSHAKES].passed, 1);
	c[2].error = 0;
	peer_close(&c[2]);
	c[2] = net_dial(&n); /* at once */
	RIG_UNTIL(n.w, n.stats.refused_limit == 1);
	assert_int_equal(n.stats.limits[LIMIT_HANDSHAKES].passed, 2);
	RIG_UNTIL(n.w, n.stats.handshakes == 0); /* half a hello holds nothing for ever */
	assert_true(gets_in(&n));
	for (unsigned i = 0; i < 4; i++)
		peer_close(&c[i]);
	net_free(&n);
	assert_int_equal(n.stats.refused_tls, 5);
	rig_tls_stop(state);
}

/* Half a hello takes a place for as long as the limit allows: one source may have a quarter of them. */
static void test_handshakes_of_one_source(void **state)
{
	struct sources *sources;
	struct peer c[3];
	struct net n;

	rig_tls_start(state);
	net_make(&n, *state, 1);
	n.bind.transport = LG_TLS;
	n.conf.tls = rig_tls_server();
	n.conf.limits.handshakes = 8;
	assert_int_equal(admission_share(n.conf.limits.handshakes), 2);
	assert_int_equal(sources_create(&sources, &(struct sources_limits){ .handshakes = 2 }), 0);
	net_open(&n);
	n.listener->sources = sources;
	for (unsigned i = 0; i < 3; i++) {
		c[i] = net_dial(&n);
		peer_write(n.w, &c[i], "\026\003\001", 3);
		RIG_UNTIL(n.w, n.stats.handshakes == (i < 2 ? i + 1 : 2));
	}
	RIG_UNTIL(n.w, n.stats.limits[LIMIT_HANDSHAKES].passed == 1);
	peer_close(&c[0]); /* makes room again */
	RIG_UNTIL(n.w, n.stats.handshakes == 1);
	c[0] = net_dial(&n);
	peer_write(n.w, &c[0], "\026\003\001", 3);
	RIG_UNTIL(n.w, n.stats.handshakes == 2);
	for (unsigned i = 0; i < 3; i++)
		peer_close(&c[i]);
	RIG_UNTIL(n.w, n.stats.handshakes == 0);
	net_free(&n);
	sources_destroy(sources);
	rig_tls_stop(state);
}

/* The first byte is that behind the proxy's header. */
static void test_handshakes_behind_a_proxy(void **state)
{
	static const struct lg_net anybody = { { 0 }, 0 };
	static const struct lg_nets all = { &anybody, 1 };
	struct net n;
	struct peer c[2];

	rig_tls_start(state);
	net_make(&n, *state, 1);
	n.bind.transport = LG_TLS;
	n.conf.tls = rig_tls_server();
	n.conf.proxied = &all;
	n.conf.limits.handshakes = 1;
	net_open(&n);
	for (unsigned i = 0; i < 2; i++) {
		c[i] = net_dial(&n);
		peer_say(n.w, &c[i], "PROXY TCP4 192.0.2.1 192.0.2.2 5000 5061\r\n");
	}
	RIG_UNTIL(n.w, n.stats.accepted == 2);
	assert_int_equal(n.stats.handshakes, 0);
	peer_say(n.w, &c[0], "\x16");
	RIG_UNTIL(n.w, n.stats.handshakes == 1);
	peer_say(n.w, &c[1], "\x16");
	RIG_UNTIL(n.w, peer_ended(&c[1]));
	assert_int_equal(c[1].error, ECONNRESET);
	assert_int_equal(n.stats.limits[LIMIT_HANDSHAKES].passed, 1);
	peer_close(&c[0]);
	peer_close(&c[1]);
	net_free(&n);
	rig_tls_stop(state);
}

/* Two clients of one address: the second is told as a limit, and is nothing that TLS refused. */
static void test_source_behind_a_proxy(void **state)
{
	static const struct lg_net anybody = { { 0 }, 0 };
	static const struct lg_nets all = { &anybody, 1 };
	struct sources *sources;
	struct net n;
	struct peer c[2];

	rig_tls_start(state);
	assert_int_equal(sources_create(&sources, &(struct sources_limits){ .sessions = 1 }), 0);
	net_make(&n, *state, 1);
	n.bind.transport = LG_TLS;
	n.conf.tls = rig_tls_server();
	n.conf.proxied = &all;
	net_open(&n);
	n.listener->sources = sources;
	for (unsigned i = 0; i < 2; i++) {
		c[i] = net_dial(&n);
		peer_say(n.w, &c[i], "PROXY TCP4 192.0.2.1 192.0.2.2 5000 5061\r\n");
	}
	RIG_UNTIL(n.w, n.stats.refused_limit == 1);
	RIG_UNTIL(n.w, n.stats.sessions == 1);
	assert_int_equal(n.stats.limits[LIMIT_SESSIONS_PER_SOURCE].passed, 1);
	assert_int_equal(n.stats.refused_tls, 0);
	assert_int_equal(n.stats.refused_proxy, 0);
	peer_close(&c[0]);
	peer_close(&c[1]);
	net_free(&n);
	sources_destroy(sources);
	rig_tls_stop(state);
}

/* Out of descriptors: the client waits, the loop does not spin, and it goes on when there are some. */
static void test_no_descriptors(void **state)
{
	struct rlimit before, none;
	struct net n;
	struct peer c;
	int next;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (unsigned down = 0; down < 2; down++) {
		net_make(&n, *state, 1);
		net_open(&n);
		c = net_dial(&n);
		next = dup(0);
		close(next);
		none = (struct rlimit){ (rlim_t)next, before.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
		rig_run(n.w, 50);
		assert_true(wheel_is_set(&n.listener->sockets[0].pause));
		if (down) { /* and meanwhile it is told to stop and to begin again */
			net_health(&n, 0, HEALTH_DOWN);
			net_health(&n, 0, HEALTH_UP);
		}
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		if (down)
			assert_true(gets_in(&n));
		else
			net_until(&n, "opened client");
		peer_close(&c);
		net_free(&n);
	}
}

/* ---- What cannot be ---- */

static int no_start(void *inst, const void *conf, const struct lg_host *host, char err[], size_t errlen)
{
	(void)inst;
	(void)conf;
	(void)host;
	strncpy(err, "because", errlen);
	return -EINVAL;
}

static void test_create_fails(void **state)
{
	static const struct lg_plugin lazy = { LG_PLUGIN_HEADER, .name = "lazy", .start = no_start };
	struct listener *l = NULL;
	struct net n;
	char err[200] = "";
	int fd;

	net_make(&n, *state, 1);
	n.conf.plugin = &lazy;
	assert_int_equal(listener_create(&l, n.w, n.snapshot, &n.conf, NULL, err, sizeof err), -EINVAL);
	assert_string_equal(err, "listener l: the plugin lazy does not start: because");
	n.conf.plugin = &net_plugin;
	fd = rig_listen((struct sockaddr_in *)&n.bind.address);
	assert_int_equal(listener_test_bind(&n.bind), -EADDRINUSE);
	assert_int_equal(listener_create(&l, n.w, n.snapshot, &n.conf, NULL, err, sizeof err), -EADDRINUSE);
	assert_non_null(strstr(err, "listener l: cannot bind 127.0.0.1: "));
	close(fd);
	assert_true(list_empty(&n.w->listeners));
	net_free(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_who_is_served, setup, teardown),
		cmocka_unit_test_setup_teardown(test_down_and_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_waiting_clients_are_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_workers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_handshakes_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_handshakes_of_one_source, setup, teardown),
		cmocka_unit_test_setup_teardown(test_handshakes_behind_a_proxy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_source_behind_a_proxy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_create_fails, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
