/* SPDX-License-Identifier: Apache-2.0 */
/* The rpc plugin's monitor: what it asks, and what an answer says. */
#include "fake_host.h"
#include "plugins/rpc/epm.h"
#include "plugins/rpc/probe.h"

#include <stdarg.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "rpc_play.h"

extern const struct lg_plugin lychgate_plugin;

static const char uuid[] = "12345678-1234-abcd-ef00-0123456789ab";
static const struct probe_options plain = { .version = "1.0" };
static const struct probe_options named = { .interface = uuid, .version = "3.7" };
static const struct rpc_way little;
static struct rpc_text text; /* too large for a stack */

/* A bind_ack for one context. */
static void write_ack(struct rpc_text *t, uint8_t type, uint16_t result, unsigned results)
{
	struct wire_out out = { .p = t->p + t->n, .n = sizeof(t->p) - t->n };

	wire_begin(&out, type, 0, 1);
	wire_put_zeros(&out, 8);
	wire_put_u16(&out, 0);
	wire_put_zeros(&out, 2);
	wire_put_u32(&out, results);
	wire_put_u16(&out, result);
	wire_put_u16(&out, 0);
	wire_put_uuid(&out, &wire_ndr);
	wire_put_u32(&out, 2);
	t->n += wire_end(&out, 0);
}

static void write_towers(struct rpc_text *t, const struct rpc_tower *towers, unsigned n)
{
	static struct rpc_text stub;

	stub.n = 0;
	rpc_towers(&stub, little, towers, n);
	rpc_response(t, little, &(struct rpc_part){ 2, 0, 3, WIRE_LEVEL_NONE, stub.p, stub.n });
}

static enum lg_verdict judge(struct fake_question *q, bool ended)
{
	return fake_judge(q, (const char *)text.p, text.n, ended);
}

/* Every part of the answer is too little. */
static void parts_are_waited_for(struct fake_question *q, size_t from)
{
	for (size_t n = from; n < text.n; n++)
		assert_int_equal(fake_judge(q, (const char *)text.p, n, false), LG_NOT_YET);
}

static void a_bind_is_asked(void **state)
{
	struct fake_question *q = fake_question(&lychgate_plugin, &plain);
	struct wire_context c;
	struct wire_pdu pdu;
	struct wire_in in;

	(void)state;
	assert_int_equal(wire_read(&pdu, q->asked, q->asked_n), 1);
	assert_int_equal(pdu.n, q->asked_n);
	assert_int_equal(pdu.type, WIRE_IS_BIND);
	assert_int_equal(wire_contexts(&in, &pdu), 1);
	c = wire_context(&in);
	assert_true(wire_same(&c.interface, &epm_interface));
	assert_int_equal(c.version, 3);
	assert_int_equal(in.at, in.n);
	assert_false(in.bad);
	fake_question_free(q);
}

static void to_be_bound_is_health_enough(void **state)
{
	struct fake_question *q = fake_question(&lychgate_plugin, &plain);

	(void)state;
	text.n = 0;
	write_ack(&text, WIRE_IS_BIND_ACK, 0, 1);
	parts_are_waited_for(q, 0);
	assert_int_equal(judge(q, false), LG_HEALTHY);
	assert_string_equal(q->p.note, "bind_ack");
	fake_question_free(q);
}

static const struct {
	uint8_t type;
	uint16_t result;
	unsigned results;
	const char *note;
} refusals[] = {
	{ WIRE_IS_BIND_ACK, 2, 1, "no endpoint mapper: the bind is refused" },
	{ WIRE_IS_BIND_ACK, 0, 0, "a bind_ack without a result" },
	{ WIRE_IS_BIND_NAK, 0, 1, "bind_nak" },
	{ WIRE_IS_RESPONSE, 0, 1, "no bind_ack" },
};

static void refusals_are_sick(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		struct fake_question *q = fake_question(&lychgate_plugin, &plain);

		text.n = 0;
		write_ack(&text, refusals[i].type, refusals[i].result, refusals[i].results);
		assert_int_equal(judge(q, false), LG_SICK);
		assert_string_equal(q->p.note, refusals[i].note);
		fake_question_free(q);
	}
}

static void others_are_sick(void **state)
{
	struct fake_question *q = fake_question(&lychgate_plugin, &plain);

	(void)state;
	assert_int_equal(fake_judge(q, "HTTP/1.1", 8, false), LG_SICK);
	assert_string_equal(q->p.note, "no DCE/RPC");
	assert_int_equal(fake_judge(q, "", 0, true), LG_SICK);
	assert_string_equal(q->p.note, "closed without an answer");
	fake_question_free(q);
}

/* The question after the bind names the interface in its tower. */
static void check_question(const struct fake_question *q, size_t from)
{
	static const uint8_t floor[] = { 19,   0,    13,   0x78, 0x56, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0,
					 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 3,    0,    2,    0,    7,    0 };
	struct wire_pdu pdu;
	struct wire_call call;

	assert_int_equal(wire_read(&pdu, q->asked + from, q->asked_n - from), 1);
	assert_int_equal(pdu.n, q->asked_n - from);
	assert_int_equal(wire_call(&call, &pdu), 0);
	assert_int_equal(call.opnum, EPM_MAP);
	assert_int_equal(pdu.n, 24 + EPM_QUESTION_N);
	assert_memory_equal(pdu.p + 24 + 16 + 2, floor, sizeof(floor));
}

static const struct {
	struct rpc_tower tower;
	unsigned n;
	enum lg_verdict verdict;
	const char *note;
} answers[] = {
	{ { RPC_TCP, { 192, 0, 2, 3 }, 1025 }, 1, LG_HEALTHY, "registered on port 1025" },
	{ { RPC_PIPE, { 0 }, 0 }, 1, LG_HEALTHY, "registered" },
	{ { RPC_NULL, { 0 }, 0 }, 1, LG_SICK, "the interface is not registered" },
	{ { RPC_NULL, { 0 }, 0 }, 0, LG_SICK, "the interface is not registered" },
};

static void an_interface_is_asked_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct fake_question *q = fake_question(&lychgate_plugin, &named);
		size_t bind_n = q->asked_n, ack_n;

		text.n = 0;
		write_ack(&text, WIRE_IS_BIND_ACK, 0, 1);
		ack_n = text.n;
		assert_int_equal(judge(q, false), LG_NOT_YET);
		check_question(q, bind_n);
		write_towers(&text, &answers[i].tower, answers[i].n);
		parts_are_waited_for(q, ack_n);
		assert_int_equal(q->asked_n - bind_n, 24 + EPM_QUESTION_N); /* once */
		assert_int_equal(judge(q, true), answers[i].verdict);
		assert_string_equal(q->p.note, answers[i].note);
		fake_question_free(q);
	}
}

static void no_answer_for_an_interface_is_sick(void **state)
{
	(void)state;
	for (int fault = 0; fault < 2; fault++) {
		struct fake_question *q = fake_question(&lychgate_plugin, &named);

		text.n = 0;
		write_ack(&text, WIRE_IS_BIND_ACK, 0, 1);
		if (fault)
			rpc_bare(&text, little, WIRE_IS_FAULT, 2);
		assert_int_equal(judge(q, !fault), LG_SICK);
		assert_string_equal(q->p.note, fault ? "fault" : "closed without an answer");
		fake_question_free(q);
	}
}

static void bad_options_are_refused(void **state)
{
	static const struct probe_options bad[] = {
		{ .interface = "12345678", .version = "1.0" }, { .interface = uuid, .version = "1" },
		{ .interface = uuid, .version = "1." },        { .interface = uuid, .version = "1.0x" },
		{ .interface = uuid, .version = "65536.0" },   { .interface = uuid, .version = "-1.0" },
		{ .interface = uuid, .version = NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct fake_question *q = fake_question(&lychgate_plugin, &plain);

		q->p.conf = &bad[i];
		q->asked_n = 0;
		assert_true(lychgate_plugin.probe(&q->p) < 0);
		assert_int_equal(q->asked_n, 0);
		fake_question_free(q);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bind_is_asked),           cmocka_unit_test(to_be_bound_is_health_enough),
		cmocka_unit_test(refusals_are_sick),         cmocka_unit_test(others_are_sick),
		cmocka_unit_test(an_interface_is_asked_for), cmocka_unit_test(no_answer_for_an_interface_is_sick),
		cmocka_unit_test(bad_options_are_refused),
	};

	return cmocka_run_group_tests_name("rpc probe", tests, NULL, NULL);
}
