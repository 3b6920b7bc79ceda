/* SPDX-License-Identifier: Apache-2.0 */
/* test_script_rate.c: over() in a policy: what it counts, whose names it has, and what it refuses. */
#include "rates.h"
#include "script_world.h"

static const unsigned char secret[16] = "sixteen letters";

struct rate_world {
	struct world *w;
	struct rates *rates;
};

static int setup(void **state)
{
	struct rate_world *r = calloc(1, sizeof *r);
	void *w = NULL;

	assert_non_null(r);
	assert_int_equal(world_setup(&w), 0);
	r->w = w;
	assert_int_equal(rates_create(&r->rates, secret), 0);
	script_set_rates(r->w->s, r->rates);
	script_set_moment(r->w->s, 1000, NULL);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rate_world *r = *state;
	void *w = r->w;

	world_teardown(&w);
	rates_free(r->rates);
	free(r);
	return 0;
}
#define RATE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* How many of `n` decisions are passed. */
static unsigned passed(struct world *w, struct script_policy *p, unsigned n)
{
	unsigned good = 0;
	struct verdict v;

	for (unsigned i = 0; i < n; i++) {
		script_decide(w->s, p, world_fact, w, &v);
		if (v.kind == VERDICT_ERROR)
			fail_msg("%s", v.error);
		good += v.kind == VERDICT_PASS;
	}
	return good;
}

static void test_rate(void **state)
{
	struct rate_world *r = *state;
	struct script_policy *p = world_load(r->w, "if over('calls', m.method, 2, 3) then return drop() end");

	assert_int_equal(passed(r->w, p, 10), 3);
	script_set_moment(r->w->s, 1499, NULL);
	assert_int_equal(passed(r->w, p, 10), 0);
	script_set_moment(r->w->s, 1500, NULL);
	assert_int_equal(passed(r->w, p, 10), 1);
	r->w->facts[0] = "BYE"; /* another key */
	assert_int_equal(passed(r->w, p, 10), 3);
	script_unload(r->w->s, p);
}

/* A use has names of its own; one that is equal has the same. */
static void test_spaces(void **state)
{
	struct rate_world *r = *state;
	static const char body[] = "if over(m.method, 'key', 2, 3) then return drop() end";
	struct script_policy *p;

	for (unsigned space = 1; space < 4; space++) {
		r->w->use.space = space;
		p = world_load(r->w, body);
		assert_int_equal(passed(r->w, p, 10), 3);
		script_unload(r->w->s, p);
	}
	p = world_load(r->w, body);
	assert_int_equal(passed(r->w, p, 10), 0);
	r->w->facts[0] = "BYE"; /* another name */
	assert_int_equal(passed(r->w, p, 10), 3);
	script_unload(r->w->s, p);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *body, *error;
	} rows[] = {
		{ "over('calls', m['header.x'], 1, 1)", "the key is nil; ask first whether the fact is there" },
		{ "over(nil, 'key', 1, 1)", "the name is nil" },
		{ "over('calls', 5, 1, 1)", "the key is a number, not a text" },
		{ "over('calls', 'key', 1)", "has four arguments" },
		{ "over('calls', 'key', 0, 1)", "over: the rate" },
		{ "over('calls', 'key', 0/0, 1)", "over: the rate" },
		{ "over('calls', 'key', 2000000, 1)", "over: the rate" },
		{ "over('calls', 'key', 1, 0)", "over: the burst" },
		{ "over('calls', 'key', 1, 1000001)", "over: the burst" },
		{ "over('calls', 'key', 1, 1e300)", "over: the burst" },
		{ "over('calls', 'key', 'often', 1)", "number expected, got string" },
		{ "while true do over('calls', 'key', 1, 1) end", "instructions in one decision" },
	};
	struct rate_world *r = *state;
	struct verdict v;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		world_decide(r->w, rows[i].body, &v);
		assert_int_equal(v.kind, VERDICT_ERROR);
		assert_contains(v.error, rows[i].error);
	}
	script_set_rates(r->w->s, NULL);
	world_decide(r->w, "over('calls', 'key', 1, 1)", &v);
	assert_contains(v.error, "no rate table");
	script_set_rates(r->w->s, r->rates);
	assert_usable(r->w);
}

/* At load there is nobody to count. */
static void test_only_in_decisions(void **state)
{
	struct rate_world *r = *state;
	struct policy_desc desc;
	char err[300];

	world_write(r->w, "over('a', 'b', 1, 1) return { decide = function(m, o) end }");
	assert_int_equal(script_describe(r->w->s, r->w->file, &desc, err, sizeof err), -EINVAL);
	assert_contains(err, "over can only be asked while decide runs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RATE_TEST(test_rate),
		RATE_TEST(test_spaces),
		RATE_TEST(test_refusals),
		RATE_TEST(test_only_in_decisions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
