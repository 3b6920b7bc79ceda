/* SPDX-License-Identifier: Apache-2.0 */
/* test_edits.c: the edits of several policies add up to one list, which owns its texts. */
#include "edits.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "heap.h"
#include "span.h"

struct sum {
	const struct lg_edit *list;
	unsigned n;
};

/* An edit whose texts are gone after the call. */
static int add(struct sum *s, const char *name, const char *value, bool answer)
{
	char *n = strdup(name), *v = value ? strdup(value) : NULL;
	struct lg_edit e = { .name = span_of(n), .value.p = v, .value.n = v ? strlen(v) : 0, .answer = answer };
	int r = edits_add(&s->list, &s->n, &e, 1);

	free(n);
	free(v);
	return r;
}

static void assert_edit(const struct sum *s, unsigned i, const char *name, const char *value, bool answer)
{
	const struct lg_edit *e = &s->list[i];

	assert_true(i < s->n);
	assert_true(span_equal(e->name, span_of(name)));
	assert_int_equal(e->answer, answer);
	if (value)
		assert_true(e->value.p && span_equal(e->value, span_of(value)));
	else
		assert_null(e->value.p);
}

static void they_add_up(void **state)
{
	struct sum s = { NULL, 0 };

	(void)state;
	assert_int_equal(edits_add(&s.list, &s.n, NULL, 0), 0);
	assert_null(s.list);
	assert_int_equal(add(&s, "a", "1", false), 0);
	assert_int_equal(add(&s, "b", NULL, false), 0);
	assert_int_equal(add(&s, "a", "", true), 0);
	assert_int_equal(s.n, 3);
	assert_edit(&s, 0, "a", "1", false);
	assert_edit(&s, 1, "b", NULL, false);
	assert_edit(&s, 2, "a", "", true);
	free((void *)s.list);
}

static void the_later_holds(void **state)
{
	struct sum s = { NULL, 0 };

	(void)state;
	assert_int_equal(add(&s, "a", "1", false), 0);
	assert_int_equal(add(&s, "a", "2", true), 0);
	assert_int_equal(add(&s, "aa", "3", false), 0);
	assert_int_equal(add(&s, "a", NULL, false), 0);
	assert_int_equal(s.n, 3);
	assert_edit(&s, 0, "a", "2", true);
	assert_edit(&s, 1, "aa", "3", false);
	assert_edit(&s, 2, "a", NULL, false);
	free((void *)s.list);
}

static void there_is_an_end_of_it(void **state)
{
	struct sum s = { NULL, 0 };
	char name[16];

	(void)state;
	for (int i = 0; i < EDITS_MAX; i++) {
		snprintf(name, sizeof name, "x-%d", i);
		assert_int_equal(add(&s, name, "y", false), 0);
	}
	assert_int_equal(add(&s, "x", "y", false), -E2BIG);
	assert_int_equal(s.n, EDITS_MAX);
	assert_int_equal(add(&s, "x-7", "z", false), 0); /* in the place of another */
	assert_int_equal(s.n, EDITS_MAX);
	assert_edit(&s, EDITS_MAX - 1, "x-7", "z", false);
	free((void *)s.list);
}

static void without_memory_it_stays_as_it_was(void **state)
{
	struct lg_edit b = { .name = span_of("b") };
	struct sum s = { NULL, 0 };

	(void)state;
	assert_int_equal(add(&s, "a", "1", false), 0);
	heap_fail_after(0);
	assert_int_equal(edits_add(&s.list, &s.n, &b, 1), -ENOMEM);
	heap_fail_after(-1);
	assert_int_equal(s.n, 1);
	assert_edit(&s, 0, "a", "1", false);
	free((void *)s.list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_add_up),
		cmocka_unit_test(the_later_holds),
		cmocka_unit_test(there_is_an_end_of_it),
		cmocka_unit_test(without_memory_it_stays_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
