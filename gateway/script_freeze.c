/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_freeze.c keeps policies pure.  A policy may hold constants in local variables, tables and helper functions; if
 * it could change them it would have a memory, answer differently in each worker, and fill the state.  So tables become
 * read-only when the policy is loaded, and variables are compared and put back after each decision.
 */
#include "script_state.h"

#include <lauxlib.h>

/* A write to a read-only table; the environment is one too. */
static int refuse_write(lua_State *L)
{
	const char *key = luaL_tolstring(L, 2, NULL);

	lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	if (lua_rawequal(L, 1, -1))
		return luaL_error(L, "'%s' is no local variable: policies have no others", key);
	return luaL_error(L, "'%s' cannot be set: the table is read-only", key);
}

static int length_behind(lua_State *L)
{
	script_behind(L, 1);
	lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
	return 1;
}

void script_read_only(lua_State *L)
{
	lua_newtable(L);
	lua_createtable(L, 0, 4);
	lua_rotate(L, -3, -1); /* the front, its metatable, the table */
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, refuse_write);
	lua_setfield(L, -2, "__newindex");
	lua_pushcfunction(L, length_behind);
	lua_setfield(L, -2, "__len");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
}

/* Texts cannot set metatables: a table that has one is read-only. */
void script_behind(lua_State *L, int index)
{
	if (lua_type(L, index) != LUA_TTABLE || luaL_getmetafield(L, index, "__index") == LUA_TNIL)
		lua_pushvalue(L, index);
}

struct freeze {
	lua_State *L;
	int held;
	int seen; /* what was frozen before -> its read-only self */
	unsigned n;
	unsigned depth;
};

static void freeze_value(struct freeze *f);

/* The entries of the table at `table`. */
static void freeze_entries(struct freeze *f, int table)
{
	lua_State *L = f->L;

	for (lua_pushnil(L); lua_next(L, table);) {
		int type = lua_type(L, -2);

		if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
			luaL_error(L, "a key in a policy's constant is a %s", lua_typename(L, type));
		freeze_value(f);
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, table);
	}
}

static void freeze_table(struct freeze *f)
{
	lua_State *L = f->L;
	int table = lua_gettop(L);

	if (lua_getmetatable(L, table)) {
		lua_pop(L, 1);
		return;
	}
	lua_pushvalue(L, table);
	script_read_only(L);
	lua_pushvalue(L, table);
	lua_pushvalue(L, -2);
	lua_rawset(L, f->seen);
	freeze_entries(f, table);
	lua_replace(L, table);
}

/* Notes upvalue `i` of the function at `function`, whose value is on top. */
static void hold(struct freeze *f, int function, int i)
{
	lua_State *L = f->L;
	int at = POLICY_HELD + 3 * (int)f->n;

	lua_pushvalue(L, function);
	lua_rawseti(L, f->held, at);
	lua_pushinteger(L, i);
	lua_rawseti(L, f->held, at + 1);
	lua_rawseti(L, f->held, at + 2);
	f->n++;
}

static void freeze_function(struct freeze *f)
{
	lua_State *L = f->L;
	int function = lua_gettop(L);

	if (lua_iscfunction(L, function))
		return;
	lua_pushvalue(L, function);
	lua_pushvalue(L, function);
	lua_rawset(L, f->seen);
	for (int i = 1; lua_getupvalue(L, function, i); i++) {
		freeze_value(f);
		lua_pushvalue(L, -1);
		lua_setupvalue(L, function, i);
		hold(f, function, i);
	}
}

static void freeze_value(struct freeze *f)
{
	lua_State *L = f->L;
	int type = lua_type(L, -1);

	if (type != LUA_TTABLE && type != LUA_TFUNCTION)
		return;
	lua_pushvalue(L, -1);
	if (lua_rawget(L, f->seen) != LUA_TNIL) {
		lua_replace(L, -2);
		return;
	}
	lua_pop(L, 1);
	luaL_checkstack(L, 12, NULL);
	if (++f->depth > SCRIPT_DEPTH)
		luaL_error(L, "a policy's constants are nested more than %d deep", SCRIPT_DEPTH);
	if (type == LUA_TTABLE)
		freeze_table(f);
	else
		freeze_function(f);
	f->depth--;
}

void script_freeze(lua_State *L, int held, unsigned *n)
{
	struct freeze f = { .L = L, .held = held, .n = *n };

	lua_newtable(L);
	lua_insert(L, -2);
	f.seen = lua_gettop(L) - 1;
	freeze_value(&f);
	lua_remove(L, f.seen);
	*n = f.n;
}

const char *script_restore(lua_State *L, int held, unsigned n)
{
	const char *changed = NULL;

	for (unsigned k = 0; k < n; k++) {
		int at = POLICY_HELD + 3 * (int)k, top = lua_gettop(L), i;
		const char *name;

		lua_rawgeti(L, held, at);
		lua_rawgeti(L, held, at + 1);
		i = (int)lua_tointeger(L, -1);
		name = lua_getupvalue(L, top + 1, i);
		lua_rawgeti(L, held, at + 2);
		if (!lua_rawequal(L, -1, -2)) {
			lua_setupvalue(L, top + 1, i);
			changed = name;
		}
		lua_settop(L, top);
	}
	return changed;
}
