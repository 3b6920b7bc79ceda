/* SPDX-License-Identifier: Apache-2.0 */
/* test_status.c: each state and counter of a snapshot under its name, and what a full memory does. */
#include "status.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "sample.h"
#include "unit.h"

static long left = -1; /* allocations of jansson until they fail; negative: they do not */

static void *failing_malloc(size_t n)
{
	if (left == 0)
		return NULL;
	left -= left > 0;
	return malloc(n);
}

/* Follows "pools.0.servers.1.name". */
static json_t *at(json_t *o, const char *path)
{
	while (*path && o) {
		char key[40];
		size_t n = strcspn(path, ".");

		assert_true(n < sizeof key);
		memcpy(key, path, n);
		key[n] = 0;
		o = json_is_array(o) ? json_array_get(o, (size_t)atoi(key)) : json_object_get(o, key);
		path += n + (path[n] == '.');
	}
	return o;
}

static const char *text(json_t *o, const char *path)
{
	const char *s = json_string_value(at(o, path));

	if (!s)
		fail_msg("no text at %s", path);
	return s;
}

static long long number(json_t *o, const char *path)
{
	if (!json_is_integer(at(o, path)))
		fail_msg("no number at %s", path);
	return json_integer_value(at(o, path));
}

static int setup(void **state)
{
	struct sample *s = malloc(sizeof *s);

	sample_init(s);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	sample_fini(*state);
	free(*state);
	return 0;
}

static void test_process(void **state)
{
	struct sample *s = *state;
	json_t *o = status_build(&s->snapshot, clock_unix_ms() - 90500);

	assert_string_equal(text(o, "version"), PACKAGE_VERSION);
	assert_int_equal(number(o, "pid"), getpid());
	assert_in_range(number(o, "uptime"), 90, 95);
	assert_string_equal(text(o, "configuration"), "/etc/sample.lua");
	assert_int_equal(number(o, "workers"), 2);
	assert_string_equal(text(o, "user"), "gate");
	assert_true(json_is_array(at(o, "capabilities")) && json_is_boolean(at(o, "no_new_privileges")));
	assert_int_equal(json_array_size(at(o, "listeners")), 2);
	assert_int_equal(json_array_size(at(o, "pools")), 2);
	json_decref(o);
	o = status_build(&s->snapshot, 1795353649123LL);
	assert_string_equal(text(o, "started"), "2026-11-22T13:20:49Z");
	json_decref(o);
	o = status_build(&s->snapshot, clock_unix_ms() + 1000000); /* the clock was set back */
	assert_int_equal(number(o, "uptime"), 0);
	json_decref(o);
}

/* Every counter gets a number of its own, so that none can stand under another's name. */
static void test_counters(void **state)
{
	struct sample *s = *state;
	const struct row {
		const char *path;
		long long value;
	} rows[] = {
		{ "listeners.0.sockets", 4 },
		{ "listeners.0.sessions", 11 },
		{ "listeners.0.handshakes", 12 },
		{ "listeners.0.accepted", 13 },
		{ "listeners.0.refused_limit", 14 },
		{ "listeners.0.refused_tls", 15 },
		{ "listeners.0.refused_proxy", 33 },
		{ "listeners.0.exchanges", 16 },
		{ "listeners.0.held_bytes", 17 },
		{ "listeners.0.lost_datagrams", 30 },
		{ "listeners.0.expected.ports", 26 },
		{ "listeners.0.expected.opened", 27 },
		{ "listeners.0.expected.refused", 28 },
		{ "listeners.0.expected.none_left", 29 },
		{ "listeners.0.counters.messages", 18 },
		{ "listeners.0.counters.malformed", 19 },
		{ "listeners.0.policies.0.calls", 20 },
		{ "listeners.0.policies.0.verdicts", 21 },
		{ "listeners.0.policies.0.errors", 22 },
		{ "listeners.1.sessions", 0 },
		{ "pools.0.persistence.timeout_ms", 1800000 },
		{ "pools.0.persistence.entries", SAMPLE_ENTRIES },
		{ "pools.0.servers.0.sessions", 23 },
		{ "pools.0.servers.0.shared_links", 31 },
		{ "pools.0.servers.0.idle_links", 32 },
		{ "pools.0.servers.0.requests", 24 },
		{ "pools.0.servers.0.failures", 25 },
		{ "pools.0.servers.0.resumed", 42 },
		{ "pools.0.servers.0.weight", 1 },
		{ "pools.0.servers.0.max_sessions", 40 },
		{ "pools.0.servers.1.max_sessions", 0 },
		{ "pools.0.overloads", 41 },
		{ "pools.0.servers.1.weight", 3 },
	};
	json_t *o;

	s->stats[0].open = 4;
	s->stats[0].sessions = 11;
	s->stats[0].handshakes = 12;
	s->stats[0].accepted = 13;
	s->stats[0].refused_limit = 14;
	s->stats[0].refused_tls = 15;
	s->stats[0].refused_proxy = 33;
	s->stats[0].exchanges = 16;
	s->stats[0].held_bytes = 17;
	s->stats[0].lost_datagrams = 30;
	s->stats[0].expected = 26;
	s->stats[0].expected_opened = 27;
	s->stats[0].expected_refused = 28;
	s->stats[0].expected_none = 29;
	s->counters[0] = 18;
	s->counters[1] = 19;
	s->policy_stats.calls = 20;
	s->policy_stats.verdicts = 21;
	s->policy_stats.errors = 22;
	s->servers[0].state->sessions = 23;
	s->servers[0].max_sessions = 40;
	s->live[0].overloads = 41;
	s->servers[0].state->shared = 31;
	s->servers[0].state->idle = 32;
	s->servers[0].state->requests = 24;
	s->servers[0].state->failures = 25;
	s->servers[0].state->resumed = 42;
	o = status_build(&s->snapshot, 0);
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		if (number(o, rows[i].path) != rows[i].value)
			fail_msg("%s is %lld", rows[i].path, number(o, rows[i].path));
	}
	json_decref(o);
}

static void test_words(void **state)
{
	struct sample *s = *state;
	const struct row {
		const char *path, *value;
	} rows[] = {
		{ "listeners.0.name", "in" },
		{ "listeners.0.plugin", "counting" },
		{ "listeners.0.addresses.0", "tls:127.0.0.1:5061" },
		{ "listeners.0.addresses.1", "tcp:[::1]:5060" },
		{ "listeners.0.pools.1", "back/up" },
		{ "listeners.0.policies.0.name", "routing/sample" },
		{ "listeners.0.policies.0.last_error", "sample.lua:7: oh" },
		{ "listeners.1.name", "bare" },
		{ "pools.0.name", "front" },
		{ "pools.0.state", "up" },
		{ "pools.0.balance", "least-connections" },
		{ "pools.0.all_down", "refuse" },
		{ "pools.0.persistence.by.0", "key" },
		{ "pools.0.persistence.scope", "front" },
		{ "pools.1.name", "back/up" },
		{ "pools.1.state", "unknown" },
		{ "pools.1.balance", "hash" },
		{ "pools.1.all_down", "fail-open" },
		{ "pools.1.persistence.by.0", "source" },
		{ "pools.1.persistence.scope", "group" },
		{ "pools.0.servers.0.name", "one" },
		{ "pools.0.servers.0.address", "10.0.0.1:5061" },
		{ "pools.0.servers.0.state", "up" },
		{ "pools.0.servers.0.health", "up" },
		{ "pools.0.servers.0.since", "2026-11-22T13:20:49Z" },
		{ "pools.0.servers.0.probe", "200 OK" },
		{ "pools.0.servers.1.state", "drain" },
		{ "pools.0.servers.1.health", "down" },
		{ "pools.0.servers.1.probe", "" },
		{ "pools.1.servers.0.state", "unknown" },
	};
	json_t *o;

	s->servers[0].state->health = HEALTH_UP;
	s->servers[0].state->since = 1795353649123LL;
	strcpy(s->servers[0].state->answer, "200 OK");
	strcpy(s->policy_stats.last_error, "sample.lua:7: oh");
	s->servers[1].state->health = HEALTH_DOWN;
	s->servers[1].state->admin = ADMIN_DRAIN;
	o = status_build(&s->snapshot, 0);
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(text(o, rows[i].path), rows[i].value) != 0)
			fail_msg("%s is %s", rows[i].path, text(o, rows[i].path));
	}
	assert_int_equal(json_array_size(at(o, "pools.1.persistence.by")), 1);
	json_decref(o);
}

static void test_truths(void **state)
{
	struct sample *s = *state;
	json_t *o;

	s->stats[0].open = 1;
	s->policy_stats.tripped = true;
	s->pools[0].has_persistence = false;
	o = status_build(&s->snapshot, 0);
	assert_true(json_is_true(at(o, "listeners.0.open")));
	assert_true(json_is_false(at(o, "listeners.1.open")));
	assert_true(json_is_true(at(o, "listeners.0.policies.0.tripped")));
	assert_true(json_is_false(at(o, "pools.0.servers.0.backup")));
	assert_true(json_is_true(at(o, "pools.0.servers.1.backup")));
	assert_true(json_is_null(at(o, "pools.0.persistence")));
	assert_int_equal(json_object_size(at(o, "listeners.1.counters")), 0);
	assert_int_equal(json_array_size(at(o, "listeners.1.policies")), 0);
	json_decref(o);
}

/* What a server answered to a probe may be anything. */
static void test_any_bytes(void **state)
{
	struct sample *s = *state;
	json_t *o;

	strcpy(s->servers[0].state->answer, "caf\xc3\xa9 \"\x1b[31m");
	strcpy(s->servers[1].state->answer, "cut \xc3");
	o = status_build(&s->snapshot, 0);
	assert_string_equal(text(o, "pools.0.servers.0.probe"), "caf\xc3\xa9 \"\x1b[31m");
	assert_string_equal(text(o, "pools.0.servers.1.probe"), "cut ?");
	json_decref(o);
}

/* Each allocation fails once: never a half-built object, never a leak (the sanitizers look). */
static void test_out_of_memory(void **state)
{
	struct sample *s = *state;
	json_t *o = NULL;
	long n;

	strcpy(s->servers[1].state->answer, "cut \xc3");
	json_set_alloc_funcs(failing_malloc, free);
	for (n = 0; !o && n < 10000; n++) {
		left = n;
		o = status_build(&s->snapshot, 0);
	}
	left = -1;
	assert_non_null(o);
	assert_true(n > 100);
	assert_int_equal(json_object_size(o), 12);
	json_decref(o);
	json_set_alloc_funcs(malloc, free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_process, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_words, setup, teardown),
		cmocka_unit_test_setup_teardown(test_truths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
