/* SPDX-License-Identifier: Apache-2.0 */
/* test_near.c: which words count as near. */
#include "near.h"

#include <string.h>

#include "unit.h"

static const struct row {
	const char *written, *word;
	int distance;
} rows[] = {
	{ "", "", 0 },
	{ "", "a", 1 },
	{ "a", "", 1 },
	{ "", "ab", NEAR_NOT },
	{ "drain", "drain", 0 },
	{ "DRAIN", "drain", 0 },
	{ "drian", "drain", 1 },
	{ "drin", "drain", 1 },
	{ "drrain", "drain", 1 },
	{ "brain", "drain", 1 },
	{ "enable", "disable", NEAR_NOT },
	{ "disabel", "disable", 1 },
	{ "statsu", "status", 1 },
	{ "sttaus", "status", 1 },
	{ "stat", "status", NEAR_NOT },
	{ "ca", "abc", NEAR_NOT },
	{ "front-end/ab", "frotn-edn/ab", 2 },
	{ "\xff\xfe", "ab", NEAR_NOT },
};

static void test_rows(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		int distance = near_distance(rows[i].written, rows[i].word);

		if (distance != rows[i].distance)
			fail_msg("%s, %s: %d, not %d", rows[i].written, rows[i].word, distance, rows[i].distance);
	}
}

static void test_long(void **state)
{
	char a[NEAR_MAX + 2], b[NEAR_MAX + 2];

	(void)state;
	memset(a, 'x', sizeof a);
	memset(b, 'x', sizeof b);
	a[NEAR_MAX] = b[NEAR_MAX] = 0;
	assert_int_equal(near_distance(a, b), 0);
	b[0] = 'y';
	assert_int_equal(near_distance(a, b), 1);
	a[NEAR_MAX] = 'x';
	a[NEAR_MAX + 1] = 0;
	assert_int_equal(near_distance(a, b), NEAR_NOT);
	assert_int_equal(near_distance(b, a), NEAR_NOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
