/* SPDX-License-Identifier: Apache-2.0 */
/* rpc_play.h: what clients and servers of DCE/RPC say, for tests of the rpc plugin. */
#ifndef RPC_PLAY_H
#define RPC_PLAY_H

#include "plugins/rpc/wire.h"

#define RPC_TEXT 70000

/* Bytes that grow at their end. */
struct rpc_text {
	uint8_t p[RPC_TEXT];
	size_t n;
};

/* How a peer writes. */
struct rpc_way {
	bool big, wide; /* the byte order; NDR64 */
};

enum rpc_tower_kind { RPC_TCP, RPC_UDP, RPC_PIPE, RPC_IPV6, RPC_NOTHING, RPC_LYING, RPC_NULL };

struct rpc_tower {
	enum rpc_tower_kind kind;
	uint8_t address[4];
	uint16_t port;
};

/* A fragment of an answer. */
struct rpc_part {
	uint32_t call;
	uint16_t context;
	uint8_t flags; /* of enum wire_flag */
	uint8_t level; /* of enum wire_level; above none a verifier of 16 bytes follows */
	const uint8_t *stub;
	size_t stub_n;
};

/* `type` is WIRE_IS_BIND or WIRE_IS_ALTER_CONTEXT; the first of two contexts is for an interface that nobody knows. */
void rpc_bind(struct rpc_text *t, struct rpc_way way, uint8_t type, uint32_t call, uint16_t context,
	      const struct wire_uuid *interface);
/* Its answer: `result` is that of the second context. */
void rpc_ack(struct rpc_text *t, struct rpc_way way, uint8_t type, uint32_t call, uint16_t result);
/* A PDU with nothing behind its header. */
void rpc_bare(struct rpc_text *t, struct rpc_way way, uint8_t type, uint32_t call);
void rpc_request(struct rpc_text *t, struct rpc_way way, uint32_t call, uint16_t context, uint16_t opnum);
void rpc_response(struct rpc_text *t, struct rpc_way way, const struct rpc_part *part);
/* The stub of an ept_map answer. */
void rpc_towers(struct rpc_text *t, struct rpc_way way, const struct rpc_tower *towers, unsigned n);

#endif
