/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_resolve.c: names of servers, and when they are asked for.  The names are addresses as text, which the system's
 * resolver reads without asking anybody; h06-names has names whose addresses change.
 */
#include "unit.h"

#include "net.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/resolve.h"

struct stage {
	struct net n;
	struct slots slots[2];
	struct monitors *monitors;
	struct resolver *resolver;
	unsigned changes;
};

static void changed(void *ctx)
{
	((struct stage *)ctx)->changes++;
}

/* Two servers with a name each; the second one is a pair of slots. */
static struct stage *names_make(const char *one, const char *two)
{
	const char *hosts[] = { one, two };
	struct stage *t = calloc(1, sizeof *t);

	assert_non_null(t);
	net_make(&t->n, rig_worker_start(), 3);
	t->n.pool.monitor.always_up = true;
	t->n.snapshot->settings.resolve_ms = 100;
	t->n.pool.slots = t->slots;
	t->n.pool.nslots = 2;
	for (unsigned i = 0; i < 2; i++)
		t->slots[i] = (struct slots){ .host = (char *)hosts[i],
					      .id = (char *)hosts[i],
					      .port = 5061,
					      .pool = &t->n.pool,
					      .first = i,
					      .n = 1 + i };
	for (unsigned i = 0; i < 3; i++) {
		struct server *s = &t->n.servers[i];

		s->slots = &t->slots[i > 0];
		atomic_store(&s->state->presence, SERVER_ABSENT);
		server_places_free(s);
		assert_int_equal(server_put(s, NULL), 0);
		net_health(&t->n, i, HEALTH_UNKNOWN);
	}
	return t;
}

static void names_begin(struct stage *t)
{
	assert_int_equal(monitors_start(&t->monitors, t->n.w, t->n.snapshot, changed, t), 0);
	assert_int_equal(resolver_start(&t->resolver, t->n.w, t->n.snapshot, t->monitors), 0);
}

static void names_end(struct stage *t)
{
	resolver_stop(t->resolver);
	monitors_stop(t->monitors);
	net_stop(&t->n);
	rig_worker_stop(t->n.w);
	resolver_free(t->resolver);
	monitors_free(t->monitors);
	net_drop(&t->n);
	free(t);
}

static enum health health_of(struct stage *t, unsigned i)
{
	return (enum health)atomic_load(&t->n.servers[i].state->health);
}

/* Nothing waits for the answer; then each name has its address, and what is left of its slots is down. */
static void test_names_get_their_addresses(void **state)
{
	struct stage *t = names_make("192.0.2.1", "192.0.2.2");

	(void)state;
	names_begin(t);
	for (unsigned i = 0; i < 3; i++)
		assert_true(server_is_absent(&t->n.servers[i]) && health_of(t, i) == HEALTH_UNKNOWN);
	RIG_UNTIL(t->n.w, health_of(t, 0) == HEALTH_UP && health_of(t, 1) == HEALTH_UP);
	assert_string_equal(server_place(&t->n.servers[0])->text, "192.0.2.1:5061");
	assert_string_equal(server_place(&t->n.servers[1])->text, "192.0.2.2:5061");
	assert_true(server_is_absent(&t->n.servers[2]) && health_of(t, 2) == HEALTH_DOWN);
	assert_true(t->changes > 0);
	names_end(t);
}

/* Two servers with the same name: one question, whose answer is for both. */
static void test_servers_share_a_name(void **state)
{
	struct stage *t = names_make("192.0.2.1", "192.0.2.1");

	(void)state;
	names_begin(t);
	RIG_UNTIL(t->n.w, health_of(t, 0) == HEALTH_UP);
	assert_int_equal(health_of(t, 1), HEALTH_UP); /* in the same turn */
	assert_int_equal(t->changes, 1);
	names_end(t);
}

/* Another answer comes with the interval. */
static void test_names_are_asked_for_again(void **state)
{
	struct stage *t = names_make("192.0.2.1", "192.0.2.2");
	struct sockaddr_storage address = server_place(&t->n.servers[0])->address;

	(void)state;
	names_begin(t);
	RIG_UNTIL(t->n.w, health_of(t, 0) == HEALTH_UP);
	address_parse(&address, (struct lg_span){ "192.0.2.9:5061", 14 });
	server_put(&t->n.servers[0], &address); /* as if that had been the answer */
	RIG_UNTIL(t->n.w, !strcmp(server_place(&t->n.servers[0])->text, "192.0.2.1:5061"));
	names_end(t);
}

/* The end comes while questions are out. */
static void test_stop_while_asking(void **state)
{
	struct stage *t = names_make("192.0.2.1", "192.0.2.2");

	(void)state;
	names_begin(t);
	names_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_get_their_addresses),
		cmocka_unit_test(test_servers_share_a_name),
		cmocka_unit_test(test_names_are_asked_for_again),
		cmocka_unit_test(test_stop_while_asking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
