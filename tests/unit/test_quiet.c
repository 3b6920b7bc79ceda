/* SPDX-License-Identifier: Apache-2.0 */
/* test_quiet.c: of a flood of events few are told, and all are counted. */
#include "quiet.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "snapshot.h"

#include "unit.h"

static struct listener_stats stats;
static char name[] = "in";
static const struct listener_conf conf = { .name = name, .stats = &stats };

static int setup(void **state)
{
	(void)state;
	memset(&stats, 0, sizeof stats);
	return 0;
}

static unsigned long long asks(const char *event, uint64_t now_ms)
{
	return quiet_asks(&stats.quiet, LG_INFO, event, now_ms);
}

static void test_daily_life_is_told(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < QUIET_BURST; i++)
			assert_int_equal(asks("tls-refused", round * QUIET_BURST * QUIET_PACE_MS), 1);
	}
}

static void test_a_flood_is_counted(void **state)
{
	unsigned long long told = 0, sum = 0;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) { /* ten seconds */
		unsigned long long n = asks("tls-refused", 5000 + i / 10);

		told += n > 0;
		sum += n;
	}
	assert_in_range(told, QUIET_BURST + 9, QUIET_BURST + 10);
	assert_int_equal(sum + stats.quiet.events[0].left_out, 100000);
	assert_int_equal(asks("policy-failed", 15000), 1); /* its own */
}

static void test_debugging_is_always_told(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(quiet_asks(&stats.quiet, LG_DEBUG, "link-closed", 5000), 1);
}

static void test_words_without_end_share_a_place(void **state)
{
	unsigned told = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		char word[64];

		snprintf(word, sizeof word, "event-%u", i);
		told += asks(word, 5000) > 0;
	}
	assert_int_equal(told, QUIET_EVENTS - 1 + QUIET_BURST);
}

/* The last of them have nobody after them who would tell of them. */
static void test_the_rest_is_told_later(void **state)
{
	char text[512];
	int fds[2], own = dup(STDERR_FILENO);
	ssize_t n;

	(void)state;
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	for (unsigned i = 0; i < QUIET_BURST + 7; i++)
		asks("tls-refused", 5000);
	dup2(fds[1], STDERR_FILENO);
	quiet_catch_up(&conf, 5999);
	quiet_catch_up(&conf, 6000);
	quiet_catch_up(&conf, 9000);
	dup2(own, STDERR_FILENO);
	n = read(fds[0], text, sizeof text - 1);
	assert_true(n > 0);
	text[n] = 0;
	assert_non_null(strstr(text, " info tls-refused listener=in count=7\n"));
	assert_int_equal(strcspn(text, "\n"), n - 1);
	close(own);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_daily_life_is_told, setup),
		cmocka_unit_test_setup(test_a_flood_is_counted, setup),
		cmocka_unit_test_setup(test_debugging_is_always_told, setup),
		cmocka_unit_test_setup(test_words_without_end_share_a_place, setup),
		cmocka_unit_test_setup(test_the_rest_is_told_later, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
