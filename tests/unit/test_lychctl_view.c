/* SPDX-License-Identifier: Apache-2.0 */
/* test_lychctl_view.c: what people see of a state. */
#include "lychctl_view.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "command.h"
#include "lychctl_answer.h"
#include "sample.h"
#include "status.h"
#include "unit.h"

static const struct row {
	long long seconds;
	const char *text;
} rows[] = {
	{ 0, "0s" },       { 59, "59s" },        { 60, "1m 0s" },    { 3599, "59m 59s" },
	{ 3600, "1h 0m" }, { 86399, "23h 59m" }, { 86400, "1d 0h" }, { 90000, "1d 1h" },
};

static void test_durations(void **state)
{
	char text[32];

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		view_duration(text, rows[i].seconds);
		assert_string_equal(text, rows[i].text);
	}
}

static char *view(const json_t *status)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	assert_int_equal(view_status(out, status, false), 0);
	fclose(out);
	return text;
}

/* Some line of the text has all these words in this order. */
static void assert_line(const char *text, const char *const *words)
{
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		char copy[1024];
		const char *at = copy;

		snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line, "\n"), line);
		for (unsigned i = 0; at && words[i]; i++)
			at = strstr(at, words[i]);
		if (at)
			return;
	}
	fail_msg("no line with \"%s\" and so on in:\n%s", words[0], text);
}

#define ASSERT_LINE(text, ...) assert_line(text, (const char *const[]){ __VA_ARGS__, NULL })

static void test_status(void **state)
{
	struct sample s;
	json_t *status;
	char *text;

	(void)state;
	sample_init(&s);
	s.stats[0].open = 2;
	s.stats[0].sessions = 11;
	s.counters[1] = 19;
	s.policy_stats.tripped = true;
	strcpy(s.policy_stats.last_error, "sample.lua:7: oh");
	s.servers[0].state->health = HEALTH_UP;
	s.servers[1].state->health = HEALTH_DOWN;
	s.servers[0].max_sessions = 3;
	s.servers[0].state->sessions = 3;
	s.live[0].overloads = 6;
	s.pools[0].slow_start_ms = 3600000;
	server_rise(&s.servers[1], clock_loop_ms());
	s.servers[1].state->since = clock_unix_ms() - 125000;
	strcpy(s.servers[1].state->answer, "connection refused \033[2J");
	s.servers[2].state->health = HEALTH_UP;
	s.servers[2].state->admin = ADMIN_DRAIN;
	status = status_build(&s.snapshot, clock_unix_ms());
	text = view(status);
	ASSERT_LINE(text, "lychgate ", "process ", "2 workers", "/etc/sample.lua");
	ASSERT_LINE(text, "user gate");
	ASSERT_LINE(text, "DOWN", "front/10.0.0.2:5061", "for 2m ", "connection refused ?[2J");
	ASSERT_LINE(text, "drain", "back/up/one");
	ASSERT_LINE(text, "CLOSED", "listener bare");
	ASSERT_LINE(text, "TRIPPED", "routing/sample", "in", "sample.lua:7: oh");
	ASSERT_LINE(text, "in ", "counting", "open", "tls:127.0.0.1:5061, tcp:[::1]:5060", "11");
	ASSERT_LINE(text, "POOL front: up, least-connections, persistence by key: 7 entries, 6 refused: all were full");
	ASSERT_LINE(text, "FULL", "front/one has 3 sessions, max_sessions is 3");
	ASSERT_LINE(text, "10.0.0.1:5061", "3/3");
	ASSERT_LINE(text, "POOL back/up: DOWN, hash");
	ASSERT_LINE(text, "one ", "10.0.0.1:5061", "up");
	ASSERT_LINE(text, "10.0.0.2:5061", "10.0.0.2:5061", "DOWN", "2m ", "3 (10%) backup", "connection refused");
	ASSERT_LINE(text, "one ", "[2001:db8::1]:5061", "drain (up)");
	ASSERT_LINE(text, "routing/sample", "in", "TRIPPED", "sample.lua:7: oh");
	ASSERT_LINE(text, "malformed", "in", "19");
	assert_null(strstr(text, "messages"));
	assert_null(strchr(text, '\033'));
	free(text);
	json_decref(status);
	sample_fini(&s);
}

static void test_nothing_wrong(void **state)
{
	struct sample s;
	json_t *status;
	char *text;

	(void)state;
	sample_init(&s);
	for (unsigned i = 0; i < 3; i++)
		s.servers[i].state->health = HEALTH_UP;
	s.stats[0].open = s.stats[1].open = 1;
	status = status_build(&s.snapshot, clock_unix_ms());
	text = view(status);
	assert_null(strstr(text, "DOWN"));
	assert_null(strstr(text, "CLOSED"));
	assert_null(strstr(text, "TRIPPED"));
	assert_null(strstr(text, "COUNTER"));
	free(text);
	json_decref(status);
	sample_fini(&s);
}

/* The first pool's servers as the slots of one name. */
static struct slots *make_slots(struct sample *s, struct slots *slots)
{
	*slots = (struct slots){ .host = (char *)"fe.test", .pool = &s->pools[0], .n = 2 };
	for (unsigned i = 0; i < 2; i++) {
		s->servers[i].name = (char *)"fe.test:5061";
		s->servers[i].slots = slots;
		s->servers[i].state->health = HEALTH_UP;
	}
	return slots;
}

static void see(const struct sample *s, char **text)
{
	json_t *status = status_build(&s->snapshot, clock_unix_ms());

	free(*text);
	*text = view(status);
	json_decref(status);
}

static void test_slots_and_rest(void **state)
{
	struct slots slots;
	struct sample s;
	char *text = NULL;

	(void)state;
	sample_init(&s);
	make_slots(&s, &slots);
	s.servers[0].state->rests_until = (long long)clock_loop_ms() + 90000;
	s.servers[1].state->presence = SERVER_LEAVING;
	see(&s, &text);
	ASSERT_LINE(text, "rests", "front/fe.test:5061 (10.0.0.1:5061) for 1m ");
	ASSERT_LINE(text, "leaving", "front/fe.test:5061 (10.0.0.2:5061) for ");
	ASSERT_LINE(text, "fe.test:5061", "10.0.0.1:5061", "up (rests ");
	ASSERT_LINE(text, "fe.test:5061", "10.0.0.2:5061", "leaving (up)");
	s.servers[1].state->presence = SERVER_ABSENT;
	see(&s, &text);
	assert_null(strstr(text, "10.0.0.2:5061"));
	s.servers[0].state->presence = SERVER_ABSENT;
	s.servers[0].state->health = HEALTH_DOWN;
	strcpy(s.servers[0].state->answer, "no such name");
	see(&s, &text);
	ASSERT_LINE(text, "DOWN", "front/fe.test:5061 for ", "no such name");
	assert_null(strstr(text, "10.0.0.1:5061"));
	free(text);
	sample_fini(&s);
}

/* What ends soon is among the troubles, what ends late only in its table. */
static void test_certificates(void **state)
{
	static const char answer[] =
		"{\"certificates\":["
		"{\"tls\":\"good\",\"file\":\"/c/good.pem\",\"kind\":\"RSA\",\"subject\":\"CN=good\","
		"\"days\":30,\"chain_days\":30,"
		"\"expires\":\"2030-01-01T00:00:00Z\",\"crl\":null},"
		"{\"tls\":\"soon\",\"file\":\"/c/soon.pem\",\"kind\":\"ECDSA\",\"subject\":\"CN=soon\","
		"\"days\":29,\"chain_days\":1,"
		"\"expires\":\"2027-01-01T00:00:00Z\",\"crl\":{\"file\":\"/c/x.crl\",\"next\":\"2026-01-01T00:00:00Z\","
		"\"outdated\":true}},"
		"{\"tls\":\"today\",\"file\":\"/c/today.pem\",\"kind\":\"RSA\",\"subject\":\"CN=today\","
		"\"days\":0,\"chain_days\":0,"
		"\"expires\":\"2026-01-01T00:00:00Z\",\"crl\":null},"
		"{\"tls\":\"late\",\"file\":\"/c/late.pem\",\"kind\":\"RSA\",\"subject\":\"CN=late\","
		"\"days\":-3,\"chain_days\":-3,"
		"\"expires\":\"2025-01-01T00:00:00Z\",\"crl\":null}]}";
	json_t *o = json_loads(answer, 0, NULL);
	char *text;

	(void)state;
	assert_non_null(o);
	text = view(o);
	ASSERT_LINE(text, "EXPIRES", "certificate of tls soon in 29 days: /c/soon.pem");
	ASSERT_LINE(text, "EXPIRES", "the chain of tls soon in 1 day: /c/soon.pem");
	ASSERT_LINE(text, "EXPIRES", "certificate of tls today in less than a day: /c/today.pem");
	ASSERT_LINE(text, "OUTDATED", "crl of tls soon: /c/x.crl");
	ASSERT_LINE(text, "EXPIRED", "certificate of tls late for 3 days: /c/late.pem");
	ASSERT_LINE(text, "good ", "RSA", "CN=good", "2030-01-01T00:00:00Z", "30", "30", "-");
	ASSERT_LINE(text, "soon ", "ECDSA", "CN=soon", "29", "1", "2026-01-01T00:00:00Z");
	assert_null(strstr(text, "tls good"));
	free(text);
	json_decref(o);
}

/* Another version's answer may lack anything or have other types. */
static void test_strange(void **state)
{
	static const char *const answers[] = {
		"{}",
		"{\"listeners\":7,\"pools\":\"x\"}",
		"{\"listeners\":[7,null,{\"name\":[],\"addresses\":[1,{}],\"policies\":[null],\"counters\":{\"a\":"
		"\"b\"}}],"
		"\"pools\":[[],{\"servers\":[3,{\"state\":4}],\"persistence\":[]}]}",
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(answers); i++) {
		json_t *o = json_loads(answers[i], 0, NULL);

		assert_non_null(o);
		free(view(o));
		json_decref(o);
	}
}

static void on_changed(void *ctx)
{
	(void)ctx;
}

static char *told(const struct command_target *target, const char *line)
{
	json_t *answer = command_run(target, line, strlen(line));
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	view_server(out, answer, false);
	fclose(out);
	json_decref(answer);
	return text;
}

/* A name is all that it stands for, an address one of them; what is absent is told too, but not shown. */
static void test_server_slots(void **state)
{
	static const struct {
		const char *line, *shown;
	} words[] = {
		{ "server drain front/10.0.0.1:5061",
		  "front/fe.test:5061 (10.0.0.1:5061): drain, was up; 0 links left, no new keys\n" },
		{ "server disable front/fe.test:5061",
		  "front/fe.test:5061 (10.0.0.1:5061): disabled, was drain; 0 links to end\n"
		  "front/fe.test:5061 (10.0.0.2:5061): disabled, was up; 0 links to end\n" },
		{ "server enable front/fe.test:5061", "front/fe.test:5061 (10.0.0.1:5061): up, was disabled\n"
						      "front/fe.test:5061 (10.0.0.2:5061): up, was disabled\n" },
	};
	struct slots slots;
	struct sample s;
	struct command_target target = { .snapshot = &s.snapshot, .changed = on_changed };

	(void)state;
	sample_init(&s);
	make_slots(&s, &slots);
	for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
		char *text = told(&target, words[i].line);

		assert_string_equal(text, words[i].shown);
		free(text);
		assert_int_equal(slots.admin, i == 1 ? ADMIN_DISABLED : ADMIN_ENABLED);
	}
	s.servers[1].state->presence = SERVER_ABSENT;
	json_decref(command_run(&target, "server drain front/fe.test:5061", 31));
	assert_int_equal(s.servers[1].state->admin, ADMIN_DRAIN);
	sample_fini(&s);
}

/* A word to one that others follow, and to all of a name: one line each, which says by whose word. */
static void test_followers(void **state)
{
	static const struct {
		const char *line, *shown;
	} words[] = {
		{ "server drain front/one", "front/one: drain, was up; 0 links left, no new keys\n"
					    "back/up/one: drain, was up, by the word to front/one; 0 links left, no "
					    "new keys\n" },
		{ "server disable one", "front/one: disabled, was drain; 0 links to end\n"
					"back/up/one: disabled, was drain; 0 links to end\n" },
		{ "server enable back/up/one",
		  "back/up/one: disabled, as before, by the word to front/one; 0 links to end\n" },
		{ "server enable one", "front/one: up, was disabled\nback/up/one: up, was disabled\n" },
	};
	struct sample s;
	struct command_target target = { .snapshot = &s.snapshot, .changed = on_changed };

	(void)state;
	sample_init(&s);
	s.servers[0].state->health = s.servers[2].state->health = HEALTH_UP;
	s.servers[2].tracked = &s.servers[0];
	s.servers[0].followers = &s.servers[2];
	for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
		char *text = told(&target, words[i].line);

		assert_string_equal(text, words[i].shown);
		free(text);
		if (i == 0) {
			json_t *status = status_build(&s.snapshot, 0);

			text = view(status);
			ASSERT_LINE(text, "one ", "[2001:db8::1]:5061", "drain (up) by front/one");
			ASSERT_LINE(text, "drain", "server back/up/one", ", by the word to front/one");
			free(text);
			json_decref(status);
		}
	}
	sample_fini(&s);
}

static void test_server(void **state)
{
	static const struct {
		const char *line, *shown;
	} words[] = {
		{ "server drain front/one", "front/one: drain, was up; 1 link left, no new keys\n" },
		{ "server drain front/one", "front/one: drain, as before; 1 link left, no new keys\n" },
		{ "server disable front/one", "front/one: disabled, was drain; 1 link to end\n" },
		{ "server enable front/one", "front/one: up, was disabled\n" },
	};
	struct sample s;
	struct command_target target = { .snapshot = &s.snapshot, .changed = on_changed };

	(void)state;
	sample_init(&s);
	s.servers[0].state->health = HEALTH_UP;
	s.servers[0].state->sessions = 1;
	for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
		char *text = told(&target, words[i].line);

		assert_string_equal(text, words[i].shown);
		free(text);
	}
	sample_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),     cmocka_unit_test(test_status),
		cmocka_unit_test(test_nothing_wrong), cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_strange),       cmocka_unit_test(test_server),
		cmocka_unit_test(test_server_slots),  cmocka_unit_test(test_slots_and_rest),
		cmocka_unit_test(test_followers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
