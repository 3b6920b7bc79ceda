/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The https plugin without memory: each of its allocations fails once.  A request then gets 503 or a fact that is none,
 * what comes after is as if nothing had been, and nothing leaks.
 */
#include <stdlib.h>

static int allocations, fails_at;

static void *failing_calloc(size_t n, size_t size)
{
	return ++allocations == fails_at ? NULL : calloc(n, size);
}

static void *failing_realloc(void *p, size_t size)
{
	return ++allocations == fails_at ? NULL : realloc(p, size);
}

static void *failing_malloc(size_t size)
{
	return ++allocations == fails_at ? NULL : malloc(size);
}

/* All that the plugin allocates, it allocates in these. */
#define calloc  failing_calloc
#define realloc failing_realloc
#define malloc  failing_malloc
#include "plugins/https/pages.c"
#include "plugins/https/rate.c"
#include "plugins/https/request.c"
#include "plugins/https/target.c"
#undef calloc
#undef realloc
#undef malloc

#include "https_play.h"

#include <stdarg.h>
#include <stdio.h>

#include <setjmp.h>

#include <cmocka.h>

static bool reads_facts(struct lg_exchange *x, struct lg_reply *reply)
{
	fake_fact(x, "path");
	fake_fact(x, "header.cookie");
	reply->code = 403;
	return false;
}

/* Paths that are not normal, facts, long heads, bodies, an upgrade. */
static void live(struct fake *f)
{
	struct fake_peer *client = fake_client(f, false);

	f->policy = reads_facts;
	for (int i = 0; i < 3; i++) {
		struct fake_peer *server;

		if (!client->link)
			client = fake_client(f, false);
		fake_text(client,
			  "POST /a/../b/%41 HTTP/1.1\r\nHost: a\r\nCookie: a=b\r\nContent-Length: 4\r\n\r\nbody");
		for (unsigned k = 0; k < FAKE_SERVERS; k++)
			if ((server = fake_server(client, k)))
				fake_text(server, OK(2) "ok");
	}
	if (client->link)
		fake_kill(client);
}

static void each_failure_is_survived(void **state)
{
	int n;

	(void)state;
	fails_at = 0;
	do {
		struct fake *f = play(NULL);
		struct fake_peer *client;

		allocations = 0;
		live(f);
		n = allocations;
		f->next_server = 0;
		client = fake_client(f, false);
		fake_text(client, "GET /./ HTTP/1.1\r\nHost: a\r\n\r\n");
		assert_int_equal(times(fake_server(client, 0), "GET / HTTP/1.1\r\n"), 1);
		assert_int_equal(f->open, 1);
		fake_destroy(f);
	} while (fails_at++ < n);
	assert_in_range(n, 4, 1000);
}

static void without_memory_it_is_503(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	allocations = 0;
	fails_at = 1;
	fake_text(client, "GET /./ HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(starts(client, "HTTP/1.1 503 "));
	assert_int_equal(f->routes, 0);
	assert_null(client->link);
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_failure_is_survived),
		cmocka_unit_test(without_memory_it_is_503),
	};

	return cmocka_run_group_tests_name("https without memory", tests, NULL, NULL);
}
