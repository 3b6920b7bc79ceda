/* SPDX-License-Identifier: Apache-2.0 */
/* script_world.h: what the tests of script*.c share: a state, a policy's file that they write, and facts to read. */
#ifndef SCRIPT_WORLD_H
#define SCRIPT_WORLD_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "script.h"
#include "span.h"

enum { WORLD_FACTS = 3 };

struct world {
	struct script *s;
	char file[64];
	struct policy_use use; /* reads method, to.domain and header.x; may route to front and emea */
	const char *facts[WORLD_FACTS];
	unsigned asked[WORLD_FACTS]; /* how often */
};

/* For cmocka; the file is not there yet. */
int world_setup(void **state);
int world_teardown(void **state);
#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

void world_write(struct world *w, const char *text);

/* A script_fact_fn; ctx is the world. */
struct lg_span world_fact(void *ctx, unsigned i);

/* Loads the policy { decide = function(m, o) BODY end }, on line 1; decide also asks and unloads it. */
struct script_policy *world_load(struct world *w, const char *body);
void world_decide(struct world *w, const char *body, struct verdict *v);

/* Fails unless the state still decides. */
void assert_usable(struct world *w);
void assert_contains(const char *text, const char *part);

#endif
