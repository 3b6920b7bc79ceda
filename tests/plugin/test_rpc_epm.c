/* SPDX-License-Identifier: Apache-2.0 */
/* ept_map: towers of all kinds, in both transfer syntaxes and byte orders, cut anywhere. */
#include "plugins/rpc/epm.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "rpc_play.h"

static const struct rpc_way ways[] = { { false, false }, { true, false }, { false, true }, { true, true } };

#define EACH_WAY(way) (const struct rpc_way *way = ways; way < ways + sizeof(ways) / sizeof(*ways); way++)

/* One tower of ncacn_ip_tcp:198.18.0.5[51001], as it goes over the wire. */
static const uint8_t sample[] = {
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,                                                                               /* handle */
	1,    0,    0,    0,    4,    0,    0,    0,    0,    0,    0,    0,    1,    0,    0,    0, /* number, room,
													offset, count */
	3,    0,    0,    0,    75,   0,    0,    0,    75,   0,    0,    0,    5,    0, /* pointer, length twice,
											    floors */
	19,   0,    13,   0x78, 0x57, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0,    1,    0x23, 0x45, 0x67,
	0x89, 0xab, 0,    0,    2,    0,    0,    0,    19,   0,    13,   0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c,
	0xc9, 0x11, 0x9f, 0xe8, 8,    0,    0x2b, 0x10, 0x48, 0x60, 2,    0,    2,    0,    0,    0,    1,
	0,    11,   2,    0,    0,    0,    1,    0,    7,    2,    0,    0xc7, 0x39, 1,    0,    9,    4,
	0,    198,  18,   0,    5,    0,    0,    0,    0,    0, /* padding, status */
};

static void a_sample_is_read_and_changed(void **state)
{
	static const uint8_t address[4] = { 192, 0, 2, 7 };
	uint8_t stub[sizeof(sample)];
	struct epm_answer a;
	struct epm_tower t;

	(void)state;
	memcpy(stub, sample, sizeof(sample));
	assert_int_equal(epm_open(&a, stub, sizeof(stub), false, false), 0);
	assert_int_equal(a.max, 4);
	assert_int_equal(epm_next(&a, &t), 1);
	assert_int_equal(t.kind, EPM_TCP);
	assert_int_equal(t.port, 51001);
	assert_memory_equal(t.address, sample + sizeof(sample) - 9, 4);
	assert_int_equal(epm_next(&a, &t), 0);
	epm_replace(stub, &t, address, 50000);
	for (size_t i = 0; i < sizeof(sample); i++)
		if (stub[i] != sample[i])
			assert_true(i == 112 || i == 113 || (i >= 119 && i <= 122));
	assert_memory_equal(stub + 112, "\xc3\x50", 2);
	assert_memory_equal(stub + 119, address, 4);
}

/* Reads all; how many, or -EPROTO. */
static int read_all(const uint8_t *stub, size_t n, struct rpc_way way, enum epm_kind kinds[])
{
	struct epm_answer a;
	struct epm_tower t;
	int found = 0, ret = epm_open(&a, stub, n, way.big, way.wide);

	while (ret == 0 && (ret = epm_next(&a, &t)) > 0) {
		if (kinds)
			kinds[found] = t.kind;
		assert_true(t.kind != EPM_TCP || (t.port_at + 2 <= n && t.address_at + 4 <= n));
		found++;
		ret = 0;
		if (found > 100)
			return -E2BIG;
		continue;
	}
	return ret < 0 ? ret : found;
}

static void all_kinds_are_told(void **state)
{
	static const struct rpc_tower towers[] = { { RPC_TCP, { 1, 2, 3, 4 }, 5 }, { RPC_UDP, { 1, 2, 3, 4 }, 5 },
						   { RPC_NULL, { 0 }, 0 },         { RPC_PIPE, { 0 }, 0 },
						   { RPC_IPV6, { 0 }, 5 },         { RPC_NOTHING, { 0 }, 0 },
						   { RPC_TCP, { 1, 2, 3, 4 }, 0 }, { RPC_TCP, { 1, 2, 3, 4 }, 65535 } };
	static const enum epm_kind expected[] = {
		EPM_TCP, EPM_UDP, EPM_OTHER, EPM_IPV6, EPM_OTHER, EPM_OTHER, EPM_TCP
	};
	static struct rpc_text text;

	(void)state;
	for
		EACH_WAY(way)
		{
			enum epm_kind kinds[8];

			text.n = 0;
			rpc_towers(&text, *way, towers, 8);
			assert_int_equal(read_all(text.p, text.n, *way, kinds), 7);
			assert_memory_equal(kinds, expected, sizeof(expected));
		}
}

/* Whatever is cut off, more towers are promised than there are; only what stands behind the last is not missed. */
static void every_cut_is_found(void **state)
{
	static const struct rpc_tower towers[] = { { RPC_TCP, { 1, 2, 3, 4 }, 5 }, { RPC_UDP, { 1, 2, 3, 4 }, 5 } };
	static struct rpc_text text;

	(void)state;
	for
		EACH_WAY(way)
		{
			size_t whole;

			text.n = 0;
			rpc_towers(&text, *way, towers, 2);
			whole = text.n - 4 - (way->wide ? 1 : 3) % 4;
			for (size_t n = 0; n < text.n; n++) {
				uint8_t *copy = malloc(n ? n : 1);
				int ret;

				assert_non_null(copy);
				memcpy(copy, text.p, n);
				ret = read_all(copy, n, *way, NULL);
				free(copy);
				assert_true(ret == -EPROTO || (ret == 2 && n >= whole - 4));
			}
		}
}

static const struct {
	size_t at;
	uint8_t value;
} lies[] = {
	{ 20, 2 },                             /* num_towers is not the array's count */
	{ 23, 255 },                           /* giant */
	{ 32, 2 },                             /* the other way round */
	{ 24, 0 },                             /* more than there is room for */
	{ 40, 76 },                            /* two lengths of a tower that differ */
	{ 44, 74 },  { 47, 255 }, { 49, 255 }, /* 65285 floors */
	{ 48, 6 },                             /* one more than there are */
	{ 50, 255 },                           /* a floor that is longer than its tower, on the left */
	{ 71, 255 },                           /* on the right */
};

static void lies_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		uint8_t *stub = malloc(sizeof(sample));

		assert_non_null(stub);
		memcpy(stub, sample, sizeof(sample));
		stub[lies[i].at] = lies[i].value;
		assert_int_equal(read_all(stub, sizeof(sample), ways[0], NULL), -EPROTO);
		free(stub);
	}
}

/* Both of a giant count, as far as each syntax can say it. */
static void giants_are_found(void **state)
{
	(void)state;
	for
		EACH_WAY(way)
		{
			uint8_t stub[64];

			memset(stub, 0xff, sizeof(stub));
			assert_int_equal(read_all(stub, sizeof(stub), *way, NULL), -EPROTO);
		}
}

static void a_failure_reads_as_no_towers(void **state)
{
	(void)state;
	for
		EACH_WAY(way)
		{
			uint8_t stub[EPM_FAILURE_MAX];
			struct wire_out out = { .p = stub, .n = sizeof(stub), .big = way->big };
			struct wire_in status = { .p = stub, .big = way->big };

			epm_put_failure(&out, EPM_NOT_REGISTERED, 4, way->wide);
			assert_false(out.bad);
			assert_int_equal(out.at, way->wide ? 52 : 40);
			assert_int_equal(read_all(stub, out.at, *way, NULL), 0);
			status.n = out.at;
			status.at = out.at - 4;
			assert_int_equal(wire_u32(&status), 0x16c9a0d6);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_is_read_and_changed),
		cmocka_unit_test(all_kinds_are_told),
		cmocka_unit_test(every_cut_is_found),
		cmocka_unit_test(lies_are_found),
		cmocka_unit_test(giants_are_found),
		cmocka_unit_test(a_failure_reads_as_no_towers),
	};

	return cmocka_run_group_tests_name("rpc epm", tests, NULL, NULL);
}
