/* SPDX-License-Identifier: Apache-2.0 */
/* test_script_freeze.c: a policy remembers nothing and changes nothing. */
#include "script_world.h"

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
		world_decide(w, bodies[i], &v);
		assert_int_equal(v.kind, VERDICT_ERROR);
		assert_contains(v.error, "the table is read-only");
	}
}

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

		world_write(w, rows[i].text);
		assert_int_equal(script_load(w->s, &w->use, &p, err, sizeof err), 0);
		for (int again = 0; again < 3; again++) {
			script_decide(w->s, p, world_fact, w, &v);
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

	world_write(w, "local busy = { code = 486, headers = { Why = 'busy' } }\n"
		       "local function is_call(method) return method == 'INVITE' end\n"
		       "local function depth(n) if n == 0 then return 0 end return depth(n - 1) + 1 end\n"
		       "return { decide = function(m) if is_call(m.method) and depth(5) == 5 then\n"
		       "return reply(busy.code, 'Busy', busy.headers) end end }");
	assert_int_equal(script_load(w->s, &w->use, &p, err, sizeof err), 0);
	script_decide(w->s, p, world_fact, w, &v);
	assert_int_equal(v.kind, VERDICT_REPLY);
	assert_int_equal(v.nheaders, 1);
	assert_true(span_equal(v.headers[0].value, span_of("busy")));
	script_unload(w->s, p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_options_are_read_only),
		WORLD_TEST(test_nothing_is_remembered),
		WORLD_TEST(test_constants_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
