/* SPDX-License-Identifier: Apache-2.0 */
/* test_descriptors.c: what the limits need, what shrinks to fit, and what is refused. */
#include "descriptors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "snapshot.h"
#include "splice.h"

#include "unit.h"

enum { MOST = 4 };

static struct snapshot stage;
static struct listener_conf listeners[MOST];
static struct bind tcp = { .transport = LG_TCP }, udp = { .transport = LG_UDP };

static struct snapshot *with(unsigned n)
{
	memset(listeners, 0, sizeof listeners);
	stage = (struct snapshot){ .settings.workers = 2, .listeners = listeners, .nlisteners = n };
	for (unsigned i = 0; i < n; i++) {
		listeners[i].name = "in";
		listeners[i].binds = &tcp;
		listeners[i].nbinds = 1;
		assert_int_equal(expects_create(&listeners[i].expects, &listeners[i]), 0);
	}
	return &stage;
}

static int end(void **state)
{
	(void)state;
	for (unsigned i = 0; i < stage.nlisteners; i++)
		expects_free(listeners[i].expects);
	stage.nlisteners = 0;
	return 0;
}

static void sessions(unsigned i, uint32_t n, bool written)
{
	listeners[i].limits.sessions = n;
	listeners[i].limits.sessions_written = written;
}

static void test_two_of_each_session(void **state)
{
	struct snapshot *s = with(1);
	uint64_t before = descriptors_needed(s);

	(void)state;
	sessions(0, 1000, true);
	assert_int_equal(descriptors_needed(s), before + 2000);
	listeners[0].binds = &udp; /* clients have none of their own */
	assert_int_equal(descriptors_needed(s), before + 1000);
}

static void test_shared_links_count_for_each_worker(void **state)
{
	struct snapshot *s = with(1);
	uint64_t before = descriptors_needed(s);
	struct pool pool = { .nservers = 5, .links = 3 };
	struct reach reach = { .pool = &pool };

	(void)state;
	listeners[0].reach = &reach;
	listeners[0].nreach = 1;
	assert_int_equal(descriptors_needed(s), before + 2 * 5 * 3);
}

static void test_a_worker_counts_with_all_its_pipes(void **state)
{
	struct snapshot *s = with(1);
	uint64_t before = descriptors_needed(s);

	(void)state;
	s->settings.workers++;
	assert_true(descriptors_needed(s) >= before + 1 + 2 * SPLICE_PIPES);
}

/* Those of a range of ports, once for all workers; no range, no ports. */
static void test_expected_ports_count(void **state)
{
	static const struct lg_option table[] = {
		{ .name = "number", .type = LG_INT, .offset = 0 },
		{ .name = "ports", .type = LG_PORTS, .offset = sizeof(int64_t) },
		{ 0 },
	};
	struct {
		int64_t number;
		struct lg_ports ports;
	} conf = { .number = INT64_MAX };
	const struct lg_plugin plugin = { .options = table };
	struct snapshot *s = with(1);
	uint64_t before = descriptors_needed(s);

	(void)state;
	listeners[0].plugin = &plugin;
	listeners[0].plugin_conf = &conf;
	assert_int_equal(descriptors_needed(s), before);
	conf.ports = (struct lg_ports){ 50000, 50999 };
	assert_int_equal(descriptors_needed(s), before + 1000);
}

static void test_what_fits_stays(void **state)
{
	struct snapshot *s = with(1);
	char err[300] = "";

	(void)state;
	sessions(0, 1000, false);
	assert_int_equal(descriptors_fit(s, descriptors_needed(s), err, sizeof err), 0);
	assert_int_equal(listeners[0].limits.sessions, 1000);
}

static void test_what_is_written_is_refused(void **state)
{
	struct snapshot *s = with(1);
	char err[300] = "", number[32];

	(void)state;
	sessions(0, 1000, true);
	snprintf(number, sizeof number, "need %d descriptors", (int)descriptors_needed(s));
	assert_int_equal(descriptors_fit(s, descriptors_needed(s) - 1, err, sizeof err), -EMFILE);
	assert_non_null(strstr(err, number));
	assert_non_null(strstr(err, "limits.sessions"));
	assert_int_equal(listeners[0].limits.sessions, 1000);
}

static void test_what_is_not_written_shrinks(void **state)
{
	struct snapshot *s = with(3);
	char err[300] = "";

	(void)state;
	sessions(0, 1000, true);
	sessions(1, 20000, false);
	sessions(2, 20000, false);
	assert_int_equal(descriptors_fit(s, 10000, err, sizeof err), 0);
	assert_true(descriptors_needed(s) <= 10000 && descriptors_needed(s) > 9990);
	assert_int_equal(listeners[0].limits.sessions, 1000);
	assert_int_equal(listeners[1].limits.sessions, listeners[2].limits.sessions);
}

static void test_it_does_not_shrink_to_nothing(void **state)
{
	struct snapshot *s = with(2);
	char err[300] = "";

	(void)state;
	sessions(0, 5000, true);
	sessions(1, 20000, false);
	assert_int_equal(descriptors_fit(s, 10100, err, sizeof err), -EMFILE);
	sessions(1, 20000, false);
	assert_int_equal(descriptors_fit(s, 100, err, sizeof err), -EMFILE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_two_of_each_session, end),
		cmocka_unit_test_teardown(test_shared_links_count_for_each_worker, end),
		cmocka_unit_test_teardown(test_a_worker_counts_with_all_its_pipes, end),
		cmocka_unit_test_teardown(test_expected_ports_count, end),
		cmocka_unit_test_teardown(test_what_fits_stays, end),
		cmocka_unit_test_teardown(test_what_is_written_is_refused, end),
		cmocka_unit_test_teardown(test_what_is_not_written_shrinks, end),
		cmocka_unit_test_teardown(test_it_does_not_shrink_to_nothing, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
