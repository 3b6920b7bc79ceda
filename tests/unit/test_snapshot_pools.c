/* SPDX-License-Identifier: Apache-2.0 */
/* test_snapshot_pools.c: what pools have in common, and what each takes from its own words. */
#include "snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "config_rig.h"

/* The id outlives the process: gateways side by side and later versions must find the same. */
static void ids_stay(void **state)
{
	struct snapshot *s =
		config_rig_right("pool 'x' { servers = { { '127.0.0.9:1', id = '127.0.0.1:5060' } } }" BASE);

	(void)state;
	assert_true(s->pools[0].servers[0].id == s->pools[1].servers[0].id);
	snapshot_unref(s);
}

/* Each pool has two servers of its own address and port. */
static void trunks_are_shared_by_equals(void **state)
{
	static const struct {
		const char *words;
		unsigned trunk;
	} pools[] = {
		{ "port = 5060", 0 },
		{ "port = 5060, tls_name = 'a'", 0 }, /* plain: there is no name */
		{ "port = 5061", 1 },
		{ "port = 5060, tls = 'base'", 2 },
		{ "port = 5060, tls = 'base', balance = 'ordered', links = 3, transport = { 'udp', 'tcp' }", 2 },
		{ "port = 5060, tls = 'sure'", 3 },
		{ "port = 5060, tls = 'base', tls_name = 'a'", 4 },
		{ "port = 5060, tls = 'base', tls_name = 'a', verify_server = false", 5 },
		{ "port = 5060, tls = 'base', tls_name = 'a'", 4 },
	};
	char text[4096];
	struct snapshot *s;
	int n = 0;

	(void)state;
	for (unsigned i = 0; i < sizeof pools / sizeof *pools; i++)
		n += snprintf(text + n, sizeof text - (size_t)n,
			      "pool 'p%u' { servers = { '127.0.0.1', '127.0.0.9' }, %s, monitor = false }\n", i,
			      pools[i].words);
	snprintf(text + n, sizeof text - (size_t)n, "%s", BASE);
	s = config_rig_right(text);
	assert_int_equal(s->ntrunks, 12);
	for (unsigned i = 0; i < sizeof pools / sizeof *pools; i++) {
		assert_int_equal(s->pools[i].servers[0].trunk, 2 * pools[i].trunk);
		assert_int_equal(s->pools[i].servers[1].trunk, 2 * pools[i].trunk + 1);
	}
	assert_int_equal(snapshot_pool(s, "base")->servers[0].trunk, 0);
	assert_int_equal(s->pools[4].balance, BALANCE_ORDERED);
	snapshot_unref(s);
}

/* What a probe goes over when its monitor does not say. */
static void probes_go_as_the_pool_prefers(void **state)
{
	static const struct {
		const char *words;
		enum lg_transport transport;
	} pools[] = {
		{ "monitor = { plugin = 'post' }", LG_TCP },
		{ "transport = 'udp', monitor = { plugin = 'post' }", LG_UDP },
		{ "transport = 'udp', monitor = { plugin = 'post', port = 9 }", LG_UDP },
		{ "transport = 'udp', monitor = { plugin = 'post', transport = 'tcp' }", LG_TCP },
		{ "transport = { 'udp', 'tcp' }, tls = 'base', monitor = { plugin = 'post' }", LG_UDP },
		{ "transport = { 'tcp', 'udp' }, tls = 'base', monitor = { plugin = 'post' }", LG_TLS },
		{ "transport = { 'udp', 'tcp' }, monitor = { plugin = 'post', tls = 'base' }", LG_TLS },
		{ "transport = 'udp', monitor = { plugin = 'talk' }", LG_TCP },
		{ "monitor = { plugin = 'post', transport = 'udp' }", LG_UDP },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof pools / sizeof *pools; i++) {
		struct snapshot *s;
		char text[2048];

		snprintf(text, sizeof text, "pool 'x' { servers = '127.0.0.1:1', %s }%s", pools[i].words, BASE);
		s = config_rig_right(text);
		assert_int_equal(s->pools[0].monitor.transport, pools[i].transport);
		snapshot_unref(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_stay),
		cmocka_unit_test(trunks_are_shared_by_equals),
		cmocka_unit_test(probes_go_as_the_pool_prefers),
	};

	return cmocka_run_group_tests(tests, config_rig_make, config_rig_end);
}
