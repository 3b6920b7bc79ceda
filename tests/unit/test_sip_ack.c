/* SPDX-License-Identifier: Apache-2.0 */
/* test_sip_ack: ACKs, compared byte for byte. */
#include "sip/ack.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/sip_check.h"
#include "tests/unit/sip_samples.h"

#define VIA "Via: SIP/2.0/UDP gw:5060;branch=z9hG4bKlg1\r\n"

#define ROUTED                                                                                                         \
	"INVITE sip:b@x SIP/2.0\r\nv: SIP/2.0/UDP a\r\nROUTE: <sip:r1;lr>,\r\n <sip:r2;lr>\r\nt: b\r\n"                \
	"f: \"A\"\r\n <sip:a@x>;tag=1\r\nRoute : , <sip:r3;lr>;x\r\ni: 7\r\nCSeq: 0017\r\n INVITE\r\nRoute:\r\n\r\n"
#define RING "SIP/2.0 503 \r\nv: SIP/2.0/UDP a\r\nf: c\r\nt: b;tag=t\r\ni: 7\r\nCSeq: 17 INVITE\r\n\r\n"
#define BASIC                                                                                                          \
	"From: \"A\"\r\n <sip:a@x>;tag=1\r\nTo: b;tag=t\r\nCall-ID: 7\r\nCSeq: 0017 ACK\r\nContent-Length: 0\r\n\r\n"

static const struct {
	const char *request;
	struct sip_ack ack;
	const char *response, *expected;
} cases[] = {
	{ SAMPLE_INVITE,
	  { SIP_TEXT(VIA), { NULL, 0 }, 0 },
	  SAMPLE_486,
	  "ACK sip:bob@sales.example SIP/2.0\r\n" VIA "Max-Forwards: 70\r\n"
	  "From: \"Ann, of <Corp>\" <sip:ann@Corp.example:5060>;tag=n1\r\n"
	  "To: <sip:bob@sales.example>;tag=n2\r\n"
	  "Call-ID: a84b4c76e66710@pc33.corp.example\r\n"
	  "CSeq: 314159 ACK\r\n"
	  "Content-Length: 0\r\n\r\n" },
	{ ROUTED,
	  { SIP_TEXT(VIA), { NULL, 0 }, 0 },
	  RING,
	  "ACK sip:b@x SIP/2.0\r\n" VIA "Max-Forwards: 70\r\nRoute: <sip:r1;lr>,\r\n <sip:r2;lr>\r\n"
	  "Route: <sip:r3;lr>;x\r\n" BASIC },
	{ ROUTED,
	  { SIP_TEXT(VIA), SIP_TEXT("sip:z"), 1 },
	  RING,
	  "ACK sip:z SIP/2.0\r\n" VIA "Max-Forwards: 70\r\nRoute: <sip:r2;lr>\r\nRoute: <sip:r3;lr>;x\r\n" BASIC },
	{ ROUTED,
	  { SIP_TEXT(VIA), { NULL, 0 }, 2 },
	  RING,
	  "ACK sip:b@x SIP/2.0\r\n" VIA "Max-Forwards: 70\r\nRoute: <sip:r3;lr>;x\r\n" BASIC },
	{ ROUTED, { SIP_TEXT(VIA), { NULL, 0 }, 9 }, RING, "ACK sip:b@x SIP/2.0\r\n" VIA "Max-Forwards: 70\r\n" BASIC },
};

static void test_acks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *p = cases[i].request, *q = cases[i].response;
		struct sip_head h = scan_good(p), answer = scan_good(q);
		size_t n = strlen(cases[i].expected);
		char *buf = malloc(n);

		assert_non_null(buf);
		assert_int_equal(sip_ack_write(buf, n, p, &h, &cases[i].ack, q, &answer), n);
		assert_text((struct sip_text){ buf, n }, cases[i].expected);
		assert_in_range(sip_ack_room(&h, &cases[i].ack, &answer), n, n + 2000);
		for (size_t less = 0; less < n; less++)
			assert_int_equal(sip_ack_write(buf, less, p, &h, &cases[i].ack, q, &answer), -ENOSPC);
		free(buf);
	}
}

static void test_unwritable(void **state)
{
	static const struct sip_ack acks[] = {
		{ .via = { NULL, 0 } },
		{ .via = SIP_TEXT("\r\n") },
		{ .via = SIP_TEXT("Via: x") },
		{ .via = SIP_TEXT("Via: x\r") },
		{ .via = SIP_TEXT("Via: x\n") },
		{ .via = SIP_TEXT(VIA VIA) },
		{ .via = SIP_TEXT(VIA), .uri = SIP_TEXT("a\r\nb") },
	};
	struct sip_head h = scan_good(ROUTED), answer = scan_good(RING);
	char buf[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(acks) / sizeof(acks[0]); i++)
		assert_int_equal(sip_ack_write(buf, sizeof(buf), ROUTED, &h, &acks[i], RING, &answer), -EINVAL);
	answer.to.n = 0;
	assert_int_equal(sip_ack_write(buf, sizeof(buf), ROUTED, &h, &cases[0].ack, RING, &answer), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acks),
		cmocka_unit_test(test_unwritable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
