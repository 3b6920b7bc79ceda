/* SPDX-License-Identifier: Apache-2.0 */
/* The https plugin and websockets: an upgraded pair, a refused one, its idle limit. */
#include "https_play.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#define WANTS                                                                                                          \
	"GET /chat HTTP/1.1\r\nHost: a.example\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"           \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
#define AGREES                                                                                                         \
	"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"                            \
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

struct scene {
	struct fake *f;
	struct fake_peer *client, *server;
};

static struct scene ask(const struct options *o, const char *request)
{
	struct scene s = { .f = play(o) };

	s.client = fake_client(s.f, false);
	fake_text(s.client, request);
	s.server = fake_server(s.client, 0);
	assert_non_null(s.server);
	return s;
}

static void bytes_pass_both_ways(void **state)
{
	struct scene s = ask(NULL, WANTS);

	(void)state;
	assert_int_equal(times(s.server, "\r\nUpgrade: websocket\r\n"), 1);
	fake_text(s.client, "early");
	assert_int_equal(times(s.server, "early"), 0);
	fake_text(s.server, AGREES "hello");
	assert_true(starts(s.client, "HTTP/1.1 101 "));
	assert_int_equal(times(s.client, "\r\nUpgrade: websocket\r\n"), 1);
	assert_true(ends(s.client, "\r\n\r\nhello"));
	assert_true(ends(s.server, "early"));
	fake_text(s.client, "GET / HTTP/1.1\r\n\r\n");
	assert_true(ends(s.server, "GET / HTTP/1.1\r\n\r\n"));
	assert_int_equal(s.f->routes, 1);
	fake_destroy(s.f);
}

static void full_ends_hold_the_other(void **state)
{
	struct scene s = ask(NULL, WANTS);

	(void)state;
	fake_text(s.server, AGREES);
	fake_fill(s.server);
	fake_text(s.client, "a");
	fake_text(s.client, "b");
	assert_true(ends(s.server, "a"));
	fake_drain(s.server);
	assert_true(ends(s.server, "ab"));
	fake_fill(s.client);
	fake_text(s.server, "c");
	fake_text(s.server, "d");
	assert_true(ends(s.client, "c"));
	fake_drain(s.client);
	assert_true(ends(s.client, "cd"));
	fake_destroy(s.f);
}

static void both_end_together(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct scene s = ask(NULL, WANTS);

		fake_text(s.server, AGREES);
		if (i < 2)
			fake_end(i == 0 ? s.client : s.server);
		else
			fake_kill(i == 2 ? s.client : s.server);
		assert_null(s.client->link);
		assert_null(s.server->link);
		assert_int_equal(s.f->open, 0);
		assert_int_equal(s.f->counts[COUNT_CUT_SHORT], 0);
		fake_destroy(s.f);
	}
}

static void silence_ends_it(void **state)
{
	struct scene s = ask(NULL, WANTS);

	(void)state;
	fake_text(s.server, AGREES);
	for (int i = 0; i < 4; i++) {
		fake_pass(s.f, 1790000);
		fake_text(i % 2 ? s.client : s.server, "x");
		assert_non_null(s.client->link);
	}
	fake_pass(s.f, 1810000);
	assert_null(s.client->link);
	assert_null(s.server->link);
	fake_destroy(s.f);
}

static void a_refusal_is_an_answer(void **state)
{
	struct scene s = ask(NULL, WANTS);

	(void)state;
	fake_text(s.server, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
	assert_true(ends(s.client, "no"));
	assert_non_null(s.client->link);
	assert_ptr_equal(fake_idle(s.f, 0), s.server);
	fake_text(s.client, GET);
	assert_int_equal(s.f->routes, 2);
	fake_destroy(s.f);
}

static void it_can_be_forbidden(void **state)
{
	struct options o = play_options();
	struct scene s;

	(void)state;
	o.websocket = false;
	s = ask(&o, WANTS);
	assert_int_equal(times(s.server, "Upgrade"), 0);
	fake_text(s.server, AGREES);
	assert_true(starts(s.client, "HTTP/1.1 502 "));
	fake_destroy(s.f);
}

static void other_upgrades_do_not_pass(void **state)
{
	struct scene s =
		ask(NULL, "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
			  "HTTP2-Settings: AAMAAABk\r\n\r\n");

	(void)state;
	assert_int_equal(times(s.server, "h2c"), 0);
	assert_int_equal(times(s.server, "HTTP2-Settings"), 0);
	fake_text(s.server, OK(0));
	assert_true(starts(s.client, "HTTP/1.1 200 "));
	fake_destroy(s.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_pass_both_ways),       cmocka_unit_test(full_ends_hold_the_other),
		cmocka_unit_test(both_end_together),          cmocka_unit_test(silence_ends_it),
		cmocka_unit_test(a_refusal_is_an_answer),     cmocka_unit_test(it_can_be_forbidden),
		cmocka_unit_test(other_upgrades_do_not_pass),
	};

	return cmocka_run_group_tests_name("https, websockets", tests, NULL, NULL);
}
