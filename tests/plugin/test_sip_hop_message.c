/* SPDX-License-Identifier: Apache-2.0 */
/* The sip plugin as a hop: whole messages on streams and in datagrams, keep-alives, what is malformed, and links that
 * are full. */
#include "hop_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "plugins/sip/hop.h"

/* ---- Streams ---- */

/* A message leaves whole, wherever it was cut. */
static void every_cut(void **state)
{
	const char *text = SAY(.method = "INVITE", .body = "0123456789");
	char whole[8192];

	(void)state;
	for (size_t cut = 0; cut <= strlen(text); cut++) {
		struct fake *f = hop_play(NULL);
		struct fake_peer *client = fake_client(f, false), *server;
		const char *ok;

		fake_cut(client, text, strlen(text), cut);
		server = fake_shared(f, 0);
		assert_int_equal(server->sends, 1);
		if (cut == 0)
			snprintf(whole, sizeof(whole), "%s", server->got);
		assert_string_equal(server->got, whole);
		ok = answer(server, 200, NULL);
		fake_cut(server, ok, strlen(ok), cut < strlen(ok) ? cut : 0);
		assert_int_equal(client->sends, 1);
		assert_int_equal(messages(client), 1);
		fake_destroy(f);
	}
}

static void byte_by_byte(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false);
	char text[8192] = "";

	(void)state;
	for (int i = 1; i <= 3; i++)
		strcat(text, SAY(.method = "BYE", .cseq = i, .to = "<sip:b@c>;tag=2", .body = "body"));
	fake_steps(client, text, strlen(text), 1);
	assert_int_equal(messages(fake_shared(f, 0)), 3);
	assert_int_equal(fake_shared(f, 0)->sends, 3);
	fake_destroy(f);
}

static void ten_at_once(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false);
	char text[16384] = "";

	(void)state;
	for (int i = 1; i <= 10; i++)
		strcat(text, SAY(.method = "BYE", .cseq = i, .to = "<sip:b@c>;tag=2"));
	fake_text(client, text);
	assert_int_equal(messages(fake_shared(f, 0)), 10);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(atoi(value(message(fake_shared(f, 0), i), "CSeq", 0)), i + 1);
	fake_destroy(f);
}

static void keep_alives(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	for (int i = 0; i < 1000; i++)
		fake_text(client, "\r\n\r\n");
	assert_int_equal(client->got_n, 2000);
	assert_int_equal(f->counts[COUNT_PINGS], 1000);
	fake_text(client, SAY(.method = "INVITE"));
	fake_forget(client);
	fake_text(fake_shared(f, 0), "\r\n\r\n"); /* pongs */
	assert_int_equal(client->got_n, 0);
	assert_int_equal(messages(fake_shared(f, 0)), 1);
	fake_destroy(f);
}

static void what_is_framed_can_be_refused(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false);
	char text[8192];

	(void)state;
	f->limits.message = 10;
	snprintf(text, sizeof(text), "%s%s", SAY(.method = "INVITE", .body = "0123456789a"), SAY(.body = "0123456789"));
	fake_text(client, text);
	assert_true(starts(client, "SIP/2.0 413 "));
	assert_int_equal(messages(fake_shared(f, 0)), 1);
	assert_int_equal(f->counts[COUNT_MALFORMED], 1);
	fake_destroy(f);
}

static void what_is_not_framed_ends_the_link(void **state)
{
	static const char *const texts[] = { "HELO there\r\n\r\n", "OPTIONS sip:b@c SIP/2.0\r\nVia: x\n\n" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fake *f = hop_play(NULL);
		struct fake_peer *client = fake_client(f, false);

		fake_text(client, texts[i]);
		assert_null(client->link);
		fake_destroy(f);
	}
}

/* A bad answer of one server's is no reason to lose what others have asked by the same link. */
static void a_shared_link_stays(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false), *server;
	char bad[4096];

	(void)state;
	fake_text(client, SAY(.method = "INVITE"));
	server = fake_shared(f, 0);
	snprintf(bad, sizeof(bad), "SIP/2.0 200 OK\r\nCall-ID: a b\r\n%s", strstr(answer(server, 200, NULL), "CSeq"));
	fake_text(server, bad);
	assert_non_null(server->link);
	assert_int_equal(f->counts[COUNT_MALFORMED], 1);
	fake_text(server, answer(server, 200, NULL));
	assert_true(starts(client, "SIP/2.0 200 "));
	fake_destroy(f);
}

/* ---- Datagrams ---- */

static void a_datagram_is_a_message(void **state)
{
	static const struct {
		const char *length, *body, *sent, *sent_length;
	} cases[] = {
		{ "Content-Length: 4\r\n", "body", "body", "4" },
		{ "Content-Length: 4\r\n", "body and more", "body", "4" },
		{ "Content-Length: 0\r\n", "\r\n\r\n", "", "0" },
		{ "", "body", "body", "4" },
		{ "", "", "", "0" },
	};
	char text[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = hop_play(NULL);
		struct fake_peer *server;

		f->shared = i % 2 ? LG_TCP : LG_UDP;
		snprintf(text, sizeof(text),
			 "INVITE sip:b@c SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@c>;tag=1\r\n"
			 "To: <sip:b@c>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n%s\r\n%s",
			 cases[i].length, cases[i].body);
		datagram(f, NULL, text);
		server = fake_shared(f, 0);
		assert_string_equal(strstr(server->got, "\r\n\r\n") + 4, cases[i].sent);
		assert_string_equal(value(server->got, "Content-Length", 0), cases[i].sent_length);
		fake_destroy(f);
	}
}

static void a_datagram_that_is_cut_off(void **state)
{
	struct fake *f = hop_play(NULL);
	const char *text = SAY(.method = "INVITE", .body = "body");
	struct fake_peer *flow = fake_datagram(f, NULL, text, strlen(text) - 1);

	(void)state;
	assert_true(starts(flow, "SIP/2.0 400 "));
	assert_int_equal(f->routes, 0);
	fake_forget(flow);
	text = SAY(.status = 200, .body = "body");
	flow = fake_datagram(f, flow, text, strlen(text) - 1);
	assert_int_equal(flow->got_n, 0);
	assert_int_equal(f->counts[COUNT_MALFORMED], 2);
	fake_destroy(f);
}

static void noise_is_not_answered(void **state)
{
	static const char stun[20] = "\0\1\0\0";
	struct fake *f = hop_play(NULL);
	struct fake_peer *flow;

	(void)state;
	flow = datagram(f, NULL, "\r\n\r\n");
	assert_int_equal(flow->got_n, 0);
	flow = fake_datagram(f, NULL, stun, sizeof(stun));
	assert_int_equal(flow->got_n, 0);
	assert_null(flow->link); /* nothing is kept of it */
	assert_int_equal(f->counts[COUNT_MALFORMED], 0);
	flow = datagram(f, NULL, "HELO there\r\n\r\n");
	assert_int_equal(flow->got_n, 0);
	assert_int_equal(f->counts[COUNT_MALFORMED], 1);
	fake_destroy(f);
}

static void a_crlf_before_a_message_is_none(void **state)
{
	struct fake *f = hop_play(NULL);
	char text[4096];

	(void)state;
	snprintf(text, sizeof(text), "\r\n\r\n%s", SAY(.method = "INVITE"));
	datagram(f, NULL, text);
	assert_true(starts(fake_shared(f, 0), "INVITE "));
	fake_destroy(f);
}

/* Answers go where the Via says: to the port that it names, or with rport to where the request came from. */
static void answers_over_udp(void **state)
{
	static const struct {
		const char *via;
		uint16_t port;
	} cases[] = {
		{ "h:5070;branch=z9hG4bK1", 5070 },
		{ "h;branch=z9hG4bK1", 5060 },
		{ "h:5070;rport;branch=z9hG4bK1", 0 },
		{ "h:1024;branch=z9hG4bK1", 0 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = hop_play(NULL);
		bool here = i % 2;
		struct fake_peer *flow;

		f->down[0] = f->down[1] = f->down[2] = here;
		flow = datagram(f, NULL, SAY(.method = "INVITE", .via = cases[i / 2].via));
		if (!here)
			fake_text(fake_shared(f, 0), answer(fake_shared(f, 0), 200, NULL));
		assert_true(starts(flow, here ? "SIP/2.0 503 " : "SIP/2.0 200 "));
		assert_int_equal(flow->port, cases[i / 2].port);
		assert_string_equal(param(value(flow->got, "Via", 0), "received"), "192.0.2.1");
		fake_destroy(f);
	}
}

/* A flow is kept for its next datagram, not longer. */
static void a_flow_is_kept_for_a_while(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *flow = datagram(f, NULL, SAY(.method = "BYE", .to = "<sip:b@c>;tag=1"));

	(void)state;
	assert_non_null(flow->link);
	fake_pass(f, HOP_FLOW_MS - 1000);
	assert_ptr_equal(datagram(f, flow, SAY(.method = "BYE", .to = "<sip:b@c>;tag=1", .cseq = 2)), flow);
	fake_pass(f, HOP_FLOW_MS - 1000);
	assert_non_null(flow->link);
	fake_pass(f, 2000);
	assert_null(flow->link);
	fake_destroy(f);
}

/* ---- Full links ---- */

static void a_full_server_holds_its_clients(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *one = fake_client(f, false), *two = fake_client(f, false), *server;
	struct fake_peer *flow;

	(void)state;
	f->shared = LG_TCP;
	fake_own(f, "call", 0);
	fake_text(one, SAY(.method = "BYE", .to = "<sip:b@c>;tag=1"));
	server = fake_shared(f, 0);
	fake_fill(server);
	fake_text(one, SAY(.method = "BYE", .to = "<sip:b@c>;tag=1", .cseq = 2));
	fake_text(two, SAY(.method = "BYE", .to = "<sip:b@c>;tag=1", .cseq = 3));
	flow = datagram(f, NULL, SAY(.method = "BYE", .to = "<sip:b@c>;tag=1", .cseq = 4));
	assert_true(one->held && two->held);
	assert_false(flow->held);
	fake_text(one, SAY(.method = "BYE", .to = "<sip:b@c>;tag=1", .cseq = 5));
	assert_int_equal(messages(server), 4);
	fake_text(server, answer_to(server, 0, 200, NULL)); /* the other way is open */
	assert_int_equal(messages(one), 1);
	fake_drain(server);
	assert_false(one->held || two->held);
	assert_int_equal(messages(server), 5);
	fake_destroy(f);
}

/* Who sends datagrams cannot be held: no more is queued for it until there is room. */
static void a_full_server_refuses_datagrams(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *flow, *other, *server;

	(void)state;
	f->shared = LG_TCP;
	fake_own(f, "call", 0);
	flow = datagram(f, NULL, SAY(.method = "BYE", .to = "<sip:b@c>;tag=1"));
	server = fake_shared(f, 0);
	fake_fill(server);
	datagram(f, flow, SAY(.method = "BYE", .to = "<sip:b@c>;tag=1", .cseq = 2));
	assert_int_equal(flow->got_n, 0);
	datagram(f, flow, SAY(.method = "BYE", .to = "<sip:b@c>;tag=1", .cseq = 3));
	assert_true(starts(flow, "SIP/2.0 503 "));
	other = datagram(f, NULL, SAY(.method = "INVITE"));
	assert_true(starts(other, "SIP/2.0 503 "));
	assert_int_equal(messages(server), 2);
	fake_drain(server);
	datagram(f, flow, SAY(.method = "BYE", .to = "<sip:b@c>;tag=1", .cseq = 4));
	assert_int_equal(messages(server), 3);
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

/* Whoever waits may go, and so may what is waited for. */
static void who_waits_may_go(void **state)
{
	for (int server_goes = 0; server_goes < 2; server_goes++) {
		struct fake *f = hop_play(NULL);
		struct fake_peer *clients[3], *server = NULL;

		fake_own(f, "call", 0);
		for (int i = 0; i < 3; i++) {
			clients[i] = fake_client(f, false);
			fake_text(clients[i], SAY(.method = "BYE", .to = "<sip:b@c>;tag=1"));
			server = fake_shared(f, 0);
			if (i == 0)
				fake_fill(server);
			fake_text(clients[i], SAY(.method = "BYE", .to = "<sip:b@c>;tag=1"));
			assert_true(clients[i]->held);
		}
		fake_kill(server_goes ? server : clients[1]);
		if (!server_goes)
			fake_drain(server);
		assert_false(clients[0]->held || clients[2]->held);
		fake_destroy(f);
	}
	(void)state;
}

/* A client that does not read our answers is not read. */
static void a_full_client_waits_for_itself(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_fill(client);
	fake_text(client, SAY(.extra = "Max-Forwards: 0\r\n"));
	assert_true(client->held);
	fake_text(client, SAY(.extra = "Max-Forwards: 0\r\n"));
	assert_int_equal(client->sends, 1);
	fake_drain(client);
	assert_int_equal(client->sends, 2);
	fake_destroy(f);
}

/* ---- Ends ---- */

/* One that sends no more may still wait for answers. */
static void the_last_answer_arrives(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false), *other = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.method = "OPTIONS"));
	fake_text(client, SAY(.method = "OPTIONS", .via = "h;branch=z9hG4bK2"));
	fake_end(client);
	fake_text(fake_shared(f, 0), answer_to(fake_shared(f, 0), 0, 200, NULL));
	assert_non_null(client->link);
	fake_text(fake_shared(f, 0), answer_to(fake_shared(f, 0), 1, 200, NULL));
	assert_int_equal(times(client, "SIP/2.0 200 "), 2);
	assert_null(client->link);
	fake_end(other); /* it waits for nothing */
	assert_null(other->link);
	fake_end(fake_shared(f, 0));
	assert_null(fake_shared(f, 0));
	fake_destroy(f);
}

/* ---- Options ---- */

static void options_are_checked(void **state)
{
	static const struct {
		struct options o;
		unsigned transports;
		int result;
	} cases[] = {
		{ { .mode = MODE_AUTO }, LG_TCP | LG_UDP, 0 },
		{ { .mode = MODE_HOP }, LG_UDP, 0 },
		{ { .mode = MODE_TRANSPARENT }, LG_TCP | LG_TLS, 0 },
		{ { .mode = MODE_TRANSPARENT }, LG_TCP | LG_UDP, -22 },
		{ { .name = "sbc.example.com" }, LG_TCP, 0 },
		{ { .name = "sbc example" }, LG_TCP, -22 },
		{ { .name = "a\r\nb" }, LG_TCP, -22 },
		{ { .name = "" }, LG_TCP, -22 },
	};
	char err[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		err[0] = '\0';
		assert_int_equal(lychgate_plugin.check(&cases[i].o, cases[i].transports, err, sizeof(err)),
				 cases[i].result);
		assert_int_equal(err[0] != '\0', cases[i].result != 0);
	}
}

/* A listener with both: hop over UDP, transparent over TCP. */
static void each_link_has_its_way(void **state)
{
	static const struct options mixed = { .first_answer_ms = 4000, .waiting = 10 };
	struct fake *f = fake_create(&lychgate_plugin, &mixed);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.method = "INVITE"));
	assert_string_equal(fake_server(client, 0)->got, SAY(.method = "INVITE"));
	datagram(f, NULL, SAY(.method = "INVITE", .call_id = "d"));
	assert_int_equal(times(fake_shared(f, 1), "\r\nVia: "), 2);
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut),
		cmocka_unit_test(byte_by_byte),
		cmocka_unit_test(ten_at_once),
		cmocka_unit_test(keep_alives),
		cmocka_unit_test(what_is_framed_can_be_refused),
		cmocka_unit_test(what_is_not_framed_ends_the_link),
		cmocka_unit_test(a_shared_link_stays),
		cmocka_unit_test(a_datagram_is_a_message),
		cmocka_unit_test(a_datagram_that_is_cut_off),
		cmocka_unit_test(noise_is_not_answered),
		cmocka_unit_test(a_crlf_before_a_message_is_none),
		cmocka_unit_test(answers_over_udp),
		cmocka_unit_test(a_flow_is_kept_for_a_while),
		cmocka_unit_test(a_full_server_holds_its_clients),
		cmocka_unit_test(a_full_server_refuses_datagrams),
		cmocka_unit_test(who_waits_may_go),
		cmocka_unit_test(a_full_client_waits_for_itself),
		cmocka_unit_test(the_last_answer_arrives),
		cmocka_unit_test(options_are_checked),
		cmocka_unit_test(each_link_has_its_way),
	};

	return cmocka_run_group_tests_name("sip as a hop: messages", tests, NULL, NULL);
}
