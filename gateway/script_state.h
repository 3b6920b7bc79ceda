/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_state.h: what the script*.c files know of each other.  Nobody else includes it, but for the policy tests,
 * which write options as script_write does.
 *
 *     script.c            the state: memory, budgets, protected calls, texts of errors
 *     script_sandbox.c    the names that a policy sees
 *     script_freeze.c     read-only tables, and the proof that a decision changed nothing
 *     script_verdict.c    the words that make a verdict
 *     script_edit.c       the word edit
 *     script_rate.c       the word over
 *     script_describe.c   what a policy file says of itself
 *     script_names.c      and what of that depends on its options
 *     script_policy.c     a policy at work
 *     script_write.c      a value as Lua text
 *
 * Lua raises errors by longjmp.  A function that takes a lua_State may do so and therefore holds no memory, no file and
 * no lock; one that takes a struct script calls Lua protected and returns.
 */
#ifndef SCRIPT_STATE_H
#define SCRIPT_STATE_H

#include <stdint.h>

#include <lua.h>

#include "buf.h"
#include "script.h"

enum {
	SCRIPT_FILE_BYTES = 256 << 10, /* the text of one policy */
	SCRIPT_HOOK_STEPS = 1000,      /* how often instructions are counted */
	SCRIPT_VERDICTS = 4,           /* made in one decision; one is returned */
	SCRIPT_DEPTH = 32,             /* tables in tables, in options and in a policy's constants */
};

/* What one protected call may use.  Bytes are counted as they are taken, so that filling memory and freeing it again
 * costs as much as keeping it. */
struct script_budget {
	const char *what; /* "decision", for errors */
	int64_t steps;    /* instructions */
	size_t bytes;
};
extern const struct script_budget script_budget_load, script_budget_decision;

struct script {
	lua_State *L;
	size_t used; /* bytes that the state holds */

	/* The call that is running. */
	const struct script_budget *budget;  /* NULL: none */
	int64_t steps;                       /* left */
	size_t bytes;                        /* left */
	const struct script_budget *refused; /* by which the last failed allocation was refused; NULL: the system */

	/* The decision that is running. */
	struct script_policy *deciding; /* NULL: none, verdicts cannot be made */
	uint64_t decision;              /* its number */
	script_fact_fn fact;
	void *ctx;
	struct verdict verdicts[SCRIPT_VERDICTS];
	unsigned nverdicts;
	struct rates *rates;                 /* NULL: over() cannot be asked */
	uint64_t now_ms;                     /* for rates */
	const struct sockaddr *source;       /* whose decision it is; NULL: nobody's */
	const struct script_watch *watch;    /* NULL: nobody looks on */
	struct script_cost cost;             /* of the last decision */
	struct lg_edit edits[VERDICT_EDITS]; /* of all its verdicts */
	unsigned nedits;
	int anchors; /* registry: the table that keeps the verdicts' strings */
};

struct script_policy {
	const struct policy_use *use;
	int line;        /* of decide */
	uint64_t *asked; /* for each fact: the decision that asked for it last */
	int ref;         /* registry: { decide, m, o, then what script_freeze wrote } */
	unsigned nheld;  /* upvalues that script_freeze found */
};
enum { POLICY_DECIDE = 1, POLICY_FACTS, POLICY_OPTIONS, POLICY_HELD };

/* ---- script.c ---- */

static inline struct script *script_of(lua_State *L)
{
	return *(struct script **)lua_getextraspace(L);
}

/* lua_pcall within a budget; the Lua status. */
int script_call(struct script *s, const struct script_budget *budget, int nargs, int nresults);

/* Says why script_call failed as "FILE:LINE: text", or "FILE: text" where there is no line; empties the stack. */
void script_why(struct script *s, int status, const char *file, char err[], size_t errlen);

/* Takes steps from the budget for work that no hook counts; raises when it is used up. */
void script_charge(lua_State *L, uint64_t steps);

/* The text of a file, terminated; free() it.  0 or -errno, with "FILE: reason". */
int script_read(const char *file, char **text, size_t *n, char err[], size_t errlen);

/* Runs a policy's text: its table is on the stack.  Errors name the place as script_why wants it. */
void script_run_text(lua_State *L, const char *text, size_t n);

/* The word of a list that was probably meant, NULL: none is near.  The list ends with NULL. */
const char *script_nearest(const char *word, const char *const *list);
bool script_is_near(const char *a, const char *b);

/* ---- script_sandbox.c ---- */

/* Makes the only environment that texts in this state will have. */
void script_sandbox(lua_State *L);

/* ---- script_freeze.c ---- */

/* Replaces the table on top by one that reads the same and refuses writes. */
void script_read_only(lua_State *L);

/* Pushes the table behind a read-only one; any other value as it is. */
void script_behind(lua_State *L, int index);

/*
 * Replaces the value on top by its read-only self: tables all the way down, and functions through their upvalues.  Each
 * upvalue is written to the table `held` from POLICY_HELD on, three entries each (function, number, value); adds their
 * count to *n.
 */
void script_freeze(lua_State *L, int held, unsigned *n);

/* Puts back upvalues that a decision changed: the name of one, NULL when there is none.  Raises nothing. */
const char *script_restore(lua_State *L, int held, unsigned n);

/* ---- script_verdict.c ---- */

/* Adds the verdict words to the table on top. */
void script_verdict_words(lua_State *L);

/* A verdict of this kind, to be filled; raises when there may be none. */
struct verdict *script_verdict_new(lua_State *L, enum verdict_kind kind, int max_args);
/* It is made: pushes what decide returns for it. */
int script_verdict_push(lua_State *L, struct verdict *v);

/* The span of the string on top, which is popped and kept until the slot is used again. */
enum {
	SCRIPT_SLOTS = 1 + 2 * VERDICT_HEADERS, /* of each verdict; then one for each edit */
	SCRIPT_EDIT_SLOT = SCRIPT_VERDICTS * SCRIPT_SLOTS,
};
struct lg_span script_anchor(lua_State *L, unsigned slot);

/* Can this be the name of a header, or its value? */
bool script_is_header_name(struct lg_span name);
bool script_is_header_value(struct lg_span value);
#define SCRIPT_BAD_VALUE "the header '%s' has a line break or control character, or more than %d bytes"
enum { SCRIPT_HEADER_NAME = 64, SCRIPT_HEADER_VALUE = 1024 }; /* bytes */

/* What decide returned (on top of the stack).  Raises nothing. */
void script_verdict_take(struct script *s, struct verdict *v);

/* ---- script_edit.c ---- */

int script_edit(lua_State *L);

/* ---- script_rate.c ---- */

int script_over(lua_State *L);

/* ---- script_policy.c ---- */

/* Pushes the table that a policy's options are in Lua text; NULL: an empty one. */
void script_push_options(lua_State *L, const char *options);

/* ---- script_write.c ---- */

/* Appends a plain value (string, number, boolean, tables of them) as Lua text; 0, -ENOMEM or -EINVAL. */
int script_write(lua_State *L, int index, struct buf *out);

#endif
