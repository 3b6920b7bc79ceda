/* SPDX-License-Identifier: Apache-2.0 */
/* The sip plugin by message: where requests go, and what becomes of those that find no server or lose it. */
#include "sip_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

/* Same Call-ID, same server: from any connection, for any method. */
static void a_key_has_one_server(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *one = fake_client(f, false), *two = fake_client(f, false);

	(void)state;
	fake_text(one, SAY(.call_id = "x"));
	fake_text(one, SAY(.call_id = "y"));
	fake_text(one, SAY(.call_id = "x", .cseq = 2));
	fake_text(two, SAY(.call_id = "y", .cseq = 2));
	assert_int_equal(times(fake_server(one, 0), "Call-ID: x"), 2);
	assert_int_equal(times(fake_server(one, 1), "Call-ID: y"), 1);
	assert_int_equal(times(fake_server(two, 1), "Call-ID: y"), 1);
	assert_null(fake_server(two, 0));
	fake_destroy(f);
}

/* What belongs to an earlier request follows its key's owner, whatever a policy says. */
static void followers_are_marked(void **state)
{
	static const struct {
		const char *method, *to;
		unsigned flags;
	} cases[] = {
		{ "INVITE", NULL, LG_KEEP },
		{ "INVITE", "<sip:b@c>;tag=7", LG_KEEP | LG_FOLLOW },
		{ "BYE", "<sip:b@c>;tag=7", LG_KEEP | LG_FOLLOW },
		{ "CANCEL", NULL, LG_KEEP | LG_FOLLOW },
		{ "ACK", NULL, LG_FOLLOW },
		{ "BENOTIFY", "<sip:b@c>;tag=7", LG_FOLLOW },
		{ "MESSAGE", "<sip:b@c;tag=7>", LG_KEEP },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = play(ROUTE_MESSAGE);

		fake_text(fake_client(f, false), SAY(.method = cases[i].method, .to = cases[i].to));
		assert_int_equal(f->last_flags, cases[i].flags);
		fake_destroy(f);
	}
}

/* An exchange lives to its final answer; what has none, not at all. */
static void exchanges_end_with_the_answer(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fake_text(client, SAY(.method = "ACK"));
	fake_text(client, SAY(.method = "BENOTIFY"));
	assert_int_equal(f->open, 0);
	fake_text(client, SAY(.method = "INVITE"));
	assert_int_equal(f->open, 1);
	server = fake_server(client, 0);
	fake_text(server, SAY(.method = "INVITE", .status = 180));
	assert_int_equal(f->open, 1);
	fake_text(server, SAY(.method = "INVITE", .status = 200));
	assert_int_equal(f->open, 0);
	assert_int_equal(times(client, "SIP/2.0 "), 2);
	fake_destroy(f);
}

/* The same request once more: one exchange, and the answer ends it. */
static void a_repeated_request_is_one(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.method = "INVITE"));
	fake_text(client, SAY(.method = "INVITE"));
	assert_int_equal(f->open, 1);
	assert_int_equal(times(fake_server(client, 0), "INVITE sip:"), 2);
	fake_text(fake_server(client, 0), SAY(.method = "INVITE", .status = 486));
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

/* ---- Answers of our own ---- */

static bool refuses_negotiate(struct lg_exchange *x, struct lg_reply *reply)
{
	static const struct lg_header header = { { "X-Why", 5 }, { "because", 7 } };
	const char *method = fake_fact(x, "method");

	if (strcmp(method, "NEGOTIATE") != 0 || !fake_fact(x, "header.compression"))
		return false;
	reply->code = 400;
	reply->reason = (struct lg_span){ "Bad Request", 11 };
	reply->headers = &header;
	reply->nheaders = 1;
	return true;
}

#define NEGOTIATE                                                                                                      \
	"NEGOTIATE sip:127.0.0.1:5061 SIP/2.0\r\nVia: SIP/2.0/TLS 192.0.2.9:1111\r\nCSeq: 1 NEGOTIATE\r\n"             \
	"Call-ID: n\r\nFrom: <sip:192.0.2.9>;tag=1\r\nTo: <sip:127.0.0.1:5061>\r\nMax-Forwards: 0\r\n"                 \
	"Compression: LZ77-8K\r\nContent-Length: 0\r\n\r\n"

/* Compression is refused on either side, nobody else hears of it, and the connection stays. */
static void a_policy_answers(void **state)
{
	for (int route = ROUTE_AUTO; route <= ROUTE_MESSAGE; route++) {
		struct fake *f = play((enum route)route);
		struct fake_peer *client = fake_client(f, false), *server;

		f->policy = refuses_negotiate;
		fake_text(client, NEGOTIATE);
		assert_true(starts(client, "SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/TLS 192.0.2.9:1111\r\n"));
		assert_int_equal(times(client, "X-Why: because\r\n"), 1);
		assert_int_equal(times(client, "To: <sip:127.0.0.1:5061>;tag="), 1);
		assert_null(fake_server(client, 0));
		assert_int_equal(f->open, 0);

		fake_text(client, SAY(.method = "MESSAGE"));
		server = fake_server(client, 0);
		fake_forget(client);
		fake_text(server, NEGOTIATE);
		assert_int_equal(client->got_n, 0);
		assert_int_equal(times(server, "SIP/2.0 400 Bad Request"), 1);
		assert_non_null(client->link);
		assert_non_null(server->link);
		fake_destroy(f);
	}
	(void)state;
}

static int policy_code;

static bool answers_with_code(struct lg_exchange *x, struct lg_reply *reply)
{
	(void)x;
	reply->code = policy_code;
	return true;
}

static void nothing_is_said_to_some(void **state)
{
	static const struct {
		const char *method;
		int code;
		const char *expected;
	} cases[] = {
		{ "OPTIONS", 200, "SIP/2.0 200 \r\n" },
		{ "OPTIONS", 0, "" },
		{ "OPTIONS", 99, "SIP/2.0 500 Server Internal Error\r\n" },
		{ "ACK", 400, "" },
		{ "BENOTIFY", 400, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = play(ROUTE_MESSAGE);
		struct fake_peer *client = fake_client(f, false);

		f->policy = answers_with_code;
		policy_code = cases[i].code;
		fake_text(client, SAY(.method = cases[i].method, .body = "body"));
		assert_int_equal(client->got_n > 0, cases[i].expected[0] != '\0');
		assert_true(starts(client, cases[i].expected));
		assert_non_null(client->link);
		fake_destroy(f);
	}
}

/* A header that a policy made of what it was sent does not become two. */
static bool answers_with_bad_texts(struct lg_exchange *x, struct lg_reply *reply)
{
	static const struct lg_header headers[] = {
		{ { "X-Good", 6 }, { "1", 1 } },
		{ { "X-Bad", 5 }, { "a\r\nX-Worse: b", 13 } },
		{ { "X Bad", 5 }, { "c", 1 } },
	};

	(void)x;
	*reply = (struct lg_reply){
		.code = 403, .reason = { "No\r\nX-Worse: d", 14 }, .headers = headers, .nheaders = 3
	};
	return true;
}

static void texts_that_do_not_fit_are_left_out(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	f->policy = answers_with_bad_texts;
	fake_text(client, SAY(.method = "INVITE"));
	assert_true(starts(client, "SIP/2.0 403 Forbidden\r\n"));
	assert_int_equal(times(client, "X-Good: 1\r\n"), 1);
	assert_int_equal(times(client, "X-Worse"), 0);
	assert_int_equal(times(client, "X Bad"), 0);
	fake_destroy(f);
}

/* The body of a request that was answered before it had come is dropped, and the next request is found. */
static void a_refused_body_is_passed_over(void **state)
{
	(void)state;
	for (size_t cut = 1, n = cut + 1; cut < n; cut++) {
		const char *text =
			SAY(.method = "NEGOTIATE", .extra = "Compression: LZ77-8K\r\n", .body = "INVITE sip:x SIP/2.0");
		struct fake *f = play(ROUTE_MESSAGE);
		struct fake_peer *client = fake_client(f, false);

		n = strlen(text);
		f->policy = refuses_negotiate;
		fake_cut(client, text, n, cut);
		fake_text(client, SAY(.method = "MESSAGE", .call_id = "next"));
		assert_int_equal(times(client, "SIP/2.0 400 "), 1);
		assert_true(starts(fake_server(client, 0), "MESSAGE "));
		fake_destroy(f);
	}
}

/* ---- No server, no room ---- */

static void no_server_is_a_503(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	f->down[0] = f->down[1] = f->down[2] = true;
	fake_text(client, SAY(.method = "INVITE"));
	assert_true(starts(client, "SIP/2.0 503 Service Unavailable\r\n"));
	assert_int_equal(times(client, "Retry-After: 2\r\n"), 1);
	fake_forget(client);
	fake_text(client, SAY(.method = "ACK"));
	assert_int_equal(client->got_n, 0);
	assert_non_null(client->link);
	fake_destroy(f);
}

static void too_many_requests_are_a_503(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	f->limits.requests = 2;
	for (int i = 1; i <= 4; i++)
		fake_text(client, SAY(.cseq = i, .body = "body"));
	assert_int_equal(times(client, "SIP/2.0 503 "), 2);
	assert_int_equal(times(client, "Retry-After: "), 2);
	assert_int_equal(times(fake_server(client, 0), "OPTIONS sip:"), 2);
	fake_text(fake_server(client, 0), SAY(.cseq = 1, .status = 200));
	fake_text(client, SAY(.cseq = 5));
	assert_int_equal(times(fake_server(client, 0), "OPTIONS sip:"), 3);
	fake_destroy(f);
}

/* The servers' side has the same limit, and its own answer. */
static void a_server_hears_of_the_limit(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fake_text(client, SAY(.method = "MESSAGE"));
	server = fake_server(client, 0);
	fake_forget(server);
	f->no_memory = true;
	fake_text(server, SAY(.method = "INVITE", .call_id = "s"));
	assert_true(starts(server, "SIP/2.0 503 "));
	assert_int_equal(client->got_n, 0);
	fake_destroy(f);
}

/* ---- A server dies ---- */

static void open_requests_fail_at_once(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.method = "INVITE", .call_id = "x"));
	fake_text(client, SAY(.method = "INVITE", .call_id = "y"));
	f->down[0] = true;
	fake_kill(fake_server(client, 0));
	assert_int_equal(times(client, "SIP/2.0 503 "), 1);
	assert_int_equal(times(client, "Call-ID: x\r\n"), 1);
	assert_int_equal(times(client, "Retry-After: "), 1);
	assert_int_equal(f->counts[COUNT_LOST], 1);
	assert_int_equal(f->open, 1);

	/* The dialog goes on elsewhere, and the others as if nothing had been. */
	fake_text(client, SAY(.method = "BYE", .call_id = "x", .cseq = 2, .to = "<sip:b@c>;tag=2"));
	assert_int_equal(f->open, 2);
	fake_text(fake_server(client, 1), SAY(.method = "INVITE", .call_id = "y", .status = 200));
	assert_int_equal(times(client, "SIP/2.0 200 "), 1);
	fake_destroy(f);
}

/* Of which not one byte has left goes elsewhere; nobody notices. */
static void an_unsent_request_goes_elsewhere(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);
	const char *text = SAY(.method = "INVITE", .body = "body");

	(void)state;
	fake_text(client, text);
	f->handed = false;
	fake_kill(fake_server(client, 0));
	assert_int_equal(client->got_n, 0);
	assert_string_equal(fake_server(client, 1)->got, text);
	assert_int_equal(f->counts[COUNT_RETRIED], 1);
	fake_text(fake_server(client, 1), SAY(.method = "INVITE", .status = 200));
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

static void when_all_are_lost_it_is_a_503(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.method = "INVITE"));
	f->handed = false;
	for (unsigned i = 0; i < FAKE_SERVERS; i++)
		fake_kill(fake_server(client, i));
	assert_int_equal(times(client, "SIP/2.0 503 "), 1);
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

/* While the body is on its way: to another server only if none of it has gone. */
static void a_half_sent_body_is_lost(void **state)
{
	const char *text = SAY(.method = "MESSAGE", .body = "0123456789");
	size_t n = strlen(text), head = n - 10;

	(void)state;
	for (size_t cut = head; cut < n; cut++) {
		struct fake *f = play(ROUTE_MESSAGE);
		struct fake_peer *client = fake_client(f, false);
		bool untouched = cut == head;

		f->handed = false;
		fake_input(client, text, cut);
		f->down[0] = true;
		fake_kill(fake_server(client, 0));
		assert_int_equal(times(client, "SIP/2.0 503 "), untouched ? 0 : 1);
		fake_input(client, text + cut, n - cut);
		if (untouched)
			assert_string_equal(fake_server(client, 1)->got, text);
		else
			assert_null(fake_server(client, 1));
		fake_text(client, SAY(.method = "INFO"));
		assert_int_equal(times(fake_server(client, 1), "INFO "), 1);
		fake_destroy(f);
	}
}

/* An equal body length of the next message must not make a lost head look complete. */
static void an_old_body_is_not_taken_for_another(void **state)
{
	const char *second = SAY(.method = "MESSAGE", .cseq = 2, .body = "0123456789");
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);
	const char *first = SAY(.method = "MESSAGE", .body = "0123456789");

	(void)state;
	f->handed = false;
	fake_steps(client, first, strlen(first), strlen(first) - 5);
	fake_input(client, second, strlen(second) - 10);
	fake_kill(fake_server(client, 0));
	fake_input(client, second + strlen(second) - 10, 10);
	assert_int_equal(times(client, "SIP/2.0 503 "), 1);
	assert_string_equal(fake_server(client, 1)->got, second);
	fake_destroy(f);
}

/* ---- Time, ends ---- */

static void an_unanswered_request_ends_in_time(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false), *server;
	uint64_t step = f->limits.answer_ms / 10;

	(void)state;
	fake_text(client, SAY(.method = "INVITE", .call_id = "refreshed"));
	fake_text(client, SAY(.method = "INVITE", .call_id = "silent"));
	server = fake_server(client, 0);
	for (int i = 0; i < 15; i++) {
		fake_text(server, SAY(.method = "INVITE", .call_id = "refreshed", .status = 180));
		fake_pass(f, step);
	}
	assert_int_equal(f->open, 1);
	assert_int_equal(f->counts[COUNT_UNANSWERED], 1);
	for (int i = 0; i < 15; i++)
		fake_pass(f, step);
	assert_int_equal(f->open, 0);
	assert_int_equal(times(client, "SIP/2.0 4"), 0);

	/* A late answer still passes, and an idle session has no deadline. */
	fake_text(server, SAY(.method = "INVITE", .call_id = "silent", .status = 200));
	assert_int_equal(times(client, "SIP/2.0 200"), 1);
	assert_int_equal(client->deadline_at_ms, 0);
	fake_destroy(f);
}

/* A client that has said all it wants to say still gets its answers. */
static void answers_reach_a_client_that_has_ended(void **state)
{
	const char *answer = SAY(.status = 200, .body = "0123456789");
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fake_text(client, SAY(.method = "OPTIONS"));
	server = fake_server(client, 0);
	fake_end(client);
	assert_non_null(client->link);
	fake_steps(server, answer, strlen(answer), strlen(answer) - 3);
	assert_string_equal(client->got, answer);
	assert_null(client->link);
	assert_null(server->link);
	fake_destroy(f);
}

static void an_idle_client_that_ends_is_closed(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.method = "ACK"));
	fake_end(client);
	assert_null(client->link);
	assert_int_equal(client->how, LG_FLUSH);
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_has_one_server),
		cmocka_unit_test(followers_are_marked),
		cmocka_unit_test(exchanges_end_with_the_answer),
		cmocka_unit_test(a_repeated_request_is_one),
		cmocka_unit_test(a_policy_answers),
		cmocka_unit_test(nothing_is_said_to_some),
		cmocka_unit_test(texts_that_do_not_fit_are_left_out),
		cmocka_unit_test(a_refused_body_is_passed_over),
		cmocka_unit_test(no_server_is_a_503),
		cmocka_unit_test(too_many_requests_are_a_503),
		cmocka_unit_test(a_server_hears_of_the_limit),
		cmocka_unit_test(open_requests_fail_at_once),
		cmocka_unit_test(an_unsent_request_goes_elsewhere),
		cmocka_unit_test(when_all_are_lost_it_is_a_503),
		cmocka_unit_test(a_half_sent_body_is_lost),
		cmocka_unit_test(an_old_body_is_not_taken_for_another),
		cmocka_unit_test(an_unanswered_request_ends_in_time),
		cmocka_unit_test(answers_reach_a_client_that_has_ended),
		cmocka_unit_test(an_idle_client_that_ends_is_closed),
	};

	return cmocka_run_group_tests_name("sip requests", tests, NULL, NULL);
}
