/* SPDX-License-Identifier: Apache-2.0 */
/* test_health.c: rise and fall by tables of verdicts. */
#include "health.h"

#include "unit.h"

/* Verdicts in order, '+' or '-', and what the server is after each: '?', 'U' or 'D'. */
static const struct story {
	unsigned rise, fall;
	const char *verdicts, *states;
} stories[] = {
	/* clang-format off */
	{ 1, 1, "+-+-",     "UDUD" },
	{ 3, 3, "+",        "U" },        /* the first decides alone */
	{ 3, 3, "-",        "D" },
	{ 1, 3, "+---+",    "UUUDU" },
	{ 1, 3, "+--+--+",  "UUUUUUU" },  /* a good one begins the count anew */
	{ 3, 1, "-++-+++",  "DDDDDDU" },
	{ 2, 2, "-++--++",  "DDUUDDU" },
	{ 3, 3, "+-+---++", "UUUUUDDD" },
	{ 0, 0, "+-+",      "UDU" },      /* zero is one */
	/* clang-format on */
};

static char letter(enum health h)
{
	return h == HEALTH_UP ? 'U' : h == HEALTH_DOWN ? 'D' : '?';
}

static void test_rise_and_fall(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(stories); i++) {
		const struct story *s = &stories[i];
		struct health_count v = { .rise = s->rise, .fall = s->fall };
		char before = letter(v.health);

		assert_int_equal(before, '?');
		for (unsigned k = 0; s->verdicts[k]; k++) {
			bool changed = health_take(&v, s->verdicts[k] == '+');

			assert_int_equal(letter(v.health), s->states[k]);
			assert_int_equal(changed, before != s->states[k]);
			before = s->states[k];
		}
	}
}

enum { INTERVAL = 5000 };

/* Between nine tenths of the interval and all of it, and both ends are met. */
static void check_jitter(struct health_count *v, uint32_t interval_ms)
{
	uint32_t least = UINT32_MAX, most = 0;

	for (uint32_t random = 0; random < 100000; random += 7) {
		uint32_t next = health_next(v, interval_ms, interval_ms, random * 2654435761u);

		least = next < least ? next : least;
		most = next > most ? next : most;
	}
	assert_int_equal(most, interval_ms);
	assert_int_equal(least, interval_ms - interval_ms / 10);
}

static void test_next(void **state)
{
	struct health_count v = { .rise = 2, .fall = 3 };

	(void)state;
	check_jitter(&v, INTERVAL);
	health_take(&v, true);
	check_jitter(&v, INTERVAL);
	health_take(&v, false);
	assert_int_equal(health_next(&v, INTERVAL, INTERVAL, 4321), HEALTH_FAST_MS);
	health_take(&v, false);
	assert_int_equal(health_next(&v, INTERVAL, INTERVAL, 0), HEALTH_FAST_MS);
	health_take(&v, false); /* down: no hurry any more */
	check_jitter(&v, INTERVAL);
	health_take(&v, true); /* rising */
	check_jitter(&v, INTERVAL);
	health_take(&v, true);
	check_jitter(&v, INTERVAL);
	health_take(&v, false);
	health_take(&v, true); /* recovered before `fall` */
	check_jitter(&v, INTERVAL);
}

/* Failing never makes probes rarer, and no interval divides by zero. */
static void test_short_intervals(void **state)
{
	struct health_count v = { .health = HEALTH_UP, .rise = 1, .fall = 3, .bad = 1 };

	(void)state;
	check_jitter(&v, 40);
	assert_int_equal(health_next(&v, 0, 0, 12345), 0);
	assert_int_equal(health_next(&v, 9, 9, 12345), 9);
	assert_int_equal(health_next(&v, UINT32_MAX, UINT32_MAX, UINT32_MAX), HEALTH_FAST_MS);
}

/* What the intervals of a server are that is down, one after the other; a letter is a verdict, `h` somebody who asks.
 */
static const struct {
	uint32_t backoff_ms;
	const char *story;
	uint32_t next_ms[8];
} backing_off[] = {
	{ 800, "bbbbbb", { 100, 200, 400, 800, 800, 800 } },
	{ 500, "bbbbb", { 100, 200, 400, 500, 500 } },
	{ 300, "bbbb", { 100, 200, 300, 300 } },
	{ 100, "bbb", { 100, 100, 100 } },
	{ 50, "bbb", { 100, 100, 100 } },
	{ 800, "bbbhbb", { 100, 200, 400, 0, 100, 200 } },
	{ 800, "bbbgbb", { 100, 200, 400, 100, 100, 200 } }, /* a good one, too few to be up */
};

static void test_back_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof backing_off / sizeof *backing_off; i++) {
		struct health_count v = { .rise = 2, .fall = 1 };

		for (unsigned k = 0; backing_off[i].story[k]; k++) {
			if (backing_off[i].story[k] == 'h') {
				health_impatient(&v);
				continue;
			}
			health_take(&v, backing_off[i].story[k] == 'g');
			assert_int_equal(health_next(&v, 100, backing_off[i].backoff_ms, 0), backing_off[i].next_ms[k]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rise_and_fall),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_short_intervals),
		cmocka_unit_test(test_back_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
