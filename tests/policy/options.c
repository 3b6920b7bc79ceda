/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c: a case's options as a configuration would hand them to the policy: defaults filled in, durations in
 * milliseconds, and the pools they name declared.
 */
#include "case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "script_state.h"

static int add_pool(struct case_options *o, const char *name)
{
	unsigned n = 0;
	char **grown;

	while (o->pools && o->pools[n])
		n++;
	grown = realloc(o->pools, (n + 2) * sizeof *grown);
	if (!grown)
		return -ENOMEM;
	o->pools = grown;
	grown[n + 1] = NULL;
	grown[n] = name ? strdup(name) : NULL;
	return name && !grown[n] ? -ENOMEM : 0;
}

/* The value on top, of a type that is no list and no map, as the policy gets it; -EINVAL if it is of another type. */
static int take_scalar(lua_State *L, enum policy_type type, struct case_options *o)
{
	static const struct {
		const char *name;
		lua_Integer ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
	char *end;
	long n;

	if (type == POLICY_NUMBER)
		return lua_type(L, -1) == LUA_TNUMBER ? 0 : -EINVAL;
	if (type == POLICY_BOOLEAN)
		return lua_isboolean(L, -1) ? 0 : -EINVAL;
	if (type == POLICY_HEADER && lua_isboolean(L, -1) && !lua_toboolean(L, -1))
		return 0;
	if (!text)
		return -EINVAL;
	if (type == POLICY_POOL)
		return add_pool(o, text);
	if (type != POLICY_DURATION)
		return 0;
	n = strtol(text, &end, 10);
	for (unsigned i = 0; i < sizeof units / sizeof *units; i++) {
		if (end != text && n >= 0 && strcmp(end, units[i].name) == 0) {
			lua_pop(L, 1);
			lua_pushinteger(L, n * units[i].ms);
			return 0;
		}
	}
	return -EINVAL;
}

/* The value on top, as the policy gets it. */
static int take_value(lua_State *L, const struct policy_option *p, struct case_options *o)
{
	int table = lua_gettop(L);
	int ret;

	if (p->type != POLICY_LIST && p->type != POLICY_MAP)
		return take_scalar(L, p->type, o);
	if (!lua_istable(L, table))
		return -EINVAL;
	lua_newtable(L); /* several cases may share one */
	for (lua_pushnil(L); lua_next(L, table);) {
		if (lua_type(L, -2) != (p->type == POLICY_MAP ? LUA_TSTRING : LUA_TNUMBER))
			return -EINVAL;
		ret = take_scalar(L, p->of, o);
		if (ret < 0)
			return ret;
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, table + 1);
	}
	lua_replace(L, table);
	return 0;
}

/* Pushes what the case or the policy says for an option; false: neither does. */
static bool push_value(lua_State *L, int given, const struct policy_option *p)
{
	lua_pushnil(L);
	if (lua_istable(L, given)) {
		lua_pop(L, 1);
		lua_getfield(L, given, p->name);
	}
	if (!lua_isnil(L, -1) || !p->def)
		return !lua_isnil(L, -1);
	lua_pop(L, 1);
	lua_pushfstring(L, "return %s", p->def);
	return luaL_dostring(L, lua_tostring(L, -1)) == LUA_OK;
}

static int check_names(lua_State *L, int given, const struct policy_desc *desc, char err[], size_t errlen)
{
	if (lua_isnil(L, given))
		return 0;
	for (lua_pushnil(L); lua_next(L, given); lua_pop(L, 1)) {
		const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
		unsigned i = 0;

		while (i < desc->noptions && strcmp(desc->options[i].name, name) != 0)
			i++;
		if (i == desc->noptions) {
			snprintf(err, errlen, "the policy has no option '%s'", name);
			return -EINVAL;
		}
	}
	return 0;
}

/* Puts option `p` into the table on top. */
static int take_option(lua_State *L, int given, const struct policy_option *p, struct case_options *o, char err[],
		       size_t errlen)
{
	int table = lua_gettop(L);
	int ret = 0;

	if (push_value(L, given, p)) {
		ret = take_value(L, p, o);
		if (ret < 0)
			snprintf(err, errlen, "the option '%s' has the wrong type", p->name);
		else
			lua_setfield(L, table, p->name);
	} else if (p->required) {
		snprintf(err, errlen, "the option '%s' is missing", p->name);
		ret = -EINVAL;
	}
	lua_settop(L, table);
	return ret;
}

static int write_text(lua_State *L, struct case_options *o)
{
	struct buf text = { 0 };
	int ret = script_write(L, -1, &text);

	if (ret == 0)
		ret = buf_append(&text, "", 1);
	if (ret == 0)
		o->text = strdup(text.p);
	buf_free(&text);
	return ret < 0 ? ret : o->text ? 0 : -ENOMEM;
}

int case_options_take(lua_State *L, int index, const struct policy_desc *desc, struct case_options *o, char err[],
		      size_t errlen)
{
	int top = lua_gettop(L), given = lua_absindex(L, index);
	int ret;

	snprintf(err, errlen, "the options cannot be written as text");
	memset(o, 0, sizeof *o);
	ret = add_pool(o, NULL);
	for (char **pool = desc->pools; *pool && ret == 0; pool++)
		ret = add_pool(o, *pool);
	if (ret == 0)
		ret = check_names(L, given, desc, err, errlen);
	lua_newtable(L);
	for (unsigned i = 0; i < desc->noptions && ret == 0; i++)
		ret = take_option(L, given, &desc->options[i], o, err, errlen);
	if (ret == 0)
		ret = write_text(L, o);
	lua_settop(L, top);
	if (ret < 0)
		case_options_free(o);
	return ret;
}

void case_options_free(struct case_options *o)
{
	for (char **pool = o->pools; pool && *pool; pool++)
		free(*pool);
	free(o->pools);
	free(o->text);
	memset(o, 0, sizeof *o);
}
