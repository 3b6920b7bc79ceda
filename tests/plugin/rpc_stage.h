/* SPDX-License-Identifier: Apache-2.0 */
/* rpc_stage.h: a client and a server with the rpc plugin between them, and what they say to each other. */
#ifndef RPC_STAGE_H
#define RPC_STAGE_H

#include "fake_host.h"
#include "plugins/rpc/epm.h"
#include "plugins/rpc/session.h"
#include "rpc_play.h"

extern const struct lg_plugin lychgate_plugin;

#define EACH_WAY(way) (const struct rpc_way *way = ways; way < ways + 4; way++)
#define COUNT(list)   (sizeof(list) / sizeof(*(list)))

enum { CONTEXT = 5, ONE = WIRE_FIRST | WIRE_LAST };

struct stage {
	struct fake *f;
	struct fake_peer *client, *server;
	struct rpc_way way;
	struct rpc_text stub, sent, expected;
};

extern const struct options usual;     /* four ports, from 50000 */
extern const struct rpc_way ways[4];   /* both byte orders in both transfer syntaxes, the usual one first */
extern const struct wire_uuid oxids;   /* an interface of DCOM's */
extern const struct rpc_tower own;     /* the fake's server, 192.0.2.3 */
extern const struct rpc_tower changed; /* what becomes of it: the fake's gateway, 192.0.2.2 */

/* A client and a server that know each other.  There is one stage at a time. */
struct stage *stage_open(const struct options *options, struct rpc_way way);
void stage_close(struct stage *s);
/* The same, and the client has asked for towers by call 2. */
struct stage *stage_open_asked(const struct options *options, struct rpc_way way);

/* Sends what lies in `sent`. */
void stage_say(struct stage *s, struct fake_peer *who);
void stage_bind(struct stage *s, const struct wire_uuid *interface, uint16_t result);
void stage_ask(struct stage *s, uint32_t call, uint16_t opnum);
/* The answer to call 2, in one fragment. */
void stage_write(struct rpc_text *t, struct stage *s, uint8_t level, const struct rpc_tower *towers, unsigned n);
void stage_answer(struct stage *s, uint8_t level, const struct rpc_tower *towers, unsigned n);

/* What the client has got is this answer, byte for byte. */
void stage_expect(struct stage *s, uint8_t level, const struct rpc_tower *towers, unsigned n);
/* It is what lies in `expected`. */
void stage_expect_text(struct stage *s, const struct fake_peer *who);

#endif
