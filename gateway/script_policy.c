/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_policy.c: a policy at work.  It is loaded once for each use and then asked again and again: decide(m, o),
 * where m fetches facts from C as they are read and o is the use's options.  It neither knows what a fact means nor
 * does anything with a verdict: session.c does.
 */
#include "script_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

/* ---- m ---- */

static int unknown_fact(lua_State *L, const struct script_policy *p)
{
	const char *name = luaL_tolstring(L, 2, NULL), *hint = NULL;

	if (p->use->nfacts)
		hint = script_nearest(name, (const char *const *)p->use->reads);
	if (hint)
		return luaL_error(L, "the fact '%s' is not in `reads`; did you mean '%s'?", name, hint);
	return luaL_error(L, "the fact '%s' is not in `reads`", name);
}

/* Most facts have few values: what the last decision read is often the value again.  Then it is on the stack, without
 * a new string. */
static bool is_as_before(lua_State *L, lua_Integer i, struct lg_span value)
{
	const char *before;
	size_t n;

	if (!value.p || lua_rawgeti(L, lua_upvalueindex(2), i) != LUA_TSTRING)
		return false;
	before = lua_tolstring(L, -1, &n);
	return n == value.n && memcmp(before, value.p, n) == 0;
}

/* m.NAME.  Upvalues: the numbers of the names, the values that were asked for, the policy. */
static int read_fact(lua_State *L)
{
	struct script *s = script_of(L);
	struct script_policy *p = lua_touserdata(L, lua_upvalueindex(3));
	struct lg_span value;
	lua_Integer i;

	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL)
		return unknown_fact(L, p);
	i = lua_tointeger(L, -1);
	if (p->asked[i - 1] == s->decision) {
		lua_rawgeti(L, lua_upvalueindex(2), i);
		return 1;
	}
	value = s->fact(s->ctx, (unsigned)(i - 1));
	if (!is_as_before(L, i, value)) {
		if (value.p)
			lua_pushlstring(L, value.p, value.n);
		else
			lua_pushnil(L);
		lua_pushvalue(L, -1);
		lua_rawseti(L, lua_upvalueindex(2), i);
	}
	p->asked[i - 1] = s->decision;
	return 1;
}

static int write_fact(lua_State *L)
{
	return luaL_error(L, "'%s' cannot be set: facts are read-only", luaL_tolstring(L, 2, NULL));
}

static void push_facts(lua_State *L, struct script_policy *p)
{
	int n = (int)p->use->nfacts;

	lua_newuserdatauv(L, 0, 0);
	lua_createtable(L, 0, 4);
	lua_createtable(L, 0, n);
	for (int i = 0; i < n; i++) {
		lua_pushinteger(L, i + 1);
		lua_setfield(L, -2, p->use->reads[i]);
	}
	lua_createtable(L, n, 0);
	lua_pushlightuserdata(L, p);
	lua_pushcclosure(L, read_fact, 3);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, write_fact);
	lua_setfield(L, -2, "__newindex");
	lua_pushliteral(L, "set of facts");
	lua_setfield(L, -2, "__name");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
}

/* ---- Loading ---- */

struct load {
	struct script_policy *p;
	const char *text;
	size_t n;
};

/* Where decide stands, for errors about what it returned. */
static int line_of_function(lua_State *L)
{
	lua_Debug ar;

	lua_pushvalue(L, -1);
	lua_getinfo(L, ">S", &ar);
	return ar.linedefined;
}

void script_push_options(lua_State *L, const char *options)
{
	if (!options || !*options) {
		lua_newtable(L);
		return;
	}
	lua_pushfstring(L, "return %s", options);
	if (luaL_loadbufferx(L, lua_tostring(L, -1), lua_rawlen(L, -1), "=options", "t") != LUA_OK)
		lua_error(L);
	lua_call(L, 0, 1);
	lua_remove(L, -2);
	if (!lua_istable(L, -1))
		luaL_error(L, "the options are a %s, not a table", luaL_typename(L, -1));
}

static int load(lua_State *L)
{
	struct load *job = lua_touserdata(L, 1);
	struct script_policy *p = job->p;
	int held = 1;

	lua_settop(L, 0);
	lua_newtable(L);
	script_run_text(L, job->text, job->n);
	if (lua_getfield(L, -1, "decide") != LUA_TFUNCTION)
		return luaL_error(L, "a policy needs decide = function(m, o) ... end");
	p->line = line_of_function(L);
	script_freeze(L, held, &p->nheld);
	lua_rawseti(L, held, POLICY_DECIDE);
	push_facts(L, p);
	lua_rawseti(L, held, POLICY_FACTS);
	script_push_options(L, p->use->options);
	script_freeze(L, held, &p->nheld);
	lua_rawseti(L, held, POLICY_OPTIONS);
	lua_settop(L, held);
	p->ref = luaL_ref(L, LUA_REGISTRYINDEX);
	return 0;
}

static int load_text(struct script *s, struct load *job, char err[], size_t errlen)
{
	int status;

	lua_pushcfunction(s->L, load);
	lua_pushlightuserdata(s->L, job);
	status = script_call(s, &script_budget_load, 1, 0);
	if (status == LUA_OK)
		return 0;
	script_why(s, status, job->p->use->file, err, errlen);
	return status == LUA_ERRMEM ? -ENOMEM : -EINVAL;
}

int script_load(struct script *s, const struct policy_use *use, struct script_policy **pp, char err[], size_t errlen)
{
	struct script_policy *p = calloc(1, sizeof *p);
	char *text = NULL;
	size_t n = 0;
	int ret = -ENOMEM;

	if (p) {
		p->use = use;
		p->ref = LUA_NOREF;
		p->asked = calloc(use->nfacts + 1, sizeof *p->asked);
	}
	if (!p || !p->asked) {
		snprintf(err, errlen, "%s: out of memory", use->file);
		goto out;
	}
	ret = script_read(use->file, &text, &n, err, errlen);
	if (ret == 0)
		ret = load_text(s, &(struct load){ .p = p, .text = text, .n = n }, err, errlen);
	if (ret == 0)
		*pp = p;
out:
	free(text);
	if (ret < 0)
		script_unload(s, p);
	return ret;
}

void script_unload(struct script *s, struct script_policy *p)
{
	if (!p)
		return;
	luaL_unref(s->L, LUA_REGISTRYINDEX, p->ref);
	free(p->asked);
	free(p);
}

/* ---- Deciding ---- */

/* Calls decide; stack: the policy's own table, then what it returned. */
static void call_decide(struct script *s, struct script_policy *p, struct verdict *v)
{
	lua_State *L = s->L;
	const char *changed;
	int status;

	lua_rawgeti(L, LUA_REGISTRYINDEX, p->ref);
	lua_rawgeti(L, 1, POLICY_DECIDE);
	lua_rawgeti(L, 1, POLICY_FACTS);
	lua_rawgeti(L, 1, POLICY_OPTIONS);
	status = script_call(s, &script_budget_decision, 2, 1);
	if (s->watch)
		s->cost = (struct script_cost){ (uint64_t)(script_budget_decision.steps - s->steps),
						script_budget_decision.bytes - s->bytes };
	changed = script_restore(L, 1, p->nheld);
	if (status != LUA_OK) {
		v->kind = VERDICT_ERROR;
		script_why(s, status, p->use->file, v->error, sizeof v->error);
	} else if (changed) {
		v->kind = VERDICT_ERROR;
		snprintf(v->error, sizeof v->error, "%s:%d: decide changed '%s', a variable outside of it",
			 p->use->file, p->line, changed);
	} else {
		script_verdict_take(s, v);
	}
}

void script_set_rates(struct script *s, struct rates *rates)
{
	s->rates = rates;
}

void script_set_moment(struct script *s, uint64_t now_ms, const struct sockaddr *source)
{
	s->now_ms = now_ms;
	s->source = source;
}

void script_watch(struct script *s, const struct script_watch *watch)
{
	s->watch = watch;
}

struct script_cost script_cost(const struct script *s, struct script_cost *of)
{
	*of = (struct script_cost){ (uint64_t)script_budget_decision.steps, script_budget_decision.bytes };
	return s->cost;
}

void script_decide(struct script *s, struct script_policy *p, script_fact_fn fact, void *ctx, struct verdict *v)
{
	s->decision++;
	s->deciding = p;
	s->fact = fact;
	s->ctx = ctx;
	s->nverdicts = 0;
	s->nedits = 0;
	v->nheaders = 0;
	v->nedits = 0;
	v->error[0] = 0;
	call_decide(s, p, v);
	s->deciding = NULL;
	lua_settop(s->L, 0);
}
