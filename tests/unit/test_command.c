/* SPDX-License-Identifier: Apache-2.0 */
/* test_command.c: what each line does to servers, and what it is answered with. */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "sample.h"
#include "unit.h"

struct fixture {
	struct sample sample;
	struct command_target target;
	unsigned changes;
};

static void on_changed(void *ctx)
{
	((struct fixture *)ctx)->changes++;
}

static int setup(void **state)
{
	struct fixture *f = sample_fixture(sizeof *f);

	f->target = (struct command_target){ &f->sample.snapshot, clock_unix_ms(), on_changed, f };
	*state = f;
	return 0;
}

static json_t *say(struct fixture *f, const char *line)
{
	json_t *o = command_run(&f->target, line, strlen(line));

	assert_non_null(o);
	return o;
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "(none)";
}

static void test_words(void **state)
{
	struct fixture *f = *state;
	static const struct row {
		const char *line;
		unsigned server; /* in sample.servers */
		enum admin admin;
		const char *was, *is;
		unsigned changes;
	} rows[] = {
		{ "server drain front/one", 0, ADMIN_DRAIN, "up", "drain", 1 },
		{ "server drain front/one", 0, ADMIN_DRAIN, "drain", "drain", 0 },
		{ "server disable front/one", 0, ADMIN_DISABLED, "drain", "disabled", 1 },
		{ "server enable front/one", 0, ADMIN_ENABLED, "disabled", "up", 1 },
		{ "server enable front/one", 0, ADMIN_ENABLED, "up", "up", 0 },
		{ "  server   disable  front/10.0.0.2:5061", 1, ADMIN_DISABLED, "unknown", "disabled", 1 },
		{ "server drain back/up/one", 2, ADMIN_DRAIN, "unknown", "drain", 1 },
	};

	f->sample.servers[0].state->health = HEALTH_UP;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct server_state *s = f->sample.servers[rows[i].server].state;
		json_t *o;

		f->changes = 0;
		s->since = 5000;
		o = say(f, rows[i].line);
		assert_int_equal(s->admin, rows[i].admin);
		assert_string_equal(text(o, "was"), rows[i].was);
		assert_string_equal(text(json_object_get(o, "server"), "state"), rows[i].is);
		assert_string_equal(text(o, "pool"), f->sample.servers[rows[i].server].pool->name);
		assert_int_equal(f->changes, rows[i].changes);
		assert_int_equal(s->since != 5000, rows[i].changes);
		assert_true(s->since == 5000 || clock_unix_ms() - s->since < 10000);
		json_decref(o);
	}
	assert_int_equal(f->sample.servers[0].state->admin, ADMIN_ENABLED);
}

/* What a line does to all three servers, in the order of the answer: a letter for each state, and who they are. */
static void all_are(struct fixture *f, const char *line, const char *admins, const char *told)
{
	json_t *o = say(f, line), *one;
	char text_told[400] = "";
	size_t i;

	assert_true(json_is_array(o));
	json_array_foreach(o, i, one)
	{
		size_t n = strlen(text_told);

		snprintf(text_told + n, sizeof text_told - n, "%s%s/%s: %s-%s", i ? ", " : "", text(one, "pool"),
			 text(json_object_get(one, "server"), "name"), text(one, "was"),
			 text(json_object_get(one, "server"), "state"));
	}
	assert_string_equal(text_told, told);
	for (i = 0; i < 3; i++)
		assert_int_equal(f->sample.servers[i].state->admin, admins[i] - '0');
	json_decref(o);
}

/* Without a pool: all that are called so, by the name, address and port, or the address alone. */
static void test_machines(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 3; i++)
		f->sample.servers[i].state->health = HEALTH_UP;
	all_are(f, "server drain one", "101", "front/one: up-drain, back/up/one: up-drain");
	assert_int_equal(f->changes, 1);
	all_are(f, "server drain one", "101", "front/one: drain-drain, back/up/one: drain-drain");
	assert_int_equal(f->changes, 1);
	all_are(f, "server disable 10.0.0.1", "201", "front/one: drain-disabled");
	all_are(f, "server enable one", "000", "front/one: disabled-up, back/up/one: drain-up");
	all_are(f, "server drain 10.0.0.2", "010", "front/10.0.0.2:5061: up-drain");
	all_are(f, "server enable 10.0.0.2:5061", "000", "front/10.0.0.2:5061: drain-up");
	all_are(f, "server drain 2001:DB8:0::1", "001", "back/up/one: up-drain");
	all_are(f, "server enable [2001:db8::1]", "000", "back/up/one: drain-up");
}

/* "back/up/one" follows "front/one". */
static void follow(struct fixture *f)
{
	struct server *s = f->sample.servers;

	s[2].tracked = &s[0];
	s[0].followers = &s[2];
	for (unsigned i = 0; i < 3; i++)
		s[i].state->health = HEALTH_UP;
}

static void test_followers(void **state)
{
	struct fixture *f = *state;
	json_t *o, *one;

	follow(f);
	o = say(f, "server drain front/one");
	assert_int_equal(json_array_size(json_object_get(o, "servers")), 1);
	assert_int_equal(json_array_size(json_object_get(o, "followers")), 1);
	one = json_array_get(json_object_get(o, "followers"), 0);
	assert_string_equal(text(one, "pool"), "back/up");
	assert_string_equal(text(one, "was"), "up");
	one = json_object_get(one, "server");
	assert_string_equal(text(one, "state"), "drain");
	assert_string_equal(text(one, "word_from"), "front/one");
	assert_string_equal(text(one, "own_word"), "(none)");
	assert_int_equal(f->changes, 1);
	json_decref(o);
	o = say(f, "server disable back/up/one"); /* its own word is the stronger one */
	assert_string_equal(text(json_object_get(o, "server"), "own_word"), "disabled");
	assert_string_equal(text(json_object_get(o, "server"), "word_from"), "(none)");
	assert_int_equal(json_array_size(json_object_get(o, "followers")), 0);
	json_decref(o);
	o = say(f, "server enable back/up/one"); /* and takes nothing of the other's away */
	assert_string_equal(text(o, "was"), "disabled");
	assert_string_equal(text(json_object_get(o, "server"), "state"), "drain");
	json_decref(o);
	all_are(f, "server drain one", "101", "front/one: drain-drain, back/up/one: drain-drain");
	all_are(f, "server disable 10.0.0.1", "201", "front/one: drain-disabled, back/up/one: drain-disabled");
	all_are(f, "server enable 10.0.0.1", "001", "front/one: disabled-up, back/up/one: disabled-drain");
}

static void test_policy_reset(void **state)
{
	struct fixture *f = *state;
	struct policy_stats *stats = &f->sample.policy_stats;
	json_t *o;

	stats->tripped = true;
	stats->errors_in_a_row = 10;
	stats->errors = 12;
	strcpy(stats->last_error, "x.lua:3: oh");
	o = say(f, "policy reset in/routing/sample");
	assert_string_equal(text(o, "was"), "tripped");
	assert_string_equal(text(o, "listener"), "in");
	assert_true(json_is_false(json_object_get(json_object_get(o, "policy"), "tripped")));
	assert_string_equal(text(json_object_get(o, "policy"), "last_error"), "x.lua:3: oh");
	json_decref(o);
	assert_false(stats->tripped);
	assert_int_equal(stats->errors_in_a_row, 0);
	assert_int_equal(stats->errors, 12);
	o = say(f, "policy reset in/routing/sample");
	assert_string_equal(text(o, "was"), "asked");
	json_decref(o);
}

/* The names of those that there are, as far as there is room. */
static void test_no_policy(void **state)
{
	static const char more[] = ", and more: `lychctl status` shows all";
	struct fixture *f = *state;
	struct listener_conf *in = &f->sample.listeners[0], wide = *in;
	const struct policy_use *one = in->policies;
	struct policy_use uses[40];
	const char *hint;
	json_t *o;

	in->npolicies = 0;
	o = say(f, "policy reset none/of-these");
	assert_string_equal(text(o, "hint"), "no listener has a policy");
	json_decref(o);
	for (unsigned i = 0; i < ARRAY_LEN(uses); i++)
		uses[i] = *one;
	in->policies = uses;
	in->npolicies = ARRAY_LEN(uses);
	o = say(f, "policy reset none/of-these");
	hint = text(o, "hint");
	assert_memory_equal(hint, "the policies are `in/routing/sample`, `in/routing/sample`, ", 59);
	assert_true(strlen(hint) > 300 && strlen(hint) < 400);
	assert_string_equal(hint + strlen(hint) - strlen(more), more);
	json_decref(o);
	*in = wide;
}

static void test_refused(void **state)
{
	struct fixture *f = *state;
	static const char all[] = "there are `status`, `server drain|disable|enable [POOL/]NAME` and `policy "
				  "reset LISTENER/NAME`";
	static const struct row {
		const char *line, *error, *hint;
	} rows[] = {
		{ "", "\"\" is no command", all },
		{ "statsu", "\"statsu\" is no command", "did you mean `status`?" },
		{ "status all", "\"status all\" is no command", "did you mean `status`?" },
		{ "quit", "\"quit\" is no command", all },
		{ "server", "\"server \" is no command",
		  "there are `server drain`, `server disable` and `server enable`" },
		{ "server drian front/one", "\"server drian\" is no command", "did you mean `drain`?" },
		{ "server drain", "no pool has a server \"\"", "the servers are `one`, `10.0.0.2:5061`" },
		{ "server drain onne", "no pool has a server \"onne\"", "did you mean `one`?" },
		{ "server drain 10.0.0.22", "no pool has a server \"10.0.0.22\"", "did you mean `10.0.0.2`?" },
		{ "server drain front", "no pool has a server \"front\"", "the servers are `one`, `10.0.0.2:5061`" },
		{ "server drain front/onne", "pool front has no server \"onne\"", "did you mean `front/one`?" },
		{ "server drain front/", "pool front has no server \"\"", "the servers are `one`, `10.0.0.2:5061`" },
		{ "server drain fornt/one", "there is no pool \"fornt\"", "did you mean `front/one`?" },
		{ "server drain front/one two", "pool front has no server \"one two\"", NULL },
		{ "server drain nothing/at-all", "there is no pool \"nothing\"", NULL },
		{ "policy", "\"policy \" is no command", "there is `policy reset`" },
		{ "policy rest in/routing/sample", "\"policy rest\" is no command", "did you mean `reset`?" },
		{ "policy reset routing/sample", "there is no policy \"routing/sample\"; write LISTENER/POLICY",
		  "did you mean `in/routing/sample`?" },
		{ "policy reset in/routing/smaple", "there is no policy \"in/routing/smaple\"; write LISTENER/POLICY",
		  "did you mean `in/routing/sample`?" },
		{ "policy reset bare/quite-another", "there is no policy \"bare/quite-another\"; write LISTENER/POLICY",
		  "the policies are `in/routing/sample`" },
		{ "policy reset", "there is no policy \"\"; write LISTENER/POLICY",
		  "the policies are `in/routing/sample`" },
		{ "server drain \xff/\xff", "there is no pool \"?\"", NULL },
		{ "\x1b[31m", "a request is one line of text", "(none)" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *o = say(f, rows[i].line);

		assert_string_equal(text(o, "error"), rows[i].error);
		if (rows[i].hint)
			assert_string_equal(text(o, "hint"), rows[i].hint);
		json_decref(o);
	}
	assert_int_equal(f->changes, 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(f->sample.servers[i].state->admin, ADMIN_ENABLED);
}

static void test_nul(void **state)
{
	struct fixture *f = *state;
	json_t *o = command_run(&f->target, "status\0", 7);

	assert_string_equal(text(o, "error"), "a request is one line of text");
	json_decref(o);
}

/* A machine's short name is not its name, but tells which is meant. */
static void test_short_name(void **state)
{
	struct fixture *f = *state;
	json_t *o;

	f->sample.servers[0].name = (char *)"fe01.corp.example";
	o = say(f, "server drain FE01");
	assert_string_equal(text(o, "hint"), "did you mean `fe01.corp.example`?");
	json_decref(o);
	o = say(f, "server drain fe");
	assert_string_equal(text(o, "hint"), "the servers are `fe01.corp.example`, `10.0.0.2:5061`, `one`");
	json_decref(o);
}

/* More servers than a line has room for. */
static void test_many_servers(void **state)
{
	struct fixture *f = *state;
	char names[3][200];
	json_t *o;

	for (unsigned i = 0; i < 3; i++) {
		memset(names[i], 'a' + (int)i, sizeof names[i] - 1);
		names[i][sizeof names[i] - 1] = 0;
		f->sample.servers[i].name = names[i];
	}
	o = say(f, "server drain nobody");
	assert_non_null(strstr(text(o, "hint"), "the servers are `aaa"));
	assert_non_null(strstr(text(o, "hint"), "`, and more: `lychctl status` shows all pools and their servers"));
	json_decref(o);
}

/* Whatever is written, the answer is whole. */
static void test_long(void **state)
{
	struct fixture *f = *state;
	char line[4096];
	json_t *o;

	memset(line, 'x', sizeof line - 1);
	line[sizeof line - 1] = 0;
	o = say(f, line);
	assert_true(strlen(text(o, "error")) < 300);
	json_decref(o);
	memcpy(line, "server drain front/", 19);
	o = say(f, line);
	assert_true(strlen(text(o, "error")) < 300);
	json_decref(o);
	memcpy(line, "server drain front.", 19);
	line[sizeof line - 2] = '/';
	o = say(f, line);
	assert_true(strlen(text(o, "error")) < 500);
	json_decref(o);
}

static void test_status(void **state)
{
	struct fixture *f = *state;
	json_t *o = say(f, " status ");

	assert_int_equal(json_array_size(json_object_get(o, "pools")), 2);
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_words, setup, sample_teardown),
		cmocka_unit_test_setup_teardown(test_machines, setup, sample_teardown),
		cmocka_unit_test_setup_teardown(test_followers, setup, sample_teardown),
		cmocka_unit_test_setup_teardown(test_policy_reset, setup, sample_teardown),
		cmocka_unit_test_setup_teardown(test_no_policy, setup, sample_teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, sample_teardown),
		cmocka_unit_test_setup_teardown(test_short_name, setup, sample_teardown),
		cmocka_unit_test_setup_teardown(test_many_servers, setup, sample_teardown),
		cmocka_unit_test_setup_teardown(test_nul, setup, sample_teardown),
		cmocka_unit_test_setup_teardown(test_long, setup, sample_teardown),
		cmocka_unit_test_setup_teardown(test_status, setup, sample_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
