/* SPDX-License-Identifier: Apache-2.0 */
/* The https plugin towards servers: where answers end, what is broken, what is tried again, early answers. */
#include "https_play.h"

#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

struct scene {
	struct fake *f;
	struct fake_peer *client, *server;
};

static struct scene ask(const char *request)
{
	struct scene s = { .f = play(NULL) };

	s.client = fake_client(s.f, false);
	fake_text(s.client, request);
	s.server = fake_server(s.client, 0);
	assert_non_null(s.server);
	return s;
}

static void answers_without_a_body(void **state)
{
	static const char *const answers[][2] = {
		{ HEADS, OK(100) },
		{ GET, "HTTP/1.1 204 No Content\r\n\r\n" },
		{ GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n" },
		{ GET, OK(0) },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct scene s = ask(answers[i][0]);

		fake_text(s.server, answers[i][1]);
		assert_int_equal(s.f->reuses, 1);
		assert_non_null(s.client->link);
		assert_int_equal(s.f->open, 0);
		fake_destroy(s.f);
	}
}

static void an_answer_until_close(void **state)
{
	struct scene s = ask(GET);

	(void)state;
	fake_text(s.server, OK_TO_CLOSE "abc");
	fake_text(s.server, "def");
	assert_int_equal(times(s.client, "\r\nConnection: close\r\n"), 1);
	fake_end(s.server);
	assert_true(ends(s.client, "abcdef"));
	assert_null(s.client->link);
	assert_true(s.client->how == LG_FLUSH);
	assert_int_equal(s.f->reuses, 0);
	fake_destroy(s.f);
}

/* What was cut short looks so: a reset where only the end of the link tells the end of the body. */
static void an_answer_cut_short(void **state)
{
	static const char *const answers[] = { OK_TO_CLOSE "abc", OK(9) "abc", OK_CHUNKED "3\r\nabc\r\n" };

	(void)state;
	for (unsigned i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct scene s = ask(GET);

		fake_text(s.server, answers[i]);
		fake_kill(s.server);
		assert_null(s.client->link);
		assert_true(s.client->how == (i == 0 ? LG_RESET : LG_FLUSH));
		assert_int_equal(s.f->counts[COUNT_CUT_SHORT], 1);
		assert_int_equal(times(s.client, "HTTP/1.1"), 1);
		fake_destroy(s.f);
	}
}

static void a_server_that_closes_is_not_reused(void **state)
{
	struct scene s = ask(GET);

	(void)state;
	fake_text(s.server, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
	assert_true(ends(s.client, "ok"));
	assert_int_equal(times(s.client, "Connection: close"), 0);
	assert_non_null(s.client->link);
	assert_int_equal(s.f->reuses, 0);
	assert_null(s.server->link);
	fake_destroy(s.f);
}

static void more_than_was_asked_for_is_not_reused(void **state)
{
	struct scene s = ask(GET);

	(void)state;
	fake_text(s.server, OK(2) "ok" OK(4) "evil");
	assert_string_equal(s.client->got, OK(2) "ok");
	assert_int_equal(s.f->reuses, 0);
	assert_null(s.server->link);
	fake_destroy(s.f);
}

static void broken_answers_are_502(void **state)
{
	static const char *const answers[] = {
		"SSH-2.0-x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct scene s = ask(GET);

		fake_text(s.server, answers[i]);
		assert_true(starts(s.client, "HTTP/1.1 502 "));
		assert_non_null(s.client->link);
		assert_null(s.server->link);
		assert_int_equal(s.f->counts[COUNT_BROKEN_ANSWERS], 1);
		fake_destroy(s.f);
	}
}

static void a_lost_request_is_repeated_once(void **state)
{
	struct scene s = ask(GET);

	(void)state;
	fake_kill(s.server);
	assert_int_equal(s.f->agains, 1);
	s.server = fake_server(s.client, 1);
	assert_true(starts(s.server, "GET / HTTP/1.1\r\n"));
	fake_kill(s.server);
	assert_int_equal(s.f->agains, 1);
	assert_true(starts(s.client, "HTTP/1.1 502 "));
	assert_int_equal(s.f->open, 0);
	assert_non_null(s.client->link);
	fake_destroy(s.f);
}

static void what_does_harm_twice_is_not_repeated(void **state)
{
	struct scene s = ask(POST(0));

	(void)state;
	fake_kill(s.server);
	assert_int_equal(s.f->agains, 0);
	assert_true(starts(s.client, "HTTP/1.1 502 "));
	fake_destroy(s.f);

	s = ask(POST(0)); /* but for what nobody has seen */
	s.f->handed = false;
	fake_kill(s.server);
	assert_int_equal(s.f->agains, 1);
	fake_destroy(s.f);

	s = ask("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo"); /* its body is gone */
	s.f->handed = false;
	fake_kill(s.server);
	assert_int_equal(s.f->agains, 0);
	assert_true(starts(s.client, "HTTP/1.1 502 "));
	fake_text(s.client, "dy" GET);
	assert_int_equal(times(fake_server(s.client, 1), "GET / HTTP/1.1\r\n"), 1);
	fake_destroy(s.f);

	s = ask(GET); /* an answer has begun */
	fake_text(s.server, "HTTP/1.1 2");
	fake_kill(s.server);
	assert_int_equal(s.f->agains, 0);
	assert_true(starts(s.client, "HTTP/1.1 502 "));
	fake_destroy(s.f);
}

static void without_a_server_it_is_503(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	f->down[0] = f->down[1] = f->down[2] = true;
	fake_text(client, GET);
	assert_true(starts(client, "HTTP/1.1 503 Service Unavailable\r\n"));
	assert_int_equal(times(client, "\r\nRetry-After: 2\r\n"), 1);
	assert_non_null(client->link);
	f->down[0] = false;
	fake_text(client, GET);
	assert_non_null(fake_server(client, 0));
	fake_destroy(f);
}

static void provisional_answers_pass(void **state)
{
	struct scene s = ask("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");

	(void)state;
	assert_int_equal(times(s.server, "Expect: 100-continue\r\n"), 1);
	fake_text(s.server, "HTTP/1.1 100 Continue\r\n\r\n");
	assert_string_equal(s.client->got, "HTTP/1.1 100 Continue\r\n\r\n");
	fake_text(s.client, "body");
	assert_true(ends(s.server, "body"));
	fake_text(s.server, OK(0));
	assert_int_equal(s.f->reuses, 1);
	fake_destroy(s.f);
}

/* Whether the server takes what follows for the body or for a request of its own nobody knows: no other client may get
 * its answer. */
static void credentials_are_asked_for_before_the_body(void **state)
{
	static const char *const asks[] = { "Basic realm=x", "NTLM" };

	(void)state;
	for (int kept = 0; kept < 2; kept++) {
		struct scene s =
			ask("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
		char answer[200];

		snprintf(answer, sizeof(answer),
			 "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: %s\r\nContent-Length: 0\r\n\r\n", asks[kept]);
		fake_text(s.server, answer);
		assert_int_equal(times(s.client, "\r\nConnection: close\r\n"), 0);
		fake_text(s.client, "body");
		assert_int_equal(s.f->reuses, kept);
		assert_int_equal(s.server->link != NULL, kept);
		assert_non_null(s.client->link);
		fake_destroy(s.f);
	}
}

static void an_old_client_sees_none(void **state)
{
	struct scene s = ask("GET / HTTP/1.0\r\nHost: a\r\n\r\n");

	(void)state;
	fake_text(s.server, "HTTP/1.1 103 Early Hints\r\n\r\n" OK(0));
	assert_true(starts(s.client, "HTTP/1.1 200 "));
	fake_destroy(s.f);
}

/* Before the request is whole: the client's link ends, and the server's is not reused. */
static void an_early_answer(void **state)
{
	struct scene s = ask(POST(9) "abc");

	(void)state;
	fake_text(s.server, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
	assert_true(starts(s.client, "HTTP/1.1 413 "));
	assert_int_equal(times(s.client, "\r\nConnection: close\r\n"), 1);
	assert_null(s.client->link);
	assert_null(s.server->link);
	assert_int_equal(s.f->reuses, 0);
	assert_int_equal(s.f->counts[COUNT_EARLY], 1);
	fake_destroy(s.f);
}

static void an_unread_answer_holds_nothing_back(void **state)
{
	struct scene s = ask(GET);

	(void)state;
	fake_kill(s.client);
	assert_null(s.server->link);
	assert_int_equal(s.f->open, 0);
	fake_destroy(s.f);
}

static void no_answer_in_time_is_504(void **state)
{
	struct scene s = ask(GET);

	(void)state;
	fake_pass(s.f, 959000);
	assert_int_equal(s.client->got_n, 0);
	fake_pass(s.f, 2000);
	assert_true(starts(s.client, "HTTP/1.1 504 "));
	assert_non_null(s.client->link);
	assert_null(s.server->link);
	fake_destroy(s.f);
}

/* An answer that has begun may take as long as it likes, and so may a request. */
static void what_moves_has_no_deadline(void **state)
{
	struct scene s = ask(POST(9) "abc");

	(void)state;
	fake_pass(s.f, 959000);
	fake_text(s.client, "def");
	fake_pass(s.f, 959000);
	fake_text(s.client, "ghi");
	assert_int_equal(s.client->got_n, 0);
	fake_text(s.server, OK(4) "ab");
	fake_pass(s.f, 10000000);
	fake_text(s.server, "cd");
	assert_string_equal(s.client->got, OK(4) "abcd");
	fake_destroy(s.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_without_a_body),
		cmocka_unit_test(an_answer_until_close),
		cmocka_unit_test(an_answer_cut_short),
		cmocka_unit_test(a_server_that_closes_is_not_reused),
		cmocka_unit_test(more_than_was_asked_for_is_not_reused),
		cmocka_unit_test(broken_answers_are_502),
		cmocka_unit_test(a_lost_request_is_repeated_once),
		cmocka_unit_test(what_does_harm_twice_is_not_repeated),
		cmocka_unit_test(without_a_server_it_is_503),
		cmocka_unit_test(provisional_answers_pass),
		cmocka_unit_test(credentials_are_asked_for_before_the_body),
		cmocka_unit_test(an_old_client_sees_none),
		cmocka_unit_test(an_early_answer),
		cmocka_unit_test(an_unread_answer_holds_nothing_back),
		cmocka_unit_test(no_answer_in_time_is_504),
		cmocka_unit_test(what_moves_has_no_deadline),
	};

	return cmocka_run_group_tests_name("https, answers", tests, NULL, NULL);
}
