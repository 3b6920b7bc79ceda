/* SPDX-License-Identifier: Apache-2.0 */
/* The https plugin and what signs in a connection: from the first sign on, a server's link is one client's alone. */
#include "https_play.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#define WITH(line)   "GET / HTTP/1.1\r\nHost: a.example\r\n" line "\r\n\r\n"
#define ASKS(scheme) "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: " scheme "\r\nContent-Length: 0\r\n\r\n"

/* What another client gets is none of this session's links. */
static void assert_is_private(struct fake *f, const struct fake_peer *client, const struct fake_peer *server)
{
	struct fake_peer *other = fake_client(f, false);

	assert_true(server->kept);
	assert_null(fake_idle(f, server->server));
	for (unsigned i = 0; i < 2 * FAKE_SERVERS; i++) {
		fake_text(other, GET);
		for (unsigned k = 0; k < FAKE_SERVERS; k++) {
			struct fake_peer *theirs = fake_server(other, k);

			if (!theirs)
				continue;
			assert_ptr_not_equal(theirs, server);
			fake_text(theirs, OK(0));
		}
	}
	assert_non_null(client->link);
}

static void assert_goes_to(struct fake_peer *client, struct fake_peer *server, const char *request)
{
	fake_forget(server);
	fake_text(client, request);
	assert_int_equal(times(server, " HTTP/1.1\r\n"), 1);
	fake_text(server, OK(2) "ok");
	assert_true(ends(client, "ok"));
}

static void credentials_keep_the_link(void **state)
{
	static const char *const signs[] = {
		WITH("Authorization: NTLM TlRMTVNTUAAB"),
		WITH("authorization: negotiate YII"),
		WITH("Proxy-Authorization: NTLM TlRMTVNTUAAB"),
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		struct fake *f = play(NULL);
		struct fake_peer *client = fake_client(f, false), *server;

		fake_text(client, signs[i]);
		assert_true(f->last_flags & LG_STAY);
		server = fake_server(client, 0);
		fake_text(server, OK(0));
		assert_is_private(f, client, server);
		for (int k = 0; k < 5; k++)
			assert_goes_to(client, server, GET);
		fake_destroy(f);
	}
}

static void a_challenge_keeps_the_link(void **state)
{
	static const char *const challenges[] = {
		ASKS("NTLM"),
		ASKS("Negotiate"),
		ASKS("Basic realm=\"a, b\", NTLM"),
		ASKS("Basic realm=x\r\nWWW-Authenticate: Negotiate oYG2"),
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(challenges) / sizeof(*challenges); i++) {
		struct fake *f = play(NULL);
		struct fake_peer *client = fake_client(f, false), *server;

		fake_text(client, GET);
		server = fake_server(client, 0);
		fake_text(server, challenges[i]);
		assert_true(starts(client, "HTTP/1.1 401 "));
		assert_non_null(client->link);
		assert_is_private(f, client, server);
		assert_goes_to(client, server, WITH("Authorization: NTLM TlRMTVNTUAAD"));
		assert_goes_to(client, server, GET);
		assert_goes_to(client, server, POST(0));
		fake_destroy(f);
	}
}

static void other_schemes_share(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fake_text(client, WITH("Authorization: Bearer NTLM"));
	server = fake_server(client, 0);
	fake_text(server, ASKS("Basic realm=\"NTLM\""));
	assert_ptr_equal(fake_idle(f, 0), server);
	fake_text(client, WITH("Authorization: Basic bnRsbQ=="));
	assert_false(f->last_flags & LG_STAY);
	fake_destroy(f);
}

static void the_pair_ends_together(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fake_text(client, GET);
	server = fake_server(client, 0);
	fake_text(server, ASKS("NTLM"));
	fake_kill(server);
	assert_null(client->link);

	client = fake_client(f, false);
	fake_text(client, WITH("Authorization: NTLM TlRMTVNTUAAB"));
	server = fake_server(client, 1);
	fake_text(server, OK(0));
	fake_kill(client);
	assert_null(server->link);
	fake_destroy(f);
}

/* A server that ends its link behind the answer ends the client's: what comes next would not be signed in. */
static void a_closing_server_closes_the_client(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fake_text(client, WITH("Authorization: NTLM TlRMTVNTUAAB"));
	server = fake_server(client, 0);
	fake_text(server, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
	assert_int_equal(times(client, "\r\nConnection: close\r\n"), 1);
	assert_true(ends(client, "ok"));
	assert_null(client->link);
	fake_destroy(f);
}

/* The first leg of a POST with Expect: the challenge must not end what it is for. */
static void a_challenge_before_the_body(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fake_text(client, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n"
			  "Authorization: NTLM TlRMTVNTUAAB\r\n\r\n");
	server = fake_server(client, 0);
	fake_text(server, ASKS("NTLM TlRMTVNTUAAC"));
	assert_true(starts(client, "HTTP/1.1 401 "));
	assert_int_equal(times(client, "Connection: close"), 0);
	assert_non_null(client->link);
	fake_text(client, "body");
	assert_true(ends(server, "body"));
	assert_goes_to(client, server, GET);
	fake_destroy(f);
}

static void too_many_are_refused(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	f->kept = 0;
	fake_text(client, WITH("Authorization: NTLM TlRMTVNTUAAB"));
	assert_true(starts(client, "HTTP/1.1 503 "));
	assert_int_equal(f->open, 0);
	assert_null(fake_idle(f, 0));
	fake_destroy(f);

	f = play(NULL);
	f->kept = 0;
	client = fake_client(f, false);
	fake_text(client, GET);
	fake_text(fake_server(client, 0), ASKS("NTLM"));
	assert_true(starts(client, "HTTP/1.1 503 "));
	assert_null(fake_idle(f, 0));
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(credentials_keep_the_link),
		cmocka_unit_test(a_challenge_keeps_the_link),
		cmocka_unit_test(other_schemes_share),
		cmocka_unit_test(the_pair_ends_together),
		cmocka_unit_test(a_closing_server_closes_the_client),
		cmocka_unit_test(a_challenge_before_the_body),
		cmocka_unit_test(too_many_are_refused),
	};

	return cmocka_run_group_tests_name("https, NTLM and Negotiate", tests, NULL, NULL);
}
