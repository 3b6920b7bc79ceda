/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_edit.c: the word edit.  It takes its tables apart into the decision's list of edits, of headers only that the
 * policy has declared; how a message is changed is the plugin's affair.
 */
#include "script_state.h"

#include <string.h>
#include <strings.h>

#include <lauxlib.h>

static const char *const parts[] = { "set", "remove", "answer", NULL };

/* The name of the list's own that this one is, whatever its case; NULL: it is not in it. */
static const char *listed(char *const *list, const char *name, size_t n)
{
	for (; list && *list; list++) {
		if (strncasecmp(*list, name, n) == 0 && strlen(*list) == n)
			return *list;
	}
	return NULL;
}

static void refuse_twice(lua_State *L, const struct verdict *v, const struct lg_edit *e)
{
	for (unsigned i = 0; i < v->nedits; i++) {
		if (v->edits[i].name.p == e->name.p && v->edits[i].answer == e->answer)
			luaL_error(L, "edit: '%s' is there twice", e->name.p);
	}
}

/* Adds an edit of the header whose name is at `name`; a value, if `valued`, is on top.  The top is popped. */
static void add_edit(lua_State *L, struct verdict *v, int name, bool valued, bool answer)
{
	struct script *s = script_of(L);
	const struct policy_use *use = s->deciding->use;
	struct lg_edit *e = &s->edits[s->nedits + v->nedits];
	size_t n;
	const char *text;

	if (lua_type(L, name) != LUA_TSTRING)
		luaL_error(L, "edit: the name of a header is a %s", luaL_typename(L, name));
	text = lua_tolstring(L, name, &n);
	if (listed(use->sealed, text, n)) { /* told at load */
		lua_pop(L, 1);
		return;
	}
	if (s->nedits + v->nedits == VERDICT_EDITS)
		luaL_error(L, "edit: more than %d headers", VERDICT_EDITS);
	*e = (struct lg_edit){ .name.p = listed(use->edits, text, n), .name.n = n, .answer = answer };
	if (!e->name.p)
		luaL_error(L, "edit: the header '%s' is not in `edits`", text);
	refuse_twice(L, v, e);
	if (!valued) {
		lua_pop(L, 1);
	} else {
		e->value = script_anchor(L, SCRIPT_EDIT_SLOT + s->nedits + v->nedits);
		if (!script_is_header_value(e->value))
			luaL_error(L, "edit: " SCRIPT_BAD_VALUE, e->name.p, SCRIPT_HEADER_VALUE);
	}
	v->nedits++;
}

/* set and answer: a table of names and values. */
static void add_values(lua_State *L, struct verdict *v, bool answer)
{
	for (lua_pushnil(L); lua_next(L, -2);) {
		int type = lua_type(L, -1);
		bool goes = answer && type == LUA_TBOOLEAN && !lua_toboolean(L, -1);

		if (!goes && type != LUA_TSTRING && type != LUA_TNUMBER)
			luaL_error(L, "edit: the header '%s' is a %s", luaL_tolstring(L, -2, NULL),
				   lua_typename(L, type));
		add_edit(L, v, lua_gettop(L) - 1, !goes, answer);
	}
}

/* remove: a list of names. */
static void add_removals(lua_State *L, struct verdict *v)
{
	for (lua_pushnil(L); lua_next(L, -2);) {
		if (lua_type(L, -2) != LUA_TNUMBER)
			luaL_error(L, "edit: remove is a list of names");
		add_edit(L, v, lua_gettop(L), false, false);
	}
}

/* Tables have no order; messages shall always look the same. */
static void sort_edits(struct lg_edit *list, unsigned n)
{
	for (unsigned i = 1; i < n; i++) {
		struct lg_edit e = list[i];
		unsigned j = i;

		for (; j > 0 &&
		       (list[j - 1].answer != e.answer ? list[j - 1].answer : strcmp(list[j - 1].name.p, e.name.p) > 0);
		     j--)
			list[j] = list[j - 1];
		list[j] = e;
	}
}

static bool is_part(lua_State *L, int index)
{
	const char *key = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
	bool found = false;

	for (int i = 0; key && parts[i] && !found; i++)
		found = strcmp(key, parts[i]) == 0;
	return found;
}

static void check_parts(lua_State *L)
{
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		const char *key, *hint;

		if (is_part(L, -2))
			continue;
		key = luaL_tolstring(L, -2, NULL);
		hint = script_nearest(key, parts);
		if (hint)
			luaL_error(L, "edit: unknown key '%s'; did you mean '%s'?", key, hint);
		luaL_error(L, "edit: unknown key '%s' (set, remove, answer)", key);
	}
}

/* edit{ set = { name = value }, remove = { name }, answer = { name = value or false } } */
int script_edit(lua_State *L)
{
	struct verdict *v = script_verdict_new(L, VERDICT_EDIT, 1);
	struct script *s = script_of(L);

	luaL_checktype(L, 1, LUA_TTABLE);
	script_behind(L, 1);
	check_parts(L);
	v->edits = &s->edits[s->nedits];
	for (int i = 0; parts[i]; i++) {
		int type = lua_getfield(L, 2, parts[i]);

		if (type != LUA_TNIL && type != LUA_TTABLE)
			return luaL_error(L, "edit: %s is a %s, not a table", parts[i], lua_typename(L, type));
		script_behind(L, -1);
		if (type == LUA_TTABLE && strcmp(parts[i], "remove") == 0)
			add_removals(L, v);
		else if (type == LUA_TTABLE)
			add_values(L, v, strcmp(parts[i], "answer") == 0);
		lua_settop(L, 2);
	}
	sort_edits(&s->edits[s->nedits], v->nedits);
	s->nedits += v->nedits;
	return script_verdict_push(L, v);
}
