/* SPDX-License-Identifier: Apache-2.0 */
/* The https plugin's monitor: what it asks, and what an answer says, however it is cut. */
#include "fake_host.h"
#include "plugins/https/probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static const struct lg_plugin prober = { LG_PLUGIN_HEADER, .probe_size = sizeof(struct probe), .probe = probe_ask,
					 .judge = probe_judge };

static char asked[PROBE_QUESTION + 1];

static void note_question(struct lg_probe *p, struct lg_span bytes)
{
	(void)p;
	assert_in_range(bytes.n, 1, PROBE_QUESTION);
	memcpy(asked, bytes.p, bytes.n);
	asked[bytes.n] = 0;
}

static const struct lg_host asker = { .ask = note_question };

/* ---- The question ---- */

#define REST "\r\nUser-Agent: lychgate\r\nAccept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"

static const struct {
	struct probe_options conf;
	const char *name, *address;
	enum lg_transport transport;
	const char *question, *fault; /* one of them */
} questions[] = {
	{ { .path = "/", .codes = "200" },
	  "fe1.example",
	  "192.0.2.3:8080",
	  LG_TCP,
	  "GET / HTTP/1.1\r\nHost: fe1.example" REST,
	  NULL },
	{ { .path = "/x?y=z", .codes = "200", .method = PROBE_BY_HEAD },
	  "fe1.example:80",
	  "192.0.2.3:80",
	  LG_TCP,
	  "HEAD /x?y=z HTTP/1.1\r\nHost: fe1.example" REST,
	  NULL },
	{ { .path = "/", .codes = "200" },
	  "192.0.2.3:443",
	  "192.0.2.3:443",
	  LG_TLS,
	  "GET / HTTP/1.1\r\nHost: 192.0.2.3" REST,
	  NULL },
	{ { .path = "/", .codes = "200" },
	  "[2001:db8::1]:443",
	  "[2001:db8::1]:443",
	  LG_TCP,
	  "GET / HTTP/1.1\r\nHost: [2001:db8::1]:443" REST,
	  NULL },
	{ { .path = "/", .codes = "200" },
	  "web@one",
	  "192.0.2.3:80",
	  LG_TCP,
	  "GET / HTTP/1.1\r\nHost: 192.0.2.3" REST,
	  NULL },
	{ { .path = "/", .codes = "200", .host = "meet.example:444" },
	  "a",
	  "192.0.2.3:80",
	  LG_TCP,
	  "GET / HTTP/1.1\r\nHost: meet.example:444" REST,
	  NULL },
	{ { .path = "x", .codes = "200" }, "a", "b", LG_TCP, NULL, "`path`" },
	{ { .path = "/a b", .codes = "200" }, "a", "b", LG_TCP, NULL, "`path`" },
	{ { .path = "/\r\nX: y", .codes = "200" }, "a", "b", LG_TCP, NULL, "`path`" },
	{ { .path = "/#x", .codes = "200" }, "a", "b", LG_TCP, NULL, "`path`" },
	{ { .path = "/", .codes = "200", .host = "a/b" }, "a", "b", LG_TCP, NULL, "`host`" },
	{ { .path = "/", .codes = "200", .host = "a\r\nb" }, "a", "b", LG_TCP, NULL, "`host`" },
	{ { .path = "/", .codes = "ok" }, "a", "b", LG_TCP, NULL, "`codes`" },
	{ { .path = "/", .codes = "200", .method = PROBE_BY_HEAD, .contains = "x" },
	  "a",
	  "b",
	  LG_TCP,
	  NULL,
	  "needs method GET" },
};

static void questions_are_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		const struct lg_server server = { { questions[i].name, strlen(questions[i].name) },
						  { questions[i].address, strlen(questions[i].address) } };
		struct lg_probe p = { .host = &asker,
				      .conf = &questions[i].conf,
				      .server = &server,
				      .transport = questions[i].transport };

		asked[0] = 0;
		assert_int_equal(probe_ask(&p) < 0, questions[i].fault != NULL);
		assert_string_equal(asked, questions[i].question ? questions[i].question : "");
		assert_non_null(strstr(p.note, questions[i].fault ? questions[i].fault : ""));
	}
}

static void long_options_are_refused(void **state)
{
	static char path[2 * PROBE_QUESTION] = "/", contains[PROBE_CONTAINS + 2];
	const struct lg_server server = { { "a", 1 }, { "b", 1 } };
	struct probe_options conf = { .path = path, .codes = "200" };
	struct lg_probe p = { .host = &asker, .conf = &conf, .server = &server, .transport = LG_TCP };

	(void)state;
	memset(path + 1, 'x', sizeof(path) - 2);
	assert_true(probe_ask(&p) < 0);
	assert_string_equal(p.note, "`path` and `host` are too long");
	path[1] = 0;
	memset(contains, 'x', sizeof(contains) - 1);
	conf.contains = contains;
	assert_true(probe_ask(&p) < 0);
	assert_string_equal(p.note, "`contains` is longer than 256 bytes");
	contains[PROBE_CONTAINS] = 0;
	assert_int_equal(probe_ask(&p), 0);
}

/* ---- Lists of codes ---- */

static const struct {
	const char *list;
	bool valid;
	int in, out; /* codes that are in it and not; 0: none */
} lists[] = {
	{ "200", true, 200, 201 },
	{ "200, 300-399", true, 399, 299 },
	{ "200,401 , 404", true, 401, 402 },
	{ " 200 ", true, 200, 0 },
	{ "100-599", true, 100, 99 },
	{ "200,", true, 200, 0 },
	{ "", false, 0, 200 },
	{ " ", false, 0, 200 },
	{ "ok", false, 0, 200 },
	{ "99", false, 0, 99 },
	{ "200-600", false, 0, 200 },
	{ "300-200", false, 0, 250 },
	{ "200 201", false, 0, 201 },
	{ "200-", false, 0, 200 },
	{ "-200", false, 0, 200 },
	{ "99999999999999", false, 0, 0 },
	{ "200, x", false, 200, 0 },
	{ "2xx", true, 299, 300 },
	{ "401, 5xx", true, 500, 499 },
	{ "0xx", false, 0, 99 },
	{ "6xx", false, 0, 600 },
	{ "20xx", false, 0, 200 },
	{ "2xx-3xx", false, 0, 300 },
};

static void lists_of_codes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		print_message("\"%s\"\n", lists[i].list);
		assert_int_equal(probe_codes_valid(lists[i].list), lists[i].valid);
		assert_true(!lists[i].in || probe_codes_has(lists[i].list, lists[i].in));
		assert_true(!lists[i].out || !probe_codes_has(lists[i].list, lists[i].out));
	}
}

/* ---- Answers ---- */

#define EXPECT(list)                                                                                                   \
	{                                                                                                              \
		.path = "/", .codes = (list)                                                                           \
	}
#define CONTAINS(text)                                                                                                 \
	{                                                                                                              \
		.path = "/", .codes = "200", .contains = (text)                                                        \
	}

static const struct {
	struct probe_options conf;
	const char *answer;
	bool ended;
	enum lg_verdict verdict;
	const char *note;
} answers[] = {
	{ EXPECT("200"), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, LG_HEALTHY, "200 OK" },
	{ EXPECT("200"), "HTTP/1.0 200 Fine\r\n\r\n", false, LG_HEALTHY, "200 Fine" },
	{ EXPECT("200"), "HTTP/1.1 200 \r\nContent-Length: 9\r\n\r\n", false, LG_HEALTHY, "200" },
	{ EXPECT("200, 300-399"), "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", false, LG_HEALTHY,
	  "302 Found" },
	{ EXPECT("200"), "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", false, LG_SICK, "302 Found" },
	{ EXPECT("200-399"), "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", false, LG_SICK,
	  "503 Service Unavailable" },
	{ EXPECT("200"), "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	  false, LG_HEALTHY, "200 OK" },
	{ EXPECT("200"), "HTTP/1.1 100 Continue\r\n\r\n", false, LG_NOT_YET, "" },
	{ EXPECT("200"), "HTTP/1.1 100 Continue\r\n\r\n", true, LG_SICK, "closed inside an answer" },
	{ EXPECT("200"), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", true, LG_SICK, "closed inside an answer" },
	{ EXPECT("200"), "", true, LG_SICK, "closed without an answer" },
	{ { .path = "/", .codes = "200", .method = PROBE_BY_HEAD },
	  "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n",
	  false,
	  LG_HEALTHY,
	  "200 OK" },
	{ CONTAINS("welcome"), "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nYou are welcome", false, LG_HEALTHY,
	  "200 OK" },
	{ CONTAINS("welcome"), "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\nYou are wellcome", false, LG_SICK,
	  "200 OK without \"welcome\"" },
	{ CONTAINS("welcome"), "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nYou are", false, LG_NOT_YET, "200 OK" },
	{ CONTAINS("welcome"), "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nYou are", true, LG_SICK,
	  "200 OK without \"welcome\"" },
	{ CONTAINS("welcome"), "HTTP/1.1 404 No\r\nContent-Length: 7\r\n\r\nwelcome", false, LG_SICK, "404 No" },
	{ CONTAINS("welcome"), "HTTP/1.0 200 OK\r\n\r\nwelcom", false, LG_NOT_YET, "200 OK" },
	{ CONTAINS("welcome"), "HTTP/1.0 200 OK\r\n\r\nwewelcome", false, LG_HEALTHY, "200 OK" },
	{ CONTAINS("welcome"), "HTTP/1.0 200 OK\r\n\r\nwelcom", true, LG_SICK, "200 OK without \"welcome\"" },
	{ CONTAINS("welcome"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwel\r\n4\r\ncome\r\n", false,
	  LG_HEALTHY, "200 OK" },
	{ CONTAINS("4\r\nc"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwel\r\n4\r\ncome\r\n0\r\n\r\n",
	  false, LG_SICK, "200 OK without \"4\r\nc\"" },
	{ CONTAINS("e"), "HTTP/1.1 200 OK\r\nX: e\r\nContent-Length: 0\r\n\r\n", false, LG_SICK,
	  "200 OK without \"e\"" },
	{ CONTAINS("aab"), "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\naaab", false, LG_HEALTHY, "200 OK" },
	{ CONTAINS(""), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", false, LG_HEALTHY, "200 OK" },
};

static void judge_cut(size_t i, size_t step)
{
	struct fake_question *q = fake_question(&prober, &answers[i].conf);
	size_t n = strlen(answers[i].answer);
	enum lg_verdict v = LG_NOT_YET;

	for (size_t at = step; at < n && v == LG_NOT_YET; at += step)
		v = fake_judge(q, answers[i].answer, at, false);
	if (v == LG_NOT_YET)
		v = fake_judge(q, answers[i].answer, n, answers[i].ended);
	if (v != answers[i].verdict || strcmp(q->p.note, answers[i].note) != 0)
		fail_msg("%s\nby %zu bytes: %d, %s", answers[i].answer, step, (int)v, q->p.note);
	fake_question_free(q);
}

static void answers_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		for (size_t step = 1; step <= strlen(answers[i].answer) + 1; step++)
			judge_cut(i, step);
	}
}

/* What is no answer of HTTP/1.x at all, or none that one can trust. */
static void broken_answers_are_sick(void **state)
{
	static const char *const broken[] = {
		"SSH-2.0-OpenSSH\r\n\r\n",
		"\x15\x03\x03\0\2\2\x28\r\n\r\n",
		"HTTP/2.0 200 OK\r\n\r\n",
		"HTTP/1.1 20 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
	};
	const struct probe_options conf = CONTAINS("x");

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		struct fake_question *q = fake_question(&prober, &conf);
		size_t n = i == 1 ? 11 : strlen(broken[i]);

		assert_int_equal(fake_judge(q, broken[i], n, false), LG_SICK);
		print_message("%s\n", q->p.note);
		assert_ptr_equal(strstr(q->p.note, "broken answer: "), q->p.note);
		fake_question_free(q);
	}
}

/* A server that goes on and on: the limits. */
static void endless_answers_are_sick(void **state)
{
	static const char once[] = "HTTP/1.1 200 OK\r\nX: ", early[] = "HTTP/1.1 103 Early\r\n\r\n",
			  body[] = "HTTP/1.0 200 OK\r\n\r\n";
	const struct probe_options conf = CONTAINS("welcome");
	size_t room = PROBE_HEAD + PROBE_BODY + 1024;
	char *text = malloc(room);

	(void)state;
	assert_non_null(text);
	for (unsigned what = 0; what < 3; what++) {
		struct fake_question *q = fake_question(&prober, &conf);
		enum lg_verdict v = LG_NOT_YET;
		size_t n;

		memset(text, 'x', room);
		memcpy(text, what == 0 ? once : body, what == 0 ? sizeof(once) - 1 : sizeof(body) - 1);
		for (size_t at = 0; what == 1 && at + sizeof(early) < room; at += sizeof(early) - 1)
			memcpy(text + at, early, sizeof(early) - 1);
		for (n = 0; n + 512 <= room && v == LG_NOT_YET;)
			v = fake_judge(q, text, n += 512, false);
		assert_int_equal(v, LG_SICK);
		assert_in_range(n, PROBE_HEAD, what == 2 ? PROBE_BODY + 1024 : PROBE_HEAD + 1024);
		print_message("%s\n", q->p.note);
		fake_question_free(q);
	}
	free(text);
}

/* What a server writes into its answer does not break the operator's lines. */
static void notes_are_one_line(void **state)
{
	const struct probe_options conf = EXPECT("200");
	struct fake_question *q = fake_question(&prober, &conf);
	char text[512] = "HTTP/1.1 500 a\tb ";
	size_t n = strlen(text);

	(void)state;
	memset(text + n, 'x', 300);
	strcpy(text + n + 300, "\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(fake_judge(q, text, strlen(text), false), LG_SICK);
	assert_ptr_equal(strstr(q->p.note, "500 a?b xxx"), q->p.note);
	assert_int_equal(strlen(q->p.note), sizeof(q->p.note) - 1);
	fake_question_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_are_asked),     cmocka_unit_test(long_options_are_refused),
		cmocka_unit_test(lists_of_codes),          cmocka_unit_test(answers_are_judged),
		cmocka_unit_test(broken_answers_are_sick), cmocka_unit_test(endless_answers_are_sick),
		cmocka_unit_test(notes_are_one_line),
	};

	return cmocka_run_group_tests_name("https probe", tests, NULL, NULL);
}
