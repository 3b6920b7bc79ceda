/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_cases.c: reads test files and runs their cases.  What a case may say is in script_cases.h; the verdict it
 * expects is script_expect.c's, the policy and its clock are trial.c's.
 */
#include "script_cases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lualib.h>

#include "script_case.h"
#include "script_expect.h"
#include "script_state.h"
#include "span.h"
#include "trial.h"
#include "trial_message.h"

enum { TEXT = 1024, TIMES = 1000000 };

struct suite {
	const char *test_file;
	char *policy_file;
	lua_State *L; /* of the test file */
	const char *plugin_path;
	const struct config_paths *paths;
	unsigned passed, failed, broken;
};

/* A case that runs; what is on the stack goes with it. */
struct run {
	struct suite *suite;
	struct trial *trial;
	char *options;   /* as text */
	uint64_t now_ms; /* the case's clock */
	char *message;   /* of a file */
	bool judged;     /* the policy was asked, and it is not as expected; else what is wrong is the test's */
	char problems[TEXT];
};

/* ---- Loading ---- */

/* The options of the case at `at` as text, in run->options. */
static const char *write_options(struct run *r, int at)
{
	lua_State *L = r->suite->L;
	struct buf text = { 0 };
	int ret;

	if (lua_getfield(L, at, "options") == LUA_TNIL) {
		lua_pop(L, 1);
		lua_newtable(L);
	}
	ret = script_write(L, -1, &text);
	lua_pop(L, 1);
	if (ret == 0)
		ret = buf_append(&text, "", 1);
	r->options = ret == 0 ? strdup(text.p) : NULL;
	buf_free(&text);
	return r->options ? NULL : "the options cannot be written as text";
}

static void gather(struct run *r, const struct problems *problems)
{
	size_t n = 0;

	for (unsigned i = 0; i < problems->n && n < sizeof r->problems; i++) {
		const struct problem *p = &problems->list[i];
		int more = snprintf(r->problems + n, sizeof r->problems - n, "%s%s%s%s", i ? "; " : "", p->text,
				    p->hint ? ": " : "", p->hint ? p->hint : "");

		n += more > 0 ? (size_t)more : 0;
	}
}

/* The policy with the case's options; run->trial stays NULL when a listener would refuse it. */
static const char *load(struct run *r, int at)
{
	lua_State *L = r->suite->L;
	struct trial_ask ask = { .policy = r->suite->policy_file, .plugin_path = r->suite->plugin_path };
	struct problems problems = { 0 };
	const char *why = write_options(r, at);

	if (why)
		return why;
	lua_getfield(L, at, "plugin");
	ask.plugin = lua_tostring(L, -1); /* the case keeps it */
	lua_pop(L, 1);
	ask.options = r->options;
	if (trial_create(&r->trial, &ask, r->suite->paths, &problems) < 0)
		r->trial = NULL;
	gather(r, &problems);
	problems_free(&problems);
	return NULL;
}

/* The bytes of a message's file, which lies beside the test. */
static const char *read_beside(struct run *r, const char *name, size_t *n)
{
	const char *test = r->suite->test_file, *slash = strrchr(test, '/');
	int folder = name[0] == '/' || !slash ? 0 : (int)(slash + 1 - test);
	char err[TEXT] = "out of memory", *path;

	if (asprintf(&path, "%.*s%s", folder, test, name) >= 0) {
		r->message = trial_message_file(path, n, err, sizeof err);
		free(path);
	}
	return r->message ? NULL : lua_pushfstring(r->suite->L, "cannot read the message %s: %s", name, err);
}

/* What has a line's end, or another byte that no file's name has, is the message itself. */
static bool is_message(struct lg_span text)
{
	for (size_t i = 0; i < text.n; i++) {
		if ((unsigned char)text.p[i] < ' ')
			return true;
	}
	return false;
}

static const char *take_message(struct run *r, int at)
{
	lua_State *L = r->suite->L;
	const char *why = NULL;
	char err[TEXT];
	struct lg_span text;
	bool typed;

	if (lua_getfield(L, at, "message") == LUA_TNIL)
		return NULL;
	text.p = lua_tolstring(L, -1, &text.n);
	if (text.n > TRIAL_MESSAGE)
		return lua_pushfstring(L, "a message has at most %d MiB", TRIAL_MESSAGE >> 20);
	if (!is_message(text)) {
		why = read_beside(r, text.p, &text.n);
		text.p = r->message;
	}
	if (why || trial_read(r->trial, text, 0, &typed, err, sizeof err) == 0)
		return why;
	return lua_pushfstring(L, "the message: %s", err);
}

/* ---- Deciding ---- */

static const char *take_facts(struct run *r, int at)
{
	lua_State *L = r->suite->L;

	if (lua_getfield(L, at, "facts") == LUA_TNIL)
		return NULL;
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		struct lg_span value;

		if (lua_type(L, -2) != LUA_TSTRING)
			return "a fact has no name";
		if (lua_type(L, -1) != LUA_TSTRING)
			return lua_pushfstring(L, "the fact '%s' is no text", lua_tostring(L, -2));
		value.p = lua_tolstring(L, -1, &value.n); /* the table keeps it */
		if (trial_fact(r->trial, lua_tostring(L, -2), value) < 0)
			return lua_pushfstring(L, "the policy does not read the fact '%s'", lua_tostring(L, -2));
	}
	return NULL;
}

/* Asks the policy `times` times; `at` has what is expected. */
static const char *ask(struct run *r, int at, lua_Integer times)
{
	lua_State *L = r->suite->L;
	char expected[TEXT], got[TEXT];
	struct verdict v;

	lua_getfield(L, at, "expect");
	for (lua_Integer i = 1; i <= times; i++) {
		trial_decide(r->trial, r->now_ms, &v);
		if (script_expect_match(L, lua_gettop(L), &v, trial_use(r->trial)->pools, expected, got, sizeof got))
			continue;
		r->judged = true;
		return times == 1 ? lua_pushfstring(L, "expected %s, got %s", expected, got)
				  : lua_pushfstring(L, "time %d: expected %s, got %s", (int)i, expected, got);
	}
	return NULL;
}

/* ms of "500ms", "5s", "10m", "2h"; < 0: it is none. */
static int64_t duration(const char *text)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	char *end;
	long n = strtol(text, &end, 10);

	for (unsigned i = 0; i < sizeof units / sizeof *units; i++) {
		if (end != text && n >= 0 && n < 1000000 && strcmp(end, units[i].name) == 0)
			return n * units[i].ms;
	}
	return -1;
}

static const char *take_time(struct run *r, int at)
{
	lua_State *L = r->suite->L;
	int64_t ms;

	if (lua_getfield(L, at, "at") == LUA_TNIL)
		return NULL;
	ms = lua_type(L, -1) == LUA_TSTRING ? duration(lua_tostring(L, -1)) : -1;
	if (ms < 0)
		return "`at` is no time: \"500ms\", \"5s\", \"2m\"";
	if ((uint64_t)ms < r->now_ms)
		return "`at` lies before the last step's";
	r->now_ms = (uint64_t)ms;
	return NULL;
}

/* The step at `at` of the case at `test`. */
static const char *run_step(struct run *r, int test, int at)
{
	lua_State *L = r->suite->L;
	lua_Integer times = 1;
	const char *why = script_case_check_step(L, at);

	if (!why)
		why = take_time(r, at);
	if (why)
		return why;
	if (lua_getfield(L, at, "times") != LUA_TNIL)
		times = lua_tointeger(L, -1);
	if (times < 1 || times > TIMES)
		return "`times` is a whole number, from 1 to 1000000";
	trial_forget_facts(r->trial);
	why = take_facts(r, test);
	if (!why)
		why = take_facts(r, at);
	return why ? why : ask(r, at, times);
}

static const char *run_steps(struct run *r, int test, int steps)
{
	lua_State *L = r->suite->L;

	for (lua_Integer i = 1; i <= luaL_len(L, steps); i++) {
		const char *why;

		luaL_checkstack(L, 20, NULL);
		lua_rawgeti(L, steps, i);
		why = run_step(r, test, lua_gettop(L));
		if (why)
			return lua_pushfstring(L, "step %d: %s", (int)i, why);
		lua_settop(L, steps);
	}
	return NULL;
}

/* It could not be loaded, or should not have been. */
static const char *judge_refusal(struct run *r, const char *wanted)
{
	r->judged = true;
	if (r->trial)
		return "expected refused(), but it was loaded";
	if (!wanted)
		return lua_pushfstring(r->suite->L, "a listener would not be loaded: %s", r->problems);
	if (strstr(r->problems, wanted))
		return NULL;
	return lua_pushfstring(r->suite->L, "expected refused(\"%s\"), got %s", wanted, r->problems);
}

static const char *decide(struct run *r, int test)
{
	lua_State *L = r->suite->L;
	const char *why = load(r, test), *wanted;

	if (why)
		return why;
	lua_getfield(L, test, "expect");
	wanted = script_expect_is(L, -1) ? script_expect_refusal(L, lua_gettop(L)) : NULL;
	if (wanted || !r->trial)
		return judge_refusal(r, wanted);
	why = take_message(r, test);
	if (why)
		return why;
	if (lua_getfield(L, test, "steps") == LUA_TTABLE)
		return run_steps(r, test, lua_gettop(L));
	why = take_facts(r, test);
	return why ? why : ask(r, test, 1);
}

/* Leaves on the stack why the case at `test` fails: a text, or nil.  False: it is the case that is wrong. */
static bool run_case(struct suite *s, int test)
{
	struct run r = { .suite = s };
	const char *why = script_case_check(s->L, test);

	if (!why)
		why = decide(&r, test);
	lua_pushstring(s->L, why); /* nil for NULL; a copy, for r goes */
	trial_free(r.trial);
	free(r.options);
	free(r.message);
	return !why || r.judged;
}

static void run_cases(struct suite *s)
{
	lua_State *L = s->L;
	lua_Integer n = luaL_len(L, 1);

	for (lua_Integer i = 1; i <= n; i++) {
		const char *why, *name = "without a name";
		bool judged;

		luaL_checkstack(L, 100, NULL);
		lua_rawgeti(L, 1, i);
		if (lua_istable(L, 2) && lua_getfield(L, 2, "name") == LUA_TSTRING)
			name = lua_tostring(L, 3);
		judged = run_case(s, 2);
		why = lua_tostring(L, -1);
		if (why)
			printf("%s: case %d, %s: %s%s\n", s->test_file, (int)i, name, judged ? "" : "broken: ", why);
		s->passed += !why;
		s->failed += why && judged;
		s->broken += !judged;
		lua_settop(L, 1);
	}
}

/* ---- Files ---- */

/* "x.test.lua" tests "x.lua". */
static char *policy_file_of(const char *test_file)
{
	static const char end[] = ".test.lua";
	size_t n = strlen(test_file), tail = sizeof end - 1;
	char *file;

	if (n <= tail || strcmp(test_file + n - tail, end) != 0) {
		fprintf(stderr, "%s: the name of a policy's test ends with %s\n", test_file, end);
		return NULL;
	}
	if (asprintf(&file, "%.*s.lua", (int)(n - tail), test_file) < 0)
		return NULL;
	return file;
}

static int load_cases(lua_State *L)
{
	static const luaL_Reg libraries[] = { { LUA_GNAME, luaopen_base },
					      { LUA_STRLIBNAME, luaopen_string },
					      { LUA_TABLIBNAME, luaopen_table },
					      { LUA_MATHLIBNAME, luaopen_math },
					      { NULL, NULL } };
	const char *file = lua_tostring(L, 1);

	for (const luaL_Reg *l = libraries; l->name; l++) {
		luaL_requiref(L, l->name, l->func, 1);
		lua_pop(L, 1);
	}
	script_expect_words(L);
	if (luaL_loadfilex(L, file, "t") != LUA_OK)
		return lua_error(L);
	lua_call(L, 0, 1);
	if (!lua_istable(L, -1) || lua_rawlen(L, -1) == 0)
		return luaL_error(L, "%s: a policy's test returns a list of cases", file);
	return 1;
}

static int run_protected(lua_State *L)
{
	struct suite *s = lua_touserdata(L, 1);

	lua_settop(L, 0);
	lua_pushcfunction(L, load_cases);
	lua_pushstring(L, s->test_file);
	lua_call(L, 1, 1);
	run_cases(s);
	return 0;
}

static int run_suite(struct suite *s)
{
	lua_pushcfunction(s->L, run_protected);
	lua_pushlightuserdata(s->L, s);
	if (lua_pcall(s->L, 1, 0, 0) != LUA_OK) {
		fprintf(stderr, "%s\n", luaL_tolstring(s->L, -1, NULL));
		return CASES_BROKEN;
	}
	return s->broken ? CASES_BROKEN : s->failed ? CASES_FAILED : CASES_GOOD;
}

static int run_file(struct suite *s)
{
	int ret = CASES_BROKEN;

	s->policy_file = policy_file_of(s->test_file);
	if (s->policy_file && access(s->policy_file, R_OK) < 0)
		fprintf(stderr, "%s: tests %s: %s\n", s->test_file, s->policy_file, strerror(errno));
	else if (s->policy_file)
		s->L = luaL_newstate();
	if (s->L) {
		ret = run_suite(s);
		lua_close(s->L);
	}
	free(s->policy_file);
	return ret;
}

int script_cases_run(char *const *files, const char *plugin_path, const struct config_paths *paths)
{
	unsigned passed = 0, failed = 0, broken = 0;
	int ret = CASES_GOOD;

	for (; *files; files++) {
		struct suite s = { .test_file = *files, .plugin_path = plugin_path, .paths = paths };
		int one = run_file(&s);

		passed += s.passed;
		failed += s.failed;
		broken += s.broken;
		ret = one > ret ? one : ret;
	}
	printf("%u passed, %u failed", passed, failed);
	if (broken)
		printf(", %u broken", broken);
	printf("\n");
	if (fflush(stdout) == 0 && !ferror(stdout))
		return ret;
	fprintf(stderr, "cannot write: %s\n", strerror(errno));
	return CASES_BROKEN;
}
