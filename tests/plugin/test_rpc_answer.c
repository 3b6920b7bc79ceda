/* SPDX-License-Identifier: Apache-2.0 */
/* The rpc plugin between a client and a server: what passes, what is changed, and what ends the connection. */
#include "fake_host.h"

#include <stdarg.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "plugins/rpc/epm.h"
#include "plugins/rpc/session.h"
#include "rpc_play.h"

extern const struct lg_plugin lychgate_plugin;

static const struct options usual = { .rewrite = true, .ports = { 50000, 50003 } };
static const struct wire_uuid oxids = { 0x99fcfec4, 0x5260, 0x101b, { 0xbb, 0xcb, 0, 0xaa, 0, 0x21, 0x34, 0x7a } };
static const struct wire_uuid activator = { 0x000001a0, 0, 0, { 0xc0, 0, 0, 0, 0, 0, 0, 0x46 } };

/* The fake's server is 192.0.2.3, its gateway 192.0.2.2. */
static const struct rpc_tower own = { RPC_TCP, { 192, 0, 2, 3 }, 1025 };
static const struct rpc_tower changed = { RPC_TCP, { 192, 0, 2, 2 }, 50000 };

static const struct rpc_way ways[] = { { false, false }, { true, false }, { false, true }, { true, true } };

#define EACH_WAY(way) (const struct rpc_way *way = ways; way < ways + sizeof(ways) / sizeof(*ways); way++)
#define COUNT(list)   (sizeof(list) / sizeof(*(list)))

enum { CONTEXT = 5, ONE = WIRE_FIRST | WIRE_LAST };

struct stage {
	struct fake *f;
	struct fake_peer *client, *server;
	struct rpc_way way;
	struct rpc_text stub, sent, expected;
};

static struct stage stage; /* too large for a stack */

/* A client and a server that know each other. */
static struct stage *open_stage(const struct options *options, struct rpc_way way)
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

static void close_stage(struct stage *s)
{
	fake_destroy(s->f);
}

static void say(struct stage *s, struct fake_peer *who)
{
	fake_input(who, (const char *)s->sent.p, s->sent.n);
	s->sent.n = 0;
}

static void bind(struct stage *s, const struct wire_uuid *interface, uint16_t result)
{
	rpc_bind(&s->sent, s->way, WIRE_IS_BIND, 1, CONTEXT, interface);
	say(s, s->client);
	rpc_ack(&s->sent, s->way, WIRE_IS_BIND_ACK, 1, result);
	say(s, s->server);
	fake_forget(s->client);
}

static void ask(struct stage *s, uint32_t call, uint16_t opnum)
{
	rpc_request(&s->sent, s->way, call, CONTEXT, opnum);
	say(s, s->client);
}

/* A stage on which a client has asked for towers. */
static struct stage *open_asked(const struct options *options, struct rpc_way way)
{
	struct stage *s = open_stage(options, way);

	bind(s, &epm_interface, 0);
	ask(s, 2, EPM_MAP);
	return s;
}

static void write_answer(struct rpc_text *t, struct stage *s, uint8_t level, const struct rpc_tower *towers, unsigned n)
{
	s->stub.n = 0;
	rpc_towers(&s->stub, s->way, towers, n);
	rpc_response(t, s->way, &(struct rpc_part){ 2, CONTEXT, ONE, level, s->stub.p, s->stub.n });
}

static void answer(struct stage *s, uint8_t level, const struct rpc_tower *towers, unsigned n)
{
	write_answer(&s->sent, s, level, towers, n);
	say(s, s->server);
}

/* What the client has got is this answer, byte for byte. */
static void expect(struct stage *s, uint8_t level, const struct rpc_tower *towers, unsigned n)
{
	s->expected.n = 0;
	write_answer(&s->expected, s, level, towers, n);
	assert_int_equal(s->client->got_n, s->expected.n);
	assert_memory_equal(s->client->got, s->expected.p, s->expected.n);
}

/* ---- The way of bytes ---- */

static void all_that_is_no_answer_passes_bit_for_bit(void **state)
{
	(void)state;
	for
		EACH_WAY(way)
		{
			struct stage *s = open_stage(&usual, *way);

			rpc_bind(&s->expected, *way, WIRE_IS_BIND, 1, CONTEXT, &epm_interface);
			rpc_bind(&s->expected, *way, WIRE_IS_ALTER_CONTEXT, 2, 8, &oxids);
			rpc_request(&s->expected, *way, 3, CONTEXT, 2);
			rpc_request(&s->expected, *way, 4, CONTEXT, EPM_MAP);
			rpc_bare(&s->expected, *way, 18, 5);
			fake_input(s->client, (const char *)s->expected.p, s->expected.n);
			assert_int_equal(s->server->got_n, s->expected.n);
			assert_memory_equal(s->server->got, s->expected.p, s->expected.n);
			assert_int_equal(s->server->sends, 1);
			fake_input(s->server, (const char *)s->expected.p, s->expected.n);
			assert_int_equal(s->client->got_n, s->expected.n);
			assert_memory_equal(s->client->got, s->expected.p, s->expected.n);
			close_stage(s);
		}
}

/* Whole conversations, one byte at a time. */
static void any_cut_is_the_same(void **state)
{
	(void)state;
	for
		EACH_WAY(way)
		{
			struct stage *s = open_stage(&usual, *way);

			rpc_bind(&s->sent, *way, WIRE_IS_BIND, 1, CONTEXT, &epm_interface);
			rpc_request(&s->sent, *way, 2, CONTEXT, EPM_MAP);
			fake_steps(s->client, (const char *)s->sent.p, s->sent.n, 1);
			assert_int_equal(s->server->got_n, s->sent.n);
			s->sent.n = 0;
			rpc_ack(&s->sent, *way, WIRE_IS_BIND_ACK, 1, 0);
			fake_steps(s->server, (const char *)s->sent.p, s->sent.n, 1);
			fake_forget(s->client);
			s->sent.n = 0;
			write_answer(&s->sent, s, WIRE_LEVEL_NONE, &own, 1);
			fake_steps(s->server, (const char *)s->sent.p, s->sent.n, 1);
			expect(s, WIRE_LEVEL_NONE, &changed, 1);
			close_stage(s);
		}
}

static void a_full_end_stops_the_other(void **state)
{
	struct stage *s = open_asked(&usual, ways[0]);

	(void)state;
	fake_fill(s->client);
	answer(s, WIRE_LEVEL_NONE, &own, 1);
	assert_true(s->server->held);
	fake_drain(s->client);
	assert_false(s->server->held);
	fake_fill(s->server);
	ask(s, 9, 2);
	assert_true(s->client->held);
	fake_drain(s->server);
	assert_false(s->client->held);
	close_stage(s);
}

static void early_bytes_wait_for_the_server(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, &usual);
	struct fake_peer *client;

	(void)state;
	stage.sent.n = 0;
	rpc_bind(&stage.sent, ways[0], WIRE_IS_BIND, 1, CONTEXT, &epm_interface);
	f->slow = true;
	client = fake_client(f, false);
	fake_input(client, (const char *)stage.sent.p, stage.sent.n);
	fake_connect(f);
	assert_int_equal(fake_server(client, 0)->got_n, stage.sent.n);
	fake_destroy(f);
}

static void without_rewrite_bytes_are_joined(void **state)
{
	static const struct options plain = { .rewrite = false };
	struct stage *s = open_stage(&plain, ways[0]);

	(void)state;
	assert_non_null(s->client->joined);
	fake_text(s->client, "anything");
	assert_string_equal(s->server->got, "anything");
	close_stage(s);
}

static void both_ends_end_together(void **state)
{
	for (int side = 0; side < 2; side++) {
		struct stage *s = open_asked(&usual, ways[0]);

		fake_end(side == 0 ? s->client : s->server);
		assert_null(s->client->link);
		assert_null(s->server->link);
		close_stage(s);
	}
	(void)state;
}

static void nobody_there_is_a_reset(void **state)
{
	for (int memory = 0; memory < 2; memory++) {
		struct fake *f = fake_create(&lychgate_plugin, &usual);
		struct fake_peer *client;

		f->down[0] = f->down[1] = f->down[2] = !memory;
		f->no_memory = memory;
		client = fake_client(f, false);
		assert_null(client->link);
		assert_int_equal(client->how, LG_RESET);
		fake_destroy(f);
	}
	(void)state;
}

static const struct {
	size_t at;
	uint8_t value;
} lies[] = { { 0, 'G' }, { 8, 15 }, { 10, 255 } };

static void what_is_no_pdu_ends_the_connection(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * COUNT(lies); i++) {
		struct stage *s = open_stage(&usual, ways[0]);

		rpc_bare(&s->sent, s->way, 18, 1);
		if (lies[i / 2].at == 8)
			s->sent.p[9] = 0;
		s->sent.p[lies[i / 2].at] = lies[i / 2].value;
		say(s, i % 2 ? s->client : s->server);
		assert_null(s->client->link);
		assert_null(s->server->link);
		assert_int_equal(s->f->counts[COUNT_MALFORMED], 1);
		close_stage(s);
	}
}

/* ---- Answers ---- */

static void a_tower_of_the_server_is_changed(void **state)
{
	(void)state;
	for
		EACH_WAY(way)
		{
			struct stage *s = open_asked(&usual, *way);

			answer(s, WIRE_LEVEL_NONE, &own, 1);
			expect(s, WIRE_LEVEL_NONE, &changed, 1);
			assert_int_equal(s->f->expected[0], 1025);
			assert_int_equal(s->f->counts[COUNT_ANSWERS], 1);
			assert_int_equal(s->f->counts[COUNT_REWRITTEN], 1);
			close_stage(s);
		}
}

static void only_towers_of_the_server_are_changed(void **state)
{
	static const struct rpc_tower before[] = { { RPC_UDP, { 192, 0, 2, 3 }, 1024 },
						   { RPC_TCP, { 192, 0, 2, 3 }, 1025 },
						   { RPC_PIPE, { 0 }, 0 },
						   { RPC_TCP, { 192, 0, 2, 4 }, 1026 },
						   { RPC_IPV6, { 0 }, 1027 },
						   { RPC_TCP, { 0, 0, 0, 0 }, 1028 },
						   { RPC_TCP, { 192, 0, 2, 3 }, 1025 },
						   { RPC_NULL, { 0 }, 0 },
						   { RPC_NOTHING, { 0 }, 0 } };
	struct rpc_tower after[COUNT(before)];

	(void)state;
	memcpy(after, before, sizeof(before));
	after[1] = after[6] = changed;
	after[5] = (struct rpc_tower){ RPC_TCP, { 192, 0, 2, 2 }, 50001 };
	for
		EACH_WAY(way)
		{
			struct stage *s = open_asked(&usual, *way);

			answer(s, WIRE_LEVEL_NONE, before, COUNT(before));
			expect(s, WIRE_LEVEL_NONE, after, COUNT(after));
			assert_int_equal(s->f->nexpected, 2);
			assert_int_equal(s->f->counts[COUNT_REWRITTEN], 3);
			assert_int_equal(s->f->counts[COUNT_UDP], 1);
			assert_int_equal(s->f->counts[COUNT_OTHER], 2);
			assert_int_equal(s->f->counts[COUNT_IPV6], 1);
			assert_int_equal(s->f->counts[COUNT_FOREIGN], 1);
			assert_int_equal(s->f->logs, 4);
			close_stage(s);
		}
}

static void a_verifier_that_protects_nothing_stays(void **state)
{
	struct stage *s = open_asked(&usual, ways[0]);

	(void)state;
	answer(s, WIRE_LEVEL_CONNECT, &own, 1);
	expect(s, WIRE_LEVEL_CONNECT, &changed, 1);
	close_stage(s);
}

static void signed_and_sealed_answers_pass(void **state)
{
	(void)state;
	for (uint8_t level = WIRE_LEVEL_CONNECT + 1; level <= WIRE_LEVEL_PRIVACY; level++) {
		struct stage *s = open_asked(&usual, ways[0]);

		answer(s, level, &own, 1);
		expect(s, level, &own, 1);
		fake_forget(s->client);
		ask(s, 2, EPM_MAP);
		answer(s, level, &own, 1);
		expect(s, level, &own, 1);
		assert_int_equal(s->f->nexpected, 0);
		assert_int_equal(s->f->counts[COUNT_SEALED], 2);
		assert_int_equal(s->f->logs, 1);
		close_stage(s);
	}
}

static void a_client_of_ipv6_is_told_no_address(void **state)
{
	struct stage *s = open_asked(&usual, ways[0]);

	(void)state;
	s->client->link->local = (struct lg_span){ "[2001:db8::2]:135", 17 };
	answer(s, WIRE_LEVEL_NONE, &own, 1);
	expect(s, WIRE_LEVEL_NONE, &own, 1);
	assert_int_equal(s->f->counts[COUNT_IPV6], 1);
	close_stage(s);
}

/* Another context, another call, another operation: other towers. */
static void only_answers_to_the_question_are_read(void **state)
{
	static const struct {
		uint16_t context, opnum;
		uint32_t call;
		bool accepted;
	} others[] = {
		{ CONTEXT + 1, EPM_MAP, 2, true },
		{ CONTEXT, EPM_MAP, 3, true },
		{ CONTEXT, 2, 2, true },
		{ CONTEXT, EPM_MAP, 2, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		struct stage *s = open_stage(&usual, ways[0]);

		bind(s, &epm_interface, others[i].accepted ? 0 : 2);
		rpc_request(&s->sent, s->way, others[i].call, others[i].context, others[i].opnum);
		say(s, s->client);
		answer(s, WIRE_LEVEL_NONE, &own, 1);
		expect(s, WIRE_LEVEL_NONE, &own, 1);
		assert_int_equal(s->f->counts[COUNT_ANSWERS], 0);
		close_stage(s);
	}
}

static void contexts_may_come_later_and_again(void **state)
{
	struct stage *s = open_stage(&usual, ways[0]);

	(void)state;
	bind(s, &oxids, 0);
	s->way = ways[2];
	rpc_bind(&s->sent, s->way, WIRE_IS_ALTER_CONTEXT, 8, CONTEXT, &epm_interface);
	say(s, s->client);
	rpc_ack(&s->sent, s->way, WIRE_IS_ALTER_CONTEXT_RESP, 8, 0);
	say(s, s->server);
	fake_forget(s->client);
	ask(s, 2, EPM_MAP);
	answer(s, WIRE_LEVEL_NONE, &own, 1);
	expect(s, WIRE_LEVEL_NONE, &changed, 1);
	rpc_bind(&s->sent, s->way, WIRE_IS_BIND, 9, CONTEXT, &epm_interface);
	say(s, s->client);
	rpc_bare(&s->sent, s->way, WIRE_IS_BIND_NAK, 9);
	say(s, s->server);
	fake_forget(s->client);
	ask(s, 2, EPM_MAP);
	answer(s, WIRE_LEVEL_NONE, &own, 1);
	expect(s, WIRE_LEVEL_NONE, &own, 1);
	close_stage(s);
}

/* An id that is bound anew to something else is no endpoint mapper any more. */
static void an_id_means_what_was_offered_last(void **state)
{
	static const struct wire_uuid nobody = { 7, 7, 7, { 7 } };
	struct stage *s = open_stage(&usual, ways[0]);

	(void)state;
	bind(s, &epm_interface, 0);
	bind(s, &nobody, 0);
	ask(s, 2, EPM_MAP);
	answer(s, WIRE_LEVEL_NONE, &own, 1);
	expect(s, WIRE_LEVEL_NONE, &own, 1);
	close_stage(s);
}

static void answers_of_dcom_pass_and_are_told(void **state)
{
	static const struct {
		const struct wire_uuid *interface;
		uint16_t opnum;
		uint64_t counted;
	} calls[] = {
		{ &oxids, 0, 1 }, { &oxids, 4, 1 }, { &oxids, 1, 0 }, { &activator, 4, 1 }, { &activator, 20, 0 }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++) {
		struct stage *s = open_stage(&usual, ways[0]);

		bind(s, calls[i].interface, 0);
		ask(s, 2, calls[i].opnum);
		answer(s, WIRE_LEVEL_NONE, &own, 1);
		expect(s, WIRE_LEVEL_NONE, &own, 1);
		assert_int_equal(s->f->counts[COUNT_DCOM], calls[i].counted);
		assert_int_equal(s->f->logs, calls[i].counted);
		close_stage(s);
	}
}

static void unreadable_towers_pass(void **state)
{
	static const struct rpc_tower towers[] = { { RPC_TCP, { 192, 0, 2, 3 }, 1025 }, { RPC_LYING, { 0 }, 0 } };

	(void)state;
	for
		EACH_WAY(way)
		{
			struct stage *s = open_asked(&usual, *way);

			answer(s, WIRE_LEVEL_NONE, towers, 2);
			expect(s, WIRE_LEVEL_NONE, towers, 2);
			assert_int_equal(s->f->nexpected, 0);
			assert_int_equal(s->f->counts[COUNT_UNREADABLE], 1);
			close_stage(s);
		}
}

/* ---- Fragments ---- */

/* The answer's stub cut in `first`, 8 bytes, and the rest; another call's PDU between them. */
static void in_fragments(struct rpc_text *t, struct stage *s, size_t first, bool between)
{
	size_t second = first + 8 < s->stub.n ? first + 8 : s->stub.n;
	const uint8_t *p = s->stub.p;

	rpc_response(t, s->way, &(struct rpc_part){ 2, CONTEXT, WIRE_FIRST, WIRE_LEVEL_NONE, p, first });
	if (between)
		rpc_bare(t, s->way, 18, 44);
	rpc_response(t, s->way, &(struct rpc_part){ 2, CONTEXT, 0, WIRE_LEVEL_CONNECT, p + first, second - first });
	rpc_response(t, s->way,
		     &(struct rpc_part){ 2, CONTEXT, WIRE_LAST, WIRE_LEVEL_NONE, p + second, s->stub.n - second });
}

static void any_fragments_are_changed(void **state)
{
	(void)state;
	for
		EACH_WAY(way)
		{
			size_t n = 1;

			for (size_t first = 0; first < n; first++) {
				struct stage *s = open_asked(&usual, *way);

				rpc_towers(&s->stub, *way, &own, 1);
				n = s->stub.n;
				in_fragments(&s->sent, s, first, true);
				say(s, s->server);
				rpc_bare(&s->expected, *way, 18, 44); /* it waits for nobody */
				s->stub.n = 0;
				rpc_towers(&s->stub, *way, &changed, 1);
				in_fragments(&s->expected, s, first, false);
				assert_int_equal(s->client->got_n, s->expected.n);
				assert_memory_equal(s->client->got, s->expected.p, s->expected.n);
				close_stage(s);
			}
		}
}

static void fragments_in_disorder_pass(void **state)
{
	static const uint8_t flags[][2] = { { 0, WIRE_LAST }, { WIRE_FIRST, WIRE_FIRST | WIRE_LAST } };

	(void)state;
	for (size_t i = 0; i < COUNT(flags); i++) {
		struct stage *s = open_asked(&usual, ways[0]);

		rpc_towers(&s->stub, s->way, &own, 1);
		for (unsigned k = 0; k < 2; k++)
			rpc_response(
				&s->expected, s->way,
				&(struct rpc_part){ 2, CONTEXT, flags[i][k], WIRE_LEVEL_NONE, s->stub.p, s->stub.n });
		fake_input(s->server, (const char *)s->expected.p, s->expected.n);
		assert_int_equal(s->client->got_n, s->expected.n);
		assert_memory_equal(s->client->got, s->expected.p, s->expected.n);
		assert_int_equal(s->f->counts[COUNT_UNREADABLE], 1);
		close_stage(s);
	}
}

static void a_fault_or_an_orphan_ends_a_half_answer(void **state)
{
	for (int orphan = 0; orphan < 2; orphan++) {
		struct stage *s = open_asked(&usual, ways[0]);

		rpc_towers(&s->stub, s->way, &own, 1);
		rpc_response(&s->sent, s->way,
			     &(struct rpc_part){ 2, CONTEXT, WIRE_FIRST, WIRE_LEVEL_NONE, s->stub.p, s->stub.n });
		s->expected = s->sent;
		say(s, s->server);
		assert_int_equal(s->client->got_n, 0);
		rpc_bare(&s->sent, s->way, orphan ? WIRE_IS_ORPHANED : WIRE_IS_FAULT, 2);
		if (!orphan)
			rpc_bare(&s->expected, s->way, WIRE_IS_FAULT, 2);
		say(s, orphan ? s->client : s->server);
		assert_int_equal(s->client->got_n, s->expected.n);
		assert_memory_equal(s->client->got, s->expected.p, s->expected.n);
		close_stage(s);
	}
	(void)state;
}

/* What is kept is bounded by limits.message, for all calls together. */
static void long_answers_pass(void **state)
{
	struct stage *s = open_stage(&usual, ways[0]);
	size_t n;

	(void)state;
	s->f->limits.message = 4096;
	bind(s, &epm_interface, 0);
	for (uint32_t call = 2; call <= 4; call++) {
		ask(s, call, EPM_MAP);
		rpc_response(&s->sent, s->way,
			     &(struct rpc_part){ call, CONTEXT, WIRE_FIRST, WIRE_LEVEL_NONE, s->stub.p, 1500 });
		n = s->sent.n;
		say(s, s->server);
	}
	assert_int_equal(s->client->got_n, n);
	assert_int_equal(s->f->counts[COUNT_UNREADABLE], 1);
	close_stage(s);
}

/* ---- Limits ---- */

static void used_up_ports_are_the_mappers_failure(void **state)
{
	(void)state;
	for
		EACH_WAY(way)
		{
			struct stage *s = open_asked(&usual, *way);
			struct wire_out out = { .p = s->stub.p, .n = EPM_FAILURE_MAX, .big = way->big };

			s->f->no_ports = true;
			write_answer(&s->sent, s, WIRE_LEVEL_CONNECT, &own, 1);
			say(s, s->server);
			epm_put_failure(&out, EPM_NOT_REGISTERED, 4, way->wide);
			rpc_response(&s->expected, *way,
				     &(struct rpc_part){ 2, CONTEXT, ONE, WIRE_LEVEL_CONNECT, s->stub.p, out.at });
			assert_int_equal(s->client->got_n, s->expected.n);
			assert_memory_equal(s->client->got, s->expected.p, s->expected.n);
			assert_int_equal(s->f->counts[COUNT_REFUSED], 1);
			assert_non_null(s->client->link);
			close_stage(s);
		}
}

static void too_many_calls_end_the_connection(void **state)
{
	struct stage *s = open_stage(&usual, ways[0]);

	(void)state;
	bind(s, &epm_interface, 0);
	for (uint32_t call = 0; call < s->f->limits.requests; call++)
		ask(s, call + 2, EPM_MAP);
	answer(s, WIRE_LEVEL_NONE, &own, 1); /* one is over, so there is room */
	ask(s, 1000, EPM_MAP);
	ask(s, 1001, 2);
	assert_non_null(s->client->link);
	ask(s, 1002, EPM_MAP);
	assert_null(s->client->link);
	assert_int_equal(s->f->counts[COUNT_OVERLOADED], 1);
	close_stage(s);
}

static void too_many_contexts_end_the_connection(void **state)
{
	struct stage *s = open_stage(&usual, ways[0]);

	(void)state;
	for (uint16_t id = 0; id < ASSOCIATION_CONTEXTS; id++) {
		rpc_bind(&s->sent, s->way, WIRE_IS_ALTER_CONTEXT, 1, id, &epm_interface);
		say(s, s->client);
	}
	assert_non_null(s->client->link);
	rpc_bind(&s->sent, s->way, WIRE_IS_ALTER_CONTEXT, 1, ASSOCIATION_CONTEXTS, &epm_interface);
	say(s, s->client);
	assert_null(s->client->link);
	assert_int_equal(s->f->counts[COUNT_OVERLOADED], 1);
	close_stage(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_is_no_answer_passes_bit_for_bit),
		cmocka_unit_test(any_cut_is_the_same),
		cmocka_unit_test(a_full_end_stops_the_other),
		cmocka_unit_test(early_bytes_wait_for_the_server),
		cmocka_unit_test(without_rewrite_bytes_are_joined),
		cmocka_unit_test(both_ends_end_together),
		cmocka_unit_test(nobody_there_is_a_reset),
		cmocka_unit_test(what_is_no_pdu_ends_the_connection),
		cmocka_unit_test(a_tower_of_the_server_is_changed),
		cmocka_unit_test(only_towers_of_the_server_are_changed),
		cmocka_unit_test(a_verifier_that_protects_nothing_stays),
		cmocka_unit_test(signed_and_sealed_answers_pass),
		cmocka_unit_test(a_client_of_ipv6_is_told_no_address),
		cmocka_unit_test(only_answers_to_the_question_are_read),
		cmocka_unit_test(contexts_may_come_later_and_again),
		cmocka_unit_test(an_id_means_what_was_offered_last),
		cmocka_unit_test(answers_of_dcom_pass_and_are_told),
		cmocka_unit_test(unreadable_towers_pass),
		cmocka_unit_test(any_fragments_are_changed),
		cmocka_unit_test(fragments_in_disorder_pass),
		cmocka_unit_test(a_fault_or_an_orphan_ends_a_half_answer),
		cmocka_unit_test(long_answers_pass),
		cmocka_unit_test(used_up_ports_are_the_mappers_failure),
		cmocka_unit_test(too_many_calls_end_the_connection),
		cmocka_unit_test(too_many_contexts_end_the_connection),
	};

	return cmocka_run_group_tests_name("rpc answer", tests, NULL, NULL);
}
