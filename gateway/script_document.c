/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_document.c gives a tool what reads documents: xml.c and unzip.c, as tables and text of Lua.  Only a program
 * that calls it is linked with their libraries.  Lua raises here only when memory is out, and then the program ends.
 */
#include <stdlib.h>

#include <lauxlib.h>

#include "script_host.h"
#include "script_tool.h"
#include "unzip.h"
#include "xml.h"

/* ---- xml(text): the root element, or nil and the reason ---- */

/* An element is { name =, ns =, attributes = { NAME = value }, text =, child, child, ... }.  The one that is open is on
 * top of the stack, those around it below. */
static void open_element(void *arg, const char *name, const char *namespace, const struct xml_attribute attributes[],
			 unsigned n)
{
	lua_State *L = arg;

	lua_createtable(L, 0, 3);
	lua_pushstring(L, name);
	lua_setfield(L, -2, "name");
	lua_pushstring(L, namespace);
	lua_setfield(L, -2, "ns");
	lua_createtable(L, 0, (int)n);
	for (unsigned i = 0; i < n; i++) {
		lua_pushlstring(L, attributes[i].value, attributes[i].length);
		lua_setfield(L, -2, attributes[i].name);
	}
	lua_setfield(L, -2, "attributes");
}

/* Only an element without elements has text. */
static void add_text(void *arg, const char *text, size_t length)
{
	lua_State *L = arg;

	if (lua_rawlen(L, -1) > 0)
		return;
	if (lua_getfield(L, -1, "text") == LUA_TNIL) {
		lua_pop(L, 1);
		lua_pushliteral(L, "");
	}
	lua_pushlstring(L, text, length);
	lua_concat(L, 2);
	lua_setfield(L, -2, "text");
}

static void close_element(void *arg)
{
	lua_State *L = arg;

	if (lua_istable(L, -2)) {
		lua_pushnil(L);
		lua_setfield(L, -3, "text");
		lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	}
}

static int document_xml(lua_State *L)
{
	static const struct xml_sink sink = { .open = open_element, .text = add_text, .close = close_element };
	size_t n;
	const char *text = luaL_checklstring(L, 1, &n);
	char err[400];

	luaL_checkstack(L, XML_DEPTH + 8, NULL);
	lua_settop(L, 1);
	if (xml_read(text, n, &sink, L, err, sizeof err) == 0)
		return 1;
	lua_settop(L, 1);
	lua_pushnil(L);
	lua_pushstring(L, err);
	return 2;
}

/* ---- unzip(text, name): the member; nil and the reason; or false: it is no zip ---- */

static int document_unzip(lua_State *L)
{
	size_t n, length;
	const char *zip = luaL_checklstring(L, 1, &n);
	const char *name = luaL_checkstring(L, 2);
	char err[400], *text;

	if (!unzip_is_zip(zip, n)) {
		lua_pushboolean(L, 0);
		return 1;
	}
	if (unzip_member(zip, n, name, &text, &length, err, sizeof err) < 0) {
		lua_pushnil(L);
		lua_pushstring(L, err);
		return 2;
	}
	lua_pushlstring(L, text, length);
	free(text);
	return 1;
}

static void add_documents(lua_State *L)
{
	static const luaL_Reg functions[] = { { "unzip", document_unzip }, { "xml", document_xml }, { NULL, NULL } };

	luaL_setfuncs(L, functions, 0);
}

int script_tool_documents(const char *name, const struct config_paths *paths, char *const arguments[])
{
	return script_tool_with(add_documents, name, paths, arguments);
}
