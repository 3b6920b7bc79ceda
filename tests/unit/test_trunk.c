/* SPDX-License-Identifier: Apache-2.0 */
/* test_trunk.c: who shares a link to a server with whom, and what becomes of requests when it ends. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hop.h"
#include "tls_rig.h"

static struct hop h;
static struct wire a, b, s, s2;
static char token[LG_TOKEN + 1];
static unsigned number;

/* Asks by `c`, and gives the answer back by the server's link. */
static void ask(struct wire *c, struct wire *server, const char *text)
{
	char want[64];

	snprintf(want, sizeof want, "- %s", text);
	wire_say(c, "%s\n", want);
	wire_request(server, &number, token, want);
	wire_say(server, "%s to %s\n", token, text);
	snprintf(want, sizeof want, "to %s", text);
	wire_expect(c, want);
}

static void test_two_clients_share(void **state)
{
	(void)state;
	hop_make(&h, 1);
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	hop_dial(&h, &b, LEFT);
	wire_say(&a, "- first\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "- first");
	ask(&b, &s, "second");
	ask(&a, &s, "third");
	assert_false(hop_is_called(&h, 0));
	assert_int_equal(h.servers[0].state->shared, 1);
	assert_int_equal(h.servers[0].state->sessions, 0);
	wire_close(&a); /* the link stays */
	hop_until(&h, "closed client");
	ask(&b, &s, "fourth");
	wire_close(&b);
	wire_close(&s);
	hop_free(&h);
}

/* An open request is what a server carries: the next new one goes to who has fewer. */
static void test_load(void **state)
{
	(void)state;
	hop_make(&h, 2);
	h.pool.balance = BALANCE_LEAST_CONNECTIONS;
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	wire_say(&a, "K one\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "K one");
	assert_int_equal(atomic_load(&h.servers[0].state->sessions), 1);
	wire_say(&a, "K two\n");
	hop_accept(&h, &s2, 1);
	wire_request(&s2, &number, token, "K two");
	assert_int_equal(atomic_load(&h.servers[1].state->sessions), 1);
	h.servers[0].max_sessions = h.servers[1].max_sessions = 1;
	wire_say(&a, "K three\n");
	hop_until(&h, "respond 3 overload");
	wire_close(&a);
	hop_until(&h, "closed client");
	assert_int_equal(atomic_load(&h.servers[0].state->sessions), 0);
	assert_int_equal(atomic_load(&h.servers[1].state->sessions), 0);
	wire_close(&s);
	wire_close(&s2);
	hop_free(&h);
}

/* With two links neighbours take different ones, and each always the same. */
static void test_two_links(void **state)
{
	(void)state;
	hop_make(&h, 1);
	h.pool.links = 2;
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	wire_say(&a, "- first\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "- first");
	hop_dial(&h, &b, LEFT);
	wire_say(&b, "- second\n");
	hop_accept(&h, &s2, 0);
	wire_request(&s2, &number, token, "- second");
	for (unsigned i = 0; i < 3; i++) {
		ask(&a, &s, "again");
		ask(&b, &s2, "again");
	}
	assert_int_equal(h.servers[0].state->shared, 2);
	wire_close(&a);
	wire_close(&b);
	wire_close(&s);
	wire_close(&s2);
	hop_free(&h);
}

/* The server is not even asked to shake hands: who waits for which link is seen before. */
static void test_trust_is_not_shared(void **state)
{
	struct wire third;

	(void)state;
	hop_make(&h, 1);
	hop_secure(&h);
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	hop_dial(&h, &b, LEFT);
	hop_dial(&h, &third, LEFT);
	wire_say(&a, "- anonymous\n");
	hop_accept(&h, &s, 0);
	wire_say(&b, "T trusted\n");
	hop_accept(&h, &s2, 0);
	wire_say(&third, "- anonymous\nT trusted\n");
	assert_false(hop_is_called(&h, 0));
	assert_int_equal(h.servers[0].state->shared, 2);
	wire_close(&a);
	wire_close(&b);
	wire_close(&third);
	wire_close(&s);
	wire_close(&s2);
	hop_free(&h);
}

/* Without TLS nobody shows anything: they share. */
static void test_trust_without_tls(void **state)
{
	(void)state;
	hop_make(&h, 1);
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	wire_say(&a, "- one\nT two\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "- one");
	wire_request(&s, &number, token, "T two");
	wire_close(&a);
	wire_close(&s);
	hop_free(&h);
}

static void test_refused(void **state)
{
	(void)state;
	hop_make(&h, 3);
	hop_refuse(&h, 0);
	hop_refuse(&h, 1);
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	hop_dial(&h, &b, LEFT);
	for (unsigned i = 0; i < 6; i++)
		wire_say(i & 1 ? &a : &b, "- one\n");
	hop_accept(&h, &s, 2);
	for (unsigned i = 0; i < 6; i++)
		wire_request(&s, &number, token, "- one");
	wire_close(&a);
	wire_close(&b);
	wire_close(&s);
	hop_free(&h);
}

static void test_all_refused(void **state)
{
	(void)state;
	hop_make(&h, 2);
	hop_refuse(&h, 0);
	hop_refuse(&h, 1);
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	wire_say(&a, "- one\n- two\n");
	hop_until(&h, "respond 1 no-server");
	hop_until(&h, "respond 2 no-server");
	wire_close(&a);
	hop_free(&h);
}

/* Of what was open on it, each is told; who may, goes again. */
static void test_link_dies(void **state)
{
	(void)state;
	hop_make(&h, 2);
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	wire_say(&a, "KA one\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "KA one");
	hop_dial(&h, &b, LEFT);
	wire_say(&b, "K two\n");
	hop_accept(&h, &s2, 1);
	wire_request(&s2, &number, token, "K two");
	wire_close(&s);
	hop_until(&h, "lost 1 link");
	wire_request(&s2, &number, token, "KA one");
	assert_int_equal(number, 1);
	assert_false(hop_said(&h, "lost 2"));
	wire_close(&s2);
	hop_until(&h, "lost 2 link");
	hop_until(&h, "respond 1 no-server"); /* both were tried */
	atomic_store(&h.servers[1].state->health, HEALTH_DOWN);
	wire_say(&b, "- three\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "- three");
	wire_close(&a);
	wire_close(&b);
	wire_close(&s);
	hop_free(&h);
}

/* The client goes: nobody is told of its exchanges, and the link's end is no one's. */
static void test_client_goes(void **state)
{
	(void)state;
	hop_make(&h, 1);
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	wire_say(&a, "KA one\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "KA one");
	wire_close(&a);
	hop_until(&h, "closed client");
	wire_say(&s, "%s late\n", token);
	hop_until(&h, "gone late");
	wire_close(&s);
	hop_until(&h, "closed s0");
	assert_false(hop_said(&h, "lost"));
	hop_free(&h);
}

/* The plugin has read an answer that another server may better. */
static void test_again_outside_lost(void **state)
{
	(void)state;
	hop_make(&h, 2);
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	wire_say(&a, "K one\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "K one");
	wire_say(&s, "*%u\n", number);
	hop_accept(&h, &s2, 1);
	wire_request(&s2, &number, token, "K one");
	assert_int_equal(number, 1);
	wire_close(&s); /* it is no longer there */
	hop_until(&h, "closed s0");
	assert_false(hop_said(&h, "lost"));
	wire_say(&s2, "*%u\n", number);
	hop_until(&h, "respond 1 no-server");
	wire_close(&a);
	wire_close(&s2);
	hop_free(&h);
}

static void test_deadline(void **state)
{
	(void)state;
	hop_make(&h, 2);
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	wire_say(&a, "KAD one\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "KAD one");
	hop_until(&h, "lost 1 deadline");
	hop_accept(&h, &s2, 1);
	wire_request(&s2, &number, token, "KAD one");
	wire_close(&a);
	wire_close(&s);
	wire_close(&s2);
	hop_free(&h);
}

/* A server that rests gets no new keys; the last that does not rest gets all. */
static void test_rest(void **state)
{
	(void)state;
	hop_make(&h, 2);
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	wire_say(&a, "- one\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "- one");
	wire_say(&s, "/600000\n/1\n%s rests\n", token); /* the longer word holds */
	wire_expect(&a, "rests");
	wire_say(&a, "- two\n");
	hop_accept(&h, &s2, 1);
	wire_request(&s2, &number, token, "- two");
	for (unsigned i = 0; i < 3; i++)
		ask(&a, &s2, "more");
	wire_say(&s2, "/600000\n%s rests\n", token);
	wire_expect(&a, "rests");
	wire_say(&a, "- last\n");
	hop_until(&h, "respond 6 no-server");
	wire_close(&a);
	wire_close(&s);
	wire_close(&s2);
	hop_free(&h);
}

/* Where it goes is known: no server is picked; and a shared link's own request never gets one. */
static void test_known(void **state)
{
	(void)state;
	hop_make(&h, 1);
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	wire_say(&a, "- one\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "- one");
	wire_say(&s, "?N two\n?- three\n?KND four\n");
	hop_until(&h, "routed 2 known");
	hop_until(&h, "respond 3 no-server");
	hop_until(&h, "lost 4 deadline");
	wire_say(&a, "N five\n");
	hop_until(&h, "routed 5 known");
	wire_close(&a);
	wire_close(&s);
	hop_free(&h);
}

/* Idle links close; the next request opens another. */
static void test_idle(void **state)
{
	(void)state;
	hop_make(&h, 1);
	h.conf[LEFT].limits.idle_ms = 300;
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	wire_say(&a, "- one\n");
	hop_accept(&h, &s, 0);
	hop_until(&h, "closed s0");
	hop_dial(&h, &b, LEFT);
	wire_say(&b, "- two\n");
	hop_accept(&h, &s2, 0);
	wire_request(&s2, &number, token, "- two");
	wire_close(&a);
	wire_close(&b);
	wire_close(&s);
	wire_close(&s2);
	hop_free(&h);
}

/* What a client has sent before it went arrives, though the gateway stops. */
static void test_stop_flushes(void **state)
{
	(void)state;
	hop_make(&h, 1);
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	wire_say(&a, "- one\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "- one");
	for (unsigned i = 0; i < 100; i++)
		wire_say(&a, "- more\n");
	hop_until(&h, "routed 101 s0");
	hop_stop(&h);
	for (unsigned i = 0; i < 100; i++)
		wire_request(&s, &number, token, "- more");
	assert_true(wire_ends(&s));
	wire_close(&a);
	wire_close(&s);
	hop_free(&h);
}

/* A server whose link stands still does not keep the gateway. */
static void test_stop_has_an_end(void **state)
{
	char line[1001];

	(void)state;
	memset(line, 'x', sizeof line);
	line[0] = '-';
	line[1] = ' ';
	line[sizeof line - 1] = 0;
	hop_make(&h, 1);
	h.conf[LEFT].limits.queue = 64 << 20;
	h.conf[LEFT].limits.plugin.requests = 20000;
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	for (unsigned i = 0; i < 12000; i++)
		wire_say(&a, "%s\n", line);
	hop_accept(&h, &s, 0);
	for (unsigned i = 0; i < 10000 && h.stats[LEFT].held_bytes < 1 << 20; i++) /* what the system does not take */
		usleep(1000);
	assert_true(h.stats[LEFT].held_bytes >= 1 << 20);
	hop_stop(&h);
	wire_close(&a);
	wire_close(&s);
	hop_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_clients_share),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_two_links),
		cmocka_unit_test(test_trust_is_not_shared),
		cmocka_unit_test(test_trust_without_tls),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_all_refused),
		cmocka_unit_test(test_link_dies),
		cmocka_unit_test(test_client_goes),
		cmocka_unit_test(test_again_outside_lost),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_stop_flushes),
		cmocka_unit_test(test_stop_has_an_end),
	};

	return cmocka_run_group_tests(tests, hop_setup, rig_teardown);
}
