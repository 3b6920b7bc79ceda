/* SPDX-License-Identifier: Apache-2.0 */
/* test_script_describe.c: what a policy file says of itself, right and wrong. */
#include "script_world.h"

#include <unistd.h>

static void test_wrong_files(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "", ": a policy returns a table, this one a nil" },
		{ "return 5", "a policy returns a table" },
		{ "return {", ":1: unexpected symbol near <eof>" },
		{ "\nfoo()", ":2: unknown name 'foo'" },
		{ "\x1bLua", "attempt to load a binary chunk" },
		{ "while true do end", ":1: more than 1000000 instructions in one load" },
		{ "return { decide = function() end, reads = drop() }",
		  ":1: a verdict can only be made while decide runs" },
		{ "return {}", "a policy needs decide" },
		{ "return {\ndecide = 5 }", ":2: decide is a number, not a function" },
		{ "return {\nplugin = 5, decide = type }", ":2: plugin is a number, not a name or a list of names" },
		{ "return {\nplugin = { 5 }, decide = type }", ":2: plugin holds a number; its entries are texts" },
		{ "return {\nreads = 5, decide = type }", ":2: reads is a number, not a table" },
		{ "return { options = {\na = { type = 'string', keys = 'network' } }, decide = type }",
		  ":2: option 'a': keys = \"network\", of a map" },
		{ "return { options = {\na = { type = 'map', of = 'pool', keys = 'pool' } }, decide = type }",
		  ":2: option 'a': keys = \"network\", of a map" },
		{ "return { options = {\na = { type = 'number', choices = { 'b' } } }, decide = type }",
		  ":2: option 'a': `choices` are for strings" },
		{ "return { options = {\na = { type = 'string', min = 1 } }, decide = type }",
		  ":2: option 'a': `min` and `max` are for numbers" },
		{ "return { decide = type,\nread = {} }", ":2: unknown key 'read' in a policy; did you mean 'reads'?" },
		{ "return { decide = type,\n['x y'] = {} }", ":2: unknown key 'x y' in a policy" },
		{ "return { decide = type, 'x' }", "a policy has an entry without a name" },
		{ "return { decide = type,\n-- reads = 1\nreads = 'method' }", ":3: reads is a string, not a table" },
		{ "return { decide = type,\nreads = { 5 } }", ":2: reads holds a number; its entries are texts" },
		{ "return { decide = type,\nreads = { '' } }", ":2: a text in 'reads' is empty" },
		{ "return { decide = type,\nreads = { 'a', 'a' } }", ":2: reads names 'a' twice" },
		{ "return { decide = type,\nreads = { a = 'b' } }", ":2: reads is a list" },
		{ "return { decide = type,\npools = { {} } }", ":2: pools holds a table" },
		{ "return { decide = type,\nedits = 'x' }", ":2: edits is a string, not a list of headers" },
		{ "return { decide = type,\noptions = { 'x' } }", ":2: options are written as" },
		{ "return { decide = type, options = {\nx = { type = 'map', of = 'header', default = { a = true } } } "
		  "}",
		  ":2: option 'x': the default holds what is no header" },
		{ "return { decide = type, options = {\nx = {} } }", ":2: option 'x' has no type" },
		{ "return { decide = type, options = { x = {\ntype = 5 } } }", ":2: type is a number" },
		{ "return { decide = type, options = {\nx = { type = 'strin' } } }", "did you mean 'string'?" },
		{ "return { decide = type, options = {\nx = { type = 'colour' } } }",
		  ":2: option 'x': type 'colour' is unknown" },
		{ "return { decide = type, options = {\nx = { type = 'string', hlep = 'x' } } }",
		  ":2: unknown key 'hlep' in an option; did you mean 'help'?" },
		{ "return { decide = type, options = {\nx = { type = 'map' } } }", ":2: option 'x': `of` says" },
		{ "return { decide = type, options = {\nx = { type = 'string', of = 'pool' } } }",
		  ":2: option 'x': `of` says" },
		{ "return { decide = type, options = {\nx = { type = 'list', of = 'map' } } }",
		  ":2: option 'x' cannot hold" },
		{ "return { decide = type, options = {\nx = { type = 'number', default = 'a' } } }",
		  ":2: option 'x': the default is no number" },
		{ "return { decide = type, options = {\nx = { type = 'duration', default = '5 days' } } }",
		  "is no duration" },
		{ "return { decide = type, options = {\nx = { type = 'list', of = 'number', default = { 'a' } } } }",
		  ":2: option 'x': the default holds what is no number" },
		{ "return { decide = type, options = {\nx = { type = 'map', of = 'pool', default = { 'a' } } } }",
		  ":2: option 'x': a map's keys are texts" },
		{ "return { decide = type, options = {\nx = { type = 'number', default = 1/0 } } }",
		  "cannot be written" },
		{ "return { decide = type, options = {\nx = { type = 'number', default = 1, required = true } } }",
		  ":2: option 'x' is required and has a default" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct policy_desc desc;
		char err[300] = "";

		world_write(w, rows[i].text);
		assert_int_equal(script_describe(w->s, w->file, &desc, err, sizeof err), -EINVAL);
		if (strncmp(err, w->file, strlen(w->file)) != 0 || !strstr(err, rows[i].error))
			fail_msg("%s: \"%s\"", rows[i].text, err);
		assert_null(desc.reads);
		assert_usable(w);
	}
}

static void test_describe(void **state)
{
	struct world *w = *state;
	struct policy_desc d;
	char err[300];

	world_write(w,
		    "return { plugin = 'tcp', reads = { 'a', 'header.b' }, pools = { 'p' }, decide = function() end,\n"
		    "options = { wait = { type = 'duration', default = '5s', help = 'how long' },\n"
		    "to = { type = 'map', of = 'pool', required = true },\n"
		    "words = { type = 'list', of = 'string', default = { 'a\"\\n' } } } }");
	assert_int_equal(script_describe(w->s, w->file, &d, err, sizeof err), 0);
	assert_string_equal(d.plugins[0], "tcp");
	assert_null(d.plugins[1]);
	assert_string_equal(d.reads[1], "header.b");
	assert_null(d.reads[2]);
	assert_string_equal(d.pools[0], "p");
	assert_null(d.pools[1]);
	assert_int_equal(d.noptions, 3);
	assert_string_equal(d.options[0].name, "to");
	assert_int_equal(d.options[0].type, POLICY_MAP);
	assert_int_equal(d.options[0].of, POLICY_POOL);
	assert_true(d.options[0].required);
	assert_null(d.options[0].def);
	assert_string_equal(d.options[1].name, "wait");
	assert_int_equal(d.options[1].type, POLICY_DURATION);
	assert_string_equal(d.options[1].def, "\"5s\"");
	assert_string_equal(d.options[1].help, "how long");
	assert_string_equal(d.options[2].def, "{ [1] = \"a\\034\\010\", }");
	policy_desc_free(&d);

	world_write(w, "return { decide = function() end }");
	assert_int_equal(script_describe(w->s, w->file, &d, err, sizeof err), 0);
	assert_null(d.plugins[0]);
	assert_false(d.reads_by_options);
	assert_null(d.reads[0]);
	assert_null(d.pools[0]);
	assert_int_equal(d.noptions, 0);
	assert_false(d.edits);
	policy_desc_free(&d);

	world_write(w, "return { decide = function() end, edits = function() end,\n"
		       "options = { x = { type = 'map', of = 'header', default = { a = false } } } }");
	assert_int_equal(script_describe(w->s, w->file, &d, err, sizeof err), 0);
	assert_true(d.edits);
	assert_string_equal(d.options[0].def, "{ [\"a\"] = false, }");
	policy_desc_free(&d);

	world_write(w, "return { plugin = { 'tcp', 'stun' }, reads = function() end, decide = function() end,\n"
		       "options = { n = { type = 'number', min = 0.5, max = 2 },\n"
		       "nets = { type = 'map', of = 'pool', keys = 'network' },\n"
		       "per = { type = 'list', of = 'string', choices = { 'a', 'b' } } } }");
	assert_int_equal(script_describe(w->s, w->file, &d, err, sizeof err), 0);
	assert_string_equal(d.plugins[1], "stun");
	assert_null(d.plugins[2]);
	assert_true(d.reads_by_options);
	assert_null(d.reads[0]);
	assert_true(d.options[0].has_min && d.options[0].has_max && d.options[0].min == 0.5 && d.options[0].max == 2);
	assert_true(d.options[1].networks && !d.options[0].networks);
	assert_string_equal(d.options[2].choices[1], "b");
	assert_null(d.options[2].choices[2]);
	assert_null(d.options[0].choices[0]);
	policy_desc_free(&d);
}

static void test_reads_by_options(void **state)
{
	struct world *w = *state;
	char **list = NULL, err[300];

	world_write(
		w,
		"return { decide = type, reads = function(o) return { 'Method', 'header.' .. o.name, 'Method' } end }");
	assert_int_equal(script_reads(w->s, w->file, "{ name = 'x' }", &list, err, sizeof err), 0);
	assert_string_equal(list[0], "Method");
	assert_string_equal(list[1], "header.x");
	assert_null(list[2]);
	script_list_free(list);
	list = NULL;
	assert_int_equal(script_reads(w->s, w->file, "{}", &list, err, sizeof err), -EINVAL);
	assert_contains(err, ":1: attempt to concatenate a nil value");
	world_write(w, "return { decide = type, reads = function(o) return { 5 } end }");
	assert_int_equal(script_reads(w->s, w->file, "{}", &list, err, sizeof err), -EINVAL);
	assert_contains(err, "reads holds a number; its entries are texts");
	world_write(w, "return { decide = type, reads = function(o) end }");
	assert_int_equal(script_reads(w->s, w->file, "{}", &list, err, sizeof err), -EINVAL);
	assert_contains(err, "reads gives a nil, not a list of facts");
	assert_null(list);
}

static void test_unreadable_files(void **state)
{
	struct world *w = *state;
	struct policy_desc d;
	struct script_policy *p;
	char err[300];
	FILE *f;

	unlink(w->file);
	assert_int_equal(script_describe(w->s, w->file, &d, err, sizeof err), -ENOENT);
	assert_contains(err, "No such file");
	assert_int_equal(script_load(w->s, &w->use, &p, err, sizeof err), -ENOENT);
	assert_int_equal(script_describe(w->s, ".", &d, err, sizeof err), -EISDIR);
	f = fopen(w->file, "w");
	assert_non_null(f);
	for (int i = 0; i < 300 * 1024; i++)
		fputc('\n', f);
	fclose(f);
	assert_int_equal(script_describe(w->s, w->file, &d, err, sizeof err), -EFBIG);
	assert_contains(err, "256 KiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_wrong_files),
		WORLD_TEST(test_describe),
		WORLD_TEST(test_reads_by_options),
		WORLD_TEST(test_unreadable_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
