/* SPDX-License-Identifier: Apache-2.0 */
/* test_waste.c: when memory is worth giving back. */
#include "waste.h"

#include "unit.h"

enum { MIB = 1024 * 1024 };

static void test_nothing_has_gone(void **state)
{
	(void)state;
	assert_false(waste_is_worth_it(0, 0));
	assert_false(waste_is_worth_it(100 * MIB, 100 * MIB));
	assert_false(waste_is_worth_it(100 * MIB, 200 * MIB));
}

static void test_a_small_part_stays(void **state)
{
	(void)state;
	assert_false(waste_is_worth_it(100 * MIB, 80 * MIB));
	assert_true(waste_is_worth_it(100 * MIB, 70 * MIB));
	assert_true(waste_is_worth_it(100 * MIB, 0));
}

static void test_little_is_not_worth_it(void **state)
{
	(void)state;
	assert_false(waste_is_worth_it(3 * MIB, 0));
	assert_true(waste_is_worth_it(4 * MIB, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_has_gone),
		cmocka_unit_test(test_a_small_part_stays),
		cmocka_unit_test(test_little_is_not_worth_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
