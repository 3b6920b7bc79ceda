/* SPDX-License-Identifier: Apache-2.0 */
/* test_sources.c: both limits, whose address is whose, and that those who left cost nothing. */
#include "sources.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/un.h>

#include "heap.h"
#include "unit.h"

static struct sources *create(uint32_t sessions, uint32_t per_second)
{
	struct sources *s = NULL;
	struct sources_limits limits = { .sessions = sessions, .per_second = per_second };

	assert_int_equal(sources_create(&s, &limits), 0);
	return s;
}

static void destroy(struct sources *s)
{
	sources_destroy(s);
	assert_int_equal(heap_bytes(), 0);
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

static union address address_of(const char *text)
{
	union address a = { .v4.sin_family = AF_INET };

	if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1)
		return a;
	memset(&a, 0, sizeof a);
	a.v6.sin6_family = AF_INET6;
	assert_int_equal(inet_pton(AF_INET6, text, &a.v6.sin6_addr), 1);
	return a;
}

static bool enter(struct sources *s, const char *text, uint64_t now_ms)
{
	union address a = address_of(text);
	static uint16_t port;

	a.v4.sin_port = htons(++port); /* at the same place in both; must not count */
	return sources_enter(s, &a.any, now_ms) == 0;
}

static void leave(struct sources *s, const char *text)
{
	union address a = address_of(text);

	sources_leave(s, &a.any);
}

static void test_sessions(void **state)
{
	struct sources *s = create(3, 0);

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_true(enter(s, "192.0.2.1", 0));
	assert_false(enter(s, "192.0.2.1", 0));
	assert_false(enter(s, "192.0.2.1", 100000)); /* waiting does not help, */
	assert_true(enter(s, "192.0.2.2", 0));
	leave(s, "192.0.2.1"); /* leaving does */
	assert_true(enter(s, "192.0.2.1", 0));
	assert_false(enter(s, "192.0.2.1", 0));
	destroy(s);
}

static const struct pair {
	const char *a, *b;
	bool same;
} pairs[] = {
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.0", false },
	{ "2001:db8::1", "2001:db8::2", true },
	{ "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true },
	{ "2001:db8::1", "2001:db8:0:1::1", false },
	{ "192.0.2.1", "::ffff:192.0.2.1", true },
	{ "::ffff:192.0.2.1", "::ffff:192.0.2.2", false },
	{ "::1", "::2", true },
	{ "::1", "::ffff:0.0.0.0", false }, /* the same first 64 bits, but one is IPv4 */
	{ "0.0.0.0", "::", false },
};

static void test_whose_address(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(pairs); i++) {
		struct sources *s = create(1, 0);

		assert_true(enter(s, pairs[i].a, 0));
		assert_int_equal(enter(s, pairs[i].b, 0), !pairs[i].same);
		destroy(s);
	}
}

static void test_per_second(void **state)
{
	struct sources *s = create(0, 4);
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_true(enter(s, "192.0.2.1", 5000));
	assert_false(enter(s, "192.0.2.1", 5000));
	assert_false(enter(s, "192.0.2.1", 5249));
	assert_true(enter(s, "192.0.2.2", 5249));
	assert_true(enter(s, "192.0.2.1", 5250)); /* a quarter of a second is worked off */
	assert_false(enter(s, "192.0.2.1", 5250));
	for (uint64_t now_ms = 6000; now_ms < 16000; now_ms++)
		n += enter(s, "192.0.2.1", now_ms);
	assert_in_range(n, 40, 44);
	destroy(s);
}

/* Any pace lets through what it says, also those that do not divide a second. */
static void test_paces(void **state)
{
	static const uint32_t paces[] = { 1, 2, 3, 7, 13, 999, 1001, 5000 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(paces); i++) {
		struct sources *s = create(0, paces[i]);
		uint32_t n = 0;

		while (enter(s, "2001:db8::1", 1000))
			n++;
		assert_int_equal(n, paces[i]);
		for (n = 0; n < paces[i]; n++)
			assert_true(enter(s, "2001:db8::1", 2000));
		assert_false(enter(s, "2001:db8::1", 2000));
		destroy(s);
	}
}

/* Coming and going does not begin the count anew, and the refused do not count. */
static void test_leaving_does_not_hide(void **state)
{
	struct sources *s = create(1, 2);

	(void)state;
	assert_true(enter(s, "192.0.2.1", 0));
	assert_false(enter(s, "192.0.2.1", 0)); /* a session stands: not spent */
	leave(s, "192.0.2.1");
	assert_true(enter(s, "192.0.2.1", 0));
	leave(s, "192.0.2.1");
	assert_false(enter(s, "192.0.2.1", 0));
	assert_true(enter(s, "192.0.2.1", 500));
	destroy(s);
}

/* A thread whose clock is a little behind the others'. */
static void test_clock_behind(void **state)
{
	struct sources *s = create(0, 1);

	(void)state;
	assert_true(enter(s, "192.0.2.1", 5000));
	assert_false(enter(s, "192.0.2.1", 4990));
	assert_false(enter(s, "192.0.2.1", 5999));
	assert_true(enter(s, "192.0.2.1", 6000));
	destroy(s);
}

static void test_not_limited(void **state)
{
	struct sources *s = create(0, 0), *t = create(1, 1);
	union address local = { .local.sun_family = AF_UNIX };
	size_t empty = heap_bytes();

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		assert_true(enter(s, "192.0.2.1", 0));
		assert_int_equal(sources_enter(t, &local.any, 0), 0);
	}
	assert_int_equal(heap_bytes(), empty);
	leave(s, "192.0.2.1");
	sources_leave(t, &local.any);
	sources_destroy(s);
	destroy(t);
	sources_destroy(NULL);
}

static void test_leave_of_a_stranger(void **state)
{
	struct sources *s = create(1, 0);

	(void)state;
	leave(s, "192.0.2.1");
	assert_true(enter(s, "192.0.2.1", 0));
	leave(s, "192.0.2.1");
	leave(s, "192.0.2.1");
	assert_true(enter(s, "192.0.2.1", 0));
	assert_false(enter(s, "192.0.2.1", 0));
	destroy(s);
}

enum { MANY = 100000 };

static bool nth_enter(struct sources *s, uint32_t n, uint64_t now_ms)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000000 + n) };

	return sources_enter(s, (struct sockaddr *)&a, now_ms) == 0;
}

static void nth_leave(struct sources *s, uint32_t n)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000000 + n) };

	sources_leave(s, (struct sockaddr *)&a);
}

static void all_enter(struct sources *s, uint64_t now_ms)
{
	for (uint32_t n = 0; n < MANY; n++)
		assert_true(nth_enter(s, n, now_ms));
}

static void all_leave(struct sources *s)
{
	for (uint32_t n = 0; n < MANY; n++)
		nth_leave(s, n);
}

static void test_memory_comes_back(void **state)
{
	struct sources *s = create(2, 0);
	size_t empty = heap_bytes();

	(void)state;
	all_enter(s, 0);
	assert_true(nth_enter(s, 5, 0));
	assert_false(nth_enter(s, 5, 0));
	print_message("sources: an address takes %zu bytes\n", (heap_bytes() - empty) / MANY);
	assert_true((heap_bytes() - empty) / MANY <= 80);
	nth_leave(s, 5);
	all_leave(s);
	assert_true(heap_bytes() <= empty + HEAP_ROUNDING);
	destroy(s);
}

/* With a pace to keep, those that came and left within a second go as others enter. */
static void test_memory_comes_back_later(void **state)
{
	struct sources *s = create(0, 5);
	size_t empty = heap_bytes();

	(void)state;
	all_enter(s, 0);
	all_leave(s);
	assert_true(heap_bytes() > empty);
	for (uint32_t n = 0; n < MANY; n++) {
		assert_true(nth_enter(s, n, 1000 + n));
		nth_leave(s, n);
	}
	assert_true(heap_bytes() - empty < 16 * 1024); /* those of the last second */
	destroy(s);
}

static void test_out_of_memory(void **state)
{
	struct sources *s = NULL;
	struct sources_limits limits = { .sessions = 1 };

	(void)state;
	for (long n = 0; n < 17; n++) { /* one for the table, one for each shard */
		heap_fail_after(n);
		assert_int_equal(sources_create(&s, &limits), -ENOMEM);
		assert_int_equal(heap_bytes(), 0);
	}
	heap_fail_after(-1);
	s = create(1, 0);
	heap_fail_after(0);
	assert_false(enter(s, "192.0.2.1", 0));
	heap_fail_after(-1);
	assert_true(enter(s, "192.0.2.1", 0));
	destroy(s);
}

/* Every second allocation fails, that of the longer chains: slower, but right. */
static void test_chains_cannot_grow(void **state)
{
	struct sources *s = create(1, 0);

	(void)state;
	for (uint32_t n = 0; n < 2000; n++) {
		heap_fail_after(1);
		assert_true(nth_enter(s, n, 0));
	}
	for (uint32_t n = 0; n < 2000; n++)
		assert_false(nth_enter(s, n, 0));
	heap_fail_after(-1);
	for (uint32_t n = 0; n < 2000; n++)
		nth_leave(s, n);
	destroy(s);
}

enum { THREADS = 4, ROUNDS = 50000, ADDRESSES = 64, SESSIONS = 2 };

static struct sources *shared;
static atomic_uint held[ADDRESSES];

static void *come_and_go(void *arg)
{
	uint64_t seed = (uintptr_t)arg, wrong = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint32_t n = (uint32_t)(unit_random(&seed) % ADDRESSES);

		if (!nth_enter(shared, n, 0))
			continue;
		if (atomic_fetch_add(&held[n], 1) >= SESSIONS)
			wrong++;
		atomic_fetch_sub(&held[n], 1);
		nth_leave(shared, n);
	}
	return (void *)(uintptr_t)wrong;
}

static void test_threads(void **state)
{
	pthread_t threads[THREADS];
	size_t empty;
	void *wrong;

	(void)state;
	shared = create(SESSIONS, 0);
	empty = heap_bytes();
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, (void *)(i + 1)), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	assert_true(heap_bytes() <= empty + HEAP_ROUNDING);
	destroy(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_whose_address),
		cmocka_unit_test(test_per_second),
		cmocka_unit_test(test_paces),
		cmocka_unit_test(test_leaving_does_not_hide),
		cmocka_unit_test(test_clock_behind),
		cmocka_unit_test(test_not_limited),
		cmocka_unit_test(test_leave_of_a_stranger),
		cmocka_unit_test(test_memory_comes_back),
		cmocka_unit_test(test_memory_comes_back_later),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_chains_cannot_grow),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
