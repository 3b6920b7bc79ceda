/* SPDX-License-Identifier: Apache-2.0 */
/* test_https_head.c: heads good and bad, each cut at every byte. */
#include "https_read.h"

#include <stdio.h>

static struct head_field fields[HEAD_FIELDS];

#define GET  "GET /a HTTP/1.1\r\n"
#define POST "POST /a HTTP/1.1\r\n"
#define HOST "Host: a.example\r\n"
#define END  "\r\n"
#define OK   "HTTP/1.1 200 OK\r\n"

struct good {
	const char *text;
	enum head_framing framing;
	uint64_t length;
	bool keep, upgrade, expect;
	unsigned nfields;
};

static const struct good requests[] = {
	{ GET HOST END, BODY_NONE, 0, true, .nfields = 1 },
	{ "\r\n" GET HOST END, BODY_NONE, 0, true, .nfields = 1 },
	{ "\r\n\r\n" GET HOST END, BODY_NONE, 0, true, .nfields = 1 },
	{ GET HOST END "GET /b", BODY_NONE, 0, true, .nfields = 1 },
	{ GET "hOsT:a.example" END END, BODY_NONE, 0, true, .nfields = 1 },
	{ GET HOST "Connection: close\r\n" END, BODY_NONE, 0, false, .nfields = 2 },
	{ GET HOST "Connection: X, CLOSE\r\n" END, BODY_NONE, 0, false, .nfields = 2 },
	{ GET HOST "X:\r\nY: \t \r\nZ: \t1 2\t \r\n" END, BODY_NONE, 0, true, .nfields = 4 },
	{ "GET /a HTTP/1.0\r\n" END, BODY_NONE, 0, false, .nfields = 0 },
	{ "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n" END, BODY_NONE, 0, true, .nfields = 1 },
	{ POST HOST "Content-Length: 0\r\n" END, BODY_NONE, 0, true, .nfields = 2 },
	{ POST HOST "Content-Length: 12\r\n" END "hello", BODY_LENGTH, 12, true, .nfields = 2 },
	{ POST HOST "content-length:  007 \r\n" END, BODY_LENGTH, 7, true, .nfields = 2 },
	{ POST HOST "Transfer-Encoding: chunked\r\n" END, BODY_CHUNKED, 0, true, .nfields = 2 },
	{ POST HOST "transfer-ENCODING:Chunked\r\n" END "0\r\n", BODY_CHUNKED, 0, true, .nfields = 2 },
	{ POST HOST "Expect: 100-Continue\r\nContent-Length: 1\r\n" END, BODY_LENGTH, 1, true, .expect = true,
	  .nfields = 3 },
	{ "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n" END, BODY_LENGTH, 1, false, .nfields = 2 },
	{ "RPC_IN_DATA /rpc/rpcproxy.dll?fe1:6001 HTTP/1.1\r\n" HOST "Content-Length: 1073741824\r\n" END, BODY_LENGTH,
	  1073741824, true, .nfields = 2 },
	{ "M-SEARCH * HTTP/1.1\r\n" HOST END, BODY_NONE, 0, true, .nfields = 1 },
	{ "SOURCE /a HTTP/1.1\r\n" HOST END, BODY_NONE, 0, true, .nfields = 1 },
	{ "OPTIONS * HTTP/1.1\r\n" HOST END, BODY_NONE, 0, true, .nfields = 1 },
	{ "GET http://b.example/x?y HTTP/1.1\r\n" HOST END, BODY_NONE, 0, true, .nfields = 1 },
	{ GET HOST "Connection: Upgrade\r\nUpgrade: WebSocket\r\n" END, BODY_NONE, 0, true, .upgrade = true,
	  .nfields = 3 },
	{ GET HOST "Upgrade: websocket\r\n" END, BODY_NONE, 0, true, .nfields = 2 },
	{ GET HOST "Connection: Upgrade\r\nUpgrade: h2c\r\n" END, BODY_NONE, 0, true, .nfields = 3 },
	{ POST HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n" END, BODY_NONE, 0, true, .nfields = 3 },
	{ GET HOST "Content-Length: 1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" END, BODY_LENGTH, 1, true,
	  .nfields = 4 },
	{ GET HOST "X: \xC3\xA4 \"a:b\", c\r\n" END, BODY_NONE, 0, true, .nfields = 2 },
	{ GET HOST "Connection: keep-alive\r\nConnection: close\r\n" END, BODY_NONE, 0, false, .nfields = 3 },
};

static const struct good answers[] = {
	{ OK END, BODY_CLOSE, 0, false, .nfields = 0 },
	{ OK "Content-Length: 5\r\n" END, BODY_LENGTH, 5, true, .nfields = 1 },
	{ OK "Content-Length: 0\r\n" END, BODY_NONE, 0, true, .nfields = 1 },
	{ OK "Transfer-Encoding: chunked\r\n" END, BODY_CHUNKED, 0, true, .nfields = 1 },
	{ OK "Connection: close\r\nContent-Length: 5\r\n" END, BODY_LENGTH, 5, false, .nfields = 2 },
	{ "HTTP/1.1 200\r\nContent-Length: 5\r\n" END, BODY_LENGTH, 5, true, .nfields = 1 },
	{ "HTTP/1.1 200 \r\nContent-Length: 5\r\n" END, BODY_LENGTH, 5, true, .nfields = 1 },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n" END, BODY_LENGTH, 5, false, .nfields = 1 },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n" END, BODY_LENGTH, 5, true,
	  .nfields = 2 },
	{ "HTTP/1.1 100 Continue\r\n" END, BODY_NONE, 0, true, .nfields = 0 },
	{ "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n" END, BODY_NONE, 0, true, .nfields = 1 },
	{ "HTTP/1.1 204 No Content\r\n" END, BODY_NONE, 0, true, .nfields = 0 },
	{ "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n" END, BODY_NONE, 0, true, .nfields = 1 },
	{ "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n" END, BODY_NONE, 99, true, .nfields = 1 },
	{ "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n" END, BODY_NONE, 0, true, .nfields = 1 },
	{ "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" END, BODY_NONE, 0, true,
	  .upgrade = true, .nfields = 2 },
	{ "HTTP/1.1 200 \xC3\xA4\tb\r\nContent-Length: 5\r\n" END, BODY_LENGTH, 5, true, .nfields = 1 },
};

static const struct good answers_to_head[] = {
	{ OK END, BODY_NONE, 0, true, .nfields = 0 },
	{ OK "Content-Length: 5\r\n" END, BODY_NONE, 5, true, .nfields = 1 },
	{ OK "Transfer-Encoding: chunked\r\n" END, BODY_NONE, 0, true, .nfields = 1 },
	{ OK "Content-Length: 5\r\nConnection: close\r\n" END, BODY_NONE, 5, false, .nfields = 2 },
};

static void check_good(enum head_kind kind, const struct good *g)
{
	struct head h;

	if (read_cut(&h, kind, fields, g->text, strlen(g->text)) != HEAD_OK)
		fail_msg("refused (%s): %s", h.reason ? h.reason : "more", g->text);
	assert_int_equal(h.framing, g->framing);
	assert_int_equal(h.length, g->length);
	assert_int_equal(h.keep, g->keep);
	assert_int_equal(h.upgrade, g->upgrade);
	assert_int_equal(h.expect, g->expect);
	assert_int_equal(h.nfields, g->nfields);
	assert_int_equal(h.size, (size_t)(strstr(g->text + h.at, END END) + 4 - g->text));
}

static void good_ones_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++)
		check_good(HEAD_REQUEST, &requests[i]);
	for (size_t i = 0; i < COUNT(answers); i++)
		check_good(HEAD_ANSWER, &answers[i]);
	for (size_t i = 0; i < COUNT(answers_to_head); i++)
		check_good(HEAD_ANSWER_TO_HEAD, &answers_to_head[i]);
}

struct bad {
	int code;
	const char *text;
	size_t n; /* 0: to the end of the text */
};

#define WITH_ZERO(s) s, sizeof(s) - 1

static const struct bad bad_requests[] = {
	/* Framing. */
	{ 400, POST HOST "Content-Length: 1\r\nContent-Length: 2\r\n" END },
	{ 400, POST HOST "Content-Length: 1\r\nContent-Length: 1\r\n" END },
	{ 400, POST HOST "Content-Length: 1, 1\r\n" END },
	{ 400, POST HOST "Content-Length: 1,2\r\n" END },
	{ 400, POST HOST "Content-Length:\r\n" END },
	{ 400, POST HOST "Content-Length: +1\r\n" END },
	{ 400, POST HOST "Content-Length: -1\r\n" END },
	{ 400, POST HOST "Content-Length: 0x1\r\n" END },
	{ 400, POST HOST "Content-Length: 1 2\r\n" END },
	{ 400, POST HOST "Content-Length: 1a\r\n" END },
	{ 400, POST HOST "Content-Length: 1.0\r\n" END },
	{ 400, POST HOST "Content-Length: 18446744073709551616\r\n" END },
	{ 400, POST HOST "Content-Length: 9223372036854775808\r\n" END },
	{ 400, POST HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END },
	{ 400, POST HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" END },
	{ 400, POST HOST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n" END },
	{ 400, POST HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" END },
	{ 400, POST HOST "Transfer-Encoding: chunked, chunked\r\n" END },
	{ 400, POST HOST "Transfer-Encoding: identity\r\n" END },
	{ 400, POST HOST "Transfer-Encoding: gzip\r\n" END },
	{ 501, POST HOST "Transfer-Encoding: gzip, chunked\r\n" END },
	{ 400, POST HOST "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n" END },
	{ 400, POST HOST "Transfer-Encoding: chunked, gzip\r\n" END },
	{ 400, POST HOST "Transfer-Encoding: xchunked\r\n" END },
	{ 400, POST HOST "Transfer-Encoding: chunkedx\r\n" END },
	{ 400, POST HOST "Transfer-Encoding: \"chunked\"\r\n" END },
	{ 400, POST HOST "Transfer-Encoding: chunked;q=1\r\n" END },
	{ 400, POST HOST "Transfer-Encoding: chunked,\r\n" END },
	{ 400, POST HOST "Transfer-Encoding: , chunked\r\n" END },
	{ 400, POST HOST "Transfer-Encoding: \x0B"
			 "chunked\r\n" END },
	{ 400, POST HOST "Transfer-Encoding:\r\n" END },
	{ 400, "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" END },
	{ 400, POST HOST "Transfer_Encoding: chunked\r\n" END },
	{ 400, POST HOST "Content_Length: 5\r\n" END },
	/* Names and lines. */
	{ 400, GET "Host : a.example\r\n" END },
	{ 400, GET HOST "Content-Length : 5\r\n" END },
	{ 400, GET HOST "Transfer-Encoding\t: chunked\r\n" END },
	{ 400, GET HOST " X: folded\r\n" END },
	{ 400, GET HOST "X: a\r\n folded\r\n" END },
	{ 400, GET HOST "X: a\r\n\tfolded\r\n" END },
	{ 400, GET " " HOST END },
	{ 400, GET HOST "X: a\n" END },
	{ 400, GET HOST "X: a\n\n" },
	{ 400, GET HOST "\n" },
	{ 400, "GET /a HTTP/1.1\n" HOST END },
	{ 400, "\n" GET HOST END },
	{ 400, GET HOST "X: a\rb\r\n" END },
	{ 400, GET HOST "X: a\r\r\n" END },
	{ 400, GET HOST "\rX: a\r\n" END },
	{ 400, GET HOST "X: a\r\n\r"
			"X\r\n" END },
	{ 400, "GET /a\r HTTP/1.1\r\n" HOST END },
	{ 400, "GET /a HTTP/1.1\r\r\n" HOST END },
	{ 400, "\r\r\n" GET HOST END },
	{ 400, WITH_ZERO(GET HOST "X: a\0b\r\n" END) },
	{ 400, WITH_ZERO(GET HOST "X\0: a\r\n" END) },
	{ 400, WITH_ZERO("GET /\0a HTTP/1.1\r\n" HOST END) },
	{ 400, GET HOST "X: a\x7F\r\n" END },
	{ 400, GET HOST "X: a\x01\r\n" END },
	{ 400, GET HOST "X\r\n" END },
	{ 400, GET HOST ": a\r\n" END },
	{ 400, GET HOST "X(: a\r\n" END },
	{ 400, GET HOST "X\xC3\xA4: a\r\n" END },
	{ 400, GET HOST "X Y: a\r\n" END },
	{ 400, "\r\n\r\n\r\n" GET HOST END },
	/* Host. */
	{ 400, GET HOST HOST END },
	{ 400, GET HOST "host: b.example\r\n" END },
	{ 400, GET END },
	{ 400, GET "Host:\r\n" END },
	{ 400, GET "Host: \t\r\n" END },
	{ 400, GET HOST "HTTP_HOST: b\r\nX: y\r\nContent_length: 1\r\n" END },
	/* The first line. */
	{ 400, "GET  /a HTTP/1.1\r\n" HOST END },
	{ 400, "GET /a  HTTP/1.1\r\n" HOST END },
	{ 400, "GET\t/a HTTP/1.1\r\n" HOST END },
	{ 400, "GET /a HTTP/1.1 \r\n" HOST END },
	{ 400, " GET /a HTTP/1.1\r\n" HOST END },
	{ 400, "GET /a\r\n" HOST END },
	{ 400, "GET\r\n" HOST END },
	{ 400, "GET HTTP/1.1\r\n" HOST END },
	{ 400, "GET /a b HTTP/1.1\r\n" HOST END },
	{ 400, "GET /\xC3\xA4 HTTP/1.1\r\n" HOST END },
	{ 400, "GET a HTTP/1.1\r\n" HOST END },
	{ 400, "GET /a http/1.1\r\n" HOST END },
	{ 400, "GET /a HTTP/1.11\r\n" HOST END },
	{ 400, "GET /a HTTP/1,1\r\n" HOST END },
	{ 400, "GET /a HTTP/01.1\r\n" HOST END },
	{ 400, "G(T /a HTTP/1.1\r\n" HOST END },
	{ 400, "\x80\x2e\x01\x03" },
	{ 501, "CONNECT a.example:443 HTTP/1.1\r\n" HOST END },
	{ 501, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ /a HTTP/1.1\r\n" HOST END },
	{ 505, "GET /a HTTP/1.2\r\n" HOST END },
	{ 505, "GET /a HTTP/2.0\r\n" HOST END },
	{ 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
	{ 505, "GET /a HTTP/0.9\r\n" HOST END },
	{ 400, "GET /a RTSP/1.0\r\n" HOST END },
	{ 400, "SOURCE /a ICE/1.0\r\n" HOST END },
	/* Others' words: no answer. */
	{ 0, WITH_ZERO("\x16\x03\x01\0\x05\x01\0\0\x01\0") },
	{ 0, "OPTIONS sip:a@example SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n" END },
	{ 0, "REGISTER sip:example SIP/2.0\r\n" END },
};

static const struct bad bad_answers[] = {
	{ 502, OK "Content-Length: 1\r\nContent-Length: 2\r\n" END },
	{ 502, OK "Content-Length: 1\r\nContent-Length: 1\r\n" END },
	{ 502, OK "Content-Length: -1\r\n" END },
	{ 502, OK "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n" END },
	{ 502, OK "Transfer-Encoding: gzip\r\n" END },
	{ 502, OK "Transfer-Encoding: gzip, chunked\r\n" END },
	{ 502, OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" END },
	{ 502, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n" END },
	{ 502, OK "X : a\r\n" END },
	{ 502, OK "X: a\r\n b\r\n" END },
	{ 502, OK "X: a\n" END },
	{ 502, OK "X: a\rb\r\n" END },
	{ 502, "\r\n" OK END },
	{ 502, " " OK END },
	{ 502, "GET / HTTP/1.1\r\n" END },
	{ 502, "HTTP/1.1 20 OK\r\n" END },
	{ 502, "HTTP/1.1 2000 OK\r\n" END },
	{ 502, "HTTP/1.1 099 OK\r\n" END },
	{ 502, "HTTP/1.1 2x0 OK\r\n" END },
	{ 502, "HTTP/1.1  200 OK\r\n" END },
	{ 502, "HTTP/1.1\t200 OK\r\n" END },
	{ 502, "HTTP/1.1 200OK\r\n" END },
	{ 502, "HTTP/1.1\r\n" END },
	{ 502, "HTTP/2 200\r\n" END },
	{ 502, "HTTP/2.0 200 OK\r\n" END },
	{ 502, "HTTP/1.1 200 O\x01K\r\n" END },
	{ 502, WITH_ZERO("HTTP/1.1 200 O\0K\r\n" END) },
	{ 502, "HTTP/1.1 204 No\r\nContent-Length: 5\r\n" END },
	{ 502, "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n" END },
	{ 502, "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n" END },
	{ 502, "HTTP/1.1 101 Switching\r\n" END },
	{ 502, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n" END },
	{ 502, "SSH-2.0-OpenSSH\r\n" },
};

static void check_bad(enum head_kind kind, const struct bad *b)
{
	struct head h;

	if (read_cut(&h, kind, fields, b->text, b->n ? b->n : strlen(b->text)) != HEAD_BAD)
		fail_msg("taken: %s", b->text);
	if (h.code != b->code)
		fail_msg("%d (%s), not %d: %s", h.code, h.reason, b->code, b->text);
	assert_non_null(h.reason);
}

static void bad_ones_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_requests); i++)
		check_bad(HEAD_REQUEST, &bad_requests[i]);
	for (size_t i = 0; i < COUNT(bad_answers); i++)
		check_bad(HEAD_ANSWER, &bad_answers[i]);
}

/* ---- Limits: what is just short enough, and one byte more ---- */

static char large[3 * READ_HEAD];

static enum head_verdict read_large(struct head *h, size_t n, const struct head_limits *limits, unsigned most)
{
	enum head_verdict whole, v = HEAD_MORE;
	struct head other;

	head_begin(h, HEAD_REQUEST, fields, most);
	whole = head_read(h, (struct lg_span){ large, n }, limits);
	head_begin(&other, HEAD_REQUEST, fields, most);
	for (size_t i = 0; i <= n && v == HEAD_MORE; i += i + 97 < n ? 97 : n - i > 0 ? n - i : 1)
		v = head_read(&other, (struct lg_span){ large, i }, limits);
	assert_int_equal(v, whole);
	assert_int_equal(other.code, h->code);
	return whole;
}

static size_t make_target(size_t line)
{
	size_t n = line - strlen("GET / HTTP/1.1");
	int at = sprintf(large, "GET /");

	memset(large + at, 'a', n);
	return (size_t)at + n + (size_t)sprintf(large + at + n, " HTTP/1.1\r\n" HOST END);
}

static void long_first_lines(void **state)
{
	struct head_limits limits = { .bytes = READ_HEAD, .line = 1000 };
	struct head h;

	(void)state;
	assert_int_equal(read_large(&h, make_target(998), &limits, 10), HEAD_OK);
	assert_int_equal(read_large(&h, make_target(999), &limits, 10), HEAD_BAD);
	assert_int_equal(h.code, 414);
	limits.line = 0;
	assert_int_equal(read_large(&h, make_target(HEAD_LINE - 2), &limits, 10), HEAD_OK);
	assert_int_equal(read_large(&h, make_target(HEAD_LINE + 1), &limits, 10), HEAD_BAD);
	assert_int_equal(h.code, 414);
}

static void long_heads(void **state)
{
	struct head_limits limits = { .bytes = 5000 };
	struct head h;
	size_t n = (size_t)sprintf(large, GET HOST "X: ");

	(void)state;
	memset(large + n, 'x', 5000 - n);
	memcpy(large + 4996, "\r\n\r\n", 5);
	assert_int_equal(read_large(&h, 5000, &limits, 10), HEAD_OK);
	memcpy(large + 4996, "x\r\n\r\n", 6);
	assert_int_equal(read_large(&h, 5001, &limits, 10), HEAD_BAD);
	assert_int_equal(h.code, 431);
}

static void many_fields(void **state)
{
	struct head h;
	size_t n = (size_t)sprintf(large, GET HOST);

	(void)state;
	for (int i = 1; i < 10; i++)
		n += (size_t)sprintf(large + n, "X%d: a\r\n", i);
	memcpy(large + n, "\r\n", 3);
	assert_int_equal(read_large(&h, n + 2, &read_limits, 10), HEAD_OK);
	assert_int_equal(read_large(&h, n + 2, &read_limits, 9), HEAD_BAD);
	assert_int_equal(h.code, 431);
}

static void many_names_in_connection(void **state)
{
	struct head h;

	(void)state;
	for (int more = 0; more < 2; more++) {
		size_t n = (size_t)sprintf(large, GET HOST "Connection: close\r\nConnection: x");

		for (int i = 2; i < HEAD_NAMED + more; i++)
			n += (size_t)sprintf(large + n, ",x");
		n += (size_t)sprintf(large + n, END END);
		assert_int_equal(read_large(&h, n, &read_limits, 10), more ? HEAD_BAD : HEAD_OK);
		assert_int_equal(h.code, more ? 400 : 0);
	}
}

/* ---- What can be asked ---- */

static void fields_are_found(void **state)
{
	static const char text[] =
		GET HOST "Cookie: a=1; b=\"2\"; c\r\nConnection: X-One, close\r\nx-one: 1\r\nX-Two: 2\r\n"
			 "X-TWO:  3 \r\nKeep-Alive: 5\r\n" END;
	const struct head_field *f;
	struct head h;

	(void)state;
	assert_int_equal(read_cut(&h, HEAD_REQUEST, fields, text, sizeof(text) - 1), HEAD_OK);
	same_text(head_text(text, h.method), "GET");
	same_text(head_text(text, h.target), "/a");
	same_text(head_text(text, h.host), "a.example");
	f = head_search(&h, text, TEXT("x-two"), NULL);
	same_text(head_value(text, f), "2");
	f = head_search(&h, text, TEXT("x-two"), f);
	same_text(head_value(text, f), "3");
	same_text((struct lg_span){ text + f->at, f->n }, "X-TWO:  3 \r\n");
	assert_null(head_search(&h, text, TEXT("x-two"), f));
	assert_true(head_hop(&h, text, head_search(&h, text, TEXT("X-One"), NULL)));
	assert_false(head_hop(&h, text, head_search(&h, text, TEXT("X-Two"), NULL)));
	assert_true(head_hop(&h, text, head_find(&h, FIELD_KEEP_ALIVE, NULL)));
	f = head_find(&h, FIELD_COOKIE, NULL);
	same_text(field_cookie(head_value(text, f), TEXT("a")), "1");
	same_text(field_cookie(head_value(text, f), TEXT("b")), "2");
	assert_null(field_cookie(head_value(text, f), TEXT("c")).p);
	assert_null(field_cookie(head_value(text, f), TEXT("A")).p);
	assert_true(head_is_idempotent(&h));
}

static void every_name_has_its_id(void **state)
{
	(void)state;
	for (unsigned id = FIELD_OTHER + 1; id < FIELD_IDS; id++)
		assert_int_equal(field_id(field_name((enum field_id)id)), id);
	assert_int_equal(field_id(TEXT("X-FORWARDED-for")), FIELD_X_FORWARDED_FOR);
	assert_int_equal(field_id(TEXT("x_forwarded_for")), FIELD_OTHER);
	assert_int_equal(field_disguised(TEXT("x_forwarded-for")), FIELD_X_FORWARDED_FOR);
	assert_int_equal(field_disguised(TEXT("x-forwarded-for")), FIELD_OTHER);
}

static void lists_are_parted(void **state)
{
	struct lg_span list = TEXT(" , a ,\"b,\\\",c\" , d"), member;

	(void)state;
	assert_true(field_next(&list, &member));
	same_text(member, "a");
	assert_true(field_next(&list, &member));
	same_text(member, "\"b,\\\",c\"");
	assert_true(field_next(&list, &member));
	same_text(member, "d");
	assert_false(field_next(&list, &member));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones_are_read), cmocka_unit_test(bad_ones_are_refused),
		cmocka_unit_test(long_first_lines),   cmocka_unit_test(long_heads),
		cmocka_unit_test(many_fields),        cmocka_unit_test(many_names_in_connection),
		cmocka_unit_test(fields_are_found),   cmocka_unit_test(every_name_has_its_id),
		cmocka_unit_test(lists_are_parted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
