/* SPDX-License-Identifier: Apache-2.0 */
/* test_script_policy.c: facts in, a verdict out, and every way in which that fails. */
#include "script_world.h"

/* ---- Verdicts ---- */

static void test_verdicts(void **state)
{
	static const struct {
		const char *body;
		enum verdict_kind kind;
		unsigned pool;
	} rows[] = {
		{ "", VERDICT_PASS },
		{ "return nil", VERDICT_PASS },
		{ "return route('front')", VERDICT_ROUTE, 0 },
		{ "return route('emea')", VERDICT_ROUTE, 1 },
		{ "return pick(1)", VERDICT_PICK, 0 },
		{ "return pick(2)", VERDICT_PICK, 1 },
		{ "return reply(486, 'Busy')", VERDICT_REPLY },
		{ "return drop()", VERDICT_DROP },
		{ "return unavailable()", VERDICT_UNAVAILABLE },
		{ "local a, b = route('emea'), drop() return a", VERDICT_ROUTE, 1 },
		{ "local a, b = route('emea'), drop() return b", VERDICT_DROP },
		{ "if m.method == 'INVITE' then return drop() end", VERDICT_DROP },
		{ "if m['to.domain']:suffix('.example') then return drop() end", VERDICT_DROP },
		{ "if m['header.x'] == nil then return drop() end", VERDICT_DROP },
	};
	struct world *w = *state;
	struct verdict v;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		world_decide(w, rows[i].body, &v);
		if (v.kind != rows[i].kind)
			fail_msg("%s: kind %d %s", rows[i].body, v.kind, v.error);
		if (v.kind == VERDICT_PICK)
			assert_int_equal(v.server, rows[i].pool);
		if (v.kind == VERDICT_ROUTE)
			assert_int_equal(v.pool, rows[i].pool);
	}
}

static void test_reply(void **state)
{
	struct world *w = *state;
	struct script_policy *p =
		world_load(w, "return reply(503, 'Try ' .. m.method, { ['Retry-After'] = 30, B = 'two', "
			      "A = m['to.domain'] .. ' and a text that is not a short one' })");
	struct verdict v;

	for (int i = 0; i < 1000; i++)
		script_decide(w->s, p, world_fact, w, &v);
	assert_int_equal(v.kind, VERDICT_REPLY);
	assert_int_equal(v.code, 503);
	assert_true(span_equal(v.reason, span_of("Try INVITE")));
	assert_int_equal(v.nheaders, 3);
	assert_true(span_equal(v.headers[0].name, span_of("A")));
	assert_true(span_equal(v.headers[0].value, span_of("sales.example and a text that is not a short one")));
	assert_true(span_equal(v.headers[1].name, span_of("B")));
	assert_true(span_equal(v.headers[2].name, span_of("Retry-After")));
	assert_true(span_equal(v.headers[2].value, span_of("30")));
	script_unload(w->s, p);
}

static void test_long_reason(void **state)
{
	struct world *w = *state;
	char text[202];
	struct verdict v;

	memset(text, 'x', sizeof text);
	w->facts[2] = text;
	text[200] = 0;
	world_decide(w, "return reply(400, m['header.x'])", &v);
	assert_int_equal(v.kind, VERDICT_REPLY);
	assert_int_equal(v.reason.n, 200);
	text[200] = 'x';
	text[201] = 0;
	world_decide(w, "return reply(400, m['header.x'])", &v);
	assert_int_equal(v.kind, VERDICT_ERROR);
	assert_contains(v.error, "200 bytes");
}

static void test_fact_is_asked_once(void **state)
{
	struct world *w = *state;
	struct script_policy *p = world_load(
		w, "local a = m.method == m.method and m['header.x'] == m['header.x'] return a and drop() or nil");
	struct verdict v;

	for (unsigned i = 1; i <= 3; i++) {
		script_decide(w->s, p, world_fact, w, &v);
		assert_int_equal(v.kind, VERDICT_DROP);
		assert_int_equal(w->asked[0], i);
		assert_int_equal(w->asked[1], 0); /* nobody reads it */
		assert_int_equal(w->asked[2], i); /* there is none: that is an answer too */
	}
	script_unload(w->s, p);
}

/* A decision that keeps what the one before has read must see every change of it. */
static void test_fact_changes(void **state)
{
	static const struct {
		const char *value;
		int code;
	} rows[] = {
		{ "one", 601 }, { "one", 601 }, { "two", 602 }, { "on", 603 }, { "one more", 603 },
		{ NULL, 604 },  { "one", 601 }, { "", 603 },    { NULL, 604 }, { NULL, 604 },
	};
	struct world *w = *state;
	struct script_policy *p =
		world_load(w, "local x = m['header.x'] "
			      "return reply(x == 'one' and 601 or x == 'two' and 602 or x and 603 or 604, 'x')");
	struct verdict v;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		w->facts[2] = rows[i].value;
		script_decide(w->s, p, world_fact, w, &v);
		assert_int_equal(v.kind, VERDICT_REPLY);
		assert_int_equal(v.code, rows[i].code);
	}
	script_unload(w->s, p);
}

/* ---- What fails, and how it is said ---- */

static const struct {
	const char *body, *error;
} failing[] = {
	{ "return route('nowhere')", ":1: routing to an undeclared pool, 'nowhere'" },
	{ "return route('front\\0')", "undeclared pool" },
	{ "return route()", "bad argument #1 to 'route'" },
	{ "return route('front', 2)", "too many arguments" },
	{ "return reply(99, 'x')", ":1: reply code 99 is not between 100 and 699" },
	{ "return reply(700, 'x')", "reply code 700" },
	{ "return reply(400.5, 'x')", "no integer representation" },
	{ "return reply(400)", "the reason is a text, not a no value" },
	{ "return reply(400, 5)", "the reason is a text, not a number" },
	{ "return reply(400, 'a\\r\\nVia: b')", "line break" },
	{ "return reply(400, 'a\\0')", "control character" },
	{ "return reply(400, 'x', 'y')", "table expected" },
	{ "return reply(400, 'x', { A = 'b\\nC: d' })", "the header 'A' has a line break" },
	{ "return reply(400, 'x', { A = true })", "the header 'A' is a boolean" },
	{ "return reply(400, 'x', { 'y' })", "the name of a header is a number" },
	{ "return reply(400, 'x', { ['A B'] = 'y' })", "'A B' cannot be the name of a header" },
	{ "return reply(400, 'x', { ['A:'] = 'y' })", "cannot be the name" },
	{ "return reply(400, 'x', { [''] = 'y' })", "cannot be the name" },
	{ "return reply(400, 'x', { a='', b='', c='', d='', e='', f='', g='', h='', i='' })", "more than 8 headers" },
	{ "return drop(1)", "too many arguments" },
	{ "drop() drop() drop() drop() return drop()", "more than 4 verdicts" },
	{ "drop()", ":1: decide made a verdict and did not return it" },
	{ "return 'front'", ":1: decide returns a verdict or nil, not a string" },
	{ "return drop", "not a function" },
	{ "return m", "not a userdata" },
	{ "return false", "not a boolean" },
	{ "return pick(0)", "pick(0): servers count from 1 to 256" },
	{ "return pick(257)", "pick(257): servers count from 1 to 256" },
	{ "return pick('one')", "number expected, got string" },
	{ "return pick(1.5)", "number has no integer representation" },
	{ "return pick(1, 'front')", "too many arguments, at most 1" },
	{ "return pik(1)", "unknown name 'pik'; did you mean 'pick'?" },
	{ "return redit{}", "unknown name 'redit'" },
	{ "return rout('front')", "unknown name 'rout'; did you mean 'route'?" },
	{ "x = 1", ":1: 'x' is no local variable: policies have no others" },
	{ "route = nil", "'route' is no local variable" },
	{ "_ENV.x = 1", "'x' is no local variable" },
	{ "string.x = 1", "'x' cannot be set: the table is read-only" },
	{ "string.len = nil", "read-only" },
	{ "table.insert(string, 1)", "read-only" },
	{ "o.x = 1", "'x' cannot be set: the table is read-only" },
	{ "m.method = 'x'", ":1: 'method' cannot be set: facts are read-only" },
	{ "return m.methd", ":1: the fact 'methd' is not in `reads`; did you mean 'method'?" },
	{ "return m.source", "the fact 'source' is not in `reads`" },
	{ "return m[1]", "the fact '1' is not in `reads`" },
	{ "return m['header.x']:lower()", ":1: attempt to index a nil value" },
	{ "for k in pairs(m) do end", "table expected, got set of facts" },
	{ "assert(false)", ":1: assertion failed" },
	{ "assert(m['header.x'], 'no x')", ":1: no x" },
	{ "error('own words', 0)", ":1: own words" },
	{ "table.concat({ {} })", ":1: invalid value (table) at index 1" },
	{ "table.sort({ 1, 'x' })", ":1: attempt to compare" },
	{ "error('own words')", ":1: own words" },
	{ "error({})", "an error that is no text but a table" },
	{ "error()", "an error that is no text but a nil" },
	{ "return 1 + nil", "attempt to perform arithmetic" },
	{ "return ('x') + 1", "attempt to perform arithmetic" },
};

static void test_failing(void **state)
{
	struct world *w = *state;
	struct verdict v;
	size_t n = strlen(w->file);

	for (size_t i = 0; i < sizeof failing / sizeof *failing; i++) {
		world_decide(w, failing[i].body, &v);
		if (v.kind != VERDICT_ERROR || strncmp(v.error, w->file, n) != 0 || !strstr(v.error, failing[i].error))
			fail_msg("%s: kind %d \"%s\"", failing[i].body, v.kind, v.error);
		assert_usable(w);
	}
}

static void test_wrong_options(void **state)
{
	static const struct {
		const char *options, *error;
	} rows[] = {
		{ "5", "the options are a number, not a table" },
		{ "{", "unexpected symbol" },
		{ "{ x = nothing }", "unknown name 'nothing'" },
	};
	struct world *w = *state;

	world_write(w, "return { decide = function() end }");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct script_policy *p;
		char err[300] = "";

		w->use.options = (char *)rows[i].options;
		assert_int_equal(script_load(w->s, &w->use, &p, err, sizeof err), -EINVAL);
		assert_contains(err, rows[i].error);
	}
	w->use.options = NULL;
	assert_usable(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_verdicts),           WORLD_TEST(test_reply),        WORLD_TEST(test_long_reason),
		WORLD_TEST(test_fact_is_asked_once), WORLD_TEST(test_fact_changes), WORLD_TEST(test_failing),
		WORLD_TEST(test_wrong_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
