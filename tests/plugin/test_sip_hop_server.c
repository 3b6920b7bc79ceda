/* SPDX-License-Identifier: Apache-2.0 */
/* The sip plugin as a hop: requests that servers start, and the client that their Route's token names. */
#include "hop_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static const struct options recording = { .record_route = true, .path = true };

/* A client has registered; `route` is what its server has got, as lines of Route. */
static struct fake *registered(enum lg_transport transport, struct fake_peer **client, struct fake_peer **server,
			       char route[2048])
{
	struct fake *f = hop_play(&recording);
	const char *text = SAY(.method = "REGISTER");
	size_t n = 0;

	if (transport == LG_UDP)
		*client = datagram(f, NULL, text);
	else
		fake_text(*client = fake_client_by(f, transport), text);
	*server = fake_shared(f, 0);
	for (unsigned i = 0; *value((*server)->got, "Path", i); i++)
		n += (size_t)snprintf(route + n, 2048 - n, "Route: %s\r\n", value((*server)->got, "Path", i));
	fake_text(*server, answer(*server, 200, NULL));
	fake_forget(*server);
	fake_forget(*client);
	assert_int_equal(f->open, 0);
	return f;
}

static void a_server_reaches_its_client(void **state)
{
	static const enum lg_transport transports[] = { LG_TCP, LG_TLS, LG_UDP };
	static const char *const vias[] = { "SIP/2.0/TCP 192.0.2.2:5060;branch=z9hG4bKlg",
					    "SIP/2.0/TLS 192.0.2.2:5061;branch=z9hG4bKlg",
					    "SIP/2.0/UDP 192.0.2.2:5070;rport;branch=z9hG4bKlg" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fake_peer *client, *server;
		char route[2048];
		struct fake *f = registered(transports[i], &client, &server, route);
		const char *via;

		fake_text(server, SAY(.method = "INVITE", .call_id = "theirs", .extra = route, .body = "body"));
		assert_int_equal(messages(client), 1);
		assert_int_equal(f->last_flags, LG_KNOWN);
		via = value(client->got, "Via", 0);
		assert_int_equal(strncmp(via, vias[i], strlen(vias[i])), 0);
		assert_int_equal(times(client, "\r\nRoute: "), 0);
		assert_string_equal(value(client->got, "Max-Forwards", 0), "70");
		assert_int_equal(times(client, "\r\nVia: "), 2);
		assert_string_equal(strstr(client->got, "\r\n\r\n") + 4, "body");
		assert_int_equal(fake_owner(f, "theirs"), 0); /* the dialog is this server's */
		assert_int_equal(f->open, 0);
		if (transports[i] == LG_UDP)
			datagram(f, client, answer(client, 200, NULL));
		else
			fake_text(client, answer(client, 200, NULL));
		assert_true(starts(server, "SIP/2.0 200 "));
		assert_int_equal(times(server, "Via: "), 1);
		fake_destroy(f);
	}
}

/* Requests inside its dialogs are no new ones. */
static void only_new_dialogs_are_pinned(void **state)
{
	struct fake_peer *client, *server;
	char route[2048];
	struct fake *f = registered(LG_TCP, &client, &server, route);

	(void)state;
	fake_text(server, SAY(.method = "BYE", .call_id = "t", .to = "<sip:a@c>;tag=1", .extra = route));
	fake_text(server, SAY(.method = "MESSAGE", .call_id = "t", .extra = route));
	fake_text(server, SAY(.method = "ACK", .call_id = "t", .to = "<sip:a@c>;tag=1", .extra = route));
	fake_text(server, SAY(.method = "CANCEL", .call_id = "t", .extra = route));
	assert_int_equal(messages(client), 4);
	assert_int_equal(f->pins, 0);
	fake_text(server, SAY(.method = "SUBSCRIBE", .call_id = "t", .extra = route));
	assert_int_equal(f->pins, 1);
	fake_destroy(f);
}

static bool says_no(struct lg_exchange *x, struct lg_reply *reply)
{
	reply->code = 486;
	return strcmp(fake_fact(x, "call-id"), "t") == 0;
}

static void policies_see_them(void **state)
{
	struct fake_peer *client, *server;
	char route[2048];
	struct fake *f = registered(LG_TCP, &client, &server, route);

	(void)state;
	f->policy = says_no;
	fake_text(server, SAY(.method = "INVITE", .call_id = "t", .extra = route));
	assert_true(starts(server, "SIP/2.0 486 "));
	assert_int_equal(client->got_n, 0);
	fake_destroy(f);
}

/* ---- Who may not ---- */

static void without_a_token_it_is_403(void **state)
{
	static const char *const routes[] = { "", "Route: <sip:192.0.2.2:5060;lr>\r\n",
					      "Route: <sip:h;lr;lg=0.1>\r\n" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fake_peer *client, *server;
		char route[2048];
		struct fake *f = registered(LG_TCP, &client, &server, route);

		fake_text(server, SAY(.method = "INVITE", .call_id = "t", .extra = routes[i]));
		assert_true(starts(server, "SIP/2.0 403 Forbidden\r\n"));
		assert_int_equal(f->counts[COUNT_FORBIDDEN], 1);
		fake_forget(server);
		fake_text(server, SAY(.method = "ACK", .call_id = "t", .extra = routes[i]));
		assert_int_equal(server->got_n, 0);
		assert_int_equal(f->routes, 1);
		fake_destroy(f);
	}
}

/* Every byte of a token counts. */
static void a_forged_token_is_430(void **state)
{
	struct fake_peer *client, *server;
	char route[2048], *dot;
	struct fake *f = registered(LG_TCP, &client, &server, route);

	(void)state;
	dot = strstr(route, ";lg=") + 4 + 8;
	for (char *at = dot + 1; *at != '>'; at++) {
		char was = *at;

		*at = was == '0' ? '1' : '0';
		fake_forget(server);
		fake_text(server, SAY(.method = "INVITE", .call_id = "t", .extra = route));
		assert_true(starts(server, "SIP/2.0 430 Flow Failed\r\n"));
		*at = was;
	}
	assert_int_equal(client->got_n, 0);
	fake_text(server, SAY(.method = "INVITE", .call_id = "t", .extra = route));
	assert_int_equal(messages(client), 1);
	fake_destroy(f);
}

/* A client that knows another one's token has no use for it. */
static void a_token_counts_from_servers_only(void **state)
{
	struct fake_peer *client, *server, *thief;
	char route[2048];
	struct fake *f = registered(LG_TCP, &client, &server, route);

	(void)state;
	thief = fake_client(f, false);
	fake_text(thief, SAY(.method = "INVITE", .call_id = "t", .extra = route));
	assert_int_equal(client->got_n, 0);
	assert_int_equal(messages(fake_shared(f, 1)), 1); /* a request as any */
	fake_destroy(f);
}

static void a_server_may_call_by_a_link_of_its_own(void **state)
{
	struct fake_peer *client, *server, *calls;
	char route[2048];
	struct fake *f = registered(LG_TCP, &client, &server, route);

	(void)state;
	calls = fake_server_calls(f, 2);
	fake_text(calls, SAY(.method = "INVITE", .call_id = "t", .extra = route));
	assert_int_equal(messages(client), 1);
	assert_int_equal(fake_owner(f, "t"), 2);
	fake_text(client, answer(client, 200, NULL));
	assert_true(starts(calls, "SIP/2.0 200 "));
	assert_int_equal(server->got_n, 0);
	fake_destroy(f);
}

/* One that connects by itself may be a client as well: a new call of it is anybody's, retries included. */
static void a_server_may_be_a_client(void **state)
{
	struct fake_peer *client, *server, *calls;
	char route[2048];
	struct fake *f = registered(LG_TCP, &client, &server, route);

	(void)state;
	calls = fake_server_calls(f, 2);
	fake_own(f, "t", 0);
	fake_text(calls, SAY(.method = "INVITE", .call_id = "t"));
	assert_int_equal(messages(server), 1);
	assert_int_equal(client->got_n, 0);
	fake_text(server, answer(server, 503, NULL));
	assert_int_equal(f->agains, 1);
	assert_int_equal(calls->got_n, 0);
	fake_text(fake_shared(f, 1), answer(fake_shared(f, 1), 200, NULL));
	assert_true(starts(calls, "SIP/2.0 200 "));
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

/* ---- Flows that have gone ---- */

static void a_client_that_has_gone_is_430(void **state)
{
	(void)state;
	for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
		struct fake_peer *client, *server;
		char route[2048];
		struct fake *f = registered(LG_TLS, &client, &server, route);

		f->elsewhere = elsewhere;
		fake_kill(client);
		fake_text(server, SAY(.method = "INVITE", .call_id = "t", .extra = route));
		assert_true(starts(server, "SIP/2.0 430 Flow Failed\r\n"));
		assert_int_equal(times(server, "\r\nVia: "), 1);
		assert_int_equal(times(server, "\r\nVia: SIP/2.0/TLS 192.0.2.9:5061;branch=z9hG4bK1"), 1);
		assert_string_equal(value(server->got, "CSeq", 0), "1 INVITE");
		assert_int_equal(f->counts[COUNT_NO_FLOW], 1);
		fake_forget(server);
		fake_text(server, SAY(.method = "ACK", .call_id = "t", .extra = route));
		assert_int_equal(server->got_n, 0);
		assert_int_equal(f->open, 0);
		fake_destroy(f);
	}
}

static bool edits(struct lg_exchange *x, struct lg_reply *reply)
{
	static const struct lg_edit list[] = { { .name = { "server", 6 }, .answer = true } };

	(void)reply;
	x->edits = list;
	x->nedits = 1;
	return false;
}

/* What is kept for an answer's edits ends with the flow. */
static void nothing_is_kept_for_a_flow_that_has_gone(void **state)
{
	(void)state;
	for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
		struct fake_peer *client, *server;
		char route[2048];
		struct fake *f = registered(LG_TLS, &client, &server, route);

		f->policy = edits;
		f->elsewhere = elsewhere;
		fake_text(server, SAY(.method = "INVITE", .call_id = "t", .extra = route));
		assert_int_equal(f->open, 1);
		fake_text(client, answer(client, 486, "Server: phone\r\n"));
		assert_true(starts(server, "SIP/2.0 486 "));
		assert_int_equal(times(server, "Server"), 0);
		assert_int_equal(f->open, 0);
		fake_kill(client);
		fake_text(server, SAY(.method = "INVITE", .call_id = "t", .cseq = 2, .extra = route));
		assert_int_equal(times(server, "SIP/2.0 430 "), 1);
		assert_int_equal(f->open, 0);
		fake_destroy(f);
	}
}

/* ---- What every request has to pass ---- */

static void a_servers_loop_is_482(void **state)
{
	struct fake_peer *client, *server;
	char route[2048], text[8192];
	struct fake *f = registered(LG_TCP, &client, &server, route);

	(void)state;
	fake_text(server, SAY(.method = "MESSAGE", .extra = route));
	snprintf(text, sizeof(text), "%s", message(client, 0));
	snprintf(strstr(text, "\r\n") + 2, 4096, "%s%s", route, strstr(message(client, 0), "\r\n") + 2);
	fake_text(server, text); /* it has come back, and goes to the same client */
	assert_true(starts(server, "SIP/2.0 482 Loop Detected\r\n"));
	fake_forget(server);
	fake_text(server, SAY(.method = "MESSAGE", .cseq = 2, .extra = "Max-Forwards: 0\r\n"));
	assert_true(starts(server, "SIP/2.0 483 "));
	fake_destroy(f);
}

/* What a client has sent, and its server sends on to another one with the same Request-URI, is no loop: the token says
 * where it goes. */
static void a_call_between_clients_is_no_loop(void **state)
{
	struct fake_peer *client, *server, *caller;
	char route[2048], text[8192];
	struct fake *f = registered(LG_TCP, &client, &server, route);
	const char *line;

	(void)state;
	fake_own(f, "t", 0);
	fake_text(caller = fake_client(f, false), SAY(.method = "INVITE", .call_id = "t"));
	line = strstr(message(server, 0), "\r\n") + 2;
	snprintf(text, sizeof(text), "INVITE %s SIP/2.0\r\nVia: SIP/2.0/TCP server;branch=z9hG4bKs\r\n%s%s",
		 "sip:bob@corp.example", route, line);
	assert_int_equal(strncmp(text, server->got, strcspn(text, "\r")), 0);
	fake_text(server, text);
	assert_int_equal(f->counts[COUNT_LOOPS], 0);
	assert_int_equal(messages(client), 1);
	/* But what that one sends back is. */
	fake_text(client, message(client, 0));
	assert_true(starts(client, "INVITE "));
	assert_int_equal(f->counts[COUNT_LOOPS], 1);
	fake_destroy(f);
}

/* Over UDP the server's datagrams are requests too, and a flow that has been forgotten is no flow that failed. */
static void a_udp_client_is_reached_by_its_address(void **state)
{
	struct fake_peer *client, *server;
	char route[2048];
	struct fake *f = registered(LG_UDP, &client, &server, route);

	(void)state;
	assert_int_equal(server->link->transport, LG_UDP);
	fake_pass(f, 40000);
	assert_null(client->link);
	fake_text(server, SAY(.method = "INVITE", .call_id = "t", .extra = route));
	assert_int_equal(messages(client), 1);
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_reaches_its_client),
		cmocka_unit_test(only_new_dialogs_are_pinned),
		cmocka_unit_test(policies_see_them),
		cmocka_unit_test(without_a_token_it_is_403),
		cmocka_unit_test(a_forged_token_is_430),
		cmocka_unit_test(a_token_counts_from_servers_only),
		cmocka_unit_test(a_server_may_call_by_a_link_of_its_own),
		cmocka_unit_test(a_server_may_be_a_client),
		cmocka_unit_test(a_client_that_has_gone_is_430),
		cmocka_unit_test(nothing_is_kept_for_a_flow_that_has_gone),
		cmocka_unit_test(a_servers_loop_is_482),
		cmocka_unit_test(a_call_between_clients_is_no_loop),
		cmocka_unit_test(a_udp_client_is_reached_by_its_address),
	};

	return cmocka_run_group_tests_name("sip as a hop: servers' requests", tests, NULL, NULL);
}
