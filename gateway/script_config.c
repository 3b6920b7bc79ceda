/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_config.c runs scripts/config.lua and turns its tables into a tree and a list of problems.  It decides nothing
 * about a configuration.  Everything that Lua may raise in happens inside one protected call.
 */
#include "script_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>

#include "script_host.h"

/* A configuration of ten thousand servers takes a tenth of it. */
enum { MEMORY_MAX = 256 << 20 };

static void *config_alloc(void *ud, void *old, size_t had, size_t n)
{
	struct script_reader *r = ud;
	void *p;

	if (!old)
		had = 0; /* Lua passes a kind of object here */
	if (n == 0) {
		free(old);
		r->used -= had;
		return NULL;
	}
	if (n > had && n - had > MEMORY_MAX - r->used)
		return NULL;
	p = realloc(old, n);
	if (!p)
		return n <= had ? old : NULL; /* Lua does not expect that shrinking fails */
	r->used = r->used - had + n;
	return p;
}

/* ---- Tables to trees ---- */

static void grow_table(lua_State *L, struct node *to);

/* Ours, not Lua's: an error that is nil. */
static int no_memory(lua_State *L)
{
	lua_pushnil(L);
	return lua_error(L);
}

/* Adds the value on top of the stack to `to`. */
static void grow(lua_State *L, struct node *to, const char *key)
{
	struct node *n = NULL;

	switch (lua_type(L, -1)) {
	case LUA_TSTRING:
		n = node_add(to, key, NODE_TEXT, lua_tostring(L, -1), 0);
		break;
	case LUA_TNUMBER:
		n = node_add(to, key, NODE_NUMBER, NULL, lua_tointeger(L, -1));
		break;
	case LUA_TBOOLEAN:
		n = node_add(to, key, NODE_FLAG, NULL, lua_toboolean(L, -1));
		break;
	case LUA_TTABLE:
		n = node_add(to, key, NODE_TABLE, NULL, 0);
		if (n)
			grow_table(L, n);
		break;
	default:
		luaL_error(L, "a %s among the clean values", luaL_typename(L, -1));
	}
	if (!n)
		no_memory(L);
}

/* The members of the table on top of the stack: the list in order, then keys, but for those with "_" in front. */
static void grow_table(lua_State *L, struct node *to)
{
	lua_Integer length = (lua_Integer)lua_rawlen(L, -1);

	luaL_checkstack(L, 8, "the clean tables are too deep");
	for (lua_Integer i = 1; i <= length; i++) {
		lua_rawgeti(L, -1, i);
		grow(L, to, NULL);
		lua_pop(L, 1);
	}
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;

		if (key && key[0] != '_')
			grow(L, to, key);
	}
}

/* The list of { line, text, hint, warning } on top of the stack. */
static void take_problems(lua_State *L, struct script_reader *r)
{
	for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, -1); i++) {
		struct problem p = { .file = r->in->file };

		lua_rawgeti(L, -1, i);
		lua_getfield(L, -1, "warning");
		lua_getfield(L, -2, "line");
		lua_getfield(L, -3, "text");
		lua_getfield(L, -4, "hint");
		p.warning = lua_toboolean(L, -4);
		p.line = (int)lua_tointeger(L, -3);
		p.text = lua_tostring(L, -2);
		p.hint = lua_tostring(L, -1);
		if (problems_add(r->problems, &p) < 0)
			no_memory(L);
		lua_pop(L, 5);
	}
}

/* ---- The scripts ---- */

static int read_protected(lua_State *L)
{
	struct script_reader *r = lua_touserdata(L, 1);

	script_host_open(L, r->in->paths->scripts);
	lua_getglobal(L, "use");
	lua_pushstring(L, r->in->trial ? "trial" : "config");
	lua_call(L, 1, 1);
	script_host_push(L, r);
	lua_call(L, 1, 2);
	take_problems(L, r);
	lua_pop(L, 1);
	grow_table(L, r->tree);
	return 0;
}

/* Why the protected call failed; nothing here may ask Lua for memory. */
static int failed(lua_State *L, int status, const struct script_reader *r)
{
	const char *why = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "an error without words";

	if (status == LUA_ERRMEM || lua_isnil(L, -1))
		return -ENOMEM;
	return problems_add(
		r->problems,
		&(struct problem){ .file = r->in->file, .text = why, .hint = "the gateway's own scripts failed" });
}

int script_config_read(const struct script_config *in, struct node *tree, struct problems *problems)
{
	struct script_reader r = { .in = in, .tree = tree, .problems = problems };
	lua_State *L = lua_newstate(config_alloc, &r);
	int status, ret = 0;

	if (!L)
		return -ENOMEM;
	lua_pushcfunction(L, read_protected); /* neither this nor the next allocates */
	lua_pushlightuserdata(L, &r);
	status = lua_pcall(L, 1, 0, 0);
	if (status != LUA_OK) {
		node_clear(tree); /* half of it would say something else */
		ret = failed(L, status, &r);
	}
	lua_close(L);
	script_host_end(&r);
	return ret;
}
