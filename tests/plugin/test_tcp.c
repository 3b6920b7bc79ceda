/* SPDX-License-Identifier: Apache-2.0 */
/* The tcp plugin: a connection, a server, and bytes between them. */
#include "fake_host.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

extern const struct lg_plugin lychgate_plugin;

static const max_align_t plain[16]; /* its options, all off */

static void relays_both_ways(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, plain);
	struct fake_peer *client = fake_client(f, false), *server = fake_server(client, 0);

	(void)state;
	assert_non_null(server);
	fake_text(client, "knock");
	fake_text(server, "who is there?");
	assert_string_equal(server->got, "knock");
	assert_string_equal(client->got, "who is there?");
	assert_int_equal(f->open, 1);
	fake_destroy(f);
}

/* What comes before the server is there waits for it. */
static void early_bytes_wait(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, plain);
	struct fake_peer *client;

	(void)state;
	f->slow = true;
	client = fake_client(f, false);
	fake_text(client, "early");
	assert_null(fake_server(client, 0));
	fake_connect(f);
	assert_string_equal(fake_server(client, 0)->got, "early");
	fake_destroy(f);
}

static void each_end_closes_the_other(void **state)
{
	for (int side = 0; side < 2; side++) {
		struct fake *f = fake_create(&lychgate_plugin, plain);
		struct fake_peer *client = fake_client(f, false), *server = fake_server(client, 0);

		fake_end(side == 0 ? client : server);
		assert_null(client->link);
		assert_null(server->link);
		assert_int_equal(f->open, 0);
		fake_destroy(f);
	}
	(void)state;
}

static void a_dead_server_is_passed_over(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, plain);

	(void)state;
	f->down[0] = true;
	assert_non_null(fake_server(fake_client(f, false), 1));
	fake_destroy(f);
}

static void nobody_there_is_a_reset(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, plain);
	struct fake_peer *client;

	(void)state;
	f->down[0] = f->down[1] = f->down[2] = true;
	client = fake_client(f, false);
	assert_null(client->link);
	assert_int_equal(client->how, LG_RESET);
	fake_destroy(f);
}

static void no_room_is_a_reset(void **state)
{
	struct fake *f = fake_create(&lychgate_plugin, plain);
	struct fake_peer *client;

	(void)state;
	f->no_memory = true;
	client = fake_client(f, false);
	assert_null(client->link);
	assert_int_equal(client->how, LG_RESET);
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(relays_both_ways),          cmocka_unit_test(early_bytes_wait),
		cmocka_unit_test(each_end_closes_the_other), cmocka_unit_test(a_dead_server_is_passed_over),
		cmocka_unit_test(nobody_there_is_a_reset),   cmocka_unit_test(no_room_is_a_reset),
	};

	return cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
}
