/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sip plugin as a hop without memory: each of its allocations fails once.  Whatever it was for, what comes after is
 * as if nothing had been, nothing is left open, and nothing leaks.
 */
#include <stdlib.h>

static int allocations, fails_at;

static void *failing_malloc(size_t size)
{
	return ++allocations == fails_at ? NULL : malloc(size);
}

static void *failing_calloc(size_t n, size_t size)
{
	return ++allocations == fails_at ? NULL : calloc(n, size);
}

static void *failing_realloc(void *p, size_t size)
{
	return ++allocations == fails_at ? NULL : realloc(p, size);
}

/* All that hop mode allocates, it allocates in these. */
#define malloc  failing_malloc
#define calloc  failing_calloc
#define realloc failing_realloc
#define say     reply_say
#include "plugins/sip/edits.c"
#include "plugins/sip/hop_link.c"
#include "plugins/sip/hop_reply.c"
#include "plugins/sip/hop_table.c"
#include "plugins/sip/hop_wait.c"
#include "plugins/sip/session.c"
#undef malloc
#undef calloc
#undef realloc
#undef say

#include "hop_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static bool edits_some(struct lg_exchange *x, struct lg_reply *reply)
{
	static const struct lg_edit list[] = {
		{ .name = { "x-request", 9 }, .value = { "1", 1 } },
		{ .name = { "x-answer", 8 }, .value = { "1", 1 }, .answer = true },
	};

	(void)reply;
	fake_fact(x, "to.domain");
	if (strcmp(fake_fact(x, "method"), "SUBSCRIBE") == 0) {
		x->edits = list;
		x->nedits = 2;
	}
	return false;
}

/* A server answers the newest that it has got, if it has got anything. */
static void answers(struct fake *f, unsigned server, int status)
{
	struct fake_peer *p = fake_shared(f, server);

	if (p && messages(p) > 0)
		fake_text(p, answer(p, status, NULL));
}

/* Everything that allocates: replies, waits in great number, retries, late answers, edits, flows that have gone. */
static void live(struct fake *f)
{
	struct fake_peer *client = fake_client(f, false), *gone = fake_client_by(f, LG_TLS);
	char via[64], route[2048] = "";

	f->policy = edits_some;
	for (int i = 0; i < 70 && client->link; i++) {
		snprintf(via, sizeof(via), "h;branch=z9hG4bK%d", i);
		fake_text(client, SAY(.method = i % 2 ? "OPTIONS" : "INVITE", .via = via, .call_id = via, .cseq = 1));
	}
	answers(f, 0, 503);
	answers(f, 1, 503);
	fake_pass(f, HOP_FIRST_ANSWER);
	answers(f, 0, 486);
	answers(f, 1, 486);
	answers(f, 2, 486);
	fake_pass(f, HOP_FIRST_ANSWER);
	fake_text(client, SAY(.method = "SUBSCRIBE", .via = "h;branch=z9hG4bKs"));
	answers(f, 0, 202);
	answers(f, 1, 202);
	answers(f, 2, 202);
	fake_own(f, "r", 0);
	fake_text(gone, SAY(.method = "REGISTER", .call_id = "r"));
	if (fake_shared(f, 0) && messages(fake_shared(f, 0)) > 0) {
		struct fake_peer *server = fake_shared(f, 0);
		const char *path = value(message(server, messages(server) - 1), "Path", 0);

		snprintf(route, sizeof(route), "Route: %s\r\n", path);
		f->elsewhere = true;
		if (gone->link)
			fake_kill(gone);
		fake_text(server, SAY(.method = "SUBSCRIBE", .call_id = "t", .extra = *path ? route : ""));
		f->elsewhere = false;
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
		struct fake *f = HOP_PLAY(.path = true);
		struct fake_peer *client;

		allocations = 0;
		f->limits.requests = 1000;
		live(f);
		n = allocations;
		f->policy = NULL;
		for (unsigned i = 0; i < f->npeers; i++)
			if (f->peers[i]->link)
				fake_kill(f->peers[i]);
		assert_int_equal(f->open, 0);
		client = fake_client(f, false);
		fake_own(f, "new", 0);
		fake_text(client, SAY(.method = "INVITE", .call_id = "new"));
		fake_text(fake_shared(f, 0), answer(fake_shared(f, 0), 200, NULL));
		assert_true(starts(client, "SIP/2.0 200 "));
		fake_destroy(f);
	} while (fails_at++ < n);
	assert_in_range(n, 8, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_failure_is_survived),
	};

	return cmocka_run_group_tests_name("sip as a hop without memory", tests, NULL, NULL);
}
