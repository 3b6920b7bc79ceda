/* SPDX-License-Identifier: Apache-2.0 */
/* test_lease_idle.c: links that wait for their next exchange, also for one of the client that they have named. */
#include "unit.h"

#include <stdatomic.h>

#include "gateway/lease.h"
#include "gateway/stream.h"
#include "lease_stage.h"
#include "tls_rig.h"

static void test_closed_by_the_server(void **state)
{
	(void)state;
	hop_make(&h, 1);
	stage_begin();
	stage_first("L one", "+");
	wire_close(&s);
	hop_until(&h, "closed s0");
	assert_false(hop_said(&h, "lost"));
	stage_gauges(0, 0, 0);
	stage_first("L two", "+");
	wire_close(&s);
	stage_end();
}

/* An answer that nobody has asked for must not become the next one's. */
static void test_spoke_unasked(void **state)
{
	(void)state;
	hop_make(&h, 1);
	stage_begin();
	stage_first("L one", "+");
	wire_say(&s, "+for the next\n");
	assert_true(wire_ends(&s));
	wire_close(&s);
	wire_say(&b, "L two\n"); /* in one piece with the answer: seen before anybody gets the link */
	hop_accept(&h, &s, 0);
	stage_has(&s, "L two");
	wire_say(&s, "+two\n+for the next\n");
	wire_expect(&b, "two");
	assert_true(wire_ends(&s));
	wire_close(&s);
	stage_first("L three", "+");
	assert_true(wire_is_quiet(&b));
	wire_close(&s);
	stage_end();
}

static void test_idle_time(void **state)
{
	(void)state;
	hop_make(&h, 1);
	h.conf[LEFT].limits.idle_ms = 300;
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	hop_dial(&h, &b, LEFT);
	wire_say(&a, "L one\n");
	hop_accept(&h, &s, 0);
	stage_has(&s, "L one");
	wire_say(&s, "+one\n");
	wire_expect(&a, "one");
	assert_true(wire_ends(&s));
	stage_gauges(0, 0, 0);
	wire_close(&s);
	stage_end();
}

static void test_cap(void **state)
{
	static struct wire servers[IDLE_LINKS + 1];

	(void)state;
	hop_make(&h, 1);
	h.conf[LEFT].limits.plugin.requests = 2 * IDLE_LINKS;
	stage_begin();
	for (unsigned i = 0; i <= IDLE_LINKS; i++) {
		wire_say(&a, "L %u\n", i);
		hop_accept(&h, &servers[i], 0);
	}
	stage_gauges(0, IDLE_LINKS + 1, 0);
	for (unsigned i = 0; i <= IDLE_LINKS; i++) {
		wire_say(&servers[i], "+%u\n", i);
		stage_gauges(0, IDLE_LINKS - i, i < IDLE_LINKS ? i + 1 : IDLE_LINKS);
	}
	assert_true(wire_ends(&servers[0])); /* the oldest */
	for (unsigned i = 0; i <= IDLE_LINKS; i++)
		wire_close(&servers[i]);
	stage_gauges(0, 0, 0);
	stage_end();
}

/* ---- Those that have named their client ---- */

/* From now on, the how-manieth look at an idle link finds that its peer has just used it; 0: none does. */
static atomic_uint used_at;

bool __real_stream_is_silent(const struct stream *st);
bool __wrap_stream_is_silent(const struct stream *st);

bool __wrap_stream_is_silent(const struct stream *st)
{
	if (atomic_load(&used_at) && atomic_fetch_sub(&used_at, 1) == 1)
		return false;
	return __real_stream_is_silent(st);
}

static void named(struct wire *c, struct wire *server, const char *line)
{
	static char header[HOP_TEXT];

	wire_say(c, "%s\n", line);
	hop_accept(&h, server, 0);
	wire_line(server, header);
	assert_memory_equal(header, "PROXY TCP4 127.0.0.1 ", 21);
	stage_has(server, line);
	wire_say(server, "+%s\n", line + 3);
	wire_expect(c, line + 3);
	stage_gauges(0, 1, 0); /* it waits for its client, and counts as its session */
}

/* Who has a link to a full server goes on over it; others do not get in. */
static void test_named_at_a_full_server(void **state)
{
	(void)state;
	hop_make(&h, 1);
	h.servers[0].max_sessions = 1;
	stage_begin();
	named(&a, &s, "LP one");
	wire_say(&a, "LP two\n");
	stage_has(&s, "LP two");
	wire_say(&s, "+two\n");
	wire_expect(&a, "two");
	stage_gauges(0, 1, 0);
	wire_say(&b, "LP three\n");
	hop_until(&h, "respond 3");
	assert_false(hop_is_called(&h, 0));
	wire_close(&s);
	stage_end();
}

/* A server that closes a waiting link at the very moment when that is taken again: every seat is given back once. */
static void test_named_is_used_meanwhile(void **state)
{
	(void)state;
	for (unsigned look = 1; look < 4; look++) {
		hop_make(&h, 1);
		stage_begin();
		named(&a, &s, "LP one");
		atomic_store(&used_at, look);
		wire_say(&a, "LP two\n");
		if (hop_is_called(&h, 0)) {
			hop_accept(&h, &s2, 0);
			stage_gauges(0, 1, 0);
			wire_close(&s2);
		}
		atomic_store(&used_at, 0);
		wire_close(&a);
		stage_gauges(0, 0, 0);
		hop_dial(&h, &a, LEFT);
		wire_close(&s);
		stage_end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed_by_the_server),
		cmocka_unit_test(test_spoke_unasked),
		cmocka_unit_test(test_idle_time),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_named_at_a_full_server),
		cmocka_unit_test(test_named_is_used_meanwhile),
	};

	return cmocka_run_group_tests(tests, hop_setup, rig_teardown);
}
