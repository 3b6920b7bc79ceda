/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script.h: policies in Lua.  One struct script is one Lua state with all policies that a worker uses; it belongs to
 * one thread.  A policy gets facts and gives one verdict; it sees no C object, no file, no clock, and its instructions
 * and memory are counted.  Lua is used in script*.c and config.c's script_config.c only.
 *
 * A policy's file returns { plugin, reads, pools, edits, options, decide = function(m, o) ... end }.  m.NAME is a fact
 * (a text or nil), o.NAME an option.  Verdicts: route(pool), pick(i), reply(code, reason[, { Name = value }]), drop(),
 * unavailable(), and edit{ set = { name = value }, remove = { name }, answer = { name = value or false } }, which as
 * nil passes on to the next policy; decide returns one, or nil.  pick(i) is the i-th server of the pool that the
 * request goes to otherwise, if it takes new keys, else whichever balance says.  `edits` lists the headers that edit{}
 * may name, or is a function(o) that returns this list, as `reads` may be.  Beside them a policy has
 *
 *     assert error ipairs next pairs select tonumber tostring type; math without chance; table
 *     string: byte len sub, lower upper (ASCII); s:prefix(t) s:suffix(t) s:contains(t), s:equal(t) whatever the case,
 *     s:before(t) s:after(t): the part before or after the first t, nil when there is none;
 *     s:within(t): the value of the narrowest network among the keys of t that has the address s, nil when none has it
 *
 *     over(name, key, rate, burst): whether `key` has come more often than `rate` times a second, `burst` at once; this
 *     time counts, unless that is so.  `name` is the policy's own; the only call with a memory (rates.h)
 *
 * and no other name.  What it keeps in local variables outside decide is constant.  One decision may take 100000
 * instructions and 1 MiB, all policies of a worker 16 MiB: script_budget_decision and its neighbours.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stddef.h>
#include <sys/socket.h>

#include <lychgate/plugin.h>

#include "snapshot.h"

struct script;

int script_create(struct script **sp);
void script_destroy(struct script *s); /* NULL is fine */

/* ---- At load: what a policy file says of itself ---- */

/* HEADER: what a header shall be, a text that fits into its line, or false: it goes. */
enum policy_type {
	POLICY_STRING,
	POLICY_NUMBER,
	POLICY_BOOLEAN,
	POLICY_DURATION,
	POLICY_POOL,
	POLICY_HEADER,
	POLICY_LIST,
	POLICY_MAP,
};

/* An option that a policy declares: options = { domains = { type = "map", of = "pool", help = "..." } }. */
struct policy_option {
	char *name;
	enum policy_type type, of; /* `of`: what a list or a map holds */
	bool required;
	bool networks;             /* a map's keys are networks, "10.0.0.0/8" */
	char **choices;            /* of strings; ends with NULL, empty: any */
	bool has_min, has_max;     /* of numbers */
	double min, max;
	char *def;                 /* Lua text of the default, NULL: none */
	char *help;
};

struct policy_desc {
	char **plugins;       /* ends with NULL; empty: for any */
	char **reads;         /* ends with NULL */
	bool reads_by_options; /* they depend on the options: script_reads tells which */
	char **pools;         /* ends with NULL */
	bool edits;           /* it has `edits`: script_edits tells which */
	struct policy_option *options;
	unsigned noptions;
};

/* Runs the file in the sandbox and checks its table; 0 or -errno with "FILE:LINE: reason". */
int script_describe(struct script *s, const char *file, struct policy_desc *desc, char err[], size_t errlen);
void policy_desc_free(struct policy_desc *desc);

/* The headers that the policy in this file edits with these options (Lua text of a table, checked values): in lower
 * case, each once, ends with NULL, freed with script_list_free.  0 or -errno with "FILE:LINE: reason".  The facts that
 * it reads, likewise. */
int script_edits(struct script *s, const char *file, const char *options, char ***list, char err[], size_t errlen);
int script_reads(struct script *s, const char *file, const char *options, char ***list, char err[], size_t errlen);
void script_list_free(char **list); /* NULL is fine */

/* ---- At work ---- */

enum { VERDICT_HEADERS = 8, VERDICT_EDITS = 16 };

enum verdict_kind {
	VERDICT_PASS,  /* nil: the next policy */
	VERDICT_ROUTE, /* to `reach` */
	VERDICT_PICK,  /* `server` of the pool that it goes to without a policy's word */
	VERDICT_EDIT,  /* `edits` are wanted; then the next policy */
	VERDICT_REPLY,
	VERDICT_DROP,
	VERDICT_UNAVAILABLE,
	VERDICT_ERROR, /* the policy failed; `error` says why */
};

struct verdict {
	enum verdict_kind kind;
	unsigned pool;            /* VERDICT_ROUTE: index in policy_use.pools */
	unsigned server;          /* VERDICT_PICK: index in pool->servers; policy.c checks it */
	int code;                 /* VERDICT_REPLY, 100 to 699 */
	struct lg_span reason;    /* good until the next script_decide of this script, as the headers are */
	struct lg_header headers[VERDICT_HEADERS];
	unsigned nheaders;
	/* VERDICT_EDIT, as long good; of one header once, the request's before the answer's. */
	const struct lg_edit *edits;
	unsigned nedits;
	char error[POLICY_ERROR];
};

/* A policy, loaded into this state for one use of it; the use outlives it.  Durations in use->options are milliseconds,
 * pools are names in use->pools.  0 or -errno with "FILE:LINE: reason". */
struct script_policy;
int script_load(struct script *s, const struct policy_use *use, struct script_policy **pp, char err[], size_t errlen);
void script_unload(struct script *s, struct script_policy *p);

/* Where facts come from: the value of use->facts[i], asked at most once per decision. */
typedef struct lg_span (*script_fact_fn)(void *ctx, unsigned i);

/* Before script_decide, where policies may ask over(): the process's table (once), and now and for whom they decide;
 * the source is borrowed, NULL: nobody's. */
struct rates;
void script_set_rates(struct script *s, struct rates *rates);
void script_set_moment(struct script *s, uint64_t now_ms, const struct sockaddr *source);

/* Asks the policy. */
void script_decide(struct script *s, struct script_policy *p, script_fact_fn fact, void *ctx, struct verdict *v);

/* ---- For who tries a policy (trial.h) ---- */

/* An answer of over(): what was asked, and how many could be had at once after it. */
struct script_over {
	struct lg_span name, key;
	double rate;
	uint32_t burst;
	bool over;
	uint32_t left;
};
struct script_watch {
	void (*over)(void *ctx, const struct script_over *o); /* NULL: nobody wants to know */
	void *ctx;
};

/* Looks on from now on, and counts every instruction; `watch` is borrowed. */
void script_watch(struct script *s, const struct script_watch *watch);

/* What the last decision used that was looked on: instructions, bytes; the whole budget is in `of`. */
struct script_cost {
	uint64_t steps;
	size_t bytes;
};
struct script_cost script_cost(const struct script *s, struct script_cost *of);

#endif
