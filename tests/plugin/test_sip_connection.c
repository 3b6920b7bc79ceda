/* SPDX-License-Identifier: Apache-2.0 */
/* The sip plugin by connection: one client, one server, one life; and how `auto` finds out who needs that. */
#include "sip_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#define LYNC_CONTACT "Contact: <sip:10.0.0.9:49152;transport=tls>;proxy=replace\r\n"
#define LYNC_FROM    "<sip:ann@corp.example>;tag=1;epid=0123456789"

static void one_server_gets_all(void **state)
{
	struct fake *f = play(ROUTE_CONNECTION);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_own(f, "x", 1);
	fake_own(f, "y", 2);
	fake_text(client, SAY(.call_id = "x"));
	fake_text(client, SAY(.call_id = "y"));
	fake_text(client, SAY(.status = 200, .call_id = "z"));
	assert_int_equal(times(fake_server(client, 1), "Call-ID: "), 3);
	assert_null(fake_server(client, 2));
	assert_int_equal(f->open, 0); /* nothing is remembered */
	fake_text(fake_server(client, 1), SAY(.method = "INVITE", .call_id = "s"));
	assert_int_equal(f->open, 0);
	assert_int_equal(f->pins, 0);
	assert_int_equal(client->deadline_at_ms, 0);
	fake_destroy(f);
}

/* Until the first request has its server, all that follows waits. */
static void what_follows_waits_for_the_first(void **state)
{
	struct fake *f = play(ROUTE_CONNECTION);
	struct fake_peer *client = fake_client(f, false);
	char text[4096];

	(void)state;
	f->slow = true;
	snprintf(text, sizeof(text), "%s\r\n\r\n%s%s", SAY(.cseq = 1, .body = "0123456789"), SAY(.cseq = 2),
		 SAY(.status = 200));
	fake_steps(client, text, strlen(text), 50);
	assert_int_equal(f->routes, 1);
	assert_true(client->held);
	fake_connect(f);
	assert_string_equal(fake_server(client, 0)->got, text);
	fake_destroy(f);
}

static void each_end_closes_the_other(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct fake *f = play(ROUTE_CONNECTION);
		struct fake_peer *client = fake_client(f, false), *server;

		fake_text(client, SAY(.method = "INVITE"));
		server = fake_server(client, 0);
		(i % 2 ? fake_end : fake_kill)(i / 2 ? client : server);
		assert_null(client->link);
		assert_null(server->link);
		if (i / 2 == 0)
			assert_int_equal(client->how, LG_FLUSH);
		assert_int_equal(client->got_n, 0);
		fake_destroy(f);
	}
}

/* A policy's answer to the first request leaves the choice to the next one. */
static bool refuses_negotiate(struct lg_exchange *x, struct lg_reply *reply)
{
	reply->code = 400;
	return strcmp(fake_fact(x, "method"), "NEGOTIATE") == 0;
}

static void a_refused_request_does_not_bind(void **state)
{
	struct fake *f = play(ROUTE_CONNECTION);
	struct fake_peer *client = fake_client(f, false);
	char text[4096];

	(void)state;
	f->policy = refuses_negotiate;
	fake_own(f, "second", 2);
	snprintf(text, sizeof(text), "%s%s", SAY(.method = "NEGOTIATE", .call_id = "first"),
		 SAY(.method = "REGISTER", .call_id = "second"));
	fake_text(client, text);
	assert_int_equal(times(client, "SIP/2.0 400 "), 1);
	assert_true(starts(fake_server(client, 2), "REGISTER "));
	fake_destroy(f);
}

/* ---- auto ---- */

static const struct {
	const char *from, *extra;
	bool trusted, bound;
} shows[] = {
	{ NULL, NULL, false, false },
	{ LYNC_FROM, NULL, false, true },
	{ NULL, LYNC_CONTACT, false, true },
	{ NULL, "Contact: <sip:a@b;proxy=replace>\r\n", false, false },
	{ NULL, "Authorization: NTLM qop=\"auth\"\r\n", false, true },
	{ NULL, "Proxy-Authorization: Kerberos qop=\"auth\"\r\n", false, true },
	{ NULL, "Subject: x\r\nproxy-authorization:\r\n tls-dsk qop=\"auth\"\r\n", false, true },
	{ NULL, "Authorization: Digest username=\"NTLM\"\r\n", false, false },
	{ NULL, "Authorization: Digest a=\"b\"\r\nAuthorization: NTLM c=\"d\"\r\n", false, true },
	{ NULL, "Authorization: NTLMv9 c=\"d\"\r\n", false, false },
	{ LYNC_FROM, LYNC_CONTACT, true, false },
};

static void auto_sees_who_needs_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shows) / sizeof(*shows); i++) {
		struct fake *f = play(ROUTE_AUTO);
		struct fake_peer *client = fake_client(f, shows[i].trusted);

		fake_text(client, SAY(.call_id = "x", .from = shows[i].from, .extra = shows[i].extra));
		fake_text(client, SAY(.call_id = "y", .cseq = 2));
		assert_int_equal(fake_server(client, 1) == NULL, shows[i].bound);
		fake_kill(fake_server(client, 0));
		assert_int_equal(client->link == NULL, shows[i].bound);
		fake_destroy(f);
	}
}

/* Found out late: what is open elsewhere may end, then its link goes, and only the bound link's end is the client's. */
static void other_links_finish(void **state)
{
	struct fake *f = play(ROUTE_AUTO);
	struct fake_peer *client = fake_client(f, false), *open, *idle, *bound;

	(void)state;
	fake_text(client, SAY(.method = "INVITE", .call_id = "open"));
	fake_text(client, SAY(.method = "ACK", .call_id = "idle"));
	open = fake_server(client, 0);
	idle = fake_server(client, 1);
	fake_text(open, SAY(.method = "INVITE", .call_id = "hers"));
	fake_text(client, SAY(.method = "REGISTER", .call_id = "r", .extra = LYNC_CONTACT));
	bound = fake_server(client, 2);
	assert_true(starts(bound, "REGISTER "));
	assert_null(idle->link);
	assert_non_null(open->link);

	fake_text(client, SAY(.method = "INFO", .call_id = "open", .cseq = 2));
	assert_int_equal(times(bound, "INFO "), 1);
	fake_text(client, SAY(.method = "INVITE", .call_id = "hers", .status = 486));
	assert_int_equal(times(open, "SIP/2.0 486 "), 1);
	assert_non_null(open->link);
	fake_text(open, SAY(.method = "INVITE", .call_id = "open", .status = 200, .body = "body"));
	assert_int_equal(times(client, "SIP/2.0 200 "), 1);
	assert_null(open->link);
	assert_non_null(client->link);
	fake_text(client, SAY(.method = "INVITE", .call_id = "whose", .status = 200));
	assert_int_equal(times(bound, "Call-ID: whose"), 1);
	fake_kill(bound);
	assert_null(client->link);
	fake_destroy(f);
}

/* The last answer of such a link is not cut off. */
static void a_last_answer_is_whole(void **state)
{
	const char *answer = SAY(.method = "INVITE", .call_id = "open", .status = 200, .body = "0123456789");
	struct fake *f = play(ROUTE_AUTO);
	struct fake_peer *client = fake_client(f, false), *open;

	(void)state;
	fake_text(client, SAY(.method = "INVITE", .call_id = "open"));
	open = fake_server(client, 0);
	fake_text(client, SAY(.method = "REGISTER", .call_id = "r", .extra = LYNC_CONTACT));
	fake_steps(open, answer, strlen(answer), strlen(answer) - 5);
	assert_string_equal(client->got, answer);
	assert_null(open->link);
	assert_non_null(client->link);
	fake_destroy(f);
}

/* If such a link dies, its request fails, and no more. */
static void a_strays_death_is_not_the_clients(void **state)
{
	struct fake *f = play(ROUTE_AUTO);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.method = "INVITE", .call_id = "open"));
	fake_text(client, SAY(.method = "REGISTER", .call_id = "r", .extra = LYNC_CONTACT));
	fake_kill(fake_server(client, 0));
	assert_int_equal(times(client, "SIP/2.0 503 "), 1);
	assert_non_null(client->link);
	fake_destroy(f);
}

/* A request that finds its server only after the session was bound elsewhere. */
static void a_late_request_ends_too(void **state)
{
	struct fake *f = play(ROUTE_AUTO);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	f->slow = true;
	fake_text(client, SAY(.method = "REGISTER", .call_id = "r", .extra = LYNC_CONTACT));
	fake_connect(f);
	f->slow = false;
	assert_true(starts(fake_server(client, 0), "REGISTER "));
	fake_destroy(f);

	f = play(ROUTE_AUTO);
	client = fake_client(f, false);
	f->slow = true;
	fake_text(client, SAY(.method = "ACK", .call_id = "early"));
	fake_text(client, SAY(.method = "INVITE", .call_id = "early2"));
	fake_text(client, SAY(.method = "REGISTER", .call_id = "r", .from = LYNC_FROM));
	fake_connect(f);
	assert_null(fake_server(client, 0));
	assert_true(starts(fake_server(client, 1), "INVITE "));
	assert_true(starts(fake_server(client, 2), "REGISTER "));
	fake_text(fake_server(client, 1), SAY(.method = "INVITE", .call_id = "early2", .status = 404));
	assert_null(fake_server(client, 1));
	assert_non_null(client->link);
	fake_destroy(f);
}

/* ---- Answers that would not be believed ---- */

static bool answers_480(struct lg_exchange *x, struct lg_reply *reply)
{
	(void)x;
	reply->code = 480;
	return true;
}

static void a_lync_client_is_closed_instead(void **state)
{
	static const struct {
		enum route route;
		const char *from;
		bool policy, closes;
	} cases[] = {
		{ ROUTE_AUTO, LYNC_FROM, false, true },   { ROUTE_AUTO, LYNC_FROM, true, false },
		{ ROUTE_AUTO, NULL, false, false },       { ROUTE_CONNECTION, LYNC_FROM, false, true },
		{ ROUTE_CONNECTION, NULL, false, false }, { ROUTE_MESSAGE, LYNC_FROM, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = play(cases[i].route);
		struct fake_peer *client = fake_client(f, false);

		f->policy = cases[i].policy ? answers_480 : NULL;
		f->down[0] = f->down[1] = f->down[2] = true;
		fake_text(client, SAY(.method = "REGISTER", .from = cases[i].from));
		assert_int_equal(client->link == NULL, cases[i].closes);
		assert_int_equal(client->got_n == 0, cases[i].closes);
		fake_destroy(f);
	}
}

static void a_signed_in_client_is_closed_at_overload(void **state)
{
	struct fake *f = play(ROUTE_AUTO);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.method = "REGISTER", .from = LYNC_FROM));
	f->no_memory = true;
	fake_text(client, SAY(.method = "MESSAGE", .cseq = 2));
	assert_int_equal(client->got_n, 0);
	assert_null(client->link);
	assert_int_equal(client->how, LG_FLUSH);
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_server_gets_all),
		cmocka_unit_test(what_follows_waits_for_the_first),
		cmocka_unit_test(each_end_closes_the_other),
		cmocka_unit_test(a_refused_request_does_not_bind),
		cmocka_unit_test(auto_sees_who_needs_it),
		cmocka_unit_test(other_links_finish),
		cmocka_unit_test(a_last_answer_is_whole),
		cmocka_unit_test(a_strays_death_is_not_the_clients),
		cmocka_unit_test(a_late_request_ends_too),
		cmocka_unit_test(a_lync_client_is_closed_instead),
		cmocka_unit_test(a_signed_in_client_is_closed_at_overload),
	};

	return cmocka_run_group_tests_name("sip by connection", tests, NULL, NULL);
}
