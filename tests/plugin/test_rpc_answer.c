/* SPDX-License-Identifier: Apache-2.0 */
/* The rpc plugin's answers: which towers are changed, and what passes. */
#include "rpc_stage.h"

#include <stdarg.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static const struct wire_uuid activator = { 0x000001a0, 0, 0, { 0xc0, 0, 0, 0, 0, 0, 0, 0x46 } };

/* ---- Answers ---- */

static void a_tower_of_the_server_is_changed(void **state)
{
	(void)state;
	for
		EACH_WAY(way)
		{
			struct stage *s = stage_open_asked(&usual, *way);

			stage_answer(s, WIRE_LEVEL_NONE, &own, 1);
			stage_expect(s, WIRE_LEVEL_NONE, &changed, 1);
			assert_int_equal(s->f->expected[0], 1025);
			assert_int_equal(s->f->counts[COUNT_ANSWERS], 1);
			assert_int_equal(s->f->counts[COUNT_REWRITTEN], 1);
			stage_close(s);
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
			struct stage *s = stage_open_asked(&usual, *way);

			stage_answer(s, WIRE_LEVEL_NONE, before, COUNT(before));
			stage_expect(s, WIRE_LEVEL_NONE, after, COUNT(after));
			assert_int_equal(s->f->nexpected, 2);
			assert_int_equal(s->f->counts[COUNT_REWRITTEN], 3);
			assert_int_equal(s->f->counts[COUNT_UDP], 1);
			assert_int_equal(s->f->counts[COUNT_OTHER], 2);
			assert_int_equal(s->f->counts[COUNT_IPV6], 1);
			assert_int_equal(s->f->counts[COUNT_FOREIGN], 1);
			assert_int_equal(s->f->logs, 4);
			stage_close(s);
		}
}

static void a_verifier_that_protects_nothing_stays(void **state)
{
	struct stage *s = stage_open_asked(&usual, ways[0]);

	(void)state;
	stage_answer(s, WIRE_LEVEL_CONNECT, &own, 1);
	stage_expect(s, WIRE_LEVEL_CONNECT, &changed, 1);
	stage_close(s);
}

static void signed_and_sealed_answers_pass(void **state)
{
	(void)state;
	for (uint8_t level = WIRE_LEVEL_CONNECT + 1; level <= WIRE_LEVEL_PRIVACY; level++) {
		struct stage *s = stage_open_asked(&usual, ways[0]);

		stage_answer(s, level, &own, 1);
		stage_expect(s, level, &own, 1);
		fake_forget(s->client);
		stage_ask(s, 2, EPM_MAP);
		stage_answer(s, level, &own, 1);
		stage_expect(s, level, &own, 1);
		assert_int_equal(s->f->nexpected, 0);
		assert_int_equal(s->f->counts[COUNT_SEALED], 2);
		assert_int_equal(s->f->logs, 1);
		stage_close(s);
	}
}

static void a_client_of_ipv6_is_told_no_address(void **state)
{
	struct stage *s = stage_open_asked(&usual, ways[0]);

	(void)state;
	s->client->link->local = (struct lg_span){ "[2001:db8::2]:135", 17 };
	stage_answer(s, WIRE_LEVEL_NONE, &own, 1);
	stage_expect(s, WIRE_LEVEL_NONE, &own, 1);
	assert_int_equal(s->f->counts[COUNT_IPV6], 1);
	stage_close(s);
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
		struct stage *s = stage_open(&usual, ways[0]);

		stage_bind(s, &epm_interface, others[i].accepted ? 0 : 2);
		rpc_request(&s->sent, s->way, others[i].call, others[i].context, others[i].opnum);
		stage_say(s, s->client);
		stage_answer(s, WIRE_LEVEL_NONE, &own, 1);
		stage_expect(s, WIRE_LEVEL_NONE, &own, 1);
		assert_int_equal(s->f->counts[COUNT_ANSWERS], 0);
		stage_close(s);
	}
}

static void contexts_may_come_later_and_again(void **state)
{
	struct stage *s = stage_open(&usual, ways[0]);

	(void)state;
	stage_bind(s, &oxids, 0);
	s->way = ways[2];
	rpc_bind(&s->sent, s->way, WIRE_IS_ALTER_CONTEXT, 8, CONTEXT, &epm_interface);
	stage_say(s, s->client);
	rpc_ack(&s->sent, s->way, WIRE_IS_ALTER_CONTEXT_RESP, 8, 0);
	stage_say(s, s->server);
	fake_forget(s->client);
	stage_ask(s, 2, EPM_MAP);
	stage_answer(s, WIRE_LEVEL_NONE, &own, 1);
	stage_expect(s, WIRE_LEVEL_NONE, &changed, 1);
	rpc_bind(&s->sent, s->way, WIRE_IS_BIND, 9, CONTEXT, &epm_interface);
	stage_say(s, s->client);
	rpc_bare(&s->sent, s->way, WIRE_IS_BIND_NAK, 9);
	stage_say(s, s->server);
	fake_forget(s->client);
	stage_ask(s, 2, EPM_MAP);
	stage_answer(s, WIRE_LEVEL_NONE, &own, 1);
	stage_expect(s, WIRE_LEVEL_NONE, &own, 1);
	stage_close(s);
}

/* An id that is bound anew to something else is no endpoint mapper any more. */
static void an_id_means_what_was_offered_last(void **state)
{
	static const struct wire_uuid nobody = { 7, 7, 7, { 7 } };
	struct stage *s = stage_open(&usual, ways[0]);

	(void)state;
	stage_bind(s, &epm_interface, 0);
	stage_bind(s, &nobody, 0);
	stage_ask(s, 2, EPM_MAP);
	stage_answer(s, WIRE_LEVEL_NONE, &own, 1);
	stage_expect(s, WIRE_LEVEL_NONE, &own, 1);
	stage_close(s);
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
		struct stage *s = stage_open(&usual, ways[0]);

		stage_bind(s, calls[i].interface, 0);
		stage_ask(s, 2, calls[i].opnum);
		stage_answer(s, WIRE_LEVEL_NONE, &own, 1);
		stage_expect(s, WIRE_LEVEL_NONE, &own, 1);
		assert_int_equal(s->f->counts[COUNT_DCOM], calls[i].counted);
		assert_int_equal(s->f->logs, calls[i].counted);
		stage_close(s);
	}
}

static void unreadable_towers_pass(void **state)
{
	static const struct rpc_tower towers[] = { { RPC_TCP, { 192, 0, 2, 3 }, 1025 }, { RPC_LYING, { 0 }, 0 } };

	(void)state;
	for
		EACH_WAY(way)
		{
			struct stage *s = stage_open_asked(&usual, *way);

			stage_answer(s, WIRE_LEVEL_NONE, towers, 2);
			stage_expect(s, WIRE_LEVEL_NONE, towers, 2);
			assert_int_equal(s->f->nexpected, 0);
			assert_int_equal(s->f->counts[COUNT_UNREADABLE], 1);
			stage_close(s);
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
				struct stage *s = stage_open_asked(&usual, *way);

				rpc_towers(&s->stub, *way, &own, 1);
				n = s->stub.n;
				in_fragments(&s->sent, s, first, true);
				stage_say(s, s->server);
				rpc_bare(&s->expected, *way, 18, 44); /* it waits for nobody */
				s->stub.n = 0;
				rpc_towers(&s->stub, *way, &changed, 1);
				in_fragments(&s->expected, s, first, false);
				assert_int_equal(s->client->got_n, s->expected.n);
				assert_memory_equal(s->client->got, s->expected.p, s->expected.n);
				stage_close(s);
			}
		}
}

static void fragments_in_disorder_pass(void **state)
{
	static const uint8_t flags[][2] = { { 0, WIRE_LAST }, { WIRE_FIRST, WIRE_FIRST | WIRE_LAST } };

	(void)state;
	for (size_t i = 0; i < COUNT(flags); i++) {
		struct stage *s = stage_open_asked(&usual, ways[0]);

		rpc_towers(&s->stub, s->way, &own, 1);
		for (unsigned k = 0; k < 2; k++)
			rpc_response(
				&s->expected, s->way,
				&(struct rpc_part){ 2, CONTEXT, flags[i][k], WIRE_LEVEL_NONE, s->stub.p, s->stub.n });
		fake_input(s->server, (const char *)s->expected.p, s->expected.n);
		stage_expect_text(s, s->client);
		assert_int_equal(s->f->counts[COUNT_UNREADABLE], 1);
		stage_close(s);
	}
}

static void a_fault_or_an_orphan_ends_a_half_answer(void **state)
{
	for (int orphan = 0; orphan < 2; orphan++) {
		struct stage *s = stage_open_asked(&usual, ways[0]);

		rpc_towers(&s->stub, s->way, &own, 1);
		rpc_response(&s->sent, s->way,
			     &(struct rpc_part){ 2, CONTEXT, WIRE_FIRST, WIRE_LEVEL_NONE, s->stub.p, s->stub.n });
		s->expected = s->sent;
		stage_say(s, s->server);
		assert_int_equal(s->client->got_n, 0);
		rpc_bare(&s->sent, s->way, orphan ? WIRE_IS_ORPHANED : WIRE_IS_FAULT, 2);
		if (!orphan)
			rpc_bare(&s->expected, s->way, WIRE_IS_FAULT, 2);
		stage_say(s, orphan ? s->client : s->server);
		stage_expect_text(s, s->client);
		stage_close(s);
	}
	(void)state;
}

/* What is kept is bounded by limits.message, for all calls together. */
static void long_answers_pass(void **state)
{
	struct stage *s = stage_open(&usual, ways[0]);
	size_t n;

	(void)state;
	s->f->limits.message = 4096;
	stage_bind(s, &epm_interface, 0);
	for (uint32_t call = 2; call <= 4; call++) {
		stage_ask(s, call, EPM_MAP);
		rpc_response(&s->sent, s->way,
			     &(struct rpc_part){ call, CONTEXT, WIRE_FIRST, WIRE_LEVEL_NONE, s->stub.p, 1500 });
		n = s->sent.n;
		stage_say(s, s->server);
	}
	assert_int_equal(s->client->got_n, n);
	assert_int_equal(s->f->counts[COUNT_UNREADABLE], 1);
	stage_close(s);
}

/* ---- Limits ---- */

static void used_up_ports_are_the_mappers_failure(void **state)
{
	(void)state;
	for
		EACH_WAY(way)
		{
			struct stage *s = stage_open_asked(&usual, *way);
			struct wire_out out = { .p = s->stub.p, .n = EPM_FAILURE_MAX, .big = way->big };

			s->f->no_ports = true;
			stage_write(&s->sent, s, WIRE_LEVEL_CONNECT, &own, 1);
			stage_say(s, s->server);
			epm_put_failure(&out, EPM_NOT_REGISTERED, 4, way->wide);
			rpc_response(&s->expected, *way,
				     &(struct rpc_part){ 2, CONTEXT, ONE, WIRE_LEVEL_CONNECT, s->stub.p, out.at });
			stage_expect_text(s, s->client);
			assert_int_equal(s->f->counts[COUNT_REFUSED], 1);
			assert_non_null(s->client->link);
			stage_close(s);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests_name("rpc answer", tests, NULL, NULL);
}
