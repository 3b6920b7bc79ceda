/* SPDX-License-Identifier: Apache-2.0 */
/* test_wheel.c: never early, late by a tick at most, whatever callbacks and clocks do. */
#include "wheel.h"

#include <stdlib.h>

#include "unit.h"

enum { HORIZON_MS = WHEEL_TICK_MS * WHEEL_SLOTS };

/* A wheel and a clock that the test turns. */
struct clock {
	struct wheel wheel;
	uint64_t now_ms;
};

struct timer {
	struct deadline deadline;
	struct clock *clock;
	unsigned passed;
	uint64_t passed_ms;
	struct timer *other; /* what `passed` works on */
	uint64_t again_ms;   /* what it sets: itself or the other */
};

static struct timer *timer_of(struct deadline *d)
{
	return container_of(d, struct timer, deadline);
}

static void note(struct deadline *d)
{
	struct timer *t = timer_of(d);

	assert_false(wheel_is_set(d));
	t->passed++;
	t->passed_ms = t->clock->now_ms;
}

static void clock_init(struct clock *c, uint64_t now_ms)
{
	c->now_ms = now_ms;
	wheel_init(&c->wheel, now_ms);
}

static struct timer timer(struct clock *c)
{
	return (struct timer){ .clock = c };
}

static void arm(struct timer *t, void (*passed)(struct deadline *), uint64_t at_ms)
{
	wheel_deadline_init(&t->deadline, passed);
	wheel_set(&t->clock->wheel, &t->deadline, at_ms);
}

static void turn_to(struct clock *c, uint64_t now_ms)
{
	c->now_ms = now_ms;
	wheel_turn(&c->wheel, now_ms);
}

static const uint64_t waits[] = { 0,
				  1,
				  99,
				  100,
				  101,
				  150,
				  5000,
				  HORIZON_MS - 100,
				  HORIZON_MS - 1,
				  HORIZON_MS,
				  HORIZON_MS + 1,
				  HORIZON_MS + 100,
				  3 * HORIZON_MS + 77 };
static const uint64_t starts[] = { 0, 1, 50, 99, 100, 1234567 };

static void check_wait(uint64_t start_ms, uint64_t wait_ms, unsigned step_ms)
{
	struct clock c;
	struct timer t = timer(&c);
	uint64_t at_ms = start_ms + wait_ms;

	clock_init(&c, start_ms);
	arm(&t, note, at_ms);
	assert_true(wheel_is_set(&t.deadline));
	while (t.passed == 0 && c.now_ms <= at_ms + 2 * WHEEL_TICK_MS)
		turn_to(&c, c.now_ms + step_ms);
	assert_int_equal(t.passed, 1);
	assert_true(t.passed_ms >= at_ms);
	assert_true(t.passed_ms <= at_ms + WHEEL_TICK_MS + step_ms - 1);
	assert_int_equal(c.wheel.count, 0);
	turn_to(&c, c.now_ms + 2 * HORIZON_MS);
	assert_int_equal(t.passed, 1);
}

static void test_never_early_and_a_tick_late(void **state)
{
	(void)state;
	for (unsigned s = 0; s < ARRAY_LEN(starts); s++) {
		for (unsigned w = 0; w < ARRAY_LEN(waits); w++) {
			check_wait(starts[s], waits[w], 1);
			check_wait(starts[s], waits[w], 33);
		}
	}
}

/* What lies in the past when it is set comes at the next tick. */
static void test_past(void **state)
{
	struct clock c;
	struct timer t = timer(&c);

	(void)state;
	clock_init(&c, 10000);
	arm(&t, note, 3);
	turn_to(&c, 10099);
	assert_int_equal(t.passed, 0);
	turn_to(&c, 10100);
	assert_int_equal(t.passed, 1);
}

static void test_moved_and_cancelled(void **state)
{
	struct clock c;
	struct timer t = timer(&c);

	(void)state;
	clock_init(&c, 0);
	arm(&t, note, 500);
	wheel_set(&c.wheel, &t.deadline, 900);
	assert_int_equal(c.wheel.count, 1);
	turn_to(&c, 800);
	assert_int_equal(t.passed, 0);
	turn_to(&c, 900);
	assert_int_equal(t.passed, 1);

	wheel_set(&c.wheel, &t.deadline, 1500);
	wheel_cancel(&c.wheel, &t.deadline);
	wheel_cancel(&c.wheel, &t.deadline);
	assert_false(wheel_is_set(&t.deadline));
	assert_int_equal(c.wheel.count, 0);
	turn_to(&c, 5000);
	assert_int_equal(t.passed, 1);
}

static void set_again(struct deadline *d)
{
	struct timer *t = timer_of(d);

	note(d);
	wheel_set(&t->clock->wheel, d, t->again_ms);
}

/* One that sets itself into the past passes once a turn, not for ever in one. */
static void test_set_again_inside(void **state)
{
	static const uint64_t agains[] = { 0, 100, 200 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(agains); i++) {
		struct clock c;
		struct timer t = timer(&c);

		t.again_ms = agains[i];
		clock_init(&c, 0);
		arm(&t, set_again, 200);
		turn_to(&c, 200);
		assert_int_equal(t.passed, 1);
		turn_to(&c, 299);
		assert_int_equal(t.passed, 1);
		turn_to(&c, 300);
		assert_int_equal(t.passed, 2);
		turn_to(&c, 300 + 5 * HORIZON_MS); /* a jump over all slots: once too */
		assert_int_equal(t.passed, 3);
		assert_int_equal(c.wheel.count, 1);
	}
}

static void cancel_other(struct deadline *d)
{
	struct timer *t = timer_of(d);

	note(d);
	wheel_cancel(&t->clock->wheel, &t->other->deadline);
}

/* Two of the same tick, each taking the other back: one passes. */
static void test_cancel_inside(void **state)
{
	struct clock c;
	struct timer a = timer(&c), b = timer(&c);

	(void)state;
	clock_init(&c, 0);
	a.other = &b;
	b.other = &a;
	arm(&a, cancel_other, 250);
	arm(&b, cancel_other, 260);
	turn_to(&c, 300);
	assert_int_equal(a.passed + b.passed, 1);
	assert_false(wheel_is_set(&a.deadline) || wheel_is_set(&b.deadline));
	assert_int_equal(c.wheel.count, 0);
}

static void move_other(struct deadline *d)
{
	struct timer *t = timer_of(d);

	note(d);
	wheel_set(&t->clock->wheel, &t->other->deadline, t->again_ms);
}

static void test_move_other_inside(void **state)
{
	struct clock c;
	struct timer a = timer(&c), b = timer(&c);

	(void)state;
	clock_init(&c, 0);
	a.other = &b;
	a.again_ms = 700;
	arm(&a, move_other, 250);
	arm(&b, note, 260);
	turn_to(&c, 300);
	assert_int_equal(b.passed, 0);
	turn_to(&c, 700);
	assert_int_equal(b.passed, 1);
}

static void test_time_jumps(void **state)
{
	static const uint64_t jumps[] = { HORIZON_MS - 100, HORIZON_MS, HORIZON_MS + 100, 1000ull * HORIZON_MS };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(jumps); i++) {
		struct clock c;
		struct timer early = timer(&c), late = timer(&c), beyond = timer(&c);

		clock_init(&c, 5050);
		arm(&early, note, 5150);
		arm(&late, note, 5000 + jumps[i]);
		arm(&beyond, note, 5100 + jumps[i]);
		turn_to(&c, 5000 + jumps[i]);
		assert_int_equal(early.passed, 1);
		assert_int_equal(late.passed, 1);
		assert_int_equal(beyond.passed, 0);
		turn_to(&c, 5050); /* a clock that goes back does nothing */
		assert_int_equal(beyond.passed, 0);
		turn_to(&c, 5100 + jumps[i]);
		assert_int_equal(beyond.passed, 1);
	}
}

enum { MANY = 100000, MANY_MS = 3 * HORIZON_MS };

static void check_many(const struct timer *t, unsigned step_ms)
{
	for (unsigned i = 0; i < MANY; i++) {
		bool cancelled = i % 3 == 0;

		assert_int_equal(t[i].passed, cancelled ? 0 : 1);
		if (cancelled)
			continue;
		assert_true(t[i].passed_ms >= t[i].deadline.at_ms);
		assert_true(t[i].passed_ms < t[i].deadline.at_ms + WHEEL_TICK_MS + step_ms);
	}
}

static void test_many(void **state)
{
	static const unsigned step_ms = 70;
	struct timer *t = calloc(MANY, sizeof *t);
	uint64_t seed = 1;
	struct clock c;

	(void)state;
	assert_non_null(t);
	clock_init(&c, 123456);
	for (unsigned i = 0; i < MANY; i++) {
		t[i].clock = &c;
		arm(&t[i], note, c.now_ms + unit_random(&seed) % MANY_MS);
	}
	for (unsigned i = 0; i < MANY; i++) {
		if (i % 3 == 0)
			wheel_cancel(&c.wheel, &t[i].deadline);
		else if (i % 3 == 1)
			wheel_set(&c.wheel, &t[i].deadline, c.now_ms + unit_random(&seed) % MANY_MS);
	}
	while (c.wheel.count > 0 && c.now_ms < 2 * MANY_MS)
		turn_to(&c, c.now_ms + step_ms);
	assert_int_equal(c.wheel.count, 0);
	check_many(t, step_ms);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_early_and_a_tick_late),
		cmocka_unit_test(test_past),
		cmocka_unit_test(test_moved_and_cancelled),
		cmocka_unit_test(test_set_again_inside),
		cmocka_unit_test(test_cancel_inside),
		cmocka_unit_test(test_move_other_inside),
		cmocka_unit_test(test_time_jumps),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
