/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_host.h: between script_config.c, script_document.c, script_tool.c and script_host.c; the only header that
 * names Lua besides the policies'.
 */
#ifndef SCRIPT_HOST_H
#define SCRIPT_HOST_H

#include <lua.h>

#include "script.h"
#include "script_config.h"
#include "tls.h"

/* What one reading of a configuration holds.  Whatever Lua could leave behind when it raises is in here. */
struct script_reader {
	const struct script_config *in;
	struct node *tree;
	struct problems *problems;
	struct script *policies; /* where policy files are described; NULL until the first */
	struct policy_desc desc; /* the last one */
	char **names;            /* the last list of edited headers, or of facts */
	struct tls_names bears;  /* the last certificate's names */
	size_t used;             /* bytes of the Lua state */
};

/* Opens what the scripts have of Lua's libraries, and the global `use`, which runs a script of this folder once. */
void script_host_open(lua_State *L, const char *scripts);

/* Pushes the table `host` that scripts/context.lua keeps. */
void script_host_push(lua_State *L, struct script_reader *r);
void script_host_end(struct script_reader *r);

/* script_tool() with more in the table `host`, which `more` finds on top of the stack and leaves there. */
typedef void (*script_tool_more)(lua_State *L);
int script_tool_with(script_tool_more more, const char *name, const struct config_paths *paths,
		     char *const arguments[]);

#endif
