/* SPDX-License-Identifier: Apache-2.0 */
/* test_tcp_front.c: what the tcp plugin reads at the front of a connection. */
#include "fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "hello_build.h"

extern const struct lg_plugin lychgate_plugin;

/* As the plugin's table fills it; the test finds the members by their names. */
static char conf[256] __attribute__((aligned(16)));

static void *option(const char *name)
{
	const struct lg_option *o = lychgate_plugin.options;

	while (o->name && strcmp(o->name, name) != 0)
		o++;
	assert_non_null(o->name);
	return conf + o->offset;
}

/* The fake's clients come from 192.0.2.1. */
static const struct lg_net clients = { { [10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2 }, 120 };

static struct fake *create(bool peek, bool trusted, int proxy)
{
	memset(conf, 0, sizeof conf);
	assert_true(lychgate_plugin.conf_size <= sizeof conf);
	*(bool *)option("peek") = peek;
	*(int64_t *)option("peek_time") = 500;
	*(int *)option("proxy") = proxy;
	if (trusted)
		*(struct lg_nets *)option("trusted") = (struct lg_nets){ &clients, 1 };
	return fake_create(&lychgate_plugin, conf);
}

static void the_name_is_learnt_before_a_server_is_picked(void **state)
{
	unsigned char hello[512];
	size_t n = hello_build(hello, "meet.example", "h2,http/1.1", 0, 100);

	(void)state;
	for (size_t cut = 1; cut < n; cut++) {
		struct fake *f = create(true, false, 0);
		struct fake_peer *client = fake_client(f, false);

		assert_int_equal(f->routes, 0);
		fake_input(client, (char *)hello, cut);
		assert_int_equal(f->routes, 0);
		fake_input(client, (char *)hello + cut, n - cut);
		assert_string_equal(client->learned[LG_SNI], "meet.example");
		assert_string_equal(client->learned[LG_ALPN], "h2,http/1.1");
		assert_int_equal(fake_server(client, 0)->got_n, n);
		assert_memory_equal(fake_server(client, 0)->got, hello, n);
		fake_destroy(f);
	}
}

static void other_bytes_silence_and_half_a_hello_go_on(void **state)
{
	static const char *const others[] = { "GET / HTTP/1.1\r\n", "", "\x16\x03\x01\x02" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fake *f = create(true, false, 0);
		struct fake_peer *client = fake_client(f, false);

		fake_text(client, others[i]);
		fake_pass(f, 499);
		assert_int_equal(f->routes, i == 0);
		fake_pass(f, 1);
		assert_int_equal(f->routes, 1);
		assert_null(client->learned[LG_SNI]);
		assert_string_equal(fake_server(client, 0)->got, others[i]);
		fake_destroy(f);
	}
}

/* Half a hello and then its end: the server may make something of it. */
static void an_end_does_not_wait(void **state)
{
	struct fake *f = create(true, false, 0);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, "\x16\x03");
	fake_end(client);
	assert_int_equal(f->routes, 1);
	fake_destroy(f);
}

/* PROXY headers are the core's: the plugin says from whom it reads them, and whether servers get them. */
static void proxies_and_servers_are_named(void **state)
{
	struct fake *f = create(false, true, 2);
	const struct lg_nets *nets = lychgate_plugin.proxied(conf);

	(void)state;
	assert_int_equal(nets->n, 1);
	fake_client(f, false);
	assert_int_equal(f->last_proxy, 2);
	fake_destroy(f);

	f = create(false, false, 0);
	assert_int_equal(lychgate_plugin.proxied(conf)->n, 0);
	fake_client(f, false);
	assert_int_equal(f->last_proxy, 0);
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_is_learnt_before_a_server_is_picked),
		cmocka_unit_test(other_bytes_silence_and_half_a_hello_go_on),
		cmocka_unit_test(an_end_does_not_wait),
		cmocka_unit_test(proxies_and_servers_are_named),
	};

	return cmocka_run_group_tests_name("tcp front", tests, NULL, NULL);
}
