/* SPDX-License-Identifier: Apache-2.0 */
/* rpc_stage.c sets the stage for tests of the rpc plugin as a whole. */
#include "rpc_stage.h"

#include <stdarg.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

const struct options usual = { .rewrite = true, .ports = { 50000, 50003 } };
const struct wire_uuid oxids = { 0x99fcfec4, 0x5260, 0x101b, { 0xbb, 0xcb, 0, 0xaa, 0, 0x21, 0x34, 0x7a } };
const struct rpc_tower own = { RPC_TCP, { 192, 0, 2, 3 }, 1025 };
const struct rpc_tower changed = { RPC_TCP, { 192, 0, 2, 2 }, 50000 };
const struct rpc_way ways[4] = { { false, false }, { true, false }, { false, true }, { true, true } };

static struct stage stage; /* too large for a stack */

struct stage *stage_open(const struct options *options, struct rpc_way way)
{
	struct stage *s = &stage;

	s->stub.n = s->sent.n = s->expected.n = 0;
	s->way = way;
	s->f = fake_create(&lychgate_plugin, options);
	s->client = fake_client(s->f, false);
	s->server = fake_server(s->client, 0);
	assert_non_null(s->server);
	return s;
}

void stage_close(struct stage *s)
{
	fake_destroy(s->f);
}

void stage_say(struct stage *s, struct fake_peer *who)
{
	fake_input(who, (const char *)s->sent.p, s->sent.n);
	s->sent.n = 0;
}

void stage_bind(struct stage *s, const struct wire_uuid *interface, uint16_t result)
{
	rpc_bind(&s->sent, s->way, WIRE_IS_BIND, 1, CONTEXT, interface);
	stage_say(s, s->client);
	rpc_ack(&s->sent, s->way, WIRE_IS_BIND_ACK, 1, result);
	stage_say(s, s->server);
	fake_forget(s->client);
}

void stage_ask(struct stage *s, uint32_t call, uint16_t opnum)
{
	rpc_request(&s->sent, s->way, call, CONTEXT, opnum);
	stage_say(s, s->client);
}

struct stage *stage_open_asked(const struct options *options, struct rpc_way way)
{
	struct stage *s = stage_open(options, way);

	stage_bind(s, &epm_interface, 0);
	stage_ask(s, 2, EPM_MAP);
	return s;
}

void stage_write(struct rpc_text *t, struct stage *s, uint8_t level, const struct rpc_tower *towers, unsigned n)
{
	s->stub.n = 0;
	rpc_towers(&s->stub, s->way, towers, n);
	rpc_response(t, s->way, &(struct rpc_part){ 2, CONTEXT, ONE, level, s->stub.p, s->stub.n });
}

void stage_answer(struct stage *s, uint8_t level, const struct rpc_tower *towers, unsigned n)
{
	stage_write(&s->sent, s, level, towers, n);
	stage_say(s, s->server);
}

void stage_expect_text(struct stage *s, const struct fake_peer *who)
{
	assert_int_equal(who->got_n, s->expected.n);
	assert_memory_equal(who->got, s->expected.p, s->expected.n);
}

void stage_expect(struct stage *s, uint8_t level, const struct rpc_tower *towers, unsigned n)
{
	s->expected.n = 0;
	stage_write(&s->expected, s, level, towers, n);
	stage_expect_text(s, s->client);
}
