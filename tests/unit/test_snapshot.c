/* SPDX-License-Identifier: Apache-2.0 */
/* test_snapshot.c: configurations that are right, and what they must become; and that nothing is left of one that
 * fails.  What pools become beside each other: test_snapshot_pools.c. */
#include "snapshot.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config_rig.h"
#include "facts.h"
#include "heap.h"
#include "modules/talk.h"
#include "span.h"
#include "tls_private.h"

static void assert_address(const struct sockaddr_storage *a, int family, const char *address, int port)
{
	char text[INET6_ADDRSTRLEN];
	const struct sockaddr_in *v4 = (const void *)a;
	const struct sockaddr_in6 *v6 = (const void *)a;
	const void *bytes = family == AF_INET ? (const void *)&v4->sin_addr : (const void *)&v6->sin6_addr;

	assert_int_equal(a->ss_family, family);
	assert_string_equal(inet_ntop(family, bytes, text, sizeof text), address);
	assert_int_equal(ntohs(family == AF_INET ? v4->sin_port : v6->sin6_port), port);
}

static void fills_in_defaults(void **state)
{
	struct snapshot *s = config_rig_right(BASE);
	const struct pool *p = snapshot_pool(s, "base");
	const struct listener_conf *l = s->listeners;

	(void)state;
	assert_null(snapshot_pool(s, "x"));
	assert_in_range(s->settings.workers, 1, 64);
	assert_non_null(s->settings.control);
	assert_int_equal(s->settings.log, LG_INFO);
	assert_int_equal(s->settings.drain_ms, 30000);
	assert_null(s->settings.policy_path[0]);
	assert_null(p->tls);
	assert_int_equal(p->balance, BALANCE_ROUND_ROBIN);
	assert_int_equal(p->all_down, ALL_DOWN_REFUSE);
	assert_int_equal(p->tries, 3);
	assert_int_equal(p->links, 2);
	assert_int_equal(p->transports[0], 0);
	assert_false(s->settings.has_secret);
	assert_true(p->has_persistence && p->default_persistence && p->store);
	assert_int_equal(p->timeout_ms, 30 * 60 * 1000);
	assert_string_equal(p->scope, "base");
	assert_null(p->monitor.plugin);
	assert_int_equal(p->monitor.transport, LG_TCP);
	assert_int_equal(p->monitor.interval_ms, 5000);
	assert_int_equal(p->monitor.timeout_ms, 2000);
	assert_int_equal(p->monitor.rise, 1);
	assert_int_equal(p->monitor.fall, 3);
	assert_string_equal(p->servers[0].name, "127.0.0.1:5060");
	assert_string_equal(p->servers[0].tls_name, "127.0.0.1");
	assert_int_equal(p->servers[0].weight, 1);
	assert_true(l->has_pool);
	assert_null(l->tls);
	assert_int_equal(l->nreach, 1);
	assert_true(l->reach[0].persist);
	assert_int_equal(l->reach[0].nby, 1);
	assert_int_equal(l->reach[0].by[0].index, 0);
	assert_int_equal(l->limits.sessions, 20000);
	assert_int_equal(l->limits.idle_ms, 30 * 60 * 1000);
	assert_int_equal(l->limits.plugin.headers, 64 << 10);
	assert_int_equal(l->limits.plugin.message, 5 << 20);
	assert_int_equal(l->limits.plugin.requests, 1000);
	assert_int_equal(l->limits.plugin.answer_ms, 180000);
	assert_int_equal(l->limits.handshake_ms, 10000);
	assert_int_equal(l->limits.queue, 256 << 10);
	assert_int_equal(l->limits.kept, 8);
	assert_null(l->access_log);
	assert_int_equal(l->access_format, ACCESS_KEY);
	assert_int_equal(l->limits.new_per_source, 0);
	assert_int_equal(((const struct talk_conf *)l->plugin_conf)->lines, 8);
	snapshot_unref(s);
}

static const char big[] =
	"gateway { workers = 2, control = 'x.sock', log = 'debug', drain = '1m', policy_path = { '.' }, secret = "
	"'secret' }\n"
	"tls 'pool' { certificate = 'pool.pem', key = 'pool.key', trust = 'ca.pem' }\n"
	"tls 'other' { certificate = 'other.pem', key = 'other.key', tickets = false, minimum = '1.3' }\n"
	"pool 'front' {\n"
	"  servers = { '127.0.1.21', { '127.0.1.22', weight = 2, max_sessions = 8 },\n"
	"    { '127.0.1.23:7', backup = true, name = 'third', id = '3' },\n"
	"    '[::1]', 'localhost:9' },\n"
	"  port = 5061, tls = 'pool', tls_name = 'pool.test', verify_server = false, transport = { 'udp', 'tcp' },\n"
	"  balance = 'least-connections', all_down = 'reply', tries = 5, links = 64, slow_start = '1m',\n"
	"  max_sessions = 70,\n"
	"  persistence = { by = { 'header.to', 'source' }, timeout = '1h', group = 'g', entries = 10,\n"
	"    mask = { 24, 64 } },\n"
	"  monitor = { plugin = 'talk', transport = 'tcp', port = 5060, interval = '1s', timeout = '500ms', rise = 2,\n"
	"    fall = 4, question = 'well?' } }\n"
	"pool 'back' { servers = { { '127.0.0.1:1', id = '3' } }, persistence = { by = 'topic', group = 'g' },\n"
	"  monitor = false, balance = 'hash', all_down = 'fail-open' }\n"
	"pool 'loose' { servers = '127.0.0.1:2', persistence = false, tls = 'other', monitor = { plugin = 'talk' } }\n"
	"pool 'base' { servers = '127.0.0.1:3', tls = 'other', monitor = { plugin = 'talk', port = 4 } }\n"
	"listener 'main' { plugin = 'talk', bind = { 'tls:127.0.0.1:5061', 'tcp:[::1]:5060-5069' }, tls = { 'pool', "
	"'other' "
	"},\n"
	"  peers = { 'edge.test' }, pool = 'front', on_error = 'drop', source = 'transparent',\n"
	"  access_log = 'access.log', access_format = 'combined',\n"
	"  policies = { 'any', { 'talkative', share = 0.5, wait = '1m', tags = { 'a\"\\\\]]', 'b' },\n"
	"    words = { ['x.y'] = 'back', z = 'front' } }, { 'willing', names = { 'X-One' } } },\n"
	"  limits = { sessions = 5, idle = '10m', memory = 0, first_byte = '1s', half = '2s', stall = '3s', handshakes "
	"= 7,\n"
	"    sessions_per_source = 8, new_per_source = 9, kept = 10 },\n"
	"  options = { greet = false, lines = 9, pause = '1s', room = '1M', word = 'x', mood = 'loud', doors = '7-9' } "
	"}\n"
	"listener 'side' { plugin = 'plain', bind = 'tcp:127.0.0.1:99', pool = 'loose' }\n"
	"listener 'talk' { plugin = 'talk', bind = 'tcp:127.0.0.1:98', pool = 'loose', options = { nets = { "
	"'10.0.0.0/8', '::1' },\n"
	"  routes = { { sni = 'meet.*', ['header.to'] = '*.x', pool = 'back' }, { alpn = 'h2', pool = 'loose' } } } }\n"
	"listener 'alone' { plugin = 'plain', bind = 'tcp:127.0.0.1:97' }\n";

static void check_servers(const struct pool *p)
{
	static const struct {
		const char *name, *text, *tls_name;
		int family;
		const char *address;
		int port, weight;
	} want[] = {
		{ "127.0.1.21:5061", "127.0.1.21:5061", "pool.test", AF_INET, "127.0.1.21", 5061, 1 },
		{ "127.0.1.22:5061", "127.0.1.22:5061", "pool.test", AF_INET, "127.0.1.22", 5061, 2 },
		{ "third", "127.0.1.23:7", "third", AF_INET, "127.0.1.23", 7, 1 },
		{ "[::1]:5061", "[::1]:5061", "pool.test", AF_INET6, "::1", 5061, 1 },
	};

	assert_int_equal(p->nservers, 4 + 8);
	for (unsigned i = 0; i < 4; i++) {
		const struct server *s = &p->servers[i];

		assert_string_equal(s->name, want[i].name);
		assert_string_equal(server_place(s)->text, want[i].text);
		assert_string_equal(s->tls_name, want[i].tls_name);
		assert_true(span_equal(server_place(s)->pub.name, span_of(want[i].name)));
		assert_true(span_equal(server_place(s)->pub.address, span_of(want[i].text)));
		assert_address(&server_place(s)->address, want[i].family, want[i].address, want[i].port);
		assert_int_equal(s->weight, want[i].weight);
		assert_int_equal(s->backup, i == 2);
		assert_int_equal(s->index, i);
		assert_ptr_equal(s->pool, p);
		assert_non_null(s->state);
		for (unsigned j = 0; j < i; j++)
			assert_true(s->id != 0 && s->id != p->servers[j].id);
	}
	for (unsigned i = 4; i < 12; i++) {
		const struct server *s = &p->servers[i];

		assert_string_equal(s->name, "localhost:9");
		assert_string_equal(s->tls_name, "pool.test");
		assert_true(server_is_absent(s) && s->id == 0 && s->index == i && s->trunk != p->servers[0].trunk);
		assert_int_equal(server_place(s)->address.ss_family, AF_UNSPEC);
		assert_ptr_equal(s->slots, p->slots);
	}
	assert_int_equal(p->nslots, 1);
	assert_string_equal(p->slots[0].host, "localhost");
	assert_string_equal(p->slots[0].id, "localhost");
	assert_int_equal(p->slots[0].port, 9);
	assert_true(p->slots[0].first == 4 && p->slots[0].n == 8 && p->slots[0].pool == p);
}

static void check_pools(const struct snapshot *s)
{
	const struct pool *p = snapshot_pool(s, "front"), *back = snapshot_pool(s, "back");
	const struct pool *loose = snapshot_pool(s, "loose"), *base = snapshot_pool(s, "base");

	check_servers(p);
	assert_true(p->tls && !p->verify_server && p->has_persistence && !p->default_persistence);
	assert_int_equal(p->balance, BALANCE_LEAST_CONNECTIONS);
	assert_int_equal(p->all_down, ALL_DOWN_REPLY);
	assert_int_equal(p->tries, 5);
	assert_int_equal(p->links, 64);
	assert_int_equal(p->slow_start_ms, 60000);
	assert_int_equal(p->servers[0].max_sessions, 70);
	assert_int_equal(p->servers[1].max_sessions, 8);
	assert_int_equal(back->servers[0].max_sessions, 0);
	assert_int_equal(back->servers[0].id, p->servers[2].id);
	assert_int_equal(p->mask[0], 24);
	assert_int_equal(p->mask[1], 64);
	assert_int_equal(p->transports[0], LG_UDP);
	assert_int_equal(p->transports[1], LG_TCP);
	assert_string_equal(p->by[0], "header.to");
	assert_string_equal(p->by[1], "source");
	assert_null(p->by[2]);
	assert_int_equal(p->timeout_ms, 3600000);
	assert_string_equal(p->scope, "g");
	assert_ptr_equal(p->store, back->store);
	assert_int_equal(p->store->refs, 2);
	assert_string_equal(p->monitor.plugin->name, "talk");
	assert_string_equal(((const struct talk_probe *)p->monitor.plugin_conf)->question, "well?");
	assert_int_equal(p->monitor.transport, LG_TCP);
	assert_null(p->monitor.tls);
	assert_int_equal(p->monitor.port, 5060);
	assert_int_equal(p->monitor.interval_ms, 1000);
	assert_int_equal(p->monitor.timeout_ms, 500);
	assert_int_equal(p->monitor.rise, 2);
	assert_int_equal(p->monitor.fall, 4);
	assert_true(back->monitor.always_up);
	assert_int_equal(back->balance, BALANCE_HASH);
	assert_int_equal(back->all_down, ALL_DOWN_FAIL_OPEN);
	assert_false(loose->has_persistence || loose->store);
	assert_int_equal(loose->monitor.transport, LG_TLS);
	assert_ptr_equal(loose->monitor.tls, loose->tls);
	assert_int_equal(base->monitor.transport, LG_TCP);
	assert_true(base->has_persistence && base->store);
}

static void check_policies(const struct listener_conf *l)
{
	const struct policy_use *u = &l->policies[1];

	assert_int_equal(l->npolicies, 3);
	assert_string_equal(l->policies[2].edits[0], "x-one");
	assert_null(l->policies[2].edits[1]);
	assert_null(l->policies[2].sealed[0]);
	assert_null(u->edits[0]);
	assert_null(u->sealed[0]);
	assert_string_equal(l->policies[0].name, "any");
	assert_string_equal(l->policies[0].options, "{  }");
	assert_string_equal(u->file, config_rig_path("./talkative.lua"));
	assert_string_equal(u->options,
			    "{ [\"share\"] = 0x1p-1, [\"tags\"] = { [1] = \"a\\\"\\\\]]\", [2] = \"b\" }, "
			    "[\"wait\"] = 60000, [\"words\"] = { [\"x.y\"] = \"back\", [\"z\"] = \"front\" } }");
	assert_int_equal(u->nfacts, 3);
	for (unsigned i = 0; i < u->nfacts; i++) {
		static const int index[] = { 0, 1, -1 - FACT_SOURCE };

		assert_string_equal(u->reads[i], ((const char *[]){ "topic", "header.to", "source" })[i]);
		assert_int_equal(u->facts[i].index, index[i]);
	}
	assert_true(span_equal(u->facts[1].arg, span_of("to")));
	assert_string_equal(u->pools[0], "base");
	assert_string_equal(u->pools[1], "back");
	assert_string_equal(u->pools[2], "front");
	assert_null(u->pools[3]);
	for (unsigned i = 0; i < 3; i++)
		assert_string_equal(l->reach[u->reach[i]].pool->name, u->pools[i]);
	assert_int_equal(u->reach[2], 0);
}

static void check_main(const struct listener_conf *l)
{
	const struct talk_conf *conf = l->plugin_conf;

	assert_int_equal(l->nbinds, 2);
	assert_int_equal(l->binds[0].transport, LG_TLS);
	assert_address(&l->binds[0].address, AF_INET, "127.0.0.1", 5061);
	assert_int_equal(l->binds[1].transport, LG_TCP);
	assert_address(&l->binds[1].address, AF_INET6, "::1", 5060);
	assert_string_equal(l->binds[1].text, "[::1]:5060-5069");
	assert_int_equal(l->binds[0].last, 0);
	assert_int_equal(l->binds[1].last, 5069);
	assert_true(l->transparent);
	assert_non_null(l->expects);
	assert_non_null(l->tls);
	assert_int_equal(l->on_error, ON_ERROR_DROP);
	assert_int_equal(l->nreach, 3);
	assert_string_equal(l->reach[0].pool->name, "front");
	assert_int_equal(l->reach[0].nby, 2);
	assert_int_equal(l->reach[0].by[0].index, 1);
	assert_true(span_equal(l->reach[0].by[0].arg, span_of("to")));
	assert_int_equal(l->reach[0].by[1].index, -1 - FACT_SOURCE);
	assert_int_equal(l->limits.sessions, 5);
	assert_int_equal(l->limits.idle_ms, 600000);
	assert_int_equal(l->limits.memory, 0);
	assert_int_equal(l->limits.first_byte_ms, 1000);
	assert_int_equal(l->limits.half_ms, 2000);
	assert_int_equal(l->limits.stall_ms, 3000);
	assert_int_equal(l->limits.handshakes, 7);
	assert_int_equal(l->limits.sessions_per_source, 8);
	assert_int_equal(l->limits.new_per_source, 9);
	assert_int_equal(l->limits.kept, 10);
	assert_string_equal(l->access_log, config_rig_path("access.log"));
	assert_int_equal(l->access_format, ACCESS_COMBINED);
	assert_int_equal(l->tls->nalpn, 2); /* as the plugin says to its options */
	assert_memory_equal(l->tls->alpn[0].data, "talk/2", 6);
	assert_true(!conf->greet && conf->lines == 9 && conf->pause == 1000 && conf->room == 1 << 20 &&
		    conf->mood == 1);
	assert_string_equal(conf->word, "x");
	assert_int_equal(conf->doors.first, 7);
	assert_int_equal(conf->doors.last, 9);
	check_policies(l);
}

static void check_routes(const struct listener_conf *l)
{
	const struct talk_conf *conf = l->plugin_conf;
	const struct route *r = l->routes;

	assert_int_equal(conf->nets.n, 2);
	assert_int_equal(l->nroutes, 2);
	assert_int_equal(l->nreach, 2);
	assert_string_equal(l->reach[r[0].reach].pool->name, "back");
	assert_int_equal(r[0].nwhen, 2); /* in the order of their names */
	assert_int_equal(r[0].when[0].fact.index, 1);
	assert_true(span_equal(r[0].when[0].fact.arg, span_of("to")));
	assert_string_equal(r[0].when[0].pattern, "*.x");
	assert_int_equal(r[0].when[1].fact.index, -1 - FACT_SNI);
	assert_string_equal(r[0].when[1].pattern, "meet.*");
	assert_int_equal(r[1].reach, 0);
	assert_int_equal(r[1].when[0].fact.index, -1 - FACT_ALPN);
}

static void builds_a_snapshot(void **state)
{
	struct snapshot *s = config_rig_right(big);

	(void)state;
	assert_int_equal(s->settings.workers, 2);
	assert_string_equal(s->settings.control, config_rig_path("x.sock"));
	assert_int_equal(s->settings.log, LG_DEBUG);
	assert_int_equal(s->settings.drain_ms, 60000);
	assert_true(s->settings.has_secret);
	assert_int_equal(s->ntls, 2);
	assert_int_equal(s->npools, 4);
	assert_int_equal(s->nlisteners, 4);
	check_pools(s);
	check_main(&s->listeners[0]);
	check_routes(&s->listeners[2]);
	assert_int_equal(s->listeners[1].reach[0].nby, 0); /* `plain` has no fact to persist by */
	assert_int_equal(s->listeners[2].reach[0].nby, 1); /* persistence = false: the key feeds `hash` only */
	assert_false(s->listeners[2].reach[0].persist);
	assert_false(s->listeners[3].has_pool);
	assert_ptr_equal(snapshot_ref(s), s);
	snapshot_unref(s);
	snapshot_unref(s);
	snapshot_unref(NULL);
}

/* Of gateways side by side the files are equal, whatever they are called; and the key is no prefix of the file. */
static void secrets_are_keys(void **state)
{
	static const unsigned char sha256[16] = { 0x9f, 0x9f, 0x51, 0x11, 0xf7, 0xb2, 0x7a, 0x78,
						  0x1f, 0x1f, 0x1d, 0xdd, 0xe5, 0xeb, 0xc2, 0xdd };
	struct snapshot *s = config_rig_right("gateway { secret = 'secret' }" BASE);
	struct snapshot *other = config_rig_right("gateway { secret = 'other.secret' }" BASE);

	(void)state;
	assert_memory_equal(s->settings.secret, sha256, sizeof sha256);
	assert_memory_not_equal(s->settings.secret, other->settings.secret, sizeof sha256);
	snapshot_unref(other);
	snapshot_unref(s);
}

/* The examples, with the tree's own plugins and policies, in a folder that has their certificates. */
static void examples_load(void **state)
{
	static const char *const names[] = { "direct-routing", "media", "sip-pool" };

	(void)state;
	if (access(TEST_PLUGINS "/sip.so", R_OK) < 0)
		skip(); /* only this program was built */
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[512], text[8192];
		FILE *f;
		int n;

		snprintf(path, sizeof path, "%s/scripts/examples/%s.lua", TEST_SRCDIR, names[i]);
		n = snprintf(text, sizeof text, "gateway { plugin_path = '%s', policy_path = '%s/policies' }",
			     TEST_PLUGINS, TEST_SRCDIR);
		f = fopen(path, "r");
		assert_non_null(f);
		text[n + (int)fread(text + n, 1, sizeof text - (size_t)n - 1, f)] = '\0';
		fclose(f);
		snapshot_unref(config_rig_right(text));
	}
}

/* Whichever allocation fails, it is said and nothing is left. */
static void survives_lack_of_memory(void **state)
{
	int ret = -ENOMEM;
	size_t before;

	(void)state;
	snapshot_unref(config_rig_right(big)); /* what is kept for good is there now */
	before = heap_bytes();
	for (long n = 0; ret < 0; n += 1 + n / 30) {
		struct problems problems;
		struct snapshot *s = NULL;

		heap_fail_after(n);
		ret = config_rig_load_file(&s, config_rig_path("test.conf"), &problems);
		heap_fail_after(-1);
		assert_true(ret == 0 ? s != NULL : s == NULL);
		snapshot_unref(s);
		problems_free(&problems);
		assert_in_range(heap_bytes(), 0, before + HEAP_ROUNDING);
	}
}

/* The n-th allocation of a small configuration alone fails; false: it has not as many. */
static bool fails_once(long n)
{
	struct problems problems;
	struct snapshot *s = NULL;
	int ret;

	heap_fail_once(n);
	ret = config_rig_load(&s, BASE, &problems);
	heap_fail_after(-1);
	assert_true(ret == 0 ? s != NULL : s == NULL);
	snapshot_unref(s);
	problems_free(&problems);
	return heap_has_failed();
}

/* One failure, of the last allocations: those that make a tree of what the scripts say, and a snapshot of the tree. */
static void survives_one_failure(void **state)
{
	enum { LAST = 1000, STEP = 7 };
	long end = LAST;

	(void)state;
	while (fails_once(end))
		end += LAST;
	for (long n = end - 2 * LAST; n < end; n += STEP)
		fails_once(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_in_defaults),
		cmocka_unit_test(builds_a_snapshot),
		cmocka_unit_test(secrets_are_keys),
		cmocka_unit_test(examples_load),
		cmocka_unit_test(survives_lack_of_memory),
		cmocka_unit_test(survives_one_failure),
	};

	return cmocka_run_group_tests(tests, config_rig_make, config_rig_end);
}
