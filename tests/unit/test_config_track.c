/* SPDX-License-Identifier: Apache-2.0 */
/* test_config_track.c: pools whose servers follow the health of another's: who follows whom, and what is wrong. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config_rig.h"
#include "snapshot.h"

#define SIP "pool 'sip' { servers = { '127.0.0.1', '127.0.0.2', '[::1]' }, port = 5061, monitor = { fall = 2 } }\n"

static const char right[] = "pool 'web' { servers = { '127.0.0.2:443', '[0::1]:444' }, monitor = { track = 'sip' } }\n"
			    "pool 'plain' { servers = '127.0.0.2:80', monitor = { track = 'sip' } }\n" SIP BASE;

static void servers_follow_those_of_their_address(void **state)
{
	struct problems problems;
	struct snapshot *s;
	const struct pool *sip, *web, *plain;

	(void)state;
	assert_int_equal(config_rig_load(&s, right, &problems), 0);
	sip = snapshot_pool(s, "sip");
	web = snapshot_pool(s, "web");
	plain = snapshot_pool(s, "plain");
	assert_ptr_equal(web->servers[0].tracked, &sip->servers[1]);
	assert_ptr_equal(web->servers[1].tracked, &sip->servers[2]);
	assert_ptr_equal(plain->servers[0].tracked, &sip->servers[1]);
	assert_null(sip->servers[0].tracked);
	assert_null(sip->servers[0].followers);
	assert_ptr_equal(sip->servers[1].followers, &plain->servers[0]);
	assert_ptr_equal(plain->servers[0].next_follower, &web->servers[0]);
	assert_null(web->servers[0].next_follower);
	assert_ptr_equal(sip->servers[2].followers, &web->servers[1]);
	assert_false(web->monitor.always_up);
	snapshot_unref(s);
	problems_free(&problems);
}

static const struct {
	const char *config;
	int line;
	const char *text, *hint;
} wrong[] = {
	{ "pool 'x' { servers = '127.0.0.1:1', monitor = {\ntrack = 'spi' } }", 2, "there is no pool \"spi\"",
	  "`sip`" },
	{ "pool 'x' { servers = '127.0.0.1:1', monitor = {\ntrack = 5 } }", 2, "5 is not a string", NULL },
	{ "pool 'x' { servers = '127.0.0.1:1', monitor = {\ntrack = 'x' } }", 2, "cannot track itself", NULL },
	{ "pool 'x' { servers = '127.0.0.1:1', monitor = { track = 'sip',\ninterval = '1s' } }", 2,
	  "interval: is of no use beside `track`", "the one that asks" },
	{ "pool 'x' { servers = { '127.0.0.1:1',\n'127.0.0.9:1' }, monitor = { track = 'sip' } }", 2,
	  "no server with the address 127.0.0.9", "leave it out" },
	{ "pool 'x' { servers = '127.0.0.1:1', monitor = false }\n"
	  "pool 'y' { servers = '127.0.0.1:1', monitor = { track = 'x' } }",
	  2, "nobody asks the servers of pool \"x\"", "monitor = false here too" },
	{ "pool 'x' { servers = '127.0.0.1:1', monitor = { track = 'sip' } }\n"
	  "pool 'y' { servers = '127.0.0.1:1', monitor = { track = 'x' } }",
	  2, "pool \"x\" is not asked, it tracks \"sip\"", "name the pool" },
	{ "pool 'x' { servers = { '127.0.0.1:1', '127.0.0.1:2' } }\n"
	  "pool 'y' { servers = '127.0.0.1:1', monitor = { track = 'x' } }",
	  2, "pool \"x\" has 127.0.0.1 twice", NULL },
};

static void what_is_wrong_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct problems problems;
		struct snapshot *s;
		char text[4096];
		const struct problem *p = NULL;

		snprintf(text, sizeof text, "%s\n" SIP "%s", wrong[i].config, BASE);
		assert_int_equal(config_rig_load(&s, text, &problems), -EINVAL);
		config_rig_print(&problems);
		assert_int_equal(problems.n, 1);
		p = &problems.list[0];
		assert_int_equal(p->line, wrong[i].line);
		assert_non_null(strstr(p->text, wrong[i].text));
		assert_true(!wrong[i].hint || (p->hint && strstr(p->hint, wrong[i].hint)));
		problems_free(&problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_follow_those_of_their_address),
		cmocka_unit_test(what_is_wrong_is_told),
	};

	return cmocka_run_group_tests_name("config track", tests, config_rig_make, config_rig_end);
}
