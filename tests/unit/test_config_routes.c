/* SPDX-License-Identifier: Apache-2.0 */
/* test_config_routes.c: in which order a listener's routes are asked, whatever the order in which they are written. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config_rig.h"
#include "snapshot.h"

/* A row is "FACT=PATTERN ...", "" the default. */
static const struct {
	const char *written[6], *asked[6];
} orders[] = {
	/* What hides nothing stays where it is. */
	{ { "host=b", "host=a", "sni=c" }, { "host=b", "host=a", "sni=c" } },
	/* A default anywhere is the last. */
	{ { "", "host=a" }, { "host=a", "" } },
	{ { "host=a", "" }, { "host=a", "" } },
	/* Exact names before stars, each before the one that would hide it. */
	{ { "host=*", "host=*.test", "host=a.test" }, { "host=a.test", "host=*.test", "host=*" } },
	{ { "host=meet.*", "host=MEET.test", "host=*.test" }, { "host=MEET.test", "host=meet.*", "host=*.test" } },
	/* The longest path first, an exact one before its folder. */
	{ { "path=/", "path=/a/", "path=/a/b/", "path=/a/b" }, { "path=/a/b/", "path=/a/b", "path=/a/", "path=/" } },
	{ { "path=/a/", "path=/a/x*", "path=/a/xy/" }, { "path=/a/xy/", "path=/a/x*", "path=/a/" } },
	{ { "path=/a", "path=/a/" }, { "path=/a", "path=/a/" } },
	{ { "path=/a/", "path=*.css", "path=/a/x.css" }, { "path=/a/x.css", "path=/a/", "path=*.css" } },
	/* Of several facts all have to be hidden. */
	{ { "host=a", "host=b path=/x/", "host=a path=/x/", "path=/x/" },
	  { "host=a path=/x/", "host=a", "host=b path=/x/", "path=/x/" } },
	{ { "path=/x/", "host=b path=/x/", "host=a" }, { "host=b path=/x/", "path=/x/", "host=a" } },
	{ { "host=*.b path=/x/", "host=a.b path=/" }, { "host=*.b path=/x/", "host=a.b path=/" } },
	/* A row never passes one that takes something else before it takes what both want. */
	{ { "path=/x/", "host=a", "path=/x/y/" }, { "path=/x/y/", "path=/x/", "host=a" } },
};

/* "host=a path=/x/" as a row of the option. */
static int write_row(char *out, size_t room, const char *row)
{
	char text[128], *rest = text;
	int n = snprintf(out, room, "{ ");

	snprintf(text, sizeof text, "%s", row);
	for (char *word; (word = strtok_r(rest, " ", &rest));) {
		char *pattern = strchr(word, '=');

		*pattern++ = 0;
		n += snprintf(out + n, room - (size_t)n, "%s = '%s', ", word, pattern);
	}
	return n + snprintf(out + n, room - (size_t)n, "pool = 'base' }, ");
}

static void check_row(const struct route *r, const char *want)
{
	char text[128] = "";

	for (unsigned i = 0; i < r->nwhen; i++) {
		size_t n = strlen(text);

		snprintf(text + n, sizeof text - n, "%s%s=%s", i ? " " : "", r->when[i].name, r->when[i].pattern);
	}
	assert_string_equal(text, want);
}

static void order(const char *const written[], const char *const asked[])
{
	char text[4096];
	int n = snprintf(text, sizeof text,
			 "listener 'x' { plugin = 'talk', bind = 'tcp:127.0.0.1:9', options = { routes = { ");
	struct problems problems;
	struct snapshot *s;
	unsigned rows = 0;

	for (; rows < 6 && written[rows]; rows++)
		n += write_row(text + n, sizeof text - (size_t)n, written[rows]);
	snprintf(text + n, sizeof text - (size_t)n, "} } }\n%s", BASE);
	assert_int_equal(config_rig_load(&s, text, &problems), 0);
	config_rig_print(&problems);
	assert_int_equal(s->listeners[0].nroutes, rows);
	for (unsigned i = 0; i < rows; i++)
		check_row(&s->listeners[0].routes[i], asked[i]);
	snapshot_unref(s);
	problems_free(&problems);
}

static void rows_go_before_what_would_hide_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++)
		order(orders[i].written, orders[i].asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_go_before_what_would_hide_them),
	};

	return cmocka_run_group_tests_name("config routes", tests, config_rig_make, config_rig_end);
}
