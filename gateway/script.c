/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script.c: one Lua state: its memory, its budgets, and the way in and out of it.  Every byte passes script_alloc,
 * every call script_call; a call that uses more than its budget ends with an error and leaves the state as good as
 * before. What a policy sees is made in script_sandbox.c.
 */
#include "script_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

/* Texts are loaded under this name: a file's own would be shortened in errors.  script_why puts the file in its place.
 */
#define CHUNK_NAME  "=@"
#define CHUNK_PLACE "@:"

const struct script_budget script_budget_load = { .what = "load", .steps = 1000000, .bytes = 8 << 20 };
static const struct script_budget budget_state = { .what = "worker's policies", .bytes = 16 << 20 };
const struct script_budget script_budget_decision = { .what = "decision", .steps = 100000, .bytes = 1 << 20 };

/* The budget that forbids to make `had` bytes `n`; NULL: none does. */
static const struct script_budget *refusal(const struct script *s, size_t had, size_t n)
{
	if (n <= had)
		return NULL;
	if (n - had > budget_state.bytes - s->used)
		return &budget_state;
	return s->budget && n > s->bytes ? s->budget : NULL;
}

static void *script_alloc(void *ud, void *old, size_t had, size_t n)
{
	struct script *s = ud;
	const struct script_budget *refused;
	void *p;

	if (!old)
		had = 0; /* Lua passes a kind of object here */
	if (n == 0) {
		free(old);
		s->used -= had;
		return NULL;
	}
	refused = refusal(s, had, n);
	p = refused ? NULL : realloc(old, n);
	if (!p && n <= had)
		p = old; /* Lua does not expect that shrinking fails */
	if (!p) {
		s->refused = refused;
		return NULL;
	}
	if (n > had && s->budget)
		s->bytes -= n;
	s->used = s->used - had + n;
	return p;
}

/* Takes steps; when none are left, raises for the function at `level`. */
static void spend(lua_State *L, uint64_t steps, int level)
{
	struct script *s = script_of(L);

	if (!s->budget)
		return;
	if (steps <= (uint64_t)s->steps) {
		s->steps -= (int64_t)steps;
		return;
	}
	s->steps = 0;
	luaL_where(L, level);
	lua_pushfstring(L, "more than %d instructions in one %s", (int)s->budget->steps, s->budget->what);
	lua_concat(L, 2);
	lua_error(L);
}

void script_charge(lua_State *L, uint64_t steps)
{
	spend(L, steps, 1); /* level 0 is the C function that charges */
}

static void count_hook(lua_State *L, lua_Debug *ar)
{
	(void)ar;
	spend(L, script_of(L)->watch ? 1 : SCRIPT_HOOK_STEPS, 0);
}

/* Handles an error where it happens: a text that does not say its place gets that of the running line. */
static int add_place(lua_State *L)
{
	lua_Debug ar;

	if (lua_type(L, 1) != LUA_TSTRING)
		return 1;
	for (int level = 1; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (ar.currentline < 0)
			continue; /* C */
		if (strncmp(lua_tostring(L, 1), ar.short_src, strlen(ar.short_src)) != 0) {
			luaL_where(L, level);
			lua_insert(L, 1);
			lua_concat(L, 2);
		}
		break;
	}
	return 1;
}

int script_call(struct script *s, const struct script_budget *budget, int nargs, int nresults)
{
	int handler = lua_gettop(s->L) - nargs;
	int status;

	s->budget = budget;
	s->steps = budget->steps;
	s->bytes = budget->bytes;
	lua_sethook(s->L, count_hook, LUA_MASKCOUNT,
		    s->watch ? 1 : SCRIPT_HOOK_STEPS); /* each call: counting starts anew */
	lua_pushcfunction(s->L, add_place);
	lua_insert(s->L, handler);
	status = lua_pcall(s->L, nargs, nresults, handler);
	lua_remove(s->L, handler);
	s->budget = NULL;
	return status;
}

static void why_memory(const struct script *s, const char *file, char err[], size_t errlen)
{
	const struct script_budget *b = s->refused;

	if (b)
		snprintf(err, errlen, "%s: more than %zu MiB of memory in one %s", file, b->bytes >> 20, b->what);
	else
		snprintf(err, errlen, "%s: out of memory", file);
}

void script_why(struct script *s, int status, const char *file, char err[], size_t errlen)
{
	lua_State *L = s->L;
	const char *text;

	if (status == LUA_ERRMEM) {
		why_memory(s, file, err, errlen);
	} else if (lua_type(L, -1) != LUA_TSTRING) {
		snprintf(err, errlen, "%s: an error that is no text but a %s", file, luaL_typename(L, -1));
	} else {
		text = lua_tostring(L, -1);
		if (strncmp(text, CHUNK_PLACE, strlen(CHUNK_PLACE)) == 0)
			snprintf(err, errlen, "%s:%s", file, text + strlen(CHUNK_PLACE));
		else
			snprintf(err, errlen, "%s: %s", file, text);
	}
	lua_settop(L, 0);
}

/* All of an open file, into one block. */
static int read_all(FILE *f, char **text, size_t *n)
{
	char *p = malloc(SCRIPT_FILE_BYTES + 1);
	char *fit;

	if (!p)
		return -ENOMEM;
	*n = fread(p, 1, SCRIPT_FILE_BYTES + 1, f);
	if (ferror(f) || *n > SCRIPT_FILE_BYTES) {
		int ret = ferror(f) ? -errno : -EFBIG;

		free(p);
		return ret;
	}
	p[*n] = 0;
	fit = realloc(p, *n + 1);
	*text = fit ? fit : p;
	return 0;
}

int script_read(const char *file, char **text, size_t *n, char err[], size_t errlen)
{
	FILE *f = fopen(file, "re");
	int ret = f ? read_all(f, text, n) : -errno;

	if (f)
		fclose(f);
	if (ret == -EFBIG)
		snprintf(err, errlen, "%s: a policy is at most %d KiB", file, SCRIPT_FILE_BYTES >> 10);
	else if (ret < 0)
		snprintf(err, errlen, "%s: %s", file, ret == -ENOMEM ? "out of memory" : strerror(-ret));
	return ret;
}

void script_run_text(lua_State *L, const char *text, size_t n)
{
	if (luaL_loadbufferx(L, text, n, CHUNK_NAME, "t") != LUA_OK)
		lua_error(L);
	lua_call(L, 0, 1);
	if (lua_type(L, -1) != LUA_TTABLE)
		luaL_error(L, "a policy returns a table, this one a %s", luaL_typename(L, -1));
}

/* How many letters have to change, two words up to NEAR_WORD long; the textbook's table, one row at a time. */
enum { NEAR_WORD = 32 };
static unsigned distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	unsigned row[NEAR_WORD + 1];

	if (na > NEAR_WORD || nb > NEAR_WORD)
		return NEAR_WORD;
	for (unsigned j = 0; j <= nb; j++)
		row[j] = j;
	for (unsigned i = 1; i <= na; i++) {
		unsigned corner = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= nb; j++) {
			unsigned change = corner + (a[i - 1] != b[j - 1]);
			unsigned least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;

			corner = row[j];
			row[j] = change < least ? change : least;
		}
	}
	return row[nb];
}

bool script_is_near(const char *a, const char *b)
{
	return distance(a, b) <= (strlen(b) > 3 ? 2 : 1);
}

const char *script_nearest(const char *word, const char *const *list)
{
	for (; *list; list++) {
		if (script_is_near(word, *list))
			return *list;
	}
	return NULL;
}

static int open_state(lua_State *L)
{
	struct script *s = script_of(L);

	script_sandbox(L);
	lua_createtable(L, SCRIPT_EDIT_SLOT + VERDICT_EDITS, 0);
	s->anchors = luaL_ref(L, LUA_REGISTRYINDEX);
	return 0;
}

int script_create(struct script **sp)
{
	struct script *s = calloc(1, sizeof *s);

	if (!s)
		return -ENOMEM;
	s->L = lua_newstate(script_alloc, s);
	if (!s->L)
		goto out;
	*(struct script **)lua_getextraspace(s->L) = s;
	lua_pushcfunction(s->L, open_state);
	if (script_call(s, &script_budget_load, 0, 0) != LUA_OK)
		goto out;
	*sp = s;
	return 0;
out:
	script_destroy(s);
	return -ENOMEM;
}

void script_destroy(struct script *s)
{
	if (!s)
		return;
	if (s->L)
		lua_close(s->L);
	free(s);
}
