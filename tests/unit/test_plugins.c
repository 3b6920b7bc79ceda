/* SPDX-License-Identifier: Apache-2.0 */
/* test_plugins.c: which shared objects are taken and which refused, and how option tables are filled.  The modules are
 * in tests/unit/modules/, one a way to be wrong. */
#include "plugins.h"

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "facts.h"
#include "modules/talk.h"
#include "span.h"

static const char *const path[] = { "/nonexistent", TEST_MODULES, NULL };

static void refuses(void **state)
{
	static const struct {
		const char *name, *why;
	} cases[] = {
		{ "major", "/major.so: it speaks plugin ABI 1.0, this is 0.5" },
		{ "minor", "/minor.so: it speaks plugin ABI 0.6, this is 0.5" },
		{ "tiny", "/tiny.so: its struct lg_plugin has 8 bytes, less than any" },
		{ "misnamed", "/misnamed.so: it calls itself \"other\"" },
		{ "nameless", "/nameless.so: it calls itself \"\"" },
		{ "empty", "/empty.so: it has no symbol lychgate_plugin" },
		{ "outside", "/outside.so: an option lies outside of its conf struct" },
		{ "default", "/default.so: an option's default is not a value of it" },
		{ "factless", "/factless.so: its persistence is no fact" },
		{ "astray", "/astray.so: one of its log_facts is no fact" },
		{ "teller", "/teller.so: one of its log_facts is a credential" },
		{ "mute", "/mute.so: it has facts but no function `fact` that tells them" },
		{ "unjudged", "/unjudged.so: it has a probe but no judge" },
		{ "nowhere", "there is no nowhere.so in /nonexistent, " TEST_MODULES },
		{ "../talk", "a plugin's name has small letters" },
		{ "", "a plugin's name has small letters" },
	};
	char err[512];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_null(plugins_find(cases[i].name, path, err, sizeof err));
		if (!strstr(err, cases[i].why))
			fail_msg("%s: %s", cases[i].name, err);
	}
}

static void loads_once(void **state)
{
	char err[512];
	const struct lg_plugin *p = plugins_find("talk", path, err, sizeof err);

	(void)state;
	assert_non_null(p);
	assert_string_equal(p->name, "talk");
	assert_non_null(p->judge);
	assert_ptr_equal(plugins_find("talk", path, err, sizeof err), p);
}

static void shorter_struct_ends_in_zeroes(void **state)
{
	char err[512];
	const struct lg_plugin *p = plugins_find("short", path, err, sizeof err);

	(void)state;
	assert_non_null(p);
	assert_int_equal(p->transports, LG_TCP);
	assert_int_equal(p->inst_size, 0);
	assert_null(p->options);
	assert_null(p->judge);
}

static void finds_facts(void **state)
{
	static const struct {
		const char *name;
		int ret, index;
		const char *arg;
	} cases[] = {
		{ "source", 0, -1 - FACT_SOURCE, "" },
		{ "trusted", 0, -1 - FACT_TRUSTED, "" },
		{ "tls.subject", 0, -1 - FACT_TLS_SUBJECT, "" },
		{ "topic", 0, 0, "" },
		{ "header.to", 0, 1, "to" },
		{ "header.", -ENOENT, -1, "" },
		{ "header", -ENOENT, -1, "" },
		{ "topics", -ENOENT, -1, "" },
		{ "", -ENOENT, -1, "" },
	};
	char err[512];
	const struct lg_plugin *p = plugins_find("talk", path, err, sizeof err);

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fact_ref ref;

		assert_int_equal(facts_resolve(p, cases[i].name, &ref), cases[i].ret);
		assert_int_equal(ref.index, cases[i].index);
		assert_true(span_equal(ref.arg, span_of(cases[i].arg)));
	}
}

/* ---- Options ---- */

static const struct lg_option *talk_options(void)
{
	char err[512];
	const struct lg_plugin *p = plugins_find("talk", path, err, sizeof err);

	assert_non_null(p);
	return p->options;
}

static void fills_defaults(void **state)
{
	struct talk_conf conf = { 0 };

	(void)state;
	assert_int_equal(options_defaults(talk_options(), &conf), 0);
	assert_true(conf.greet);
	assert_int_equal(conf.lines, 8);
	assert_int_equal(conf.pause, 2000);
	assert_int_equal(conf.room, 4096);
	assert_string_equal(conf.word, "hello");
	assert_int_equal(conf.mood, 0);
	assert_int_equal(conf.doors.first, 50000);
	assert_int_equal(conf.doors.last, 50999);
	options_free(talk_options(), &conf);
	assert_null(conf.word);
}

static void sets_options(void **state)
{
	static const struct {
		const char *name, *text;
		int64_t number;
		const char *why; /* NULL: it is a value */
	} cases[] = {
		{ "lines", "1", 1, NULL },
		{ "lines", "100", 100, NULL },
		{ "lines", "0", 0, "not in the range from 1 to 100" },
		{ "lines", "101", 0, "not in the range" },
		{ "lines", "-1", 0, "not in the range" },
		{ "lines", "5k", 0, "\"5k\" is not a whole number" },
		{ "lines", " 5", 0, "not a whole number" },
		{ "lines", "+5", 0, "not a whole number" },
		{ "lines", "", 0, "not a whole number" },
		{ "lines", "99999999999999999999", 0, "not a whole number" },
		{ "pause", "500ms", 500, NULL },
		{ "pause", "1m", 60000, NULL },
		{ "pause", "0", 0, NULL },
		{ "pause", "61s", 0, "not in the range from 0 to 60000 ms" },
		{ "pause", "500", 0, "\"500\" is not a time" },
		{ "pause", "5x", 0, "\"5x\" is not a time" },
		{ "pause", "9223372036854775807h", 0, "is not a time" },
		{ "room", "4096", 4096, NULL },
		{ "room", "64k", 65536, NULL },
		{ "room", "5M", 5 << 20, NULL },
		{ "room", "-1", 0, "below 0" },
		{ "room", "1G", 0, "\"1G\" is not a size" },
		{ "greet", "false", 0, NULL },
		{ "greet", "yes", 0, "\"yes\" is neither true nor false" },
		{ "nets", "", 0, NULL },
		{ "nets", "10.0.0.0/8,192.0.2.1 , 2001:db8::/32", 0, NULL },
		{ "nets", "0.0.0.0/0, ::/0", 0, NULL },
		{ "nets", "10.0.0.0/33", 0, "\"10.0.0.0/33\" is not a network" },
		{ "nets", "10.0.0/8", 0, "is not a network" },
		{ "nets", "10.0.0.0/", 0, "is not a network" },
		{ "nets", "10.0.0.0/8x", 0, "is not a network" },
		{ "nets", "10.0.0.0/-1", 0, "is not a network" },
		{ "nets", "2001:db8::/129", 0, "is not a network" },
		{ "nets", "host", 0, "\"host\" is not a network" },
		{ "nets", "10.0.0.0/8, 192.0.2.0/24", 0, NULL },
		{ "mood", "loud", 1, NULL },
		{ "doors", "1-65535", 0, NULL },
		{ "doors", "135-135", 0, NULL },
		{ "doors", "135", 0, "\"135\" is not a range of ports from 1 to 65535, like \"50000-50999\"" },
		{ "doors", "0-100", 0, "not a range of ports" },
		{ "doors", "1-65536", 0, "not a range of ports" },
		{ "doors", "1-4294967297", 0, "not a range of ports" },
		{ "doors", "1-99999999999999999999", 0, "not a range of ports" },
		{ "doors", "1-2-3", 0, "not a range of ports" },
		{ "doors", "1 - 2", 0, "not a range of ports" },
		{ "doors", "-2", 0, "not a range of ports" },
		{ "doors", "1-", 0, "not a range of ports" },
		{ "doors", "", 0, "not a range of ports" },
		{ "doors", "2-1", 0, "\"2-1\" ends before it begins" },
		{ "mood", "quiet", 0, "\"quiet\" is not one of \"calm\", \"loud\"" },
	};
	struct talk_conf conf = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct lg_option *o = options_find(talk_options(), cases[i].name);
		const void *at = (char *)&conf + o->offset;
		char err[256] = "";
		int ret = options_set(o, &conf, cases[i].text, err, sizeof err);

		if ((ret < 0) != (cases[i].why != NULL) || !strstr(err, cases[i].why ? cases[i].why : ""))
			fail_msg("%s = \"%s\": %d, %s", cases[i].name, cases[i].text, ret, err);
		if (ret < 0)
			continue;
		if (o->type == LG_INT || o->type == LG_MSEC || o->type == LG_BYTES)
			assert_int_equal(*(const int64_t *)at, cases[i].number);
	}
	assert_int_equal(conf.mood, 1);
	assert_int_equal(conf.doors.first, 135);
	assert_int_equal(conf.doors.last, 135);
	assert_false(conf.greet);
	assert_int_equal(conf.nets.n, 2);
	assert_int_equal(conf.nets.list[0].bits, 96 + 8);
	assert_int_equal(conf.nets.list[1].bits, 96 + 24);
	assert_memory_equal(conf.nets.list[1].address, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\0", 16);
	options_free(talk_options(), &conf);
	assert_null(conf.nets.list);
}

static void replaces_strings(void **state)
{
	const struct lg_option *o = options_find(talk_options(), "word");
	struct talk_conf conf = { 0 };
	char err[64];

	(void)state;
	assert_int_equal(options_set(o, &conf, "one", err, sizeof err), 0);
	assert_int_equal(options_set(o, &conf, "another", err, sizeof err), 0);
	assert_string_equal(conf.word, "another");
	options_free(talk_options(), &conf);
	options_free(talk_options(), NULL);
	options_free(NULL, &conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses),
		cmocka_unit_test(loads_once),
		cmocka_unit_test(shorter_struct_ends_in_zeroes),
		cmocka_unit_test(finds_facts),
		cmocka_unit_test(fills_defaults),
		cmocka_unit_test(sets_options),
		cmocka_unit_test(replaces_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
