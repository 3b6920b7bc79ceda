/* SPDX-License-Identifier: Apache-2.0 */
/* The https plugin and long bodies with a length, which the core passes unseen: where they end, what is counted. */
#include "https_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

enum { LONG = 100000, LESS = LONG - 1000 };

#define UPLOAD     POST(100000)
#define EXPECTING  "POST / HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n"
#define BEHIND     "GET /behind HTTP/1.1\r\nHost: a.example\r\n\r\n"

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

static void give(struct fake_peer *p, size_t n)
{
	char *bytes = malloc(n);

	assert_non_null(bytes);
	memset(bytes, 'b', n);
	fake_input(p, bytes, n);
	free(bytes);
}

/* Begins a body: its first bytes are seen, the rest is not. */
static void begin(struct scene *s, struct fake_peer *from)
{
	give(from, 1000);
	assert_int_equal(s->f->passes, 1);
	assert_non_null(from->passes_to);
}

static bool logged(const struct scene *s, const char *text)
{
	return strstr(s->f->last_access, text) != NULL;
}

static void an_answer_passes(void **state)
{
	struct scene s = ask(GET);

	(void)state;
	fake_text(s.server, OK(100000));
	begin(&s, s.server);
	give(s.server, LESS - 1);
	assert_int_equal(s.f->reuses, 0);
	give(s.server, 1);
	assert_int_equal(s.f->reuses, 1);
	assert_int_equal(s.client->got_n, strlen(OK(100000)) + LONG);
	assert_true(logged(&s, "bytes_out=100000 "));
	fake_text(s.client, BEHIND);
	assert_int_equal(times(fake_server(s.client, 1), "GET /behind"), 1);
	fake_destroy(s.f);
}

static void a_request_passes_and_the_next_is_right_behind(void **state)
{
	struct scene s = ask(UPLOAD);
	char *last = malloc(LESS + strlen(BEHIND));

	(void)state;
	assert_non_null(last);
	begin(&s, s.client);
	memset(last, 'b', LESS);
	memcpy(last + LESS, BEHIND, strlen(BEHIND));
	fake_input(s.client, last, LESS + strlen(BEHIND));
	free(last);
	assert_int_equal(times(s.server, "GET /behind"), 0);
	fake_text(s.server, OK(2) "ok");
	assert_true(logged(&s, "bytes_in=100000 "));
	assert_int_equal(s.f->reuses, 1);
	assert_int_equal(times(fake_server(s.client, 1), "GET /behind"), 1);
	fake_text(fake_server(s.client, 1), OK(0));
	assert_int_equal(times(s.client, "HTTP/1.1 200 OK"), 2);
	fake_destroy(s.f);
}

static void a_short_body_does_not(void **state)
{
	static const char *const answers[][2] = {
		{ GET, OK(2) },
		{ GET, OK_CHUNKED },
		{ GET, OK_TO_CLOSE },
		{ HEADS, OK(100000) },
		{ GET, "HTTP/1.1 204 No Content\r\n\r\n" },
		{ GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 100000\r\n\r\n" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct scene s = ask(answers[i][0]);

		fake_text(s.server, answers[i][1]);
		assert_int_equal(s.f->passes, 0);
		if (i >= 3)
			assert_int_equal(s.f->reuses, 1);
		fake_destroy(s.f);
	}
}

static void an_answer_cut_short_is_counted_as_far_as_it_came(void **state)
{
	struct scene s = ask(GET);

	(void)state;
	fake_text(s.server, OK(100000));
	begin(&s, s.server);
	give(s.server, 500);
	fake_kill(s.server);
	assert_null(s.client->link);
	assert_true(s.client->how == LG_FLUSH);
	assert_int_equal(s.f->counts[COUNT_CUT_SHORT], 1);
	assert_true(logged(&s, "bytes_out=1500 "));
	fake_destroy(s.f);
}

static void an_end_in_the_middle_is_a_cut(void **state)
{
	struct scene s = ask(GET);

	(void)state;
	fake_text(s.server, OK(100000));
	begin(&s, s.server);
	fake_end(s.server);
	assert_null(s.client->link);
	assert_int_equal(s.f->counts[COUNT_CUT_SHORT], 1);
	fake_destroy(s.f);
}

static void a_request_cut_short(void **state)
{
	struct scene s = ask(UPLOAD);

	(void)state;
	begin(&s, s.client);
	give(s.client, 500);
	fake_kill(s.client);
	assert_null(s.server->link);
	assert_int_equal(s.f->reuses, 0);
	assert_true(logged(&s, "bytes_in=1500 "));
	fake_destroy(s.f);
}

/* What is left is thrown away, and the link goes on. */
static void a_server_dies_and_little_is_left(void **state)
{
	struct scene s = ask(UPLOAD);

	(void)state;
	begin(&s, s.client);
	give(s.client, LESS - 200);
	fake_kill(s.server);
	assert_true(starts(s.client, "HTTP/1.1 502 "));
	assert_int_equal(s.f->agains, 0);
	assert_true(logged(&s, "bytes_in=99800 "));
	assert_non_null(s.client->link);
	give(s.client, 200);
	fake_text(s.client, BEHIND);
	assert_int_equal(times(fake_server(s.client, 1), "GET /behind"), 1);
	fake_destroy(s.f);
}

static void a_server_dies_and_much_is_left(void **state)
{
	struct scene s = ask(UPLOAD);

	(void)state;
	begin(&s, s.client);
	fake_kill(s.server);
	assert_true(starts(s.client, "HTTP/1.1 502 "));
	assert_null(s.client->link);
	fake_destroy(s.f);
}

static void more_than_was_asked_for_is_not_reused(void **state)
{
	struct scene s = ask(GET);
	char *last = malloc(LESS + 4);

	(void)state;
	assert_non_null(last);
	fake_text(s.server, OK(100000));
	begin(&s, s.server);
	memset(last, 'b', LESS);
	memcpy(last + LESS, "evil", 4);
	fake_input(s.server, last, LESS + 4);
	free(last);
	assert_int_equal(s.client->got_n, strlen(OK(100000)) + LONG);
	assert_int_equal(s.f->reuses, 0);
	assert_null(s.server->link);
	assert_non_null(s.client->link);
	fake_destroy(s.f);
}

static void a_slow_client_holds_the_server(void **state)
{
	struct scene s = ask(GET);

	(void)state;
	fake_fill(s.client);
	fake_text(s.server, OK(100000));
	fake_drain(s.client);
	begin(&s, s.server);
	fake_fill(s.client);
	give(s.server, LESS);
	assert_int_equal(s.client->got_n, strlen(OK(100000)) + 1000);
	fake_drain(s.client);
	assert_int_equal(s.client->got_n, strlen(OK(100000)) + LONG);
	assert_int_equal(s.f->reuses, 1);
	fake_destroy(s.f);
}

static void a_slow_server_holds_the_client(void **state)
{
	struct scene s = ask(UPLOAD);

	(void)state;
	fake_fill(s.server);
	begin(&s, s.client); /* these are taken, as by a server that has filled up with them */
	give(s.client, LESS);
	fake_drain(s.server);
	assert_true(ends(s.server, "bbbb"));
	fake_text(s.server, OK(0));
	assert_int_equal(s.f->reuses, 1);
	assert_true(logged(&s, "bytes_in=100000 "));
	fake_destroy(s.f);
}

static void who_was_told_to_continue_passes(void **state)
{
	struct scene s = ask(EXPECTING);

	(void)state;
	fake_text(s.server, "HTTP/1.1 100 Continue\r\n\r\n");
	begin(&s, s.client);
	give(s.client, LESS);
	fake_text(s.server, OK(0));
	assert_int_equal(times(s.client, "HTTP/1.1 100 "), 1);
	assert_int_equal(s.f->reuses, 1);
	fake_destroy(s.f);
}

/* The answer ends the client's link, since nobody waits for the rest. */
static void an_answer_before_the_body_is_whole(void **state)
{
	struct scene s = ask(UPLOAD);

	(void)state;
	begin(&s, s.client);
	give(s.client, 500);
	fake_text(s.server, OK(2) "ok");
	assert_true(ends(s.client, "ok"));
	assert_int_equal(times(s.client, "Connection: close"), 1);
	assert_null(s.client->link);
	assert_int_equal(s.f->reuses, 0);
	assert_int_equal(s.f->counts[COUNT_EARLY], 1);
	assert_true(logged(&s, "bytes_in=1500 "));
	fake_destroy(s.f);
}

/* A long answer begins while the request still passes: both go unseen, and end in whatever order. */
static void both_at_once(void **state)
{
	struct scene s = ask(UPLOAD);

	(void)state;
	begin(&s, s.client);
	fake_text(s.server, OK(100000));
	give(s.server, 1000);
	assert_int_equal(s.f->passes, 2);
	give(s.client, LESS);
	give(s.server, LESS);
	assert_true(ends(s.client, "bbbb"));
	assert_true(logged(&s, "bytes_in=100000 "));
	assert_true(logged(&s, "bytes_out=100000 "));
	fake_destroy(s.f);
}

/* A request that is still coming has not waited for its answer yet; one that stands still has. */
static void the_wait_for_an_answer(void **state)
{
	struct scene s = ask(UPLOAD);

	(void)state;
	begin(&s, s.client);
	for (unsigned i = 0; i < 3; i++) {
		give(s.client, 100);
		fake_pass(s.f, 960000);
		assert_int_equal(s.f->counts[COUNT_UNANSWERED], 0);
	}
	fake_pass(s.f, 960000);
	assert_int_equal(s.f->counts[COUNT_UNANSWERED], 1);
	assert_true(starts(s.client, "HTTP/1.1 504 "));
	fake_destroy(s.f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_passes),
		cmocka_unit_test(a_request_passes_and_the_next_is_right_behind),
		cmocka_unit_test(a_short_body_does_not),
		cmocka_unit_test(an_answer_cut_short_is_counted_as_far_as_it_came),
		cmocka_unit_test(an_end_in_the_middle_is_a_cut),
		cmocka_unit_test(a_request_cut_short),
		cmocka_unit_test(a_server_dies_and_little_is_left),
		cmocka_unit_test(a_server_dies_and_much_is_left),
		cmocka_unit_test(more_than_was_asked_for_is_not_reused),
		cmocka_unit_test(a_slow_client_holds_the_server),
		cmocka_unit_test(a_slow_server_holds_the_client),
		cmocka_unit_test(who_was_told_to_continue_passes),
		cmocka_unit_test(an_answer_before_the_body_is_whole),
		cmocka_unit_test(both_at_once),
		cmocka_unit_test(the_wait_for_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
