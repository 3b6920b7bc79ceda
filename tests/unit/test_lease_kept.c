/* SPDX-License-Identifier: Apache-2.0 */
/* test_lease_kept.c: links that a session has for itself, from one exchange to the next. */
#include "unit.h"

#include <stdatomic.h>

#include "lease_stage.h"
#include "tls_rig.h"

static void test_keep(void **state)
{
	(void)state;
	hop_make(&h, 1);
	stage_begin();
	stage_first("L one", "#");
	hop_until(&h, "kept 1");
	stage_gauges(0, 1, 0);
	stage_ask(&a, &s, "L two", "+"); /* the same server: the same link */
	stage_dial(&b, &s2, 0, "L three", "+");
	stage_ask(&a, &s, "L four", "+"); /* though another is idle */
	wire_close(&s);
	assert_true(wire_ends(&a)); /* the pair ends together */
	wire_close(&s2);
	stage_end();
}

static void test_keep_ends_with_client(void **state)
{
	(void)state;
	hop_make(&h, 1);
	stage_begin();
	stage_first("L one", "#");
	wire_close(&a);
	assert_true(wire_ends(&s));
	stage_gauges(0, 0, 0);
	hop_dial(&h, &a, LEFT);
	wire_close(&s);
	stage_end();
}

/* The server closes in the middle: the plugin may answer, then the client's link ends. */
static void test_kept_dies(void **state)
{
	(void)state;
	hop_make(&h, 2);
	stage_begin();
	stage_first("L one", "#");
	wire_say(&a, "LY two\n");
	stage_has(&s, "LY two");
	wire_close(&s);
	hop_until(&h, "lost 2 link");
	assert_true(wire_ends(&a));
	stage_end();
}

static void test_done_closes_kept(void **state)
{
	(void)state;
	hop_make(&h, 1);
	stage_begin();
	stage_first("L one", "#");
	stage_ask(&a, &s, "L two", ".");
	assert_true(wire_ends(&s));
	assert_true(wire_ends(&a));
	wire_close(&s);
	stage_end();
}

static void test_keep_limit(void **state)
{
	struct wire s3;

	(void)state;
	hop_make(&h, 3);
	stage_begin();
	stage_first("L one", "#");
	stage_dial(&a, &s2, 1, "L two", "#");
	stage_dial(&a, &s3, 2, "L three", "#");
	hop_until(&h, "kept 0");
	stage_ask(&a, &s, "L four", "#"); /* it is kept already */
	assert_false(hop_said(&h, "kept 0; kept 0"));
	wire_close(&s);
	wire_close(&s2);
	wire_close(&s3);
	stage_end();
}

/* Round robin would take the other, without LG_STAY. */
static void test_stay(void **state)
{
	(void)state;
	hop_make(&h, 2);
	stage_begin();
	stage_first("L one", "#");
	for (unsigned i = 0; i < 3; i++)
		stage_ask(&a, &s, "LY more", "+");
	atomic_store(&h.servers[0].state->health, HEALTH_DOWN); /* it is the link that counts */
	stage_ask(&a, &s, "LY more", "+");
	stage_dial(&a, &s2, 1, "L other", "+");
	stage_ask(&a, &s, "LY more", "+");
	wire_say(&b, "LY nothing kept\n");
	stage_has(&s2, "LY nothing kept");
	wire_close(&s);
	wire_close(&s2);
	stage_end();
}

/* While one has it, no other gets it, and none is balanced to where it would be somebody else. */
static void test_stay_is_busy(void **state)
{
	(void)state;
	hop_make(&h, 2);
	stage_begin();
	stage_first("L one", "#");
	wire_say(&a, "LY two\n");
	stage_has(&s, "LY two");
	wire_say(&a, "LY three\n");
	hop_until(&h, "respond 3 no-server");
	wire_say(&s, "+two\n");
	wire_expect(&a, "two");
	wire_close(&s);
	stage_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keep),         cmocka_unit_test(test_keep_ends_with_client),
		cmocka_unit_test(test_kept_dies),    cmocka_unit_test(test_done_closes_kept),
		cmocka_unit_test(test_keep_limit),   cmocka_unit_test(test_stay),
		cmocka_unit_test(test_stay_is_busy),
	};

	return cmocka_run_group_tests(tests, hop_setup, rig_teardown);
}
