/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.c reads and writes the PDUs of connection-oriented DCE/RPC.  It knows their lengths and trusts none of them;
 * what the PDUs are about (which interface, which call) is for others.
 */
#include "wire.h"

#include <errno.h>
#include <string.h>

/* Offsets in the common header. */
enum { AT_MINOR = 1, AT_TYPE = 2, AT_FLAGS = 3, AT_DREP = 4, AT_FRAG_LENGTH = 8 };

/* auth_type, auth_level, auth_pad_length, reserved, auth_context_id; the auth_length does not count it. */
enum { AUTH_HEADER = 8 };

enum { PROTOCOL = 5, SYNTAX_N = 20 };

const struct wire_uuid wire_ndr = { 0x8a885d04, 0x1ceb, 0x11c9, { 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60 } };
const struct wire_uuid wire_ndr64 = { 0x71710533, 0xbeba, 0x4937, { 0x83, 0x19, 0xb5, 0xdb, 0xef, 0x9c, 0xcc, 0x36 } };

/* ---- Reading numbers ---- */

const uint8_t *wire_skip(struct wire_in *in, uint64_t n)
{
	const uint8_t *p = in->p + in->at;

	if (in->bad || n > in->n - in->at) {
		in->bad = true;
		return NULL;
	}
	in->at += (size_t)n;
	return p;
}

void wire_align(struct wire_in *in, size_t to)
{
	wire_skip(in, (to - in->at % to) % to);
}

static uint64_t number(struct wire_in *in, size_t n)
{
	const uint8_t *p = wire_skip(in, n);
	uint64_t value = 0;

	for (size_t i = 0; p && i < n; i++)
		value = value << 8 | p[in->big ? i : n - 1 - i];
	return value;
}

uint8_t wire_u8(struct wire_in *in)
{
	return (uint8_t)number(in, 1);
}

uint16_t wire_u16(struct wire_in *in)
{
	return (uint16_t)number(in, 2);
}

uint32_t wire_u32(struct wire_in *in)
{
	return (uint32_t)number(in, 4);
}

uint64_t wire_u64(struct wire_in *in)
{
	return number(in, 8);
}

struct wire_uuid wire_uuid(struct wire_in *in)
{
	struct wire_uuid uuid = { .low = wire_u32(in), 0 };
	const uint8_t *rest;

	uuid.mid = wire_u16(in);
	uuid.high = wire_u16(in);
	rest = wire_skip(in, sizeof(uuid.rest));
	if (rest)
		memcpy(uuid.rest, rest, sizeof(uuid.rest));
	return uuid;
}

/* ---- Writing numbers ---- */

void wire_put_bytes(struct wire_out *out, const void *p, size_t n)
{
	if (out->bad || n > out->n - out->at) {
		out->bad = true;
		return;
	}
	if (n > 0)
		memcpy(out->p + out->at, p, n);
	out->at += n;
}

void wire_put_zeros(struct wire_out *out, size_t n)
{
	while (n-- > 0)
		wire_put_u8(out, 0);
}

static void put_number(struct wire_out *out, uint64_t value, size_t n)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < n; i++)
		bytes[out->big ? n - 1 - i : i] = (uint8_t)(value >> 8 * i);
	wire_put_bytes(out, bytes, n);
}

void wire_put_u8(struct wire_out *out, uint8_t value)
{
	put_number(out, value, 1);
}

void wire_put_u16(struct wire_out *out, uint16_t value)
{
	put_number(out, value, 2);
}

void wire_put_u32(struct wire_out *out, uint32_t value)
{
	put_number(out, value, 4);
}

void wire_put_u64(struct wire_out *out, uint64_t value)
{
	put_number(out, value, 8);
}

void wire_put_uuid(struct wire_out *out, const struct wire_uuid *uuid)
{
	wire_put_u32(out, uuid->low);
	wire_put_u16(out, uuid->mid);
	wire_put_u16(out, uuid->high);
	wire_put_bytes(out, uuid->rest, sizeof(uuid->rest));
}

/* ---- UUIDs ---- */

bool wire_same(const struct wire_uuid *a, const struct wire_uuid *b)
{
	return a->low == b->low && a->mid == b->mid && a->high == b->high &&
	       memcmp(a->rest, b->rest, sizeof(a->rest)) == 0;
}

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int wire_uuid_of(struct wire_uuid *uuid, const char *text)
{
	uint8_t bytes[16];
	struct wire_in in = { .p = bytes, .n = sizeof(bytes), .big = true };

	if (strlen(text) != 36)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		int high, low;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return -EINVAL;
		high = digit_of(*text++);
		low = digit_of(*text++);
		if (high < 0 || low < 0)
			return -EINVAL;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	*uuid = wire_uuid(&in);
	return 0;
}

/* ---- PDUs ---- */

/* The verifier stands at the end, behind padding that it counts itself (C706 13.2.6.1). */
static int read_auth(struct wire_pdu *pdu, size_t auth_length)
{
	size_t all = pdu->n - WIRE_HEADER, pad;
	const uint8_t *p;

	pdu->level = WIRE_LEVEL_NONE;
	pdu->body_n = all;
	if (auth_length == 0)
		return 0;
	pdu->auth_n = AUTH_HEADER + auth_length;
	if (pdu->auth_n > all)
		return -EPROTO;
	p = pdu->p + pdu->n - pdu->auth_n;
	pdu->level = p[1];
	pad = p[2];
	if (pad > all - pdu->auth_n)
		return -EPROTO;
	pdu->body_n = all - pdu->auth_n - pad;
	return 0;
}

int wire_read(struct wire_pdu *pdu, const void *p, size_t n)
{
	struct wire_in in = { .p = p, .n = n };
	size_t auth_length;

	if (n > 0 && in.p[0] != PROTOCOL)
		return -EPROTO;
	if (n < WIRE_HEADER)
		return 0;
	*pdu = (struct wire_pdu){ .p = p,
				  .minor = in.p[AT_MINOR],
				  .type = in.p[AT_TYPE],
				  .flags = in.p[AT_FLAGS],
				  .big = (in.p[AT_DREP] & 0xf0) == 0 };
	in.big = pdu->big;
	in.at = AT_FRAG_LENGTH;
	pdu->n = wire_u16(&in);
	auth_length = wire_u16(&in);
	pdu->call_id = wire_u32(&in);
	if (pdu->n < WIRE_HEADER)
		return -EPROTO;
	if (pdu->n > n)
		return 0;
	return read_auth(pdu, auth_length) < 0 ? -EPROTO : 1;
}

struct wire_in wire_body(const struct wire_pdu *pdu)
{
	return (struct wire_in){ .p = pdu->p, .n = WIRE_HEADER + pdu->body_n, .at = WIRE_HEADER, .big = pdu->big };
}

/* max_xmit_frag, max_recv_frag, assoc_group_id; then how many contexts, and three reserved bytes. */
unsigned wire_contexts(struct wire_in *in, const struct wire_pdu *pdu)
{
	unsigned n;

	*in = wire_body(pdu);
	wire_skip(in, 8);
	n = wire_u8(in);
	wire_skip(in, 3);
	return n;
}

struct wire_context wire_context(struct wire_in *in)
{
	struct wire_context c = { .id = wire_u16(in) };
	unsigned transfers = wire_u8(in);

	wire_skip(in, 1);
	c.interface = wire_uuid(in);
	c.version = wire_u32(in);
	wire_skip(in, (uint64_t)transfers * SYNTAX_N);
	return c;
}

/* The same head, then the secondary address: a text with its length, which moves all that follows. */
unsigned wire_results(struct wire_in *in, const struct wire_pdu *pdu)
{
	unsigned n;

	*in = wire_body(pdu);
	wire_skip(in, 8);
	wire_skip(in, wire_u16(in));
	wire_align(in, 4);
	n = wire_u8(in);
	wire_skip(in, 3);
	return n;
}

struct wire_result wire_result(struct wire_in *in)
{
	struct wire_result r = { .result = wire_u16(in) };

	wire_skip(in, 2); /* the reason */
	r.transfer = wire_uuid(in);
	wire_skip(in, 4); /* its version */
	return r;
}

/* alloc_hint, p_cont_id; then opnum of a request, cancel_count and a reserved byte of a response. */
int wire_call(struct wire_call *call, const struct wire_pdu *pdu)
{
	struct wire_in in = wire_body(pdu);

	wire_skip(&in, 4);
	call->context = wire_u16(&in);
	call->opnum = wire_u16(&in);
	if (pdu->flags & WIRE_OBJECT && pdu->type == WIRE_IS_REQUEST)
		wire_skip(&in, sizeof(struct wire_uuid));
	return in.bad ? -EPROTO : 0;
}

/* ---- Writing ---- */

void wire_begin(struct wire_out *out, uint8_t type, uint8_t minor, uint32_t call_id)
{
	wire_put_u8(out, PROTOCOL);
	wire_put_u8(out, minor);
	wire_put_u8(out, type);
	wire_put_u8(out, WIRE_FIRST | WIRE_LAST);
	wire_put_u8(out, out->big ? 0 : 0x10);
	wire_put_zeros(out, 3);
	wire_put_zeros(out, 4); /* frag_length and auth_length: wire_end */
	wire_put_u32(out, call_id);
}

size_t wire_end(struct wire_out *out, size_t auth_n)
{
	struct wire_out lengths = { .p = out->p, .n = out->n, .at = AT_FRAG_LENGTH, .big = out->big };

	if (out->bad || out->at > WIRE_PDU_MAX)
		return 0;
	wire_put_u16(&lengths, (uint16_t)out->at);
	wire_put_u16(&lengths, (uint16_t)(auth_n ? auth_n - AUTH_HEADER : 0));
	return out->at;
}
