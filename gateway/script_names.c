/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_names.c: the lists of names that a policy gives for its options: the headers that it edits, the facts that it
 * reads.  Each is a list, or a function(o) that returns one.
 */
#include "script_describe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

struct names {
	struct describe d;
	const char *key; /* "edits", "reads" */
	const char *options;
	char **list;
};

static bool is_edits(const struct names *e)
{
	return strcmp(e->key, "edits") == 0;
}

/* The name on top, which is popped; a header's in lower case. */
static void take_name(struct names *e, unsigned *n)
{
	struct describe *d = &e->d;
	struct lg_span name;
	char *copy;

	if (lua_type(d->L, -1) != LUA_TSTRING)
		script_wrong(d, e->key, "%s holds a %s; its entries are %s", e->key, luaL_typename(d->L, -1),
			     is_edits(e) ? "names of headers" : "texts");
	name.p = lua_tolstring(d->L, -1, &name.n);
	if (is_edits(e) && !script_is_header_name(name))
		script_wrong(d, e->key, "'%s' cannot be the name of a header", name.p);
	copy = script_take_text(d, e->key);
	e->list[*n] = copy;
	for (; is_edits(e) && *copy; copy++)
		*copy = *copy >= 'A' && *copy <= 'Z' ? (char)(*copy + ('a' - 'A')) : *copy;
	for (unsigned i = 0; i < *n; i++) {
		if (strcmp(e->list[i], e->list[*n]) == 0) {
			free(e->list[*n]);
			e->list[*n] = NULL;
			return;
		}
	}
	(*n)++;
}

static int run_names(lua_State *L)
{
	struct names *e = lua_touserdata(L, 1);
	struct describe *d = &e->d;
	unsigned length, n = 0;

	lua_settop(L, 0);
	script_run_text(L, d->text, d->n);
	if (lua_getfield(L, -1, e->key) == LUA_TFUNCTION) {
		script_push_options(L, e->options);
		lua_call(L, 1, 1);
	}
	if (!lua_istable(L, -1))
		script_wrong(d, e->key, "%s gives a %s, not a list of %s", e->key, luaL_typename(L, -1),
			     is_edits(e) ? "headers" : "facts");
	length = script_list_length(d, e->key);
	e->list = calloc(length + 1, sizeof *e->list);
	if (!e->list)
		script_no_memory(d);
	for (unsigned i = 0; i < length; i++) {
		lua_rawgeti(L, -1, i + 1);
		take_name(e, &n);
	}
	return 0;
}

static int names(struct script *s, const char *key, const char *file, const char *options, char ***list, char err[],
		 size_t errlen)
{
	struct names e = { .d.L = s->L, .key = key, .options = options };
	int ret, status;

	ret = script_read(file, &e.d.text, &e.d.n, err, errlen);
	if (ret < 0)
		return ret;
	lua_pushcfunction(s->L, run_names);
	lua_pushlightuserdata(s->L, &e);
	status = script_call(s, &script_budget_load, 1, 0);
	if (status != LUA_OK) {
		script_why(s, status, file, err, errlen);
		script_list_free(e.list);
		ret = status == LUA_ERRMEM || e.d.out_of_memory ? -ENOMEM : -EINVAL;
	}
	free(e.d.text);
	if (ret == 0)
		*list = e.list;
	return ret;
}

int script_edits(struct script *s, const char *file, const char *options, char ***list, char err[], size_t errlen)
{
	return names(s, "edits", file, options, list, err, errlen);
}

int script_reads(struct script *s, const char *file, const char *options, char ***list, char err[], size_t errlen)
{
	return names(s, "reads", file, options, list, err, errlen);
}
