/* SPDX-License-Identifier: Apache-2.0 */
/* The sip plugin's monitor: what it asks, and what an answer says. */
#include "fake_host.h"
#include "plugins/sip/probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

extern const struct lg_plugin lychgate_plugin;

static void asks_options(void **state)
{
	struct probe_options plain = { .max_forwards = 70 };
	struct probe_options full = { .uri = "sip:ping@corp.example", .from = "gw.corp.example", .max_forwards = 1 };
	struct fake_question *q = fake_question(&lychgate_plugin, &plain);

	(void)state;
	assert_ptr_equal(
		strstr(q->asked, "OPTIONS sip:192.0.2.3:5060 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.2:40000;branch="),
		q->asked);
	assert_non_null(strstr(q->asked, "\r\nMax-Forwards: 70\r\n"));
	fake_question_free(q);

	q = fake_question(&lychgate_plugin, &full);
	assert_ptr_equal(strstr(q->asked, "OPTIONS sip:ping@corp.example SIP/2.0\r\n"), q->asked);
	assert_non_null(strstr(q->asked, "Via: SIP/2.0/TCP gw.corp.example:40000;branch="));
	assert_non_null(strstr(q->asked, "\r\nMax-Forwards: 1\r\n"));
	assert_non_null(strstr(q->asked, "\r\nFrom: <sip:gw.corp.example:40000>;tag="));
	assert_non_null(strstr(q->asked, "\r\nContact: <sip:gw.corp.example:40000;transport=tcp>\r\n"));
	fake_question_free(q);

	full.from = "[2001:db8::1]:5061";
	q = fake_question(&lychgate_plugin, &full);
	assert_non_null(strstr(q->asked, "Via: SIP/2.0/TCP [2001:db8::1]:40000;branch="));
	assert_non_null(strstr(q->asked, "\r\nFrom: <sip:[2001:db8::1]:5061>;tag="));
	assert_non_null(strstr(q->asked, "\r\nContact: <sip:[2001:db8::1]:5061;transport=tcp>\r\n"));
	fake_question_free(q);

	full.from = "[2001:db8::1]";
	q = fake_question(&lychgate_plugin, &full);
	assert_non_null(strstr(q->asked, "Via: SIP/2.0/TCP [2001:db8::1]:40000;branch="));
	assert_non_null(strstr(q->asked, "\r\nContact: <sip:[2001:db8::1]:40000;transport=tcp>\r\n"));
	fake_question_free(q);
}

/* The value of a header of the question. */
static const char *value(const struct fake_question *q, const char *name)
{
	static char text[256];
	const char *at = strstr(q->asked, name);

	assert_non_null(at);
	at += strlen(name);
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(at, "\r"), at);
	return text;
}

static const struct {
	const char *codes, *sick, *status, *call_id; /* call_id NULL: the question's */
	bool ended;
	enum lg_verdict verdict;
	const char *note;
} answers[] = {
	{ NULL, "503", "200 OK", NULL, false, LG_HEALTHY, "200 OK" },
	{ NULL, "503", "405 Method Not Allowed", NULL, false, LG_HEALTHY, "405 Method Not Allowed" },
	{ NULL, "503", "504 Server time-out", NULL, false, LG_HEALTHY, "504 Server time-out" },
	{ NULL, "503", "503 Service Unavailable", NULL, false, LG_SICK, "503 Service Unavailable" },
	{ NULL, "408, 500-504", "504 Server time-out", NULL, false, LG_SICK, "504 Server time-out" },
	{ NULL, NULL, "503 Service Unavailable", NULL, false, LG_HEALTHY, "503 Service Unavailable" },
	{ NULL, "503", "100 Trying", NULL, false, LG_NOT_YET, "" },
	{ NULL, "503", "200 OK", "another", false, LG_NOT_YET, "" },
	{ NULL, "503", "200 OK", "another", true, LG_SICK, "closed without an answer" },
	{ "200, 401-404", "503", "200 OK", NULL, false, LG_HEALTHY, "200 OK" },
	{ "200, 401-404", "503", "403 No", NULL, false, LG_HEALTHY, "403 No" },
	{ "200, 401-404", "503", "405 No", NULL, false, LG_SICK, "405 No" },
	{ "5xx", "503", "503 Busy", NULL, false, LG_HEALTHY, "503 Busy" },
	{ "5xx", "503", "200 OK", NULL, false, LG_SICK, "200 OK" },
};

static void answers_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct probe_options options = { .codes = answers[i].codes,
						 .sick = answers[i].sick,
						 .max_forwards = 70 };
		struct fake_question *q = fake_question(&lychgate_plugin, &options);
		char text[1024];
		int n = snprintf(
			text, sizeof(text),
			"SIP/2.0 %s\r\nVia: SIP/2.0/TCP h\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\nCall-ID: %s\r\n"
			"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
			answers[i].status, answers[i].call_id ? answers[i].call_id : value(q, "Call-ID: "));

		for (int part = 0; part < n; part++)
			assert_int_equal(fake_judge(q, text, (size_t)part, false), LG_NOT_YET);
		assert_int_equal(fake_judge(q, text, (size_t)n, answers[i].ended), answers[i].verdict);
		assert_string_equal(q->p.note, answers[i].note);
		fake_question_free(q);
	}
}

/* A web server, or nothing at all, is no SIP server. */
static void others_are_sick(void **state)
{
	static const char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct probe_options options = { .max_forwards = 70 };
	struct fake_question *q = fake_question(&lychgate_plugin, &options);

	(void)state;
	assert_int_equal(fake_judge(q, http, sizeof(http) - 1, false), LG_SICK);
	assert_int_equal(fake_judge(q, "", 0, true), LG_SICK);
	fake_question_free(q);
}

/* A word that cannot be asked with is an error, not a question. */
static void bad_options_are_refused(void **state)
{
	static const struct probe_options bad[] = {
		{ .sick = "5O3", .max_forwards = 70 },
		{ .codes = "ok", .max_forwards = 70 },
		{ .uri = "sip:a b", .max_forwards = 70 },
		{ .from = "gw\r\nX: y", .max_forwards = 70 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct probe_options good = { .max_forwards = 70 };
		struct fake_question *q = fake_question(&lychgate_plugin, &good);

		q->p.conf = &bad[i];
		q->asked_n = 0;
		assert_true(lychgate_plugin.probe(&q->p) < 0);
		assert_int_equal(q->asked_n, 0);
		fake_question_free(q);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_options),
		cmocka_unit_test(answers_are_judged),
		cmocka_unit_test(others_are_sick),
		cmocka_unit_test(bad_options_are_refused),
	};

	return cmocka_run_group_tests_name("sip probe", tests, NULL, NULL);
}
