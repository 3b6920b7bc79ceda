/* SPDX-License-Identifier: Apache-2.0 */
/*
 * case.h: the parts of the policy runner.  tests/policy/run.c tells how a test file looks.
 */
#ifndef CASE_H
#define CASE_H

#include <lua.h>

#include "script.h"

/* ---- expect.c ---- */

/* Makes the words pass, route, edit, reply, drop, unavailable and fails; each returns a table that says what is expected. */
void expect_words(lua_State *L);

/* Whether the table at `index` was made by one of them. */
bool expect_is(lua_State *L, int index);

/* Whether the verdict is what the table at `index` expects; if not, both as text. */
bool expect_match(lua_State *L, int index, const struct verdict *v, char *const *pools, char expected[], char got[],
		  size_t len);

/* ---- options.c ---- */

/* What a listener's configuration would make of a policy's options. */
struct case_options {
	char *text;   /* as policy_use.options */
	char **pools; /* the policy's own and those that the options name, ends with NULL */
};

/* From the table at `index`, or the defaults alone when that is nil; 0 or -errno with the reason. */
int case_options_take(lua_State *L, int index, const struct policy_desc *desc, struct case_options *o, char err[],
		      size_t errlen);
void case_options_free(struct case_options *o);

#endif
