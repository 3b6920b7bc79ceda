/* SPDX-License-Identifier: Apache-2.0 */
/* The rpc plugin without memory: each of its allocations fails once.  The connection ends, and nothing leaks. */
#include <stdlib.h>

static int allocations, fails_at;

static void *failing_malloc(size_t n)
{
	return ++allocations == fails_at ? NULL : malloc(n);
}

static void *failing_calloc(size_t n, size_t size)
{
	return ++allocations == fails_at ? NULL : calloc(n, size);
}

static void *failing_realloc(void *p, size_t size)
{
	return ++allocations == fails_at ? NULL : realloc(p, size);
}

/* All that the plugin allocates, it allocates in these two. */
#define malloc  failing_malloc
#define calloc  failing_calloc
#define realloc failing_realloc
#include "plugins/rpc/answer.c"
#include "plugins/rpc/association.c"
#undef malloc
#undef calloc
#undef realloc

#include "rpc_stage.h"

#include <stdarg.h>

#include <setjmp.h>

#include <cmocka.h>

/* An answer that is changed, and one that becomes a failure. */
static void each_failure_ends_the_connection(void **state)
{
	int n = 1;

	(void)state;
	for (fails_at = 0; fails_at <= n; fails_at++) {
		struct stage *s;

		allocations = 0;
		s = stage_open_asked(&usual, ways[0]);
		stage_answer(s, WIRE_LEVEL_NONE, &own, 1);
		s->f->no_ports = true;
		if (s->client->link)
			stage_ask(s, 2, EPM_MAP);
		if (s->server->link)
			stage_answer(s, WIRE_LEVEL_NONE, &own, 1);
		n = fails_at == 0 ? allocations : n;
		assert_int_equal(s->client->link == NULL, fails_at != 0);
		assert_int_equal(s->server->link == NULL, fails_at != 0);
		stage_close(s);
	}
	assert_int_equal(n, 7); /* two calls, two answers kept, two stubs, one failure */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_failure_ends_the_connection),
	};

	return cmocka_run_group_tests_name("rpc memory", tests, NULL, NULL);
}
