/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_describe.c: what a policy file says of itself, checked strictly and turned into C.  Whether its plugin, facts
 * and pools exist is for the caller to know.
 */
#include "script_describe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

static const char *const type_words[] = {
	[POLICY_STRING] = "string",     [POLICY_NUMBER] = "number", [POLICY_BOOLEAN] = "boolean",
	[POLICY_DURATION] = "duration", [POLICY_POOL] = "pool",     [POLICY_HEADER] = "header",
	[POLICY_LIST] = "list",         [POLICY_MAP] = "map",       NULL,
};

/* ---- Errors (script_describe.h) ---- */

/* Whether `key =`, `["key"] =` or the like begins at `p`. */
static bool sets_key(const char *text, const char *p, size_t n)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	if (p > text && strchr(word, p[-1]))
		return false;
	p += n;
	p += strspn(p, "\"'] \t");
	return p[0] == '=' && p[1] != '=';
}

/* A table keeps no lines: the place of a key is the first in the text where it is set, line 1 if there is none. */
static int line_of(const struct describe *d, const char *key)
{
	size_t n = strlen(key);
	int line = 1;

	for (const char *p = d->text; *p && n; p++) {
		if (strncmp(p, "--", 2) == 0)
			p += strcspn(p, "\n") - 1; /* a comment */
		if (strncmp(p, key, n) == 0 && sets_key(d->text, p, n))
			return line;
		if (*p == '\n')
			line++;
	}
	return 1;
}

void script_wrong(struct describe *d, const char *key, const char *format, ...)
{
	va_list ap;

	lua_pushfstring(d->L, "@:%d: ", line_of(d, key));
	va_start(ap, format);
	lua_pushvfstring(d->L, format, ap);
	va_end(ap);
	lua_concat(d->L, 2);
	lua_error(d->L);
	abort(); /* lua_error does not return, and does not say so */
}

void script_no_memory(struct describe *d)
{
	d->out_of_memory = true;
	script_wrong(d, "", "out of memory");
}

/* Every key of the table at `table` must be in `known`; `of` says what the table is. */
static void check_keys(struct describe *d, int table, const char *const *known, const char *of)
{
	lua_State *L = d->L;

	for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
		const char *key, *hint;
		bool found = false;

		if (lua_type(L, -2) != LUA_TSTRING)
			script_wrong(d, "return", "%s has an entry without a name", of);
		key = lua_tostring(L, -2);
		for (unsigned i = 0; known[i] && !found; i++)
			found = strcmp(known[i], key) == 0;
		hint = found ? NULL : script_nearest(key, known);
		if (hint)
			script_wrong(d, key, "unknown key '%s' in %s; did you mean '%s'?", key, of, hint);
		if (!found)
			script_wrong(d, key, "unknown key '%s' in %s", key, of);
	}
}

/* Pushes a field and says whether it is there; it must have the type. */
static bool field(struct describe *d, int table, const char *key, int type)
{
	int got = lua_getfield(d->L, table, key);

	if (got != LUA_TNIL && got != type)
		script_wrong(d, key, "%s is a %s, not a %s", key, lua_typename(d->L, got), lua_typename(d->L, type));
	return got != LUA_TNIL;
}

/* A copy of the text on top, which is popped; `key` is whose text it is. */
char *script_take_text(struct describe *d, const char *key)
{
	size_t n;
	const char *text = lua_tolstring(d->L, -1, &n);
	char *copy;

	if (n == 0 || strlen(text) != n)
		script_wrong(d, key, "a text in '%s' is empty or has a NUL", key);
	copy = strdup(text);
	if (!copy)
		script_no_memory(d);
	lua_pop(d->L, 1);
	return copy;
}

/* ---- Lists: reads, pools ---- */

void script_list_free(char **list)
{
	for (char **p = list; p && *p; p++)
		free(*p);
	free(list);
}

static bool is_listed(char *const *list, const char *name)
{
	for (; *list; list++) {
		if (strcmp(*list, name) == 0)
			return true;
	}
	return false;
}

/* The length of the list on top; anything in the table beside the list is an error. */
unsigned script_list_length(struct describe *d, const char *key)
{
	lua_Unsigned n = lua_rawlen(d->L, -1), all = 0;

	for (lua_pushnil(d->L); lua_next(d->L, -2); lua_pop(d->L, 1))
		all++;
	if (all != n)
		script_wrong(d, key, "%s is a list: { \"one\", \"two\" }", key);
	if (n > NAMES)
		script_wrong(d, key, "%s has more than %d entries", key, NAMES);
	return (unsigned)n;
}

/* The texts that the field holds, in *list from where `desc` or its option frees them. */
static void take_list(struct describe *d, int table, const char *key, char ***list)
{
	unsigned n = field(d, table, key, LUA_TTABLE) ? script_list_length(d, key) : 0;

	*list = calloc(n + 1, sizeof **list);
	if (!*list)
		script_no_memory(d);
	for (unsigned i = 0; i < n; i++) {
		if (lua_rawgeti(d->L, -1, i + 1) != LUA_TSTRING)
			script_wrong(d, key, "%s holds a %s; its entries are texts", key, luaL_typename(d->L, -1));
		if (is_listed(*list, lua_tostring(d->L, -1)))
			script_wrong(d, key, "%s names '%s' twice", key, lua_tostring(d->L, -1));
		(*list)[i] = script_take_text(d, key);
	}
	lua_pop(d->L, 1);
}

/* ---- options ---- */

static enum policy_type take_type(struct describe *d, const char *key, const char *option)
{
	const char *word = lua_tostring(d->L, -1), *hint;

	for (unsigned i = 0; type_words[i]; i++) {
		if (strcmp(type_words[i], word) == 0) {
			lua_pop(d->L, 1);
			return i;
		}
	}
	hint = script_nearest(word, type_words);
	if (hint)
		script_wrong(d, option, "option '%s': %s '%s' is unknown; did you mean '%s'?", option, key, word, hint);
	script_wrong(d, option,
		     "option '%s': %s '%s' is unknown (string, number, boolean, duration, pool, header, list, map)",
		     option, key, word);
}

static bool is_duration(const char *text)
{
	static const char *const units[] = { "ms", "s", "m", "h" };
	size_t digits = strspn(text, "0123456789");

	for (unsigned i = 0; i < sizeof units / sizeof *units; i++) {
		if (digits > 0 && strcmp(text + digits, units[i]) == 0)
			return true;
	}
	return false;
}

/* Whether the value on top is of a type that is no list and no map. */
static bool is_of(lua_State *L, enum policy_type type)
{
	switch (type) {
	case POLICY_NUMBER:
		return lua_type(L, -1) == LUA_TNUMBER;
	case POLICY_BOOLEAN:
		return lua_isboolean(L, -1);
	case POLICY_DURATION:
		return lua_type(L, -1) == LUA_TSTRING && is_duration(lua_tostring(L, -1));
	case POLICY_HEADER:
		return lua_type(L, -1) == LUA_TSTRING || (lua_isboolean(L, -1) && !lua_toboolean(L, -1));
	default:
		return lua_type(L, -1) == LUA_TSTRING;
	}
}

/* The default on top must fit its option. */
static void check_default(struct describe *d, const struct policy_option *o)
{
	lua_State *L = d->L;

	if (o->type != POLICY_LIST && o->type != POLICY_MAP) {
		if (!is_of(L, o->type))
			script_wrong(d, o->name, "option '%s': the default is no %s", o->name, type_words[o->type]);
		return;
	}
	if (!lua_istable(L, -1))
		script_wrong(d, o->name, "option '%s': the default is no %s", o->name, type_words[o->type]);
	if (o->type == POLICY_LIST)
		script_list_length(d, o->name);
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		if (o->type == POLICY_MAP && lua_type(L, -2) != LUA_TSTRING)
			script_wrong(d, o->name, "option '%s': a map's keys are texts", o->name);
		if (!is_of(L, o->of))
			script_wrong(d, o->name, "option '%s': the default holds what is no %s", o->name,
				     type_words[o->of]);
	}
}

static void take_default(struct describe *d, struct policy_option *o)
{
	int ret;

	check_default(d, o);
	ret = script_write(d->L, -1, &d->value);
	if (ret == 0)
		ret = buf_append(&d->value, "", 1);
	if (ret == -ENOMEM)
		script_no_memory(d);
	if (ret < 0)
		script_wrong(d, o->name, "option '%s': the default cannot be written as text", o->name);
	o->def = strdup(d->value.p);
	if (!o->def)
		script_no_memory(d);
	buf_free(&d->value);
}

/* What its values, or those that it holds, may be. */
static void take_bounds(struct describe *d, int table, struct policy_option *o)
{
	enum policy_type value = o->type == POLICY_LIST || o->type == POLICY_MAP ? o->of : o->type;

	if (field(d, table, "keys", LUA_TSTRING)) {
		if (o->type != POLICY_MAP || strcmp(lua_tostring(d->L, -1), "network") != 0)
			script_wrong(d, o->name, "option '%s': keys = \"network\", of a map, is all that `keys` says",
				     o->name);
		o->networks = true;
	}
	take_list(d, table, "choices", &o->choices);
	if (o->choices[0] && value != POLICY_STRING)
		script_wrong(d, o->name, "option '%s': `choices` are for strings", o->name);
	o->has_min = field(d, table, "min", LUA_TNUMBER);
	o->min = lua_tonumber(d->L, -1);
	o->has_max = field(d, table, "max", LUA_TNUMBER);
	o->max = lua_tonumber(d->L, -1);
	if ((o->has_min || o->has_max) && value != POLICY_NUMBER)
		script_wrong(d, o->name, "option '%s': `min` and `max` are for numbers", o->name);
}

/* The option whose name is at `table` - 1 and whose table is at `table`. */
static void take_option(struct describe *d, int table, struct policy_option *o)
{
	static const char *const keys[] = { "type", "of",       "keys",    "choices", "min",
					    "max",  "required", "default", "help",    NULL };
	bool holds;

	lua_pushvalue(d->L, table - 1);
	o->name = script_take_text(d, "options");
	check_keys(d, table, keys, "an option");
	if (!field(d, table, "type", LUA_TSTRING))
		script_wrong(d, o->name, "option '%s' has no type", o->name);
	o->type = take_type(d, "type", o->name);
	holds = o->type == POLICY_LIST || o->type == POLICY_MAP;
	if (field(d, table, "of", LUA_TSTRING) != holds)
		script_wrong(d, o->name, "option '%s': `of` says what a list or a map holds", o->name);
	if (holds)
		o->of = take_type(d, "of", o->name);
	if (o->of == POLICY_LIST || o->of == POLICY_MAP)
		script_wrong(d, o->name, "option '%s' cannot hold lists or maps", o->name);
	take_bounds(d, table, o);
	field(d, table, "required", LUA_TBOOLEAN);
	o->required = lua_toboolean(d->L, -1);
	if (field(d, table, "help", LUA_TSTRING))
		o->help = script_take_text(d, "help");
	if (lua_getfield(d->L, table, "default") != LUA_TNIL) {
		if (o->required)
			script_wrong(d, o->name, "option '%s' is required and has a default", o->name);
		take_default(d, o);
	}
	lua_settop(d->L, table);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct policy_option *)a)->name, ((const struct policy_option *)b)->name);
}

static void take_options(struct describe *d, int table)
{
	struct policy_desc *desc = d->desc;
	lua_State *L = d->L;
	unsigned n = 0;

	if (!field(d, table, "options", LUA_TTABLE))
		return;
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING || !lua_istable(L, -1))
			script_wrong(d, "options", "options are written as name = { type = \"...\", help = \"...\" }");
		n++;
	}
	if (n > NAMES)
		script_wrong(d, "options", "more than %d options", NAMES);
	desc->options = calloc(n + 1, sizeof *desc->options);
	if (!desc->options)
		script_no_memory(d);
	for (lua_pushnil(L); lua_next(L, table + 1); lua_pop(L, 1))
		take_option(d, lua_gettop(L), &desc->options[desc->noptions++]);
	qsort(desc->options, desc->noptions, sizeof *desc->options, by_name); /* tables have no order */
	lua_settop(L, table);
}

/* ---- The whole ---- */

static int describe(lua_State *L)
{
	static const char *const keys[] = { "plugin", "reads", "pools", "edits", "options", "decide", NULL };
	struct describe *d = lua_touserdata(L, 1);
	int table;

	lua_settop(L, 0);
	script_run_text(L, d->text, d->n);
	table = lua_gettop(L);
	check_keys(d, table, keys, "a policy");
	if (!field(d, table, "decide", LUA_TFUNCTION))
		script_wrong(d, "decide", "a policy needs decide = function(m, o) ... end");
	lua_pop(L, 1);
	if (lua_getfield(L, table, "plugin") == LUA_TSTRING) { /* one alone is a list of one */
		lua_createtable(L, 1, 0);
		lua_insert(L, -2);
		lua_rawseti(L, -2, 1);
		lua_setfield(L, table, "plugin");
	}
	lua_settop(L, table);
	if (lua_getfield(L, table, "plugin") != LUA_TNIL && !lua_istable(L, -1))
		script_wrong(d, "plugin", "plugin is a %s, not a name or a list of names", luaL_typename(L, -1));
	lua_settop(L, table);
	take_list(d, table, "plugin", &d->desc->plugins);
	if (lua_getfield(L, table, "reads") == LUA_TFUNCTION) {
		d->desc->reads_by_options = true;
		lua_pushnil(L);
		lua_setfield(L, table, "reads");
	}
	lua_settop(L, table);
	take_list(d, table, "reads", &d->desc->reads);
	take_list(d, table, "pools", &d->desc->pools);
	lua_getfield(L, table, "edits");
	d->desc->edits = !lua_isnil(L, -1);
	if (d->desc->edits && !lua_istable(L, -1) && !lua_isfunction(L, -1))
		script_wrong(d, "edits", "edits is a %s, not a list of headers or a function that returns one",
			     luaL_typename(L, -1));
	lua_settop(L, table);
	take_options(d, table);
	return 0;
}

int script_describe(struct script *s, const char *file, struct policy_desc *desc, char err[], size_t errlen)
{
	struct describe d = { .L = s->L, .desc = desc };
	int ret, status;

	memset(desc, 0, sizeof *desc);
	ret = script_read(file, &d.text, &d.n, err, errlen);
	if (ret < 0)
		return ret;
	lua_pushcfunction(s->L, describe);
	lua_pushlightuserdata(s->L, &d);
	status = script_call(s, &script_budget_load, 1, 0);
	if (status != LUA_OK) {
		script_why(s, status, file, err, errlen);
		policy_desc_free(desc);
		ret = status == LUA_ERRMEM || d.out_of_memory ? -ENOMEM : -EINVAL;
	}
	buf_free(&d.value);
	free(d.text);
	return ret;
}

void policy_desc_free(struct policy_desc *desc)
{
	for (unsigned i = 0; i < desc->noptions; i++) {
		free(desc->options[i].name);
		free(desc->options[i].def);
		free(desc->options[i].help);
		script_list_free(desc->options[i].choices);
	}
	free(desc->options);
	script_list_free(desc->plugins);
	script_list_free(desc->reads);
	script_list_free(desc->pools);
	memset(desc, 0, sizeof *desc);
}
