/* SPDX-License-Identifier: Apache-2.0 */
/* test_sip_probe: the question, byte for byte, and what counts as an answer. */
#include "sip/probe.h"

#include <errno.h>

#include "tests/unit/sip_check.h"
#include "tests/unit/sip_samples.h"

#define ID "00010203040506070809fffe"

static const struct sip_probe question = {
	.server = { "192.0.2.1:5061", 14 },
	.local = { "gw.corp.example:40000", 21 },
	.transport = { "TLS", 3 },
	.max_forwards = 1,
	.random = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xff, 0xfe },
};

static void test_question(void **state)
{
	static const char expected[] = "OPTIONS sip:192.0.2.1:5061 SIP/2.0\r\n"
				       "Via: SIP/2.0/TLS gw.corp.example:40000;branch=z9hG4bK" ID "\r\n"
				       "Max-Forwards: 1\r\n"
				       "From: <sip:gw.corp.example:40000>;tag=00010203\r\n"
				       "To: <sip:192.0.2.1:5061>\r\n"
				       "Call-ID: " ID "\r\n"
				       "CSeq: 1 OPTIONS\r\n"
				       "Contact: <sip:gw.corp.example:40000;transport=tls>\r\n"
				       "Accept: application/sdp\r\n"
				       "Content-Length: 0\r\n\r\n";
	struct sip_probe other = question;
	char buf[sizeof(expected)];
	struct sip_head h;

	(void)state;
	assert_int_equal(sip_probe_write(buf, sizeof(buf), &question), sizeof(expected) - 1);
	assert_string_equal(buf, expected);
	h = scan_good(buf);
	assert_int_equal(h.method, SIP_OPTIONS);
	assert_int_equal(sip_probe_write(buf, sizeof(buf) - 1, &question), -ENOSPC);
	other.uri = SIP_TEXT("sip:ping@x");
	assert_true(sip_probe_write(buf, sizeof(buf), &other) > 0);
	assert_memory_equal(buf, "OPTIONS sip:ping@x SIP/2.0\r\n", 28);
}

/* Over UDP the answer comes to where the question came from (RFC 3581); we are known by another host and port. */
static void test_question_over_udp(void **state)
{
	struct sip_probe q = question;
	char buf[1024];

	(void)state;
	q.transport = SIP_TEXT("UDP");
	q.contact = SIP_TEXT("gw.corp.example:5060");
	assert_true(sip_probe_write(buf, sizeof(buf), &q) > 0);
	assert_non_null(strstr(buf, "\r\nVia: SIP/2.0/UDP gw.corp.example:40000;branch=z9hG4bK" ID ";rport\r\n"));
	assert_non_null(strstr(buf, "\r\nFrom: <sip:gw.corp.example:5060>;tag="));
	assert_non_null(strstr(buf, "\r\nContact: <sip:gw.corp.example:5060;transport=udp>\r\n"));
	q.contact = SIP_TEXT("a b");
	assert_int_equal(sip_probe_write(buf, sizeof(buf), &q), -EINVAL);
}

static void test_bad_question(void **state)
{
	struct sip_probe q = question;
	char buf[1024];

	(void)state;
	q.local = SIP_TEXT("a\r\nb");
	assert_int_equal(sip_probe_write(buf, sizeof(buf), &q), -EINVAL);
	q.local = SIP_TEXT("");
	assert_int_equal(sip_probe_write(buf, sizeof(buf), &q), -EINVAL);
	q = question;
	q.uri = SIP_TEXT("sip:a b");
	assert_int_equal(sip_probe_write(buf, sizeof(buf), &q), -EINVAL);
	q = question;
	q.transport = SIP_TEXT("T LS");
	assert_int_equal(sip_probe_write(buf, sizeof(buf), &q), -EINVAL);
}

#define ANSWER(status)                                                                                                 \
	"SIP/2.0 " status "\r\nVia: SIP/2.0/TLS x\r\nCall-ID: " ID "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"

static const struct {
	const char *bytes;
	bool ended;
	const char *sick;
	enum sip_health health;
	const char *note;
} cases[] = {
	{ "", false, "", SIP_NOT_YET, "" },
	{ "", true, "", SIP_SICK, "closed without an answer" },
	{ ANSWER("200 OK"), false, "", SIP_HEALTHY, "200 OK" },
	{ ANSWER("200 OK"), true, NULL, SIP_HEALTHY, "200 OK" },
	{ ANSWER("405 No"), false, "408 500-504", SIP_HEALTHY, "405 No" },
	{ ANSWER("503"), false, "", SIP_HEALTHY, "503" },
	{ ANSWER("503 Busy"), false, "408, 500-504", SIP_SICK, "503 Busy" },
	{ ANSWER("200 \x80\xff"), false, "", SIP_HEALTHY, "200 ??" },
	{ ANSWER("100 Trying"), false, "", SIP_NOT_YET, "" },
	{ ANSWER("100 Trying") "\r\n\r\n" ANSWER("404 Who?"), false, "", SIP_HEALTHY, "404 Who?" },
	{ SAMPLE_NEGOTIATE SAMPLE_SERVICE ANSWER("200 OK"), false, "", SIP_HEALTHY, "200 OK" },
	{ SAMPLE_LYNC_200, false, "", SIP_NOT_YET, "" },
	{ SAMPLE_LYNC_200, true, "", SIP_SICK, "closed without an answer" },
	{ "SIP/2.0 200 OK\r\nCall-ID: " ID "\r\nCSeq: 2 OPTIONS\r\n\r\n", false, "", SIP_NOT_YET, "" },
	{ "SIP/2.0 200 OK\r\nCall-ID: " ID "\r\nCSeq: 1 INVITE\r\n\r\n", false, "", SIP_NOT_YET, "" },
	{ "SIP/2.0 200 OK\r\nCall-ID: " ID "0\r\nCSeq: 1 OPTIONS\r\n\r\n", false, "", SIP_NOT_YET, "" },
	{ "INFO a SIP/2.0\r\nv: a\r\nf: a\r\nt: a\r\nCall-ID: 1\r\nCSeq: 1 INFO\r\nl: 9999999\r\n\r\n", false, "",
	  SIP_NOT_YET, "" },
	{ "HTTP/1.1 400 Bad Request\r\n", false, "", SIP_SICK, "not SIP" },
	{ "SIP/2.0 200 OK\r\nCSeq: 1 OPTIONS\r\n\r\n", false, "", SIP_SICK, "no Call-ID" },
};

static void test_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char note[32] = "";

		assert_int_equal(sip_probe_judge(&question, cases[i].bytes, strlen(cases[i].bytes), cases[i].ended,
						 cases[i].sick, note, sizeof(note)),
				 cases[i].health);
		assert_string_equal(note, cases[i].note);
	}
}

/* A datagram: what is not the answer is passed over, whatever it is; and the answer needs no Content-Length. */
static const struct {
	const char *bytes;
	enum sip_health health;
	const char *note;
} datagrams[] = {
	{ "", SIP_NOT_YET, "" },
	{ "\r\n\r\n", SIP_NOT_YET, "" },
	{ "HTTP/1.1 400 Bad Request\r\n\r\n", SIP_NOT_YET, "" },
	{ "SIP/2.0 200 OK\r\nCSeq: 1 OPTIONS\r\n\r\n", SIP_NOT_YET, "" },
	{ "SIP/2.0 200 OK\r\nCall-ID: " ID "\r\nCSeq: 1 OPT", SIP_NOT_YET, "" },
	{ ANSWER("100 Trying"), SIP_NOT_YET, "" },
	{ ANSWER("200 OK"), SIP_HEALTHY, "200 OK" },
	{ ANSWER("503 Busy"), SIP_SICK, "503 Busy" },
	{ "SIP/2.0 200 OK\r\nCall-ID: " ID "\r\nCSeq: 1 OPTIONS\r\n\r\n", SIP_HEALTHY, "200 OK" },
	{ "SIP/2.0 200 OK\r\nCall-ID: " ID "\r\nCSeq: 1 OPTIONS\r\nContent-Type: text/plain\r\n\r\nhello", SIP_HEALTHY,
	  "200 OK" },
};

static void test_judge_datagrams(void **state)
{
	struct sip_probe q = question;

	(void)state;
	q.transport = SIP_TEXT("UDP");
	for (size_t i = 0; i < sizeof(datagrams) / sizeof(datagrams[0]); i++) {
		char note[32] = "";

		assert_int_equal(sip_probe_judge(&q, datagrams[i].bytes, strlen(datagrams[i].bytes), false, "503", note,
						 sizeof(note)),
				 datagrams[i].health);
		assert_string_equal(note, datagrams[i].note);
	}
}

/* However much has come of the answer, it is not there before its head is. */
static void test_cut_answer(void **state)
{
	static const char text[] = SAMPLE_SERVICE ANSWER("200 OK");
	char note[6];

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_int_equal(sip_probe_judge(&question, text, n, false, "", note, sizeof(note)), SIP_NOT_YET);
	assert_int_equal(sip_probe_judge(&question, text, sizeof(text) - 1, false, "", note, sizeof(note)),
			 SIP_HEALTHY);
	assert_string_equal(note, "200 O");
	assert_int_equal(sip_probe_judge(&question, text, sizeof(text) - 1, false, "", note, 3), SIP_HEALTHY);
	assert_string_equal(note, "20");
}

static void test_codes(void **state)
{
	static const char *const valid[] = { "", " ", "503", "5xx", "408,500-504, 6xx", "400-4xx" };
	static const char *const invalid[] = { "50", "5033", "5x", "503;504", "504-500", "abc", "500-", "-500", "0xx" };

	(void)state;
	for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
		assert_true(sip_codes_valid(valid[i]));
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
		assert_false(sip_codes_valid(invalid[i]));
		assert_false(sip_codes_has(invalid[i], 500));
	}
	assert_true(sip_codes_has("408, 500-504, 6xx", 408));
	assert_true(sip_codes_has("408, 500-504, 6xx", 500));
	assert_true(sip_codes_has("408, 500-504, 6xx", 504));
	assert_true(sip_codes_has("408, 500-504, 6xx", 699));
	assert_false(sip_codes_has("408, 500-504, 6xx", 505));
	assert_false(sip_codes_has("408, 500-504, 6xx", 599));
	assert_false(sip_codes_has("", 500));
	assert_true(sip_codes_has("junk 503", 503));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_question),        cmocka_unit_test(test_bad_question),
		cmocka_unit_test(test_judge),           cmocka_unit_test(test_cut_answer),
		cmocka_unit_test(test_codes),           cmocka_unit_test(test_question_over_udp),
		cmocka_unit_test(test_judge_datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
