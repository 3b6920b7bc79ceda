/* SPDX-License-Identifier: Apache-2.0 */
/* The sip plugin as a hop: what a client's request has to pass, and how it leaves for a server. */
#include "hop_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

/* What server `a` gets of one request. */
static const char *passed(const char *text)
{
	static char got[8192];
	struct fake *f = hop_play(NULL);

	fake_text(fake_client(f, false), text);
	assert_non_null(fake_shared(f, 0));
	snprintf(got, sizeof(got), "%s", fake_shared(f, 0)->got);
	fake_destroy(f);
	return got;
}

/* The status that a client gets for one request, and how many of these were counted. */
static int refused_with(const struct options *o, const char *text, enum counter counter)
{
	struct fake *f = hop_play(o);
	struct fake_peer *client = fake_client(f, false);
	int status = 0;

	fake_text(client, text);
	if (client->got_n > 0)
		assert_int_equal(sscanf(client->got, "SIP/2.0 %d", &status), 1);
	if (status)
		assert_int_equal(f->counts[counter], 1);
	assert_int_equal(f->open, status ? 0 : f->open);
	fake_destroy(f);
	return status;
}

static int refused(const char *text, enum counter counter)
{
	return refused_with(NULL, text, counter);
}

/* ---- The Via ---- */

static const char *branch_of(const char *text)
{
	return param(value(passed(text), "Via", 0), "branch");
}

static void a_via_is_on_top(void **state)
{
	const char *text = SAY(.extra = "Max-Forwards: 70\r\n", .body = "body"), *got = passed(text), *via;

	(void)state;
	via = value(got, "Via", 0);
	assert_int_equal(strncmp(via, "SIP/2.0/TCP 192.0.2.2:5060;branch=z9hG4bKlg", 43), 0);
	assert_int_equal(strlen(param(via, "lg")), 8);
	assert_string_equal(value(got, "Via", 1), "SIP/2.0/TLS 192.0.2.9:5061;branch=z9hG4bK1;received=192.0.2.1");
	assert_string_equal(value(got, "Max-Forwards", 0), "69");
	assert_string_equal(strstr(got, "From: "),
			    strstr(SAY(.extra = "Max-Forwards: 69\r\n", .body = "body"), "From: "));
}

/* The branch tells transactions apart as their own Vias do (RFC 3261 sections 16.11, 17.2.3). */
static void a_branch_is_a_transactions(void **state)
{
	const char *invite = branch_of(SAY(.method = "INVITE"));
	const char *old = branch_of(SAY(.method = "INVITE", .via = "192.0.2.9:5061"));

	(void)state;
	assert_string_equal(invite, branch_of(SAY(.method = "INVITE")));
	assert_string_equal(invite, branch_of(SAY(.method = "CANCEL")));
	assert_string_equal(invite, branch_of(SAY(.method = "ACK", .to = "<sip:b@c>;tag=2")));
	assert_string_not_equal(invite, branch_of(SAY(.method = "INVITE", .via = "192.0.2.9:5061;branch=z9hG4bK2")));
	assert_string_not_equal(invite, branch_of(SAY(.method = "INVITE", .via = "192.0.2.8:5061;branch=z9hG4bK1")));
	assert_string_not_equal(invite, branch_of(SAY(.method = "INVITE", .via = "192.0.2.9:5062;branch=z9hG4bK1")));

	/* Without the cookie: Via, Call-ID, CSeq and the tag of From. */
	assert_string_equal(old, branch_of(SAY(.method = "ACK", .via = "192.0.2.9:5061", .to = "<sip:b@c>;tag=2")));
	assert_string_equal(old, branch_of(SAY(.method = "CANCEL", .via = "192.0.2.9:5061")));
	assert_string_not_equal(old, branch_of(SAY(.method = "INVITE", .via = "192.0.2.9:5061", .cseq = 2)));
	assert_string_not_equal(old, branch_of(SAY(.method = "INVITE", .via = "192.0.2.9:5061", .call_id = "d")));
	assert_string_not_equal(old,
				branch_of(SAY(.method = "INVITE", .via = "192.0.2.9:5061", .from = "<sip:a@c>;tag=3")));
	assert_string_not_equal(old, branch_of(SAY(.method = "INVITE", .via = "192.0.2.9:5061;branch=1")));
}

static void two_clients_have_two_branches(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *one = fake_client(f, false), *two = fake_client(f, false);
	const char *a, *b;

	(void)state;
	fake_text(one, SAY(.method = "BYE", .to = "<sip:b@c>;tag=2"));
	fake_text(two, SAY(.method = "BYE", .to = "<sip:b@c>;tag=2"));
	a = param(value(message(fake_shared(f, 0), 0), "Via", 0), "branch");
	b = param(value(message(fake_shared(f, 0), 1), "Via", 0), "branch");
	assert_string_not_equal(a, b);
	fake_destroy(f);
}

static void the_client_learns_its_address(void **state)
{
	(void)state;
	assert_string_equal(value(passed(SAY(.via = "192.0.2.1:5061;branch=z9hG4bK1")), "Via", 1),
			    "SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK1");
	assert_string_equal(param(value(passed(SAY(.via = "h:1;rport;branch=z9hG4bK1")), "Via", 1), "rport"), "1024");
	assert_string_equal(param(value(passed(SAY(.via = "h:1;rport;branch=z9hG4bK1")), "Via", 1), "received"),
			    "192.0.2.1");
}

/* The Via of the option, with the port of the link. */
static void the_name_stands_in_the_via(void **state)
{
	struct fake *f = HOP_PLAY(.name = "sbc.example.com");

	(void)state;
	fake_text(fake_client(f, false), SAY(.method = "INVITE"));
	assert_int_equal(strncmp(value(fake_shared(f, 0)->got, "Via", 0), "SIP/2.0/TCP sbc.example.com:5060;", 33), 0);
	fake_destroy(f);
}

/* ---- What it must not be ---- */

static void max_forwards(void **state)
{
	(void)state;
	assert_string_equal(value(passed(SAY(.method = "INVITE")), "Max-Forwards", 0), "70");
	assert_string_equal(value(passed(SAY(.extra = "Max-Forwards: 1\r\n")), "Max-Forwards", 0), "0");
	assert_string_equal(value(passed(SAY(.extra = "MAX-forwards:  010 \r\n")), "Max-Forwards", 0), " 9 ");
	assert_int_equal(refused(SAY(.extra = "Max-Forwards: 0\r\n"), COUNT_TOO_MANY_HOPS), 483);
	assert_int_equal(refused(SAY(.method = "INVITE", .extra = "Max-Forwards: 0\r\n"), COUNT_TOO_MANY_HOPS), 483);
	assert_int_equal(refused(SAY(.method = "ACK", .extra = "Max-Forwards: 0\r\n"), COUNT_TOO_MANY_HOPS), 0);
	assert_int_equal(refused(SAY(.extra = "Max-Forwards: 256\r\n"), COUNT_MALFORMED), 400);
}

/* What came back as it went is a loop; with another Request-URI it is a spiral (RFC 3261 section 16.3). */
static void loops(void **state)
{
	const char *first = passed(SAY(.method = "INVITE"));
	char text[8192], *uri;

	(void)state;
	assert_int_equal(refused(first, COUNT_LOOPS), 482);
	snprintf(text, sizeof(text), "%s", first);
	uri = strstr(text, "sip:bob@");
	memcpy(uri, "sip:rob@", 8);
	assert_int_equal(refused(text, COUNT_LOOPS), 0);
	/* A forged digest is none of ours. */
	snprintf(text, sizeof(text), "%s", first);
	uri = strstr(text, ";lg=") + 4;
	uri[0] = uri[0] == '0' ? '1' : '0';
	assert_int_equal(refused(text, COUNT_LOOPS), 0);
}

/* Our own Route, which went the first time, does not count; nor does how many there are. */
static void a_loop_is_seen_with_many_routes(void **state)
{
	char extra[2048] = "Route: <sip:192.0.2.2:5060;lr>\r\n", first[8192];

	(void)state;
	for (int i = 0; i < 12; i++) {
		snprintf(first, sizeof(first), "%s",
			 passed(SAY(.method = "BYE", .to = "<sip:b@c>;tag=2", .extra = extra)));
		assert_int_equal(refused(first, COUNT_LOOPS), 482);
		strcat(extra, "Route: <sip:r;lr>\r\n");
	}
}

static void a_loop_is_seen_below_other_vias(void **state)
{
	const char *first = passed(SAY(.method = "INVITE"));
	char text[8192];

	(void)state;
	snprintf(text, sizeof(text),
		 "INVITE sip:bob@corp.example SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.77;branch=z9hG4bKx%s",
		 strstr(first, "\r\nVia"));
	assert_int_equal(refused(text, COUNT_LOOPS), 482);
	snprintf(text, sizeof(text),
		 "INVITE sip:bob@corp.example SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.77;branch=z9hG4bKx,%s",
		 strstr(first, "\r\nVia") + 6);
	assert_int_equal(refused(text, COUNT_LOOPS), 482);
}

static void schemes_and_extensions(void **state)
{
	static const char *const good[] = { "sip:b@c", "sips:b@c", "tel:+123", "urn:service:sos" };
	char text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		snprintf(text, sizeof(text), "INVITE %s%s", good[i], strstr(SAY(.method = "INVITE"), " SIP/2.0"));
		assert_non_null(strstr(passed(text), good[i]));
	}
	snprintf(text, sizeof(text), "INVITE http://c/%s", strstr(SAY(.method = "INVITE"), " SIP/2.0"));
	assert_int_equal(refused(text, COUNT_ANSWERED_HERE), 416);
	assert_int_equal(refused(SAY(.extra = "Proxy-Require: ms-x, foo\r\n"), COUNT_ANSWERED_HERE), 420);
	passed(SAY(.extra = "Proxy-Require: ms-keepalive\r\n"));
	passed(SAY(.method = "CANCEL", .extra = "Proxy-Require: foo\r\n"));
}

static void unsupported_is_named(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.extra = "Proxy-Require: ms-x\r\nPROXY-Require: foo,bar , MS-y\r\n"));
	assert_true(starts(client, "SIP/2.0 420 Bad Extension\r\n"));
	assert_string_equal(value(client->got, "Unsupported", 0), "foo, bar");
	assert_string_equal(param(value(client->got, "Via", 0), "received"), "192.0.2.1");
	fake_destroy(f);
}

/* ---- Routes ---- */

/* A request with these Routes, and what is left of them. */
static void routes(const char *extra, const char *left)
{
	const char *got = passed(SAY(.extra = extra)), *plain = SAY(.extra = left);

	assert_string_equal(strstr(got, "CSeq: "), strstr(plain, "CSeq: "));
}

static void our_own_routes_go(void **state)
{
	(void)state;
	routes("Route: <sip:192.0.2.2:5060;lr>\r\n", "");
	routes("Route: <sip:192.0.2.2;lr>\r\nX: 1\r\n", "X: 1\r\n");
	routes("Route: <sip:192.0.2.2:5060;transport=tls;lr>,\r\n <sip:192.0.2.2:5060;transport=tcp;lr>\r\n", "");
	routes("Route: <sip:192.0.2.2:5060;lr>\r\nroute: <sip:192.0.2.2:5060;lr>\r\n", "");
	routes("Route: <sip:192.0.2.2:5060;lr>, <sip:192.0.2.3:5060;lr>\r\n", "Route: <sip:192.0.2.3:5060;lr>\r\n");
	routes("Route: <sip:192.0.2.3;lr>, <sip:192.0.2.2:5060;lr>\r\n",
	       "Route: <sip:192.0.2.3;lr>, <sip:192.0.2.2:5060;lr>\r\n");
}

/* Our mark is enough, whatever address it has. */
static void our_marks_are_known(void **state)
{
	struct fake *f = HOP_PLAY(.record_route = true);
	struct fake_peer *client = fake_client_by(f, LG_TLS), *server;
	char route[2048];

	(void)state;
	fake_text(client, SAY(.method = "INVITE"));
	server = fake_shared(f, 0);
	assert_int_equal(times(server, "\r\nRecord-Route: "), 2);
	snprintf(route, sizeof(route), "Route: %s\r\nRoute: %s, <sip:192.0.2.3;lr>\r\n",
		 value(server->got, "Record-Route", 1), value(server->got, "Record-Route", 0));
	fake_forget(server);
	fake_text(client, SAY(.method = "BYE", .to = "<sip:b@c>;tag=2", .extra = route));
	assert_string_equal(value(server->got, "Route", 0), "<sip:192.0.2.3;lr>");
	assert_int_equal(times(server, "\r\nRoute: "), 1);
	fake_destroy(f);
}

/* A strict router has put our URI in the first line, and the real one at the end (RFC 3261 section 16.4). */
static void a_strict_router_is_undone(void **state)
{
	struct fake *f = HOP_PLAY(.record_route = true);
	struct fake_peer *client = fake_client(f, false), *server;
	char text[4096], uri[512];

	(void)state;
	fake_text(client, SAY(.method = "INVITE"));
	server = fake_shared(f, 0);
	snprintf(uri, sizeof(uri), "%s", value(server->got, "Record-Route", 0) + 1);
	uri[strlen(uri) - 1] = '\0';
	fake_forget(server);
	snprintf(text, sizeof(text), "BYE %s%s", uri,
		 strstr(SAY(.method = "BYE", .to = "<sip:b@c>;tag=2",
			    .extra = "Route: <sip:192.0.2.3;lr>, <sip:bob@192.0.2.99>\r\n"),
			" SIP/2.0"));
	fake_text(client, text);
	assert_true(starts(server, "BYE sip:bob@192.0.2.99 SIP/2.0\r\n"));
	assert_string_equal(value(server->got, "Route", 0), "<sip:192.0.2.3;lr>");
	fake_destroy(f);
}

/* What stands in the last Route becomes the first line, so it is judged as one. */
static void what_a_strict_router_hides_is_judged(void **state)
{
	static const struct {
		const char *route;
		int status;
	} routes[] = {
		{ "<sip:r;lr>, \"<b>\" <sip:c>", 0 },   { "<sip:r;lr>, sip:c;x", 0 },
		{ "<sip:r;lr>, <sip:c SIP/2.0>", 400 }, { "<sip:r;lr>\r\nRoute: <sip:\r\n c>", 400 },
		{ "<sip:r;lr>, <s\xc3\xbc:c>", 400 },   { "<sip:r;lr>, <sip:c?Subject=x>", 400 },
		{ "<sip:r;lr>, <http://c>", 416 },
	};
	struct fake *f = HOP_PLAY(.record_route = true);
	char text[4096], uri[512], extra[512];

	(void)state;
	fake_text(fake_client(f, false), SAY(.method = "INVITE"));
	snprintf(uri, sizeof(uri), "%s", value(fake_shared(f, 0)->got, "Record-Route", 0) + 1);
	uri[strlen(uri) - 1] = '\0';
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		struct fake_peer *client = fake_client(f, false), *server = fake_shared(f, 0);
		int status = 0;

		fake_forget(server);
		snprintf(extra, sizeof(extra), "Route: %s\r\n", routes[i].route);
		snprintf(text, sizeof(text), "BYE %s%s", uri,
			 strstr(SAY(.method = "BYE", .to = "<sip:b@c>;tag=2", .extra = extra), " SIP/2.0"));
		fake_text(client, text);
		sscanf(client->got, "SIP/2.0 %d", &status);
		assert_int_equal(status, routes[i].status);
		assert_int_equal(starts(server, "BYE sip:c SIP/2.0\r\n"), status == 0);
		fake_kill(client);
	}
	fake_destroy(f);
}

static void we_are_nobodys_relay(void **state)
{
	(void)state;
	assert_int_equal(refused(SAY(.extra = "Route: <sip:192.0.2.200;lr>\r\n"), COUNT_FORBIDDEN), 403);
	assert_int_equal(
		refused(SAY(.method = "INVITE", .extra = "Route: <sip:192.0.2.2:5060;lr>,<sip:evil.example;lr>\r\n"),
			COUNT_FORBIDDEN),
		403);
	passed(SAY(.method = "INVITE", .extra = "Route: <sip:192.0.2.3:5060;lr>\r\n"));
	passed(SAY(.method = "INVITE", .extra = "Route: <sip:A;lr>\r\n")); /* the server's name */
	passed(SAY(.method = "BYE", .to = "<sip:b@c>;tag=2", .extra = "Route: <sip:192.0.2.200;lr>\r\n"));
}

/* ---- Ways ---- */

static void ways(void **state)
{
	static const struct {
		const char *method, *to, *extra;
		unsigned flags;
	} cases[] = {
		{ "INVITE", NULL, NULL, LG_KEEP },
		{ "INVITE", NULL, "Authorization: Digest x\r\n", 0 },
		{ "INVITE", "<sip:b@c>;tag=7", NULL, LG_FOLLOW },
		{ "CANCEL", NULL, NULL, LG_FOLLOW },
		{ "ACK", NULL, NULL, LG_FOLLOW },
		{ "OPTIONS", NULL, NULL, LG_KEEP },
		{ "BENOTIFY", NULL, NULL, 0 },
	};
	char body[1400];

	(void)state;
	memset(body, 'x', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		size_t k = i / 2;
		struct fake *f = hop_play(NULL);
		bool is_long = i % 2;

		fake_text(fake_client(f, false), SAY(.method = cases[k].method, .to = cases[k].to,
						     .extra = cases[k].extra, .body = is_long ? body : NULL));
		assert_int_equal(f->last_flags, cases[k].flags | (is_long ? LG_STREAM : 0));
		fake_destroy(f);
	}
}

/* In a dialog, the first Route that is left is the server's. */
static void a_route_names_the_server(void **state)
{
	static const struct {
		const char *to, *routes, *server;
	} cases[] = {
		{ "<sip:b@c>;tag=7", "Route: <sip:192.0.2.9;lr>\r\n", "192.0.2.9:5060" },
		{ "<sip:b@c>;tag=7", "Route: <sip:fe1.test;transport=TLS;lr>\r\n", "fe1.test:5061" },
		{ "<sip:b@c>;tag=7", "Route: <sip:[2001:db8::9]:5070;lr>, <sip:x;lr>\r\n", "[2001:db8::9]:5070" },
		{ "<sip:b@c>;tag=7", "Route: <sip:192.0.2.2:5060;lr>, <sips:u@fe1.test;lr>\r\n", "fe1.test:5061" },
		{ "<sip:b@c>;tag=7", "Route: <sip:192.0.2.2:5060;lr>\r\n", "" },
		{ "<sip:b@c>;tag=7", NULL, "" },
		{ NULL, "Route: <sip:192.0.2.9;lr>\r\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = hop_play(NULL);

		fake_text(fake_client(f, false), SAY(.method = "BYE", .to = cases[i].to, .extra = cases[i].routes));
		assert_string_equal(f->last_server, cases[i].server);
		fake_destroy(f);
	}
}

/* Nothing is kept of what has been sent, unless it waits for a first answer. */
static void nothing_is_kept(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.method = "ACK"));
	fake_text(client, SAY(.method = "BYE", .to = "<sip:b@c>;tag=2"));
	fake_text(client, SAY(.extra = "Proxy-Authorization: Digest x\r\n"));
	assert_int_equal(f->open, 0);
	fake_text(client, SAY(.method = "INVITE", .via = "h;branch=z9hG4bK7"));
	assert_int_equal(f->open, 1);
	fake_destroy(f);
}

static void too_much_is_503(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	f->no_memory = true;
	fake_text(client, SAY(.method = "INVITE"));
	assert_true(starts(client, "SIP/2.0 503 "));
	assert_true(atoi(value(client->got, "Retry-After", 0)) > 0);
	fake_destroy(f);
}

/* What we have refused is no server's affair (RFC 3261 section 8.2.7). */
static void the_ack_of_our_own_answer_ends_here(void **state)
{
	struct fake *f = hop_play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.method = "INVITE", .extra = "Max-Forwards: 0\r\n"));
	fake_text(client, SAY(.method = "ACK", .to = value(client->got, "To", 0)));
	assert_int_equal(f->routes, 0);
	fake_text(client, SAY(.method = "ACK", .to = "<sip:bob@corp.example>;tag=0123456789abcdef"));
	assert_int_equal(f->routes, 1);
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_via_is_on_top),
		cmocka_unit_test(a_branch_is_a_transactions),
		cmocka_unit_test(two_clients_have_two_branches),
		cmocka_unit_test(the_client_learns_its_address),
		cmocka_unit_test(the_name_stands_in_the_via),
		cmocka_unit_test(max_forwards),
		cmocka_unit_test(loops),
		cmocka_unit_test(a_loop_is_seen_with_many_routes),
		cmocka_unit_test(a_loop_is_seen_below_other_vias),
		cmocka_unit_test(schemes_and_extensions),
		cmocka_unit_test(unsupported_is_named),
		cmocka_unit_test(our_own_routes_go),
		cmocka_unit_test(our_marks_are_known),
		cmocka_unit_test(a_strict_router_is_undone),
		cmocka_unit_test(what_a_strict_router_hides_is_judged),
		cmocka_unit_test(we_are_nobodys_relay),
		cmocka_unit_test(ways),
		cmocka_unit_test(a_route_names_the_server),
		cmocka_unit_test(nothing_is_kept),
		cmocka_unit_test(too_much_is_503),
		cmocka_unit_test(the_ack_of_our_own_answer_ends_here),
	};

	return cmocka_run_group_tests_name("sip as a hop: requests", tests, NULL, NULL);
}
