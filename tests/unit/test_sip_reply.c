/* SPDX-License-Identifier: Apache-2.0 */
/* test_sip_reply: responses, compared byte for byte. */
#include "sip/reply.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/sip_check.h"
#include "tests/unit/sip_samples.h"

static const struct sip_field retry[] = { { { "Retry-After", 11 }, { "120", 3 } }, { { "X-Why", 5 }, { "", 0 } } };
static const struct sip_field inject_value[] = { { { "X", 1 }, { "a\r\nY: b", 7 } } };
static const struct sip_field inject_name[] = { { { "X: a\r\nY", 7 }, { "b", 1 } } };

#define TIMED                                                                                                          \
	"INVITE sip:b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nTo: b\r\nFrom: a;tag=1\r\ni: 7\r\nCSeq: 1 INVITE\r\n"           \
	"Timestamp: 54\r\n\r\n"

static const struct {
	const char *request;
	struct sip_reply reply;
	const char *response;
} cases[] = {
	{ SAMPLE_NEGOTIATE,
	  { 400, { "Bad Request", 11 }, { "g1", 2 }, NULL, 0 },
	  "SIP/2.0 400 Bad Request\r\n"
	  "Via: SIP/2.0/TLS 10.1.2.3:49152\r\n"
	  "From: <sip:10.1.2.3:49152;transport=tls>;tag=1f\r\n"
	  "To: <sip:127.0.0.1:5061;transport=tls>;tag=g1\r\n"
	  "Call-ID: 6f7e0d1c2b3a4958\r\n"
	  "CSeq: 1 NEGOTIATE\r\n"
	  "Content-Length: 0\r\n\r\n" },
	{ SAMPLE_INVITE,
	  { 503, { "Service Unavailable", 19 }, { "g1", 2 }, retry, 2 },
	  "SIP/2.0 503 Service Unavailable\r\n"
	  "Via: SIP/2.0/TCP proxy.corp.example:5060;branch=z9hG4bKp1, SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKu1\r\n"
	  "Via: SIP/2.0/UDP 10.0.0.8;branch=z9hG4bKu0;note=\"a, b\"\r\n"
	  "From: \"Ann, of <Corp>\" <sip:ann@Corp.example:5060>;tag=n1\r\n"
	  "To: Bob <sip:b%6Fb@Sales.Example>;tag=g1\r\n"
	  "Call-ID: a84b4c76e66710@pc33.corp.example\r\n"
	  "CSeq: 314159 INVITE\r\n"
	  "Retry-After: 120\r\n"
	  "X-Why: \r\n"
	  "Content-Length: 0\r\n\r\n" },
	{ SAMPLE_FOLDED,
	  { 200, { "", 0 }, { "g1", 2 }, NULL, 0 },
	  "SIP/2.0 200 \r\n"
	  "Via: SIP  /   2.0\r\n"
	  " /TCP\r\n"
	  "    10.0.0.2;branch = z9hG4bKf2\r\n"
	  "Via: SIP  / 2.0  / TCP     10.0.0.3   ;\r\n"
	  "  branch  =   z9hG4bKf1  ,\r\n"
	  " SIP  /    2.0   / UDP  10.0.0.4;branch=z9hG4bKf0\r\n"
	  "From: \"Ann \\\"A, <B>;tag=no\\\"\"       <sip:ann@corp.example>\r\n"
	  "  ;\r\n"
	  "  tag  = f1\r\n"
	  "To: sip:bob@sales.example   ;   x   = y;tag=g1\r\n"
	  "Call-ID: folded.0ha0isndaksdj@10.0.0.1\r\n"
	  "CSeq: 0009\r\n"
	  "  OPTIONS\r\n"
	  "Content-Length: 0\r\n\r\n" },
	/* a tag of its own stays, Lync's parameters with it */
	{ SAMPLE_BENOTIFY,
	  { 481, { "Gone", 4 }, { "g1", 2 }, NULL, 0 },
	  "SIP/2.0 481 Gone\r\n"
	  "Via: SIP/2.0/TLS 10.9.8.7:5061;branch=z9hG4bKAB12.CD34;branched=FALSE\r\n"
	  "From: <sip:bob@corp.example>;tag=5500\r\n"
	  "To: <sip:ann@corp.example>;tag=77;epid=8f3b5a6c71\r\n"
	  "Call-ID: aa00bb11cc22\r\n"
	  "CSeq: 4 BENOTIFY\r\n"
	  "Content-Length: 0\r\n\r\n" },
	/* 100: no tag, and Timestamp */
	{ TIMED,
	  { 100, { "Trying", 6 }, { "g1", 2 }, NULL, 0 },
	  "SIP/2.0 100 Trying\r\nVia: SIP/2.0/UDP a\r\nFrom: a;tag=1\r\nTo: b\r\nCall-ID: 7\r\nCSeq: 1 INVITE\r\n"
	  "Timestamp: 54\r\nContent-Length: 0\r\n\r\n" },
	{ TIMED,
	  { 101, { "x", 1 }, { NULL, 0 }, NULL, 0 },
	  "SIP/2.0 101 x\r\nVia: SIP/2.0/UDP a\r\nFrom: a;tag=1\r\nTo: b\r\nCall-ID: 7\r\nCSeq: 1 INVITE\r\n"
	  "Content-Length: 0\r\n\r\n" },
};

static void test_responses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sip_head h = scan_good(cases[i].request);
		size_t n = strlen(cases[i].response);
		char *buf = malloc(n);

		assert_non_null(buf);
		assert_int_equal(sip_reply_write(buf, n, cases[i].request, &h, &cases[i].reply), n);
		assert_text((struct sip_text){ buf, n }, cases[i].response);
		assert_in_range(sip_reply_room(&h, &cases[i].reply), n, n + 2000);
		for (size_t less = 0; less < n; less++)
			assert_int_equal(sip_reply_write(buf, less, cases[i].request, &h, &cases[i].reply), -ENOSPC);
		free(buf);
	}
}

static void test_unwritable(void **state)
{
	static const struct sip_reply replies[] = {
		{ .code = 99 },
		{ .code = 700 },
		{ .code = 400, .reason = { "a\r\nb", 4 } },
		{ .code = 400, .tag = { "a;b", 3 } },
		{ .code = 400, .fields = inject_value, .nfields = 1 },
		{ .code = 400, .fields = inject_name, .nfields = 1 },
	};
	struct sip_head h = scan_good(TIMED);
	char buf[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		assert_int_equal(sip_reply_write(buf, sizeof(buf), TIMED, &h, &replies[i]), -EINVAL);
}

/* A request that cannot be routed can still be answered. */
static void test_bad_request(void **state)
{
	static const char text[] = "INFO  b SIP/2.0\r\nv: SIP/2.0/TCP a\r\nCSeq: junk\r\nf: a\r\nt: b\r\ni: 1\r\n\r\n";
	const struct sip_reply reply = { 400, { "Bad Request", 11 }, { "g", 1 }, NULL, 0 };
	struct sip_cursor c = { 0 };
	struct sip_head h;
	char buf[1024];
	int n;

	(void)state;
	assert_int_equal(sip_scan(&h, &c, text, sizeof(text) - 1, 1000), SIP_BAD);
	assert_true(h.bad.answerable);
	n = sip_reply_write(buf, sizeof(buf), text, &h, &reply);
	assert_true(n > 0);
	assert_text((struct sip_text){ buf, (size_t)n }, "SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/TCP a\r\nFrom: a\r\n"
							 "To: b;tag=g\r\nCall-ID: 1\r\nCSeq: junk\r\n"
							 "Content-Length: 0\r\n\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_unwritable),
		cmocka_unit_test(test_bad_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
