/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_tool.h: runs a tool that is written in Lua: scripts/NAME.lua gives function(host, arguments), which gives the
 * exit status.  `host` is what the configuration's scripts have (script_host.c), and beside that write(text) to the
 * standard output, complain(text) to the standard error, read(path): the whole file, save(path, text) and folder(path),
 * which makes one where none is; these three give nil and the reason when they cannot.
 */
#ifndef SCRIPT_TOOL_H
#define SCRIPT_TOOL_H

#include "config.h"

enum { TOOL_FILE = 64 << 20 }; /* bytes of a file that a tool may read */

/* `arguments` end with NULL.  The exit status; 1 with a line on the standard error when the tool itself fails, or its
 * output cannot be written. */
int script_tool(const char *name, const struct config_paths *paths, char *const arguments[]);

/* The same for a tool that reads documents.  `host` has in addition xml(text): the root element, { name =, ns =,
 * attributes =, text =, children... }, or nil and the reason (xml.h); and unzip(bytes, name): a member of a zip, or nil
 * and the reason, or false: it is no zip (unzip.h). */
int script_tool_documents(const char *name, const struct config_paths *paths, char *const arguments[]);

#endif
