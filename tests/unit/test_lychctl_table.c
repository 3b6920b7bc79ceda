/* SPDX-License-Identifier: Apache-2.0 */
/* test_lychctl_table.c: alignment, colours, and text that would steer a terminal. */
#include "lychctl_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "unit.h"

static const struct table_column columns[] = { { "NAME", false }, { "N", true }, { "NOTE", false }, { NULL, false } };

/* What `print` writes; free it. */
static char *printed(struct table *t, bool colours, int expected)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	assert_int_equal(table_print(t, out, "> ", colours), expected);
	fclose(out);
	return text;
}

static void test_columns(void **state)
{
	struct table t;
	char *text;

	(void)state;
	table_init(&t, columns);
	table_add(&t, PAINT_NONE, "%s", "a");
	table_add(&t, PAINT_NONE, "%d", 12345);
	table_add(&t, PAINT_NONE, "x");
	table_add(&t, PAINT_NONE, "caf\xc3\xa9-long");
	table_add(&t, PAINT_NONE, "%d", 1);
	table_add(&t, PAINT_NONE, "%s", "");
	text = printed(&t, true, 0);
	assert_string_equal(text, "> NAME           N  NOTE\n"
				  "> a          12345  x\n"
				  "> caf\xc3\xa9-long      1  \n");
	free(text);
}

static void test_colours(void **state)
{
	(void)state;
	for (int colours = 0; colours < 2; colours++) {
		struct table t;
		char *text;

		table_init(&t, columns);
		table_add(&t, PAINT_BAD, "DOWN");
		table_add(&t, PAINT_NONE, "1");
		table_add(&t, PAINT_GOOD, "up");
		text = printed(&t, colours, 0);
		assert_string_equal(text, colours ? "> NAME  N  NOTE\n> \033[1;31mDOWN\033[0m  1  \033[32mup\033[0m\n"
						  : "> NAME  N  NOTE\n> DOWN  1  up\n");
		free(text);
	}
}

static void test_harmless(void **state)
{
	struct table t;
	char *text;

	(void)state;
	table_init(&t, columns);
	table_add(&t, PAINT_NONE, "%s", "\033[2Jx");
	table_add(&t, PAINT_NONE, "%s", "a\nb\x7f");
	table_add(&t, PAINT_NONE, "%s",
		  "\xc2\x9b"
		  "31m\xc2");
	text = printed(&t, false, 0);
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "?[2Jx"));
	assert_non_null(strstr(text, "a?b?"));
	assert_non_null(strstr(text, "??31m\xc2"));
	free(text);
}

static void test_out_of_memory(void **state)
{
	struct table t;
	char *text;

	(void)state;
	table_init(&t, columns);
	table_add(&t, PAINT_NONE, "a");
	heap_fail_after(0);
	table_add(&t, PAINT_NONE, "b");
	heap_fail_after(-1);
	table_add(&t, PAINT_NONE, "c");
	text = printed(&t, false, -ENOMEM);
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_harmless),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
