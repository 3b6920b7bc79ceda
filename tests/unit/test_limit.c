/* SPDX-License-Identifier: Apache-2.0 */
/* test_limit.c: what is counted, and when it is told. */
#include "limit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "snapshot.h"

#include "unit.h"

static struct listener_stats stats;
static char name[] = "in";
static const struct listener_conf conf = { .name = name, .stats = &stats };

/* What goes to stderr meanwhile. */
static int log_pipe[2], own_stderr;

static int setup(void **state)
{
	(void)state;
	memset(&stats, 0, sizeof stats);
	assert_int_equal(pipe2(log_pipe, O_NONBLOCK), 0);
	own_stderr = dup(STDERR_FILENO);
	dup2(log_pipe[1], STDERR_FILENO);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dup2(own_stderr, STDERR_FILENO);
	close(own_stderr);
	close(log_pipe[0]);
	close(log_pipe[1]);
	return 0;
}

/* The line that was written since, without its time; "": none. */
static const char *line(void)
{
	static char text[1024];
	ssize_t n = read(log_pipe[0], text, sizeof text - 1);
	char *space;

	text[n > 0 ? n : 0] = 0;
	text[strcspn(text, "\n")] = 0;
	space = strchr(text, ' ');
	return space ? space + 1 : text;
}

static void test_the_first_is_told_and_the_others_are_counted(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		limit_passed(&conf, LIMIT_SESSIONS, "192.0.2.7:1", 5000 + i);
	assert_string_equal(line(), "warning limit-passed listener=in limit=sessions count=1 peer=192.0.2.7:1");
	assert_string_equal(line(), "");
	assert_int_equal(stats.limits[LIMIT_SESSIONS].passed, 1000);
	limit_passed(&conf, LIMIT_SESSIONS, "192.0.2.8:1", 6000);
	assert_string_equal(line(), "warning limit-passed listener=in limit=sessions count=1000 peer=192.0.2.8:1");
}

static void test_each_limit_has_its_own_second(void **state)
{
	(void)state;
	limit_passed(&conf, LIMIT_SESSIONS, "192.0.2.7:1", 5000);
	limit_passed(&conf, LIMIT_STALL, "192.0.2.7:2", 5000);
	assert_non_null(strstr(line(), "limit=sessions"));
}

static void test_the_rest_is_told_later(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10; i++)
		limit_passed(&conf, LIMIT_MEMORY, "192.0.2.7:1", 5000);
	line();
	limit_catch_up(&conf, 5999);
	assert_string_equal(line(), "");
	limit_catch_up(&conf, 6000);
	assert_string_equal(line(), "warning limit-passed listener=in limit=memory count=9");
	limit_catch_up(&conf, 9000);
	assert_string_equal(line(), "");
}

static void test_daily_life_is_counted_only(void **state)
{
	(void)state;
	limit_passed(&conf, LIMIT_IDLE, "192.0.2.7:1", 5000);
	limit_catch_up(&conf, 9000);
	assert_string_equal(line(), "");
	assert_int_equal(stats.limits[LIMIT_IDLE].passed, 1);
}

static void test_each_has_a_word(void **state)
{
	(void)state;
	for (enum limit i = LIMIT_NONE; i < LIMITS; i++)
		assert_non_null(limit_word(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_first_is_told_and_the_others_are_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_each_limit_has_its_own_second, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_rest_is_told_later, setup, teardown),
		cmocka_unit_test_setup_teardown(test_daily_life_is_counted_only, setup, teardown),
		cmocka_unit_test(test_each_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
