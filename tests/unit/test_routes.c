/* SPDX-License-Identifier: Apache-2.0 */
/* test_routes.c: which values a route's pattern takes.  How routes are read: test_config_routes.c; what becomes of
 * them: tests/scenario/b08-front.py. */
#include "routes.h"

#include <string.h>

#include "span.h"
#include "unit.h"

static const struct {
	const char *pattern, *value;
	bool fits;
} rows[] = {
	{ "meet.example", "meet.example", true },
	{ "meet.example", "MEET.Example", true },
	{ "MEET.example", "meet.example", true },
	{ "meet.example", "meet.exampl", false },
	{ "meet.example", "meet.example.", false },
	{ "*.example", "meet.example", true },
	{ "*.example", "a.b.EXAMPLE", true },
	{ "*.example", ".example", true },
	{ "*.example", "example", false },
	{ "*.example", "meet.example.test", false },
	{ "meet.*", "meet.example", true },
	{ "meet.*", "Meet.", true },
	{ "meet.*", "meet", false },
	{ "meet.*", "a.meet.example", false },
	{ "/path/*", "/PATH/x", true },
	{ "/path/", "/path/", true },
	{ "/path/", "/PATH/x", true },
	{ "/path/", "/path", false },
	{ "/path/", "/path2/", false },
	{ "/path/", "/a/path/", false },
	{ "/path", "/path/", false },
	{ "/path", "/path", true },
	{ "path/", "path/x", false },
	{ "path/", "path/", true },
	{ "/", "/", true },
	{ "/", "/x", true },
	{ "/", "", false },
	{ "/", "x", false },
	{ "", "x", false },
	{ "", "", true },
	{ "*", "anything", true },
	{ "*", "", true },
	{ "*", NULL, false },
	{ "meet.example", NULL, false },
	{ "meet.example", "", false },
};

static void patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lg_span value =
			rows[i].value ? (struct lg_span){ rows[i].value, strlen(rows[i].value) } : SPAN_NONE;

		if (routes_match(rows[i].pattern, value) != rows[i].fits)
			fail_msg("%s and %s", rows[i].pattern, rows[i].value ? rows[i].value : "nothing");
	}
}

/* A value is not terminated: only its own bytes count. */
static void values_are_spans(void **state)
{
	(void)state;
	assert_true(routes_match("*.example", (struct lg_span){ "meet.example.test", 12 }));
	assert_false(routes_match("meet.example", (struct lg_span){ "meet.example", 11 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns),
		cmocka_unit_test(values_are_spans),
	};

	return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
