/* SPDX-License-Identifier: Apache-2.0 */
/* test_https_body.c: where bodies end, and chunks good and bad, each cut at every byte. */
#include "https_read.h"

#include "plugins/https/body.h"

static struct head chunked = { .framing = BODY_CHUNKED };

struct result {
	enum body_verdict verdict;
	size_t used;
	uint64_t bytes;
	int code;
	const char *reason;
};

/* Gives `n` bytes in steps of `step`, the first one of `first`. */
static struct result take(const struct head *h, uint64_t most, const char *p, size_t n, size_t first, size_t step)
{
	struct result r = { 0 };
	struct body b;
	size_t size = first;

	r.verdict = body_begin(&b, h, most);
	for (size_t at = 0; at < n && r.verdict == BODY_MORE; at += size, size = step) {
		size_t used;
		char *copy;

		size = size == 0 ? step : size;
		size = size < n - at ? size : n - at;
		copy = malloc(size);
		assert_non_null(copy);
		memcpy(copy, p + at, size);
		r.verdict = body_take(&b, (struct lg_span){ copy, size }, &used);
		free(copy);
		assert_true(used <= size);
		assert_true(used == size || r.verdict != BODY_MORE);
		r.used += used;
	}
	if (r.verdict != BODY_MORE) { /* it stays so */
		size_t used;

		assert_int_equal(body_take(&b, (struct lg_span){ "0\r\n\r\n", 5 }, &used), r.verdict);
		assert_int_equal(used, 0);
	}
	r.bytes = b.bytes;
	r.code = b.code;
	r.reason = b.reason;
	return r;
}

static struct result take_cut(const struct head *h, uint64_t most, const char *p, size_t n)
{
	struct result whole = take(h, most, p, n, n, n);

	for (size_t cut = 0; cut <= n; cut++) {
		struct result r = cut < n ? take(h, most, p, n, cut, n) : take(h, most, p, n, 1, 1);

		assert_int_equal(r.verdict, whole.verdict);
		assert_int_equal(r.code, whole.code);
		assert_true(r.reason == whole.reason);
		if (r.verdict == BODY_BAD)
			continue;
		assert_int_equal(r.used, whole.used);
		assert_int_equal(r.bytes, whole.bytes);
	}
	return whole;
}

static const struct {
	const char *text;
	size_t used;
	uint64_t bytes;
} good[] = {
	{ "0\r\n\r\n", 5, 0 },
	{ "5\r\nhello\r\n0\r\n\r\n", 15, 5 },
	{ "5\r\nhello\r\n0\r\n\r\nGET /", 15, 5 },
	{ "1\r\na\r\n2\r\nbc\r\n000\r\n\r\n", 20, 3 },
	{ "00A\r\n0123\r\n\r\n89\r\n0\r\n\r\n", 22, 10 },
	{ "a\r\n0123456789\r\n0\r\n\r\n", 20, 10 },
	{ "0\r\nX-Sum: 1\r\n\r\nrest", 15, 0 },
	{ "2\r\nab\r\n0\r\nX: 1\r\nY:\r\n\r\n", 22, 2 },
};

static void chunks_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct result r = take_cut(&chunked, 0, good[i].text, strlen(good[i].text));

		if (r.verdict != BODY_DONE)
			fail_msg("%s: %s", r.reason ? r.reason : "more", good[i].text);
		assert_int_equal(r.used, good[i].used);
		assert_int_equal(r.bytes, good[i].bytes);
	}
}

#define FIRST "1\r\na\r\n"
#define LAST  "0\r\n\r\n"

static const struct {
	const char *text;
	size_t n;
} bad[] = {
	{ FIRST "\r\n" LAST },
	{ FIRST "g\r\n" LAST },
	{ FIRST " 1\r\na\r\n" LAST },
	{ FIRST "1 \r\na\r\n" LAST },
	{ FIRST "\t1\r\na\r\n" LAST },
	{ FIRST "+1\r\na\r\n" LAST },
	{ FIRST "-1\r\na\r\n" LAST },
	{ FIRST "0x1\r\na\r\n" LAST },
	{ FIRST "1,\r\na\r\n" LAST },
	{ FIRST "1;\r\na\r\n" LAST },
	{ FIRST "1;a\r\na\r\n" LAST },
	{ FIRST "1;a=b\r\na\r\n" LAST },
	{ FIRST "1;a=\"b\r\n\"\r\na\r\n" LAST },
	{ FIRST "1 ;a\r\na\r\n" LAST },
	{ FIRST ";a\r\n" },
	{ FIRST "0;a\r\n\r\n" },
	{ FIRST "1\na\r\n" LAST },
	{ FIRST "1\r\r\na\r\n" LAST },
	{ FIRST "1\ra\r\n" LAST },
	{ FIRST "1\n\ra\r\n" LAST },
	{ FIRST "1\r\na\n" LAST },
	{ FIRST "1\r\nab\r\n" LAST },
	{ FIRST "2\r\na\r\n" LAST },
	{ FIRST "1\r\na" LAST },
	{ FIRST "1\r\na\rx" LAST },
	{ FIRST "1\0\r\na\r\n", 14 },
	{ FIRST "10000000000000000\r\n" },
	{ FIRST "1000000000000000\r\n" },
	{ FIRST "ffffffffffffffffffff\r\n" },
	{ FIRST "0000000000000000000001\r\na\r\n" LAST },
	{ "0\r\n\n" },
	{ "0\n\r\n" },
	{ "0\r\nX: a\n\r\n" },
	{ "0\r\nX: a\rb\r\n\r\n" },
	{ "0\r\nX: a\r\n b\r\n\r\n" },
	{ "0\r\n X: a\r\n\r\n" },
	{ "0\r\nX : a\r\n\r\n" },
	{ "0\r\nX\r\n\r\n" },
	{ "0\r\n: a\r\n\r\n" },
	{ "0\r\nX: a\x01\r\n\r\n" },
	{ "0\r\nContent-Length: 5\r\n\r\n" },
	{ "0\r\nX: 1\r\ntransfer-encoding: chunked\r\n\r\n" },
	{ "0\r\nHost: b\r\n\r\n" },
	{ "0\r\nX-Forwarded-For: 1\r\n\r\n" },
	{ "0\r\nX_Forwarded_For: 1\r\n\r\n" },
	{ "0\r\nAuthorization: 1\r\n\r\n" },
};

static void bad_chunks_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct result r = take_cut(&chunked, 0, bad[i].text, bad[i].n ? bad[i].n : strlen(bad[i].text));

		if (r.verdict != BODY_BAD)
			fail_msg("taken: %s", bad[i].text);
		assert_int_equal(r.code, 400);
		assert_non_null(r.reason);
	}
}

static void bodies_have_a_limit(void **state)
{
	struct head length = { .framing = BODY_LENGTH, .length = 5 }, close = { .framing = BODY_CLOSE };

	(void)state;
	assert_int_equal(take_cut(&chunked, 3, "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", 18).verdict, BODY_DONE);
	assert_int_equal(take_cut(&chunked, 3, "1\r\na\r\n3\r\nbcd\r\n0\r\n\r\n", 19).code, 413);
	assert_int_equal(take_cut(&chunked, 3, "fffffffffffffff\r\n", 17).code, 413);
	assert_int_equal(take_cut(&length, 5, "hello", 5).verdict, BODY_DONE);
	assert_int_equal(take_cut(&length, 4, "hello", 5).code, 413);
	assert_int_equal(take_cut(&close, 5, "hello", 5).verdict, BODY_MORE);
	assert_int_equal(take_cut(&close, 4, "hello", 5).code, 413);
}

static void trailers_have_a_limit(void **state)
{
	static char text[2 * BODY_TRAILERS];

	(void)state;
	for (int more = 0; more < 2; more++) {
		size_t n = 3 + BODY_TRAILERS + (size_t)more;
		struct result r;

		memset(text, 'x', sizeof(text));
		memcpy(text, "0\r\nX: ", 6);
		memcpy(text + n - 4, "\r\n\r\n", 4);
		r = take(&chunked, 0, text, n, n, n);
		assert_int_equal(r.verdict, more ? BODY_BAD : BODY_DONE);
		assert_int_equal(take(&chunked, 0, text, n, 7, 1000).verdict, r.verdict);
	}
}

static void other_bodies_end(void **state)
{
	struct head none = { .framing = BODY_NONE }, length = { .framing = BODY_LENGTH, .length = 5 };
	struct head close = { .framing = BODY_CLOSE };
	struct result r;
	struct body b;
	size_t used;

	(void)state;
	r = take_cut(&none, 0, "hello", 5);
	assert_int_equal(r.verdict, BODY_DONE);
	assert_int_equal(r.used, 0);
	r = take_cut(&length, 0, "hello you", 9);
	assert_int_equal(r.verdict, BODY_DONE);
	assert_int_equal(r.used, 5);
	assert_int_equal(take_cut(&length, 0, "hell", 4).verdict, BODY_MORE);
	r = take_cut(&close, 0, "hello", 5);
	assert_int_equal(r.verdict, BODY_MORE);
	assert_int_equal(r.used, 5);

	assert_int_equal(body_begin(&b, &close, 0), BODY_MORE);
	assert_false(body_end(&b, false));
	assert_true(body_end(&b, true));
	assert_int_equal(body_take(&b, (struct lg_span){ "x", 1 }, &used), BODY_DONE);
	assert_int_equal(body_begin(&b, &length, 0), BODY_MORE);
	assert_false(body_end(&b, true));
	assert_int_equal(body_begin(&b, &chunked, 0), BODY_MORE);
	assert_false(body_end(&b, true));
	assert_int_equal(body_begin(&b, &none, 0), BODY_DONE);
	assert_true(body_end(&b, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_end),          cmocka_unit_test(bad_chunks_are_refused),
		cmocka_unit_test(bodies_have_a_limit), cmocka_unit_test(trailers_have_a_limit),
		cmocka_unit_test(other_bodies_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
