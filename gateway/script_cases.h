/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_cases.h: runs the cases in NAME.test.lua against the policy NAME.lua beside it, each as trial.h would.  A test
 * file is Lua with its libraries base, string, table and math, and returns a list of cases:
 *
 *     return {
 *             { name = "what this shows",
 *               facts = { method = "INVITE", ["to.domain"] = "sales.example" },   -- those left out are not there
 *               options = { domains = { ["sales.example"] = "emea" } },           -- as in a configuration
 *               expect = route("emea") },
 *             { name = "on a message",
 *               plugin = "NAME",                                                  -- else the policy's first
 *               message = "invite.txt",                                           -- beside the test, or its bytes
 *               expect = pass() },
 *             { name = "the third in a second", options = { rate = 2, burst = 2 }, facts = { source = "192.0.2.1" },
 *               steps = {
 *                       { times = 2, expect = pass() },
 *                       { expect = reply(503) },
 *                       { at = "1s", facts = { source = "192.0.2.2" }, expect = pass() },
 *               } },
 *     }
 *
 * expect is one of pass(), route(pool), edit{ set = {...}, remove = {...}, answer = {...} }, reply(code[, reason[,
 * headers]]), drop(), unavailable(), fails([text]): the policy fails, and its error contains the text, and
 * refused([text]): a listener would not be loaded with these options.  Arguments that are left out are not compared;
 * edit{} is, whole.
 *
 * Steps run in their order, each `times` times (1), on one rate table that begins empty; `at` is a clock that begins at
 * 0 and only goes forward, `facts` are added to the case's own.  Facts that are given beat those of the message.
 */
#ifndef SCRIPT_CASES_H
#define SCRIPT_CASES_H

#include "config.h"

enum { CASES_GOOD = 0, CASES_FAILED = 1, CASES_BROKEN = 2 };

/* Runs the tests in these files; ends with NULL.  A line for every case that fails, and one that counts.  CASES_FAILED:
 * an expectation was not met.  CASES_BROKEN, whatever else: a file could not be run, or a case of it is wrong itself:
 * its form, a fact that the policy does not read, a message that cannot be read.  `plugin_path` is a further folder of
 * plugins; NULL: none. */
int script_cases_run(char *const *files, const char *plugin_path, const struct config_paths *paths);

#endif
