/* SPDX-License-Identifier: Apache-2.0 */
/* test_https_forward.c: heads as they leave. */
#include "https_read.h"

#include <errno.h>
#include <stdio.h>

#include "plugins/https/forward.h"

static struct head_field fields[HEAD_FIELDS];
static struct splice splice;
static char out[256 * 1024];

static struct lg_span joined(void)
{
	size_t n = 0;

	for (unsigned i = 0; i < splice.n; i++) {
		assert_true(splice.pieces[i].n > 0);
		memcpy(out + n, splice.pieces[i].p, splice.pieces[i].n);
		n += splice.pieces[i].n;
	}
	assert_int_equal(n, splice_size(&splice));
	out[n] = '\0';
	return (struct lg_span){ out, n };
}

#define EDIT(n, v)                                                                                                     \
	{                                                                                                              \
		.name = TEXT(n), .value = TEXT(v)                                                                      \
	}
#define TAKE(n)                                                                                                        \
	{                                                                                                              \
		.name = TEXT(n)                                                                                        \
	}
#define EDIT_ANSWER(n, v)                                                                                              \
	{                                                                                                              \
		.name = TEXT(n), .value = TEXT(v), .answer = true                                                      \
	}
#define EDITS(e) .edits = (e), .nedits = COUNT(e)

static const struct lg_edit some_edits[] = { EDIT("x-a", "1"), EDIT("X-B", "2"), TAKE("x-c"), EDIT("X-A", "3"),
					     EDIT_ANSWER("x-d", "4") };
static const struct lg_edit own_edits[] = { EDIT("X-Forwarded-For", "1"), EDIT("X-Forwarded-Proto", "2"),
					    TAKE("forwarded") };
static const struct lg_edit framing_edits[] = {
	EDIT("Content-Length", "5"),
	EDIT("transfer-encoding", "chunked"),
	TAKE("host"),
	TAKE("content-length"),
	EDIT("X-E", "a\r\nContent-Length: 1"),
	EDIT("X F", "1"),
	EDIT("Content_Length", "1"),
	EDIT("connection", "x"),
};
static const struct lg_edit answer_edits[] = { EDIT("x-a", "1"), EDIT_ANSWER("Server", "none"),
					       EDIT_ANSWER("content-length", "1") };

#define FROM                                                                                                           \
	"X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: a.example\r\n"                    \
	"Forwarded: for=192.0.2.7;host=\"a.example\";proto=https\r\n"
#define HOST "Host: a.example\r\n"

static const struct {
	struct forward_request f;
	const char *in, *out;
} requests[] = {
	{ { .tls = true },
	  "GET /a HTTP/1.1\r\nhost:A.example\r\n\r\n",
	  "GET /a HTTP/1.1\r\nhost:A.example\r\n" FROM "\r\n" },
	{ { .tls = true }, "\r\nGET /a HTTP/1.1\r\n" HOST "\r\n", "GET /a HTTP/1.1\r\n" HOST FROM "\r\n" },
	/* The normal form. */
	{ { .tls = true }, "GET /a/../b?c HTTP/1.1\r\n" HOST "\r\n", "GET /b?c HTTP/1.1\r\n" HOST FROM "\r\n" },
	{ { .tls = true },
	  "GET https://a.example/?c HTTP/1.1\r\nX: 1\r\nHost: b\r\n\r\n",
	  "GET /?c HTTP/1.1\r\nX: 1\r\n" HOST FROM "\r\n" },
	{ { .tls = true }, "GET https://a.example HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\n" HOST FROM "\r\n" },
	{ { .tls = true }, "GET / HTTP/1.1\r\nHost: a.example.\r\n\r\n", "GET / HTTP/1.1\r\n" HOST FROM "\r\n" },
	/* One connection's fields. */
	{ { .tls = true },
	  "GET / HTTP/1.1\r\nConnection: X-A, close, Host, Cookie, content-length\r\n" HOST
	  "X-A: 1\r\nx-a: 2\r\nX-B: 3\r\nCookie: c\r\nTE: trailers\r\nKeep-Alive: 1\r\nProxy-Connection: x\r\n"
	  "Upgrade: h2c\r\nHTTP2-Settings: x\r\nContent-Length: 0\r\n\r\n",
	  "GET / HTTP/1.1\r\n" HOST "X-B: 3\r\nCookie: c\r\nContent-Length: 0\r\n" FROM "\r\n" },
	{ { .close = true },
	  "GET / HTTP/1.1\r\n" HOST "\r\n",
	  "GET / HTTP/1.1\r\n" HOST FROM "Connection: close\r\n\r\n" },
	{ { .close = true, .upgrade = true },
	  "GET / HTTP/1.1\r\n" HOST
	  "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: x\r\n\r\n",
	  "GET / HTTP/1.1\r\n" HOST "Sec-WebSocket-Key: x\r\n" FROM
	  "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n" },
	{ { .tls = true },
	  "GET / HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n",
	  "GET / HTTP/1.1\r\n" HOST FROM "\r\n" },
	/* Framing. */
	{ { .tls = true },
	  "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:  Chunked\r\nTrailer: X\r\n\r\n",
	  "POST / HTTP/1.1\r\n" HOST "Trailer: X\r\nTransfer-Encoding: chunked\r\n" FROM "\r\n" },
	{ { .tls = true },
	  "POST / HTTP/1.1\r\n" HOST "content-length: 007\r\nX: 1\r\n\r\n",
	  "POST / HTTP/1.1\r\n" HOST "Content-Length: 7\r\nX: 1\r\n" FROM "\r\n" },
	{ { EDITS(framing_edits) },
	  "POST / HTTP/1.1\r\n" HOST "Content-Length: 7\r\n\r\n",
	  "POST / HTTP/1.1\r\n" HOST "Content-Length: 7\r\n" FROM "\r\n" },
	/* Edits. */
	{ { EDITS(some_edits) },
	  "GET / HTTP/1.1\r\nX-B: 1\r\n" HOST "x-c: 1\r\nX-D: 1\r\nx-b: 1\r\n\r\n",
	  "GET / HTTP/1.1\r\n" HOST "X-D: 1\r\n" FROM "X-B: 2\r\nX-A: 3\r\n\r\n" },
	{ { EDITS(own_edits) },
	  "GET / HTTP/1.1\r\nx-forwarded-for: 9\r\n" HOST "\r\n",
	  "GET / HTTP/1.1\r\n" HOST
	  "X-Forwarded-Host: a.example\r\nX-Forwarded-For: 1\r\nX-Forwarded-Proto: 2\r\n\r\n" },
	/* Where it comes from. */
	{ { .tls = true },
	  "GET / HTTP/1.1\r\nX-Forwarded-For: 1\r\n" HOST "x-forwarded-for: 2\r\nForwarded: for=3\r\n"
	  "X-Forwarded-Proto: x\r\nX-Forwarded-Host: y\r\nX_Forwarded_For: 4\r\nX-Forwarded-Port: 5\r\n\r\n",
	  "GET / HTTP/1.1\r\n" HOST "X-Forwarded-Port: 5\r\n" FROM "\r\n" },
	{ { .forwarded = FORWARDED_APPEND },
	  "GET / HTTP/1.1\r\nX-Forwarded-For: 1 \r\n" HOST "x-forwarded-for: 2\r\nForwarded: for=3\r\n"
	  "X-Forwarded-Proto: http\r\nX-Forwarded-Host: y\r\nX_Forwarded_For: 4\r\n\r\n",
	  "GET / HTTP/1.1\r\nX-Forwarded-For: 1 \r\n" HOST "x-forwarded-for: 2, 192.0.2.7\r\n"
	  "Forwarded: for=3, for=192.0.2.7;host=\"a.example\";proto=https\r\n"
	  "X-Forwarded-Proto: http\r\nX-Forwarded-Host: y\r\n\r\n" },
	{ { .forwarded = FORWARDED_APPEND }, "GET / HTTP/1.1\r\n" HOST "\r\n", "GET / HTTP/1.1\r\n" HOST FROM "\r\n" },
	{ { .forwarded = FORWARDED_APPEND },
	  "GET / HTTP/1.1\r\n" HOST "X-Forwarded-For:\r\nForwarded: \r\n\r\n",
	  "GET / HTTP/1.1\r\n" HOST "X-Forwarded-For:192.0.2.7\r\n"
	  "Forwarded:for=192.0.2.7;host=\"a.example\";proto=https\r\n"
	  "X-Forwarded-Proto: https\r\nX-Forwarded-Host: a.example\r\n\r\n" },
	{ { .forwarded = FORWARDED_OFF },
	  "GET / HTTP/1.1\r\nX-Forwarded-For: 1\r\n" HOST "Forwarded: for=3\r\n\r\n",
	  "GET / HTTP/1.1\r\nX-Forwarded-For: 1\r\n" HOST "Forwarded: for=3\r\n\r\n" },
	{ { .source = TEXT("[2001:db8::1]:99") },
	  "GET / HTTP/1.1\r\nHost: a:81\r\n\r\n",
	  "GET / HTTP/1.1\r\nHost: a:81\r\nX-Forwarded-For: 2001:db8::1\r\nX-Forwarded-Proto: https\r\n"
	  "X-Forwarded-Host: a:81\r\nForwarded: for=\"[2001:db8::1]\";host=\"a:81\";proto=https\r\n\r\n" },
};

static void requests_leave(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct forward_request f = requests[i].f;
		struct target t;
		struct head h;

		f.tls = true;
		if (!f.source.p)
			f.source = TEXT("192.0.2.7:1234");
		assert_int_equal(read_cut(&h, HEAD_REQUEST, fields, requests[i].in, strlen(requests[i].in)), HEAD_OK);
		assert_int_equal(target_read(&t, &h, requests[i].in, true), 0);
		assert_int_equal(forward_request(&splice, &h, requests[i].in, &t, &f), 0);
		assert_string_equal(joined().p, requests[i].out);
		target_fini(&t);
	}
}

static const struct {
	struct forward_answer f;
	int ret;
	const char *in, *out;
	enum head_kind kind;
} answers[] = {
	{ { .minor = 1 },
	  0,
	  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" },
	{ { .minor = 0 },
	  0,
	  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n" },
	{ { .minor = 1, .close = true },
	  0,
	  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n" },
	{ { .minor = 1 },
	  0,
	  "HTTP/1.0 200 All right\r\nX: 1\r\n\r\n",
	  "HTTP/1.1 200 All right\r\nX: 1\r\nConnection: close\r\n\r\n" },
	{ { .minor = 1 },
	  0,
	  "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\nConnection: X\r\nX: 1\r\nKeep-Alive: 1\r\n\r\n",
	  "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n" },
	{ { .minor = 0 }, -EPROTO, "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n", NULL },
	{ { .minor = 1 }, -EPROTO, "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", NULL },
	{ { .minor = 1, .upgrade = true },
	  0,
	  "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
	  "HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n" },
	{ { .minor = 1, .close = true, .hsts = TEXT("max-age=1"), .lines = TEXT("Set-Cookie: a\r\n") },
	  0,
	  "HTTP/1.1 100 Continue\r\nX: 1\r\n\r\n",
	  "HTTP/1.1 100 Continue\r\nX: 1\r\n\r\n" },
	{ { .minor = 1 }, 0, "HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 204 No\r\n\r\n" },
	{ { .minor = 1 },
	  0,
	  "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n",
	  "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n" },
	{ { .minor = 1 },
	  0,
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
	  "HTTP/1.1 200 OK\r\n\r\n",
	  HEAD_ANSWER_TO_HEAD },
	{ { .minor = 1, .hsts = TEXT("max-age=1"), .lines = TEXT("Set-Cookie: a\r\n"), EDITS(answer_edits) },
	  0,
	  "HTTP/1.1 200 OK\r\nstrict-transport-security: max-age=0\r\nServer: x\r\nContent-Length: 5\r\nSet-Cookie: "
	  "b\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: b\r\nStrict-Transport-Security: max-age=1\r\n"
	  "Set-Cookie: a\r\nServer: none\r\n\r\n" },
};

static void answers_leave(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		enum head_kind kind = answers[i].kind ? answers[i].kind : HEAD_ANSWER;
		struct forward_answer f = answers[i].f;
		char lines[64] = "";
		struct head h;

		memcpy(lines, f.lines.p ? f.lines.p : "", f.lines.n);
		f.lines.p = lines;
		assert_int_equal(read_cut(&h, kind, fields, answers[i].in, strlen(answers[i].in)), HEAD_OK);
		assert_int_equal(forward_answer(&splice, &h, answers[i].in, &f), answers[i].ret);
		memset(lines, '?', sizeof(lines)); /* they are needed no longer */
		if (answers[i].ret == 0)
			assert_string_equal(joined().p, answers[i].out);
	}
}

/* Every second field goes: the most pieces that a head can make. */
static void many_changes(void **state)
{
	static char text[READ_HEAD];
	size_t n = (size_t)sprintf(text, "GET / HTTP/1.1\r\n" HOST);
	struct forward_request f = { .source = TEXT("192.0.2.7:1") };
	struct target t;
	struct head h;

	(void)state;
	for (int i = 1; i < HEAD_FIELDS; i++)
		n += (size_t)sprintf(text + n, i % 2 ? "Keep-Alive: 1\r\n" : "X: 1\r\n");
	n += (size_t)sprintf(text + n, "\r\n");
	head_begin(&h, HEAD_REQUEST, fields, HEAD_FIELDS);
	assert_int_equal(read_exactly(&h, text, n), HEAD_OK);
	assert_int_equal(target_read(&t, &h, text, true), 0);
	assert_int_equal(forward_request(&splice, &h, text, &t, &f), 0);
	assert_null(strstr(joined().p, "Keep-Alive"));
}

static void no_room(void **state)
{
	static char text[SPLICE_TEXT + 1];

	(void)state;
	splice_begin(&splice);
	splice_copy(&splice, (struct lg_span){ text, SPLICE_TEXT });
	assert_int_equal(splice_end(&splice), 0);
	splice_copy(&splice, (struct lg_span){ text, 1 });
	assert_int_equal(splice_end(&splice), -ENOSPC);
	splice_begin(&splice);
	for (unsigned i = 0; i < SPLICE_PIECES; i++)
		splice_put(&splice, (struct lg_span){ text + 2 * i, 1 });
	assert_int_equal(splice_end(&splice), 0);
	splice_put(&splice, (struct lg_span){ text, 1 });
	assert_int_equal(splice_end(&splice), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_leave),
		cmocka_unit_test(answers_leave),
		cmocka_unit_test(many_changes),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
