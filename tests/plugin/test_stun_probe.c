/* SPDX-License-Identifier: Apache-2.0 */
/* The stun plugin's monitor: the question, and which datagrams are its answer. */
#include "fake_host.h"
#include "plugins/stun/probe.h"

#include <stdarg.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

extern const struct lg_plugin lychgate_plugin;

static const struct probe_options plain = { .classic = false }, classic = { .classic = true };

/* An answer of this type to the question, with these attributes behind it. */
static size_t answer_to(const struct fake_question *q, char *out, unsigned type, const char *attributes, size_t n)
{
	memcpy(out, q->asked, STUN_HEADER);
	out[0] = (char)(type >> 8);
	out[1] = (char)type;
	out[2] = 0;
	out[3] = (char)n;
	if (n > 0)
		memcpy(out + STUN_HEADER, attributes, n);
	return STUN_HEADER + n;
}

static void each_question_has_an_id_of_its_own(void **state)
{
	const struct probe_options *const forms[] = { &plain, &classic };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct fake_question *one = fake_question(&lychgate_plugin, forms[i]);
		struct fake_question *two = fake_question(&lychgate_plugin, forms[i]);
		struct stun_head head;

		assert_int_equal(one->asked_n, STUN_HEADER);
		assert_int_equal(stun_read(&head, one->asked, one->asked_n), i == 0 ? STUN_COOKIED : STUN_CLASSIC);
		assert_int_equal(head.class, STUN_REQUEST);
		assert_int_equal(head.method, STUN_BINDING);
		assert_memory_not_equal(one->asked + 8, two->asked + 8, 12);
		fake_question_free(one);
		fake_question_free(two);
	}
}

struct answer {
	unsigned type;
	const char *attributes;
	size_t n;
	enum lg_verdict verdict;
	const char *note;
};

#define CODE(class, number) "\0\x09\0\4\0\0" class number, 8

static const struct answer answers[] = {
	{ 0x0101, NULL, 0, LG_HEALTHY, "binding success" },
	{ 0x0101, "\0\x01\0\x08\0\1\x12\x34\x7F\0\0\1", 12, LG_HEALTHY, "binding success" },
	{ 0x0111, CODE("\3", "\0"), LG_HEALTHY, "binding error 300" },
	{ 0x0111, CODE("\4", "\0"), LG_HEALTHY, "binding error 400" },
	{ 0x0111, CODE("\4", "\1"), LG_HEALTHY, "binding error 401" },
	{ 0x0111, CODE("\4", "\x14"), LG_HEALTHY, "binding error 420" },
	{ 0x0111, CODE("\5", "\0"), LG_SICK, "binding error 500" },
	{ 0x0111, CODE("\6", "\0"), LG_HEALTHY, "binding error 600" },
	{ 0x0111, NULL, 0, LG_HEALTHY, "binding error" },
	{ 0x0001, NULL, 0, LG_SICK, "our own question came back" },
	{ 0x0011, NULL, 0, LG_SICK, "our own question came back" },
	{ 0x0103, NULL, 0, LG_NOT_YET, "" }, /* an answer to Allocate */
};

static void answers_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(answers) / sizeof(answers[0]); i++) {
		const struct answer *a = &answers[i / 2];
		struct fake_question *q = fake_question(&lychgate_plugin, i % 2 ? &classic : &plain);
		char out[64];
		size_t n = answer_to(q, out, a->type, a->attributes, a->n);

		print_message("0x%04x %s\n", a->type, a->note);
		assert_int_equal(fake_judge(q, out, n, false), a->verdict);
		assert_string_equal(q->p.note, a->note);
		fake_question_free(q);
	}
}

/* Late answers to older questions, and forged ones. */
static void another_id_is_no_answer(void **state)
{
	struct fake_question *q = fake_question(&lychgate_plugin, &plain);
	char out[64];
	size_t n = answer_to(q, out, 0x0101, NULL, 0);

	(void)state;
	for (size_t at = 4; at < STUN_HEADER; at++) {
		out[at] ^= 1;
		assert_int_equal(fake_judge(q, out, n, false), LG_NOT_YET);
		out[at] ^= 1;
	}
	assert_int_equal(fake_judge(q, out, n, false), LG_HEALTHY);
	fake_question_free(q);
}

static void part_of_an_answer_is_none(void **state)
{
	struct fake_question *q = fake_question(&lychgate_plugin, &plain);
	char out[64];
	size_t n = answer_to(q, out, 0x0101, "\0\x01\0\x08\0\1\x12\x34\x7F\0\0\1", 12);

	(void)state;
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(fake_judge(q, out, cut, false), LG_NOT_YET);
	assert_int_equal(fake_judge(q, out, n - 1, true), LG_SICK);
	assert_int_equal(fake_judge(q, "", 0, true), LG_SICK);
	assert_int_equal(fake_judge(q, out, n, true), LG_HEALTHY);
	fake_question_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_question_has_an_id_of_its_own),
		cmocka_unit_test(answers_are_judged),
		cmocka_unit_test(another_id_is_no_answer),
		cmocka_unit_test(part_of_an_answer_is_none),
	};

	return cmocka_run_group_tests_name("stun probe", tests, NULL, NULL);
}
