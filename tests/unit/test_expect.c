/* SPDX-License-Identifier: Apache-2.0 */
/* test_expect.c: who gets which port, who may come in by it, and when it goes. */
#include "expect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "heap.h"
#include "listener.h"
#include "log.h"
#include "unit.h"

enum { WORKERS = 2, SERVERS = 2 };

/* Two workers with a listener each, of one configuration, and loopback addresses of the test's own. */
struct rig {
	struct worker workers[WORKERS];
	struct listener *listeners[WORKERS];
	struct lg_plugin plugin;
	struct listener_stats stats;
	struct listener_conf conf;
	struct snapshot snapshot;
	struct pool pool;
	struct server servers[SERVERS];
	struct sockaddr_storage local, client, foreign;
};

static const struct lg_ports range = { 50000, 50039 };
static const char *const plugin_name = "rig";

static void own_address(struct sockaddr_storage *a, unsigned last)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)a;
	uint32_t pid = (uint32_t)getpid();

	*a = (struct sockaddr_storage){ .ss_family = AF_INET };
	v4->sin_addr.s_addr = htonl(127u << 24 | (1 + (pid >> 8) % 250) << 16 | (pid & 255) << 8 | last);
}

static void rig_make(struct rig *r)
{
	char err[200];

	memset(r, 0, sizeof *r);
	own_address(&r->local, 101);
	own_address(&r->client, 102);
	own_address(&r->foreign, 103);
	r->plugin = (struct lg_plugin){ LG_PLUGIN_HEADER, .name = plugin_name };
	r->conf = (struct listener_conf){ .name = (char *)"in", .plugin = &r->plugin, .stats = &r->stats };
	r->conf.limits = (struct listener_limits){ .plugin = { 65536, 65536, 100, 1000 },
						   .sessions = 100,
						   .idle_ms = 600000,
						   .half_ms = 1000,
						   .queue = 65536 };
	atomic_init(&r->snapshot.refs, 1);
	r->pool = (struct pool){ .name = (char *)"farm", .servers = r->servers, .nservers = SERVERS, .tries = 3 };
	for (unsigned i = 0; i < SERVERS; i++) {
		struct sockaddr_storage address;

		r->servers[i] = (struct server){ .name = (char *)"one", .pool = &r->pool, .id = 1 + i, .weight = 1 };
		own_address(&address, 111 + i);
		assert_int_equal(server_put(&r->servers[i], &address), 0);
		r->servers[i].state = server_state_create();
		atomic_store(&r->servers[i].state->health, HEALTH_UP);
	}
	assert_int_equal(expects_create(&r->conf.expects, &r->conf), 0);
	for (unsigned i = 0; i < WORKERS; i++) {
		assert_int_equal(worker_init(&r->workers[i], i), 0);
		r->workers[i].session_step = WORKERS;
		assert_int_equal(listener_create(&r->listeners[i], &r->workers[i], &r->snapshot, &r->conf, NULL, err,
						 sizeof err),
				 0);
	}
}

static void turn(struct rig *r)
{
	for (unsigned i = 0; i < WORKERS; i++)
		uv_run(&r->workers[i].loop, UV_RUN_NOWAIT);
}

static void rig_end(struct rig *r)
{
	struct list *i, *tmp;

	for (unsigned k = 0; k < WORKERS; k++) {
		list_each(i, tmp, &r->workers[k].listeners) listener_destroy(container_of(i, struct listener, node));
		worker_fini(&r->workers[k]);
	}
	assert_int_equal(atomic_load(&r->stats.expected), 0);
	assert_int_equal(atomic_load(&r->stats.sessions), 0);
	assert_int_equal(atomic_load(&r->snapshot.refs), 1);
	expects_free(r->conf.expects);
	for (unsigned k = 0; k < SERVERS; k++) {
		server_state_free(r->servers[k].state);
		server_places_free(&r->servers[k]);
	}
	assert_int_equal(heap_bytes(), 0);
}

/* Both workers live at `ms` from now on, as long as no turn of theirs comes. */
static void pass(struct rig *r, uint64_t ms)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		struct worker *w = &r->workers[i];

		w->now_ms += ms;
		wheel_turn(&w->wheel, w->now_ms);
	}
}

static struct expect_key key_of(struct rig *r)
{
	return (struct expect_key){ (struct sockaddr *)&r->client, (struct sockaddr *)&r->local, &r->servers[0], 1025 };
}

static uint16_t ask(struct rig *r, unsigned worker, const struct expect_key *key)
{
	return expect_port(r->listeners[worker], key, &range);
}

/* A connection to `port`, from `from`; -errno. */
static int dial(const struct sockaddr_storage *from, const struct sockaddr_storage *to, uint16_t port)
{
	struct sockaddr_storage a = *to;
	int fd = socket(AF_INET, SOCK_STREAM, 0), r = 0;

	address_set_port(&a, port);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)from, sizeof(struct sockaddr_in)), 0);
	if (connect(fd, (struct sockaddr *)&a, sizeof(struct sockaddr_in)) < 0)
		r = -errno;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

/* A server's socket on its port; the number is in `port`. */
static int serve(const struct sockaddr_storage *at, uint16_t *port)
{
	struct sockaddr_storage a = *at;
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(struct sockaddr_in)), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*port = address_port((struct sockaddr *)&a);
	return fd;
}

/* Turns until `fd` has something to read, or three seconds are over. */
static void wait_readable(struct rig *r, int fd)
{
	for (unsigned i = 0; i < 3000; i++) {
		struct pollfd p = { fd, POLLIN, 0 };

		turn(r);
		if (poll(&p, 1, 1) > 0)
			return;
	}
	fail_msg("nothing came");
}

/* ---- Who gets which ---- */

static void same_three_get_the_same_port(void **state)
{
	struct rig r;
	struct expect_key key;
	uint16_t port, others[4];

	(void)state;
	rig_make(&r);
	key = key_of(&r);
	port = ask(&r, 0, &key);
	assert_in_range(port, range.first, range.last);
	address_set_port(&r.client, 4711); /* its own port does not count, */
	assert_int_equal(ask(&r, 0, &key), port);
	assert_int_equal(ask(&r, 1, &key), port); /* nor the worker */
	assert_int_equal(atomic_load(&r.stats.expected), 1);
	key.client = (struct sockaddr *)&r.foreign;
	others[0] = ask(&r, 0, &key);
	key = key_of(&r);
	key.server = &r.servers[1];
	others[1] = ask(&r, 1, &key);
	key = key_of(&r);
	key.server_port = 1026;
	others[2] = ask(&r, 0, &key);
	key = key_of(&r);
	key.local = (struct sockaddr *)&r.foreign;
	others[3] = ask(&r, 0, &key);
	for (unsigned i = 0; i < ARRAY_LEN(others); i++) {
		assert_in_range(others[i], range.first, range.last);
		assert_int_not_equal(others[i], port);
		for (unsigned k = 0; k < i; k++)
			assert_int_not_equal(others[i], others[k]);
	}
	assert_int_equal(atomic_load(&r.stats.expected), 5);
	assert_int_equal(atomic_load(&r.stats.expected_opened), 5);
	rig_end(&r);
}

/* The kth client beyond r->foreign, of an address family's own. */
static void nth_client(struct sockaddr_storage *a, bool v6, unsigned k)
{
	char text[INET6_ADDRSTRLEN];

	*a = (struct sockaddr_storage){ .ss_family = v6 ? AF_INET6 : AF_INET };
	snprintf(text, sizeof text, v6 ? "2001:db8::%u" : "192.0.2.%u", k);
	assert_int_equal(inet_pton(a->ss_family, text,
				   v6 ? (void *)&((struct sockaddr_in6 *)a)->sin6_addr
				      : (void *)&((struct sockaddr_in *)a)->sin_addr),
			 1);
}

/* A quarter of the range for one source, whatever it asks for; all of it for several. */
static void a_source_has_its_share(void **state)
{
	unsigned all = range.last - range.first + 1u, share = all / EXPECT_SHARE;
	struct expect_key key;
	struct sockaddr_storage client;
	struct rig r;

	(void)state;
	rig_make(&r);
	key = key_of(&r);
	for (unsigned i = 0; i < share; i++, key.server_port++)
		assert_int_not_equal(ask(&r, i % WORKERS, &key), 0);
	assert_int_equal(ask(&r, 0, &key), 0);
	assert_int_equal(atomic_load(&r.stats.expected_none), 1);
	key.server_port--;
	assert_int_not_equal(ask(&r, 0, &key), 0); /* what it has stays its own */
	for (unsigned i = share; i < all; i++) {
		nth_client(&client, false, i);
		key.client = (struct sockaddr *)&client;
		assert_int_not_equal(ask(&r, 0, &key), 0);
	}
	nth_client(&client, false, all);
	assert_int_equal(ask(&r, 0, &key), 0); /* used up */
	assert_int_equal(atomic_load(&r.stats.expected), all);
	rig_end(&r);
}

static void a_v6_source_is_a_64(void **state)
{
	struct sockaddr_storage client, local = { .ss_family = AF_INET6 };
	struct expect_key key;
	struct rig r;
	unsigned n = 0;

	(void)state;
	((struct sockaddr_in6 *)&local)->sin6_addr = in6addr_loopback;
	rig_make(&r);
	key = key_of(&r);
	key.client = (struct sockaddr *)&client;
	key.local = (struct sockaddr *)&local;
	for (unsigned i = 1; i < 30; i++) {
		nth_client(&client, true, i);
		n += ask(&r, 0, &key) != 0;
	}
	if (n) /* this machine has IPv6 */
		assert_int_equal(n, (range.last - range.first + 1u) / EXPECT_SHARE);
	rig_end(&r);
}

static void others_ports_are_passed_over(void **state)
{
	struct lg_ports two = { 50010, 50011 }, one = { 50012, 50012 };
	struct sockaddr_storage a;
	struct expect_key key;
	struct rig r;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	rig_make(&r);
	key = key_of(&r);
	a = r.local;
	address_set_port(&a, two.first);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(struct sockaddr_in)), 0);
	assert_int_equal(expect_port(r.listeners[0], &key, &two), two.last);
	key.client = (struct sockaddr *)&r.foreign;
	assert_int_equal(expect_port(r.listeners[0], &key, &two), 0);
	assert_int_equal(expect_port(r.listeners[0], &key, &one), one.first);
	close(fd);
	rig_end(&r);
}

static void no_memory_is_no_port(void **state)
{
	struct expect_key key;
	struct rig r;
	unsigned failed = 0;

	(void)state;
	rig_make(&r);
	key = key_of(&r);
	for (long n = 0; n < 50; n++) {
		heap_fail_after(n);
		failed += ask(&r, 0, &key) == 0;
		heap_fail_after(-1);
	}
	assert_in_range(failed, 1, 49);
	assert_int_equal(atomic_load(&r.stats.expected), 1);
	rig_end(&r);
}

/* ---- When it goes ---- */

static void unused_ports_go(void **state)
{
	struct expect_key key;
	struct rig r;
	uint16_t port;

	(void)state;
	rig_make(&r);
	key = key_of(&r);
	port = ask(&r, 0, &key);
	pass(&r, EXPECT_UNUSED_MS - 1000);
	assert_int_equal(ask(&r, 1, &key), port); /* asked for again, elsewhere: that is use */
	pass(&r, EXPECT_UNUSED_MS - 1000);
	assert_int_equal(atomic_load(&r.stats.expected), 1);
	pass(&r, 2000);
	assert_int_equal(atomic_load(&r.stats.expected), 0);
	assert_int_equal(dial(&r.client, &r.local, port), -ECONNREFUSED);
	assert_int_not_equal(ask(&r, 0, &key), port); /* who still knows it does not meet the next one's server */
	rig_end(&r);
}

static void all_close_with_the_listener(void **state)
{
	struct expect_key key;
	struct rig r;
	uint16_t port;

	(void)state;
	rig_make(&r);
	key = key_of(&r);
	port = ask(&r, 0, &key);
	listener_close(r.listeners[1]);
	assert_int_equal(atomic_load(&r.stats.expected), 1); /* the other worker's */
	listener_close(r.listeners[0]);
	assert_int_equal(atomic_load(&r.stats.expected), 0);
	assert_int_equal(dial(&r.client, &r.local, port), -ECONNREFUSED);
	assert_int_equal(ask(&r, 0, &key), 0);
	rig_end(&r);
}

/* ---- Who comes in ---- */

static void the_client_is_joined_and_keeps_the_port(void **state)
{
	struct expect_key key;
	struct rig r;
	int listening, client, server;
	uint16_t port;
	char got[8];

	(void)state;
	rig_make(&r);
	key = key_of(&r);
	listening = serve(&server_place(&r.servers[0])->address, &key.server_port);
	port = ask(&r, 1, &key);
	client = dial(&r.client, &r.local, port);
	assert_true(client >= 0);
	wait_readable(&r, listening);
	server = accept(listening, NULL, NULL);
	assert_int_equal(write(client, "ping", 4), 4);
	wait_readable(&r, server);
	assert_int_equal(read(server, got, sizeof got), 4);
	assert_int_equal(write(server, "pong!", 5), 5);
	wait_readable(&r, client);
	assert_int_equal(read(client, got, sizeof got), 5);
	assert_int_equal(atomic_load(&r.stats.sessions), 1);
	pass(&r, 2 * EXPECT_UNUSED_MS);
	assert_int_equal(atomic_load(&r.stats.expected), 1);
	close(client);
	wait_readable(&r, server); /* its end */
	close(server);
	for (unsigned i = 0; i < 1000 && atomic_load(&r.stats.sessions); i++)
		turn(&r);
	assert_int_equal(atomic_load(&r.stats.sessions), 0);
	pass(&r, 4 * EXPECT_UNUSED_MS);
	pass(&r, EXPECT_UNUSED_MS + 1000);
	assert_int_equal(atomic_load(&r.stats.expected), 0);
	close(listening);
	rig_end(&r);
}

static void foreigners_are_reset(void **state)
{
	struct expect_key key;
	struct rig r;
	int listening, client;
	char got[8];

	(void)state;
	rig_make(&r);
	key = key_of(&r);
	listening = serve(&server_place(&r.servers[0])->address, &key.server_port);
	client = dial(&r.foreign, &r.local, ask(&r, 0, &key));
	assert_true(client >= 0);
	wait_readable(&r, client);
	assert_int_equal(read(client, got, sizeof got), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(accept(listening, NULL, NULL), -1);
	assert_int_equal(atomic_load(&r.stats.expected_refused), 1);
	close(client);
	close(listening);
	rig_end(&r);
}

/* A server that is down is not replaced by another. */
static void a_client_whose_server_is_down_is_reset(void **state)
{
	struct expect_key key;
	struct rig r;
	int client;
	char got[8];

	(void)state;
	rig_make(&r);
	key = key_of(&r);
	client = dial(&r.client, &r.local, ask(&r, 0, &key));
	assert_true(client >= 0);
	atomic_store(&r.servers[0].state->health, HEALTH_DOWN);
	wait_readable(&r, client);
	assert_int_equal(read(client, got, sizeof got), -1);
	close(client);
	for (unsigned i = 0; i < 1000 && atomic_load(&r.stats.sessions); i++)
		turn(&r);
	rig_end(&r);
}

/* The port's memory goes with the last session that came by it. */
static void a_session_outlives_its_port(void **state)
{
	struct expect_key key;
	struct rig r;
	int listening, client, server;
	char got[8];

	(void)state;
	rig_make(&r);
	key = key_of(&r);
	listening = serve(&server_place(&r.servers[0])->address, &key.server_port);
	client = dial(&r.client, &r.local, ask(&r, 0, &key));
	wait_readable(&r, listening);
	server = accept(listening, NULL, NULL);
	listener_close(r.listeners[0]);
	assert_int_equal(atomic_load(&r.stats.expected), 0);
	assert_int_equal(write(client, "ping", 4), 4);
	wait_readable(&r, server);
	assert_int_equal(read(server, got, sizeof got), 4);
	close(server);
	wait_readable(&r, client);
	close(client);
	for (unsigned i = 0; i < 1000 && atomic_load(&r.stats.sessions); i++)
		turn(&r);
	close(listening);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_three_get_the_same_port),
		cmocka_unit_test(a_source_has_its_share),
		cmocka_unit_test(a_v6_source_is_a_64),
		cmocka_unit_test(others_ports_are_passed_over),
		cmocka_unit_test(no_memory_is_no_port),
		cmocka_unit_test(unused_ports_go),
		cmocka_unit_test(all_close_with_the_listener),
		cmocka_unit_test(the_client_is_joined_and_keeps_the_port),
		cmocka_unit_test(foreigners_are_reset),
		cmocka_unit_test(a_client_whose_server_is_down_is_reset),
		cmocka_unit_test(a_session_outlives_its_port),
	};

	log_set_level(LG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
