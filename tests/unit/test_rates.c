/* SPDX-License-Identifier: Apache-2.0 */
/* test_rates.c: buckets of the rate table, and what goes when it is full. */
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "heap.h"
#include "rates.h"
#include "span.h"

static const unsigned char secret[16] = "sixteen letters";

static int setup(void **state)
{
	struct rates *r = NULL;

	assert_int_equal(rates_create(&r, secret), 0);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	rates_free(*state);
	return 0;
}
#define RATES_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static uint64_t key_of(const struct rates *r, const char *text)
{
	return rates_key(r, &(struct lg_span){ text, strlen(text) }, 1);
}

/* How many of `n` calls are not over. */
static unsigned taken(struct rates *r, const struct rates_ask *a, unsigned n)
{
	unsigned good = 0;

	for (unsigned i = 0; i < n; i++)
		good += !rates_over(r, a, NULL);
	return good;
}

static void test_burst_then_rate(void **state)
{
	struct rates *r = *state;
	struct rates_ask a = { .key = key_of(r, "one"), .rate = 10, .burst = 5, .now_ms = 1000 };
	uint32_t left;

	assert_false(rates_over(r, &a, &left));
	assert_int_equal(left, 4);
	assert_int_equal(taken(r, &a, 20), 4);
	assert_true(rates_over(r, &a, &left));
	assert_int_equal(left, 0);
	a.now_ms += 99;
	assert_int_equal(taken(r, &a, 3), 0);
	a.now_ms += 1; /* a tenth of a second: one more */
	assert_int_equal(taken(r, &a, 3), 1);
	a.now_ms += 1000; /* what was not used adds up to the burst, no further */
	assert_int_equal(taken(r, &a, 20), 5);
}

static void test_slow_rates(void **state)
{
	struct rates *r = *state;
	struct rates_ask a = { .key = key_of(r, "slow"), .rate = RATES_LEAST, .burst = RATES_BURST, .now_ms = 1 };

	assert_int_equal(taken(r, &a, 1000), 1000);
	a = (struct rates_ask){ .key = key_of(r, "slower"), .rate = 0.5, .burst = 1, .now_ms = 1 };
	assert_int_equal(taken(r, &a, 2), 1);
	a.now_ms += 1999;
	assert_int_equal(taken(r, &a, 2), 0);
	a.now_ms += 1;
	assert_int_equal(taken(r, &a, 2), 1);
	a = (struct rates_ask){ .key = key_of(r, "fast"), .rate = RATES_MOST, .burst = 1, .now_ms = 1 };
	assert_int_equal(taken(r, &a, 2), 1);
	a.now_ms += 1;
	assert_int_equal(taken(r, &a, 2), 1);
}

static void test_keys_are_apart(void **state)
{
	struct rates *r = *state;
	struct lg_span joined[] = { span_of("ab"), span_of("c") }, other[] = { span_of("a"), span_of("bc") };
	struct rates_ask a = { .rate = 1, .burst = 1, .now_ms = 1 };

	a.key = rates_key(r, joined, 2);
	assert_int_equal(taken(r, &a, 2), 1);
	a.key = rates_key(r, other, 2);
	assert_int_equal(taken(r, &a, 2), 1);
}

/* The n-th key of set 0. */
static uint64_t in_set(unsigned n)
{
	return (uint64_t)(n + 1) * RATES_SETS;
}

static void test_least_recently_asked_goes(void **state)
{
	struct rates *r = *state;
	struct rates_ask a = { .rate = RATES_LEAST, .burst = 1, .now_ms = 1000 };

	for (unsigned i = 0; i < RATES_WAYS; i++) {
		a.key = in_set(i);
		a.now_ms += 1000;
		assert_false(rates_over(r, &a, NULL));
	}
	a.key = in_set(0); /* asked for again: the second is now the oldest */
	a.now_ms += 1000;
	assert_true(rates_over(r, &a, NULL));
	a.key = in_set(RATES_WAYS);
	assert_false(rates_over(r, &a, NULL));
	a.key = in_set(0);
	assert_true(rates_over(r, &a, NULL));
	a.key = in_set(2);
	assert_true(rates_over(r, &a, NULL));
	a.key = in_set(1);
	assert_false(rates_over(r, &a, NULL));
}

static void test_full_buckets_go_first(void **state)
{
	struct rates *r = *state;
	struct rates_ask a = { .rate = RATES_LEAST, .burst = 1, .now_ms = 1000 };

	for (unsigned i = 0; i < RATES_WAYS; i++) {
		a.key = in_set(i);
		a.rate = i == 7 ? 1000 : RATES_LEAST;
		a.now_ms += 1000;
		assert_false(rates_over(r, &a, NULL));
	}
	a.rate = RATES_LEAST;
	a.key = in_set(RATES_WAYS);
	assert_false(rates_over(r, &a, NULL));
	for (unsigned i = 0; i < RATES_WAYS; i++) {
		a.key = in_set(i);
		if (i != 7)
			assert_true(rates_over(r, &a, NULL));
	}
}

static void test_one_source_evicts_its_own(void **state)
{
	struct rates *r = *state;
	struct rates_ask a = { .rate = RATES_LEAST, .burst = 1, .now_ms = 1000, .owner = 1 };

	for (unsigned i = 0; i < RATES_WAYS; i++) { /* of sixteen others */
		a.key = in_set(i);
		a.owner = 100 + i;
		assert_false(rates_over(r, &a, NULL));
	}
	a.now_ms += 5000;
	a.owner = 1;
	for (unsigned i = 0; i < 1000; i++) {
		a.key = in_set(1000 + i);
		rates_over(r, &a, NULL);
	}
	for (unsigned i = RATES_WAYS; i-- > RATES_SHARE;) {
		a.key = in_set(i);
		a.owner = 100 + i;
		assert_true(rates_over(r, &a, NULL));
	}
}

static void test_owners(void **state)
{
	struct rates *r = *state;
	struct sockaddr_in v4 = { .sin_family = AF_INET }, other = v4;
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 }, same = v6, far = v6;

	inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr);
	inet_pton(AF_INET, "192.0.2.2", &other.sin_addr);
	inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
	inet_pton(AF_INET6, "2001:db8::2", &same.sin6_addr);
	inet_pton(AF_INET6, "2001:db8:0:1::1", &far.sin6_addr);
	assert_int_equal(rates_owner(r, NULL), 0);
	assert_int_not_equal(rates_owner(r, (struct sockaddr *)&v4), rates_owner(r, (struct sockaddr *)&other));
	assert_int_equal(rates_owner(r, (struct sockaddr *)&v6), rates_owner(r, (struct sockaddr *)&same));
	assert_int_not_equal(rates_owner(r, (struct sockaddr *)&v6), rates_owner(r, (struct sockaddr *)&far));
}

static void test_no_allocation(void **state)
{
	struct rates *r = *state;
	struct rates_ask a = { .rate = 1, .burst = 1, .now_ms = 1 };

	heap_fail_after(0);
	for (unsigned i = 0; i < 100000; i++) {
		a.key = (i + 1) * 0x9e3779b97f4a7c15ULL;
		rates_over(r, &a, NULL);
	}
	heap_fail_after(-1);
}

enum { THREADS = 4, CALLS = 20000, BURST = 5000 };

static void *hammer(void *arg)
{
	struct rates *r = arg;
	struct rates_ask a = { .key = 4711, .rate = RATES_LEAST, .burst = BURST, .now_ms = 1 };

	return (void *)(uintptr_t)taken(r, &a, CALLS);
}

static void test_threads_share_a_bucket(void **state)
{
	pthread_t threads[THREADS];
	uintptr_t all = 0;

	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, *state), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		void *good;

		pthread_join(threads[i], &good);
		all += (uintptr_t)good;
	}
	assert_int_equal(all, BURST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RATES_TEST(test_burst_then_rate),
		RATES_TEST(test_slow_rates),
		RATES_TEST(test_keys_are_apart),
		RATES_TEST(test_least_recently_asked_goes),
		RATES_TEST(test_full_buckets_go_first),
		RATES_TEST(test_one_source_evicts_its_own),
		RATES_TEST(test_owners),
		RATES_TEST(test_no_allocation),
		RATES_TEST(test_threads_share_a_bucket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
