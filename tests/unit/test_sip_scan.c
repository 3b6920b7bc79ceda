/* SPDX-License-Identifier: Apache-2.0 */
/* test_sip_scan: framing, the index, each way to be malformed; and that no cut of the stream changes a result. */
#include "tests/fuzz/sip_oracle.h"
#include "tests/unit/sip_check.h"
#include "tests/unit/sip_feed.h"
#include "tests/unit/sip_samples.h"

#define LIMIT 4096

static void assert_oracle_agrees(const char *p, const struct sip_head *h)
{
	const char *differs = sip_oracle_differs(p, strlen(p), h);

	if (differs)
		fail_msg("libosip2 reads another %s: %s", differs, p);
}

/* ---- What is read ------------------------------------------------------------------------------------------ */

static const struct {
	const char *text;
	enum sip_kind kind;
	enum sip_method method;
	int status;
	const char *method_name, *uri, *reason, *call_id;
	uint32_t cseq;
	int64_t length;
	const char *branch, *from_tag, *to_tag;
	unsigned vias;
	bool lync;
} good[] = {
	{ SAMPLE_NEGOTIATE, SIP_REQUEST, SIP_NEGOTIATE, 0, "NEGOTIATE", "sip:127.0.0.1:5061", "", "6f7e0d1c2b3a4958", 1,
	  0, "", "1f", "", 1, false },
	{ SAMPLE_LYNC_REGISTER, SIP_REQUEST, SIP_REGISTER, 0, "REGISTER", "sip:corp.example", "",
	  "0b1c2d3e4f5061728394a5b6c7d8e9f0", 1, 0, "", "4c2a7d1e90", "", 1, true },
	{ SAMPLE_SERVICE, SIP_REQUEST, SIP_OTHER, 0, "SERVICE", "sip:ann@corp.example", "",
	  "33445566778899aabbccddeeff001122", 1, 21, "", "9a0b", "", 1, true },
	{ SAMPLE_BENOTIFY, SIP_REQUEST, SIP_BENOTIFY, 0, "BENOTIFY",
	  "sip:10.1.2.3:49152;transport=tls;ms-opaque=5d1c0e7a2f;ms-received-cid=2A00", "", "aa00bb11cc22", 4, 4,
	  "z9hG4bKAB12.CD34", "5500", "77", 1, true },
	{ SAMPLE_LYNC_200, SIP_RESPONSE, SIP_REGISTER, 200, "REGISTER", "", "OK", "0b1c2d3e4f5061728394a5b6c7d8e9f0", 1,
	  0, "", "4c2a7d1e90", "0E5F", 1, false },
	{ SAMPLE_INVITE, SIP_REQUEST, SIP_INVITE, 0, "INVITE", "sip:bob@sales.example", "",
	  "a84b4c76e66710@pc33.corp.example", 314159, 5, "z9hG4bKp1", "n1", "", 3, false },
	{ SAMPLE_COMPACT, SIP_REQUEST, SIP_OTHER, 0, "MESSAGE", "sip:bob@sales.example", "", "Compact@10.0.0.8", 2, 4,
	  "z9hG4bKc", "c1", "", 1, false },
	{ SAMPLE_FOLDED, SIP_REQUEST, SIP_OPTIONS, 0, "OPTIONS", "sip:bob@sales.example", "",
	  "folded.0ha0isndaksdj@10.0.0.1", 9, 0, "z9hG4bKf2", "f1", "", 3, false },
	{ SAMPLE_486, SIP_RESPONSE, SIP_INVITE, 486, "INVITE", "", "", "a84b4c76e66710@pc33.corp.example", 314159, -1,
	  "", "n1", "n2", 1, false },
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *p = good[i].text;
		struct sip_cursor c = { 0 };
		struct sip_head h;

		assert_int_equal(sip_scan(&h, &c, p, strlen(p), LIMIT), SIP_MESSAGE);
		assert_int_equal(h.kind, good[i].kind);
		assert_int_equal(h.method, good[i].method);
		assert_int_equal(h.status, good[i].status);
		assert_text(sip_text(p, h.method_name), good[i].method_name);
		assert_text(sip_text(p, h.uri), good[i].uri);
		assert_text(sip_text(p, h.reason), good[i].reason);
		assert_text(sip_text(p, h.call_id), good[i].call_id);
		assert_int_equal(h.cseq, good[i].cseq);
		assert_int_equal(h.content_length, good[i].length);
		assert_int_equal(h.head_n + h.body_n, strlen(p));
		assert_text(sip_branch(p, &h), good[i].branch);
		assert_text(sip_from_tag(p, &h), good[i].from_tag);
		assert_text(sip_to_tag(p, &h), good[i].to_tag);
		assert_int_equal(sip_via_count(p, &h), good[i].vias);
		assert_int_equal(sip_is_lync(p, &h), good[i].lync);
		assert_oracle_agrees(p, &h);
	}
}

static void test_hints(void **state)
{
	struct sip_cursor c = { 0 };
	struct sip_head h;

	(void)state;
	assert_int_equal(sip_scan(&h, &c, SAMPLE_NEGOTIATE, sizeof(SAMPLE_NEGOTIATE) - 1, LIMIT), SIP_MESSAGE);
	assert_true(h.has_compression);
	assert_false(h.has_credentials);
	assert_int_equal(sip_scan(&h, &c, SAMPLE_LYNC_REGISTER, sizeof(SAMPLE_LYNC_REGISTER) - 1, LIMIT), SIP_MESSAGE);
	assert_true(h.has_credentials);
	assert_false(h.has_compression);
	assert_false(h.has_content_type);
	assert_int_equal(sip_scan(&h, &c, SAMPLE_COMPACT, sizeof(SAMPLE_COMPACT) - 1, LIMIT), SIP_MESSAGE);
	assert_true(h.has_content_type);
}

/* What a hop needs besides: of headers that come on several lines the first. */
static void test_hop(void **state)
{
	static const char text[] =
		"INFO b SIP/2.0\r\nVia: SIP/2.0/TCP a\r\nf: a\r\nt: b\r\ni: 1\r\nCSeq: 1 INFO\r\n"
		"Route:\r\nROUTE : <sip:r1>,\r\n <sip:r2> \r\nMAX-FORWARDS: 0255\r\nRoute: c\r\n\r\n";
	struct sip_head h = scan_good(text);

	(void)state;
	assert_text(sip_text(text, h.route), "<sip:r1>,\r\n <sip:r2>");
	assert_text(sip_text(text, h.max_forwards), "0255");
	assert_int_equal(h.max_forwards_n, 255);
	h = scan_good(SAMPLE_NEGOTIATE);
	assert_text(sip_text(SAMPLE_NEGOTIATE, h.max_forwards), "0");
	assert_int_equal(h.max_forwards_n, 0);
	assert_int_equal(h.route.n, 0);
	h = scan_good(SAMPLE_486);
	assert_int_equal(h.max_forwards.n, 0);
	assert_int_equal(h.max_forwards_n, -1);
}

/* ---- What is refused ----------------------------------------------------------------------------------------- */

#define START  "MESSAGE sip:b@x.example SIP/2.0\r\n"
#define BASICS "Via: SIP/2.0/TCP a\r\nFrom: <sip:a@x.example>;tag=1\r\nTo: <sip:b@x.example>\r\n"
#define ID     "Call-ID: 1@a\r\n"
#define CSEQ   "CSeq: 1 MESSAGE\r\n"
#define LENGTH "Content-Length: 0\r\n"
#define END    "\r\n"

static const struct {
	const char *text;
	int code;
	bool answerable, framed;
	const char *reason;
} refused[] = {
	/* start lines */
	{ "\x16\x03\x01\x02", 400, 0, 0, "not SIP" },
	{ "GET / HTTP/1.1\r\n", 400, 0, 0, "not SIP" },
	{ "INVITE sip:\x01", 400, 0, 0, "not SIP" },
	{ " MESSAGE sip:b@x.example SIP/2.0\r\n", 400, 0, 0, "not SIP" },
	{ "MESSAGE sip:b@x.example\rSIP/2.0\r\n", 400, 0, 0, "not SIP" },
	{ "MESSAGE sip:b@x.example SIP/2.0\n", 400, 0, 0, "bare LF" },
	{ "\rMESSAGE sip:b@x.example SIP/2.0\r\n", 400, 0, 0, "bare CR" },
	{ "\nMESSAGE sip:b@x.example SIP/2.0\r\n", 400, 0, 0, "not SIP" },
	{ "MESSAGE  sip:b@x.example SIP/2.0\r\n" BASICS ID CSEQ LENGTH END, 400, 1, 1, "request line cannot be read" },
	{ "MESSAGE sip:b@x.example SIP/2.0 \r\n" BASICS ID CSEQ LENGTH END, 400, 1, 1, "request line cannot be read" },
	{ "MESSAGE sip:b @x.example SIP/2.0\r\n" BASICS ID CSEQ LENGTH END, 400, 1, 1, "request line cannot be read" },
	{ "MESSAGE SIP/2.0\r\n" BASICS ID CSEQ LENGTH END, 400, 1, 1, "request line cannot be read" },
	{ "MESS@GE sip:b@x.example SIP/2.0\r\n" BASICS ID CSEQ LENGTH END, 400, 1, 1, "method cannot be read" },
	{ "MESSAGE sip:b@x.example SIP/7.0\r\n" BASICS ID CSEQ LENGTH END, 505, 1, 1, "another version of SIP" },
	{ "MESSAGE sip:b@x.example SIP/2.00\r\n" BASICS ID CSEQ LENGTH END, 505, 1, 1, "another version of SIP" },
	{ "SIP/3.0 200 OK\r\n" BASICS ID CSEQ LENGTH END, 400, 0, 1, "response in another version of SIP" },
	{ "SIP/2.0 2000 OK\r\n" BASICS ID CSEQ LENGTH END, 400, 0, 1, "status line cannot be read" },
	{ "SIP/2.0  200 OK\r\n" BASICS ID CSEQ LENGTH END, 400, 0, 1, "status line cannot be read" },
	{ "SIP/2.0 20\r\n" BASICS ID CSEQ LENGTH END, 400, 0, 1, "status line cannot be read" },
	{ "SIP/2.0 2x0 OK\r\n" BASICS ID CSEQ LENGTH END, 400, 0, 1, "status code cannot be read" },
	{ "SIP/2.0 099 OK\r\n" BASICS ID CSEQ LENGTH END, 400, 0, 1, "status code cannot be read" },
	{ "MESSAGE <sip:b@x.example> SIP/2.0\r\n" BASICS ID CSEQ LENGTH END, 400, 1, 1, "Request-URI in <>" },
	{ "MESSAGE <sip:b@x.example SIP/2.0\r\n" BASICS ID CSEQ LENGTH END, 400, 1, 1, "Request-URI in <>" },
	{ "MESSAGE sip:b@x.example> SIP/2.0\r\n" BASICS ID CSEQ LENGTH END, 400, 1, 1, "Request-URI in <>" },
	/* lines */
	{ START " folded: x\r\n" BASICS ID CSEQ LENGTH END, 400, 0, 0, "folded start line" },
	{ START BASICS "Subject: x\n" ID CSEQ LENGTH END, 400, 0, 0, "bare LF" },
	{ START BASICS "Subject: x\r\n\ty\n" ID CSEQ LENGTH END, 400, 0, 0, "bare LF" },
	{ START BASICS ID CSEQ LENGTH "\n", 400, 0, 0, "bare LF" },
	{ START BASICS "Subject: x\ry\r\n" ID CSEQ LENGTH END, 400, 0, 0, "bare CR" },
	{ START BASICS "Subject: x\r\r\n" ID CSEQ LENGTH END, 400, 0, 0, "bare CR" },
	{ START BASICS "Subject: x\r\n \r\n" ID CSEQ LENGTH END, 400, 0, 0, "folded line without text" },
	{ START BASICS ID CSEQ "Content-Length\r\n : 0\r\n" END, 400, 0, 0, "header line without a colon" },
	{ START BASICS ID CSEQ LENGTH "junk\r\n" END, 400, 0, 0, "header line without a colon" },
	{ START BASICS ID CSEQ ": 0\r\n" LENGTH END, 400, 0, 0, "header name cannot be read" },
	{ START BASICS ID CSEQ "Content-Length\v: 0\r\n" END, 400, 0, 0, "header name cannot be read" },
	/* Content-Length */
	{ START BASICS ID CSEQ "Content-Length: -1\r\n" END, 400, 1, 0, "Content-Length cannot be read" },
	{ START BASICS ID CSEQ "Content-Length: +1\r\n" END, 400, 1, 0, "Content-Length cannot be read" },
	{ START BASICS ID CSEQ "Content-Length: 0x10\r\n" END, 400, 1, 0, "Content-Length cannot be read" },
	{ START BASICS ID CSEQ "Content-Length: 1 0\r\n" END, 400, 1, 0, "Content-Length cannot be read" },
	{ START BASICS ID CSEQ "Content-Length: 0, 0\r\n" END, 400, 1, 0, "Content-Length cannot be read" },
	{ START BASICS ID CSEQ "Content-Length:\r\n" END, 400, 1, 0, "Content-Length cannot be read" },
	{ START BASICS ID CSEQ "Content-Length: 4294967296\r\n" END, 400, 1, 0, "Content-Length cannot be read" },
	{ START BASICS ID CSEQ "Content-Length: 18446744073709551616\r\n" END, 400, 1, 0,
	  "Content-Length cannot be read" },
	{ START BASICS ID CSEQ LENGTH "l: 1\r\n" END, 400, 1, 0, "two different Content-Lengths" },
	{ START BASICS ID CSEQ "Content-Type: text/plain\r\n" END, 400, 1, 0, "Content-Type without Content-Length" },
	{ START BASICS ID CSEQ "c: text/plain\r\n" END, 400, 1, 0, "Content-Type without Content-Length" },
	/* Call-ID */
	{ START BASICS CSEQ LENGTH END, 400, 0, 1, "no Call-ID" },
	{ START BASICS "Call-ID:\r\n" CSEQ LENGTH END, 400, 0, 1, "no Call-ID" },
	{ START BASICS ID "i: 1@A\r\n" CSEQ LENGTH END, 400, 0, 1, "two different Call-IDs" },
	{ START BASICS "Call-ID: 1 @a\r\n" CSEQ LENGTH END, 400, 1, 1, "white space or control character in Call-ID" },
	{ START BASICS "Call-ID: 1\r\n @a\r\n" CSEQ LENGTH END, 400, 1, 1,
	  "white space or control character in Call-ID" },
	{ START BASICS "Call-ID: 1234567\x01@a\r\n" CSEQ LENGTH END, 400, 1, 1,
	  "white space or control character in Call-ID" },
	/* what every request has, and once */
	{ START "f: a\r\nt: b\r\n" ID CSEQ LENGTH END, 400, 0, 1, "no Via" },
	{ START "Via:\r\nf: a\r\nt: b\r\n" ID CSEQ LENGTH END, 400, 0, 1, "no Via" },
	{ START "v: a\r\nt: b\r\n" ID CSEQ LENGTH END, 400, 0, 1, "no From" },
	{ START "v: a\r\nf: a\r\n" ID CSEQ LENGTH END, 400, 0, 1, "no To" },
	{ START "v: a\r\nf:\r\nf: a\r\nt: b\r\n" ID CSEQ LENGTH END, 400, 0, 1, "two different Froms" },
	{ START BASICS "f: a\r\n" ID CSEQ LENGTH END, 400, 1, 1, "two different Froms" },
	{ START BASICS "To:\r\n" ID CSEQ LENGTH END, 400, 1, 1, "two different Tos" },
	{ "SIP/2.0 200 OK\r\n" BASICS "f: a\r\n" ID CSEQ LENGTH END, 400, 0, 1, "two different Froms" },
	/* Max-Forwards */
	{ START BASICS ID CSEQ "Max-Forwards: 256\r\n" LENGTH END, 400, 1, 1, "Max-Forwards cannot be read" },
	{ START BASICS ID CSEQ "Max-Forwards: 4294967296\r\n" LENGTH END, 400, 1, 1, "Max-Forwards cannot be read" },
	{ START BASICS ID CSEQ "Max-Forwards: -1\r\n" LENGTH END, 400, 1, 1, "Max-Forwards cannot be read" },
	{ START BASICS ID CSEQ "Max-Forwards: 70x\r\n" LENGTH END, 400, 1, 1, "Max-Forwards cannot be read" },
	{ START BASICS ID CSEQ "Max-Forwards: 7 0\r\n" LENGTH END, 400, 1, 1, "Max-Forwards cannot be read" },
	{ START BASICS ID CSEQ "Max-Forwards:\r\n" LENGTH END, 400, 1, 1, "Max-Forwards cannot be read" },
	/* CSeq */
	{ START BASICS ID LENGTH END, 400, 0, 1, "no CSeq" },
	{ START BASICS ID "CSeq: 1\r\n" LENGTH END, 400, 1, 1, "CSeq cannot be read" },
	{ START BASICS ID "CSeq: MESSAGE\r\n" LENGTH END, 400, 1, 1, "CSeq cannot be read" },
	{ START BASICS ID "CSeq: 1MESSAGE\r\n" LENGTH END, 400, 1, 1, "CSeq cannot be read" },
	{ START BASICS ID "CSeq: -1 MESSAGE\r\n" LENGTH END, 400, 1, 1, "CSeq cannot be read" },
	{ START BASICS ID "CSeq: 1 MESSAGE x\r\n" LENGTH END, 400, 1, 1, "CSeq cannot be read" },
	{ START BASICS ID "CSeq: 2147483648 MESSAGE\r\n" LENGTH END, 400, 1, 1, "CSeq cannot be read" },
	{ START BASICS ID "CSeq: 4294967296 MESSAGE\r\n" LENGTH END, 400, 1, 1, "CSeq cannot be read" },
	{ START BASICS ID "CSeq: 1 message\r\n" LENGTH END, 400, 1, 1, "CSeq names another method" },
	{ START BASICS ID "CSeq: 1 INVITE\r\n" LENGTH END, 400, 1, 1, "CSeq names another method" },
	{ START BASICS ID CSEQ "CSeq: 2 MESSAGE\r\n" LENGTH END, 400, 0, 1, "two different CSeqs" },
	/* nobody to answer, or no way to */
	{ START "From: <sip:a@x.example>\r\nTo: <sip:b@x.example>\r\n" ID LENGTH END, 400, 0, 1, "no CSeq" },
	{ START "Via: SIP/2.0/TCP a\r\nTo: <sip:b@x.example>\r\n" ID "CSeq: x\r\n" LENGTH END, 400, 0, 1,
	  "CSeq cannot be read" },
	{ "ACK sip:b@x.example SIP/2.0\r\n" BASICS ID "CSeq: 1 INVITE\r\n" LENGTH END, 400, 0, 1,
	  "CSeq names another method" },
	{ "BENOTIFY sip:b@x.example SIP/2.0\r\n" BASICS ID "CSeq: x\r\n" LENGTH END, 400, 0, 1, "CSeq cannot be read" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *p = refused[i].text;
		struct sip_cursor c = { 0 };
		struct sip_head h;

		if (sip_scan(&h, &c, p, strlen(p), LIMIT) != SIP_BAD)
			fail_msg("accepted: %s", p);
		if (strcmp(h.bad.reason, refused[i].reason) != 0)
			fail_msg("%s instead of %s: %s", h.bad.reason, refused[i].reason, p);
		if (h.bad.code != refused[i].code || h.bad.answerable != refused[i].answerable ||
		    h.bad.framed != refused[i].framed)
			fail_msg("%d, answerable %d, framed %d: %s", h.bad.code, h.bad.answerable, h.bad.framed, p);
		if (h.bad.framed)
			assert_int_equal(h.head_n, strlen(p));
	}
}

/* A NUL is a character as others only where a quoted string escapes it. */
static void test_nul(void **state)
{
	static const struct {
		const char *line;
		size_t n;
		bool good;
	} cases[] = {
#define LINE(text) text, sizeof(text) - 1
		{ LINE("X: \"BEL:\\\x07 NUL:\\\0 DEL:\\\x7f\" <sip:b>\r\n"), true },
		{ LINE("X: \"a\"\r\n \"\\\\\\\0\\\0\"\r\n"), true },
		{ LINE("X: \"a\r\n \\\0\r\n\t\"\r\n"), true },
		{ LINE("X: \\\0\r\n"), false },
		{ LINE("X: \"\0\"\r\n"), false },
		{ LINE("X: \"\\\\\0\"\r\n"), false },
		{ LINE("X: \"a\" \\\0 \"b\"\r\n"), false },
		{ LINE("X: \"\\\0\r\n"), false },
		{ LINE("X: \"\\\0\r\nY: \"\r\n"), false },
		{ LINE("X: \"\r\nY: \\\0\"\r\n"), false },
		{ LINE("X: \"\\\0\" \0\r\n"), false },
		{ LINE("X\0: a\r\n"), false },
		{ LINE("\0\r\n"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sip_cursor c = { 0 };
		char text[512];
		struct sip_head h;
		size_t n = sizeof(START BASICS) - 1;

		memcpy(text, START BASICS, n);
		memcpy(text + n, cases[i].line, cases[i].n);
		n += cases[i].n;
		memcpy(text + n, ID CSEQ END, sizeof(ID CSEQ END) - 1);
		n += sizeof(ID CSEQ END) - 1;
		if (sip_scan(&h, &c, text, n, LIMIT) != (cases[i].good ? SIP_MESSAGE : SIP_BAD))
			fail_msg("NUL %zu", i);
	}
}

static void test_bare_nul(void **state)
{
	static const char text[] = START BASICS "Subject: a\0b\r\n" ID CSEQ LENGTH END;
	struct sip_cursor c = { 0 };
	struct sip_head h;

	(void)state;
	assert_int_equal(sip_scan(&h, &c, text, sizeof(text) - 1, LIMIT), SIP_BAD);
	assert_string_equal(h.bad.reason, "NUL in the head");
	assert_false(h.bad.answerable);
	assert_false(h.bad.framed);
}

/* What looks odd and is let through. */
static void test_passed(void **state)
{
	static const char *const texts[] = {
		START BASICS ID CSEQ END,
		START BASICS ID ID CSEQ CSEQ LENGTH "l: 00\r\n" END,
		START "Via: nonsense;;;\"\r\nf: <\r\nt: \"<>\r\nRoute: ,\r\n" ID CSEQ END,
		START BASICS "X: \x01\x7f\xff\"<\r\n" ID "CSeq: 0002147483647\tMESSAGE\r\n" LENGTH END,
		START "v: a\r\nf:\r\nt:\r\nFrom:\r\n" ID CSEQ END,
		START BASICS ID CSEQ "Max-Forwards: 70\r\nMax-Forwards: 71\r\n" END,
		START BASICS BASICS "t: <sip:b@x.example>\r\n" ID CSEQ END,
		START BASICS "Max-Forwards: 070\r\nMAX-forwards : 70 \r\n" ID CSEQ END,
		"b.X.7 any:(\"<>\") SIP/2.0\r\n" BASICS ID "CSeq: 0 b.X.7\r\n" END,
		"MESSAGE b sip/2.0\r\n" BASICS ID CSEQ LENGTH END,
		"SIP/2.0 299\r\n" ID CSEQ END,
		"SIP/2.0 100 \r\nMax-Forwards: x\r\n" ID CSEQ END,
		"SIP/2.0 200 \xc3\xbc  x \r\n" ID "CSeq: 1 ANY.thing\r\n" END,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sip_cursor c = { 0 };
		struct sip_head h;

		if (sip_scan(&h, &c, texts[i], strlen(texts[i]), LIMIT) != SIP_MESSAGE)
			fail_msg("%s: %s", h.bad.reason, texts[i]);
		assert_oracle_agrees(texts[i], &h);
	}
}

/* The head may have exactly `limit` bytes; a body does not count. */
static void test_limit(void **state)
{
	struct sip_cursor c = { 0 };
	struct sip_head h;
	const char *p = SAMPLE_INVITE;
	size_t n = strlen(p), head_n = n - 5;

	(void)state;
	assert_int_equal(sip_scan(&h, &c, p, n, head_n), SIP_MESSAGE);
	assert_int_equal(sip_scan(&h, &c, p, n, head_n - 1), SIP_BAD);
	assert_int_equal(h.bad.code, 513);
	assert_true(h.bad.answerable);
	assert_false(h.bad.framed);
	assert_int_equal(sip_scan(&h, &c, p, n, 20), SIP_BAD);
	assert_int_equal(h.bad.code, 513);
	assert_false(h.bad.answerable);
}

/* ---- Datagrams ------------------------------------------------------------------------------------------------ */

#define TYPED START BASICS ID CSEQ "Content-Type: text/plain\r\n"

static void test_datagram(void **state)
{
	static const struct {
		const char *text;
		enum sip_result result;
		size_t body;
		const char *reason;
		bool answerable;
	} cases[] = {
		{ TYPED "\r\nbody", SIP_MESSAGE, 4, "", 0 },
		{ TYPED "\r\n", SIP_MESSAGE, 0, "", 0 },
		{ START BASICS ID CSEQ END "body", SIP_MESSAGE, 4, "", 0 },
		{ START BASICS ID CSEQ "l: 3\r\n\r\nbody", SIP_MESSAGE, 3, "", 0 },
		{ START BASICS ID CSEQ "l: 4\r\n\r\nbody", SIP_MESSAGE, 4, "", 0 },
		{ START BASICS ID CSEQ "l: 5\r\n\r\nbody", SIP_BAD, 5, "message is cut off", 1 },
		{ START BASICS ID CSEQ "l: x\r\n\r\nbody", SIP_BAD, 0, "Content-Length cannot be read", 1 },
		{ START BASICS ID CSEQ, SIP_BAD, 0, "message is cut off", 0 },
		{ START BASICS ID CSEQ LENGTH, SIP_BAD, 0, "message is cut off", 1 },
		{ START BASICS ID, SIP_BAD, 0, "message is cut off", 0 },
		{ START BASICS ID "CSeq: x\r\nTo", SIP_BAD, 0, "CSeq cannot be read", 1 },
		{ "MESSAGE", SIP_BAD, 0, "message is cut off", 0 },
		{ "", SIP_BAD, 0, "message is cut off", 0 },
		{ "\r", SIP_BAD, 0, "not SIP", 0 },
		{ "\rM", SIP_BAD, 0, "bare CR", 0 },
		{ "\x01", SIP_BAD, 0, "not SIP", 0 },
		{ "\r\n", SIP_CRLF, 0, "", 0 },
		{ "\r\n" START, SIP_CRLF, 0, "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n = strlen(cases[i].text);
		char *alone = malloc(n + 1);
		struct sip_head h;

		assert_non_null(alone);
		memcpy(alone + 1, cases[i].text, n);
		assert_int_equal(sip_scan_datagram(&h, alone + 1, n, LIMIT), cases[i].result);
		assert_int_equal(h.body_n, cases[i].body);
		assert_string_equal(h.bad.reason ? h.bad.reason : "", cases[i].reason);
		assert_int_equal(h.bad.answerable, cases[i].answerable);
		free(alone);
	}
}

static void test_datagram_limit(void **state)
{
	size_t n = sizeof(SAMPLE_INVITE) - 1, head_n = n - 5;
	struct sip_head h;

	(void)state;
	assert_int_equal(sip_scan_datagram(&h, SAMPLE_INVITE, n, head_n), SIP_MESSAGE);
	assert_int_equal(h.body_n, 5);
	assert_int_equal(sip_scan_datagram(&h, SAMPLE_INVITE, n, head_n - 1), SIP_BAD);
	assert_int_equal(h.bad.code, 513);
	assert_true(h.bad.answerable);
}

/* ---- Cuts ------------------------------------------------------------------------------------------------------- */

static void check_cuts(const char *text, size_t n, size_t limit)
{
	static struct sip_feed whole, pieces;

	feed(&whole, text, n, n, 1, limit);
	for (size_t first = 0; first < n; first++) {
		feed(&pieces, text, n, first, n, limit);
		assert_string_equal(pieces.said, whole.said);
	}
	for (size_t step = 1; step < 8; step++) {
		feed(&pieces, text, n, 0, step, limit);
		assert_string_equal(pieces.said, whole.said);
	}
}

static void test_cuts(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIP_SAMPLES; i++) {
		check_cuts(sip_samples[i].text, strlen(sip_samples[i].text), LIMIT);
		check_cuts(sip_samples[i].text, strlen(sip_samples[i].text), 200);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		check_cuts(refused[i].text, strlen(refused[i].text), LIMIT);
		check_cuts(refused[i].text, strlen(refused[i].text), 60);
	}
}

static void test_ten_at_once(void **state)
{
	static const char text[] = "\r\n" SAMPLE_COMPACT SAMPLE_LYNC_200 "\r\n\r\n" SAMPLE_NEGOTIATE SAMPLE_FOLDED
				   "\r\n" SAMPLE_SERVICE SAMPLE_BENOTIFY SAMPLE_486 SAMPLE_INVITE
				   "\r\n\r\n\r\n" SAMPLE_LYNC_REGISTER SAMPLE_COMPACT "\r\n\r\n\r\n\r\n";
	static struct sip_feed whole;
	size_t lines = 0;

	(void)state;
	feed(&whole, text, sizeof(text) - 1, sizeof(text) - 1, 1, LIMIT);
	for (const char *s = whole.said; (s = strchr(s, '\n')); s++)
		lines++;
	assert_int_equal(lines, 10 + 11);
	check_cuts(text, sizeof(text) - 1, LIMIT);
}

static void test_pings(void **state)
{
	static struct sip_feed f;

	(void)state;
	feed(&f, "\r\n\r\n\r\n\r\n\r\n", 10, 10, 1, LIMIT);
	assert_string_equal(f.said, "crlf 2+0 0 0 \nping 2+0 0 0 \ncrlf 2+0 0 0 \nping 2+0 0 0 \ncrlf 2+0 0 0 \n");
	feed(&f, "\r\n" SAMPLE_486 "\r\n\r", sizeof(SAMPLE_486) + 4, 100, 1, LIMIT);
	assert_non_null(strstr(f.said, "crlf 2+0 0 0 \nmessage "));
	assert_null(strstr(f.said, "ping"));
}

/* A head that comes byte by byte is searched once, not once for each byte. */
static void test_resume(void **state)
{
	struct sip_cursor c = { 0 };
	struct sip_head h;
	const char *p = SAMPLE_INVITE;

	(void)state;
	assert_int_equal(sip_scan(&h, &c, p, 100, LIMIT), SIP_MORE);
	assert_int_equal(c.seen, 100);
	assert_int_equal(sip_scan(&h, &c, p, 101, LIMIT), SIP_MORE);
	assert_int_equal(c.seen, 101);
	assert_int_equal(sip_scan(&h, &c, p, strlen(p), LIMIT), SIP_MESSAGE);
	assert_int_equal(c.seen, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),     cmocka_unit_test(test_hints),
		cmocka_unit_test(test_refused),  cmocka_unit_test(test_nul),
		cmocka_unit_test(test_bare_nul), cmocka_unit_test(test_hop),
		cmocka_unit_test(test_datagram), cmocka_unit_test(test_datagram_limit),
		cmocka_unit_test(test_passed),   cmocka_unit_test(test_limit),
		cmocka_unit_test(test_cuts),     cmocka_unit_test(test_ten_at_once),
		cmocka_unit_test(test_pings),    cmocka_unit_test(test_resume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
