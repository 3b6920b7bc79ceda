/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_describe.h: what script_describe.c and script_names.c have in common: errors with the line of a key, and lists
 * of texts.
 */
#ifndef SCRIPT_DESCRIBE_H
#define SCRIPT_DESCRIBE_H

#include "script_state.h"

enum { NAMES = 256 }; /* entries in `reads`, `pools`, `edits`, `options` */

struct describe {
	lua_State *L;
	char *text; /* of the policy's file */
	size_t n;
	struct policy_desc *desc;
	struct buf value;   /* being written */
	bool out_of_memory; /* of C's, not Lua's */
};

/* Raises "@:LINE: ...": the line where `key` is set first. */
void __attribute__((noreturn)) script_wrong(struct describe *d, const char *key, const char *format, ...);
void __attribute__((noreturn)) script_no_memory(struct describe *d);

/* A copy of the text on top, which is popped; `key` is whose text it is. */
char *script_take_text(struct describe *d, const char *key);

/* The length of the list on top; anything in the table beside the list is an error. */
unsigned script_list_length(struct describe *d, const char *key);

#endif
