/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trial.h: a policy tried without a gateway: lychgate --policy, and each case of lychgate --policy-test
 * (script_cases.h). It is checked and loaded as a listener would do it, and decides on facts that are given or that its
 * plugin reads from a message.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include "config.h"
#include "script.h"

struct trial;

/* What is tried.  `options` is a Lua table as text; without it `pairs` are "name=value". */
struct trial_ask {
	const char *policy; /* a file, or the name of one that comes with lychgate */
	const char *plugin; /* NULL: the policy's own first */
	const char *options;
	const char *const *pairs; /* ends with NULL; NULL: none */
	const char *plugin_path;  /* a further folder of plugins; NULL: none */
};

/* 0; -EINVAL with problems, or -ENOMEM.  Free the problems either way. */
int trial_create(struct trial **tp, const struct trial_ask *ask, const struct config_paths *paths,
		 struct problems *problems);
void trial_free(struct trial *t); /* NULL is fine */

const struct policy_use *trial_use(const struct trial *t);
const char *trial_plugin(const struct trial *t); /* NULL: the policy is for any, and none was named */

/* The message that facts are read from, from now on; `bytes` are copied, and `typed` tells whether line ends were put
 * right.  `transport`: 0 is the plugin's first.  0 or -errno with the reason. */
int trial_read(struct trial *t, struct lg_span bytes, enum lg_transport transport, bool *typed, char err[],
	       size_t errlen);

/* A fact by its name, before the message's; the value is borrowed, { NULL, 0 } is "there is none".  0, or -ENOENT: the
 * policy does not read it. */
int trial_fact(struct trial *t, const char *name, struct lg_span value);
void trial_forget_facts(struct trial *t);

/* The verdict at `now_ms` of the trial's own clock, whose rate table begins empty; good until the next. */
void trial_decide(struct trial *t, uint64_t now_ms, struct verdict *v);

/* ---- The command line ---- */

struct trial_words {
	struct trial_ask ask;
	const char *message;      /* a file; NULL: none */
	const char *const *facts; /* "name=value", ends with NULL */
};

/* Does it and prints what was read, decided and used.  0, or 1 when the policy could not be loaded, the message not be
 * read, or the policy failed. */
int trial_run(const struct trial_words *words, const struct config_paths *paths);

#endif
