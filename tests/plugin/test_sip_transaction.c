/* SPDX-License-Identifier: Apache-2.0 */
/* The sip plugin's table of open requests. */
#include "plugins/sip/transaction.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static const struct transaction_seed seed = { 0x243f6a8885a308d3, 0x13198a2e03707344 };

static struct transaction_id id_of(enum lg_side side, const char *via, const char *call_id, const char *cseq)
{
	struct sip_cursor cursor = { 0 };
	struct sip_head head;
	char text[512];
	int n = snprintf(text, sizeof(text),
			 "INFO sip:a@b SIP/2.0\r\nVia: %s\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: %s\r\n"
			 "CSeq: %s\r\nContent-Length: 0\r\n\r\n",
			 via, call_id, cseq);

	memcpy(text, strstr(cseq, "INFO") ? "INFO" : "PING", 4);
	assert_int_equal(sip_scan(&head, &cursor, text, (size_t)n, 4096), SIP_MESSAGE);
	return transaction_id(&seed, side, text, &head);
}

static bool same(struct transaction_id a, struct transaction_id b)
{
	return a.a == b.a && a.b == b.b;
}

/* An answer repeats the request, but for parameters that were added to the Via. */
static void what_an_answer_repeats_counts(void **state)
{
	static const struct {
		enum lg_side side;
		const char *via, *call_id, *cseq;
		bool same;
	} cases[] = {
		{ LG_CLIENT, "SIP/2.0/TLS h;branch=b", "c", "1 INFO", true },
		{ LG_CLIENT, "SIP/2.0/TLS h;received=1.2.3.4;branch=b", "c", "1  INFO", true },
		{ LG_CLIENT, "SIP/2.0/TLS h;branch=b, SIP/2.0/TLS i", "c", "1 INFO", true },
		{ LG_SERVER, "SIP/2.0/TLS h;branch=b", "c", "1 INFO", false },
		{ LG_CLIENT, "SIP/2.0/TLS h;branch=bb", "c", "1 INFO", false },
		{ LG_CLIENT, "SIP/2.0/TLS h;branch=b", "C", "1 INFO", false },
		{ LG_CLIENT, "SIP/2.0/TLS h;branch=b", "cb", "1 INFO", false },
		{ LG_CLIENT, "SIP/2.0/TLS h;branch=b", "c", "2 INFO", false },
		{ LG_CLIENT, "SIP/2.0/TLS h;branch=b", "c", "1 PING", false },
		{ LG_CLIENT, "SIP/2.0/TLS h", "c", "1 INFO", false },
	};
	struct transaction_id id = id_of(LG_CLIENT, "SIP/2.0/TLS h;branch=b", "c", "1 INFO");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(same(id, id_of(cases[i].side, cases[i].via, cases[i].call_id, cases[i].cseq)),
				 cases[i].same);
	id = id_of(LG_CLIENT, "SIP/2.0/tls 10.0.0.9:1", "c", "1 INFO");
	assert_true(same(id, id_of(LG_CLIENT, "SIP/2.0/tls 10.0.0.9:1;ms-received-cid=9", "c", "1 INFO")));
	assert_false(same(id, id_of(LG_CLIENT, "SIP/2.0/tls 10.0.0.9:2", "c", "1 INFO")));

	/* The same letters, with another border between them. */
	assert_false(same(id_of(LG_CLIENT, "SIP/2.0/TLS h;branch=i", "abcdefgh12345678", "1 INFO"),
			  id_of(LG_CLIENT, "SIP/2.0/TLS h;branch=12345678i", "abcdefgh", "1 INFO")));
}

/* Against a plain list: entries are found until they are removed, whatever the others do. */
static void the_table_holds_what_it_is_given(void **state)
{
	enum { IDS = 300, STEPS = 20000 };
	struct transactions t = { .n = 0 };
	bool in[IDS] = { false };
	uint32_t n = 0, random = 1;

	(void)state;
	for (int step = 0; step < STEPS; step++) {
		struct transaction e = { .server = NULL };
		uint32_t i, limit = step % 4000 < 2000 ? IDS : 10;
		struct transaction *found;

		random = random * 1664525 + 1013904223;
		i = (random >> 8) % limit;
		e.id = (struct transaction_id){ i % 7, i + 1 }; /* crowded on purpose */
		e.expires_ms = i;
		found = transactions_find(&t, e.id);
		assert_int_equal(found != NULL, in[i]);
		if (found) {
			assert_int_equal(found->expires_ms, i);
			transactions_remove(&t, found);
			n--;
		} else {
			assert_int_equal(transactions_add(&t, &e), 0);
			n++;
		}
		in[i] = !in[i];
		assert_int_equal(t.n, n);
		assert_true(t.n <= t.size / 2 || t.n == 0);
		assert_int_equal(t.slots == NULL, n == 0);
	}
	transactions_fini(&t);
}

/* A walk that removes as it goes misses nothing. */
static void a_walk_sees_all(void **state)
{
	struct transactions t = { .n = 0 };
	uint32_t removed = 0;

	(void)state;
	for (uint64_t i = 1; i <= 100; i++)
		assert_int_equal(transactions_add(&t, &(struct transaction){ .id = { i * 13, i }, .expires_ms = i }),
				 0);
	for (uint32_t i = 0; i < t.size;) {
		struct transaction *e = transactions_at(&t, i);

		if (e && e->expires_ms % 2) {
			transactions_remove(&t, e);
			removed++;
		} else {
			i++;
		}
	}
	assert_int_equal(removed, 50);
	assert_int_equal(t.n, 50);
	for (uint64_t i = 1; i <= 100; i++)
		assert_int_equal(transactions_find(&t, (struct transaction_id){ i * 13, i }) != NULL, i % 2 == 0);
	transactions_fini(&t);
	assert_null(transactions_find(&t, (struct transaction_id){ 1, 1 }));
	assert_null(transactions_at(&t, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_answer_repeats_counts),
		cmocka_unit_test(the_table_holds_what_it_is_given),
		cmocka_unit_test(a_walk_sees_all),
	};

	return cmocka_run_group_tests_name("sip transactions", tests, NULL, NULL);
}
