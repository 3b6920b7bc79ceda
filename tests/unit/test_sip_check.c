/* SPDX-License-Identifier: Apache-2.0 */
/* test_sip_check: what a hop refuses, and what it leaves to the far end. */
#include "sip/check.h"

#include <stdio.h>

#include "tests/unit/sip_check.h"
#include "tests/unit/sip_samples.h"

#define VIA "SIP/2.0/UDP h;branch=z9hG4bKb"

/* NULL: as in a good request. */
static const struct {
	const char *uri, *via, *from, *to, *route;
	int code;
	const char *reason; /* its first word */
} cases[] = {
	/* Via */
	{ .via = "SIP/2.0/tls 10.1.2.3:49152" },
	{ .via = "SIP/2.0/UDP h;branch=z9hG4bK" },
	{ .via = "SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255]" },
	{ .via = VIA ", SIP/2.0/TCP i;x=\"a,,\\\"\" ,\r\n junk" },
	{ .via = "nonsense", .code = 400, .reason = "Via" },
	{ .via = "SIP/2.0/UDP 192.0.2.15;;,;,,", .code = 400, .reason = "Via" },
	{ .via = VIA ";", .code = 400, .reason = "Via" },
	{ .via = VIA ",", .code = 400, .reason = "Via" },
	{ .via = VIA ", ," VIA, .code = 400, .reason = "Via" },
	{ .via = "," VIA, .code = 400, .reason = "Via" },
	{ .via = ",", .code = 400, .reason = "Via" },
	{ .via = VIA ";x=\"", .code = 400, .reason = "Via" },
	{ .via = VIA ", SIP/2.0/UDP i;x=\"", .code = 400, .reason = "Via" },
	{ .via = VIA ", SIP/2.0/UDP i;x=<", .code = 400, .reason = "Via" },
	/* Request-URI */
	{ .uri = "sips:h" },
	{ .uri = "SIP:h;lr" },
	{ .uri = "tel:+1;phone-context=x" },
	{ .uri = "URN:service:sos" },
	{ .uri = "sip:[2001:db8::10]" },
	{ .uri = "sip:2001:db8::10", .code = 400, .reason = "Request-URI" },
	{ .uri = "sip:user@example.com?Route=%3Csip:example.com%3E", .code = 400, .reason = "Request-URI" },
	{ .uri = "b", .code = 400, .reason = "Request-URI" },
	{ .uri = "sip:a<b", .code = 400, .reason = "Request-URI" },
	{ .uri = "http://h", .code = 416, .reason = "unknown" },
	{ .uri = "nobodyKnowsThisScheme:totallyopaquecontent", .code = 416, .reason = "unknown" },
	{ .uri = "soap.beep://192.0.2.103:3002", .code = 416, .reason = "unknown" },
	/* From and To */
	{ .from = "sip:a@h;tag=1", .to = "Bell, Alexander <sip:b@h>" },
	{ .from = "\"<\\\">\" <sip:a@h>;tag=\"x>\"", .to = "<sip:b@h>, <sip:c@h>" },
	{ .from = "isbn:2983792873", .to = "< sip:t.watson@example.org >" },
	{ .from = "<<sip:a>", .to = "<http:b>" },
	{ .from = "", .code = 400, .reason = "From" },
	{ .to = "", .code = 400, .reason = "To" },
	{ .to = "<sip:b@h>\r\nMax-Forwards: 1\r\nMax-Forwards: 01", .code = 400, .reason = "two" },
	{ .to = "<sip:b@h>\r\nMax-Forwards: 1\r\nMax-Forwards: 2", .code = 400, .reason = "two" },
	{ .from = "\"A <sip:a@h>", .code = 400, .reason = "From" },
	{ .from = "\"A\\\" <sip:a@h>", .code = 400, .reason = "From" },
	{ .from = "<sip:a@h", .code = 400, .reason = "From" },
	{ .from = "sip:a@h>", .code = 400, .reason = "From" },
	{ .from = "><", .code = 400, .reason = "From" },
	{ .from = "<sip:a@h>>", .code = 400, .reason = "From" },
	{ .from = "<sip:a@h> <sip:b", .code = 400, .reason = "From" },
	{ .to = "\"Mr. J. User <sip:j.user@example.com>", .code = 400, .reason = "To" },
	{ .to = "<sip:b@h>;x=\"", .code = 400, .reason = "To" },
	/* Route */
	{ .route = "<sip:r1;lr> , \"a,\" <sips:r2>;x=y,<tel:1>" },
	{ .route = "sip:r1;lr" },
	{ .route = "<sip:r1;lr>,", .code = 400, .reason = "Route" },
	{ .route = ",<sip:r1;lr>", .code = 400, .reason = "Route" },
	{ .route = ",", .code = 400, .reason = "Route" },
	{ .route = "<sip:r1;lr", .code = 400, .reason = "Route" },
	{ .route = "<sip:r1;lr>,<sip:r2", .code = 400, .reason = "Route" },
	{ .route = "<tel:1>", .code = 400, .reason = "Route" },
	{ .route = "junk", .code = 400, .reason = "Route" },
	{ .route = "<sip:@>", .code = 400, .reason = "Route" },
};

static const char *text_or(const char *text, const char *usual)
{
	return text ? text : usual;
}

static void test_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *reason = "";
		struct sip_via top;
		struct sip_head h;
		char text[1024];
		int code;

		assert_true(snprintf(text, sizeof(text),
				     "INFO %s SIP/2.0\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\n%s%s\r\ni: 1\r\n"
				     "CSeq: 1 INFO\r\n\r\n",
				     text_or(cases[i].uri, "sip:b@h"), text_or(cases[i].via, VIA),
				     text_or(cases[i].from, "<sip:a@h>;tag=1"), text_or(cases[i].to, "<sip:b@h>"),
				     cases[i].route ? "Route: " : "X: ", text_or(cases[i].route, "x")) > 0);
		h = scan_good(text);
		code = sip_check_hop(text, &h, &top, &reason);
		if (code != cases[i].code)
			fail_msg("%d %s: %s", code, reason, text);
		if (code > 0)
			assert_memory_equal(reason, cases[i].reason, strlen(cases[i].reason));
	}
}

static void test_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIP_SAMPLES; i++) {
		struct sip_head h = scan_good(sip_samples[i].text);
		const char *reason = "";
		struct sip_via top;

		if (sip_check_hop(sip_samples[i].text, &h, &top, &reason) != 0)
			fail_msg("%s: %s", reason, sip_samples[i].name);
	}
}

/* Of a response only the Via matters. */
static void test_responses(void **state)
{
	static const char good[] = "SIP/2.0 200 \r\nVia: " VIA "\r\nf: <\r\nRoute: ,\r\ni: 1\r\nCSeq: 1 INFO\r\n\r\n";
	static const char bad[] = "SIP/2.0 200 \r\nVia: SIP/2.0/UDP\r\ni: 1\r\nCSeq: 1 INFO\r\n\r\n";
	static const char none[] = "SIP/2.0 200 \r\ni: 1\r\nCSeq: 1 INFO\r\n\r\n";
	struct sip_head h = scan_good(good);
	const char *reason = "";
	struct sip_via top;

	(void)state;
	assert_int_equal(sip_check_hop(good, &h, &top, &reason), 0);
	assert_true(sip_equal(top.value, SIP_TEXT(VIA)));
	h = scan_good(bad);
	assert_int_equal(sip_check_hop(bad, &h, &top, &reason), 400);
	h = scan_good(none);
	assert_int_equal(sip_check_hop(none, &h, &top, &reason), 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_responses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
