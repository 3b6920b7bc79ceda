/* SPDX-License-Identifier: Apache-2.0 */
/* test_names.c: a name finds its link, and nobody else's when the link is gone. */
#include "unit.h"

#include <stdbool.h>

#include "gateway/names.h"

enum { MANY = 1000 };

static char places[MANY]; /* what stands for links */

static struct link *at(unsigned i)
{
	return (struct link *)&places[i];
}

static void test_found(void **state)
{
	struct names t = { 0 };
	struct link_name names[MANY];

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(names_add(&t, at(i), &names[i]), 0);
	for (unsigned i = 0; i < MANY; i++)
		assert_ptr_equal(names_find(&t, &names[i]), at(i));
	names_free(&t);
}

static void test_gone(void **state)
{
	struct names t = { 0 };
	struct link_name old, new;

	(void)state;
	assert_int_equal(names_add(&t, at(0), &old), 0);
	names_remove(&t, old.slot);
	assert_null(names_find(&t, &old));
	assert_int_equal(names_add(&t, at(1), &new), 0);
	assert_int_equal(new.slot, old.slot); /* used again */
	assert_null(names_find(&t, &old));
	assert_ptr_equal(names_find(&t, &new), at(1));
	names_free(&t);
}

static void test_nobody(void **state)
{
	struct names t = { 0 };
	struct link_name name = { 0 };

	(void)state;
	assert_null(names_find(&t, &name));
	assert_int_equal(names_add(&t, at(0), &name), 0);
	assert_null(names_find(&t, &(struct link_name){ 0 }));
	assert_null(names_find(&t, &(struct link_name){ .slot = 1, .generation = name.generation }));
	assert_null(names_find(&t, &(struct link_name){ .slot = UINT32_MAX, .generation = name.generation }));
	names_remove(&t, name.slot);
	assert_null(names_find(&t, &(struct link_name){ 0 }));
	names_free(&t);
}

/* A table stays as small as the most links that had names at one time; generations do not repeat soon, nor are they 0.
 */
static void test_reuse(void **state)
{
	struct names t = { 0 };
	struct link_name first, name;

	(void)state;
	assert_int_equal(names_add(&t, at(0), &first), 0);
	names_remove(&t, first.slot);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(names_add(&t, at(1), &name), 0);
		assert_null(names_find(&t, &first));
		names_remove(&t, name.slot);
	}
	assert_int_equal(t.n, 1);
	t.generation = UINT32_MAX;
	assert_int_equal(names_add(&t, at(0), &name), 0);
	assert_int_equal(name.generation, 1);
	names_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_reuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
