/* SPDX-License-Identifier: Apache-2.0 */
/* The sip plugin as a hop: what still comes of a request that went elsewhere, was sent again, or lost its client. */
#include "hop_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

/* ---- The first server's answers, after the second was asked ---- */

static struct fake *moved(struct fake_peer **client, struct fake_peer **first, struct fake_peer **second)
{
	struct fake *f = hop_asked("INVITE", client);

	fake_pass(f, HOP_FIRST_ANSWER);
	*first = fake_shared(f, 0);
	*second = fake_shared(f, 1);
	return f;
}

static void late_answers_are_dropped(void **state)
{
	struct fake_peer *client, *first, *second;
	struct fake *f = moved(&client, &first, &second);

	(void)state;
	for (int i = 0; i < 2; i++) {
		unsigned before = messages(first);

		fake_text(first, answer_to(first, 0, 180, NULL));
		assert_int_equal(messages(first), before);
		fake_text(first, answer_to(first, 0, 486, NULL));
		assert_int_equal(messages(first), before + 1);
		assert_string_equal(branch(first, before), branch(first, 0));
		assert_int_equal(client->got_n, 0);
		/* Also when the second one has answered. */
		fake_text(second, answer_to(second, 0, 180, NULL));
		assert_true(starts(client, "SIP/2.0 180 "));
		fake_forget(client);
	}
	assert_int_equal(f->counts[COUNT_LATE_ANSWERS], 4);
	assert_int_equal(f->open, 0);
	fake_text(second, answer_to(second, 0, 200, NULL));
	assert_true(starts(client, "SIP/2.0 200 "));
	fake_destroy(f);
}

static void a_late_2xx_is_a_dialog(void **state)
{
	struct fake_peer *client, *first, *second;
	struct fake *f = moved(&client, &first, &second);

	(void)state;
	assert_int_equal(fake_owner(f, "call"), 1);
	fake_text(first, answer_to(first, 0, 200, NULL));
	assert_true(starts(client, "SIP/2.0 200 "));
	assert_int_equal(fake_owner(f, "call"), 0); /* its ACK goes there */
	assert_int_equal(f->open, 0);
	fake_pass(f, 100000);
	assert_int_equal(messages(client), 1);
	fake_destroy(f);
}

/* CANCEL, the ACK and a retransmission bear the branch that the second server knows. */
static void what_follows_bears_the_new_branch(void **state)
{
	struct fake_peer *client, *first, *second;
	struct fake *f = moved(&client, &first, &second);

	(void)state;
	fake_text(client, SAY(.method = "INVITE"));
	fake_text(second, answer_to(second, 0, 180, NULL));
	fake_pass(f, 60000); /* it rings */
	fake_text(client, SAY(.method = "CANCEL"));
	fake_text(second, answer_to(second, 0, 487, NULL));
	fake_text(client, SAY(.method = "ACK", .to = "<sip:bob@corp.example>;tag=srv"));
	assert_int_equal(messages(second), 4);
	for (unsigned i = 1; i < 4; i++)
		assert_string_equal(branch(second, i), branch(second, 0));
	assert_int_equal(messages(first), 1);
	fake_destroy(f);
}

/* ---- Retransmissions ---- */

static void a_retransmission_goes_to_the_same_link(void **state)
{
	struct fake_peer *client, *server;
	struct fake *f = hop_asked("INVITE", &client);

	(void)state;
	server = fake_shared(f, 0);
	fake_own(f, "call", 1);
	fake_text(client, SAY(.method = "INVITE"));
	assert_int_equal(f->routes, 1);
	assert_int_equal(f->open, 1);
	assert_int_equal(messages(server), 2);
	assert_string_equal(message(server, 0), message(server, 1));
	fake_own(f, "call", 0);
	fake_text(server, answer(server, 100, NULL));
	fake_text(client, SAY(.method = "INVITE"));
	assert_int_equal(messages(server), 3);
	assert_string_equal(message(server, 0), message(server, 2));
	fake_destroy(f);
}

/* Before there is a link to send it on, the first one will do. */
static void a_retransmission_waits_for_the_link(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	f->slow = true;
	fake_text(client, SAY(.method = "INVITE"));
	fake_text(client, SAY(.method = "INVITE"));
	fake_connect(f);
	assert_int_equal(messages(fake_shared(f, 0)), 1);
	assert_int_equal(f->routes, 1);
	fake_destroy(f);
}

/* An INVITE that was on its way again when its answer came: the server may well be silent now (RFC 3261 section 17.2.1,
 * RFC 6026 section 7.1), and nobody else must ring. */
static void a_late_retransmission_waits_for_nothing(void **state)
{
	static const int statuses[] = { 180, 200, 486 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fake *f = hop_play(NULL);
		struct fake_peer *client = datagram(f, NULL, SAY(.method = "INVITE")), *server = fake_shared(f, 0);

		fake_text(server, answer(server, statuses[i], NULL));
		datagram(f, client, SAY(.method = "INVITE"));
		assert_int_equal(messages(server), 2);
		fake_pass(f, HOP_FIRST_ANSWER);
		assert_int_equal(f->agains, 0);
		fake_pass(f, HOP_FIRST_ANSWER);
		assert_int_equal(messages(client), 1);
		fake_destroy(f);
	}
}

/* ---- Ends ---- */

static void a_client_that_goes_takes_it_along(void **state)
{
	struct fake_peer *client;
	struct fake *f = hop_asked("INVITE", &client);
	const char *ok = answer(fake_shared(f, 0), 200, NULL);

	(void)state;
	fake_kill(client);
	assert_int_equal(f->open, 0);
	fake_pass(f, 10000);
	fake_text(fake_shared(f, 0), ok);
	assert_int_equal(f->counts[COUNT_UNDELIVERED], 1);
	fake_destroy(f);
}

/* The same from another client is another one. */
static void a_stolen_branch_gets_nothing(void **state)
{
	struct fake_peer *client, *other, *server;
	struct fake *f = hop_asked("INVITE", &client);

	(void)state;
	server = fake_shared(f, 0);
	other = datagram(f, NULL, SAY(.method = "CANCEL"));
	fake_text(server, answer_to(server, 0, 503, NULL));
	assert_int_equal(f->agains, 1); /* not cancelled by that */
	(void)other;
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(late_answers_are_dropped),
		cmocka_unit_test(a_late_2xx_is_a_dialog),
		cmocka_unit_test(what_follows_bears_the_new_branch),
		cmocka_unit_test(a_retransmission_goes_to_the_same_link),
		cmocka_unit_test(a_retransmission_waits_for_the_link),
		cmocka_unit_test(a_late_retransmission_waits_for_nothing),
		cmocka_unit_test(a_client_that_goes_takes_it_along),
		cmocka_unit_test(a_stolen_branch_gets_nothing),
	};

	return cmocka_run_group_tests_name("sip as a hop: what comes late", tests, NULL, NULL);
}
