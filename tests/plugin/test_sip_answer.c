/* SPDX-License-Identifier: Apache-2.0 */
/* The sip plugin and answers: each goes back on the link that its request came by, and two senders never mix. */
#include "sip_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

/* A client with a link to the first `n` servers, one idle transaction-free dialog each: "x0", "x1", ... */
static struct fake_peer *with_servers(struct fake *f, unsigned n)
{
	static const char *const calls[] = { "x0", "x1", "x2" };
	struct fake_peer *client = fake_client(f, false);

	for (unsigned i = 0; i < n; i++) {
		fake_text(client, SAY(.method = "ACK", .call_id = calls[i]));
		fake_forget(fake_server(client, i));
	}
	return client;
}

/* Two servers ask with all the same but their Via: with a branch, and without one as Lync's. */
static void each_server_gets_its_own_answer(void **state)
{
	static const struct {
		const char *asked, *answered;
	} vias[][2] = {
		{ { "fe;branch=z9hG4bKone", "fe;branch=z9hG4bKone;received=10.0.0.1" },
		  { "fe;branch=z9hG4bKtwo", "fe;received=10.0.0.2;branch=z9hG4bKtwo" } },
		{ { "fe01.corp.example:5061", "fe01.corp.example:5061;ms-received-port=5;ms-received-cid=1" },
		  { "fe02.corp.example:5061", "fe02.corp.example:5061" } },
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct fake *f = play(ROUTE_MESSAGE);
		struct fake_peer *client = with_servers(f, 2);

		for (unsigned j = 0; j < 2; j++)
			fake_text(fake_server(client, j), SAY(.method = "INVITE", .via = vias[i][j].asked));
		assert_int_equal(times(client, "INVITE sip:"), 2);
		assert_int_equal(f->open, 2);
		fake_text(client, SAY(.method = "INVITE", .status = 180, .via = vias[i][1].answered));
		fake_text(client, SAY(.method = "INVITE", .status = 486, .via = vias[i][0].answered));
		fake_text(client, SAY(.method = "INVITE", .status = 200, .via = vias[i][1].answered));
		assert_int_equal(times(fake_server(client, 0), "SIP/2.0 "), 1);
		assert_int_equal(times(fake_server(client, 0), "SIP/2.0 486 "), 1);
		assert_int_equal(times(fake_server(client, 1), "SIP/2.0 "), 2);
		assert_int_equal(f->open, 0);
		assert_int_equal(f->counts[COUNT_DROPPED_ANSWERS], 0);
		fake_destroy(f);
	}
}

/* A dialog that a server begins is claimed for it: the client's BYE finds it, from another connection too. */
static void a_servers_dialog_stays_its_own(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = with_servers(f, 2), *other = fake_client(f, false);

	(void)state;
	fake_text(fake_server(client, 1), SAY(.method = "INVITE", .call_id = "hers"));
	assert_int_equal(fake_owner(f, "hers"), 1);
	assert_int_equal(f->pins, 1);
	fake_text(client, SAY(.method = "INVITE", .status = 200, .call_id = "hers"));
	fake_text(fake_server(client, 1), SAY(.method = "ACK", .call_id = "hers", .to = "<sip:a@b>;tag=1"));
	fake_text(other, SAY(.method = "BYE", .call_id = "hers", .to = "<sip:a@b>;tag=1"));
	assert_int_equal(times(fake_server(other, 1), "BYE "), 1);
	assert_int_equal(f->pins, 1);
	fake_destroy(f);
}

/* A client's request and a server's with the same Call-ID, CSeq and branch are two. */
static void directions_are_apart(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = with_servers(f, 1), *server = fake_server(client, 0);

	(void)state;
	fake_text(client, SAY(.method = "INFO", .call_id = "x0"));
	fake_text(server, SAY(.method = "INFO", .call_id = "x0"));
	assert_int_equal(f->open, 2);
	fake_text(server, SAY(.method = "INFO", .call_id = "x0", .status = 200));
	assert_int_equal(f->open, 1);
	fake_text(client, SAY(.method = "INFO", .call_id = "x0", .status = 200));
	assert_int_equal(f->open, 0);
	assert_int_equal(times(server, "SIP/2.0 200 "), 1);
	fake_destroy(f);
}

/* An answer that nobody waits for: from a client there is nowhere to go, from a server there is. */
static void unknown_answers(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = with_servers(f, 2);
	const char *text = SAY(.status = 200, .call_id = "nobody", .body = "OPTIONS sip:a@b SIP/2.0\r\n\r\n");

	(void)state;
	fake_steps(client, text, strlen(text), 7);
	assert_int_equal(f->counts[COUNT_DROPPED_ANSWERS], 1);
	assert_int_equal(fake_server(client, 0)->got_n + fake_server(client, 1)->got_n, 0);
	fake_text(fake_server(client, 0), text);
	assert_string_equal(client->got, text);
	assert_int_equal(f->routes, 2);
	fake_destroy(f);
}

/* A server that answers what another one was asked ends nothing. */
static void a_strangers_answer_ends_nothing(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = with_servers(f, 2);

	(void)state;
	fake_text(client, SAY(.method = "INVITE", .call_id = "x0"));
	fake_text(fake_server(client, 1), SAY(.method = "INVITE", .call_id = "x0", .status = 486));
	assert_int_equal(f->open, 1);
	assert_int_equal(times(client, "SIP/2.0 486 "), 1);
	fake_destroy(f);
}

/* A 2xx to INVITE comes until it is acknowledged; each goes where the first went, for a while. */
static void a_2xx_may_come_again(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = with_servers(f, 2), *server = fake_server(client, 1);

	(void)state;
	fake_text(server, SAY(.method = "INVITE"));
	fake_text(client, SAY(.method = "INVITE", .status = 200));
	assert_int_equal(f->open, 0);
	fake_text(client, SAY(.method = "INVITE", .status = 200));
	assert_int_equal(times(server, "SIP/2.0 200 "), 2);
	fake_pass(f, 60000);
	fake_text(client, SAY(.method = "INVITE", .status = 200));
	assert_int_equal(times(server, "SIP/2.0 200 "), 2);
	assert_int_equal(f->counts[COUNT_DROPPED_ANSWERS], 1);
	fake_destroy(f);
}

/* The server that asked has died: its answer has nowhere to go, and touches nothing. */
static void an_answer_to_a_dead_server_is_dropped(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = with_servers(f, 2);

	(void)state;
	fake_text(fake_server(client, 0), SAY(.method = "INVITE", .call_id = "open"));
	fake_text(fake_server(client, 0), SAY(.method = "INVITE", .call_id = "done"));
	fake_text(client, SAY(.method = "INVITE", .call_id = "done", .status = 200));
	fake_kill(fake_server(client, 0));
	assert_non_null(client->link);
	fake_text(client, SAY(.method = "INVITE", .call_id = "done", .status = 200));
	fake_text(client, SAY(.method = "INVITE", .call_id = "open", .status = 200));
	assert_int_equal(f->counts[COUNT_DROPPED_ANSWERS], 2);
	assert_int_equal(fake_server(client, 1)->got_n, 0);
	fake_destroy(f);
}

/* Two servers' messages never mix on a client's link, however their pieces come. */
static void messages_do_not_mix(void **state)
{
	char one[1024], two[1024], first[2048], second[2048];
	size_t n1, n2;

	(void)state;
	strcpy(one, SAY(.status = 200, .call_id = "one", .body = "1111111111"));
	strcpy(two, SAY(.method = "MESSAGE", .call_id = "two", .body = "2222222222"));
	n1 = strlen(one);
	n2 = strlen(two);
	snprintf(first, sizeof(first), "%s%s", one, two);
	snprintf(second, sizeof(second), "%s%s", two, one);
	for (size_t cut1 = n1 - 11; cut1 < n1; cut1++)
		for (size_t cut2 = n2 - 11; cut2 < n2; cut2++) {
			struct fake *f = play(ROUTE_MESSAGE);
			struct fake_peer *client = with_servers(f, 2);

			fake_input(fake_server(client, 0), one, cut1);
			fake_input(fake_server(client, 1), two, cut2);
			fake_input(fake_server(client, 1), two + cut2, n2 - cut2);
			fake_input(fake_server(client, 0), one + cut1, n1 - cut1);
			assert_string_equal(client->got, cut1 >= n1 - 10 ? first : second);
			fake_destroy(f);
		}
}

/* Nor do a reply of ours and a server's message. */
static void our_answers_do_not_mix(void **state)
{
	const char *answer = SAY(.status = 200, .body = "1111111111");
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = with_servers(f, 1);

	(void)state;
	fake_input(fake_server(client, 0), answer, strlen(answer) - 5);
	fake_text(client, "\r\n\r\n");
	f->no_memory = true;
	fake_text(client, SAY(.method = "INFO"));
	fake_text(fake_server(client, 0), "11111");
	assert_true(starts(client, answer));
	assert_true(strncmp(client->got + strlen(answer), "\r\nSIP/2.0 503 ", 14) == 0);
	fake_destroy(f);
}

/* A server that dies inside a message takes the client with it, for the rest can never be read. */
static void a_broken_message_ends_the_client(void **state)
{
	const char *answer = SAY(.status = 200, .body = "1111111111");
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = with_servers(f, 2);

	(void)state;
	fake_input(fake_server(client, 0), answer, strlen(answer) - 5);
	fake_kill(fake_server(client, 0));
	assert_null(client->link);
	fake_destroy(f);
}

/* ---- Compression behind our back ---- */

#define AGREED SAY(.method = "NEGOTIATE", .status = 200, .call_id = "n", .extra = "Compression: LZ77-8K\r\n")
#define OFFER  SAY(.method = "NEGOTIATE", .call_id = "n", .extra = "Compression: LZ77-8K\r\n")

/* With one server the bytes pass raw from then on, in both directions, whoever agreed. */
static void one_server_is_joined(void **state)
{
	(void)state;
	for (int side = LG_CLIENT; side <= LG_SERVER; side++) {
		struct fake *f = play(ROUTE_AUTO);
		struct fake_peer *client = with_servers(f, 1), *server = fake_server(client, 0);
		struct fake_peer *asker = side == LG_CLIENT ? client : server;
		struct fake_peer *other = side == LG_CLIENT ? server : client;
		char text[2048];
		const char *agreed = AGREED;

		fake_own(f, "n", 0);
		fake_text(asker, OFFER);
		fake_forget(client);
		fake_forget(server);
		snprintf(text, sizeof(text), "%s%s", agreed, "\x01garbage");
		fake_text(other, text);
		fake_text(asker, "\x02rubbish");
		assert_string_equal(asker->got, text);
		assert_string_equal(other->got, "\x02rubbish");
		assert_int_equal(f->counts[COUNT_COMPRESSED], 1);
		assert_int_equal(f->logs, 1);
		fake_kill(other);
		assert_null(asker->link);
		fake_destroy(f);
	}
}

/* The same byte by byte, with a body, and with other requests open, which nobody answers any more. */
static void joining_waits_for_the_body(void **state)
{
	const char *agreed = SAY(.method = "NEGOTIATE", .status = 200, .call_id = "n",
				 .extra = "Compression: LZ77-8K\r\n", .body = "0123456789");
	struct fake *f = play(ROUTE_AUTO);
	struct fake_peer *client = with_servers(f, 1), *server = fake_server(client, 0);

	(void)state;
	fake_text(client, SAY(.method = "INVITE", .call_id = "x0"));
	fake_steps(server, agreed, strlen(agreed), 1);
	fake_text(server, "\x01raw");
	assert_string_equal(client->got + strlen(agreed), "\x01raw");
	f->handed = false;
	fake_kill(server);
	assert_int_equal(times(client, "SIP/2.0 503"), 0);
	assert_int_equal(f->agains, 0);
	assert_null(client->link);
	fake_destroy(f);
}

static void several_servers_are_closed(void **state)
{
	struct fake *f = play(ROUTE_AUTO);
	struct fake_peer *client = with_servers(f, 2);

	(void)state;
	fake_text(fake_server(client, 0), AGREED);
	assert_null(client->link);
	assert_int_equal(f->counts[COUNT_COMPRESSED], 1);
	fake_destroy(f);
}

/* A refusal, or an agreement to nothing, is an answer like any other. */
static void no_agreement_is_no_compression(void **state)
{
	struct fake *f = play(ROUTE_AUTO);
	struct fake_peer *client = with_servers(f, 1), *server = fake_server(client, 0);

	(void)state;
	fake_text(server, SAY(.method = "NEGOTIATE", .status = 488, .extra = "Compression: LZ77-8K\r\n"));
	fake_text(server, SAY(.method = "NEGOTIATE", .status = 200, .extra = "Compression: None\r\n"));
	fake_text(server, SAY(.method = "NEGOTIATE", .status = 200));
	fake_text(server, SAY(.method = "OPTIONS", .status = 200, .extra = "Compression: LZ77-8K\r\n"));
	assert_int_equal(f->counts[COUNT_COMPRESSED], 0);
	assert_null(server->joined);
	assert_int_equal(times(client, "SIP/2.0 "), 4);
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_server_gets_its_own_answer),
		cmocka_unit_test(a_servers_dialog_stays_its_own),
		cmocka_unit_test(directions_are_apart),
		cmocka_unit_test(unknown_answers),
		cmocka_unit_test(a_strangers_answer_ends_nothing),
		cmocka_unit_test(a_2xx_may_come_again),
		cmocka_unit_test(an_answer_to_a_dead_server_is_dropped),
		cmocka_unit_test(messages_do_not_mix),
		cmocka_unit_test(our_answers_do_not_mix),
		cmocka_unit_test(a_broken_message_ends_the_client),
		cmocka_unit_test(one_server_is_joined),
		cmocka_unit_test(joining_waits_for_the_body),
		cmocka_unit_test(several_servers_are_closed),
		cmocka_unit_test(no_agreement_is_no_compression),
	};

	return cmocka_run_group_tests_name("sip answers", tests, NULL, NULL);
}
