/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sip plugin without memory: each of its allocations fails once.  A request then gets 503 or its link is closed,
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

/* All that the plugin allocates, it allocates in these three. */
#define calloc  failing_calloc
#define realloc failing_realloc
#include "plugins/sip/edits.c"
#include "plugins/sip/session.c"
#include "plugins/sip/transaction.c"
#undef calloc
#undef realloc

#include "sip_play.h"

#include <stdarg.h>
#include <stdio.h>

#include <setjmp.h>

#include <cmocka.h>

static bool reads_a_made_fact(struct lg_exchange *x, struct lg_reply *reply)
{
	static const struct lg_edit edits[] = { { .name = { "x-a", 3 }, .value = { "1", 1 } },
						{ .name = { "x-a", 3 }, .value = { "2", 1 }, .answer = true } };

	x->edits = edits;
	x->nedits = sizeof(edits) / sizeof(*edits);
	fake_fact(x, "to.domain");
	reply->code = 403;
	return strcmp(fake_fact(x, "method"), "SUBSCRIBE") == 0;
}

/* Everything that allocates: facts, replies, edits, transactions both ways, repeated 2xx, a table that grows. */
static void live(struct fake *f)
{
	struct fake_peer *client = fake_client(f, false), *server;

	f->policy = reads_a_made_fact;
	fake_text(client, SAY(.method = "ACK"));
	server = fake_server(client, 0);
	fake_text(client, SAY(.method = "SUBSCRIBE", .body = "body"));
	for (int i = 1; i <= 10; i++) {
		fake_text(client, SAY(.method = "INFO", .cseq = i));
		if (server->link)
			fake_text(server, SAY(.method = "INVITE", .cseq = i, .call_id = "s"));
		fake_text(client, SAY(.method = "INVITE", .cseq = i, .call_id = "s", .status = 200));
	}
	fake_kill(client);
}

static void each_failure_is_survived(void **state)
{
	int n;

	(void)state;
	fails_at = 0;
	do {
		struct fake *f = play(ROUTE_MESSAGE);
		struct fake_peer *client;

		allocations = 0;
		live(f);
		n = allocations;
		client = fake_client(f, false);
		fake_text(client, SAY(.method = "SUBSCRIBE"));
		assert_true(starts(client, "SIP/2.0 403 "));
		fake_destroy(f);
	} while (fails_at++ < n);
	assert_in_range(n, 5, 1000);
}

/* A request that cannot be remembered is refused, not sent, so that nobody waits for its answer. */
static void what_cannot_be_remembered_is_refused(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fails_at = 0;
	fake_text(client, SAY(.method = "ACK"));
	server = fake_server(client, 0);
	fake_forget(server);
	allocations = 0;
	fails_at = 1;
	fake_text(client, SAY(.method = "INVITE", .body = "0123456789"));
	assert_true(starts(client, "SIP/2.0 503 "));
	assert_int_equal(server->got_n, 0);
	fake_forget(client);
	allocations = 0;
	fake_text(server, SAY(.method = "INVITE", .call_id = "s"));
	assert_true(starts(server, "SIP/2.0 503 "));
	assert_int_equal(client->got_n, 0);
	assert_int_equal(f->open, 0);
	fake_text(client, SAY(.method = "INVITE", .cseq = 2));
	assert_int_equal(times(server, "INVITE sip:"), 1);
	fake_destroy(f);
}

/* Neither is one that cannot be edited, nor an answer: what a policy removes nobody shall see. */
static void what_cannot_be_edited_is_not_sent(void **state)
{
	struct fake *f = play(ROUTE_CONNECTION);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fails_at = 0;
	fake_text(client, SAY(.method = "ACK"));
	server = fake_server(client, 0);
	fake_forget(server);
	f->policy = reads_a_made_fact;
	allocations = 0;
	fails_at = 2; /* the first is the fact's */
	fake_text(client, SAY(.method = "INFO", .body = "0123456789"));
	assert_true(starts(client, "SIP/2.0 503 "));
	assert_int_equal(server->got_n, 0);
	assert_int_equal(f->open, 0);
	fake_text(client, SAY(.method = "INFO", .cseq = 2));
	assert_int_equal(times(server, "\r\nx-a: 1\r\n"), 1);
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_failure_is_survived),
		cmocka_unit_test(what_cannot_be_remembered_is_refused),
		cmocka_unit_test(what_cannot_be_edited_is_not_sent),
	};

	return cmocka_run_group_tests_name("sip without memory", tests, NULL, NULL);
}
