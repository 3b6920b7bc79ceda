/* SPDX-License-Identifier: Apache-2.0 */
/* test_trial.c: messages that a plugin reads without a network, their line ends, and a trial's own clock. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugins.h"
#include "span.h"
#include "trial.h"
#include "trial_message.h"

static const struct config_paths paths = { .scripts = TEST_SRCDIR "/scripts",
					   .policies = TEST_SRCDIR "/policies",
					   .plugins = TEST_PLUGINS };

static const char sip[] = "MESSAGE sip:bob@b.example SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK1\r\n"
			  "From: <sip:alice@a.example>;tag=1\r\nTo: <sip:bob@b.example>\r\nCall-ID: 7\r\n"
			  "CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Length: 2\r\n\r\nhi";
static const char get[] = "GET /a HTTP/1.1\r\nHost: www.example\r\n\r\n";

static const struct lg_plugin *plugin(const char *name)
{
	const char *path[] = { TEST_PLUGINS, NULL };
	char err[300];
	const struct lg_plugin *p = plugins_find(name, path, err, sizeof err);

	if (!p)
		fail_msg("%s", err);
	return p;
}

static struct lg_span fact(struct trial_message *m, const struct lg_plugin *p, const char *name)
{
	struct lg_span arg;
	int index = plugins_fact(p, name, &arg);

	assert_true(index >= 0);
	return trial_message_fact(m, (unsigned)index, arg);
}

static void test_messages(void **state)
{
	static const struct {
		const char *plugin, *text, *fact, *value;
		enum lg_transport transport;
	} rows[] = {
		{ "sip", sip, "method", "MESSAGE", 0 },           { "sip", sip, "from.user", "alice", LG_TLS },
		{ "sip", sip, "to.domain", "b.example", LG_UDP }, { "https", get, "host", "www.example", 0 },
		{ "https", get, "path", "/a", LG_TLS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct lg_plugin *p = plugin(rows[i].plugin);
		struct trial_message *m;
		char err[300] = "";

		if (trial_message_read(&m, p, rows[i].transport, span_of(rows[i].text), err, sizeof err) < 0)
			fail_msg("%s: %s", rows[i].plugin, err);
		assert_true(span_equal(fact(m, p, rows[i].fact), span_of(rows[i].value)));
		assert_int_equal(trial_message_transport(m), rows[i].transport ? rows[i].transport : LG_TCP);
		trial_message_free(m);
	}
}

/* Whatever is cut off or spoilt, there is a request or a reason. */
static void test_what_is_none(void **state)
{
	static const char *const plugins[] = { "sip", "https", "stun", "rpc", "tcp" };
	static const enum lg_transport transports[] = { LG_TCP, LG_UDP };

	(void)state;
	for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++) {
		const struct lg_plugin *p = plugin(plugins[i]);

		for (size_t n = 0; n < 2 * sizeof sip; n++) {
			struct trial_message *m = NULL;
			char err[300] = "", text[sizeof sip];
			size_t length = n < sizeof sip ? n : sizeof sip - 1;

			if (!(p->transports & transports[n % 2]))
				continue;
			memcpy(text, sip, sizeof sip);
			if (n >= sizeof sip)
				text[n - sizeof sip] ^= 0x55;
			if (trial_message_read(&m, p, transports[n % 2], (struct lg_span){ text, length }, err,
					       sizeof err) < 0)
				assert_true(err[0] != 0);
			else
				trial_message_free(m);
		}
	}
}

static void test_line_ends(void **state)
{
	static const struct {
		const char *typed, *text;
		bool changed;
	} rows[] = {
		{ "A b\nc: d\n\nbody\nof it", "A b\r\nc: d\r\n\r\nbody\nof it", true },
		{ "A b\nc: d\n", "A b\r\nc: d\r\n\r\n", true },
		{ "A b\nc: d\n\n", "A b\r\nc: d\r\n\r\n", true },
		{ "A b\r\nc: d\r\n\r\nx\ny", "A b\r\nc: d\r\n\r\nx\ny", false },
		{ "\x01\n\n", "\x01\n\n", false },
		{ "A b", "A b", false },
		{ "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *text;
		size_t n;

		assert_int_equal(trial_message_ends(span_of(rows[i].typed), &text, &n), rows[i].changed);
		assert_int_equal(n, strlen(rows[i].text));
		assert_memory_equal(text, rows[i].text, n);
		free(text);
	}
}

static int start_asked(void *inst, const void *conf, const struct lg_host *host, char err[], size_t errlen)
{
	void *word;

	(void)inst;
	(void)conf;
	for (size_t at = offsetof(struct lg_host, route); at < sizeof *host; at += sizeof word) {
		memcpy(&word, (const char *)host + at, sizeof word);
		if (!word)
			snprintf(err, errlen, "the host's word %zu is not there", at / sizeof word);
		if (!word)
			return -EINVAL;
	}
	snprintf(err, errlen, "all are there");
	return -EINVAL;
}

/* A plugin may call whatever the header has. */
static void test_host(void **state)
{
	static const struct lg_plugin p = {
		LG_PLUGIN_HEADER, .name = "asked", .transports = LG_TCP, .start = start_asked
	};
	struct trial_message *m;
	char err[300] = "";

	(void)state;
	assert_int_equal(trial_message_read(&m, &p, 0, span_of("x"), err, sizeof err), -EINVAL);
	assert_string_equal(err, "all are there");
	assert_int_equal(trial_message_read(&m, &p, LG_UDP, span_of("x"), err, sizeof err), -EINVAL);
	assert_string_equal(err, "plugin asked does not speak udp");
}

static struct trial *limit(struct problems *problems, const char *options)
{
	struct trial *t = NULL;
	struct trial_ask ask = { .policy = "responder/rate-limit", .options = options };

	*problems = (struct problems){ 0 };
	if (trial_create(&t, &ask, &paths, problems) < 0)
		assert_true(problems->n > 0);
	problems_free(problems);
	return t;
}

static void test_clock(void **state)
{
	struct problems problems;
	struct trial *t = limit(&problems, "{ rate = 2, burst = 1 }");
	struct verdict v;
	bool typed;
	char err[300];

	(void)state;
	assert_non_null(t);
	assert_string_equal(trial_plugin(t), "sip");
	assert_int_equal(trial_read(t, span_of(sip), 0, &typed, err, sizeof err), 0);
	assert_int_equal(trial_fact(t, "source", span_of("192.0.2.1")), 0);
	assert_true(trial_fact(t, "sauce", span_of("192.0.2.1")) < 0);
	trial_decide(t, 0, &v);
	assert_int_equal(v.kind, VERDICT_PASS);
	trial_decide(t, 499, &v);
	assert_int_equal(v.kind, VERDICT_REPLY);
	trial_decide(t, 500, &v);
	assert_int_equal(v.kind, VERDICT_PASS);
	trial_fact(t, "source", span_of("192.0.2.2"));
	trial_decide(t, 500, &v);
	assert_int_equal(v.kind, VERDICT_PASS);
	trial_free(t);
	assert_null(limit(&problems, "{ burst = 1 }"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
