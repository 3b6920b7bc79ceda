/* SPDX-License-Identifier: Apache-2.0 */
/* test_sip_text: lists, parameters and tokens, with quotes and <> in their way. */
#include "sip/text.h"
#include "tests/unit/sip_check.h"

static void test_values(void **state)
{
	static const struct {
		const char *list, *values[4];
	} cases[] = {
		{ "", { NULL } },
		{ " , ,", { NULL } },
		{ "a", { "a" } },
		{ "a,b , c", { "a", "b", "c" } },
		{ "a,\r\n b", { "a", "b" } },
		{ "\"a, b\" <sip:x,y>, c", { "\"a, b\" <sip:x,y>", "c" } },
		{ "\"a\\\", b\", c", { "\"a\\\", b\"", "c" } },
		{ "\"a, b", { "\"a, b" } },
		{ "\"a, b\\", { "\"a, b\\" } },
		{ "<a, b", { "<a, b" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sip_text rest = text_of(cases[i].list), value;

		for (size_t k = 0; cases[i].values[k]; k++) {
			assert_true(sip_next_value(&rest, &value));
			assert_text(value, cases[i].values[k]);
		}
		assert_false(sip_next_value(&rest, &value));
	}
}

static void test_params(void **state)
{
	static const struct {
		const char *value, *name, *found; /* found: NULL if it is not there, "" if it has no value */
	} cases[] = {
		{ "<sip:a;tag=no>;tag=yes", "tag", "yes" },
		{ "sip:a;tag=yes", "tag", "yes" },
		{ "<sip:a;tag=no>", "tag", NULL },
		{ "\"x;tag=no\" <sip:a>;TAG = yes", "tag", "yes" },
		{ "\"x\\\";tag=no\" <sip:a>\r\n ;\r\n tag=yes;tag=no", "tag", "yes" },
		{ "<sip:a>;m=\"INVITE;proxy=no\";proxy=replace", "proxy", "replace" },
		{ "<sip:a>;+i=\"<urn:x>\";proxy=replace", "proxy", "replace" },
		{ "<sip:a>;+i=\"<urn:x>;y\"", "+i", "\"<urn:x>;y\"" },
		{ "<sip:a>;lr;tag=1", "lr", "" },
		{ "<sip:a>;tag=;b=1", "tag", "" },
		{ "<sip:a>;xtag=1;tagx=1;ta=1", "tag", NULL },
		{ "<sip:a>;;;tag=1", "tag", "1" },
		{ "<sip:a>;tag", "tag", "" },
		{ "<sip:a>;", "tag", NULL },
		{ "", "tag", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sip_text found;

		assert_int_equal(sip_param(text_of(cases[i].value), text_of(cases[i].name), &found), !!cases[i].found);
		if (cases[i].found)
			assert_text(found, cases[i].found);
	}
}

static void test_tokens(void **state)
{
	(void)state;
	assert_true(sip_is_token(text_of("aZ09-.!%*_+`'~")));
	for (int c = 0; c < 256; c++)
		if (strchr(" \t\r\n\"<>@:;,/=?()[]{}\\\x7f\x80\xff", c))
			assert_false(sip_is_token((struct sip_text){ (char[]){ (char)c }, 1 }));
	assert_false(sip_is_token(text_of("")));
	assert_true(sip_same(text_of("Call-ID"), text_of("cALL-id")));
	assert_false(sip_same(text_of("a[b"), text_of("a{b")));
	assert_false(sip_same(text_of("ab"), text_of("abc")));
}

/* Each byte at each place, for eight are looked at together. */
static void test_quoted(void **state)
{
	static const struct {
		const char *text;
		size_t n;
	} cases[] = {
		{ "\"\"", 2 },          { "\"a\" \"b\"", 3 },   { "\"a\\\"b\"c", 6 }, { "\"a\\\\\"b\"", 5 },
		{ "\"a\" \\\"b\"", 3 }, { "\"a\\\"b\" \"", 6 }, { "\"", 0 },          { "\"a", 0 },
		{ "\"a\\\"", 0 },       { "\"a\\", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(sip_quoted_n(text_of(cases[i].text)), cases[i].n);
}

static void test_plain(void **state)
{
	char s[19];

	(void)state;
	for (int c = 0; c < 256; c++)
		for (size_t at = 0; at < sizeof(s); at++) {
			memset(s, at % 2 ? ' ' : '\xff', sizeof(s));
			s[at] = (char)c;
			assert_int_equal(sip_is_plain((struct sip_text){ s, sizeof(s) }), c >= ' ' && c != 0x7f);
		}
}

/* What sip_find_mark says, a byte at a time. */
static size_t find_mark_slowly(struct sip_text t, size_t i, char mark)
{
	const char *end;

	while (i < t.n && t.p[i] != mark) {
		if (t.p[i] == '"') {
			for (i++; i < t.n && t.p[i] != '"'; i++)
				i += t.p[i] == '\\';
			i++;
		} else if (t.p[i] == '<') {
			end = memchr(t.p + i, '>', t.n - i);
			i = end ? (size_t)(end - t.p) + 1 : t.n;
		} else {
			i++;
		}
	}
	return i < t.n ? i : t.n;
}

/* Every length and place of marks, quotes and brackets among other bytes: they are looked for eight at a time. */
static void test_marks(void **state)
{
	static const char bytes[] = "aaaaaaaaaaaaaaaaaaaaaaaa;;,<>\"\\!#=\xa2\xbb\xbc\xac";
	uint32_t chance = 1;
	char text[48];

	(void)state;
	for (unsigned round = 0; round < 100000; round++) {
		struct sip_text t = { text, round % sizeof(text) };

		for (size_t i = 0; i < t.n; i++) {
			chance = chance * 1664525 + 1013904223;
			text[i] = bytes[(chance >> 16) % (sizeof(bytes) - 1)];
		}
		for (const char *mark = ";,<"; *mark; mark++)
			if (sip_find_mark(t, 0, *mark) != find_mark_slowly(t, 0, *mark))
				fail_msg("'%c' in %.*s", *mark, (int)t.n, t.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks),  cmocka_unit_test(test_values), cmocka_unit_test(test_params),
		cmocka_unit_test(test_tokens), cmocka_unit_test(test_plain),  cmocka_unit_test(test_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
