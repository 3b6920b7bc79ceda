/* SPDX-License-Identifier: Apache-2.0 */
/* The stun plugin: flows begin, pass, lose their server, and begin anew. */
#include "fake_host.h"

#include <stdarg.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

extern const struct lg_plugin lychgate_plugin;

#define COOKIE   "\x21\x12\xA4\x42"
#define ID       "0123456789ab"
#define BYTES(s) (s), sizeof(s) - 1

#define BINDING    BYTES("\0\1\0\0" COOKIE ID)
#define ALLOCATE   BYTES("\0\3\0\0" COOKIE ID)
#define OLD        BYTES("\0\1\0\0" ID "cdef")
#define REFRESH    BYTES("\0\4\0\0" COOKIE ID)
#define INDICATION BYTES("\0\x11\0\0" COOKIE ID)
#define ANSWER     BYTES("\1\1\0\0" COOKIE ID)
#define CHANNEL    BYTES("\x40\0\0\4data")
#define RTP        BYTES("\x80\0\0\1\0\0\0\1\0\0\0\1voice")

/* As the plugin's options are laid out. */
struct conf {
	bool strict;
	int64_t rest;
};

static const struct conf plain = { false, 5000 }, strict = { true, 5000 };

static void assert_counts(const struct fake *f, uint64_t flows, uint64_t lost, uint64_t refused, uint64_t not_stun,
			  uint64_t early, uint64_t dropped)
{
	const uint64_t expected[] = { flows, lost, refused, not_stun, early, dropped };

	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		if (f->counts[i] != expected[i])
			fail_msg("%s is %llu, not %llu", lychgate_plugin.counters[i], (unsigned long long)f->counts[i],
				 (unsigned long long)expected[i]);
}

static void assert_got(const struct fake_peer *p, const char *bytes, size_t n)
{
	assert_int_equal(p->got_n, n);
	assert_memory_equal(p->got, bytes, n);
}

/* A flow whose server 0 has gone down. */
static struct fake_peer *lost_flow(struct fake *f)
{
	struct fake_peer *client = fake_datagram(f, NULL, BINDING);

	f->down[0] = true;
	fake_kill(fake_server(client, 0));
	assert_non_null(client->link);
	assert_null(fake_server(client, 0));
	return client;
}

static void the_options_are_laid_out_so(void **state)
{
	(void)state;
	assert_int_equal(lychgate_plugin.conf_size, sizeof(struct conf));
	assert_int_equal(lychgate_plugin.options[0].offset, offsetof(struct conf, strict));
	assert_int_equal(lychgate_plugin.options[1].offset, offsetof(struct conf, rest));
}

/* Each datagram is one send, also the first one and the empty one. */
static void datagrams_pass_both_ways(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, &plain);
	struct fake_peer *client = fake_datagram(f, NULL, BINDING), *server = fake_server(client, 0);

	(void)state;
	assert_got(server, BINDING);
	fake_forget(server);
	fake_input(server, ANSWER);
	assert_got(client, ANSWER);
	fake_datagram(f, client, CHANNEL);
	fake_datagram(f, client, "", 0);
	fake_datagram(f, client, RTP);
	assert_int_equal(server->sends, 3);
	assert_got(server, BYTES("\x40\0\0\4data\x80\0\0\1\0\0\0\1\0\0\0\1voice"));
	assert_int_equal(f->routes, 1);
	assert_counts(f, 1, 0, 0, 0, 0, 0);
	fake_destroy(f);
}

static void an_empty_datagram_begins_a_flow(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, &plain);
	struct fake_peer *client = fake_datagram(f, NULL, "", 0);

	(void)state;
	assert_int_equal(fake_server(client, 0)->sends, 1);
	assert_int_equal(fake_server(client, 0)->got_n, 0);
	fake_destroy(f);
}

static void what_comes_while_it_is_routed_is_dropped(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, &plain);
	struct fake_peer *client;

	(void)state;
	f->slow = true;
	client = fake_datagram(f, NULL, BINDING);
	fake_datagram(f, client, CHANNEL);
	fake_datagram(f, client, BINDING);
	assert_int_equal(f->routes, 1);
	fake_connect(f);
	assert_got(fake_server(client, 0), BINDING);
	assert_counts(f, 1, 0, 0, 0, 2, 0);
	fake_destroy(f);
}

static void strict_lets_only_stun_and_channels_begin(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		bool begins;
	} firsts[] = {
		{ BINDING, true },
		{ ALLOCATE, true },
		{ OLD, true },
		{ REFRESH, true },
		{ INDICATION, true },
		{ CHANNEL, true },
		{ RTP, false },
		{ "", 0, false },
		{ BYTES("\0\1\0\4" COOKIE ID), false },
		{ BYTES("\x40\0\xFF\xFF"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		struct fake *f = fake_create(&lychgate_plugin, &strict);
		struct fake_peer *client = fake_datagram(f, NULL, firsts[i].bytes, firsts[i].n);

		assert_int_equal(!!client->link, firsts[i].begins);
		assert_counts(f, firsts[i].begins, 0, 0, !firsts[i].begins, 0, 0);
		fake_destroy(f);
	}
}

/* Once it stands, all that a client sends is its server's affair. */
static void strict_lets_everything_follow(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, &strict);
	struct fake_peer *client = fake_datagram(f, NULL, BINDING);

	(void)state;
	fake_datagram(f, client, RTP);
	assert_int_equal(fake_server(client, 0)->sends, 2);
	assert_counts(f, 1, 0, 0, 0, 0, 0);
	fake_destroy(f);
}

static void a_lost_flow_drops_until_its_client_asks_anew(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} anew[] = { { BINDING }, { ALLOCATE }, { OLD } };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(anew) / sizeof(anew[0]); i++) {
		bool is_strict = i % 2;
		struct fake *f = fake_create(&lychgate_plugin, is_strict ? &strict : &plain);
		struct fake_peer *client = lost_flow(f);

		fake_datagram(f, client, RTP);
		fake_datagram(f, client, CHANNEL);
		fake_datagram(f, client, REFRESH);
		fake_datagram(f, client, INDICATION);
		fake_datagram(f, client, ANSWER);
		assert_int_equal(f->routes, 1);
		assert_counts(f, 1, 1, 0, is_strict, 0, is_strict ? 4 : 5);
		fake_datagram(f, client, anew[i / 2].bytes, anew[i / 2].n);
		assert_got(fake_server(client, 1), anew[i / 2].bytes, anew[i / 2].n);
		fake_datagram(f, client, RTP);
		assert_int_equal(fake_server(client, 1)->sends, 2);
		assert_counts(f, 2, 1, 0, is_strict, 0, is_strict ? 4 : 5);
		fake_pass(f, 60000);
		assert_non_null(client->link);
		fake_destroy(f);
	}
}

/* Each datagram begins the rest anew; after it the flow is forgotten, and anything begins another one. */
static void a_lost_flow_is_forgotten_when_its_client_rests(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, &plain);
	struct fake_peer *client = lost_flow(f);

	(void)state;
	for (int i = 0; i < 3; i++) {
		fake_pass(f, 4900);
		fake_datagram(f, client, RTP);
	}
	assert_counts(f, 1, 1, 0, 0, 0, 3);
	fake_pass(f, 4900);
	assert_non_null(client->link);
	fake_pass(f, 100);
	assert_null(client->link);
	client = fake_datagram(f, client, RTP);
	assert_got(fake_server(client, 1), RTP);
	fake_destroy(f);
}

static void strict_knows_no_rest(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, &strict);
	struct fake_peer *client = lost_flow(f);

	(void)state;
	for (int i = 0; i < 10; i++)
		fake_pass(f, 5000);
	fake_datagram(f, client, CHANNEL);
	assert_non_null(client->link);
	assert_counts(f, 1, 1, 0, 0, 0, 1);
	fake_destroy(f);
}

/* A flow can lose one server after the other. */
static void a_flow_is_lost_twice(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, &plain);
	struct fake_peer *client = lost_flow(f);

	(void)state;
	fake_datagram(f, client, BINDING);
	f->down[1] = true;
	fake_kill(fake_server(client, 1));
	fake_datagram(f, client, CHANNEL);
	assert_counts(f, 2, 2, 0, 0, 0, 1);
	fake_datagram(f, client, BINDING);
	assert_non_null(fake_server(client, 2));
	fake_destroy(f);
}

static void without_a_server_a_datagram_is_dropped(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, &plain);
	struct fake_peer *client;

	(void)state;
	f->down[0] = f->down[1] = f->down[2] = true;
	client = fake_datagram(f, NULL, BINDING);
	assert_null(client->link);
	assert_int_equal(client->sends, 0);
	assert_counts(f, 0, 0, 1, 0, 0, 0);
	f->down[2] = false;
	client = fake_datagram(f, client, BINDING);
	assert_non_null(fake_server(client, 2));
	fake_destroy(f);
}

/* It asks anew in vain: it stays lost, and does not stay for ever. */
static void without_another_server_a_lost_flow_stays_lost(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, &plain);
	struct fake_peer *client = lost_flow(f);

	(void)state;
	f->down[1] = f->down[2] = true;
	fake_datagram(f, client, BINDING);
	assert_non_null(client->link);
	fake_datagram(f, client, RTP);
	assert_counts(f, 1, 1, 1, 0, 0, 1);
	f->down[1] = false;
	fake_datagram(f, client, BINDING);
	assert_got(fake_server(client, 1), BINDING);
	f->down[1] = true;
	fake_kill(fake_server(client, 1));
	fake_datagram(f, client, BINDING);
	fake_pass(f, 5000);
	assert_null(client->link);
	fake_destroy(f);
}

static void a_lost_flow_is_routed_once_at_a_time(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, &plain);
	struct fake_peer *client = lost_flow(f);

	(void)state;
	f->down[1] = f->down[2] = f->slow = true;
	fake_datagram(f, client, BINDING);
	fake_datagram(f, client, BINDING);
	fake_pass(f, 60000);
	assert_int_equal(f->routes, 2);
	fake_connect(f);
	fake_datagram(f, client, RTP);
	assert_counts(f, 1, 1, 1, 0, 1, 1);
	fake_destroy(f);
}

static void without_room_a_datagram_is_dropped(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, &plain);
	struct fake_peer *client;

	(void)state;
	f->no_memory = true;
	client = fake_datagram(f, NULL, BINDING);
	assert_null(client->link);
	assert_counts(f, 0, 0, 1, 0, 0, 0);
	f->no_memory = false;
	client = lost_flow(f);
	f->no_memory = true;
	fake_datagram(f, client, BINDING);
	assert_non_null(client->link);
	fake_pass(f, 5000);
	assert_null(client->link);
	fake_destroy(f);
}

static bool is_binding(struct lg_exchange *x, struct lg_reply *reply)
{
	const char *method = fake_fact(x, "method");

	(void)reply;
	return method && strcmp(method, "binding") == 0;
}

static void a_policy_may_refuse(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, &plain);
	struct fake_peer *client;

	(void)state;
	f->policy = is_binding;
	client = fake_datagram(f, NULL, BINDING);
	assert_null(client->link);
	client = fake_datagram(f, client, ALLOCATE);
	assert_non_null(fake_server(client, 0));
	assert_counts(f, 1, 0, 1, 0, 0, 0);
	fake_destroy(f);
}

static const struct expected_facts {
	const char *bytes;
	size_t n;
	const char *form, *class, *method;
} expected_facts[] = {
	{ ALLOCATE, "stun", "request", "allocate" },
	{ INDICATION, "stun", "indication", "binding" },
	{ OLD, "classic", "request", "binding" },
	{ BYTES("\0\x0F\0\0" COOKIE ID), "stun", "request", NULL },
	{ CHANNEL, "channel", NULL, NULL },
	{ RTP, NULL, NULL, NULL },
	{ "", 0, NULL, NULL, NULL },
};

static const struct expected_facts *expected_now;

static void assert_fact(struct lg_exchange *x, const char *name, const char *expected)
{
	const char *value = fake_fact(x, name);

	if (!expected)
		assert_null(value);
	else
		assert_string_equal(value, expected);
}

static bool reads_facts(struct lg_exchange *x, struct lg_reply *reply)
{
	(void)reply;
	assert_fact(x, "form", expected_now->form);
	assert_fact(x, "class", expected_now->class);
	assert_fact(x, "method", expected_now->method);
	return true;
}

static void facts_tell_what_came(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(expected_facts) / sizeof(expected_facts[0]); i++) {
		struct fake *f = fake_create(&lychgate_plugin, &plain);

		expected_now = &expected_facts[i];
		f->policy = reads_facts;
		fake_datagram(f, NULL, expected_now->bytes, expected_now->n);
		assert_counts(f, 0, 0, 1, 0, 0, 0);
		fake_destroy(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_options_are_laid_out_so),
		cmocka_unit_test(datagrams_pass_both_ways),
		cmocka_unit_test(an_empty_datagram_begins_a_flow),
		cmocka_unit_test(what_comes_while_it_is_routed_is_dropped),
		cmocka_unit_test(strict_lets_only_stun_and_channels_begin),
		cmocka_unit_test(strict_lets_everything_follow),
		cmocka_unit_test(a_lost_flow_drops_until_its_client_asks_anew),
		cmocka_unit_test(a_lost_flow_is_forgotten_when_its_client_rests),
		cmocka_unit_test(strict_knows_no_rest),
		cmocka_unit_test(a_flow_is_lost_twice),
		cmocka_unit_test(without_a_server_a_datagram_is_dropped),
		cmocka_unit_test(without_another_server_a_lost_flow_stays_lost),
		cmocka_unit_test(a_lost_flow_is_routed_once_at_a_time),
		cmocka_unit_test(without_room_a_datagram_is_dropped),
		cmocka_unit_test(a_policy_may_refuse),
		cmocka_unit_test(facts_tell_what_came),
	};

	return cmocka_run_group_tests_name("stun flow", tests, NULL, NULL);
}
