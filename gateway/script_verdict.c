/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_verdict.c: the words route, pick, reply, drop and unavailable (edit is script_edit.c's, over script_rate.c's).
 * Each fills a struct verdict of the running decision and returns a light pointer to it; decide returns that pointer.
 * What a reply would carry is checked here, so that a policy cannot put a line of its own into an answer.
 */
#include "script_state.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

enum { REASON_BYTES = 200 };

struct verdict *script_verdict_new(lua_State *L, enum verdict_kind kind, int max_args)
{
	struct script *s = script_of(L);
	struct verdict *v;

	if (!s->deciding)
		luaL_error(L, "a verdict can only be made while decide runs");
	if (lua_gettop(L) > max_args)
		luaL_error(L, "too many arguments, at most %d", max_args);
	if (s->nverdicts == SCRIPT_VERDICTS)
		luaL_error(L, "more than %d verdicts in one decision", SCRIPT_VERDICTS);
	v = &s->verdicts[s->nverdicts];
	v->kind = kind;
	v->nheaders = 0;
	v->nedits = 0;
	v->error[0] = 0;
	return v;
}

int script_verdict_push(lua_State *L, struct verdict *v)
{
	script_of(L)->nverdicts++;
	lua_pushlightuserdata(L, v);
	return 1;
}

static bool pool_is(const char *pool, const char *name, size_t n)
{
	return strncmp(pool, name, n) == 0 && strlen(pool) == n;
}

static int word_route(lua_State *L)
{
	struct verdict *v = script_verdict_new(L, VERDICT_ROUTE, 1);
	size_t n;
	const char *name = luaL_checklstring(L, 1, &n), *hint;
	char *const *pools = script_of(L)->deciding->use->pools;

	for (v->pool = 0; pools && pools[v->pool]; v->pool++) {
		if (pool_is(pools[v->pool], name, n))
			return script_verdict_push(L, v);
	}
	hint = pools ? script_nearest(name, (const char *const *)pools) : NULL;
	if (hint)
		return luaL_error(L, "routing to an undeclared pool, '%s'; did you mean '%s'?", name, hint);
	return luaL_error(L, "routing to an undeclared pool, '%s': it is neither in `pools` nor in an option", name);
}

/* Servers count from 1, as the configuration lists them; how many there are is known to policy.c. */
static int word_pick(lua_State *L)
{
	struct verdict *v = script_verdict_new(L, VERDICT_PICK, 1);
	lua_Integer i = luaL_checkinteger(L, 1);

	if (i < 1 || i > POOL_SERVERS)
		return luaL_error(L, "pick(%I): servers count from 1 to %d", i, POOL_SERVERS);
	v->server = (unsigned)i - 1;
	return script_verdict_push(L, v);
}

struct lg_span script_anchor(lua_State *L, unsigned slot)
{
	struct script *s = script_of(L);
	struct lg_span text;

	text.p = lua_tolstring(L, -1, &text.n);
	lua_rawgeti(L, LUA_REGISTRYINDEX, s->anchors);
	lua_insert(L, -2);
	lua_rawseti(L, -2, (lua_Integer)slot + 1);
	lua_pop(L, 1);
	return text;
}

/* The same in a slot of the verdict's. */
static struct lg_span anchor(lua_State *L, const struct verdict *v, unsigned slot)
{
	return script_anchor(L, (unsigned)(v - script_of(L)->verdicts) * SCRIPT_SLOTS + slot);
}

/* Text that may stand in a line: no control characters but the tab. */
static bool fits_line(struct lg_span text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* A token: RFC 9110, 5.6.2. */
bool script_is_header_name(struct lg_span name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    (c == 0 || !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return name.n > 0 && name.n <= SCRIPT_HEADER_NAME;
}

bool script_is_header_value(struct lg_span value)
{
	return fits_line(value) && value.n <= SCRIPT_HEADER_VALUE;
}

/* One entry of the table of headers: name and value are on top, the value is popped. */
static void add_header(lua_State *L, struct verdict *v)
{
	struct lg_header h;

	if (lua_type(L, -2) != LUA_TSTRING)
		luaL_error(L, "the name of a header is a %s", luaL_typename(L, -2));
	if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER)
		luaL_error(L, "the header '%s' is a %s", lua_tostring(L, -2), luaL_typename(L, -1));
	if (v->nheaders == VERDICT_HEADERS)
		luaL_error(L, "more than %d headers", VERDICT_HEADERS);
	h.value = anchor(L, v, 2 + 2 * v->nheaders);
	lua_pushvalue(L, -1);
	h.name = anchor(L, v, 1 + 2 * v->nheaders);
	if (!script_is_header_name(h.name))
		luaL_error(L, "'%s' cannot be the name of a header", h.name.p);
	if (!script_is_header_value(h.value))
		luaL_error(L, SCRIPT_BAD_VALUE, h.name.p, SCRIPT_HEADER_VALUE);
	v->headers[v->nheaders++] = h;
}

/* Lua's tables have no order; an answer shall always look the same. */
static void sort_headers(struct verdict *v)
{
	for (unsigned i = 1; i < v->nheaders; i++) {
		struct lg_header h = v->headers[i];
		unsigned j = i;

		for (; j > 0 && strcmp(v->headers[j - 1].name.p, h.name.p) > 0; j--)
			v->headers[j] = v->headers[j - 1];
		v->headers[j] = h;
	}
}

static int word_reply(lua_State *L)
{
	struct verdict *v = script_verdict_new(L, VERDICT_REPLY, 3);
	lua_Integer code = luaL_checkinteger(L, 1);

	if (code < 100 || code > 699)
		return luaL_error(L, "reply code %d is not between 100 and 699", (int)code);
	if (lua_type(L, 2) != LUA_TSTRING)
		return luaL_error(L, "reply(code, reason): the reason is a text, not a %s", luaL_typename(L, 2));
	v->code = (int)code;
	lua_pushvalue(L, 2);
	v->reason = anchor(L, v, 0);
	if (!fits_line(v->reason) || v->reason.n > REASON_BYTES)
		return luaL_error(L, "the reason has a line break or control character, or more than %d bytes",
				  REASON_BYTES);
	if (!lua_isnoneornil(L, 3)) {
		luaL_checktype(L, 3, LUA_TTABLE);
		script_behind(L, 3);
		for (lua_pushnil(L); lua_next(L, -2);)
			add_header(L, v);
		sort_headers(v);
	}
	return script_verdict_push(L, v);
}

static int word_drop(lua_State *L)
{
	return script_verdict_push(L, script_verdict_new(L, VERDICT_DROP, 0));
}

static int word_unavailable(lua_State *L)
{
	return script_verdict_push(L, script_verdict_new(L, VERDICT_UNAVAILABLE, 0));
}

void script_verdict_words(lua_State *L)
{
	static const luaL_Reg words[] = { { "drop", word_drop },
					  { "edit", script_edit },
					  { "over", script_over },
					  { "pick", word_pick },
					  { "reply", word_reply },
					  { "route", word_route },
					  { "unavailable", word_unavailable },
					  { NULL, NULL } };

	luaL_setfuncs(L, words, 0);
}

static void take_error(struct script *s, struct verdict *v, const char *what, const char *type)
{
	v->kind = VERDICT_ERROR;
	snprintf(v->error, sizeof v->error, "%s:%d: decide %s%s", s->deciding->use->file, s->deciding->line, what,
		 type);
}

void script_verdict_take(struct script *s, struct verdict *v)
{
	const struct verdict *made = lua_touserdata(s->L, -1);

	if (lua_isnil(s->L, -1)) {
		if (s->nverdicts == 0)
			v->kind = VERDICT_PASS;
		else
			take_error(s, v, "made a verdict and did not return it", "");
		return;
	}
	for (unsigned i = 0; i < s->nverdicts; i++) {
		if (lua_islightuserdata(s->L, -1) && made == &s->verdicts[i]) {
			*v = *made;
			return;
		}
	}
	take_error(s, v, "returns a verdict or nil, not a ", luaL_typename(s->L, -1));
}
