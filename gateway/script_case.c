/* SPDX-License-Identifier: Apache-2.0 */
/* script_case.c: the form of a case in a policy's test, before anything of it is done: unknown keys, wrong types, no
 * expectation.  What they mean: script_cases.c. */
#include "script_case.h"

#include <string.h>

#include <lauxlib.h>

#include "script_expect.h"
#include "script_state.h"

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++) {
		if (strcmp(*list, name) == 0)
			return true;
	}
	return false;
}

/* NULL, or what is wrong with the keys of the table at `at`. */
static const char *check_keys(lua_State *L, int at, const char *const *keys, const char *all)
{
	for (lua_pushnil(L); lua_next(L, at); lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "", *hint;

		if (is_one_of(key, keys))
			continue;
		hint = script_nearest(key, keys);
		if (hint)
			return lua_pushfstring(L, "unknown key '%s'; did you mean '%s'?", key, hint);
		return lua_pushfstring(L, "unknown key '%s' (%s)", luaL_tolstring(L, -2, NULL), all);
	}
	return NULL;
}

/* The field `key` of the table at `at` is of this type, or not there. */
static const char *check_type(lua_State *L, int at, const char *key, int type)
{
	int got = lua_getfield(L, at, key);

	lua_pop(L, 1);
	if (got == type || got == LUA_TNIL)
		return NULL;
	return lua_pushfstring(L, "'%s' is a %s, not a %s", key, lua_typename(L, got), lua_typename(L, type));
}

static const char *check_expect(lua_State *L, int at)
{
	bool is;

	lua_getfield(L, at, "expect");
	is = script_expect_is(L, -1);
	lua_pop(L, 1);
	return is ? NULL : "expect = pass(), route(), edit(), reply(), drop(), unavailable(), fails() or refused()";
}

/* It has an expectation, or steps that have. */
static const char *check_purpose(lua_State *L, int at)
{
	bool steps = lua_getfield(L, at, "steps") == LUA_TTABLE, expect = lua_getfield(L, at, "expect") != LUA_TNIL;
	bool none = steps && lua_rawlen(L, -2) == 0;

	lua_pop(L, 2);
	if (steps && expect)
		return "'expect' and 'steps': each step has its own, the case has none";
	if (none)
		return "'steps' is empty: nothing is asked";
	return steps ? NULL : check_expect(L, at);
}

const char *script_case_check(lua_State *L, int at)
{
	static const char *const keys[] = { "name", "facts", "options", "plugin", "message", "expect", "steps", NULL };
	const char *why;

	if (!lua_istable(L, at))
		return "a case is a table";
	why = check_keys(L, at, keys, "name, facts, options, plugin, message, expect, steps");
	if (!why)
		why = check_type(L, at, "facts", LUA_TTABLE);
	if (!why)
		why = check_type(L, at, "options", LUA_TTABLE);
	if (!why)
		why = check_type(L, at, "plugin", LUA_TSTRING);
	if (!why)
		why = check_type(L, at, "message", LUA_TSTRING);
	if (!why)
		why = check_type(L, at, "steps", LUA_TTABLE);
	return why ? why : check_purpose(L, at);
}

const char *script_case_check_step(lua_State *L, int at)
{
	static const char *const keys[] = { "at", "times", "facts", "expect", NULL };
	const char *why;

	if (!lua_istable(L, at))
		return "a step is a table";
	why = check_keys(L, at, keys, "at, times, facts, expect");
	if (!why)
		why = check_type(L, at, "facts", LUA_TTABLE);
	return why ? why : check_expect(L, at);
}
