/* SPDX-License-Identifier: Apache-2.0 */
/* The sip plugin as a hop: a dialog's first request waits for its first answer, and may go to a second server. */
#include "hop_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static const char *const busy = "Retry-After: 7 (later)\r\n";

/* ---- 503 ---- */

static void a_503_sends_it_to_another(void **state)
{
	static const char *const methods[] = { "INVITE", "OPTIONS", "REGISTER" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fake_peer *client;
		struct fake *f = hop_asked(methods[i], &client);
		bool invite = i == 0;

		fake_text(fake_shared(f, 0), answer(fake_shared(f, 0), 503, busy));
		assert_int_equal(f->agains, 1);
		assert_int_equal(f->counts[COUNT_RETRIED], 1);
		assert_int_equal(f->rests, 1);
		assert_int_equal(f->last_rest_ms, 7000);
		assert_int_equal(client->got_n, 0);
		assert_int_equal(messages(fake_shared(f, 1)), 1);
		assert_string_not_equal(branch(fake_shared(f, 0), 0), branch(fake_shared(f, 1), 0));
		/* The refusal of an INVITE is acknowledged here. */
		assert_int_equal(messages(fake_shared(f, 0)), invite ? 2 : 1);
		fake_text(fake_shared(f, 1), answer(fake_shared(f, 1), 200, NULL));
		assert_true(starts(client, "SIP/2.0 200 "));
		assert_int_equal(times(client, "Via: "), 1);
		assert_int_equal(f->open, 0);
		assert_int_equal(fake_owner(f, "call"), 1);
		fake_destroy(f);
	}
}

static void the_ack_is_the_invites(void **state)
{
	struct fake_peer *client, *server;
	struct fake *f = hop_asked("INVITE", &client);
	const char *ack;

	(void)state;
	server = fake_shared(f, 0);
	fake_text(server, answer(server, 503, NULL));
	ack = message(server, 1);
	assert_int_equal(strncmp(ack, "ACK sip:bob@corp.example SIP/2.0\r\n", 34), 0);
	assert_string_equal(branch(server, 1), branch(server, 0));
	assert_string_equal(value(ack, "CSeq", 0), "1 ACK");
	assert_string_equal(value(ack, "To", 0), "<sip:bob@corp.example>;tag=srv");
	assert_string_equal(value(ack, "Via", 1), "");
	assert_int_equal(f->rests, 0);
	/* And again, when it did not arrive. */
	fake_text(server, answer_to(server, 0, 503, NULL));
	assert_int_equal(messages(server), 3);
	assert_string_equal(message(server, 2), ack);
	assert_int_equal(client->got_n, 0);
	fake_destroy(f);
}

static void two_503_are_500(void **state)
{
	struct fake_peer *client;
	struct fake *f = hop_asked("INVITE", &client);

	(void)state;
	fake_text(fake_shared(f, 0), answer(fake_shared(f, 0), 503, NULL));
	fake_text(fake_shared(f, 1), answer(fake_shared(f, 1), 503, busy));
	assert_true(starts(client, "SIP/2.0 500 Server Internal Error\r\n"));
	assert_string_equal(value(client->got, "Retry-After", 0), "");
	assert_int_equal(f->agains, 1);
	assert_int_equal(f->rests, 1);
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

static void without_another_server_it_is_500(void **state)
{
	struct fake_peer *client;
	struct fake *f = hop_asked("INVITE", &client);

	(void)state;
	f->down[1] = f->down[2] = true;
	fake_text(fake_shared(f, 0), answer(fake_shared(f, 0), 503, NULL));
	assert_true(starts(client, "SIP/2.0 500 "));
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

/* The first time that nobody is there it is 503, with a time to come again. */
/* The Route names the server that has died: nobody is forbidden anything, there is just no other server for it. */
static void what_is_routed_to_one_server_stays_there(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.method = "INVITE", .extra = "Route: <sip:192.0.2.3;lr>\r\n"));
	assert_int_equal(messages(fake_shared(f, 0)), 1);
	fake_kill(fake_shared(f, 0));
	assert_true(starts(client, "SIP/2.0 500 "));
	assert_int_equal(f->counts[COUNT_FORBIDDEN], 0);
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

static void without_any_server_it_is_503(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	f->down[0] = f->down[1] = f->down[2] = true;
	fake_text(client, SAY(.method = "INVITE"));
	assert_true(starts(client, "SIP/2.0 503 "));
	assert_string_equal(value(client->got, "Retry-After", 0), "2");
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

/* Nothing is tried again inside a dialog, with credentials, after a CANCEL, or without room. */
static void some_have_one_server(void **state)
{
	static const struct say cases[] = {
		{ .method = "INVITE", .to = "<sip:bob@corp.example>;tag=2" },
		{ .method = "INVITE", .extra = "Proxy-Authorization: Digest x\r\n" },
		{ .method = "REGISTER", .extra = "Authorization: Digest x\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = hop_play(NULL);
		struct fake_peer *client = fake_client(f, false);

		fake_text(client, say(&cases[i]));
		assert_int_equal(f->open, 0);
		fake_text(fake_shared(f, 0), answer(fake_shared(f, 0), 503, busy));
		assert_true(starts(client, "SIP/2.0 500 Server Internal Error\r\n"));
		assert_int_equal(f->agains, 0);
		assert_int_equal(f->rests, 1);
		assert_int_equal(f->counts[COUNT_UNAVAILABLE], 1);
		fake_destroy(f);
	}
}

static void only_so_many_wait(void **state)
{
	struct fake *f = HOP_PLAY(.waiting = 1);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.method = "INVITE"));
	assert_int_equal(f->last_flags, LG_KEEP);
	fake_text(client, SAY(.method = "INVITE", .call_id = "d", .via = "h;branch=z9hG4bK2"));
	assert_int_equal(f->last_flags, 0);
	assert_int_equal(f->open, 1);
	fake_text(fake_shared(f, 1), answer(fake_shared(f, 1), 503, NULL));
	assert_true(starts(client, "SIP/2.0 500 "));
	fake_text(fake_shared(f, 0), answer(fake_shared(f, 0), 200, NULL));
	fake_text(client, SAY(.method = "INVITE", .call_id = "e", .via = "h;branch=z9hG4bK3"));
	assert_int_equal(f->last_flags, LG_KEEP);
	fake_destroy(f);
}

static void a_rest_has_an_end(void **state)
{
	struct fake_peer *client;
	struct fake *f = hop_asked("INVITE", &client);

	(void)state;
	fake_text(fake_shared(f, 0), answer(fake_shared(f, 0), 503, "Retry-After: 100000\r\n"));
	assert_int_equal(f->last_rest_ms, 600000);
	fake_destroy(f);
}

/* ---- The first answer ---- */

static void a_1xx_ends_the_chance(void **state)
{
	struct fake_peer *client;
	struct fake *f = hop_asked("INVITE", &client);

	(void)state;
	fake_text(fake_shared(f, 0), answer(fake_shared(f, 0), 100, NULL));
	assert_true(starts(client, "SIP/2.0 100 "));
	assert_int_equal(f->open, 0);
	fake_text(fake_shared(f, 0), answer(fake_shared(f, 0), 503, NULL));
	assert_int_equal(f->agains, 0);
	assert_int_equal(times(client, "SIP/2.0 500 "), 1);
	fake_pass(f, 100000);
	assert_int_equal(messages(client), 2);
	fake_destroy(f);
}

static void any_final_answer_is_an_answer(void **state)
{
	struct fake_peer *client;
	struct fake *f = hop_asked("INVITE", &client);

	(void)state;
	fake_text(fake_shared(f, 0), answer(fake_shared(f, 0), 486, NULL));
	assert_true(starts(client, "SIP/2.0 486 Reason\r\n"));
	assert_int_equal(f->open, 0);
	assert_int_equal(messages(fake_shared(f, 0)), 1); /* the client acknowledges it */
	fake_destroy(f);
}

/* An answer to the CANCEL bears the branch of the INVITE. */
static void a_cancel_goes_where_the_invite_is(void **state)
{
	struct fake_peer *client, *server;
	struct fake *f = hop_asked("INVITE", &client);

	(void)state;
	server = fake_shared(f, 0);
	fake_own(f, "call", 1);
	fake_text(client, SAY(.method = "CANCEL"));
	assert_int_equal(messages(server), 2);
	assert_string_equal(branch(server, 0), branch(server, 1));
	fake_text(server, answer(server, 200, NULL));
	assert_true(starts(client, "SIP/2.0 200 "));
	assert_int_equal(f->open, 1);
	/* Nobody wants it elsewhere now. */
	fake_text(server, answer_to(server, 0, 503, NULL));
	assert_int_equal(f->agains, 0);
	assert_int_equal(times(client, "SIP/2.0 500 "), 1);
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

/* ---- Silence ---- */

static void silence_sends_it_to_another(void **state)
{
	static const char *const methods[] = { "INVITE", "OPTIONS" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fake_peer *client;
		struct fake *f = hop_asked(methods[i], &client);

		fake_pass(f, HOP_FIRST_ANSWER - 1);
		assert_int_equal(f->agains, 0);
		fake_pass(f, 1);
		assert_int_equal(f->agains, 1);
		assert_int_equal(messages(fake_shared(f, 1)), 1);
		assert_int_equal(client->got_n, 0);
		fake_pass(f, HOP_FIRST_ANSWER);
		assert_int_equal(f->agains, 1);
		assert_int_equal(f->counts[COUNT_UNANSWERED], 1);
		if (i == 0)
			assert_true(starts(client, "SIP/2.0 500 "));
		else
			assert_int_equal(client->got_n, 0); /* RFC 4320 section 4.1 */
		assert_int_equal(f->open, 0);
		fake_destroy(f);
	}
}

/* Each has its own time. */
static void silences_are_told_apart(void **state)
{
	struct fake_peer *client;
	struct fake *f = hop_asked("INVITE", &client);

	(void)state;
	fake_pass(f, 1000);
	fake_text(client, SAY(.method = "INVITE", .call_id = "d", .via = "h;branch=z9hG4bK2"));
	assert_int_equal(messages(fake_shared(f, 1)), 1);
	fake_pass(f, HOP_FIRST_ANSWER - 1000);
	assert_int_equal(f->agains, 1);
	fake_pass(f, 999);
	assert_int_equal(f->agains, 1);
	fake_pass(f, 1);
	assert_int_equal(f->agains, 2);
	fake_destroy(f);
}

static void a_lost_server_sends_it_to_another(void **state)
{
	struct fake_peer *client;
	struct fake *f = hop_asked("OPTIONS", &client);

	(void)state;
	fake_kill(fake_shared(f, 0));
	assert_int_equal(messages(fake_shared(f, 1)), 1);
	assert_int_equal(client->got_n, 0);
	fake_kill(fake_shared(f, 1));
	assert_true(starts(client, "SIP/2.0 500 "));
	assert_int_equal(f->counts[COUNT_LOST], 1);
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_503_sends_it_to_another),
		cmocka_unit_test(the_ack_is_the_invites),
		cmocka_unit_test(two_503_are_500),
		cmocka_unit_test(without_another_server_it_is_500),
		cmocka_unit_test(what_is_routed_to_one_server_stays_there),
		cmocka_unit_test(without_any_server_it_is_503),
		cmocka_unit_test(some_have_one_server),
		cmocka_unit_test(only_so_many_wait),
		cmocka_unit_test(a_rest_has_an_end),
		cmocka_unit_test(a_1xx_ends_the_chance),
		cmocka_unit_test(any_final_answer_is_an_answer),
		cmocka_unit_test(a_cancel_goes_where_the_invite_is),
		cmocka_unit_test(silence_sends_it_to_another),
		cmocka_unit_test(silences_are_told_apart),
		cmocka_unit_test(a_lost_server_sends_it_to_another),
	};

	return cmocka_run_group_tests_name("sip as a hop: what waits", tests, NULL, NULL);
}
