/* SPDX-License-Identifier: Apache-2.0 */
/* script_expect.c: the verdict that a case expects, as a userdata that holds its kind and has the arguments of its
 * word, and how it is compared.  Who runs cases: script_cases.c. */
#include "script_expect.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

static const char *const kinds[] = {
	[VERDICT_PASS] = "pass",   [VERDICT_ROUTE] = "route", [VERDICT_PICK] = "pick", [VERDICT_EDIT] = "edit",
	[VERDICT_REPLY] = "reply", [VERDICT_DROP] = "drop",   [VERDICT_UNAVAILABLE] = "unavailable",
	[VERDICT_ERROR] = "fails", [VERDICT_ERROR + 1] = "refused",
};
enum { REFUSED = VERDICT_ERROR + 1, KINDS };
enum { ARGUMENTS = 3 };

static const char expected_type[] = "lychgate.expected";

/* The part of edit{} on top: names are keys, or in `remove` values. */
static void check_names(lua_State *L, bool removes)
{
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
		luaL_argcheck(L, lua_type(L, removes ? -1 : -2) == LUA_TSTRING, 1,
			      removes ? "remove is a list of names" : "set and answer are NAME = VALUE");
}

/* The table of edit{} at 1, as a policy writes it. */
static void check_parts(lua_State *L)
{
	for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
		const char *key = luaL_checkstring(L, -2);

		luaL_argcheck(L, strcmp(key, "set") == 0 || strcmp(key, "remove") == 0 || strcmp(key, "answer") == 0, 1,
			      "its keys are set, remove and answer");
		luaL_argcheck(L, lua_istable(L, -1), 1, "set, remove and answer are tables");
		check_names(L, strcmp(key, "remove") == 0);
	}
}

static void check_arguments(lua_State *L, int kind)
{
	switch (kind) {
	case VERDICT_ROUTE:
		luaL_checkstring(L, 1);
		break;
	case VERDICT_PICK:
		luaL_checkinteger(L, 1);
		break;
	case VERDICT_REPLY:
		luaL_checkinteger(L, 1);
		luaL_optstring(L, 2, NULL);
		if (!lua_isnoneornil(L, 3))
			luaL_checktype(L, 3, LUA_TTABLE);
		break;
	case VERDICT_EDIT:
		luaL_checktype(L, 1, LUA_TTABLE);
		check_parts(L);
		break;
	case VERDICT_ERROR:
	case REFUSED:
		luaL_optstring(L, 1, NULL);
		break;
	default:
		luaL_argcheck(L, lua_isnone(L, 1), 1, "nothing goes here");
	}
}

static int word(lua_State *L)
{
	int kind = (int)lua_tointeger(L, lua_upvalueindex(1)), *made;

	check_arguments(L, kind);
	lua_settop(L, ARGUMENTS);
	made = lua_newuserdatauv(L, sizeof *made, ARGUMENTS);
	*made = kind;
	for (int i = 1; i <= ARGUMENTS; i++) {
		lua_pushvalue(L, i);
		lua_setiuservalue(L, -2, i);
	}
	luaL_setmetatable(L, expected_type);
	return 1;
}

void script_expect_words(lua_State *L)
{
	luaL_newmetatable(L, expected_type);
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable"); /* nobody else makes one */
	lua_pop(L, 1);
	for (int kind = 0; kind < KINDS; kind++) {
		lua_pushinteger(L, kind);
		lua_pushcclosure(L, word, 1);
		lua_setglobal(L, kinds[kind]);
	}
}

bool script_expect_is(lua_State *L, int index)
{
	return luaL_testudata(L, index, expected_type) != NULL;
}

static int kind_of(lua_State *L, int index)
{
	return *(const int *)luaL_checkudata(L, index, expected_type);
}

/* Text that is cut off where it does not fit. */
struct text {
	char *p;
	size_t n, len;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *t, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(t->p + t->n, t->len - t->n, format, ap);
	va_end(ap);
	if (n > 0)
		t->n = t->n + (size_t)n < t->len ? t->n + (size_t)n : t->len - 1;
}

static void show_headers(const struct verdict *v, struct text *t)
{
	for (unsigned i = 0; i < v->nheaders; i++)
		add(t, "%s[\"%.*s\"] = \"%.*s\"", i == 0 ? ", { " : ", ", (int)v->headers[i].name.n,
		    v->headers[i].name.p, (int)v->headers[i].value.n, v->headers[i].value.p);
	if (v->nheaders)
		add(t, " }");
}

static void show_edits(const struct verdict *v, struct text *t)
{
	for (unsigned i = 0; i < v->nedits; i++) {
		const struct lg_edit *e = &v->edits[i];

		add(t, "%s%s[\"%.*s\"] = ", i ? ", " : "{ ", e->answer ? "answer " : "", (int)e->name.n, e->name.p);
		if (e->value.p)
			add(t, "\"%.*s\"", (int)e->value.n, e->value.p);
		else
			add(t, "nil");
	}
	add(t, v->nedits ? " }" : "{ }");
}

static void show_verdict(const struct verdict *v, char *const *pools, struct text *t)
{
	add(t, "%s(", kinds[v->kind]);
	switch (v->kind) {
	case VERDICT_ROUTE:
		add(t, "\"%s\"", pools[v->pool]);
		break;
	case VERDICT_PICK:
		add(t, "%u", v->server + 1);
		break;
	case VERDICT_REPLY:
		add(t, "%d, \"%.*s\"", v->code, (int)v->reason.n, v->reason.p);
		show_headers(v, t);
		break;
	case VERDICT_EDIT:
		show_edits(v, t);
		break;
	case VERDICT_ERROR:
		add(t, "\"%s\"", v->error);
		break;
	default:
		break;
	}
	add(t, ")");
}

static void show_table(lua_State *L, struct text *t)
{
	const char *before = "{ ";

	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 3)) {
		const char *value = luaL_tolstring(L, -1, NULL);
		const char *name = luaL_tolstring(L, -3, NULL);

		add(t, "%s[\"%s\"] = \"%s\"", before, name, value);
		before = ", ";
	}
	add(t, " }");
}

static void show_parts(lua_State *L, struct text *t)
{
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		add(t, "%s = ", lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?");
		if (lua_istable(L, -1)) /* the test may have changed it since */
			show_table(L, t);
		add(t, " ");
	}
}

static void show_expected(lua_State *L, int index, int kind, struct text *t)
{
	add(t, "%s(", kinds[kind]);
	for (int i = 1; i <= ARGUMENTS; i++) {
		int type = lua_getiuservalue(L, index, i);

		if (type != LUA_TNIL && i > 1)
			add(t, ", ");
		if (type == LUA_TTABLE && kind == VERDICT_EDIT)
			show_parts(L, t);
		else if (type == LUA_TTABLE)
			show_table(L, t);
		else if (type != LUA_TNIL)
			add(t, type == LUA_TSTRING ? "\"%s\"" : "%s", lua_tostring(L, -1));
		lua_pop(L, 1);
	}
	add(t, ")");
}

void script_show_expected(lua_State *L, int index, char text[], size_t len)
{
	struct text t = { .p = text, .len = len };

	show_expected(L, index, kind_of(L, index), &t);
}

void script_show_verdict(const struct verdict *v, char *const *pools, char text[], size_t len)
{
	struct text t = { .p = text, .len = len };

	show_verdict(v, pools, &t);
}

const char *script_expect_refusal(lua_State *L, int index)
{
	const char *text = NULL;

	if (kind_of(L, index) == REFUSED) {
		lua_getiuservalue(L, index, 1);
		text = lua_isstring(L, -1) ? lua_tostring(L, -1) : ""; /* what is expected keeps it */
		lua_pop(L, 1);
	}
	return text;
}

static bool span_is(lua_State *L, int index, struct lg_span s)
{
	size_t n;
	const char *text = lua_tolstring(L, index, &n);

	return text && n == s.n && memcmp(text, s.p, n) == 0;
}

/* Whether the verdict has the headers of the table on top and no others. */
static bool match_headers(lua_State *L, const struct verdict *v)
{
	unsigned n = 0, same = 0;

	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		n++;
		for (unsigned i = 0; i < v->nheaders; i++)
			same += lua_type(L, -2) == LUA_TSTRING && span_is(L, -2, v->headers[i].name) &&
				span_is(L, -1, v->headers[i].value);
	}
	return n == same && n == v->nheaders;
}

/* Whether the verdict has the edit of the entry on top (name, value) of the part `key` of edit{}. */
static bool has_edit(lua_State *L, const char *key, const struct verdict *v)
{
	bool removes = strcmp(key, "remove") == 0, answer = strcmp(key, "answer") == 0;
	bool goes = removes || lua_type(L, -1) == LUA_TBOOLEAN;
	int name = removes ? -1 : -2;

	for (unsigned i = 0; i < v->nedits; i++) {
		const struct lg_edit *e = &v->edits[i];

		if (e->answer == answer && lua_type(L, name) == LUA_TSTRING && span_is(L, name, e->name) &&
		    (goes ? !e->value.p : e->value.p && span_is(L, -1, e->value)))
			return true;
	}
	return false;
}

/* Whether the verdict has the edits of the table on top and no others. */
static bool match_edits(lua_State *L, const struct verdict *v)
{
	unsigned n = 0, same = 0;

	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";

		if (!lua_istable(L, -1))
			return false;
		for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
			n++;
			same += has_edit(L, key, v);
		}
	}
	return n == same && n == v->nedits;
}

/* Compares argument `i` of the word that made the table; one that was left out fits all. */
static bool match_argument(lua_State *L, int index, int i, const struct verdict *v, char *const *pools)
{
	bool same;

	if (lua_getiuservalue(L, index, i) == LUA_TNIL)
		same = true;
	else if (v->kind == VERDICT_ROUTE)
		same = strcmp(lua_tostring(L, -1), pools[v->pool]) == 0;
	else if (v->kind == VERDICT_PICK)
		same = lua_tointeger(L, -1) == v->server + 1;
	else if (v->kind == VERDICT_EDIT)
		same = match_edits(L, v);
	else if (v->kind == VERDICT_ERROR)
		same = strstr(v->error, lua_tostring(L, -1)) != NULL;
	else if (i == 1)
		same = lua_tointeger(L, -1) == v->code;
	else if (i == 2)
		same = span_is(L, -1, v->reason);
	else
		same = match_headers(L, v);
	lua_pop(L, 1);
	return same;
}

bool script_expect_match(lua_State *L, int index, const struct verdict *v, char *const *pools, char expected[],
			 char got[], size_t len)
{
	int kind = kind_of(L, index);

	if (kind == (int)v->kind && match_argument(L, index, 1, v, pools) && match_argument(L, index, 2, v, pools) &&
	    match_argument(L, index, 3, v, pools))
		return true;
	script_show_expected(L, index, expected, len);
	script_show_verdict(v, pools, got, len);
	return false;
}
