/* SPDX-License-Identifier: Apache-2.0 */
/* Requests per source and second: how many pass, who counts as one source, and that the table does not grow. */
#include "fake_host.h"
#include "fake_inside.h"
#include "plugins/https/rate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static const struct lg_host host = { .digest = fake_digest };

static struct rate *make(uint32_t per_s, uint32_t burst)
{
	struct rate *r;

	assert_int_equal(rate_create(&r, &host, per_s, burst), 0);
	return r;
}

static bool take(struct rate *r, const char *source, uint64_t now_ms, uint32_t *retry)
{
	return rate_take(r, (struct lg_span){ source, strlen(source) }, now_ms, retry);
}

/* How many of a hundred pass at this time. */
static unsigned passed(struct rate *r, const char *source, uint64_t now_ms)
{
	unsigned n = 0;
	uint32_t retry = 0;

	for (unsigned i = 0; i < 100; i++)
		n += take(r, source, now_ms, &retry);
	return n;
}

static void a_bucket_fills_at_its_rate(void **state)
{
	struct rate *r = make(10, 20);

	(void)state;
	assert_int_equal(passed(r, "192.0.2.1:1", 5000), 20);
	assert_int_equal(passed(r, "192.0.2.1:1", 5000), 0);
	assert_int_equal(passed(r, "192.0.2.1:1", 5099), 0);
	assert_int_equal(passed(r, "192.0.2.1:1", 5100), 1);
	assert_int_equal(passed(r, "192.0.2.1:1", 5600), 5);
	assert_int_equal(passed(r, "192.0.2.1:1", 7599), 19);
	assert_int_equal(passed(r, "192.0.2.1:1", 100000), 20); /* never more than the burst */
	rate_free(r);
}

static void retry_after_is_told(void **state)
{
	struct rate *slow = make(1, 1), *fast = make(1000, 10);
	uint32_t retry = 0;

	(void)state;
	assert_true(take(slow, "192.0.2.1:1", 0, &retry));
	assert_false(take(slow, "192.0.2.1:1", 0, &retry));
	assert_int_equal(retry, 1);
	assert_false(take(slow, "192.0.2.1:1", 999, &retry));
	assert_int_equal(retry, 1);
	assert_true(take(slow, "192.0.2.1:1", 1000, &retry));
	assert_int_equal(passed(fast, "192.0.2.1:1", 0), 10);
	assert_false(take(fast, "192.0.2.1:1", 0, &retry));
	assert_int_equal(retry, 1);
	rate_free(slow);
	rate_free(fast);
}

/* Ports do not count, nor does the second half of an IPv6 address. */
static const struct {
	const char *a, *b;
	bool same;
} sources[] = {
	{ "192.0.2.1:1", "192.0.2.1:65535", true },
	{ "192.0.2.1:1", "192.0.2.2:1", false },
	{ "192.0.2.1:1", "192.0.2.11:1", false },
	{ "[2001:db8::1]:1", "[2001:db8::2]:2", true },
	{ "[2001:db8::1]:1", "[2001:db8:0:0:ffff::1]:1", true },
	{ "[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false },
	{ "[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.2]:1", false },
	{ "[zz]:1", "[zz]:2", true },
	{ "[zz]:1", "[zy]:1", false },
	{ "", "192.0.2.1:1", false },
};

static void who_is_one_source(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		struct rate *r = make(1, 1);
		uint32_t retry;

		print_message("%s %s\n", sources[i].a, sources[i].b);
		assert_true(take(r, sources[i].a, 0, &retry));
		assert_int_equal(take(r, sources[i].b, 0, &retry), !sources[i].same);
		rate_free(r);
	}
}

/* Twice as many as there are places: all may ask, and those that just did are not forgotten for those long ago. */
static void the_table_is_bounded(void **state)
{
	struct rate *r = make(1, 1);
	unsigned n = 2 * RATE_SETS * RATE_WAYS, refused = 0;
	char source[32];
	uint32_t retry;

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		snprintf(source, sizeof(source), "10.%u.%u.%u:1", i >> 16, i >> 8 & 255, i & 255);
		assert_true(take(r, source, 2 * (uint64_t)i, &retry));
		refused += !take(r, source, 2 * (uint64_t)i, &retry);
	}
	assert_int_equal(refused, n);
	rate_free(r);
	rate_free(NULL);
}

/* Who asks much is not forgotten for those who ask once: they have the fuller buckets. */
static void the_busy_one_stays(void **state)
{
	struct rate *r = make(1, 50);
	char source[32];
	uint32_t retry;

	(void)state;
	assert_int_equal(passed(r, "192.0.2.1:1", 0), 50);
	for (unsigned i = 0; i < 4 * RATE_SETS * RATE_WAYS; i++) {
		snprintf(source, sizeof(source), "10.%u.%u.%u:1", i >> 16, i >> 8 & 255, i & 255);
		assert_true(take(r, source, 0, &retry));
	}
	assert_int_equal(passed(r, "192.0.2.1:1", 0), 0);
	rate_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_fills_at_its_rate), cmocka_unit_test(retry_after_is_told),
		cmocka_unit_test(who_is_one_source),          cmocka_unit_test(the_table_is_bounded),
		cmocka_unit_test(the_busy_one_stays),
	};

	return cmocka_run_group_tests_name("https rate", tests, NULL, NULL);
}
