/* SPDX-License-Identifier: Apache-2.0 */
/* The rpc plugin between a client and a server: how bytes pass, and what ends the connection. */
#include "rpc_stage.h"

#include <stdarg.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

/* ---- The way of bytes ---- */

static void all_that_is_no_answer_passes_bit_for_bit(void **state)
{
	(void)state;
	for
		EACH_WAY(way)
		{
			struct stage *s = stage_open(&usual, *way);

			rpc_bind(&s->expected, *way, WIRE_IS_BIND, 1, CONTEXT, &epm_interface);
			rpc_bind(&s->expected, *way, WIRE_IS_ALTER_CONTEXT, 2, 8, &oxids);
			rpc_request(&s->expected, *way, 3, CONTEXT, 2);
			rpc_request(&s->expected, *way, 4, CONTEXT, EPM_MAP);
			rpc_bare(&s->expected, *way, 18, 5);
			fake_input(s->client, (const char *)s->expected.p, s->expected.n);
			stage_expect_text(s, s->server);
			assert_int_equal(s->server->sends, 1);
			fake_input(s->server, (const char *)s->expected.p, s->expected.n);
			stage_expect_text(s, s->client);
			stage_close(s);
		}
}

/* Whole conversations, one byte at a time. */
static void any_cut_is_the_same(void **state)
{
	(void)state;
	for
		EACH_WAY(way)
		{
			struct stage *s = stage_open(&usual, *way);

			rpc_bind(&s->sent, *way, WIRE_IS_BIND, 1, CONTEXT, &epm_interface);
			rpc_request(&s->sent, *way, 2, CONTEXT, EPM_MAP);
			fake_steps(s->client, (const char *)s->sent.p, s->sent.n, 1);
			assert_int_equal(s->server->got_n, s->sent.n);
			s->sent.n = 0;
			rpc_ack(&s->sent, *way, WIRE_IS_BIND_ACK, 1, 0);
			fake_steps(s->server, (const char *)s->sent.p, s->sent.n, 1);
			fake_forget(s->client);
			s->sent.n = 0;
			stage_write(&s->sent, s, WIRE_LEVEL_NONE, &own, 1);
			fake_steps(s->server, (const char *)s->sent.p, s->sent.n, 1);
			stage_expect(s, WIRE_LEVEL_NONE, &changed, 1);
			stage_close(s);
		}
}

static void a_full_end_stops_the_other(void **state)
{
	struct stage *s = stage_open_asked(&usual, ways[0]);

	(void)state;
	fake_fill(s->client);
	stage_answer(s, WIRE_LEVEL_NONE, &own, 1);
	assert_true(s->server->held);
	fake_drain(s->client);
	assert_false(s->server->held);
	fake_fill(s->server);
	stage_ask(s, 9, 2);
	assert_true(s->client->held);
	fake_drain(s->server);
	assert_false(s->client->held);
	stage_close(s);
}

static void early_bytes_wait_for_the_server(void **state)
{
	static struct rpc_text sent;
	struct fake *f = fake_create(&lychgate_plugin, &usual);
	struct fake_peer *client;

	(void)state;
	sent.n = 0;
	rpc_bind(&sent, ways[0], WIRE_IS_BIND, 1, CONTEXT, &epm_interface);
	f->slow = true;
	client = fake_client(f, false);
	fake_input(client, (const char *)sent.p, sent.n);
	fake_connect(f);
	assert_int_equal(fake_server(client, 0)->got_n, sent.n);
	fake_destroy(f);
}

static void without_rewrite_bytes_are_joined(void **state)
{
	static const struct options plain = { .rewrite = false };
	struct stage *s = stage_open(&plain, ways[0]);

	(void)state;
	assert_non_null(s->client->joined);
	fake_text(s->client, "anything");
	assert_string_equal(s->server->got, "anything");
	stage_close(s);
}

static void both_ends_end_together(void **state)
{
	for (int side = 0; side < 2; side++) {
		struct stage *s = stage_open_asked(&usual, ways[0]);

		fake_end(side == 0 ? s->client : s->server);
		assert_null(s->client->link);
		assert_null(s->server->link);
		stage_close(s);
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
		struct stage *s = stage_open(&usual, ways[0]);

		rpc_bare(&s->sent, s->way, 18, 1);
		if (lies[i / 2].at == 8)
			s->sent.p[9] = 0;
		s->sent.p[lies[i / 2].at] = lies[i / 2].value;
		stage_say(s, i % 2 ? s->client : s->server);
		assert_null(s->client->link);
		assert_null(s->server->link);
		assert_int_equal(s->f->counts[COUNT_MALFORMED], 1);
		stage_close(s);
	}
}

/* ---- Limits ---- */

static void too_many_calls_end_the_connection(void **state)
{
	struct stage *s = stage_open(&usual, ways[0]);

	(void)state;
	stage_bind(s, &epm_interface, 0);
	for (uint32_t call = 0; call < s->f->limits.requests; call++)
		stage_ask(s, call + 2, EPM_MAP);
	stage_answer(s, WIRE_LEVEL_NONE, &own, 1); /* one is over, so there is room */
	stage_ask(s, 1000, EPM_MAP);
	stage_ask(s, 1001, 2);
	assert_non_null(s->client->link);
	stage_ask(s, 1002, EPM_MAP);
	assert_null(s->client->link);
	assert_int_equal(s->f->counts[COUNT_OVERLOADED], 1);
	stage_close(s);
}

static void too_many_contexts_end_the_connection(void **state)
{
	struct stage *s = stage_open(&usual, ways[0]);

	(void)state;
	for (uint16_t id = 0; id < ASSOCIATION_CONTEXTS; id++) {
		rpc_bind(&s->sent, s->way, WIRE_IS_ALTER_CONTEXT, 1, id, &epm_interface);
		stage_say(s, s->client);
	}
	assert_non_null(s->client->link);
	rpc_bind(&s->sent, s->way, WIRE_IS_ALTER_CONTEXT, 1, ASSOCIATION_CONTEXTS, &epm_interface);
	stage_say(s, s->client);
	assert_null(s->client->link);
	assert_int_equal(s->f->counts[COUNT_OVERLOADED], 1);
	stage_close(s);
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
		cmocka_unit_test(too_many_calls_end_the_connection),
		cmocka_unit_test(too_many_contexts_end_the_connection),
	};

	return cmocka_run_group_tests_name("rpc session", tests, NULL, NULL);
}
