/* SPDX-License-Identifier: Apache-2.0 */
/* test_token.c: what a token says is what was put in, and nobody else can put in anything. */
#include "unit.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "gateway/address.h"
#include "gateway/span.h"
#include "gateway/token.h"

static const unsigned char secret[16] = "the same for all", another[16] = "of other gateway";

static struct token link_token(void)
{
	return (struct token){ .transport = LG_TLS, .link = { .worker = 3, .slot = 70000, .generation = 0xfedcba98 } };
}

static struct token client_token(const char *local, const char *peer)
{
	struct token t = { .transport = LG_UDP, .by_address = true, .listener = token_listener("in") };

	assert_int_equal(address_parse(&t.local, span_of(local)), 0);
	assert_int_equal(address_parse(&t.peer, span_of(peer)), 0);
	return t;
}

static struct lg_span write_token(const struct token *t, enum lg_use use, char text[LG_TOKEN])
{
	unsigned n = token_write(t, use, text);

	assert_in_range(n, 16, LG_TOKEN);
	for (unsigned i = 0; i < n; i++)
		assert_true(islower((unsigned char)text[i]) || isdigit((unsigned char)text[i]));
	return (struct lg_span){ text, n };
}

static void assert_address(const struct sockaddr_storage *a, const char *want)
{
	char text[ADDRESS_TEXT];

	address_format((const struct sockaddr *)a, text, sizeof text);
	assert_string_equal(text, want);
}

static void test_links(void **state)
{
	static const enum lg_transport transports[] = { LG_TCP, LG_TLS, LG_UDP };
	char text[LG_TOKEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(transports); i++) {
		struct token t = link_token(), got;

		t.transport = transports[i];
		assert_int_equal(token_read(&got, LG_ANSWER, write_token(&t, LG_ANSWER, text)), 0);
		assert_int_equal(got.transport, transports[i]);
		assert_false(got.by_address);
		assert_int_equal(got.link.worker, 3);
		assert_int_equal(got.link.slot, 70000);
		assert_int_equal(got.link.generation, 0xfedcba98);
	}
}

static void test_addresses(void **state)
{
	static const char *const pairs[][2] = {
		{ "192.0.2.1:5060", "198.51.100.7:40000" },
		{ "[2001:db8::1]:5060", "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535" },
	};
	char text[LG_TOKEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct token t = client_token(pairs[i][0], pairs[i][1]), got;

		assert_int_equal(token_read(&got, LG_ROUTE, write_token(&t, LG_ROUTE, text)), 0);
		assert_true(got.by_address);
		assert_int_equal(got.transport, LG_UDP);
		assert_int_equal(got.listener, token_listener("in"));
		assert_address(&got.local, pairs[i][0]);
		assert_address(&got.peer, pairs[i][1]);
	}
	assert_int_not_equal(token_listener("in"), token_listener("out"));
}

/* A client on the same wire is told apart by its interface. */
static void test_scope(void **state)
{
	struct token t = client_token("[fe80::1]:5060", "[fe80::2]:5060"), got;
	char text[LG_TOKEN];

	(void)state;
	((struct sockaddr_in6 *)&t.peer)->sin6_scope_id = 7;
	assert_int_equal(token_read(&got, LG_ANSWER, write_token(&t, LG_ANSWER, text)), 0);
	assert_int_equal(((struct sockaddr_in6 *)&got.peer)->sin6_scope_id, 7);
	assert_int_equal(((struct sockaddr_in6 *)&got.local)->sin6_scope_id, 7);
}

/* Some protocols compare without regard to case, and those between us and them may change it. */
static void test_capitals(void **state)
{
	struct token t = link_token(), got;
	char text[LG_TOKEN];
	struct lg_span span = write_token(&t, LG_ANSWER, text);

	(void)state;
	for (size_t i = 0; i < span.n; i++)
		text[i] = (char)toupper((unsigned char)text[i]);
	assert_int_equal(token_read(&got, LG_ANSWER, span), 0);
	assert_int_equal(got.link.slot, 70000);
}

static void test_bound_to_its_use(void **state)
{
	struct token t = link_token(), got;
	char text[LG_TOKEN];

	(void)state;
	assert_int_equal(token_read(&got, LG_ROUTE, write_token(&t, LG_ANSWER, text)), -EINVAL);
	assert_int_equal(token_read(&got, LG_ANSWER, write_token(&t, LG_ROUTE, text)), -EINVAL);
}

static void spoil(struct lg_span whole, char *text)
{
	struct token got;

	for (size_t i = 0; i < whole.n; i++) {
		char was = text[i];

		for (int c = 0; c < 256; c++) {
			if (tolower(c) == tolower((unsigned char)was))
				continue;
			text[i] = (char)c;
			assert_int_equal(token_read(&got, LG_ANSWER, whole), -EINVAL);
		}
		text[i] = was;
	}
	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(token_read(&got, LG_ANSWER, (struct lg_span){ text, n }), -EINVAL);
	assert_int_equal(token_read(&got, LG_ANSWER, whole), 0);
}

static void test_forged(void **state)
{
	struct token kinds[] = { link_token(), client_token("192.0.2.1:5060", "198.51.100.7:40000"),
				 client_token("[2001:db8::1]:5060", "[2001:db8::2]:9") };
	char text[2 * LG_TOKEN], long_one[1000];
	struct token got;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		spoil(write_token(&kinds[i], LG_ANSWER, text), text);
	memset(long_one, 'a', sizeof long_one);
	for (size_t n = 0; n < sizeof long_one; n++)
		assert_int_equal(token_read(&got, LG_ANSWER, (struct lg_span){ long_one, n }), -EINVAL);
	assert_int_equal(token_read(&got, LG_ANSWER, SPAN_NONE), -EINVAL);
}

/* Longer than it was written. */
static void test_more_behind(void **state)
{
	struct token t = link_token(), got;
	char text[2 * LG_TOKEN];
	struct lg_span span = write_token(&t, LG_ANSWER, text);

	(void)state;
	memset(text + span.n, 'a', LG_TOKEN);
	for (size_t more = 1; more < LG_TOKEN; more++)
		assert_int_equal(token_read(&got, LG_ANSWER, (struct lg_span){ text, span.n + more }), -EINVAL);
}

static void test_secret(void **state)
{
	struct token t = link_token(), got;
	struct lg_span piece = { "Call-ID", 7 };
	char text[LG_TOKEN];
	struct lg_span span = write_token(&t, LG_ANSWER, text);
	uint64_t digest = token_digest(&piece, 1);

	(void)state;
	token_begin(another);
	assert_int_equal(token_read(&got, LG_ANSWER, span), -EINVAL);
	assert_true(token_digest(&piece, 1) != digest);
	token_begin(secret);
	assert_int_equal(token_read(&got, LG_ANSWER, span), 0);
	assert_true(token_digest(&piece, 1) == digest);
}

/* Where one piece ends and the next begins counts. */
static void test_digest_of_pieces(void **state)
{
	static const struct lg_span cuts[][3] = {
		{ { "abcdefgh12", 10 }, { "", 0 }, { "", 0 } },  { { "", 0 }, { "abcdefgh12", 10 }, { "", 0 } },
		{ { "abcdefgh", 8 }, { "12", 2 }, { "", 0 } },   { { "abcdefgh", 8 }, { "", 0 }, { "12", 2 } },
		{ { "a", 1 }, { "bcdefgh12", 9 }, { NULL, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
		assert_true(token_digest(cuts[i], 3) == token_digest(cuts[i], 3));
		assert_true(token_digest(cuts[i], 3) != token_digest(cuts[i], 2));
		for (size_t k = 0; k < i; k++)
			assert_true(token_digest(cuts[i], 3) != token_digest(cuts[k], 3));
	}
}

static int setup(void **state)
{
	(void)state;
	token_begin(secret);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_capitals),
		cmocka_unit_test(test_bound_to_its_use),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_more_behind),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_digest_of_pieces),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
