/* SPDX-License-Identifier: Apache-2.0 */
/* test_tcp_hello.c: ClientHellos, whole and cut, honest and not.  Each is read from memory of exactly its size. */
#include "plugins/tcp/hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hello_build.h"

static unsigned char wire[256 * 1024];

static enum hello_verdict read_exactly(struct hello *h, const unsigned char *p, size_t n)
{
	char *copy = malloc(n ? n : 1);
	enum hello_verdict v;

	assert_non_null(copy);
	memcpy(copy, p, n);
	v = hello_read(h, (struct lg_span){ copy, n });
	free(copy);
	return v;
}

static const struct {
	const char *sni, *alpn;
	size_t filler;
	enum hello_verdict verdict;
} hellos[] = {
	{ "meet.corp.example", NULL, 0, HELLO_FOUND },
	{ "meet.corp.example", "h2,http/1.1", 0, HELLO_FOUND },
	{ NULL, "h2", 0, HELLO_FOUND },
	{ NULL, NULL, 0, HELLO_FOUND },
	{ "a", NULL, 1800, HELLO_FOUND },
	{ "a", "b", 16000, HELLO_FOUND },
	{ "a", "b", 17000, HELLO_NONE },
};

static void names_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof hellos / sizeof *hellos; i++)
		for (size_t record = 0; record < 70; record += record < 5 ? 1 : 13) {
			size_t n = hello_build(wire, hellos[i].sni, hellos[i].alpn, hellos[i].filler, record);
			struct hello h;

			if (record && record < 4 && hellos[i].filler > 2000)
				continue; /* more headers than HELLO_WIRE allows */
			assert_int_equal(read_exactly(&h, wire, n), hellos[i].verdict);
			if (hellos[i].verdict != HELLO_FOUND)
				continue;
			assert_string_equal(h.sni, hellos[i].sni ? hellos[i].sni : "");
			assert_string_equal(h.alpn, hellos[i].alpn ? hellos[i].alpn : "");
		}
}

static void every_cut_waits_for_more(void **state)
{
	(void)state;
	for (size_t record = 0; record < 4; record++) {
		size_t n = hello_build(wire, "meet.corp.example", "h2,http/1.1", 40, record);
		struct hello h;

		for (size_t cut = 1; cut < n; cut++)
			assert_int_equal(read_exactly(&h, wire, cut), HELLO_MORE);
		assert_int_equal(read_exactly(&h, wire, n), HELLO_FOUND);
	}
}

/* What follows the hello is of no interest. */
static void more_than_a_hello_is_fine(void **state)
{
	size_t n = hello_build(wire, "meet.corp.example", NULL, 0, 0);
	struct hello h;

	(void)state;
	memset(wire + n, 0xff, 1000);
	assert_int_equal(read_exactly(&h, wire, n + 1000), HELLO_FOUND);
	assert_string_equal(h.sni, "meet.corp.example");
}

static void other_bytes_are_none(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} others[] = {
		{ "GET / HTTP/1.1\r\n", 16 },
		{ "\x00", 1 },
		{ "\x16\x02", 2 },
		{ "\x15\x03\x01\x00\x02", 5 },                 /* an alert */
		{ "\x80\x46\x01\x03\x01", 5 },                 /* SSL 2 */
		{ "\x16\x03\x01\x00\x00", 5 },                 /* an empty record */
		{ "\x16\x03\x01\x40\x01", 5 },                 /* a record that is too long */
		{ "\x16\x03\x01\x00\x04\x02", 6 },             /* another message */
		{ "\x16\x03\x01\x00\x04\x01\x01\x00\x00", 9 }, /* a hello that is too long */
	};
	struct hello h;

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_int_equal(read_exactly(&h, (const unsigned char *)others[i].p, others[i].n), HELLO_NONE);
}

/* Each byte says something else: nothing is read beyond the end, and there is always an answer. */
static void lengths_that_lie(void **state)
{
	static const unsigned char lies[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	size_t n = hello_build(wire, "meet.corp.example", "h2", 0, 60);

	(void)state;
	for (size_t at = 0; at < n; at++)
		for (size_t i = 0; i < sizeof lies; i++) {
			unsigned char was = wire[at];
			struct hello h;
			enum hello_verdict v;

			wire[at] = lies[i];
			v = read_exactly(&h, wire, n);
			assert_true(v == HELLO_MORE || v == HELLO_FOUND || v == HELLO_NONE);
			assert_true(strlen(h.sni) < HELLO_NAME && strlen(h.alpn) < HELLO_NAME);
			if (v == HELLO_NONE)
				assert_true(!h.sni[0] && !h.alpn[0]);
			wire[at] = was;
		}
}

static void names_that_are_none(void **state)
{
	static char most[256], more[257];
	const struct {
		const char *sni, *told;
	} names[] = { { "a b", "" }, { "a\x01", "" }, { "caf\xc3\xa9.example", "" },
		      { "a,b", "" }, { most, most },  { more, "" },
		      { "", "" },    { "x.", "x." } };
	struct hello h;

	(void)state;
	memset(most, 'm', 255);
	memset(more, 'm', 256);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t n = hello_build(wire, names[i].sni, NULL, 0, 0);

		assert_int_equal(read_exactly(&h, wire, n), HELLO_FOUND);
		assert_string_equal(h.sni, names[i].told);
	}
}

/* A client that never comes to the end is given up. */
static void endless_records_are_none(void **state)
{
	struct hello h;
	size_t n = hello_build(wire, "a", NULL, 15000, 1);

	(void)state;
	assert_int_equal(read_exactly(&h, wire, HELLO_WIRE - 1), HELLO_MORE);
	assert_int_equal(read_exactly(&h, wire, HELLO_WIRE), HELLO_NONE);
	assert_true(n > HELLO_WIRE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read),           cmocka_unit_test(every_cut_waits_for_more),
		cmocka_unit_test(other_bytes_are_none),     cmocka_unit_test(more_than_a_hello_is_fine),
		cmocka_unit_test(lengths_that_lie),         cmocka_unit_test(names_that_are_none),
		cmocka_unit_test(endless_records_are_none),
	};

	return cmocka_run_group_tests_name("tcp hello", tests, NULL, NULL);
}
