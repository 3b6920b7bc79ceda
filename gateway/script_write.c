/* SPDX-License-Identifier: Apache-2.0 */
/* script_write.c: a plain Lua value as Lua text, one line; what text it is read back from does not matter. */
#include "script_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

static int write_value(lua_State *L, int index, struct buf *out, unsigned depth);

static int put(struct buf *out, const char *text)
{
	return buf_append(out, text, strlen(text));
}

static int write_string(lua_State *L, int index, struct buf *out)
{
	size_t n;
	const char *s = lua_tolstring(L, index, &n);
	int ret = put(out, "\"");

	for (size_t i = 0; i < n && ret == 0; i++) {
		unsigned char c = (unsigned char)s[i];
		char escaped[5] = { (char)c };

		if (c < ' ' || c == '"' || c == '\\' || c == 0x7f)
			snprintf(escaped, sizeof escaped, "\\%03u", c);
		ret = put(out, escaped);
	}
	return ret < 0 ? ret : put(out, "\"");
}

static int write_number(lua_State *L, int index, struct buf *out)
{
	char text[40];

	if (lua_isinteger(L, index))
		snprintf(text, sizeof text, "%lld", (long long)lua_tointeger(L, index));
	else
		snprintf(text, sizeof text, "%.17g", lua_tonumber(L, index));
	return strpbrk(text, "ni") ? -EINVAL : put(out, text); /* nan and inf have no numeral */
}

static int write_entry(lua_State *L, int key, struct buf *out, unsigned depth)
{
	int ret = put(out, "[");

	if (ret == 0)
		ret = write_value(L, key, out, depth);
	if (ret == 0)
		ret = put(out, "] = ");
	if (ret == 0)
		ret = write_value(L, key + 1, out, depth);
	return ret < 0 ? ret : put(out, ", ");
}

static int write_table(lua_State *L, int index, struct buf *out, unsigned depth)
{
	int ret = put(out, "{ ");

	if (ret < 0)
		return ret;
	if (!lua_checkstack(L, 8))
		return -ENOMEM;
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
		ret = lua_type(L, -2) == LUA_TTABLE ? -EINVAL : write_entry(L, lua_gettop(L) - 1, out, depth);
		if (ret < 0) {
			lua_pop(L, 2);
			return ret;
		}
	}
	return put(out, "}");
}

static int write_value(lua_State *L, int index, struct buf *out, unsigned depth)
{
	switch (lua_type(L, index)) {
	case LUA_TSTRING:
		return write_string(L, index, out);
	case LUA_TNUMBER:
		return write_number(L, index, out);
	case LUA_TBOOLEAN:
		return put(out, lua_toboolean(L, index) ? "true" : "false");
	case LUA_TTABLE:
		return depth == SCRIPT_DEPTH ? -EINVAL : write_table(L, index, out, depth + 1);
	default:
		return -EINVAL;
	}
}

int script_write(lua_State *L, int index, struct buf *out)
{
	return write_value(L, lua_absindex(L, index), out, 0);
}
