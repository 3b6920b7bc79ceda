/* SPDX-License-Identifier: Apache-2.0 */
/* rpc_play.c writes PDUs and towers, right ones and wrong ones. */
#include "rpc_play.h"

#include <string.h>

#include "plugins/rpc/epm.h"

/* Writes behind what is there; offsets count from there too. */
static struct wire_out begin(struct rpc_text *t, struct rpc_way way)
{
	return (struct wire_out){ .p = t->p + t->n, .n = sizeof(t->p) - t->n, .big = way.big };
}

static void end(struct rpc_text *t, struct wire_out *out, size_t auth_n)
{
	t->n += wire_end(out, auth_n);
}

static void put_offer(struct wire_out *out, uint16_t id, const struct wire_uuid *interface)
{
	wire_put_u16(out, id);
	wire_put_u8(out, 2); /* transfer syntaxes */
	wire_put_u8(out, 0);
	wire_put_uuid(out, interface);
	wire_put_u32(out, 3);
	wire_put_uuid(out, &wire_ndr);
	wire_put_u32(out, 2);
	wire_put_uuid(out, &wire_ndr64);
	wire_put_u32(out, 1);
}

void rpc_bind(struct rpc_text *t, struct rpc_way way, uint8_t type, uint32_t call, uint16_t context,
	      const struct wire_uuid *interface)
{
	static const struct wire_uuid nobody = { 1, 2, 3, { 4 } };
	struct wire_out out = begin(t, way);

	wire_begin(&out, type, 0, call);
	wire_put_u16(&out, 5840);
	wire_put_u16(&out, 5840);
	wire_put_u32(&out, 0);
	wire_put_u8(&out, 2);
	wire_put_zeros(&out, 3);
	put_offer(&out, 77, &nobody);
	put_offer(&out, context, interface);
	end(t, &out, 0);
}

static void put_result(struct wire_out *out, uint16_t result, const struct wire_uuid *transfer)
{
	wire_put_u16(out, result);
	wire_put_u16(out, 0);
	wire_put_uuid(out, transfer);
	wire_put_u32(out, 2);
}

void rpc_ack(struct rpc_text *t, struct rpc_way way, uint8_t type, uint32_t call, uint16_t result)
{
	struct wire_out out = begin(t, way);

	wire_begin(&out, type, 0, call);
	wire_put_u16(&out, 5840);
	wire_put_u16(&out, 5840);
	wire_put_u32(&out, 0x1234);
	wire_put_u16(&out, 4);
	wire_put_bytes(&out, "135", 4);
	wire_put_zeros(&out, 2); /* to a multiple of 4 */
	wire_put_u8(&out, 2);
	wire_put_zeros(&out, 3);
	put_result(&out, 2, &wire_ndr);
	put_result(&out, result, way.wide ? &wire_ndr64 : &wire_ndr);
	end(t, &out, 0);
}

void rpc_bare(struct rpc_text *t, struct rpc_way way, uint8_t type, uint32_t call)
{
	struct wire_out out = begin(t, way);

	wire_begin(&out, type, 0, call);
	end(t, &out, 0);
}

void rpc_request(struct rpc_text *t, struct rpc_way way, uint32_t call, uint16_t context, uint16_t opnum)
{
	struct wire_out out = begin(t, way);

	wire_begin(&out, WIRE_IS_REQUEST, 0, call);
	wire_put_u32(&out, 8);
	wire_put_u16(&out, context);
	wire_put_u16(&out, opnum);
	wire_put_zeros(&out, 8); /* the gateway does not read what is asked */
	end(t, &out, 0);
}

void rpc_response(struct rpc_text *t, struct rpc_way way, const struct rpc_part *part)
{
	struct wire_out out = begin(t, way);
	uint8_t pad = (uint8_t)((4 - part->stub_n % 4) % 4);
	size_t auth_n = part->level > WIRE_LEVEL_NONE ? 8 + 16 : 0;

	wire_begin(&out, WIRE_IS_RESPONSE, 0, part->call);
	wire_put_u32(&out, (uint32_t)part->stub_n);
	wire_put_u16(&out, part->context);
	wire_put_zeros(&out, 2);
	wire_put_bytes(&out, part->stub, part->stub_n);
	if (auth_n > 0) {
		wire_put_zeros(&out, pad);
		wire_put_u8(&out, 10); /* NTLM */
		wire_put_u8(&out, part->level);
		wire_put_u8(&out, pad);
		wire_put_zeros(&out, 1 + 4);
		wire_put_bytes(&out, "a verifier of it", 16);
	}
	out.p[3] = part->flags;
	end(t, &out, auth_n);
}

/* ---- Towers ---- */

static void put_floor(struct wire_out *out, uint8_t id, const void *right, uint16_t n)
{
	wire_put_u16(out, 1);
	wire_put_u8(out, id);
	wire_put_u16(out, n);
	wire_put_bytes(out, right, n);
}

static void put_syntax(struct wire_out *out, const struct wire_uuid *uuid)
{
	wire_put_u16(out, 19);
	wire_put_u8(out, 0x0d);
	wire_put_uuid(out, uuid);
	wire_put_u16(out, 3);
	wire_put_u16(out, 2);
	wire_put_u16(out, 0);
}

/* All but its length. */
static void put_tower(struct wire_out *out, const struct rpc_tower *t)
{
	static const uint8_t v6[16] = { 0x20, 0x01 };
	uint8_t port[2] = { (uint8_t)(t->port >> 8), (uint8_t)t->port };

	wire_put_u16(out, t->kind == RPC_NOTHING ? 0 : t->kind == RPC_LYING ? 65535 : t->kind == RPC_PIPE ? 4 : 5);
	if (t->kind == RPC_NOTHING)
		return;
	put_syntax(out, &epm_interface);
	put_syntax(out, &wire_ndr);
	put_floor(out, t->kind == RPC_UDP ? 0x0a : 0x0b, "\0", 2);
	if (t->kind == RPC_PIPE)
		put_floor(out, 0x0f, "\\pipe\\x", 8);
	else
		put_floor(out, t->kind == RPC_UDP ? 0x08 : 0x07, port, 2);
	if (t->kind == RPC_IPV6)
		put_floor(out, 0x09, v6, sizeof(v6));
	else if (t->kind != RPC_PIPE)
		put_floor(out, 0x09, t->address, 4);
}

static void put_word(struct wire_out *out, bool wide, uint64_t value)
{
	size_t to = wide ? 8 : 4;

	wire_put_zeros(out, (to - out->at % to) % to);
	if (wide)
		wire_put_u64(out, value);
	else
		wire_put_u32(out, (uint32_t)value);
}

void rpc_towers(struct rpc_text *t, struct rpc_way way, const struct rpc_tower *towers, unsigned n)
{
	struct wire_out out = begin(t, way);

	wire_put_bytes(&out, "a handle of 20 bytes", 20);
	wire_put_u32(&out, n);
	put_word(&out, way.wide, n + 3); /* asked for */
	put_word(&out, way.wide, 0);
	put_word(&out, way.wide, n);
	for (unsigned i = 0; i < n; i++)
		put_word(&out, way.wide, towers[i].kind == RPC_NULL ? 0 : i + 1);
	for (unsigned i = 0; i < n; i++) {
		uint8_t bytes[256];
		struct wire_out tower = { .p = bytes, .n = sizeof(bytes) };

		if (towers[i].kind == RPC_NULL)
			continue;
		put_tower(&tower, &towers[i]);
		put_word(&out, way.wide, tower.at);
		wire_put_u32(&out, (uint32_t)tower.at);
		wire_put_bytes(&out, bytes, tower.at);
	}
	wire_put_zeros(&out, (4 - out.at % 4) % 4);
	wire_put_u32(&out, 0); /* status */
	t->n += out.at;
}
