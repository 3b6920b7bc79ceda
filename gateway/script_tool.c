/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_tool.c gives a tool its arguments, files to read and to write, and two streams.  It knows no tool, and a tool
 * sees no more of the system than this and script_host.c.
 */
#include "script_tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <lauxlib.h>

#include "script_host.h"

struct tool {
	const char *name;
	char *const *arguments;
	script_tool_more more; /* or NULL */
	struct script_reader reader;
	struct script_config in;
	int status;
};

/* ---- What a tool has beside the configuration's host ---- */

static int refuse(lua_State *L, const char *reason)
{
	lua_pushnil(L);
	lua_pushstring(L, reason);
	return 2;
}

static int tool_write(lua_State *L)
{
	size_t n;
	const char *text = luaL_checklstring(L, 1, &n);

	fwrite(text, 1, n, stdout);
	return 0;
}

static int tool_complain(lua_State *L)
{
	fprintf(stderr, "%s\n", luaL_checkstring(L, 1));
	return 0;
}

/* Everything that `file` has into a buffer, which Lua frees also when it raises.  0, or -errno. */
static int slurp(lua_State *L, FILE *file)
{
	luaL_Buffer b;
	size_t n = 0, got;
	int error;

	luaL_buffinit(L, &b);
	do {
		got = fread(luaL_prepbuffer(&b), 1, LUAL_BUFFERSIZE, file);
		luaL_addsize(&b, got);
		n += got;
	} while (got > 0 && n <= TOOL_FILE);
	error = ferror(file) ? errno : 0;
	luaL_pushresult(&b);
	return error ? -error : n > TOOL_FILE ? -EFBIG : 0;
}

static int tool_read(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	luaL_Stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
	int ret;

	stream->f = fopen(path, "rb");
	if (!stream->f)
		return refuse(L, strerror(errno));
	ret = slurp(L, stream->f); /* raises only when memory is out, and then the program ends */
	fclose(stream->f);
	if (ret == 0)
		return 1;
	return refuse(L, ret == -EFBIG ? "it is longer than 64 MiB" : strerror(-ret));
}

/* save(path, text): true, or nil and the reason; what the file had is gone. */
static int tool_save(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	size_t n;
	const char *text = luaL_checklstring(L, 2, &n);
	FILE *file = fopen(path, "wb");
	bool good = file && fwrite(text, 1, n, file) == n;
	int error = errno;

	if (file && fclose(file) != 0 && good) {
		good = false;
		error = errno;
	}
	if (!good)
		return refuse(L, strerror(error));
	lua_pushboolean(L, 1);
	return 1;
}

/* folder(path): makes one where none is; true, or nil and the reason. */
static int tool_folder(lua_State *L)
{
	if (mkdir(luaL_checkstring(L, 1), 0755) < 0 && errno != EEXIST)
		return refuse(L, strerror(errno));
	lua_pushboolean(L, 1);
	return 1;
}

/* ---- The run ---- */

static void push_arguments(lua_State *L, char *const arguments[])
{
	lua_newtable(L);
	for (int i = 0; arguments[i]; i++) {
		lua_pushstring(L, arguments[i]);
		lua_rawseti(L, -2, i + 1);
	}
}

static int run_protected(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "complain", tool_complain }, { "folder", tool_folder }, { "read", tool_read },
		{ "save", tool_save },         { "write", tool_write },   { NULL, NULL },
	};
	struct tool *t = lua_touserdata(L, 1);

	script_host_open(L, t->in.paths->scripts);
	lua_getglobal(L, "use");
	lua_pushstring(L, t->name);
	lua_call(L, 1, 1);
	script_host_push(L, &t->reader);
	luaL_setfuncs(L, functions, 0);
	if (t->more)
		t->more(L);
	push_arguments(L, t->arguments);
	lua_call(L, 2, 1);
	t->status = (int)luaL_checkinteger(L, -1);
	return 0;
}

int script_tool(const char *name, const struct config_paths *paths, char *const arguments[])
{
	return script_tool_with(NULL, name, paths, arguments);
}

int script_tool_with(script_tool_more more, const char *name, const struct config_paths *paths,
		     char *const arguments[])
{
	struct tool t = { .name = name, .arguments = arguments, .more = more, .status = EXIT_FAILURE };
	lua_State *L = luaL_newstate();
	const char *why = "out of memory";

	t.in = (struct script_config){ .file = name, .folder = ".", .text = "", .paths = paths };
	t.reader.in = &t.in;
	if (L) {
		lua_pushcfunction(L, run_protected);
		lua_pushlightuserdata(L, &t);
		why = lua_pcall(L, 1, 0, 0) == LUA_OK ? NULL : luaL_tolstring(L, -1, NULL);
	}
	if (why)
		fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, name, why);
	if (L)
		lua_close(L);
	script_host_end(&t.reader);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return t.status;
	fprintf(stderr, "%s: cannot write: %s\n", program_invocation_short_name, strerror(errno));
	return EXIT_FAILURE;
}
