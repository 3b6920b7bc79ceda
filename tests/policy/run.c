/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.c: runs the cases in NAME.test.lua against the policy NAME.lua beside it, in the sandbox and budgets that the
 * gateway gives it.  A test file is plain Lua and returns a list of cases:
 *
 *     return {
 *             { name = "what this shows",
 *               facts = { method = "INVITE", ["to.domain"] = "sales.example" },   -- those left out are nil
 *               options = { domains = { ["sales.example"] = "emea" } },           -- as in a configuration
 *               expect = route("emea") },
 *     }
 *
 * expect is one of pass(), route(pool), pick(i), edit{ set = {...}, remove = {...}, answer = {...} }, reply(code[, reason[,
 * headers]]), drop(), unavailable() and fails([text]): the policy fails, and its error contains the text.  What is left
 * out of reply or fails is not compared.  Every failing case is a line; the last line counts.  Exit: 0, 1 when a case
 * failed, 99 when a file could not be run at all.
 */
#include "case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

enum { TEXT = 512, FAILED = 1, BROKEN = 99 };

struct suite {
	const char *test_file;
	char *policy_file;
	lua_State *L;          /* of the test file */
	struct script *script; /* of the policy */
	struct policy_desc desc;
	unsigned passed, failed;
};

/* The facts of the case that runs: a table at `facts`. */
struct case_facts {
	lua_State *L;
	int facts;
	char **reads;
};

/* The strings stay the table's. */
static struct lg_span ask_fact(void *ctx, unsigned i)
{
	struct case_facts *f = ctx;
	struct lg_span value;

	lua_getfield(f->L, f->facts, f->reads[i]);
	value.p = lua_tolstring(f->L, -1, &value.n);
	lua_pop(f->L, 1);
	return value;
}

static bool is_one_of(const char *name, char *const *list)
{
	for (; *list; list++) {
		if (strcmp(*list, name) == 0)
			return true;
	}
	return false;
}

/* Pushes the field `key` of the case at the top; NULL, or what is wrong with it. */
static const char *push_table(lua_State *L, int test, const char *key)
{
	int type = lua_getfield(L, test, key);

	if (type == LUA_TNIL && strcmp(key, "facts") == 0) {
		lua_pop(L, 1);
		lua_newtable(L);
	} else if (type != LUA_TTABLE && type != LUA_TNIL) {
		return lua_pushfstring(L, "'%s' is a %s, not a table", key, lua_typename(L, type));
	}
	return NULL;
}

/* NULL, or what is wrong with the case's form. */
static const char *check_form(struct suite *s, int test)
{
	static char *const keys[] = { "name", "facts", "options", "expect", NULL };
	lua_State *L = s->L;

	for (lua_pushnil(L); lua_next(L, test); lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING || !is_one_of(lua_tostring(L, -2), keys))
			return lua_pushfstring(L, "unknown key '%s' (name, facts, options, expect)",
					       luaL_tolstring(L, -2, NULL));
	}
	lua_getfield(L, test, "expect");
	if (!expect_is(L, -1))
		return "expect = pass(), route(), edit(), reply(), drop(), unavailable() or fails()";
	lua_pop(L, 1);
	return NULL;
}

static const char *check_facts(struct suite *s, int facts)
{
	lua_State *L = s->L;

	for (lua_pushnil(L); lua_next(L, facts); lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING || !is_one_of(lua_tostring(L, -2), s->desc.reads))
			return lua_pushfstring(L, "the policy does not read the fact '%s'",
					       luaL_tolstring(L, -2, NULL));
		if (lua_type(L, -1) != LUA_TSTRING)
			return lua_pushfstring(L, "the fact '%s' is no text", lua_tostring(L, -2));
	}
	return NULL;
}

/* Asks the policy; `facts` and `test` are places on the stack. */
static const char *ask_policy(struct suite *s, int test, int facts, struct case_options *o)
{
	static char err[TEXT];
	char expected[TEXT], got[TEXT];
	struct case_facts f = { .L = s->L, .facts = facts, .reads = s->desc.reads };
	struct policy_use use = { .name = s->policy_file,
				  .file = s->policy_file,
				  .options = o->text,
				  .reads = s->desc.reads,
				  .pools = o->pools };
	struct script_policy *p = NULL;
	struct verdict v;
	bool same;

	while (use.reads[use.nfacts])
		use.nfacts++;
	if (s->desc.edits && script_edits(s->script, s->policy_file, o->text, &use.edits, err, sizeof err) < 0)
		return err;
	if (script_load(s->script, &use, &p, err, sizeof err) < 0) {
		script_edits_free(use.edits);
		return err;
	}
	script_decide(s->script, p, ask_fact, &f, &v);
	lua_getfield(s->L, test, "expect");
	same = expect_match(s->L, lua_gettop(s->L), &v, o->pools, expected, got, sizeof got);
	script_unload(s->script, p);
	script_edits_free(use.edits);
	if (same)
		return NULL;
	return lua_pushfstring(s->L, "expected %s, got %s", expected, got);
}

/* NULL, or why the case at `test` fails. */
static const char *run_case(struct suite *s, int test)
{
	static char err[TEXT];
	struct case_options o;
	const char *why;
	int facts;

	if (!lua_istable(s->L, test))
		return "a case is a table";
	why = check_form(s, test);
	if (!why)
		why = push_table(s->L, test, "facts");
	facts = lua_gettop(s->L);
	if (!why)
		why = check_facts(s, facts);
	if (!why)
		why = push_table(s->L, test, "options");
	if (why)
		return why;
	if (case_options_take(s->L, -1, &s->desc, &o, err, sizeof err) < 0)
		return err;
	why = ask_policy(s, test, facts, &o);
	case_options_free(&o);
	return why;
}

static void run_cases(struct suite *s)
{
	lua_State *L = s->L;
	lua_Integer n = luaL_len(L, 1);

	for (lua_Integer i = 1; i <= n; i++) {
		const char *why, *name = "without a name";

		lua_rawgeti(L, 1, i);
		if (lua_istable(L, 2) && lua_getfield(L, 2, "name") == LUA_TSTRING)
			name = lua_tostring(L, 3);
		why = run_case(s, 2);
		if (why)
			printf("%s: case %d, %s: %s\n", s->test_file, (int)i, name, why);
		s->passed += !why;
		s->failed += !!why;
		lua_settop(L, 1);
	}
}

/* "x.test.lua" tests "x.lua". */
static char *policy_file_of(const char *test_file)
{
	static const char end[] = ".test.lua";
	size_t n = strlen(test_file), tail = sizeof end - 1;
	char *file;

	if (n <= tail || strcmp(test_file + n - tail, end) != 0) {
		fprintf(stderr, "%s: the name of a test file ends with %s\n", test_file, end);
		return NULL;
	}
	if (asprintf(&file, "%.*s.lua", (int)(n - tail), test_file) < 0)
		return NULL;
	return file;
}

static int load_cases(struct suite *s)
{
	luaL_openlibs(s->L);
	expect_words(s->L);
	if (luaL_dofile(s->L, s->test_file) != LUA_OK) {
		fprintf(stderr, "%s\n", luaL_tolstring(s->L, -1, NULL));
		return BROKEN;
	}
	lua_settop(s->L, 1);
	if (lua_istable(s->L, 1) && lua_rawlen(s->L, 1) > 0)
		return 0;
	fprintf(stderr, "%s: a test file returns a list of cases\n", s->test_file);
	return BROKEN;
}

static int run_suite(struct suite *s)
{
	char err[TEXT];

	if (script_create(&s->script) < 0 || !s->L) {
		fprintf(stderr, "%s: out of memory\n", s->test_file);
		return BROKEN;
	}
	if (script_describe(s->script, s->policy_file, &s->desc, err, sizeof err) < 0) {
		fprintf(stderr, "%s\n", err);
		return BROKEN;
	}
	if (load_cases(s) != 0)
		return BROKEN;
	run_cases(s);
	return s->failed ? FAILED : 0;
}

/* Adds what was counted to the totals; the exit code for this file. */
static int run_file(const char *test_file, unsigned *passed, unsigned *failed)
{
	struct suite s = { .test_file = test_file, .policy_file = policy_file_of(test_file) };
	int ret;

	if (!s.policy_file)
		return BROKEN;
	s.L = luaL_newstate();
	ret = run_suite(&s);
	*passed += s.passed;
	*failed += s.failed;
	policy_desc_free(&s.desc);
	script_destroy(s.script);
	if (s.L)
		lua_close(s.L);
	free(s.policy_file);
	return ret;
}

int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;
	int ret = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: %s NAME.test.lua...\n", argv[0]);
		return BROKEN;
	}
	for (int i = 1; i < argc; i++) {
		int one = run_file(argv[i], &passed, &failed);

		ret = one > ret ? one : ret;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return ret;
}
