/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's own cookie: which values it takes for its own, where it finds them, and how it sets one. */
#include "fake_host.h"
#include "fake_inside.h"
#include "plugins/https/cookie.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static void count_up(void *p, size_t n)
{
	static uint8_t next;

	for (size_t i = 0; i < n; i++)
		((uint8_t *)p)[i] = next++;
}

static uint64_t other_digest(const struct lg_span *pieces, unsigned n)
{
	return fake_digest(pieces, n) ^ 1;
}

static const struct lg_host host = { .digest = fake_digest, .random = count_up };
static const struct lg_host stranger = { .digest = other_digest, .random = count_up };

static struct lg_span span_of(const char *text)
{
	return (struct lg_span){ text, strlen(text) };
}

static void values_are_known_again(void **state)
{
	char value[COOKIE_VALUE], other[COOKIE_VALUE];

	(void)state;
	cookie_make(&host, "one", value);
	cookie_make(&host, "one", other);
	assert_memory_not_equal(value, other, COOKIE_VALUE);
	for (unsigned i = 0; i < COOKIE_VALUE; i++)
		assert_non_null(strchr("abcdefghijklmnopqrstuvwxyz234567", value[i]));
	assert_true(cookie_valid(&host, "one", (struct lg_span){ value, COOKIE_VALUE }));
	assert_false(cookie_valid(&host, "two", (struct lg_span){ value, COOKIE_VALUE }));
	assert_false(cookie_valid(&host, "on", (struct lg_span){ value, COOKIE_VALUE }));
	assert_false(cookie_valid(&stranger, "one", (struct lg_span){ value, COOKIE_VALUE }));
	assert_false(cookie_valid(&host, "one", LG_NO_UNIT));
	for (unsigned n = 0; n < COOKIE_VALUE; n++)
		assert_false(cookie_valid(&host, "one", (struct lg_span){ value, n }));
}

/* Whatever is changed, in every place: there is no second way to write a value. */
static void changed_values_are_none(void **state)
{
	char value[COOKIE_VALUE];

	(void)state;
	cookie_make(&host, "one", value);
	for (unsigned i = 0; i < COOKIE_VALUE; i++) {
		char right = value[i];

		for (int c = 0; c < 256; c++) {
			value[i] = (char)c;
			assert_int_equal(cookie_valid(&host, "one", (struct lg_span){ value, COOKIE_VALUE }),
					 value[i] == right);
		}
		value[i] = right;
	}
}

/* %s is a valid value. */
static const struct {
	const char *header;
	bool found;
} headers[] = {
	{ "one=%s", true },
	{ "a=b; one=%s; c=d", true },
	{ "a=b;one=%s", true },
	{ "  one=%s  ", true },
	{ "one=\"%s\"", true },
	{ "one=x; one=%s", true },
	{ "junk; ;; =; one=%s", true },
	{ "one=x; one=x; one=x; one=x; one=x; one=x; one=x; one=%s", true },
	{ "one=x; one=x; one=x; one=x; one=x; one=x; one=x; one=x; one=%s", false },
	{ "One=%s", false },
	{ "xone=%s", false },
	{ "on=%s", false },
	{ "one=%sx", false },
	{ "one= %s", false },
	{ "one =%s", false },
	{ "one", false },
	{ "one=", false },
	{ "one=\"", false },
	{ "a=\"; one=x\"", false },
	{ "", false },
};

static void found_in_headers(void **state)
{
	char value[COOKIE_VALUE + 1] = "", text[256];

	(void)state;
	cookie_make(&host, "one", value);
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		struct lg_span found;

		snprintf(text, sizeof(text), headers[i].header, value);
		print_message("%s\n", text);
		found = cookie_find(&host, "one", span_of(text));
		assert_int_equal(found.p != NULL, headers[i].found);
		if (found.p) {
			assert_int_equal(found.n, COOKIE_VALUE);
			assert_memory_equal(found.p, value, COOKIE_VALUE);
		}
	}
}

static const struct {
	struct cookie_conf conf;
	bool tls;
	const char *line;
} lines[] = {
	{ { .name = "MS-WSMAN", .path = "/" }, true, "Set-Cookie: MS-WSMAN=v; Path=/; Secure\r\n" },
	{ { .name = "MS-WSMAN", .path = "/" }, false, "Set-Cookie: MS-WSMAN=v; Path=/\r\n" },
	{ { .name = "n", .path = "/x", .http_only = true, .secure = COOKIE_SECURE_NEVER },
	  true,
	  "Set-Cookie: n=v; Path=/x; HttpOnly\r\n" },
	{ { .name = "n", .secure = COOKIE_SECURE_ALWAYS, .same_site = COOKIE_SAME_SITE_NONE },
	  false,
	  "Set-Cookie: n=v; Path=/; Secure; SameSite=None\r\n" },
	{ { .name = "n", .path = "/", .same_site = COOKIE_SAME_SITE_LAX, .lifetime = 1500 },
	  false,
	  "Set-Cookie: n=v; Path=/; Max-Age=2; SameSite=Lax\r\n" },
	{ { .name = "n", .path = "/", .same_site = COOKIE_SAME_SITE_STRICT },
	  false,
	  "Set-Cookie: n=v; Path=/; SameSite=Strict\r\n" },
};

static void set_cookie_lines(void **state)
{
	char out[COOKIE_LINE];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		size_t n = cookie_line(&lines[i].conf, span_of("v"), lines[i].tls, out);

		assert_int_equal(n, strlen(lines[i].line));
		assert_memory_equal(out, lines[i].line, n);
	}
}

/* The longest that cookie_check lets pass fits. */
static void the_longest_line_fits(void **state)
{
	char name[COOKIE_NAME + 1] = "", path[COOKIE_PATH + 1] = "/", value[COOKIE_VALUE], out[COOKIE_LINE], err[128];
	struct cookie_conf c = { .name = name,
				 .path = path,
				 .http_only = true,
				 .secure = COOKIE_SECURE_ALWAYS,
				 .same_site = COOKIE_SAME_SITE_STRICT,
				 .lifetime = INT64_C(31536000000) };

	(void)state;
	memset(name, 'n', COOKIE_NAME);
	memset(path + 1, 'p', COOKIE_PATH - 1);
	memset(value, 'v', sizeof(value));
	assert_int_equal(cookie_check(&c, LG_TLS, err, sizeof(err)), 0);
	assert_in_range(cookie_line(&c, (struct lg_span){ value, sizeof(value) }, true, out), 400, COOKIE_LINE - 1);
}

static const struct {
	struct cookie_conf conf;
	unsigned transports;
	const char *fault;
} confs[] = {
	{ { .name = NULL }, LG_TCP, NULL },
	{ { .name = "", .path = "x" }, LG_TCP, NULL },
	{ { .name = "MS-WSMAN", .path = "/" }, LG_TCP, NULL },
	{ { .name = "n", .path = "/a/b" }, LG_TCP | LG_TLS, NULL },
	{ { .name = "a b", .path = "/" }, LG_TLS, "options.cookie:" },
	{ { .name = "a=b", .path = "/" }, LG_TLS, "options.cookie:" },
	{ { .name = "a;b", .path = "/" }, LG_TLS, "options.cookie:" },
	{ { .name = "n", .path = "x" }, LG_TLS, "options.cookie_path:" },
	{ { .name = "n", .path = "/;x" }, LG_TLS, "options.cookie_path:" },
	{ { .name = "n", .path = "/\r\nX: y" }, LG_TLS, "options.cookie_path:" },
	{ { .name = "n", .same_site = COOKIE_SAME_SITE_NONE }, LG_TCP, "options.cookie_samesite:" },
	{ { .name = "n", .same_site = COOKIE_SAME_SITE_NONE }, LG_TLS, NULL },
	{ { .name = "__Host-n", .path = "/" }, LG_TLS, NULL },
	{ { .name = "__Host-n", .path = "/x" }, LG_TLS, "__Host-" },
	{ { .name = "__Host-n", .path = "/" }, LG_TCP, "cookie_secure" },
	{ { .name = "__Secure-n", .path = "/x" }, LG_TCP, "cookie_secure" },
};

static void options_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(confs) / sizeof(*confs); i++) {
		char err[256] = "";
		int r = cookie_check(&confs[i].conf, confs[i].transports, err, sizeof(err));

		print_message("%s: %s\n", confs[i].conf.name ? confs[i].conf.name : "none", err);
		assert_int_equal(r < 0, confs[i].fault != NULL);
		if (confs[i].fault)
			assert_non_null(strstr(err, confs[i].fault));
	}
}

/* The table that the plugin takes over. */
static void options_table(void **state)
{
	struct conf {
		int before;
		struct cookie_conf cookie;
	};
	const struct lg_option options[] = { COOKIE_OPTIONS(struct conf, cookie), { 0 } };
	unsigned n = 0;

	(void)state;
	for (; options[n].name; n++)
		assert_true(options[n].help && strncmp(options[n].name, "cookie", 6) == 0);
	assert_int_equal(n, 6);
	assert_int_equal(options[0].offset, offsetof(struct conf, cookie.name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_known_again), cmocka_unit_test(changed_values_are_none),
		cmocka_unit_test(found_in_headers),       cmocka_unit_test(set_cookie_lines),
		cmocka_unit_test(the_longest_line_fits),  cmocka_unit_test(options_are_checked),
		cmocka_unit_test(options_table),
	};

	return cmocka_run_group_tests_name("https cookie", tests, NULL, NULL);
}
