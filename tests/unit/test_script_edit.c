/* SPDX-License-Identifier: Apache-2.0 */
/* test_script_edit.c: the word edit, and what a policy declares that it edits. */
#include "script_world.h"

static char *const edits[] = { "x-one", "x-two", "user-agent", NULL };
static char *const sealed[] = { "from", NULL };

static struct world *editing(void **state)
{
	struct world *w = *state;

	w->use.edits = (char **)edits;
	w->use.sealed = (char **)sealed;
	return w;
}

/* As text: "x-one=1 user-agent- x-two:answer=2". */
static const char *written(const struct verdict *v)
{
	static char text[400];
	size_t n = 0;

	text[0] = 0;
	for (unsigned i = 0; i < v->nedits; i++) {
		const struct lg_edit *e = &v->edits[i];

		n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s%s%s%.*s", i ? " " : "", (int)e->name.n,
				      e->name.p, e->answer ? ":answer" : "", e->value.p ? "=" : "-", (int)e->value.n,
				      e->value.p ? e->value.p : "");
	}
	return text;
}

static void test_edits(void **state)
{
	static const struct {
		const char *body, *edits;
	} rows[] = {
		{ "return edit{}", "" },
		{ "return edit{ set = {}, remove = {}, answer = {} }", "" },
		{ "return edit{ set = { ['x-one'] = '1' } }", "x-one=1" },
		{ "return edit{ set = { ['X-ONE'] = 1 } }", "x-one=1" },
		{ "return edit{ set = { ['x-one'] = '' } }", "x-one=" },
		{ "return edit{ set = { ['x-two'] = m.method .. ' it is', ['x-one'] = 'a\\tb' } }",
		  "x-one=a\tb x-two=INVITE it is" },
		{ "return edit{ remove = { 'X-Two', 'user-agent' } }", "user-agent- x-two-" },
		{ "return edit{ answer = { ['x-one'] = '1', ['X-Two'] = false } }", "x-one:answer=1 x-two:answer-" },
		{ "return edit{ answer = { ['user-agent'] = false }, remove = { 'x-two' }, set = { ['x-one'] = 2 } }",
		  "x-one=2 x-two- user-agent:answer-" },
		{ "return edit{ set = { ['x-one'] = 'there' }, answer = { ['x-one'] = 'back' } }",
		  "x-one=there x-one:answer=back" },
		{ "return edit{ set = { From = 'me', ['x-one'] = 1 }, remove = { 'FROM' }, answer = { from = false } }",
		  "x-one=1" },
		{ "local a, b = edit{ set = { ['x-one'] = 1 } }, edit{ remove = { 'x-one' } } return b", "x-one-" },
		{ "local a, b = edit{ set = { ['x-one'] = 1 } }, edit{ set = { ['x-one'] = 2 } } return a", "x-one=1" },
	};
	struct world *w = editing(state);
	struct verdict v;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		world_decide(w, rows[i].body, &v);
		if (v.kind != VERDICT_EDIT || strcmp(written(&v), rows[i].edits) != 0)
			fail_msg("%s: kind %d %s, %s", rows[i].body, v.kind, v.error, written(&v));
	}
	assert_usable(w);
}

static void test_wrong_edits(void **state)
{
	static const struct {
		const char *body, *error;
	} rows[] = {
		{ "return edit()", "table expected" },
		{ "return edit('x-one')", "table expected" },
		{ "return edit({}, 1)", "too many arguments" },
		{ "return edit{ sett = {} }", "unknown key 'sett'; did you mean 'set'?" },
		{ "return edit{ header = {} }", "unknown key 'header' (set, remove, answer)" },
		{ "return edit{ {} }", "unknown key '1'" },
		{ "return edit{ set = 'x-one' }", "set is a string, not a table" },
		{ "return edit{ set = { 'x-one' } }", "the name of a header is a number" },
		{ "return edit{ set = { ['x-one'] = {} } }", "'x-one' is a table" },
		{ "return edit{ set = { ['x-one'] = false } }", "'x-one' is a boolean" },
		{ "return edit{ answer = { ['x-one'] = true } }", "'x-one' is a boolean" },
		{ "return edit{ remove = { ['x-one'] = '1' } }", "remove is a list" },
		{ "return edit{ remove = { 5 } }", "the name of a header is a number" },
		{ "return edit{ set = { Subject = 'x' } }", "'Subject' is not in `edits`" },
		{ "return edit{ remove = { 'x-onee' } }", "'x-onee' is not in `edits`" },
		{ "return edit{ remove = { 'x-on' } }", "'x-on' is not in `edits`" },
		{ "return edit{ remove = { '' } }", "'' is not in `edits`" },
		{ "return edit{ set = { ['x-one'] = 1, ['X-One'] = 2 } }", "'x-one' is there twice" },
		{ "return edit{ set = { ['x-one'] = 1 }, remove = { 'x-one' } }", "'x-one' is there twice" },
		{ "return edit{ set = { ['x-one'] = 'a\\r\\nb: c' } }", "line break" },
		{ "return edit{ set = { ['x-one'] = 'a\\0b' } }", "control character" },
		{ "local s = 'x' for i = 1, 11 do s = s .. s end return edit{ set = { ['x-one'] = s } }",
		  "1024 bytes" },
		{ "for i = 1, 5 do edit{} end", "more than 4 verdicts" },
		{ "edit{}", "made a verdict and did not return it" },
	};
	struct world *w = editing(state);
	struct verdict v;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		world_decide(w, rows[i].body, &v);
		if (v.kind != VERDICT_ERROR || !strstr(v.error, rows[i].error))
			fail_msg("%s: kind %d \"%s\"", rows[i].body, v.kind, v.error);
		assert_usable(w);
	}
}

/* A policy that declares nothing edits nothing. */
static void test_nothing_declared(void **state)
{
	struct world *w = *state;
	struct verdict v;

	world_decide(w, "return edit{ remove = { 'x-one' } }", &v);
	assert_int_equal(v.kind, VERDICT_ERROR);
	assert_contains(v.error, "not in `edits`");
	world_decide(w, "return edit{}", &v);
	assert_int_equal(v.kind, VERDICT_EDIT);
}

static void test_most_edits(void **state)
{
	static const char body[] = "local t = {} for i = 1, %d do t['x-' .. i] = i end return edit{ set = t }";
	struct world *w = *state;
	char names[VERDICT_EDITS + 1][8], *list[VERDICT_EDITS + 2] = { NULL }, text[200];
	struct verdict v;

	for (int i = 0; i <= VERDICT_EDITS; i++) {
		snprintf(names[i], sizeof names[i], "x-%d", i + 1);
		list[i] = names[i];
	}
	w->use.edits = list;
	snprintf(text, sizeof text, body, VERDICT_EDITS);
	world_decide(w, text, &v);
	assert_int_equal(v.kind, VERDICT_EDIT);
	assert_int_equal(v.nedits, VERDICT_EDITS);
	snprintf(text, sizeof text, body, VERDICT_EDITS + 1);
	world_decide(w, text, &v);
	assert_int_equal(v.kind, VERDICT_ERROR);
	assert_contains(v.error, "more than 16 headers");
}

/* Options are read-only tables; their texts and those made in decide stay until the next decision. */
static void test_options(void **state)
{
	struct world *w = editing(state);
	struct script_policy *p;
	struct verdict v;

	w->use.options = (char *)"{ set = { ['x-one'] = 'one' }, remove = { 'x-two' } }";
	p = world_load(w, "return edit{ set = o.set, remove = o.remove, answer = { ['x-two'] = m.method .. ' and more "
			  "of it' } }");
	for (int i = 0; i < 1000; i++)
		script_decide(w->s, p, world_fact, w, &v);
	assert_int_equal(v.kind, VERDICT_EDIT);
	assert_string_equal(written(&v), "x-one=one x-two- x-two:answer=INVITE and more of it");
	script_unload(w->s, p);
}

/* ---- What is declared ---- */

static void test_declared(void **state)
{
	static const struct {
		const char *edits, *options, *list;
	} rows[] = {
		{ "{}", NULL, "" },
		{ "{ 'X-One', 'user-agent' }", NULL, "x-one user-agent" },
		{ "{ 'X-One', 'x-one' }", NULL, "x-one" },
		{ "function() return { 'a' } end", NULL, "a" },
		{ "function(o) return { o.name, 'b' } end", "{ name = 'A' }", "a b" },
		{ "function(o) local t = {} for k in pairs(o) do t[#t + 1] = k end return t end", "{ a = 1 }", "a" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[300], got[100] = "", err[300] = "", **list = NULL;

		snprintf(text, sizeof text, "return { decide = type, edits = %s }", rows[i].edits);
		world_write(w, text);
		if (script_edits(w->s, w->file, rows[i].options, &list, err, sizeof err) < 0)
			fail_msg("%s: %s", rows[i].edits, err);
		for (char **name = list; *name; name++)
			snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", name == list ? "" : " ", *name);
		assert_string_equal(got, rows[i].list);
		script_list_free(list);
	}
}

static void test_wrong_declared(void **state)
{
	static const struct {
		const char *edits, *error;
	} rows[] = {
		{ "{\n'x y' }", ":1: 'x y' cannot be the name of a header" },
		{ "{ '' }", "'' cannot be the name of a header" },
		{ "{ 'a:b' }", "'a:b' cannot be" },
		{ "{ 5 }", "edits holds a number" },
		{ "{ a = 'b' }", "edits is a list" },
		{ "function() end", "edits gives a nil" },
		{ "function(o) return o.a.b end", ":1: attempt to index a nil value" },
		{ "function() while true do end end", "1000000 instructions" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[300], err[300] = "", **list = NULL;

		snprintf(text, sizeof text, "return { decide = type, edits = %s }", rows[i].edits);
		world_write(w, text);
		assert_int_equal(script_edits(w->s, w->file, "{}", &list, err, sizeof err), -EINVAL);
		if (strncmp(err, w->file, strlen(w->file)) != 0 || !strstr(err, rows[i].error))
			fail_msg("%s: \"%s\"", rows[i].edits, err);
		assert_null(list);
		assert_usable(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_edits),          WORLD_TEST(test_wrong_edits), WORLD_TEST(test_nothing_declared),
		WORLD_TEST(test_most_edits),     WORLD_TEST(test_options),     WORLD_TEST(test_declared),
		WORLD_TEST(test_wrong_declared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
