/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_script.c: what a policy may do, what it may not, and that the state is as good as before after every failure.
 * The shipped policies have their own tests beside them.
 */
#include "script.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "span.h"

/* ---- Allocations that fail ---- */

static long fail_after = -1; /* allocations that still succeed; -1: all */

void *__real_malloc(size_t n);
void *__real_calloc(size_t k, size_t n);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t k, size_t n);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

static bool fails_now(void)
{
	if (fail_after < 0)
		return false;
	if (fail_after == 0)
		return true;
	fail_after--;
	return false;
}

void *__wrap_malloc(size_t n)
{
	return fails_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t k, size_t n)
{
	return fails_now() ? NULL : __real_calloc(k, n);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails_now() ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *s)
{
	return fails_now() ? NULL : __real_strdup(s);
}

/* ---- A policy in a file, and the facts it may read ---- */

enum { FACTS = 3 };
static char *const reads[] = { "method", "to.domain", "header.x", NULL };
static char *const pools[] = { "front", "emea", NULL };

struct world {
	struct script *s;
	char file[64];
	struct policy_use use;
	const char *facts[FACTS];
	unsigned asked[FACTS];
};

static struct lg_span ask(void *ctx, unsigned i)
{
	struct world *w = ctx;

	w->asked[i]++;
	return span_of(w->facts[i]);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	snprintf(w->file, sizeof w->file, "test_script.%d.lua", (int)getpid());
	w->use = (struct policy_use){
		.name = "test", .file = w->file, .reads = (char **)reads, .nfacts = FACTS, .pools = (char **)pools
	};
	w->facts[0] = "INVITE";
	w->facts[1] = "sales.example";
	assert_int_equal(script_create(&w->s), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	unlink(w->file);
	script_destroy(w->s);
	free(w);
	return 0;
}

static void write_file(struct world *w, const char *text)
{
	FILE *f = fopen(w->file, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

/* The policy { decide = function(m, o) BODY end }, on line 1. */
static struct script_policy *load_body(struct world *w, const char *body)
{
	struct script_policy *p = NULL;
	char err[300] = "";
	char text[4096];

	snprintf(text, sizeof text, "return { decide = function(m, o) %s end }", body);
	write_file(w, text);
	if (script_load(w->s, &w->use, &p, err, sizeof err) < 0)
		fail_msg("%s: %s", body, err);
	return p;
}

static void decide(struct world *w, const char *body, struct verdict *v)
{
	struct script_policy *p = load_body(w, body);

	script_decide(w->s, p, ask, w, v);
	script_unload(w->s, p);
}

/* The state still works. */
static void assert_usable(struct world *w)
{
	struct verdict v;

	decide(w, "return reply(486, m.method)", &v);
	assert_int_equal(v.kind, VERDICT_REPLY);
	assert_int_equal(v.code, 486);
	assert_true(span_equal(v.reason, span_of(w->facts[0])));
}

static void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

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
		decide(w, rows[i].body, &v);
		if (v.kind != rows[i].kind)
			fail_msg("%s: kind %d %s", rows[i].body, v.kind, v.error);
		if (v.kind == VERDICT_ROUTE)
			assert_int_equal(v.pool, rows[i].pool);
	}
}

static void test_reply(void **state)
{
	struct world *w = *state;
	struct script_policy *p =
		load_body(w, "return reply(503, 'Try ' .. m.method, { ['Retry-After'] = 30, B = 'two', "
			     "A = m['to.domain'] .. ' and a text that is not a short one' })");
	struct verdict v;

	for (int i = 0; i < 1000; i++)
		script_decide(w->s, p, ask, w, &v);
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
	decide(w, "return reply(400, m['header.x'])", &v);
	assert_int_equal(v.kind, VERDICT_REPLY);
	assert_int_equal(v.reason.n, 200);
	text[200] = 'x';
	text[201] = 0;
	decide(w, "return reply(400, m['header.x'])", &v);
	assert_int_equal(v.kind, VERDICT_ERROR);
	assert_contains(v.error, "200 bytes");
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
	{ "return pick(1)", "unknown name 'pick'" },
	{ "return edit{}", "unknown name 'edit'" },
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
		decide(w, failing[i].body, &v);
		if (v.kind != VERDICT_ERROR || strncmp(v.error, w->file, n) != 0 || !strstr(v.error, failing[i].error))
			fail_msg("%s: kind %d \"%s\"", failing[i].body, v.kind, v.error);
		assert_usable(w);
	}
}

static void test_sandbox(void **state)
{
	static const char *const absent[] = {
		"io",
		"os",
		"debug",
		"package",
		"require",
		"load",
		"loadstring",
		"loadfile",
		"dofile",
		"pcall",
		"xpcall",
		"coroutine",
		"setmetatable",
		"getmetatable",
		"rawset",
		"rawget",
		"rawequal",
		"rawlen",
		"collectgarbage",
		"print",
		"warn",
		"_G",
		"utf8",
		"string.find",
		"string.match",
		"string.gmatch",
		"string.gsub",
		"string.rep",
		"string.format",
		"string.dump",
		"string.pack",
		"string.unpack",
		"string.packsize",
		"string.char",
		"string.reverse",
		"math.random",
		"math.randomseed",
		"table.move",
		"('').find",
		"('').rep",
		"('').dump",
	};
	struct world *w = *state;
	struct verdict v;
	char body[100];

	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
		snprintf(body, sizeof body, "if %s == nil then return drop() end", absent[i]);
		decide(w, body, &v);
		if (v.kind != VERDICT_DROP && !strstr(v.error, "unknown name"))
			fail_msg("%s is there", absent[i]);
	}
}

/* Each is true. */
static void test_words(void **state)
{
	static const char *const facts[] = {
		"m.method:lower() == 'invite' and ('aZ\\0z'):upper() == 'AZ\\0Z'",
		"('abc'):prefix('ab') and not ('abc'):prefix('b') and ('abc'):prefix('') and not ('a'):prefix('ab')",
		"('abc'):suffix('bc') and not ('abc'):suffix('b') and ('abc'):suffix('') and not ('a'):suffix('ba')",
		"('abc'):contains('b') and ('abc'):contains('') and not ('abc'):contains('d')",
		"('AbC'):equal('aBc') and not ('a'):equal('ab') and ('[') ~= ('{') and not ('['):equal('{')",
		"('a.b.c'):before('.') == 'a' and ('a.b.c'):after('.') == 'b.c' and ('a'):after('.') == nil",
		"('a.'):after('.') == '' and ('a'):before('.') == nil and ('.a'):before('.') == ''",
		"string.len('abc') == 3 and ('abc'):sub(2) == 'bc' and ('abc'):byte() == 97",
		"select('#', ('abc'):byte(1, -1)) == 3 and select('#', table.unpack({ 1, 2, 3 })) == 3",
		"tostring({}) == 'table' and tostring(nil) == 'nil' and tostring(12) == '12' and tostring(m) == "
		"'userdata'",
		"tonumber('12') == 12 and math.max(1, 2) == 2 and type(m) == 'userdata' and type(o) == 'table'",
		"(function() local t = { 3, 1, 2 } table.sort(t) return table.concat(t, ',') end)() == '1,2,3'",
		"(function() local n = 0 for k, v in pairs({ 5, 6, x = 7 }) do n = n + v end return n end)() == 18",
		"(function() local n = 0 for i, v in ipairs(o.list) do n = n + v end return n end)() == 6",
		"(function() local s = '' for k, v in pairs(o.map) do s = s .. k .. v end return s end)() == 'ab'",
		"#o.list == 3 and next(o.map) == 'a' and table.concat(o.list, ' ') == '1 2 3' and next({}) == nil",
	};
	struct world *w = *state;
	struct verdict v;
	char body[300];

	w->use.options = "{ list = { 1, 2, 3 }, map = { a = 'b' } }";
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
		snprintf(body, sizeof body, "if %s then return drop() end", facts[i]);
		decide(w, body, &v);
		if (v.kind != VERDICT_DROP)
			fail_msg("not true: %s (%s)", facts[i], v.error);
	}
}

static void test_options_are_read_only(void **state)
{
	static const char *const bodies[] = {
		"o.map.a = 1",
		"o.list[1] = 0",
		"table.insert(o.list, 4)",
		"table.sort(o.list, function(a, b) return a > b end)",
		"for k in pairs(o.map) do o.map[k] = nil end",
		"local f, t = pairs(o.map) t.a = 1",
	};
	struct world *w = *state;
	struct verdict v;

	w->use.options = "{ list = { 1, 2, 3 }, map = { a = 'b' } }";
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		decide(w, bodies[i], &v);
		assert_int_equal(v.kind, VERDICT_ERROR);
		assert_contains(v.error, "the table is read-only");
	}
}

static void test_fact_is_asked_once(void **state)
{
	struct world *w = *state;
	struct script_policy *p = load_body(
		w, "local a = m.method == m.method and m['header.x'] == m['header.x'] return a and drop() or nil");
	struct verdict v;

	for (unsigned i = 1; i <= 3; i++) {
		script_decide(w->s, p, ask, w, &v);
		assert_int_equal(v.kind, VERDICT_DROP);
		assert_int_equal(w->asked[0], i);
		assert_int_equal(w->asked[1], 0); /* nobody reads it */
		assert_int_equal(w->asked[2], i); /* there is none: that is an answer too */
	}
	script_unload(w->s, p);
}

/* ---- Purity ---- */

static void test_nothing_is_remembered(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "local n = 0\nreturn { decide = function() n = n + 1 if n > 1 then return drop() end end }",
		  ":2: decide changed 'n', a variable outside of it" },
		{ "local n = 0\nlocal function f() n = n + 1 end\nreturn { decide = function() f() if n > 1 then "
		  "return drop() "
		  "end end }",
		  ":3: decide changed 'n'" },
		{ "local t = {}\nreturn { decide = function(m) t[m.method] = true end }", "'INVITE' cannot be set" },
		{ "local t = { u = { {} } }\nreturn { decide = function() t.u[1].x = 1 end }", "'x' cannot be set" },
		{ "local t = {} t.t = t\nreturn { decide = function() t.t.t.x = 1 end }", "'x' cannot be set" },
		{ "local f = function() end\nreturn { decide = function(m) f = m end }", "decide changed 'f'" },
		{ "local n = 0\nreturn { decide = function() n = 1 error('first') end }", "first" },
		{ "return { decide = function() _ENV = {} end }", "decide changed '_ENV'" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct script_policy *p = NULL;
		char err[300];
		struct verdict v;

		write_file(w, rows[i].text);
		assert_int_equal(script_load(w->s, &w->use, &p, err, sizeof err), 0);
		for (int again = 0; again < 3; again++) {
			script_decide(w->s, p, ask, w, &v);
			assert_int_equal(v.kind, VERDICT_ERROR);
			assert_contains(v.error, rows[i].error);
		}
		script_unload(w->s, p);
	}
}

static void test_constants_are_read(void **state)
{
	struct world *w = *state;
	struct script_policy *p;
	char err[300];
	struct verdict v;

	write_file(w, "local busy = { code = 486, headers = { Why = 'busy' } }\n"
		      "local function is_call(method) return method == 'INVITE' end\n"
		      "local function depth(n) if n == 0 then return 0 end return depth(n - 1) + 1 end\n"
		      "return { decide = function(m) if is_call(m.method) and depth(5) == 5 then\n"
		      "return reply(busy.code, 'Busy', busy.headers) end end }");
	assert_int_equal(script_load(w->s, &w->use, &p, err, sizeof err), 0);
	script_decide(w->s, p, ask, w, &v);
	assert_int_equal(v.kind, VERDICT_REPLY);
	assert_int_equal(v.nheaders, 1);
	assert_true(span_equal(v.headers[0].value, span_of("busy")));
	script_unload(w->s, p);
}

/* ---- Budgets ---- */

static void test_budgets(void **state)
{
	static const struct {
		const char *body, *error;
	} rows[] = {
		{ "while true do end", ":1: more than 100000 instructions in one decision" },
		{ "local function f() return f() end f()", "more than 100000 instructions" },
		{ "for i = 1, 1e9 do local s = m.method:lower() end", "more than 100000 instructions" },
		{ "local t = {} for i = 1, 9000 do t[i] = -i end while true do table.sort(t) end", "instructions" },
		{ "local t = {} for i = 1, 9000 do t[i] = i end while true do table.insert(t, 1, 0) end",
		  "instructions" },
		{ "local t = {} for i = 1, 9000 do t[i] = '' end while true do table.concat(t) end", "instructions" },
		{ "local t = {} for i = 1, 9000 do t[i] = i end while true do select(1, table.unpack(t)) end",
		  "instructions" },
		{ "local s = m['header.x'] while true do s:contains('y') end", "more than 100000 instructions" },
		{ "local s = m['header.x'] while true do s:byte(1, -1) end", "more than 100000 instructions" },
		{ "table.sort({ 1, 2, 3 }, function() while true do end end)", "more than 100000 instructions" },
		{ "local s = m['header.x'] while true do s = s .. s end", "more than 1 MiB of memory in one decision" },
		{ "local s = m['header.x'] while true do local t = s .. 'x' end",
		  "more than 1 MiB of memory in one decision" },
		{ "local t = {} while true do t[#t + 1] = {} end", "more than 1 MiB of memory in one decision" },
		{ "local s = m['header.x'] while true do s:upper() end", "more than 1 MiB of memory in one decision" },
		{ "local function f() return 1 + f() end f()", "more than 1 MiB of memory in one decision" },
	};
	struct world *w = *state;
	struct verdict v;
	static char big[60000];

	memset(big, 'x', sizeof big - 1);
	w->facts[2] = big;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		decide(w, rows[i].body, &v);
		if (v.kind != VERDICT_ERROR || !strstr(v.error, rows[i].error))
			fail_msg("%s: kind %d \"%s\"", rows[i].body, v.kind, v.error);
		assert_usable(w);
	}
}

/* What decisions leave behind is collected: many, each of half its budget, fit in a state. */
static void test_garbage(void **state)
{
	struct world *w = *state;
	struct script_policy *p =
		load_body(w, "local s = m['header.x'] for i = 1, 8 do local t = s .. i end return drop()");
	struct verdict v;
	static char big[60000];

	memset(big, 'x', sizeof big - 1);
	w->facts[2] = big;
	for (int i = 0; i < 500; i++) {
		script_decide(w->s, p, ask, w, &v);
		if (v.kind != VERDICT_DROP)
			fail_msg("decision %d: %s", i, v.error);
	}
	script_unload(w->s, p);
}

static void test_huge_fact(void **state)
{
	struct world *w = *state;
	char *big = malloc(2 << 20);
	struct verdict v;

	assert_non_null(big);
	memset(big, 'x', (2 << 20) - 1);
	big[(2 << 20) - 1] = 0;
	w->facts[2] = big;
	decide(w, "if m['header.x'] then return drop() end", &v);
	assert_int_equal(v.kind, VERDICT_ERROR);
	assert_contains(v.error, "more than 1 MiB");
	free(big);
	assert_usable(w);
}

/* ---- Loading and describing ---- */

static void test_wrong_files(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "", ": a policy returns a table, this one a nil" },
		{ "return 5", "a policy returns a table" },
		{ "return {", ":1: unexpected symbol near <eof>" },
		{ "\nfoo()", ":2: unknown name 'foo'" },
		{ "\x1bLua", "attempt to load a binary chunk" },
		{ "while true do end", ":1: more than 1000000 instructions in one load" },
		{ "return { decide = function() end, reads = drop() }",
		  ":1: a verdict can only be made while decide runs" },
		{ "return {}", "a policy needs decide" },
		{ "return {\ndecide = 5 }", ":2: decide is a number, not a function" },
		{ "return {\nplugin = {}, decide = type }", ":2: plugin is a table, not a string" },
		{ "return { decide = type,\nread = {} }", ":2: unknown key 'read' in a policy; did you mean 'reads'?" },
		{ "return { decide = type,\n['x y'] = {} }", ":2: unknown key 'x y' in a policy" },
		{ "return { decide = type, 'x' }", "a policy has an entry without a name" },
		{ "return { decide = type,\n-- reads = 1\nreads = 'method' }", ":3: reads is a string, not a table" },
		{ "return { decide = type,\nreads = { 5 } }", ":2: reads holds a number; its entries are texts" },
		{ "return { decide = type,\nreads = { '' } }", ":2: a text in 'reads' is empty" },
		{ "return { decide = type,\nreads = { 'a', 'a' } }", ":2: reads names 'a' twice" },
		{ "return { decide = type,\nreads = { a = 'b' } }", ":2: reads is a list" },
		{ "return { decide = type,\npools = { {} } }", ":2: pools holds a table" },
		{ "return { decide = type,\noptions = { 'x' } }", ":2: options are written as" },
		{ "return { decide = type, options = {\nx = {} } }", ":2: option 'x' has no type" },
		{ "return { decide = type, options = { x = {\ntype = 5 } } }", ":2: type is a number" },
		{ "return { decide = type, options = {\nx = { type = 'strin' } } }", "did you mean 'string'?" },
		{ "return { decide = type, options = {\nx = { type = 'colour' } } }",
		  ":2: option 'x': type 'colour' is unknown" },
		{ "return { decide = type, options = {\nx = { type = 'string', hlep = 'x' } } }",
		  ":2: unknown key 'hlep' in an option; did you mean 'help'?" },
		{ "return { decide = type, options = {\nx = { type = 'map' } } }", ":2: option 'x': `of` says" },
		{ "return { decide = type, options = {\nx = { type = 'string', of = 'pool' } } }",
		  ":2: option 'x': `of` says" },
		{ "return { decide = type, options = {\nx = { type = 'list', of = 'map' } } }",
		  ":2: option 'x' cannot hold" },
		{ "return { decide = type, options = {\nx = { type = 'number', default = 'a' } } }",
		  ":2: option 'x': the default is no number" },
		{ "return { decide = type, options = {\nx = { type = 'duration', default = '5 days' } } }",
		  "is no duration" },
		{ "return { decide = type, options = {\nx = { type = 'list', of = 'number', default = { 'a' } } } }",
		  ":2: option 'x': the default holds what is no number" },
		{ "return { decide = type, options = {\nx = { type = 'map', of = 'pool', default = { 'a' } } } }",
		  ":2: option 'x': a map's keys are texts" },
		{ "return { decide = type, options = {\nx = { type = 'number', default = 1/0 } } }",
		  "cannot be written" },
		{ "return { decide = type, options = {\nx = { type = 'number', default = 1, required = true } } }",
		  ":2: option 'x' is required and has a default" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct policy_desc desc;
		char err[300] = "";

		write_file(w, rows[i].text);
		assert_int_equal(script_describe(w->s, w->file, &desc, err, sizeof err), -EINVAL);
		if (strncmp(err, w->file, strlen(w->file)) != 0 || !strstr(err, rows[i].error))
			fail_msg("%s: \"%s\"", rows[i].text, err);
		assert_null(desc.reads);
		assert_usable(w);
	}
}

static void test_describe(void **state)
{
	struct world *w = *state;
	struct policy_desc d;
	char err[300];

	write_file(w,
		   "return { plugin = 'tcp', reads = { 'a', 'header.b' }, pools = { 'p' }, decide = function() end,\n"
		   "options = { wait = { type = 'duration', default = '5s', help = 'how long' },\n"
		   "to = { type = 'map', of = 'pool', required = true },\n"
		   "words = { type = 'list', of = 'string', default = { 'a\"\\n' } } } }");
	assert_int_equal(script_describe(w->s, w->file, &d, err, sizeof err), 0);
	assert_string_equal(d.plugin, "tcp");
	assert_string_equal(d.reads[1], "header.b");
	assert_null(d.reads[2]);
	assert_string_equal(d.pools[0], "p");
	assert_null(d.pools[1]);
	assert_int_equal(d.noptions, 3);
	assert_string_equal(d.options[0].name, "to");
	assert_int_equal(d.options[0].type, POLICY_MAP);
	assert_int_equal(d.options[0].of, POLICY_POOL);
	assert_true(d.options[0].required);
	assert_null(d.options[0].def);
	assert_string_equal(d.options[1].name, "wait");
	assert_int_equal(d.options[1].type, POLICY_DURATION);
	assert_string_equal(d.options[1].def, "\"5s\"");
	assert_string_equal(d.options[1].help, "how long");
	assert_string_equal(d.options[2].def, "{ [1] = \"a\\034\\010\", }");
	policy_desc_free(&d);

	write_file(w, "return { decide = function() end }");
	assert_int_equal(script_describe(w->s, w->file, &d, err, sizeof err), 0);
	assert_null(d.plugin);
	assert_null(d.reads[0]);
	assert_null(d.pools[0]);
	assert_int_equal(d.noptions, 0);
	policy_desc_free(&d);
}

static void test_unreadable_files(void **state)
{
	struct world *w = *state;
	struct policy_desc d;
	struct script_policy *p;
	char err[300];
	FILE *f;

	unlink(w->file);
	assert_int_equal(script_describe(w->s, w->file, &d, err, sizeof err), -ENOENT);
	assert_contains(err, "No such file");
	assert_int_equal(script_load(w->s, &w->use, &p, err, sizeof err), -ENOENT);
	assert_int_equal(script_describe(w->s, ".", &d, err, sizeof err), -EISDIR);
	f = fopen(w->file, "w");
	assert_non_null(f);
	for (int i = 0; i < 300 * 1024; i++)
		fputc('\n', f);
	fclose(f);
	assert_int_equal(script_describe(w->s, w->file, &d, err, sizeof err), -EFBIG);
	assert_contains(err, "256 KiB");
}

static void test_wrong_options(void **state)
{
	static const struct {
		const char *options, *error;
	} rows[] = {
		{ "5", "the options are a number, not a table" },
		{ "{", "unexpected symbol" },
		{ "{ f = function() end }", "the options hold a function" },
		{ "{ x = nothing }", "unknown name 'nothing'" },
	};
	struct world *w = *state;

	write_file(w, "return { decide = function() end }");
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

/* Loads of one file after the other do not fill a state. */
static void test_load_and_unload(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 2000; i++)
		script_unload(w->s,
			      load_body(w, "local t = { 'some', 'constants', 'that', 'take', 'room' } return drop()"));
	assert_usable(w);
}

/* ---- Memory that runs out ---- */

/* All that a worker does with scripts; 0, or -1 when something failed, cleanly. */
static int whole_life(struct world *w)
{
	struct script *s = NULL;
	struct script_policy *p = NULL;
	struct policy_desc d = { 0 };
	struct verdict v = { .kind = VERDICT_ERROR };
	char err[300] = "";
	int ret = script_create(&s);

	if (ret == 0)
		ret = script_describe(s, w->file, &d, err, sizeof err);
	if (ret == 0)
		ret = script_load(s, &w->use, &p, err, sizeof err);
	if (ret == 0) {
		script_decide(s, p, ask, w, &v);
		if (v.kind == VERDICT_ERROR)
			assert_contains(v.error, "out of memory");
		ret = v.kind == VERDICT_REPLY ? 0 : -ENOMEM;
		fail_after = -1;
		script_decide(s, p, ask, w, &v);
		assert_int_equal(v.kind, VERDICT_REPLY);
	}
	fail_after = -1;
	if (ret < 0 && err[0])
		assert_contains(err, "out of memory");
	script_unload(s, p);
	policy_desc_free(&d);
	script_destroy(s);
	return ret;
}

static void test_out_of_memory(void **state)
{
	struct world *w = *state;
	long n = 0;
	int ret;

	write_file(w,
		   "local t = { 'x' }\nreturn { plugin = 'tcp', reads = { 'method' }, pools = { 'p' },\n"
		   "options = { w = { type = 'list', of = 'string', default = { 'a' }, help = 'h' } },\n"
		   "decide = function(m, o) local s = m.method .. ' a text that is long enough to be no short string'\n"
		   "return reply(400, s, { A = s:lower(), B = t[1] }) end }");
	w->use.options = "{ w = { 'a' } }";
	do {
		fail_after = n++;
		ret = whole_life(w);
		assert_true(ret == 0 || ret == -ENOMEM);
	} while (ret < 0);
	assert_true(n > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_verdicts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reply, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_reason, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sandbox, setup, teardown),
		cmocka_unit_test_setup_teardown(test_words, setup, teardown),
		cmocka_unit_test_setup_teardown(test_options_are_read_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fact_is_asked_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_is_remembered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_constants_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_budgets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_huge_fact, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_describe, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_options, setup, teardown),
		cmocka_unit_test_setup_teardown(test_load_and_unload, setup, teardown),
		cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
