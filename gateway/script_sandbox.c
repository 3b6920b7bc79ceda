/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_sandbox.c: the names that a policy sees.  No file, clock, chance, pattern, coroutine or loader is among them,
 * and nothing that catches an error: a budget that is used up must end the decision.  What can work long on little code
 * charges for it.  Text is ASCII here, whatever the locale.
 */
#include "script_state.h"

#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "address.h"

enum { BYTES_A_STEP = 16 }; /* searching or copying this much costs about an instruction */

/* ---- base ---- */

/* Looks behind read-only tables, which Lua's own would take for empty. */
static int base_next(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 2);
	script_behind(L, 1);
	lua_replace(L, 1);
	if (lua_next(L, 1))
		return 2;
	lua_pushnil(L);
	return 1;
}

static int base_pairs(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_pushcfunction(L, base_next);
	lua_pushvalue(L, 1);
	lua_pushnil(L);
	return 3;
}

/* Shows no address: the same input gives the same text. */
static int base_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	switch (lua_type(L, 1)) {
	case LUA_TNIL:
	case LUA_TBOOLEAN:
	case LUA_TNUMBER:
	case LUA_TSTRING:
		luaL_tolstring(L, 1, NULL);
		return 1;
	default:
		lua_pushstring(L, luaL_typename(L, 1));
		return 1;
	}
}

/* ---- string ---- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

static int map_text(lua_State *L, char (*map)(char))
{
	size_t n;
	const char *s = luaL_checklstring(L, 1, &n);
	luaL_Buffer b;
	char *to = luaL_buffinitsize(L, &b, n);

	for (size_t i = 0; i < n; i++)
		to[i] = map(s[i]);
	luaL_pushresultsize(&b, n);
	return 1;
}

static int text_lower(lua_State *L)
{
	return map_text(L, lower);
}

static int text_upper(lua_State *L)
{
	return map_text(L, upper);
}

struct two {
	struct lg_span s, t;
};

static struct two check_two(lua_State *L)
{
	struct two a;

	a.s.p = luaL_checklstring(L, 1, &a.s.n);
	a.t.p = luaL_checklstring(L, 2, &a.t.n);
	script_charge(L, a.s.n / BYTES_A_STEP);
	return a;
}

static int text_prefix(lua_State *L)
{
	struct two a = check_two(L);

	lua_pushboolean(L, a.t.n <= a.s.n && memcmp(a.s.p, a.t.p, a.t.n) == 0);
	return 1;
}

static int text_suffix(lua_State *L)
{
	struct two a = check_two(L);

	lua_pushboolean(L, a.t.n <= a.s.n && memcmp(a.s.p + a.s.n - a.t.n, a.t.p, a.t.n) == 0);
	return 1;
}

static int text_contains(lua_State *L)
{
	struct two a = check_two(L);

	lua_pushboolean(L, memmem(a.s.p, a.s.n, a.t.p, a.t.n) != NULL);
	return 1;
}

/* Whether two texts are the same but for the case of letters. */
static int text_equal(lua_State *L)
{
	struct two a = check_two(L);
	bool equal = a.s.n == a.t.n;

	for (size_t i = 0; equal && i < a.s.n; i++)
		equal = lower(a.s.p[i]) == lower(a.t.p[i]);
	lua_pushboolean(L, equal);
	return 1;
}

/* What stands before the first t in s; nil when there is none. */
static int text_before(lua_State *L)
{
	struct two a = check_two(L);
	const char *at = memmem(a.s.p, a.s.n, a.t.p, a.t.n);

	if (!at)
		return 0;
	lua_pushlstring(L, a.s.p, (size_t)(at - a.s.p));
	return 1;
}

/* What stands after the first t in s; nil when there is none. */
static int text_after(lua_State *L)
{
	struct two a = check_two(L);
	const char *at = memmem(a.s.p, a.s.n, a.t.p, a.t.n);

	if (!at)
		return 0;
	at += a.t.n;
	lua_pushlstring(L, at, (size_t)(a.s.p + a.s.n - at));
	return 1;
}

enum { NET_STEPS = 2 }; /* reading one */

/* The value of the narrowest network among the keys of a table that has the address s; nil when none has it. */
static int text_within(lua_State *L)
{
	struct lg_net own, net;
	int widest = -1;
	bool is = address_parse_net(&own, luaL_checkstring(L, 1), NULL) == 0;

	luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 2);
	lua_pushnil(L); /* the answer */
	script_behind(L, 2);
	for (lua_pushnil(L); is && lua_next(L, 4); lua_pop(L, 1)) {
		script_charge(L, NET_STEPS);
		if (lua_type(L, -2) != LUA_TSTRING || address_parse_net(&net, lua_tostring(L, -2), NULL) < 0)
			return luaL_error(L, "within(networks): '%s' is no network", luaL_tolstring(L, -2, NULL));
		if (net.bits > widest && own.bits >= net.bits && address_in_net(own.address, &net)) {
			widest = net.bits;
			lua_pushvalue(L, -1);
			lua_replace(L, 3);
		}
	}
	lua_settop(L, 3);
	return 1;
}

/* ---- What works on many values ---- */

/*
 * Calls the function in upvalue 1 and charges for the entries of its table, times upvalue 2, and for its results: the
 * hook does not count inside C.
 */
static int charged(lua_State *L)
{
	lua_Integer weight = lua_tointeger(L, lua_upvalueindex(2));

	if (lua_type(L, 1) == LUA_TTABLE)
		script_charge(L, (uint64_t)(luaL_len(L, 1) * weight));
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	script_charge(L, (uint64_t)lua_gettop(L));
	return lua_gettop(L);
}

struct charge {
	const char *name;
	int weight;
};

/* ---- The environment ---- */

static int unknown_name(lua_State *L)
{
	const char *name = luaL_tolstring(L, 2, NULL);

	for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
		if (lua_type(L, -2) == LUA_TSTRING && script_is_near(name, lua_tostring(L, -2)))
			return luaL_error(L, "unknown name '%s'; did you mean '%s'?", name, lua_tostring(L, -2));
	}
	return luaL_error(L, "unknown name '%s'", name);
}

static const luaL_Reg base_own[] = {
	{ "next", base_next }, { "pairs", base_pairs }, { "tostring", base_tostring }, { NULL, NULL }
};
static const luaL_Reg text_own[] = { { "after", text_after },       { "before", text_before },
				     { "contains", text_contains }, { "equal", text_equal },
				     { "lower", text_lower },       { "prefix", text_prefix },
				     { "suffix", text_suffix },     { "upper", text_upper },
				     { "within", text_within },     { NULL, NULL } };
static const struct charge base_lua[] = { { "assert", 0 },   { "error", 0 }, { "ipairs", 0 }, { "select", 0 },
					  { "tonumber", 0 }, { "type", 0 },  { NULL, 0 } };
static const struct charge text_lua[] = { { "byte", 1 }, { "len", 0 }, { "sub", 0 }, { NULL, 0 } };
static const struct charge table_lua[] = { { "concat", 1 }, { "insert", 1 }, { "remove", 1 },
					   { "sort", 20 },  { "unpack", 1 }, { NULL, 0 } };
static const struct charge math_lua[] = { { "abs", 0 },        { "ceil", 0 },      { "floor", 0 },      { "fmod", 0 },
					  { "huge", 0 },       { "max", 0 },       { "maxinteger", 0 }, { "min", 0 },
					  { "mininteger", 0 }, { "tointeger", 0 }, { "type", 0 },       { NULL, 0 } };

/* Takes the names in `list` from one of Lua's libraries into the table on top. */
static void take(lua_State *L, lua_CFunction library, const struct charge *list)
{
	lua_pushcfunction(L, library);
	lua_call(L, 0, 1);
	for (; list->name; list++) {
		lua_getfield(L, -1, list->name);
		if (list->weight > 0) {
			lua_pushinteger(L, list->weight);
			lua_pushcclosure(L, charged, 2);
		}
		lua_setfield(L, -3, list->name);
	}
	lua_pop(L, 1);
}

/* Methods reach what stands in the strings' metatable past every environment: it holds our table, and nothing else. */
static void set_text_methods(lua_State *L, int methods)
{
	lua_pushliteral(L, "");
	lua_createtable(L, 0, 1);
	lua_pushvalue(L, methods);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
	lua_pop(L, 1);
}

void script_sandbox(lua_State *L)
{
	lua_newtable(L);
	take(L, luaopen_base, base_lua);
	luaL_setfuncs(L, base_own, 0);
	script_verdict_words(L);

	lua_newtable(L);
	take(L, luaopen_string, text_lua);
	luaL_setfuncs(L, text_own, 0);
	set_text_methods(L, lua_gettop(L));
	script_read_only(L);
	lua_setfield(L, -2, "string");

	lua_newtable(L);
	take(L, luaopen_table, table_lua);
	script_read_only(L);
	lua_setfield(L, -2, "table");

	lua_newtable(L);
	take(L, luaopen_math, math_lua);
	script_read_only(L);
	lua_setfield(L, -2, "math");

	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, unknown_name);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
	script_read_only(L);
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS); /* what every text is loaded with */
}
