/* SPDX-License-Identifier: Apache-2.0 */
/* The https plugin's facts, as a policy asks for them. */
#include "plugins/https/facts.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "plugins/https/head.h"

static const char request[] = "GET http://WWW.Example:80/a/%62/../c?q=%41 HTTP/1.1\r\n"
			      "Host: WWW.Example:80\r\n"
			      "User-Agent: tester/1\r\n"
			      "Referer: https://elsewhere.example/\r\n"
			      "Cookie: a=1; own=forged; b=\"2\"\r\n"
			      "Accept: one\r\n"
			      "X-Empty:\r\n"
			      "X-Hidden: secret\r\n"
			      "Connection: x-hidden, keep-alive, upgrade\r\n"
			      "Upgrade: nothing\r\n"
			      "accept: two, three\r\n"
			      "ACCEPT:   four  \r\n"
			      "Cookie: c=3; a=4\r\n"
			      "\r\n";

static const struct {
	const char *name, *value;
} facts[] = {
	{ "method", "GET" },
	{ "host", "www.example" },
	{ "path", "/a/c" },
	{ "query", "q=%41" },
	{ "cookie", "signed" },
	{ "cookie.a", "1" },
	{ "cookie.b", "2" },
	{ "cookie.c", "3" },
	{ "cookie.A", NULL },
	{ "cookie.d", NULL },
	{ "cookie.own", "signed" },
	{ "header.user-agent", "tester/1" },
	{ "header.host", "www.example" },
	{ "header.accept", "one, two, three, four" },
	{ "header.cookie", "a=1; own=forged; b=\"2\"; c=3; a=4" },
	{ "header.x-empty", "" },
	{ "header.x-none", NULL },
	{ "header.x-hidden", NULL },
	{ "header.upgrade", "nothing" },
	{ "header.", NULL },
	{ "status", "404" },
	{ "bytes_in", "0" },
	{ "bytes_out", "18446744073709551615" },
	{ "referer", "https://elsewhere.example/" },
	{ "agent", "tester/1" },
};

/* As the core resolves a name: its index in the table, and what stands for the star. */
static struct lg_span ask(const struct facts *f, const char *name)
{
	for (unsigned i = 0; facts_names[i]; i++) {
		size_t n = strlen(facts_names[i]) - 1;

		if (strcmp(facts_names[i], name) == 0)
			return facts_read(f, i, LG_NO_UNIT);
		if (facts_names[i][n] == '*' && strncmp(facts_names[i], name, n) == 0)
			return facts_read(f, i, (struct lg_span){ name + n, strlen(name) - n });
	}
	fail_msg("no fact %s", name);
	return LG_NO_UNIT;
}

static void check(const struct facts *f, const char *name, const char *want)
{
	struct lg_span value = ask(f, name);

	print_message("%s\n", name);
	assert_int_equal(value.p != NULL, want != NULL);
	if (!want)
		return;
	assert_int_equal(value.n, strlen(want));
	assert_memory_equal(value.p, want, value.n);
}

static struct lg_span text_of(const char *text)
{
	return (struct lg_span){ text, strlen(text) };
}

/* The head in memory of its own, exactly as long as it is. */
static struct facts make(struct head *head, struct head_field *fields, char **text)
{
	size_t n = sizeof(request) - 1;

	*text = malloc(n);
	assert_non_null(*text);
	memcpy(*text, request, n);
	head_begin(head, HEAD_REQUEST, fields, HEAD_FIELDS);
	assert_int_equal(head_read(head, (struct lg_span){ *text, n }, &(struct head_limits){ .bytes = 65536 }),
			 HEAD_OK);
	return (struct facts){ .head = head,
			       .text = *text,
			       .method = head_text(*text, head->method),
			       .host = text_of("www.example"),
			       .path = text_of("/a/c"),
			       .query = text_of("q=%41"),
			       .authority = text_of("www.example"),
			       .cookie_name = text_of("own"),
			       .cookie = text_of("signed"),
			       .status = 404,
			       .bytes_out = UINT64_MAX };
}

static void facts_of_a_request(void **state)
{
	struct head_field fields[HEAD_FIELDS];
	char scratch[sizeof(request)], *text;
	struct head head;
	struct facts f = make(&head, fields, &text);

	(void)state;
	f.scratch = scratch;
	f.room = sizeof(scratch);
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		check(&f, facts[i].name, facts[i].value);
	f.cookie_is_new = true; /* then the client's own was none */
	check(&f, "cookie", "signed");
	check(&f, "cookie.own", NULL);
	f.cookie_name = f.cookie = LG_NO_UNIT; /* the gateway sets none: it is a name as any other */
	check(&f, "cookie", NULL);
	check(&f, "cookie.own", "forged");
	f.authority = LG_NO_UNIT;
	check(&f, "header.host", "WWW.Example:80");
	f.status = 0;
	check(&f, "status", NULL);
	free(text);
}

/* The scratch may be short, and is never left. */
static void scratch_of_any_length(void **state)
{
	static const char joined[] = "one, two, three, four";
	struct head_field fields[HEAD_FIELDS];
	struct head head;
	char *text;
	struct facts f = make(&head, fields, &text);

	(void)state;
	for (size_t room = 0; room <= sizeof(joined) + 4; room++) {
		struct lg_span value;

		f.scratch = malloc(room ? room : 1);
		f.room = room;
		value = ask(&f, "header.accept");
		assert_true(!value.p || (value.n == sizeof(joined) - 1 && memcmp(value.p, joined, value.n) == 0));
		assert_true(value.p || room < sizeof(joined) + 1);
		assert_int_equal(ask(&f, "status").p != NULL, room > 3);
		check(&f, "header.x-empty", "");
		free(f.scratch);
	}
	f.scratch = NULL;
	f.room = 0;
	check(&f, "bytes_in", NULL);
	free(text);
}

/* When the request's bytes are gone, only what was settled is there. */
static void without_a_head(void **state)
{
	char scratch[FACTS_SCRATCH];
	struct facts f = { .status = 200, .bytes_in = 5, .scratch = scratch, .room = sizeof(scratch) };

	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		if (strcmp(facts[i].name, "status") != 0 && strncmp(facts[i].name, "bytes", 5) != 0)
			check(&f, facts[i].name, NULL);
	}
	check(&f, "status", "200");
	check(&f, "bytes_in", "5");
	check(&f, "bytes_out", "0");
}

/* What a log line has are facts, and none that could be a credential. */
static void logged_facts(void **state)
{
	(void)state;
	for (unsigned i = 0; facts_logged[i]; i++) {
		unsigned k = 0;

		while (facts_names[k] && strcmp(facts_names[k], facts_logged[i]) != 0)
			k++;
		assert_non_null(facts_names[k]);
		assert_null(strstr(facts_logged[i], "cookie"));
		assert_null(strstr(facts_logged[i], "header"));
		assert_null(strstr(facts_logged[i], "query"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_of_a_request),
		cmocka_unit_test(scratch_of_any_length),
		cmocka_unit_test(without_a_head),
		cmocka_unit_test(logged_facts),
	};

	return cmocka_run_group_tests_name("https facts", tests, NULL, NULL);
}
