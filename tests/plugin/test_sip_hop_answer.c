/* SPDX-License-Identifier: Apache-2.0 */
/* The sip plugin as a hop: answers find their way by our Via, without memory. */
#include "hop_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static struct fake *asked(struct fake_peer **client, struct fake_peer **server)
{
	struct fake *f = hop_play(NULL);

	*client = fake_client(f, false);
	fake_text(*client, SAY(.method = "INVITE", .to = "<sip:bob@corp.example>;tag=2"));
	*server = fake_shared(f, 0);
	assert_int_equal(f->open, 0);
	return f;
}

/* Only our Via goes, and nothing else changes. */
static void our_via_goes(void **state)
{
	struct fake_peer *client, *server;
	struct fake *f = asked(&client, &server);
	const char *text = answer(server, 180, "X-Other: 1\r\n"), *second = strstr(strstr(text, "Via: ") + 5, "Via: ");

	(void)state;
	fake_text(server, text);
	assert_true(starts(client, "SIP/2.0 180 Reason\r\nVia: SIP/2.0/TLS 192.0.2.9:5061;"));
	assert_string_equal(strstr(client->got, "Via: "), second);
	assert_int_equal(f->counts[COUNT_ANSWERS], 1);
	fake_destroy(f);
}

static void vias_may_share_a_line(void **state)
{
	struct fake_peer *client, *server;
	struct fake *f = asked(&client, &server);
	char text[4096], first[1024];

	(void)state;
	snprintf(first, sizeof(first), "%s", value(server->got, "Via", 0));
	snprintf(text, sizeof(text), "%s", answer(server, 200, NULL));
	snprintf(text, sizeof(text),
		 "SIP/2.0 200 OK\r\nv: %s,\r\n SIP/2.0/TLS h;branch=z9hG4bK1\r\nf: <sip:a@c>;tag=1\r\nt: "
		 "<sip:b@c>;tag=2\r\n"
		 "i: call\r\nCSeq: 1 INVITE\r\nl: 0\r\n\r\n",
		 first);
	fake_text(server, text);
	assert_true(starts(client, "SIP/2.0 200 OK\r\nv: SIP/2.0/TLS h;branch=z9hG4bK1\r\n"));
	fake_destroy(f);
}

static void each_answer_passes_alone(void **state)
{
	struct fake_peer *client, *server;
	struct fake *f = asked(&client, &server);

	(void)state;
	for (int i = 0; i < 3; i++)
		fake_text(server, answer_to(server, 0, 200, NULL));
	assert_int_equal(messages(client), 3);
	fake_destroy(f);
}

/* Answers that nobody asked for: without our Via, with a forged one, or only ours. */
static void what_is_not_ours_is_dropped(void **state)
{
	struct fake_peer *client, *server;
	struct fake *f = asked(&client, &server);
	char text[4096], *at;

	(void)state;
	fake_text(server, SAY(.method = "INVITE", .status = 200));
	assert_int_equal(f->counts[COUNT_DROPPED_ANSWERS], 1);

	snprintf(text, sizeof(text), "%s", answer(server, 200, NULL));
	at = strstr(text, "z9hG4bKlg") + 9;
	at[0] = at[0] == '0' ? '1' : '0'; /* another gateway's */
	fake_text(server, text);
	assert_int_equal(f->counts[COUNT_DROPPED_ANSWERS], 2);

	snprintf(text, sizeof(text), "%s", answer(server, 200, NULL));
	at = strstr(strstr(text, "Via: ") + 5, "Via: ");
	memmove(at, strstr(at, "\r\n") + 2, strlen(strstr(at, "\r\n") + 2) + 1); /* the client's */
	fake_text(server, text);
	assert_int_equal(f->counts[COUNT_DROPPED_ANSWERS], 3);
	assert_int_equal(client->got_n, 0);
	assert_non_null(server->link);
	fake_destroy(f);
}

static void a_forged_token_reaches_nobody(void **state)
{
	struct fake_peer *client, *server;
	struct fake *f = asked(&client, &server);
	char text[4096], *at;

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		snprintf(text, sizeof(text), "%s", answer(server, 200, NULL));
		at = strstr(text, "z9hG4bKlg") + 9 + 8 + 13 + 1 + i;
		at[0] = at[0] == '0' ? '1' : '0';
		fake_text(server, text);
	}
	assert_int_equal(client->got_n, 0);
	assert_int_equal(f->counts[COUNT_UNDELIVERED], 16);
	fake_text(server, answer(server, 200, NULL));
	assert_int_equal(messages(client), 1);
	fake_destroy(f);
}

/* A client cannot answer for a server: what waits goes on waiting. */
static void a_client_cannot_settle_what_waits(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false), *other = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.method = "INVITE"));
	fake_text(other, answer(fake_shared(f, 0), 503, "Retry-After: 9\r\n"));
	assert_int_equal(f->open, 1);
	assert_int_equal(f->agains, 0);
	assert_int_equal(f->rests, 0);
	fake_destroy(f);
}

/* Nor, though the Via that it knows has the token of another client, to that one: what clients say goes to servers. */
static void a_client_cannot_answer_another(void **state)
{
	static const enum lg_transport transports[] = { LG_TCP, LG_UDP };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fake *f = hop_play(NULL);
		const char *text = SAY(.method = "INVITE"), *ok;
		struct fake_peer *client = transports[i] == LG_UDP ? datagram(f, NULL, text) : fake_client(f, false);
		struct fake_peer *other = fake_client(f, false);

		if (transports[i] != LG_UDP)
			fake_text(client, text);
		ok = answer(fake_shared(f, 0), 200, NULL);
		fake_text(other, ok);
		assert_int_equal(client->got_n, 0);
		assert_int_equal(f->counts[COUNT_UNDELIVERED], 1);
		fake_text(fake_shared(f, 0), ok);
		assert_int_equal(messages(client), 1);
		fake_destroy(f);
	}
}

static void a_client_that_has_gone(void **state)
{
	struct fake_peer *client, *server;
	struct fake *f = asked(&client, &server);

	(void)state;
	fake_kill(client);
	fake_text(server, answer(server, 200, NULL));
	assert_int_equal(f->counts[COUNT_UNDELIVERED], 1);
	fake_destroy(f);
}

/* On another thread: nobody is told, for an answer has no answer. */
static void a_client_elsewhere_that_has_gone(void **state)
{
	struct fake_peer *client, *server;
	struct fake *f = asked(&client, &server);
	const char *ok = answer(server, 200, NULL);

	(void)state;
	f->elsewhere = true;
	fake_text(server, ok);
	assert_int_equal(messages(client), 1);
	fake_kill(client);
	fake_forget(server);
	fake_text(server, ok);
	assert_int_equal(f->counts[COUNT_UNDELIVERED], 1);
	assert_int_equal(server->got_n, 0);
	fake_destroy(f);
}

/* A server that has lost the connection answers on one of its own. */
static void an_answer_may_come_by_another_link(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fake_text(client, SAY(.method = "INVITE"));
	server = fake_server_calls(f, 0);
	fake_text(server, answer(fake_shared(f, 0), 200, NULL));
	assert_true(starts(client, "SIP/2.0 200 "));
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

/* ---- Edits ---- */

static bool edits(struct lg_exchange *x, struct lg_reply *reply)
{
	static const struct lg_edit list[] = {
		{ .name = { "x-request", 9 }, .value = { "1", 1 } },
		{ .name = { "server", 6 }, .answer = true },
	};

	(void)reply;
	x->edits = list;
	x->nedits = 2;
	return false;
}

static void requests_and_answers_are_edited(void **state)
{
	static const char *const to[] = { "<sip:b@c>", "<sip:b@c>;tag=2" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct fake *f = hop_play(NULL);
		struct fake_peer *client = fake_client(f, false), *server;

		f->policy = edits;
		fake_text(client, SAY(.method = "INVITE", .to = to[i]));
		server = fake_shared(f, 0);
		assert_string_equal(value(server->got, "X-Request", 0), "1");
		assert_int_equal(f->open, 1);
		fake_text(server, answer(server, 180, "Server: x\r\n"));
		fake_pass(f, 60000); /* longer than a first answer may take */
		fake_text(server, answer(server, 200, "Server: x\r\n"));
		fake_text(server, answer(server, 200, "Server: x\r\n"));
		assert_int_equal(messages(client), 3);
		assert_int_equal(times(client, "Server"), 0);
		assert_int_equal(times(client, "Via: "), 3);
		fake_pass(f, 40000);
		assert_int_equal(f->open, 0);
		assert_int_equal(f->agains, 0);
		fake_destroy(f);
	}
}

/* Above the limit an answer would pass as the policy does not want it: the request does not. */
static void edits_have_a_limit(void **state)
{
	struct fake *f = HOP_PLAY(.waiting = 1);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	f->policy = edits;
	fake_text(client, SAY(.method = "INVITE", .to = "<sip:b@c>;tag=2"));
	fake_text(client, SAY(.method = "BYE", .to = "<sip:b@c>;tag=2", .cseq = 2));
	assert_true(starts(client, "SIP/2.0 503 "));
	assert_int_equal(f->open, 1);
	fake_destroy(f);
}

/* A repeated request whose answer is edited is one exchange. */
static void an_edited_request_may_come_again(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	f->policy = edits;
	for (int i = 0; i < 3; i++)
		fake_text(client, SAY(.method = "BYE", .to = "<sip:b@c>;tag=2"));
	assert_int_equal(messages(fake_shared(f, 0)), 3);
	assert_string_equal(message(fake_shared(f, 0), 0), message(fake_shared(f, 0), 2));
	assert_int_equal(f->open, 1);
	fake_text(fake_shared(f, 0), answer(fake_shared(f, 0), 200, "Server: x\r\n"));
	assert_int_equal(f->open, 0);
	assert_int_equal(times(client, "Server"), 0);
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_via_goes),
		cmocka_unit_test(vias_may_share_a_line),
		cmocka_unit_test(each_answer_passes_alone),
		cmocka_unit_test(what_is_not_ours_is_dropped),
		cmocka_unit_test(a_forged_token_reaches_nobody),
		cmocka_unit_test(a_client_cannot_settle_what_waits),
		cmocka_unit_test(a_client_cannot_answer_another),
		cmocka_unit_test(a_client_that_has_gone),
		cmocka_unit_test(a_client_elsewhere_that_has_gone),
		cmocka_unit_test(an_answer_may_come_by_another_link),
		cmocka_unit_test(requests_and_answers_are_edited),
		cmocka_unit_test(edits_have_a_limit),
		cmocka_unit_test(an_edited_request_may_come_again),
	};

	return cmocka_run_group_tests_name("sip as a hop: answers", tests, NULL, NULL);
}
