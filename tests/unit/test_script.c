/* SPDX-License-Identifier: Apache-2.0 */
/* test_script.c: what one state may use, and that it is as good as before after every failure. */
#include "script_world.h"

/* ---- Allocations that fail ---- */

static long fail_after = -1; /* allocations that still succeed; -1: all */

void *__real_malloc(size_t n);
void *__real_calloc(size_t k, size_t n);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t k, size_t n);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

static bool fails_now(void)
{
	if (fail_after < 0)
		return false;
	if (fail_after == 0)
		return true;
	fail_after--;
	return false;
}

void *__wrap_malloc(size_t n)
{
	return fails_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t k, size_t n)
{
	return fails_now() ? NULL : __real_calloc(k, n);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails_now() ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *s)
{
	return fails_now() ? NULL : __real_strdup(s);
}

/* ---- Budgets ---- */

static void test_budgets(void **state)
{
	static const struct {
		const char *body, *error;
	} rows[] = {
		{ "while true do end", ":1: more than 100000 instructions in one decision" },
		{ "local function f() return f() end f()", "more than 100000 instructions" },
		{ "for i = 1, 1e9 do local s = m.method:lower() end", "more than 100000 instructions" },
		{ "local t = {} for i = 1, 9000 do t[i] = -i end while true do table.sort(t) end", "instructions" },
		{ "local t = {} for i = 1, 9000 do t[i] = i end while true do table.insert(t, 1, 0) end",
		  "instructions" },
		{ "local t = {} for i = 1, 9000 do t[i] = '' end while true do table.concat(t) end", "instructions" },
		{ "local t = {} for i = 1, 9000 do t[i] = i end while true do select(1, table.unpack(t)) end",
		  "instructions" },
		{ "local s = m['header.x'] while true do s:contains('y') end", "more than 100000 instructions" },
		{ "local s = m['header.x'] while true do s:byte(1, 5000) end", "more than 100000 instructions" },
		{ "table.sort({ 1, 2, 3 }, function() while true do end end)", "more than 100000 instructions" },
		{ "local s = m['header.x'] while true do s = s .. s end", "more than 1 MiB of memory in one decision" },
		{ "local s = m['header.x'] while true do local t = s .. 'x' end",
		  "more than 1 MiB of memory in one decision" },
		{ "local t = {} while true do t[#t + 1] = {} end", "more than 1 MiB of memory in one decision" },
		{ "local s = m['header.x'] while true do s:upper() end", "more than 1 MiB of memory in one decision" },
		{ "local function f() return 1 + f() end f()", "more than 1 MiB of memory in one decision" },
	};
	struct world *w = *state;
	struct verdict v;
	static char big[60000];

	memset(big, 'x', sizeof big - 1);
	w->facts[2] = big;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		world_decide(w, rows[i].body, &v);
		if (v.kind != VERDICT_ERROR || !strstr(v.error, rows[i].error))
			fail_msg("%s: kind %d \"%s\"", rows[i].body, v.kind, v.error);
		assert_usable(w);
	}
}

/* What decisions leave behind is collected: many, each of half its budget, fit in a state. */
static void test_garbage(void **state)
{
	struct world *w = *state;
	struct script_policy *p =
		world_load(w, "local s = m['header.x'] for i = 1, 8 do local t = s .. i end return drop()");
	struct verdict v;
	static char big[60000];

	memset(big, 'x', sizeof big - 1);
	w->facts[2] = big;
	for (int i = 0; i < 500; i++) {
		script_decide(w->s, p, world_fact, w, &v);
		if (v.kind != VERDICT_DROP)
			fail_msg("decision %d: %s", i, v.error);
	}
	script_unload(w->s, p);
}

static void test_huge_fact(void **state)
{
	struct world *w = *state;
	char *big = malloc(2 << 20);
	struct verdict v;

	assert_non_null(big);
	memset(big, 'x', (2 << 20) - 1);
	big[(2 << 20) - 1] = 0;
	w->facts[2] = big;
	world_decide(w, "if m['header.x'] then return drop() end", &v);
	assert_int_equal(v.kind, VERDICT_ERROR);
	assert_contains(v.error, "more than 1 MiB");
	free(big);
	assert_usable(w);
}

/* Loads of one file after the other do not fill a state. */
static void test_load_and_unload(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 2000; i++)
		script_unload(w->s,
			      world_load(w, "local t = { 'some', 'constants', 'that', 'take', 'room' } return drop()"));
	assert_usable(w);
}

/* ---- Memory that runs out ---- */

/* All that a worker does with scripts; 0, or -1 when something failed, cleanly. */
static int whole_life(struct world *w)
{
	struct script *s = NULL;
	struct script_policy *p = NULL;
	struct policy_desc d = { 0 };
	struct verdict v = { .kind = VERDICT_ERROR };
	char err[300] = "";
	int ret = script_create(&s);

	if (ret == 0)
		ret = script_describe(s, w->file, &d, err, sizeof err);
	if (ret == 0)
		ret = script_load(s, &w->use, &p, err, sizeof err);
	if (ret == 0) {
		script_decide(s, p, world_fact, w, &v);
		if (v.kind == VERDICT_ERROR)
			assert_contains(v.error, "out of memory");
		ret = v.kind == VERDICT_REPLY ? 0 : -ENOMEM;
		fail_after = -1;
		script_decide(s, p, world_fact, w, &v);
		assert_int_equal(v.kind, VERDICT_REPLY);
	}
	fail_after = -1;
	if (ret < 0 && err[0])
		assert_contains(err, "out of memory");
	script_unload(s, p);
	policy_desc_free(&d);
	script_destroy(s);
	return ret;
}

static void test_out_of_memory(void **state)
{
	struct world *w = *state;
	long n = 0;
	int ret;

	world_write(
		w, "local t = { 'x' }\nreturn { plugin = 'tcp', reads = { 'method' }, pools = { 'p' },\n"
		   "options = { w = { type = 'list', of = 'string', default = { 'a' }, help = 'h' } },\n"
		   "decide = function(m, o) local s = m.method .. ' a text that is long enough to be no short string'\n"
		   "return reply(400, s, { A = s:lower(), B = t[1] }) end }");
	w->use.options = "{ w = { 'a' } }";
	do {
		fail_after = n++;
		ret = whole_life(w);
		assert_true(ret == 0 || ret == -ENOMEM);
	} while (ret < 0);
	assert_true(n > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_budgets),         WORLD_TEST(test_garbage),       WORLD_TEST(test_huge_fact),
		WORLD_TEST(test_load_and_unload), WORLD_TEST(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
