/* SPDX-License-Identifier: Apache-2.0 */
/* The https plugin's limits and own answers: times, sizes, rates, redirects, HSTS, pages, policies, draining. */
#include "https_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static void half_a_head_is_408(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_pass(f, 3600000); /* silence is the core's affair */
	fake_text(client, "GET / HTTP/1.1\r\nHo");
	fake_pass(f, 6000);
	fake_text(client, "st: a");
	assert_int_equal(client->got_n, 0);
	fake_pass(f, 5000);
	assert_true(starts(client, "HTTP/1.1 408 "));
	assert_null(client->link);
	fake_destroy(f);
}

static void a_whole_head_has_no_deadline(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, "GET / HTTP/1.1\r\n");
	fake_text(client, "Host: a\r\n\r\n");
	fake_pass(f, 11000);
	fake_text(fake_server(client, 0), OK(0));
	assert_non_null(client->link);
	fake_destroy(f);
}

static void bodies_have_a_limit(void **state)
{
	struct options o = play_options();
	struct fake *f;
	struct fake_peer *client;

	(void)state;
	o.body = 8;
	f = play(&o);
	client = fake_client(f, false);
	fake_text(client, POST(9));
	assert_true(starts(client, "HTTP/1.1 413 "));
	assert_null(client->link);
	assert_int_equal(f->routes, 0);
	assert_string_equal(f->last_access,
			    "method=POST host=a.example path=/ version=HTTP/1.1 status=413 bytes_in=0 bytes_out=0 ");
	client = fake_client(f, false);
	fake_text(client, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n");
	fake_text(client, "1\r\n9\r\n");
	assert_true(starts(client, "HTTP/1.1 413 "));
	assert_null(client->link);
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

static void heads_have_a_limit(void **state)
{
	struct options o = play_options();
	struct fake *f;
	struct fake_peer *client;
	char *line = malloc(70000);

	(void)state;
	o.fields = 10;
	f = play(&o);
	client = fake_client(f, false);
	fake_text(client, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (int i = 0; i < 10; i++)
		fake_text(client, "X: y\r\n");
	fake_text(client, "\r\n");
	assert_true(starts(client, "HTTP/1.1 431 "));
	memset(line, 'a', 69999);
	line[69999] = '\0';
	client = fake_client(f, false);
	fake_text(client, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
	fake_text(client, line);
	assert_true(starts(client, "HTTP/1.1 431 "));
	client = fake_client(f, false);
	fake_text(client, "GET /");
	fake_text(client, line);
	assert_true(starts(client, "HTTP/1.1 414 "));
	free(line);
	fake_destroy(f);
}

static void a_connection_has_a_last_request(void **state)
{
	struct options o = play_options();
	struct fake *f;
	struct fake_peer *client;

	(void)state;
	o.per_connection = 2;
	f = play(&o);
	client = fake_client(f, false);
	fake_text(client, GET);
	fake_text(fake_server(client, 0), OK(0));
	assert_int_equal(times(client, "Connection: close"), 0);
	fake_text(client, GET);
	fake_text(fake_server(client, 1), OK(0));
	assert_int_equal(times(client, "\r\nConnection: close\r\n"), 1);
	assert_null(client->link);
	assert_int_equal(f->reuses, 2);
	fake_destroy(f);
}

static void sources_have_a_rate(void **state)
{
	struct options o = play_options();
	struct fake *f;
	struct fake_peer *client;

	(void)state;
	o.rate = 1;
	f = play(&o);
	client = fake_client(f, false);
	fake_text(client, GET);
	fake_text(fake_server(client, 0), OK(0));
	fake_forget(client);
	fake_text(client, GET);
	assert_true(starts(client, "HTTP/1.1 429 Too Many Requests\r\n"));
	assert_int_equal(times(client, "\r\nRetry-After: 1\r\n"), 1);
	assert_non_null(client->link);
	assert_non_null(strstr(f->last_access, "path=/ version=HTTP/1.1 status=429 "));
	fake_pass(f, 1000);
	fake_text(client, GET);
	assert_int_equal(f->routes, 2);
	fake_destroy(f);
}

static void plain_requests_are_redirected(void **state)
{
	struct options o = play_options();
	struct fake *f;
	struct fake_peer *client;

	(void)state;
	o.redirect = REDIRECT_HTTPS;
	o.hsts = "max-age=1";
	f = play(&o);
	client = fake_client(f, false);
	fake_text(client, "GET /a/../b?c=%0a HTTP/1.1\r\nHost: A.example:80\r\n\r\n");
	assert_true(starts(client, "HTTP/1.1 301 "));
	assert_int_equal(times(client, "\r\nLocation: https://a.example/b?c=%0a\r\n"), 1);
	assert_int_equal(times(client, "Strict-Transport-Security"), 0);
	fake_forget(client);
	fake_text(client, POST(0));
	assert_true(starts(client, "HTTP/1.1 308 "));
	client = fake_client_by(f, LG_TLS);
	fake_text(client, GET);
	fake_text(fake_server(client, 0), OK(0));
	assert_int_equal(times(client, "\r\nStrict-Transport-Security: max-age=1\r\n"), 1);
	fake_destroy(f);
}

static bool replies(struct lg_exchange *x, struct lg_reply *reply)
{
	static const struct lg_header headers[] = {
		{ { "X-A", 3 }, { "1", 1 } },
		{ { "Content-Length", 14 }, { "5", 1 } },
		{ { "X-B", 3 }, { "1\r\nX-C: 2", 9 } },
	};

	reply->code = strcmp(fake_fact(x, "path"), "/drop") == 0 ? 0 : 403;
	reply->headers = headers;
	reply->nheaders = 3;
	return true;
}

static void policies_answer(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	f->policy = replies;
	fake_text(client, GET);
	assert_string_equal(client->got, "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\n"
					 "Content-Length: 14\r\nX-A: 1\r\n\r\n403 Forbidden\n");
	fake_forget(client);
	fake_text(client, HEADS);
	assert_true(ends(client, "X-A: 1\r\n\r\n"));
	assert_non_null(client->link);
	fake_forget(client);
	fake_text(client, POST(4) "body" GET);
	assert_int_equal(times(client, "HTTP/1.1 403 "), 2);
	assert_non_null(client->link);
	fake_forget(client);
	fake_text(client, POST(70000));
	assert_int_equal(times(client, "\r\nConnection: close\r\n"), 1);
	assert_null(client->link);
	client = fake_client(f, false);
	fake_text(client, "GET /drop HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(client->got_n, 0);
	assert_null(client->link);
	fake_destroy(f);
}

static void overload_is_503(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	f->no_memory = true;
	fake_text(client, GET);
	assert_true(starts(client, "HTTP/1.1 503 "));
	assert_null(client->link);
	fake_destroy(f);
}

static void pages_can_be_replaced(void **state)
{
	char dir[] = "/tmp/pages-XXXXXX", name[64];
	struct options o = play_options();
	struct fake *f;
	struct fake_peer *client;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(name, sizeof(name), "%s/503.html", dir);
	file = fopen(name, "w");
	assert_non_null(file);
	fputs("<p>later</p>", file);
	fclose(file);
	o.pages = dir;
	f = play(&o);
	unlink(name);
	rmdir(dir);
	f->down[0] = f->down[1] = f->down[2] = true;
	client = fake_client(f, false);
	fake_text(client, GET);
	assert_int_equal(times(client, "Content-Type: text/html; charset=utf-8\r\nContent-Length: 12\r\n"), 1);
	assert_true(ends(client, "\r\n\r\n<p>later</p>"));
	fake_destroy(f);
}

static void draining(void **state)
{
	struct fake *f = play(NULL);
	struct fake_peer *idle = fake_client(f, false), *busy = fake_client(f, false), *server;

	(void)state;
	fake_text(busy, GET);
	server = fake_server(busy, 0);
	lychgate_plugin.drain(idle->link);
	lychgate_plugin.drain(busy->link);
	lychgate_plugin.drain(server->link);
	fake_text(server, OK(2) "ok");
	assert_int_equal(times(busy, "\r\nConnection: close\r\n"), 1);
	assert_true(ends(busy, "ok"));
	assert_null(busy->link);
	assert_null(idle->link);
	fake_destroy(f);
}

static void a_cookie_is_set_once(void **state)
{
	struct options o = play_options();
	struct fake *f;
	struct fake_peer *client;
	char request[256], *value;

	(void)state;
	o.cookie.name = "MS-WSMAN";
	f = play(&o);
	client = fake_client(f, false);
	fake_text(client, GET);
	fake_text(fake_server(client, 0), OK(0));
	assert_int_equal(times(client, "\r\nSet-Cookie: MS-WSMAN="), 1);
	value = strstr(client->got, "MS-WSMAN=");
	snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: a\r\nCookie: a=b; %.*s\r\n\r\n",
		 (int)strcspn(value, ";\r"), value);
	fake_forget(client);
	fake_text(client, request);
	fake_text(fake_server(client, 1), OK(0));
	assert_int_equal(times(client, "Set-Cookie"), 0);
	fake_text(client, "GET / HTTP/1.1\r\nHost: a\r\nCookie: MS-WSMAN=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n");
	fake_text(fake_server(client, 2), OK(0));
	assert_int_equal(times(client, "\r\nSet-Cookie: MS-WSMAN="), 1);
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_a_head_is_408),
		cmocka_unit_test(a_whole_head_has_no_deadline),
		cmocka_unit_test(bodies_have_a_limit),
		cmocka_unit_test(heads_have_a_limit),
		cmocka_unit_test(a_connection_has_a_last_request),
		cmocka_unit_test(sources_have_a_rate),
		cmocka_unit_test(plain_requests_are_redirected),
		cmocka_unit_test(policies_answer),
		cmocka_unit_test(overload_is_503),
		cmocka_unit_test(pages_can_be_replaced),
		cmocka_unit_test(draining),
		cmocka_unit_test(a_cookie_is_set_once),
	};

	return cmocka_run_group_tests_name("https, limits and own answers", tests, NULL, NULL);
}
