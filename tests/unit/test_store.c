/* SPDX-License-Identifier: Apache-2.0 */
/* test_store.c: the rules of claim, what the table in memory forgets and when, and what an entry costs. */
#include "store.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "heap.h"
#include "span.h"
#include "unit.h"

enum { TIMEOUT = 1000 };

static struct store *create(size_t entries)
{
	struct store *s = NULL;

	assert_int_equal(store_memory_create(&s, &(struct store_memory_conf){ .entries = entries }), 0);
	assert_int_equal(s->refs, 1);
	return s;
}

static void destroy(struct store *s)
{
	s->ops->destroy(s);
	assert_int_equal(heap_bytes(), 0);
}

static struct store_key key_of(uint64_t n)
{
	uint64_t a = n, b = ~n;

	return (struct store_key){ unit_random(&a), unit_random(&b) };
}

static uint64_t claim_of(struct store *s, uint64_t key, uint64_t proposed, uint64_t instead_of, uint64_t now_ms)
{
	struct claim c = {
		.key = key_of(key),
		.proposed = proposed,
		.instead_of = instead_of,
		.timeout_ms = TIMEOUT,
		.now_ms = now_ms,
	};

	assert_int_equal(store_claim(s, &c), 0);
	return c.owner;
}

static uint64_t look(struct store *s, uint64_t key, uint64_t now_ms)
{
	return claim_of(s, key, 0, 0, now_ms);
}

/* Each row begins with an entry (0: none) and asks once; then what is remembered is looked at. */
static const struct rule {
	const char *why;
	uint64_t before, proposed, instead_of, answer, after;
} rules[] = {
	{ "nobody, only a look", 0, 0, 0, 0, 0 },
	{ "nobody: the proposed", 0, 7, 0, 7, 7 },
	{ "nobody, and one is said to be gone", 0, 7, 5, 7, 7 },
	{ "an owner stays", 5, 7, 0, 5, 5 },
	{ "the same again", 5, 5, 0, 5, 5 },
	{ "the owner is gone", 5, 7, 5, 7, 7 },
	{ "another moved it first", 6, 7, 5, 6, 6 },
	{ "a look moves nothing", 5, 0, 0, 5, 5 },
	{ "a look moves nothing, even from one that is gone", 5, 0, 5, 5, 5 },
	{ "gone and proposed at once", 5, 5, 5, 5, 5 },
};

static void test_rules(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rules); i++) {
		const struct rule *r = &rules[i];
		struct store *s = create(100);

		if (r->before != 0)
			assert_int_equal(claim_of(s, 1, r->before, 0, 10), r->before);
		if (claim_of(s, 1, r->proposed, r->instead_of, 20) != r->answer || look(s, 1, 30) != r->after)
			fail_msg("%s", r->why);
		assert_int_equal(s->ops->entries(s, 0), r->after != 0);
		assert_int_equal(look(s, 2, 30), 0); /* another key knows nothing of it */
		destroy(s);
	}
}

static void test_timeout_slides(void **state)
{
	struct store *s = create(100);

	(void)state;
	claim_of(s, 1, 5, 0, 0);
	assert_int_equal(look(s, 1, TIMEOUT - 1), 5);
	assert_int_equal(claim_of(s, 1, 6, 0, 2 * TIMEOUT - 2), 5);
	assert_int_equal(look(s, 1, 3 * TIMEOUT - 2), 0);
	assert_int_equal(claim_of(s, 1, 6, 0, 3 * TIMEOUT - 2), 6);
	assert_int_equal(s->ops->entries(s, 4 * TIMEOUT - 3), 1);
	assert_int_equal(s->ops->entries(s, 4 * TIMEOUT - 2), 0);
	destroy(s);
}

/* An expired entry is nobody's, also where the few that each claim reclaims did not reach it. */
static void test_expired_is_reused(void **state)
{
	struct store *s = create(1000);

	(void)state;
	for (uint64_t k = 0; k < 500; k++)
		claim_of(s, k, 5, 0, 0);
	for (uint64_t k = 500; k-- > 0;)
		assert_int_equal(claim_of(s, k, 6, 0, TIMEOUT), 6);
	assert_int_equal(s->ops->entries(s, 0), 500);
	destroy(s);
}

static void test_least_recently_claimed_goes(void **state)
{
	struct store *s = create(10);

	(void)state;
	for (uint64_t k = 0; k < 10; k++)
		claim_of(s, k, 100 + k, 0, k);
	look(s, 0, 20);               /* a look refreshes, */
	claim_of(s, 2, 200, 102, 21); /* and so does a move */
	for (uint64_t k = 10; k < 17; k++)
		claim_of(s, k, 100 + k, 0, 30);
	assert_int_equal(s->ops->entries(s, 0), 10);
	assert_int_equal(look(s, 0, 40), 100);
	assert_int_equal(look(s, 2, 40), 200);
	assert_int_equal(look(s, 9, 40), 109);
	for (uint64_t k = 3; k < 9; k++)
		assert_int_equal(look(s, k, 40), 0);
	assert_int_equal(look(s, 1, 40), 0);
	destroy(s);
}

static void test_smallest(void **state)
{
	struct store *s = create(1);

	(void)state;
	for (uint64_t k = 0; k < 100; k++) {
		assert_int_equal(claim_of(s, k, k + 1, 0, 0), k + 1);
		assert_int_equal(look(s, k, 0), k + 1);
	}
	assert_int_equal(s->ops->entries(s, 0), 1);
	destroy(s);
}

static void test_bad_caps(void **state)
{
	static const size_t bad[] = { 0, STORE_MEMORY_MAX + 1, SIZE_MAX };
	struct store *s = NULL;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(store_memory_create(&s, &(struct store_memory_conf){ .entries = bad[i] }), -EINVAL);
	assert_null(s);
}

static uint64_t claim_from(struct store *s, uint64_t source, uint64_t key, uint64_t now_ms)
{
	struct claim c = {
		.key = key_of(source << 32 | key),
		.proposed = key + 1,
		.source = unit_random(&source), /* as a keyed hash is */
		.timeout_ms = TIMEOUT,
		.now_ms = now_ms,
	};

	assert_int_equal(store_claim(s, &c), 0);
	return c.owner;
}

static unsigned remembered(struct store *s, uint64_t source, uint64_t keys)
{
	unsigned n = 0;

	for (uint64_t k = 0; k < keys; k++)
		n += look(s, source << 32 | k, 1) == k + 1;
	return n;
}

/* One source's flood takes the room that is free, and after that its own entries, however old the others' are. */
static void test_a_flood_evicts_its_own(void **state)
{
	enum { ENTRIES = 20000, OTHERS = 200, EACH = 50, FLOOD = 100000 };
	struct store *s = create(ENTRIES);

	(void)state;
	for (uint64_t source = 1; source <= OTHERS; source++) {
		for (uint64_t k = 0; k < EACH; k++)
			claim_from(s, source, k, 0);
	}
	for (uint64_t k = 0; k < FLOOD; k++)
		claim_from(s, 7777, k, 0);
	for (uint64_t source = 1; source <= OTHERS; source++)
		assert_int_equal(remembered(s, source, EACH), EACH);
	assert_true(s->ops->entries(s, 0) > ENTRIES - 1000);
	for (uint64_t source = OTHERS + 1; source <= 2 * OTHERS; source++) { /* new ones find room at its cost */
		for (uint64_t k = 0; k < EACH / 4; k++)
			claim_from(s, source, k, 0);
	}
	for (uint64_t source = 1; source <= OTHERS; source++)
		assert_int_equal(remembered(s, source, EACH), EACH);
	for (uint64_t source = OTHERS + 1; source <= 2 * OTHERS; source++)
		assert_int_equal(remembered(s, source, EACH / 4), EACH / 4);
	destroy(s);
}

/* Exactly, in a small table: below its share a source's new keys take the oldest of all, from there on its own oldest. */
static void test_share(void **state)
{
	struct store *s = create(16);

	(void)state;
	for (uint64_t k = 0; k < 16; k++)
		claim_from(s, 1 + k, 0, 0);
	for (uint64_t k = 0; k < 100; k++)
		claim_from(s, 50, k, 0);
	for (uint64_t k = 0; k < 16; k++)
		assert_int_equal(remembered(s, 1 + k, 1), k >= 4);
	for (uint64_t k = 96; k < 100; k++)
		assert_int_equal(claim_from(s, 50, k, 1), k + 1);
	for (uint64_t k = 0; k < 16; k++) { /* what counts to nobody takes the oldest of all */
		claim_of(s, 1000 + k, 5, 0, 1);
		assert_int_equal(look(s, 1000 + k, 1), 5);
	}
	assert_int_equal(remembered(s, 50, 100), 0);
	destroy(s);
}

/* Against a plain array: keys come, move and expire in no order, and the table always says the same. */
static void test_like_a_plain_array(void **state)
{
	enum { KEYS = 3000, STEPS = 300000 };
	static struct {
		uint64_t owner, expires_ms;
	} model[KEYS];
	struct store *s = create(100000);
	uint64_t seed = 3, now_ms = 1;

	(void)state;
	memset(model, 0, sizeof model);
	for (unsigned i = 0; i < STEPS; i++) {
		uint64_t r = unit_random(&seed);
		uint64_t k = r % (i / 20000 % 2 ? KEYS : 100), proposed = r >> 20 & 3, gone = r >> 30 & 3;
		uint64_t owner = model[k].expires_ms > now_ms ? model[k].owner : 0;

		if (proposed != 0 && (owner == 0 || owner == gone))
			owner = proposed;
		assert_int_equal(claim_of(s, k, proposed, gone, now_ms), owner);
		model[k].owner = owner;
		model[k].expires_ms = now_ms + TIMEOUT;
		now_ms += r >> 40 & 1;
	}
	destroy(s);
}

enum { MANY = 200000 };

static size_t bytes_per_entry(struct store *s)
{
	return heap_bytes() / s->ops->entries(s, 0);
}

static void test_cap_and_memory(void **state)
{
	struct store *s = create(MANY);
	size_t empty = heap_bytes(), most = 0;

	(void)state;
	for (uint64_t k = 0; k < 3 * MANY; k++) {
		claim_of(s, k, 5, 0, 0);
		if (k > 20000 && k % 5000 == 0 && bytes_per_entry(s) > most)
			most = bytes_per_entry(s);
	}
	assert_true(s->ops->entries(s, 0) <= MANY);
	assert_true(s->ops->entries(s, 0) >= MANY - 15);
	print_message("store: %zu bytes empty, an entry takes %zu in a full table, up to %zu while it grows\n", empty,
		      bytes_per_entry(s), most);
	assert_true(most <= 136); /* shards double at slightly different times */
	assert_true(bytes_per_entry(s) <= 64);
	destroy(s);
}

/* No timer: the claims that go on bring entries and memory down. */
static void test_memory_comes_back(void **state)
{
	struct store *s = create(MANY);
	size_t empty = heap_bytes();

	(void)state;
	for (uint64_t k = 0; k < MANY; k++)
		claim_of(s, k, 5, 0, 0);
	for (uint64_t k = 0; k < MANY; k++)
		look(s, k % 100, TIMEOUT + 1);
	assert_int_equal(s->ops->entries(s, 0), 0);
	assert_true(heap_bytes() <= empty + HEAP_ROUNDING);
	destroy(s);
}

/* Long-lived entries before short-lived ones do not keep these in the table. */
static void test_mixed_timeouts(void **state)
{
	struct store *s = create(900);

	(void)state;
	for (uint64_t k = 0; k < 400; k++) {
		struct claim c = { .key = key_of(k), .proposed = 1, .timeout_ms = k < 10 ? 3600000 : 10, .now_ms = 0 };

		assert_int_equal(store_claim(s, &c), 0);
	}
	for (unsigned i = 0; i < 200; i++)
		look(s, 1000, 500);
	assert_int_equal(s->ops->entries(s, 0), 10);
	destroy(s);
}

static void test_out_of_memory(void **state)
{
	struct store *s = NULL;
	struct claim c = { .proposed = 9, .timeout_ms = TIMEOUT };
	uint64_t k = 0;

	(void)state;
	for (long n = 0; n < 33; n++) { /* one for the table, two for each shard */
		heap_fail_after(n);
		assert_int_equal(store_memory_create(&s, &(struct store_memory_conf){ .entries = 5000 }), -ENOMEM);
		assert_int_equal(heap_bytes(), 0);
	}
	heap_fail_after(-1);
	s = create(1000);
	heap_fail_after(0);
	for (c.key = key_of(k); store_claim(s, &c) == 0; c.key = key_of(++k))
		assert_true(k < 1000);
	assert_int_equal(store_claim(s, &c), -ENOMEM);
	assert_int_equal(c.owner, 9);
	heap_fail_after(1); /* chains, but no entries */
	assert_int_equal(store_claim(s, &c), -ENOMEM);
	heap_fail_after(0);
	assert_int_equal(look(s, k, 0), 0);
	assert_int_equal(look(s, k - 1, 0), 9);
	heap_fail_after(-1);
	assert_int_equal(store_claim(s, &c), 0);
	assert_int_equal(look(s, k, 0), 9);
	destroy(s);
}

enum { THREADS = 4, CLAIMS = 100000, SHARED_KEYS = 5000 };

static atomic_ullong first_owner[SHARED_KEYS];

/* Claims keys for this thread; whoever was first is what all must hear. */
static void *claim_many(void *arg)
{
	struct store *s = arg;
	static atomic_ullong next_id = 1;
	uint64_t id = next_id++, seed = id, wrong = 0;

	for (unsigned i = 0; i < CLAIMS; i++) {
		uint64_t k = unit_random(&seed) % SHARED_KEYS;
		unsigned long long expected = 0;
		struct claim c = { .key = key_of(k), .proposed = id, .timeout_ms = TIMEOUT, .now_ms = 1 };

		if (store_claim(s, &c) != 0)
			wrong++;
		if (!atomic_compare_exchange_strong(&first_owner[k], &expected, c.owner) && expected != c.owner)
			wrong++;
		if (i % 1000 == 0 && s->ops->entries(s, 0) > SHARED_KEYS)
			wrong++;
	}
	return (void *)(uintptr_t)wrong;
}

static void test_threads(void **state)
{
	struct store *s = create(MANY);
	pthread_t threads[THREADS];
	void *wrong;

	(void)state;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, claim_many, s), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	assert_int_equal(s->ops->entries(s, 0), SHARED_KEYS);
	destroy(s);
}

static const unsigned char secret[16] = "0123456789abcdef";

static struct store_key key_from(const char *scope, const char *a, const char *b)
{
	struct lg_span pieces[] = { span_of(scope), span_of(a), span_of(b) };

	return store_key_of(secret, pieces, 1 + (a != NULL) + (b != NULL));
}

/* No two of these are the same key, though their texts run together. */
static void test_key_of(void **state)
{
	static const char *const texts[][3] = {
		{ "", NULL, NULL },    { "", "", NULL },      { "", "", "" },          { "pool", NULL, NULL },
		{ "po", "ol", NULL },  { "pool", "", NULL },  { "pool", "ab", "c" },   { "pool", "a", "bc" },
		{ "pool", "c", "ab" }, { "poo", "lab", "c" }, { "pool", "abc", NULL }, { "pool", "abc", "" },
	};
	static const unsigned char other[16] = "0123456789abcdeg";
	struct lg_span pool = span_of("pool"), none = SPAN_NONE;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(texts); i++) {
		struct store_key k = key_from(texts[i][0], texts[i][1], texts[i][2]);

		for (unsigned j = 0; j < ARRAY_LEN(texts); j++) {
			struct store_key l = key_from(texts[j][0], texts[j][1], texts[j][2]);

			assert_true((k.a == l.a) == (i == j) && (k.b == l.b) == (i == j));
		}
	}
	assert_true(store_key_of(other, &pool, 1).a != key_from("pool", NULL, NULL).a);
	assert_true(store_key_of(secret, &none, 1).a == key_from("", NULL, NULL).a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_timeout_slides),
		cmocka_unit_test(test_expired_is_reused),
		cmocka_unit_test(test_least_recently_claimed_goes),
		cmocka_unit_test(test_smallest),
		cmocka_unit_test(test_bad_caps),
		cmocka_unit_test(test_a_flood_evicts_its_own),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_like_a_plain_array),
		cmocka_unit_test(test_cap_and_memory),
		cmocka_unit_test(test_memory_comes_back),
		cmocka_unit_test(test_mixed_timeouts),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_key_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
