/* SPDX-License-Identifier: Apache-2.0 */
/* test_config.c: configurations that are wrong, each with the line, the words and the hint that must come of it. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config_rig.h"

static void wrong_lua(void **state)
{
	static const struct wrong cases[] = {
		{ "\n\npool 'x' {{\n", 6, "'}' expected", "a comma may be missing" },
		{ "\npol 'x' { }", 2, "unknown word `pol`", "did you mean `pool`?" },
		{ "\n\nprint('x')", 3, "unknown word `print`",
		  "the words are gateway, tls, pool, listener, include; a text stands in quotes: \"print\"" },
		{ "pool 'x' { monitor = {\ninterval = 30s } }", 2, "malformed number", "stand in quotes" },
		{ "pool 'x' { port = 1\nlinks = 2 }", 2, "'}' expected", "a comma may be missing" },
		{ "pool 'x' { servers = {\nfe01.corp.example = '127.0.0.1' } }", 2, "'}' expected",
		  "in brackets and quotes: [\"fe01.corp.example\"] = ..." },
		{ "pool \xE2\x80\x9Cx\xE2\x80\x9D { }", 1, "near '<\\226>'", "in plain quotes" },
		{ "\xFF\xFEp\x01", 1, "near '<\\255>'", "save it as UTF-8" },
		{ "\xEF\xBB\xBF\npol 'x' { }", 2, "unknown word `pol`", "did you mean `pool`?" },
		{ "pool 'x' { tls = 'C:\\certs' }", 1, "invalid escape sequence", "of a path as /" },
		{ "gateway 5", 1, "syntax error near '5'", "a text stands in quotes" },
		{ "pool main { }", 1, "syntax error", "a name stands in quotes" },
		{ "pool 'x' = { }", 1, "near '='", "there is no `=`" },
		{ "gateway {\n workers = two }", 2, "unknown word `two`", NULL },
		{ "\nx = 5", 2, "`x` is assigned to", "local x = ..." },
		{ "\npool = 5", 2, "`pool` is assigned to", NULL },
		{ "\nlocal a = 'x' .. nil", 2, "attempt to concatenate a nil value", NULL },
		{ "\nlocal a = ('x'):rep(10)", 2, "attempt to index a string value", NULL },
		{ "\nwhile true do end", 2, "this runs for too long", NULL },
		{ "local s = 'x'\nwhile true do s = s .. s end", 0, "not enough memory", NULL },
		{ "\npool 'x'", 2, "pool \"x\": has no table", "write pool \"x\"" },
		{ "\npool { }", 2, "pool: has no name", "write pool \"NAME\" { ... }" },
		{ "\npool 'a b' { servers = { '127.0.0.1:1' } }", 2, "\"a b\" is not a name", NULL },
		{ "\ngateway 'x'", 2, "gateway: \"x\" is not a table", NULL },
		{ "gateway { }\ngateway { }", 2, "gateway: is there twice, first on line 1", NULL },
		{ "\npool 'base' { servers = { '127.0.0.1:1' } }", 5, "pool \"base\": this name is taken, by line 2",
		  NULL },
		{ "\npool 'x' (function() end)", 2, "a function is not a table", NULL },
	};

	(void)state;
	CHECK_WRONG(cases);
}

static void wrong_gateway(void **state)
{
	static const struct wrong cases[] = {
		{ "gateway {\n worker = 2 }", 2, "gateway: unknown key `worker`", "did you mean `workers`?" },
		{ "gateway {\n workers = 0 }", 2, "gateway: workers: 0 is not in the range from 1 to 64", NULL },
		{ "gateway {\n workers = '2' }", 2, "\"2\" is not a whole number", "leave the quotes out" },
		{ "gateway {\n workers = 1.5 }", 2, "1.5 is not a whole number", NULL },
		{ "gateway {\n log = 'inf' }", 2, "\"inf\" is not one of", "did you mean `info`?" },
		{ "gateway {\n drain = 30 }", 2, "30 is not a time", "\"30s\"" },
		{ "gateway {\n drain = '30' }", 2, "\"30\" is not a time", "\"30s\"" },
		{ "gateway {\n drain = '30 s' }", 2, "\"30 s\" is not a time", "with ms, s, m or h" },
		{ "gateway {\n drain = '25h' }", 2, "\"25h\" is not in the range from 0 to 24h", NULL },
		{ "gateway {\n plugin_path = 'nowhere' }", 2, "cannot read", "relative to the configuration file" },
		{ "gateway {\n plugin_path = 'ca.pem' }", 2, "not a folder", NULL },
		{ "gateway {\n user = 'no-such-user' }", 2, "gateway: user: there is no user \"no-such-user\"", NULL },
		{ "gateway {\n user = 'root' }", 2, "gateway: user: \"root\" may do everything", NULL },
		{ "gateway {\n secret = 'nowhere' }", 2, "gateway: secret: cannot read",
		  "head -c 32 /dev/urandom > /" },
		{ "gateway {\n secret = '/' }", 2, "a folder", "head -c 32 /dev/urandom > /" },
		{ "gateway {\n secret = 'short.secret' }", 2,
		  "short.secret has less than 16 bytes; make one: head -c 32", NULL },
		{ "gateway {\n secret = '/dev/zero' }", 2, "gateway: secret: /dev/zero has more than 4096 bytes",
		  NULL },
		{ "gateway {\n secret = 16 }", 2, "16 is not a string", NULL },
		{ "gateway {\n 5 }", 2, "a value without a key", "write KEY = VALUE" },
		{ "gateway { workers = 1,\n control = "
		  "'/tmp/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }",
		  2, "at most 107 bytes", NULL },
		{ "gateway {\n control = 'nowhere/x.sock' }", 2, "gateway: control: cannot write /", "mkdir -p /" },
		{ "gateway {\n control = 'ca.pem/x.sock' }", 2, "ca.pem: Not a directory", NULL },
		{ "gateway {\n control = '/' }", 2, "cannot write /: it is a folder", NULL },
		{ "gateway {\n control = 'ca.pem' }", 2, "ca.pem: it is no socket", "or name another" },
	};

	(void)state;
	CHECK_WRONG(cases);
}

static void wrong_tls(void **state)
{
	static const struct wrong cases[] = {
		{ "tls 'x' {\n certificate = 'nowhere.pem',\n key = 'pool.key' }", 2, "nowhere.pem: No such file",
		  NULL },
		{ "tls 'x' {\n certificate = 'pool.pem',\n key = 'other.key' }", 3, "other.key", NULL },
		{ "tls 'x' {\n certificate = 'garbage.pem',\n key = 'pool.key' }", 2, "garbage.pem", NULL },
		{ "tls 'x' {\n certificate = 'pool.pem',\n key = 'pool.key',\n trust = 'garbage.pem' }", 4,
		  "garbage.pem", NULL },
		{ "tls 'x' { certificate = 'pool.pem' }", 1, "tls \"x\": `key` is missing", NULL },
		{ "tls 'x' { key = 'pool.key' }", 1, "tls \"x\": `certificate` is missing", NULL },
		{ "tls 'x' {\n minimum = 1.2 }", 2, "1.2 is not one of \"1.0\"", NULL },
		{ "tls 'x' {\n tickets = 'yes' }", 2, "\"yes\" is neither true nor false", NULL },
		{ "tls 'x' {\n trust = 'ca.pem',\n priority = 'NORMAL:+NONSENSE' }", 3,
		  "tls \"x\": priority: \"+NONSENSE\" at character 8", NULL },
		{ "tls 'x' {\n crl = 'ca.pem' }", 2, "tls \"x\": crl: needs `trust`", "the authorities there" },
		{ "tls 'x' {\n trust = 'ca.pem',\n crl = 'ca.pem' }", 3, "ca.pem: holds no whole list", NULL },
	};

	(void)state;
	CHECK_WRONG(cases);
}

static void wrong_pool(void **state)
{
	static const struct wrong cases[] = {
		{ "pool 'x' { }", 1, "pool \"x\": `servers` is missing", NULL },
		{ "pool 'x' {\n servers = { } }", 2, "servers: is empty", NULL },
		{ "pool 'x' { servers = {\n a = '127.0.0.1:1', '127.0.0.1:2' } }", 2,
		  "servers: has the key \"a\" but is a list", NULL },
		{ "pool 'x' { servers = { '127.0.0.1:1',\n'127.0.0.2' } }", 2, "servers[2]: has no port", "`port`" },
		{ "pool 'x' { servers = { '127.0.0.1:1',\n'127.0.0.300:1' } }", 2, "\"127.0.0.300\" is not an address",
		  NULL },
		{ "pool 'x' { servers = {\n'::1' } }", 2, "\"::1\" is not an address", "\"[::1]\"" },
		{ "pool 'x' { servers = {\n'127.0.0.1:0' } }", 2, "\"0\" is not a port", NULL },
		{ "pool 'x' { servers = {\n'127.0.0.1:65536' } }", 2, "\"65536\" is not a port", NULL },
		{ "pool 'x' { servers = {\n'no such name:1' } }", 2, "\"no such name\" is not an address", NULL },
		{ "pool 'x' { servers = {\n'[no.such.name]:1' } }", 2, "\"[no.such.name]\" is not an address", NULL },
		{ "pool 'x' { servers = { { '127.0.0.1:1',\naddresses = 2 } } }", 2,
		  "servers[1].addresses: is for names: \"127.0.0.1:1\" is an address", NULL },
		{ "pool 'x' { servers = { { 'name:1',\naddresses = 33 } } }", 2,
		  "servers[1].addresses: 33 is not in the range", NULL },
		{ "local s = {} for i = 1, 9 do s[i] = { 'name' .. i .. ':1', addresses = 32 } end\n"
		  "pool 'x' { servers = s }",
		  2, "288 servers, but a pool has at most 256", "a name counts as" },
		{ "pool 'x' { servers = { 'name:1',\n'name:1' } }", 2, "has the same name as the server on line 1",
		  NULL },
		{ "pool 'x' { servers = {\n5 } }", 2, "5 is not a table", NULL },
		{ "pool 'x' { servers = { { '127.0.0.1:1',\nweight = 0 } } }", 2,
		  "servers[1].weight: 0 is not in the range", NULL },
		{ "pool 'x' { servers = { { '127.0.0.1:1',\nweigth = 2 } } }", 2, "unknown key `weigth`", "`weight`" },
		{ "pool 'x' { servers = { { '127.0.0.1:1',\nport = 2 } } }", 2, "port: is given twice", NULL },
		{ "pool 'x' { servers = {\n{ port = 2 } } }", 2, "its first value is missing", NULL },
		{ "pool 'x' { servers = { '127.0.0.1:1',\n'127.0.0.1:1' } }", 2,
		  "has the same name as the server on line 1", NULL },
		{ "pool 'x' { servers = { { '127.0.0.1:1', id = 'a' },\n{ '127.0.0.1:2', id = 'a' } } }", 2,
		  "the same id", NULL },
		{ POOL("persistance = { }"), 2, "pool \"x\": unknown key `persistance`",
		  "did you mean `persistence`?" },
		{ POOL("port = '5060'"), 2, "\"5060\" is not a whole number", "leave the quotes out" },
		{ "pool 'x' { servers = { '127.0.0.1', '127.0.0.2' },\nport = '5060' }", 2,
		  "pool \"x\": port: \"5060\" is not a whole number", "leave the quotes out" },
		{ "pool 'x' { servers = { '127.0.0.1', '127.0.0.2' },\nport = 70000 }", 2, "70000 is not in the range",
		  NULL },
		{ "pool 'x' { servers = { { '127.0.0.1',\nport = '5060' }, '127.0.0.2:1' } }", 2,
		  "servers[1].port: \"5060\" is not a whole number", NULL },
		{ POOL("tls = 'bsae'"), 2, "there is no tls \"bsae\"", "did you mean `base`?" },
		{ POOL("balance = 'leastconnections'"), 2, "is not one of", "did you mean `least-connections`?" },
		{ POOL("transport = 'sctp'"), 2, "\"sctp\" is not one of \"tcp\", \"udp\"", NULL },
		{ POOL("transport = { 'udp', 'udp' }"), 2, "transport: has \"udp\" twice", NULL },
		{ POOL("transport = { }"), 2, "transport: is empty", NULL },
		{ POOL("transport = { 'udp', 'tcp', 'udp' }"), 2, "transport: has more than 2 members", NULL },
		{ POOL("tls = 'base', transport = 'udp', monitor = false"), 2,
		  "\"udp\" alone, but `tls` is for streams", "write { \"udp\", \"tcp\" }" },
		{ POOL("balance = 'orderd'"), 2, "is not one of", "did you mean `ordered`?" },
		{ POOL("links = 0"), 2, "links: 0 is not in the range from 1 to 64", NULL },
		{ POOL("links = 65"), 2, "links: 65 is not in the range from 1 to 64", NULL },
		{ POOL("slow_start = '0s'"), 2, "is not in the range", NULL },
		{ POOL("max_sessions = 0"), 2, "is not in the range", NULL },
		{ "pool 'x' { servers = { { '127.0.0.1:1',\nmax_sessions = 0 } } }", 2, "is not in the range", NULL },
		{ POOL("tries = 11"), 2, "from 1 to 10", NULL },
		{ POOL("all_down = 'open'"), 2, "is not one of", NULL },
		{ POOL("persistence = 'source'"), 2, "\"source\" is not a table", "write { ... } or false" },
		{ POOL("persistence = true"), 2, "true is not a table", NULL },
		{ POOL("persistence = { by = 'topic',\nmask = 24 }"), 3, "mask: is of no use", NULL },
		{ POOL("persistence = { by = 'source',\nmask = { 64, 24 } }"), 3, "64 is more than the 32 bits",
		  "IPv4 comes first" },
		{ POOL("persistence = { by = 'source',\nmask = 129 }"), 3, "129 is not in the range", NULL },
		{ POOL("persistence = {\ntimeout = 1800 }"), 3, "persistence.timeout: 1800 is not a time",
		  "\"1800s\"" },
		{ POOL("persistence = {\nby = { 'a', 'b', 'c', 'd', 'e' } }"), 3, "has more than 4 members", NULL },
		{ POOL("verify_server = 1"), 2, "1 is neither true nor false", NULL },
	};

	(void)state;
	CHECK_WRONG(cases);
}

static void wrong_monitor(void **state)
{
	static const struct wrong cases[] = {
		{ POOL("monitor = { fall = 1,\nraise = 2 }"), 3, "monitor: unknown key `raise`",
		  "did you mean `rise`?" },
		{ POOL("monitor = {\nplugin = 'nowhere' }"), 3, "plugin `nowhere`: there is no nowhere.so", NULL },
		{ POOL("monitor = {\nplugin = 'stun' }"), 3, "plugin `stun`: there is no stun.so", NULL },
		{ POOL("monitor = { plugin = 'talk',\nquestions = 'x' }"), 3, "unknown key `questions`", "`question`" },
		{ POOL("monitor = { plugin = 'talk',\nquestion = true }"), 3, "true is not a string or number", NULL },
		{ POOL("monitor = { plugin = 'talk',\ntransport = 'tls' }"), 2, "neither it nor the pool has `tls`",
		  NULL },
		{ POOL("monitor = { plugin = 'plain', tls = 'base',\ntransport = 'tls' }"), 2,
		  "plugin `plain` does not go over tls", NULL },
		{ POOL("monitor = {\ntls = 'base' }"), 3, "a bare connect does not speak TLS", NULL },
		{ POOL("monitor = {\ntransport = 'tls' }"), 3, "a bare connect does not speak TLS", NULL },
		{ POOL("monitor = { plugin = 'talk', transport = 'tcp',\ntls = 'base' }"), 3, "not used with transport",
		  NULL },
		{ POOL("monitor = {\ntransport = 'udp' }"), 3, "nothing connects over udp", "name the plugin" },
		{ POOL("monitor = { plugin = 'talk',\ntransport = 'udp' }"), 2, "plugin `talk` does not go over udp",
		  NULL },
		{ POOL("monitor = {\ninterval = '10ms' }"), 3, "is not in the range from 100ms to 1h", NULL },
		{ POOL("monitor = 'tcp'"), 2, "\"tcp\" is not a table", "or false" },
	};

	(void)state;
	CHECK_WRONG(cases);
}

/* A table from a variable, in a loop: the line is the call's. */
static void falls_back_to_the_call(void **state)
{
	static const struct wrong cases[] = {
		{ "local t = {\nservers = { '127.0.0.1:1' },\ntries = 0 }\n\npool 'x' (t)", 5,
		  "tries: 0 is not in the range", NULL },
		{ "for i = 1, 1 do\npool('x' .. i) { servers = { '127.0.0.1:' .. i },\n tries = 0 }\nend", 3,
		  "\"x1\": tries: 0", NULL },
		{ "--[[ pool 'x' {\n tries = 0 } ]] pool \"x\" { -- }\n['servers'] = { [[127.0.0.1:1]] };\n['tries'] = "
		  "0 }",
		  4, "tries: 0", NULL },
		{ "pool 'x' { servers = { '127.0.0.1:1', -- '\n{ '127.0.0.1:2', id = '}' } },\ntries = 0 }", 3,
		  "tries: 0", NULL },
	};

	(void)state;
	CHECK_WRONG(cases);
}

static void tells_all_at_once(void **state)
{
	static const int lines[] = { 2, 3, 5, 6, 8, 9, 10 };
	struct problems problems;
	struct snapshot *s;
	int ret = config_rig_load(
		&s,
		"gateway {\nworkers = 0,\nlogg = 'x' }\npool 'p' { servers = {\n'127.0.0.1',\n'::1' },\n"
		"monitor = {\nfal = 3 },\ntls = 'x' }\nnonsense 'x' { }\n",
		&problems);

	(void)state;
	assert_int_equal(ret, -EINVAL);
	config_rig_print(&problems);
	assert_int_equal(problems.n, 7);
	for (unsigned i = 0; i < problems.n; i++)
		assert_int_equal(problems.list[i].line, lines[i]);
	problems_free(&problems);
}

/* It loads, and these are told of it. */
static void warns(void **state)
{
	static const struct wrong cases[] = {
		{ "gateway {\n secret = 'open.secret' }", 2, "open.secret can be read or written by every user", NULL },
		{ POOL("links = 1,\nlinks = 2"), 3, "pool \"x\": `links` is there twice, first on line 2",
		  "the last one counts" },
		{ POOL("transport = 'udp'"), 1, "a bare connect over tcp cannot judge servers", "monitor = {" },
		{ POOL("transport = 'udp',\nmonitor = { }"), 3, "a bare connect over tcp cannot judge", NULL },
		{ LISTENER("policies = { 'any',\n'editor' }"), 3,
		  "policies[2]: policy editor edits from: it is signed or holds the message together", NULL },
		{ LISTENER("policies = { { 'willing', names = { 'F', 'x-one' } } }"), 2,
		  "policy willing edits f: it is signed", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct wrong *c = &cases[i];
		struct problems problems;
		struct snapshot *s;
		char text[4096];

		snprintf(text, sizeof text, "%s%s", c->config, BASE);
		assert_int_equal(config_rig_load(&s, text, &problems), 0);
		config_rig_print(&problems);
		assert_int_equal(problems.n, 1);
		assert_int_equal(problems.warnings, 1);
		assert_true(problems.list[0].warning);
		assert_int_equal(problems.list[0].line, c->line);
		assert_non_null(strstr(problems.list[0].text, c->text));
		if (c->hint)
			assert_non_null(strstr(problems.list[0].hint, c->hint));
		problems_free(&problems);
		snapshot_unref(s);
	}
}

/* A warning beside what is wrong is no reason of its own. */
static void warnings_stand_with_problems(void **state)
{
	struct problems problems;
	struct snapshot *s;
	int ret = config_rig_load(&s, POOL("transport = 'udp',\nlinks = 0") BASE, &problems);

	(void)state;
	assert_int_equal(ret, -EINVAL);
	assert_int_equal(problems.n, 2);
	assert_int_equal(problems.warnings, 1);
	assert_true(problems.list[0].warning && !problems.list[1].warning);
	problems_free(&problems);
}

static void needs_a_file_and_a_listener(void **state)
{
	struct problems problems;
	struct snapshot *s = NULL;

	(void)state;
	assert_int_equal(config_rig_load_file(&s, config_rig_path("nowhere"), &problems), -EINVAL);
	assert_int_equal(problems.n, 1);
	assert_non_null(strstr(problems.list[0].text, "No such file"));
	problems_free(&problems);
	assert_int_equal(config_rig_load_file(&s, config_rig_path(""), &problems), -EINVAL);
	assert_non_null(strstr(problems.list[0].text, "Is a directory"));
	problems_free(&problems);
	assert_int_equal(config_rig_load(&s, "", &problems), -EINVAL);
	assert_non_null(strstr(problems.list[0].text, "there is no listener"));
	problems_free(&problems);
	assert_int_equal(config_rig_load(&s, "\x1bLua", &problems), -EINVAL);
	assert_non_null(strstr(problems.list[0].text, "binary"));
	problems_free(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_lua),
		cmocka_unit_test(wrong_gateway),
		cmocka_unit_test(wrong_tls),
		cmocka_unit_test(wrong_pool),
		cmocka_unit_test(wrong_monitor),
		cmocka_unit_test(falls_back_to_the_call),
		cmocka_unit_test(tells_all_at_once),
		cmocka_unit_test(needs_a_file_and_a_listener),
		cmocka_unit_test(warns),
		cmocka_unit_test(warnings_stand_with_problems),
	};

	return cmocka_run_group_tests(tests, config_rig_make, config_rig_end);
}
