/* SPDX-License-Identifier: Apache-2.0 */
/* The https plugin towards clients: requests one after the other, bodies with back-pressure, what is no HTTP. */
#include "https_play.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static void requests_of_one_link_share_a_servers_link(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	for (int i = 0; i < 3; i++) {
		fake_own(f, "", 0);
		f->next_server = 0;
		fake_text(client, GET);
		server = fake_server(client, 0);
		assert_non_null(server);
		assert_true(starts(server, "GET / HTTP/1.1\r\nHost: a.example\r\n"));
		assert_int_equal(times(server, "GET "), 1);
		fake_forget(server);
		fake_text(server, OK(2) "ok");
		assert_string_equal(client->got, OK(2) "ok");
		fake_forget(client);
		assert_ptr_equal(fake_idle(f, 0), server);
	}
	assert_int_equal(f->leases, 2);
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

/* However the bytes are cut. */
static void bytes_may_come_one_by_one(void **state)
{
	static const char request[] = POST(4) "body", answer[] = OK_CHUNKED "2\r\nok\r\n0\r\n\r\n";
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fake_steps(client, request, sizeof(request) - 1, 1);
	server = fake_server(client, 0);
	assert_true(ends(server, "\r\n\r\nbody"));
	fake_steps(server, answer, sizeof(answer) - 1, 1);
	assert_string_equal(client->got, answer);
	assert_non_null(fake_idle(f, 0));
	fake_destroy(f);
}

static void pipelined_requests_wait(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fake_text(client, GET POST(4) "body" GET);
	server = fake_server(client, 0);
	assert_int_equal(f->routes, 1);
	assert_int_equal(times(server, "GET "), 1);
	fake_text(server, OK(1) "1");
	assert_int_equal(f->routes, 2);
	server = fake_server(client, 1);
	assert_true(ends(server, "body"));
	fake_text(server, OK(1) "2");
	server = fake_server(client, 2);
	fake_text(server, OK(1) "3");
	assert_string_equal(client->got, OK(1) "1" OK(1) "2" OK(1) "3");
	fake_destroy(f);
}

/* A client that reads no answers gets no further requests read. */
static void a_full_client_is_not_asked_more(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_fill(client);
	fake_text(client, GET GET);
	fake_text(fake_server(client, 0), OK(1) "1");
	assert_int_equal(f->routes, 1);
	fake_drain(client);
	assert_int_equal(f->routes, 2);
	fake_destroy(f);
}

static void a_full_server_holds_the_body(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fake_text(client, POST(9));
	server = fake_server(client, 0);
	fake_fill(server);
	fake_text(client, "abc");
	assert_true(client->held);
	fake_text(client, "def");
	assert_true(ends(server, "abc"));
	fake_drain(server);
	assert_true(ends(server, "abcdef"));
	fake_text(client, "ghi");
	assert_true(ends(server, "abcdefghi"));
	fake_text(server, OK(0));
	assert_true(starts(client, "HTTP/1.1 200 "));
	fake_destroy(f);
}

static void a_full_client_holds_the_answer(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fake_text(client, GET);
	server = fake_server(client, 0);
	fake_fill(client);
	fake_text(server, OK(6) "abc");
	assert_true(server->held);
	fake_drain(client);
	fake_text(server, "def");
	assert_string_equal(client->got, OK(6) "abcdef");
	assert_ptr_equal(fake_idle(f, 0), server);
	assert_false(server->held);
	fake_destroy(f);
}

/* The server is not connected to yet: the body waits. */
static void a_body_waits_for_its_server(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	f->slow = true;
	fake_text(client, POST(4) "body");
	fake_connect(f);
	assert_true(ends(fake_server(client, 0), "\r\n\r\nbody"));
	fake_destroy(f);
}

static void chunks_pass_as_they_come(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client,
		  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: 1\r\n\r\n" GET);
	assert_true(ends(fake_server(client, 0), "\r\n\r\n3\r\nabc\r\n0\r\nX: 1\r\n\r\n"));
	assert_int_equal(f->routes, 1);
	fake_destroy(f);
}

static void bad_chunks_end_both_links(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
	fake_text(client, "zz\r\n");
	assert_true(starts(client, "HTTP/1.1 400 "));
	assert_null(client->link);
	assert_null(fake_idle(f, 0));
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

static void ambiguous_heads_are_refused(void **state)
{
	static const char *const bad[] = {
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct fake *f = play(NULL);
		struct fake_peer *client = fake_client(f, false);

		fake_text(client, bad[i]);
		assert_true(starts(client, "HTTP/1.1 400 "));
		assert_int_equal(times(client, "\r\nConnection: close\r\n"), 1);
		assert_null(client->link);
		assert_int_equal(f->routes, 0);
		assert_int_equal(f->refused, 1);
		assert_non_null(strstr(f->last_access, "status=400 "));
		fake_destroy(f);
	}
}

static void other_protocols_get_no_answer(void **state)
{
	static const char *const others[] = {
		"\x16\x03\x01\x02",
		"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n\r\n",
		"\x05\x01",
		"hello\r\n\r\n",
		"SSH-2.0-OpenSSH_9.2\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct fake *f = play(NULL);
		struct fake_peer *client = fake_client(f, false);

		fake_text(client, others[i]);
		assert_null(client->link);
		assert_int_equal(client->got_n, 0);
		assert_int_equal(f->logs, 1);
		assert_int_equal(f->counts[COUNT_WRONG_PROTOCOL], 1);
		assert_true(client->how == LG_FLUSH);
		fake_destroy(f);
	}
}

static void an_end_waits_for_the_answer(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fake_text(client, GET);
	server = fake_server(client, 0);
	fake_end(client);
	assert_non_null(client->link);
	fake_text(server, OK(2) "ok");
	assert_true(ends(client, "ok"));
	assert_null(client->link);
	fake_destroy(f);
}

static void an_end_inside_a_request_ends_all(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, POST(9) "abc");
	fake_end(client);
	assert_null(client->link);
	assert_null(fake_server(client, 0));
	assert_null(fake_idle(f, 0));
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

static void without_keep_alive_it_ends(void **state)
{
	static const char *const last[] = {
		"GET / HTTP/1.0\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
	};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct fake *f = play(NULL);
		struct fake_peer *client = fake_client(f, false);

		fake_text(client, last[i]);
		fake_text(fake_server(client, 0), OK(2) "ok");
		assert_true(ends(client, "ok"));
		assert_null(client->link);
		fake_destroy(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_of_one_link_share_a_servers_link),
		cmocka_unit_test(bytes_may_come_one_by_one),
		cmocka_unit_test(pipelined_requests_wait),
		cmocka_unit_test(a_full_client_is_not_asked_more),
		cmocka_unit_test(a_full_server_holds_the_body),
		cmocka_unit_test(a_full_client_holds_the_answer),
		cmocka_unit_test(a_body_waits_for_its_server),
		cmocka_unit_test(chunks_pass_as_they_come),
		cmocka_unit_test(bad_chunks_end_both_links),
		cmocka_unit_test(ambiguous_heads_are_refused),
		cmocka_unit_test(other_protocols_get_no_answer),
		cmocka_unit_test(an_end_waits_for_the_answer),
		cmocka_unit_test(an_end_inside_a_request_ends_all),
		cmocka_unit_test(without_keep_alive_it_ends),
	};

	return cmocka_run_group_tests_name("https, clients", tests, NULL, NULL);
}
