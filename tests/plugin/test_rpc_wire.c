/* SPDX-License-Identifier: Apache-2.0 */
/* PDUs of DCE/RPC, byte by byte: right ones in both orders, and lengths that lie. */
#include "plugins/rpc/wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

/* Little-endian but for `big`: the same bind, of call 7, with a verifier of 4 bytes and 2 of padding before it. */
static const uint8_t little[] = {
	5,    0,    11,   3,    0x10, 0,    0,    0,    88,   0,    4,    0,    7,    0,    0,    0, /* header */
	0xd0, 0x16, 0xd0, 0x16, 0,    0,    0,    0,    1,    0,    0,    0, /* sizes, group, one context */
	9,    0,    1,    0,                                                 /* id 9, one transfer syntax */
	0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa,
	3,    0,    0,    0,    0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00,
	0x2b, 0x10, 0x48, 0x60, 2,    0,    0,    0,    0,    0,    0,    0,   /* padding of 4 */
	10,   2,    4,    0,    0,    0,    0,    0,    'a',  'u',  't',  'h', /* verifier, level CONNECT */
};
static const uint8_t big[] = {
	5,    0,    11,   3,    0x00, 0,    0,    0,    0,    72,   0,    0,    0,    0,    0,    7,    0x16, 0xd0,
	0x16, 0xd0, 0,    0,    0,    0,    1,    0,    0,    0,    0,    9,    1,    0,    0xe1, 0xaf, 0x83, 0x08,
	0x5d, 0x1f, 0x11, 0xc9, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa, 0,    0,    0,    3,    0x8a, 0x88,
	0x5d, 0x04, 0x1c, 0xeb, 0x11, 0xc9, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 0,    0,    0,    2,
};

static void check_bind(const struct wire_pdu *pdu)
{
	struct wire_context c;
	struct wire_uuid uuid;
	struct wire_in in;

	assert_int_equal(wire_uuid_of(&uuid, "E1AF8308-5d1f-11c9-91a4-08002b14a0fa"), 0);
	assert_int_equal(pdu->type, WIRE_IS_BIND);
	assert_int_equal(pdu->flags, WIRE_FIRST | WIRE_LAST);
	assert_int_equal(pdu->call_id, 7);
	assert_int_equal(wire_contexts(&in, pdu), 1);
	c = wire_context(&in);
	assert_int_equal(c.id, 9);
	assert_int_equal(c.version, 3);
	assert_true(wire_same(&c.interface, &uuid));
	assert_false(in.bad);
	assert_int_equal(in.at, in.n);
	wire_context(&in);
	assert_true(in.bad);
}

static void both_orders_are_read(void **state)
{
	struct wire_pdu pdu;

	(void)state;
	assert_int_equal(wire_read(&pdu, little, sizeof(little)), 1);
	assert_int_equal(pdu.n, sizeof(little));
	assert_int_equal(pdu.auth_n, 12);
	assert_int_equal(pdu.level, WIRE_LEVEL_CONNECT);
	check_bind(&pdu);
	assert_int_equal(wire_read(&pdu, big, sizeof(big)), 1);
	assert_int_equal(pdu.auth_n, 0);
	assert_int_equal(pdu.level, WIRE_LEVEL_NONE);
	check_bind(&pdu);
}

/* In memory of its own size, for AddressSanitizer. */
static int read_alone(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	struct wire_pdu pdu;
	int ret;

	assert_non_null(copy);
	memcpy(copy, p, n);
	ret = wire_read(&pdu, copy, n);
	free(copy);
	return ret;
}

static void a_part_asks_for_more(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(little); n++)
		assert_int_equal(read_alone(little, n), 0);
	assert_int_equal(read_alone(little, sizeof(little)), 1);
}

static const struct {
	size_t at, n;
	uint8_t value;
} lies[] = {
	{ 0, 1, 4 },   /* another version, at the first byte */
	{ 8, 16, 15 }, /* a PDU shorter than its header */
	{ 8, 16, 0 },
	{ 10, sizeof(little), 65 }, /* a verifier longer than the PDU: its header and 65 bytes of 72 */
	{ 11, sizeof(little), 255 },
	{ 78, sizeof(little), 61 }, /* more padding than bytes */
};

static void lies_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		uint8_t pdu[sizeof(little)];

		memcpy(pdu, little, sizeof(little));
		pdu[lies[i].at] = lies[i].value;
		assert_int_equal(read_alone(pdu, lies[i].n), -EPROTO);
	}
}

/* A list of contexts that says 255 and ends anywhere. */
static void cut_lists_are_bad(void **state)
{
	struct wire_pdu pdu;

	(void)state;
	for (size_t n = WIRE_HEADER; n <= 72; n++) {
		uint8_t *copy = malloc(n);
		struct wire_in in;
		unsigned contexts;

		assert_non_null(copy);
		memcpy(copy, little, n);
		copy[8] = (uint8_t)n;
		copy[10] = 0;
		if (n > 24)
			copy[24] = 255;
		assert_int_equal(wire_read(&pdu, copy, n), 1);
		contexts = wire_contexts(&in, &pdu);
		for (unsigned i = 0; i < contexts; i++)
			wire_context(&in);
		assert_int_equal(contexts, n > 24 ? 255 : 0);
		assert_true(in.bad);
		free(copy);
	}
}

static void uuids_are_read_whole(void **state)
{
	static const char *const wrong[] = { "",
					     "e1af8308",
					     "e1af8308-5d1f-11c9-91a4-08002b14a0f",
					     "e1af8308x5d1f-11c9-91a4-08002b14a0fa",
					     "e1af8308-5d1f-11c9-91a4-08002b14a0fag",
					     "g1af8308-5d1f-11c9-91a4-08002b14a0fa" };
	struct wire_uuid uuid;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(wire_uuid_of(&uuid, wrong[i]), -EINVAL);
}

static void a_writer_stops_at_its_end(void **state)
{
	uint8_t room[20];

	(void)state;
	for (size_t n = 0; n < sizeof(room); n++) {
		struct wire_out out = { .p = room, .n = n };

		memset(room, 0xee, sizeof(room));
		wire_begin(&out, WIRE_IS_BIND, 0, 1);
		wire_put_u32(&out, 1);
		assert_int_equal(wire_end(&out, 0), 0);
		assert_int_equal(room[n], 0xee);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_orders_are_read), cmocka_unit_test(a_part_asks_for_more),
		cmocka_unit_test(lies_are_found),       cmocka_unit_test(cut_lists_are_bad),
		cmocka_unit_test(uuids_are_read_whole), cmocka_unit_test(a_writer_stops_at_its_end),
	};

	return cmocka_run_group_tests_name("rpc wire", tests, NULL, NULL);
}
