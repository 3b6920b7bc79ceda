/* SPDX-License-Identifier: Apache-2.0 */
/* script_expect.h: the verdict that a case of a policy's test expects (script_cases.h), and verdicts as text. */
#ifndef SCRIPT_EXPECT_H
#define SCRIPT_EXPECT_H

#include <lua.h>

#include "script.h"

/* Makes the words pass, route, edit, reply, drop, unavailable, fails and refused; each returns what is expected. */
void script_expect_words(lua_State *L);

/* Whether the value at `index` was made by one of them.  What follows is for such ones, `index` counted from the
 * bottom. */
bool script_expect_is(lua_State *L, int index);

/* What refused([text]) at `index` wants to find, "" for anything; NULL: another word. */
const char *script_expect_refusal(lua_State *L, int index);

/* Whether the verdict is what the one at `index` expects; if not, both as text. */
bool script_expect_match(lua_State *L, int index, const struct verdict *v, char *const *pools, char expected[],
			 char got[], size_t len);

/* The same word as text, and a verdict. */
void script_show_expected(lua_State *L, int index, char text[], size_t len);
void script_show_verdict(const struct verdict *v, char *const *pools, char text[], size_t len);

#endif
