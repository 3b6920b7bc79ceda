/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_rate.c: the word over, the only one with a memory: the process's rate table (rates.h).  Each use of a policy
 * has names of its own there, those of equal options in all workers the same.
 */
#include "script_state.h"

#include <lauxlib.h>

#include "rates.h"
#include "span.h"

enum { OVER_STEPS = 50, BYTES_A_STEP = 16 };

/* The text at `arg`; a fact that is not there is no key. */
static struct lg_span check_text(lua_State *L, int arg, const char *what)
{
	struct lg_span text;

	if (lua_isnil(L, arg))
		luaL_error(L, "over(name, key, rate, burst): the %s is nil; ask first whether the fact is there", what);
	if (lua_type(L, arg) != LUA_TSTRING)
		luaL_error(L, "over(name, key, rate, burst): the %s is a %s, not a text", what, luaL_typename(L, arg));
	text.p = lua_tolstring(L, arg, &text.n);
	return text;
}

static void check_numbers(lua_State *L, struct rates_ask *a)
{
	double burst;

	a->rate = luaL_checknumber(L, 3);
	burst = luaL_checknumber(L, 4);
	if (!(a->rate >= RATES_LEAST && a->rate <= RATES_MOST))
		luaL_error(L, "over: the rate %f is not between %f and %f a second", a->rate, RATES_LEAST, RATES_MOST);
	if (!(burst >= 1 && burst <= RATES_BURST))
		luaL_error(L, "over: the burst is not between 1 and %d", RATES_BURST);
	a->burst = (uint32_t)burst;
}

/* over(name, key, rate, burst): whether the key has passed its rate. */
int script_over(lua_State *L)
{
	struct script *s = script_of(L);
	struct lg_span pieces[3];
	struct rates_ask a;
	struct script_over told;

	if (!s->deciding)
		return luaL_error(L, "over can only be asked while decide runs");
	if (lua_gettop(L) != 4)
		return luaL_error(L, "over(name, key, rate, burst) has four arguments");
	pieces[0] = (struct lg_span){ (const char *)&s->deciding->use->space, sizeof s->deciding->use->space };
	pieces[1] = check_text(L, 1, "name");
	pieces[2] = check_text(L, 2, "key");
	check_numbers(L, &a);
	script_charge(L, OVER_STEPS + (pieces[1].n + pieces[2].n) / BYTES_A_STEP);
	if (!s->rates)
		return luaL_error(L, "over cannot be asked: this state has no rate table");
	a.key = rates_key(s->rates, pieces, 3);
	a.owner = rates_owner(s->rates, s->source);
	a.now_ms = s->now_ms;
	told = (struct script_over){ pieces[1], pieces[2], a.rate, a.burst, false, 0 };
	told.over = rates_over(s->rates, &a, &told.left);
	if (s->watch && s->watch->over)
		s->watch->over(s->watch->ctx, &told);
	lua_pushboolean(L, told.over);
	return 1;
}
