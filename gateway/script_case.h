/* SPDX-License-Identifier: Apache-2.0 */
/* script_case.h: between script_cases.c and script_case.c. */
#ifndef SCRIPT_CASE_H
#define SCRIPT_CASE_H

#include <lua.h>

/* NULL, or what is wrong with the form of the case, or of the step, at `at`: a text of Lua's or a literal. */
const char *script_case_check(lua_State *L, int at);
const char *script_case_check_step(lua_State *L, int at);

#endif
