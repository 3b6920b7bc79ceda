/* SPDX-License-Identifier: Apache-2.0 */
/* test_https_target.c: hosts and paths in their normal form, and those that have none. */
#include "https_read.h"

#include <errno.h>
#include <stdio.h>

#include "plugins/https/target.h"

static struct head_field fields[HEAD_FIELDS];
static char text[4096];

static void make(struct head *h, const char *method, const char *target, const char *host)
{
	int n = snprintf(text, sizeof(text), "%s %s HTTP/1.%d\r\n%s%s%s\r\n", method, target, host != NULL,
			 host ? "Host: " : "", host ? host : "", host ? "\r\n" : "");

	if (read_cut(h, HEAD_REQUEST, fields, text, (size_t)n) != HEAD_OK)
		fail_msg("%s: %s", h->reason, text);
}

static const struct {
	const char *target, *host;       /* host NULL: HTTP/1.0 without Host */
	const char *path, *query, *name; /* query NULL: none */
	bool path_changed, host_changed;
	uint16_t port;
	bool tls;
} good[] = {
	{ "/", "a.example", "/", NULL, "a.example" },
	{ "/a/b?c=d?e", "A.Example", "/a/b", "c=d?e", "a.example" },
	{ "/a?", "a.example", "/a", "", "a.example" },
	{ "/a", "a.example:80", "/a", NULL, "a.example" },
	{ "/a", "a.example:443", "/a", NULL, "a.example", .tls = true },
	{ "/a", "a.example:443", "/a", NULL, "a.example", .port = 443 },
	{ "/a", "a.example:8080", "/a", NULL, "a.example", .port = 8080 },
	{ "/a", "a.example.", "/a", NULL, "a.example", .host_changed = true },
	{ "/a", "192.0.2.1:81", "/a", NULL, "192.0.2.1", .port = 81 },
	{ "/a", "[2001:DB8::1]", "/a", NULL, "[2001:db8::1]" },
	{ "/a", "[2001:db8::1]:81", "/a", NULL, "[2001:db8::1]", .port = 81 },
	{ "/a", "under_score", "/a", NULL, "under_score" },
	{ "/a", NULL, "/a", NULL, "" },
	{ "/%61%2D%7e%2Eb", "a", "/a-~.b", NULL, "a", .path_changed = true },
	{ "/%c3%A4", "a", "/%C3%A4", NULL, "a", .path_changed = true },
	{ "/%C3%A4", "a", "/%C3%A4", NULL, "a" },
	{ "/a%20b", "a", "/a%20b", NULL, "a" },
	{ "/%25%32%46", "a", "/%252F", NULL, "a", .path_changed = true },
	{ "/%252F", "a", "/%252F", NULL, "a" },
	{ "/a/./b", "a", "/a/b", NULL, "a", .path_changed = true },
	{ "/a/../b", "a", "/b", NULL, "a", .path_changed = true },
	{ "/a/b/..", "a", "/a/", NULL, "a", .path_changed = true },
	{ "/a/b/.", "a", "/a/b/", NULL, "a", .path_changed = true },
	{ "/a/..", "a", "/", NULL, "a", .path_changed = true },
	{ "/.", "a", "/", NULL, "a", .path_changed = true },
	{ "/a/%2e%2E/b", "a", "/b", NULL, "a", .path_changed = true },
	{ "/a/%2e./b/.%2e/c", "a", "/c", NULL, "a", .path_changed = true },
	{ "//a///b//", "a", "/a/b/", NULL, "a", .path_changed = true },
	{ "/a//../b", "a", "/b", NULL, "a", .path_changed = true },
	{ "/.well-known/x", "a", "/.well-known/x", NULL, "a" },
	{ "/a/...", "a", "/a/...", NULL, "a" },
	{ "/a/..b/.c", "a", "/a/..b/.c", NULL, "a" },
	{ "/a;b=c/d", "a", "/a;b=c/d", NULL, "a" },
	{ "/a?x=%2f..%00\\//", "a", "/a", "x=%2f..%00\\//", "a" },
	{ "/a/../b?q", "a", "/b", "q", "a", .path_changed = true },
	{ "http://B.example/x/../y?z", "a", "/y", "z", "b.example", .path_changed = true, .host_changed = true },
	{ "HTTP://b.example:80/x", "a", "/x", NULL, "b.example", .path_changed = true, .host_changed = true },
	{ "http://b.example:81", "a", "/", NULL, "b.example", .path_changed = true, .host_changed = true, .port = 81 },
	{ "http://b.example?q", "a", "/", "q", "b.example", .path_changed = true, .host_changed = true },
	{ "https://b.example/", NULL, "/", NULL, "b.example", .path_changed = true, .host_changed = true, .tls = true },
	{ "http://[::1]:81/a", "a", "/a", NULL, "[::1]", .path_changed = true, .host_changed = true, .port = 81 },
};

static void good_ones_have_a_normal_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		char authority[TARGET_AUTHORITY], expected[TARGET_AUTHORITY];
		struct target t;
		struct head h;

		make(&h, "GET", good[i].target, good[i].host);
		if (target_read(&t, &h, text, good[i].tls) != 0)
			fail_msg("%s: %s", t.reason, good[i].target);
		same_text(target_path(&t, text), good[i].path);
		if (good[i].query)
			same_text(target_query(&t, text), good[i].query);
		else
			assert_null(target_query(&t, text).p);
		assert_string_equal(t.host, good[i].name);
		assert_int_equal(t.host_n, strlen(good[i].name));
		assert_int_equal(t.port, good[i].port);
		assert_int_equal(t.path_changed, good[i].path_changed);
		assert_int_equal(t.host_changed, good[i].host_changed);
		snprintf(expected, sizeof(expected), good[i].port ? "%s:%u" : "%s", good[i].name, good[i].port);
		same_text((struct lg_span){ authority, target_authority(&t, authority) }, expected);
		target_fini(&t);
		target_fini(&t);
	}
}

static const struct {
	int code;
	const char *target, *host;
	bool tls;
} bad[] = {
	{ 400, "/", "a@b" },
	{ 400, "/", "user:pass@a.example" },
	{ 400, "/", "a.example:" },
	{ 400, "/", "a.example:x" },
	{ 400, "/", "a.example:80x" },
	{ 400, "/", "a.example:0" },
	{ 400, "/", "a.example:65536" },
	{ 400, "/", "a.example:000080" },
	{ 400, "/", "a.example:80:80" },
	{ 400, "/", "a.example:-1" },
	{ 400, "/", ":80" },
	{ 400, "/", "a b" },
	{ 400, "/", "a,b" },
	{ 400, "/", "a.example/x" },
	{ 400, "/", "a.example?x" },
	{ 400, "/", "a%2eexample" },
	{ 400, "/", "a..example" },
	{ 400, "/", ".a" },
	{ 400, "/", "." },
	{ 400, "/", "a.." },
	{ 400, "/", "a\xC3\xA4" },
	{ 400, "/", "[::1" },
	{ 400, "/", "[::1]x" },
	{ 400, "/", "[::1]:" },
	{ 400, "/", "[a.example]" },
	{ 400, "/", "::1" },
	{ 400, "/", "[]" },
	{ 400, "/", "\"a\"" },
	{ 400, "/%2F", "a" },
	{ 400, "/a%2fb", "a" },
	{ 400, "/a%5Cb", "a" },
	{ 400, "/a\\b", "a" },
	{ 400, "/a/..\\b", "a" },
	{ 400, "/%00", "a" },
	{ 400, "/a%0d%0aX", "a" },
	{ 400, "/%7f", "a" },
	{ 400, "/%", "a" },
	{ 400, "/%4", "a" },
	{ 400, "/%4g", "a" },
	{ 400, "/%u0041", "a" },
	{ 400, "/..", "a" },
	{ 400, "/../a", "a" },
	{ 400, "/a/../../b", "a" },
	{ 400, "/%2e%2e/a", "a" },
	{ 400, "/a/..;/b", "a" },
	{ 400, "/a/.;x/b", "a" },
	{ 400, "/a/%2e.;x=y/b", "a" },
	{ 400, "/a#b", "a" },
	{ 400, "/a?b#c", "a" },
	{ 400, "*", "a" },
	{ 400, "*a", "a" },
	{ 400, "http://", "a" },
	{ 400, "http:///a", "a" },
	{ 400, "http://a@b/", "a" },
	{ 400, "http://a:b@c/", "a" },
	{ 400, "http://a:x/", "a" },
	{ 400, "http://a/%2f", "a" },
	{ 400, "http://a#b", "a" },
	{ 400, "http://a/", "b@c" },
	{ 400, "ftp://a/", "a" },
	{ 421, "https://a/", "a" },
	{ 421, "http://a/", "a", .tls = true },
};

static void bad_ones_are_refused(void **state)
{
	struct target t;
	struct head h;
	int n;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		n = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", bad[i].target, bad[i].host);
		if (read_cut(&h, HEAD_REQUEST, fields, text, (size_t)n) == HEAD_BAD) {
			assert_int_equal(h.code, bad[i].code); /* llhttp knew it */
			continue;
		}
		if (target_read(&t, &h, text, bad[i].tls) != -EINVAL)
			fail_msg("taken: %s %s", bad[i].target, bad[i].host);
		assert_int_equal(t.code, bad[i].code);
		assert_non_null(t.reason);
		assert_null(t.normal);
	}
}

static void long_hosts(void **state)
{
	char host[TARGET_HOST + 1] = { 0 };
	struct target t;
	struct head h;

	(void)state;
	memset(host, 'a', TARGET_HOST - 1);
	make(&h, "GET", "/", host);
	assert_int_equal(target_read(&t, &h, text, false), 0);
	host[TARGET_HOST - 1] = 'a';
	make(&h, "GET", "/", host);
	assert_int_equal(target_read(&t, &h, text, false), -EINVAL);
}

static void the_server_itself(void **state)
{
	struct target t;
	struct head h;

	(void)state;
	make(&h, "OPTIONS", "*", "a.example");
	assert_int_equal(target_read(&t, &h, text, false), 0);
	same_text(target_path(&t, text), "*");
	assert_false(t.path_changed);
	assert_string_equal(t.host, "a.example");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones_have_a_normal_form),
		cmocka_unit_test(bad_ones_are_refused),
		cmocka_unit_test(long_hosts),
		cmocka_unit_test(the_server_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
