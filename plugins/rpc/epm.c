/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epm.c reads, changes and writes the stubs of ept_map, in NDR and in NDR64, which 64-bit Windows prefers: there counts
 * and pointers have eight bytes and are aligned to them.  The inside of a tower is the same in both, and little-endian
 * whatever the PDU says; ports and addresses in it are in network order.
 */
#include "epm.h"

#include <errno.h>
#include <string.h>

const struct wire_uuid epm_interface = {
	0xe1af8308, 0x5d1f, 0x11c9, { 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa }
};

/* The protocol identifiers of floors. */
enum { FLOOR_TCP = 0x07, FLOOR_UDP = 0x08, FLOOR_IP = 0x09, FLOOR_CONNECTIONS = 0x0b, FLOOR_UUID = 0x0d };

/* Their order, from 0. */
enum { AT_INTERFACE, AT_TRANSFER, AT_RPC, AT_PORT, AT_ADDRESS, FLOORS };

enum {
	HANDLE_N = 20,
	QUESTION_TOWER_N = 75, /* see put_tower */
};

/* ---- Reading ---- */

/* A count or a pointer. */
static uint64_t word(struct wire_in *in, bool wide)
{
	wire_align(in, wide ? 8 : 4);
	return wide ? wire_u64(in) : wire_u32(in);
}

int epm_open(struct epm_answer *a, const uint8_t *stub, size_t n, bool big, bool wide)
{
	struct wire_in in = { .p = stub, .n = n, .big = big };
	uint32_t num;

	wire_skip(&in, HANDLE_N);
	num = wire_u32(&in);
	*a = (struct epm_answer){ .max = word(&in, wide), .wide = wide };
	word(&in, wide); /* the array's offset: 0 */
	a->left = word(&in, wide);
	if (in.bad || a->left != num || a->left > a->max)
		return -EPROTO;
	a->pointers = in;
	wire_skip(&in, a->left * (wide ? 8 : 4));
	a->towers = in;
	return in.bad ? -EPROTO : 0;
}

struct floor {
	uint8_t id;
	const uint8_t *right; /* the right-hand side */
	size_t n;
};

static struct floor read_floor(struct wire_in *in)
{
	size_t left_n = wire_u16(in);
	const uint8_t *left = wire_skip(in, left_n);
	struct floor f = { .id = left && left_n > 0 ? left[0] : 0, .n = wire_u16(in) };

	f.right = wire_skip(in, f.n);
	return f;
}

static enum epm_kind kind_of(const struct floor floors[FLOORS], unsigned n)
{
	if (n > AT_PORT && floors[AT_PORT].id == FLOOR_UDP)
		return EPM_UDP;
	if (n <= AT_PORT || floors[AT_RPC].id != FLOOR_CONNECTIONS || floors[AT_PORT].id != FLOOR_TCP ||
	    floors[AT_PORT].n != 2)
		return EPM_OTHER;
	return n > AT_ADDRESS && floors[AT_ADDRESS].id == FLOOR_IP && floors[AT_ADDRESS].n == 4 ? EPM_TCP : EPM_IPV6;
}

/* All floors are read, also those that say nothing here: a tower that cannot be trusted is left alone. */
static int read_tower(struct epm_tower *t, const uint8_t *stub, struct wire_in in)
{
	struct floor floors[FLOORS] = { 0 };
	unsigned n = wire_u16(&in);

	for (unsigned i = 0; i < n && !in.bad; i++) {
		struct floor f = read_floor(&in);

		if (i < FLOORS)
			floors[i] = f;
	}
	if (in.bad)
		return -EPROTO;
	*t = (struct epm_tower){ .kind = kind_of(floors, n) };
	if (t->kind != EPM_TCP)
		return 0;
	t->port_at = (size_t)(floors[AT_PORT].right - stub);
	t->port = (uint16_t)(floors[AT_PORT].right[0] << 8 | floors[AT_PORT].right[1]);
	t->address_at = (size_t)(floors[AT_ADDRESS].right - stub);
	memcpy(t->address, floors[AT_ADDRESS].right, sizeof(t->address));
	if (t->port == 0)
		t->kind = EPM_OTHER; /* nothing listens yet */
	return 0;
}

int epm_next(struct epm_answer *a, struct epm_tower *t)
{
	struct wire_in *in = &a->towers;
	struct wire_in tower = { 0 };
	uint64_t max = 0;

	while (a->left > 0 && word(&a->pointers, a->wide) == 0)
		a->left--;
	if (a->left == 0)
		return 0;
	a->left--;
	max = word(in, a->wide);
	tower.n = wire_u32(in);
	tower.p = wire_skip(in, tower.n);
	if (in->bad || max != tower.n || read_tower(t, in->p, tower) < 0)
		return -EPROTO;
	return 1;
}

void epm_replace(uint8_t *stub, const struct epm_tower *t, const uint8_t address[4], uint16_t port)
{
	stub[t->port_at] = (uint8_t)(port >> 8);
	stub[t->port_at + 1] = (uint8_t)port;
	memcpy(stub + t->address_at, address, 4);
}

/* ---- Writing ---- */

static void put_word(struct wire_out *out, uint64_t value, bool wide)
{
	if (wide)
		wire_put_u64(out, value);
	else
		wire_put_u32(out, (uint32_t)value);
}

/* With 20 + 4 bytes before it the array is aligned in either syntax. */
void epm_put_failure(struct wire_out *out, uint32_t status, uint64_t max, bool wide)
{
	wire_put_zeros(out, HANDLE_N);
	wire_put_u32(out, 0);
	put_word(out, max, wide);
	put_word(out, 0, wide);
	put_word(out, 0, wide);
	wire_put_u32(out, status);
}

static void put_syntax(struct wire_out *out, const struct wire_uuid *uuid, uint16_t major, uint16_t minor)
{
	wire_put_u16(out, 1 + 16 + 2);
	wire_put_u8(out, FLOOR_UUID);
	wire_put_uuid(out, uuid);
	wire_put_u16(out, major);
	wire_put_u16(out, 2);
	wire_put_u16(out, minor);
}

static void put_floor(struct wire_out *out, uint8_t id, uint16_t right_n)
{
	wire_put_u16(out, 1);
	wire_put_u8(out, id);
	wire_put_u16(out, right_n);
	wire_put_zeros(out, right_n);
}

static void put_tower(struct wire_out *out, const struct wire_uuid *interface, uint16_t major, uint16_t minor)
{
	wire_put_u16(out, FLOORS);                /*  2 */
	put_syntax(out, interface, major, minor); /* 27: 25 with the lengths of both sides */
	put_syntax(out, &wire_ndr, 2, 0);
	put_floor(out, FLOOR_CONNECTIONS, 2);
	put_floor(out, FLOOR_TCP, 2);
	put_floor(out, FLOOR_IP, 4);
}

void epm_put_question(struct wire_out *out, const struct wire_uuid *interface, uint16_t major, uint16_t minor)
{
	wire_put_u32(out, 0); /* any object */
	wire_put_u32(out, 1); /* a pointer that is not null */
	wire_put_u32(out, QUESTION_TOWER_N);
	wire_put_u32(out, QUESTION_TOWER_N);
	put_tower(out, interface, major, minor);
	wire_put_zeros(out, (4 - QUESTION_TOWER_N % 4) % 4);
	wire_put_zeros(out, HANDLE_N);
	wire_put_u32(out, 1); /* max_towers */
}
