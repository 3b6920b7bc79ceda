/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_stock.c: which session a key gives, how many are kept and for how long, and that none is lost or leaked. */
#include <errno.h>
#include <string.h>

#include "gateway/tls_private.h"
#include "heap.h"
#include "unit.h"

enum { LATER = 1000 };

static void key_of(unsigned n, unsigned char key[TLS_DIGEST])
{
	memset(key, 0, TLS_DIGEST);
	memcpy(key + (n % 2 ? 0 : TLS_DIGEST / 2), &n, sizeof n); /* many share a bucket */
}

/* A session whose bytes tell `mark`. */
static int put_sized(struct tls_stock *s, unsigned key, unsigned mark, bool once, uint64_t ends_ms, unsigned size)
{
	struct tls_past past = { .data = { gnutls_calloc(1, size), size }, .once = once, .ends_ms = ends_ms };
	unsigned char k[TLS_DIGEST];

	assert_non_null(past.data.data);
	memcpy(past.data.data, &mark, sizeof mark);
	key_of(key, k);
	return tls_stock_put(s, k, &past, 0);
}

static void put(struct tls_stock *s, unsigned key, unsigned mark, bool once)
{
	assert_int_equal(put_sized(s, key, mark, once, LATER, 100), 0);
}

static struct tls_past *find(struct tls_stock *s, unsigned key, uint64_t now_ms)
{
	unsigned char k[TLS_DIGEST];

	key_of(key, k);
	return tls_stock_find(s, k, now_ms);
}

/* The mark of what is found; 0: nothing. */
static unsigned mark_of(const struct tls_past *past)
{
	unsigned mark = 0;

	if (past)
		memcpy(&mark, past->data.data, sizeof mark);
	return mark;
}

static unsigned take(struct tls_stock *s, unsigned key)
{
	struct tls_past *past = find(s, key, 0);
	unsigned mark = mark_of(past);

	if (past)
		tls_stock_drop(s, past);
	return mark;
}

static struct tls_stock *create(void)
{
	struct tls_stock *s = NULL;

	assert_int_equal(tls_stock_create(&s), 0);
	return s;
}

static void end(struct tls_stock *s)
{
	tls_stock_free(s);
	assert_int_equal(heap_bytes(), 0);
}

static void test_newest_first(void **state)
{
	struct tls_stock *s = create();

	(void)state;
	for (unsigned i = 1; i <= 3; i++)
		put(s, 2, i, true);
	put(s, 4, 9, true);
	assert_int_equal(take(s, 2), 3);
	assert_int_equal(take(s, 2), 2);
	assert_int_equal(take(s, 2), 1);
	assert_int_equal(take(s, 2), 0);
	assert_int_equal(take(s, 6), 0);
	assert_int_equal(take(s, 4), 9);
	end(s);
}

static void test_one_that_stays_takes_the_place_of_all(void **state)
{
	struct tls_stock *s = create();

	(void)state;
	put(s, 2, 1, true);
	put(s, 2, 2, true);
	put(s, 2, 3, false);
	put(s, 2, 4, false);
	assert_int_equal(take(s, 2), 4);
	assert_int_equal(take(s, 2), 0);
	put(s, 2, 5, false);
	put(s, 2, 6, true);
	assert_int_equal(take(s, 2), 6);
	assert_int_equal(take(s, 2), 0);
	end(s);
}

static void test_forget(void **state)
{
	struct tls_stock *s = create();
	unsigned char key[TLS_DIGEST];

	(void)state;
	put(s, 2, 1, true);
	put(s, 4, 2, true);
	put(s, 2, 3, true);
	key_of(2, key);
	tls_stock_forget(s, key);
	assert_int_equal(take(s, 2), 0);
	assert_int_equal(take(s, 4), 2);
	end(s);
}

static void test_time(void **state)
{
	struct tls_stock *s = create();

	(void)state;
	put(s, 2, 1, false);
	assert_int_equal(mark_of(find(s, 2, LATER - 1)), 1);
	assert_null(find(s, 2, LATER));
	assert_null(find(s, 2, 0)); /* it is gone for good */
	assert_int_equal(put_sized(s, 2, 1, false, 0, 100), -EMSGSIZE);
	assert_null(find(s, 2, 0));
	end(s);
}

static void test_limits(void **state)
{
	struct tls_stock *s = create();
	unsigned kept = 0;

	(void)state;
	for (unsigned i = 1; i <= TLS_STOCK_EACH + 2; i++)
		put(s, 2, i, true);
	while (take(s, 2))
		kept++;
	assert_int_equal(kept, TLS_STOCK_EACH);
	assert_int_equal(put_sized(s, 2, 1, true, LATER, TLS_STOCK_BYTES), 0);
	assert_int_equal(put_sized(s, 4, 1, true, LATER, TLS_STOCK_BYTES + 1), -EMSGSIZE);
	assert_null(find(s, 4, 0));
	for (unsigned i = 0; i < TLS_STOCK_MOST; i++)
		put(s, 100 + i, 1, true);
	assert_null(find(s, 2, 0)); /* the oldest */
	for (unsigned i = 0; i < TLS_STOCK_MOST; i++)
		assert_int_equal(take(s, 100 + i), 1);
	end(s);
}

static void test_out_of_memory(void **state)
{
	struct tls_stock *s = NULL;

	(void)state;
	heap_fail_after(0);
	assert_int_equal(tls_stock_create(&s), -ENOMEM);
	heap_fail_after(-1);
	s = create();
	put(s, 2, 1, true);
	heap_fail_after(0);
	assert_int_equal(put_sized(s, 2, 2, true, LATER, 100), -ENOMEM);
	heap_fail_after(-1);
	assert_int_equal(take(s, 2), 1);
	put(s, 2, 3, true);
	end(s); /* with what is left in it */
	tls_stock_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newest_first), cmocka_unit_test(test_one_that_stays_takes_the_place_of_all),
		cmocka_unit_test(test_forget),       cmocka_unit_test(test_time),
		cmocka_unit_test(test_limits),       cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
