/* SPDX-License-Identifier: Apache-2.0 */
/* test_lease.c: who gets a link that one exchange has for itself, and who never does. */
#include "unit.h"

#include <stdatomic.h>

#include "lease_stage.h"
#include "tls_rig.h"

static void test_one_after_the_other(void **state)
{
	(void)state;
	hop_make(&h, 1);
	stage_begin();
	wire_say(&a, "L one\n");
	hop_accept(&h, &s, 0);
	stage_has(&s, "L one");
	stage_gauges(0, 1, 0);
	wire_say(&s, "+one\n");
	wire_expect(&a, "one");
	stage_gauges(0, 0, 1);
	for (unsigned i = 0; i < 5; i++)
		stage_ask(i & 1 ? &a : &b, &s, "L more", "+");
	wire_close(&a); /* the link stays */
	hop_until(&h, "closed client");
	stage_ask(&b, &s, "L more", "+");
	assert_false(hop_is_called(&h, 0));
	stage_gauges(0, 0, 1);
	hop_dial(&h, &a, LEFT);
	wire_close(&s);
	hop_until(&h, "closed s0");
	stage_end();
}

static void test_both_at_once(void **state)
{
	(void)state;
	hop_make(&h, 1);
	stage_begin();
	wire_say(&a, "L one\n");
	hop_accept(&h, &s, 0);
	stage_has(&s, "L one");
	wire_say(&b, "L two\n");
	hop_accept(&h, &s2, 0);
	stage_has(&s2, "L two");
	stage_gauges(0, 2, 0);
	wire_say(&s, "+one\n");
	wire_expect(&a, "one");
	wire_say(&s2, "+two\n");
	wire_expect(&b, "two");
	stage_gauges(0, 0, 2);
	stage_ask(&a, &s2, "L three", "+"); /* the newest */
	wire_close(&s);
	wire_close(&s2);
	stage_end();
}

/* One session may have several. */
static void test_many_of_one_client(void **state)
{
	(void)state;
	hop_make(&h, 1);
	stage_begin();
	wire_say(&a, "L one\n");
	hop_accept(&h, &s, 0);
	stage_has(&s, "L one");
	wire_say(&a, "L two\n");
	hop_accept(&h, &s2, 0);
	stage_has(&s2, "L two");
	wire_say(&s2, "+two\n");
	wire_expect(&a, "two");
	wire_say(&s, "+one\n");
	wire_expect(&a, "one");
	wire_close(&s);
	wire_close(&s2);
	stage_end();
}

static void test_never_after_done(void **state)
{
	(void)state;
	hop_make(&h, 1);
	stage_begin();
	stage_first("L one", ".");
	assert_true(wire_ends(&s));
	stage_gauges(0, 0, 0);
	wire_close(&s);
	stage_first("L two", "+");
	wire_close(&s);
	stage_end();
}

/* What is left of the tenant's is nobody's: the link closes. */
static void test_tenant_goes(void **state)
{
	(void)state;
	hop_make(&h, 1);
	stage_begin();
	wire_say(&a, "L one\n");
	hop_accept(&h, &s, 0);
	stage_has(&s, "L one");
	wire_close(&a);
	assert_true(wire_ends(&s));
	wire_close(&s);
	hop_dial(&h, &a, LEFT);
	stage_first("L two", "+");
	wire_close(&s);
	stage_end();
}

static void test_deadline_closes(void **state)
{
	(void)state;
	hop_make(&h, 1);
	stage_begin();
	wire_say(&a, "LD one\n");
	hop_accept(&h, &s, 0);
	stage_has(&s, "LD one");
	hop_until(&h, "lost 1 deadline");
	assert_true(wire_ends(&s));
	wire_close(&s);
	stage_end();
}

static void test_again_elsewhere(void **state)
{
	(void)state;
	hop_make(&h, 2);
	stage_begin();
	wire_say(&a, "LKA one\n");
	hop_accept(&h, &s, 0);
	stage_has(&s, "LKA one");
	wire_close(&s);
	hop_until(&h, "lost 1 link");
	hop_accept(&h, &s2, 1);
	stage_has(&s2, "LKA one");
	wire_say(&s2, "+one\n");
	wire_expect(&a, "one");
	stage_gauges(0, 0, 0);
	stage_gauges(1, 0, 1);
	wire_close(&s2);
	stage_end();
}

static void test_dies_while_opening(void **state)
{
	(void)state;
	hop_make(&h, 2);
	hop_refuse(&h, 0);
	stage_begin();
	wire_say(&a, "L one\n");
	hop_accept(&h, &s, 1);
	stage_has(&s, "L one");
	wire_say(&s, "+one\n");
	wire_expect(&a, "one");
	assert_false(hop_said(&h, "lost"));
	stage_gauges(0, 0, 0);
	wire_close(&s);
	stage_end();
}

static void test_all_refused(void **state)
{
	(void)state;
	hop_make(&h, 1);
	hop_refuse(&h, 0);
	stage_begin();
	wire_say(&a, "L one\n");
	hop_until(&h, "respond 1 no-server");
	stage_end();
}

static void test_disabled(void **state)
{
	(void)state;
	hop_make(&h, 2);
	stage_begin();
	stage_first("L one", "+");
	atomic_store(&h.servers[0].state->admin, ADMIN_DISABLED);
	wire_say(&b, "L two\n");
	hop_accept(&h, &s2, 1);
	stage_has(&s2, "L two");
	wire_close(&s);
	wire_close(&s2);
	stage_end();
}

/* What is idle does not keep the gateway, nor what is leased. */
static void test_stop(void **state)
{
	(void)state;
	hop_make(&h, 1);
	stage_begin();
	stage_first("L one", "+");
	wire_say(&a, "L two\n");
	stage_has(&s, "L two");
	wire_say(&b, "L three\n");
	hop_accept(&h, &s2, 0);
	stage_has(&s2, "L three");
	wire_say(&s2, "+three\n");
	wire_expect(&b, "three");
	hop_stop(&h);
	assert_true(wire_ends(&s));
	assert_true(wire_ends(&s2));
	wire_close(&s);
	wire_close(&s2);
	stage_end();
}

/* Least connections: what is leased counts, what is idle does not. */
static void test_least_connections(void **state)
{
	(void)state;
	hop_make(&h, 2);
	h.pool.balance = BALANCE_LEAST_CONNECTIONS;
	stage_begin();
	wire_say(&a, "L one\n");
	hop_accept(&h, &s, 0);
	stage_has(&s, "L one");
	wire_say(&b, "L two\n");
	hop_accept(&h, &s2, 1);
	stage_has(&s2, "L two");
	wire_say(&s2, "+two\n");
	wire_expect(&b, "two");
	for (unsigned i = 0; i < 4; i++)
		stage_ask(&b, &s2, "L more", "+");
	wire_close(&s);
	wire_close(&s2);
	stage_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_both_at_once),
		cmocka_unit_test(test_many_of_one_client),
		cmocka_unit_test(test_never_after_done),
		cmocka_unit_test(test_tenant_goes),
		cmocka_unit_test(test_deadline_closes),
		cmocka_unit_test(test_again_elsewhere),
		cmocka_unit_test(test_dies_while_opening),
		cmocka_unit_test(test_all_refused),
		cmocka_unit_test(test_disabled),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_least_connections),
	};

	return cmocka_run_group_tests(tests, hop_setup, rig_teardown);
}
