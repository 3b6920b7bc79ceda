/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_config.c: configurations that are wrong, each with the line, the words and the hint that must come of it, and
 * ones that are right, with what they must become.  The plugin `talk` stands for all: tests/unit/modules/talk.c.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "certs.h"
#include "facts.h"
#include "heap.h"
#include "modules/talk.h"
#include "span.h"

static char dir[64];
static char policies[128];

static const struct config_paths paths = {
	.scripts = TEST_SRCDIR "/scripts",
	.plugins = TEST_MODULES,
	.policies = policies,
};

/* ---- Files ---- */

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void write_certificates(void)
{
	struct cert *ca = cert_make(&(struct cert_want){ .cn = "Test CA", .authority = true });
	struct cert *pool = cert_make(&(struct cert_want){ .cn = "pool.test", .dns = { "pool.test" }, .issuer = ca });
	struct cert *other = cert_make(&(struct cert_want){ .cn = "other.test", .issuer = ca });

	cert_write(ca, dir, "ca");
	cert_write(pool, dir, "pool");
	cert_write(other, dir, "other");
	cert_free(other);
	cert_free(pool);
	cert_free(ca);
}

static void write_policies(void)
{
	write_file("any.lua", "return { decide = function() end }");
	write_file("talkative.lua",
		   "return { plugin = 'talk', reads = { 'topic', 'header.to', 'source' }, pools = { 'base' },\n"
		   "options = { words = { type = 'map', of = 'pool' }, wait = { type = 'duration', default = '3s' },\n"
		   "tags = { type = 'list', of = 'string', default = { 'x' } }, loud = { type = 'boolean' },\n"
		   "share = { type = 'number', required = true } }, decide = function() end }");
	write_file("foreign.lua", "return { plugin = 'song', decide = function() end }");
	write_file("curious.lua", "return { reads = { 'topic', 'tune' }, decide = function() end }");
	write_file("broken.lua", "return {\n");
	write_file("garbage.pem", "no certificate\n");
}

static int set_up(void **state)
{
	(void)state;
	certs_dir_make(dir);
	snprintf(policies, sizeof policies, "%s", dir);
	write_certificates();
	write_policies();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	certs_dir_remove(dir);
	return 0;
}

static int load(struct snapshot **s, const char *text, struct problems *problems)
{
	*s = NULL;
	write_file("test.conf", text);
	return config_load(s, path_of("test.conf"), &paths, problems);
}

static void print_problems(const struct problems *p)
{
	for (unsigned i = 0; i < p->n; i++)
		print_message("%s:%d: %s (%s)\n", p->list[i].file, p->list[i].line, p->list[i].text, p->list[i].hint);
}

/* ---- Wrong ones ---- */

/* Comes behind each, so that nothing but the case itself is wrong. */
#define BASE                                                                                                           \
	"\ntls 'base' { certificate = 'pool.pem', key = 'pool.key' }\n"                                                \
	"tls 'sure' { certificate = 'pool.pem', key = 'pool.key', trust = 'ca.pem' }\n"                                \
	"pool 'base' { servers = { '127.0.0.1' }, port = 5060 }\n"                                                     \
	"listener 'base' { plugin = 'talk', bind = 'tcp:127.0.0.1:5060', pool = 'base' }\n"

/* On three lines: the words, then `x` on the second. */
#define POOL(x)     "pool 'x' { servers = { '127.0.0.1:1' },\n" x "\n}"
#define LISTENER(x) "listener 'x' { plugin = 'talk', bind = 'tcp:127.0.0.1:9', pool = 'base',\n" x "\n}"
#define TLS(x)      "listener 'x' { plugin = 'talk', bind = 'tls:127.0.0.1:9', pool = 'base',\n" x "\n}"

struct wrong {
	const char *config;
	int line;
	const char *text, *hint; /* what these must hold; a NULL hint is not looked at */
};

static void check_wrong(const struct wrong *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct wrong *c = &cases[i];
		struct problems problems;
		struct snapshot *s;
		char text[4096];
		bool right;

		snprintf(text, sizeof text, "%s%s", c->config, BASE);
		assert_int_equal(load(&s, text, &problems), -EINVAL);
		assert_null(s);
		right = problems.n == 1 && problems.list[0].line == c->line && strstr(problems.list[0].text, c->text) &&
			(!c->hint || (problems.list[0].hint && strstr(problems.list[0].hint, c->hint)));
		if (!right) {
			print_problems(&problems);
			fail_msg("%s\nis to give line %d: %s (%s)", c->config, c->line, c->text, c->hint);
		}
		problems_free(&problems);
	}
}
#define CHECK_WRONG(cases) check_wrong(cases, sizeof(cases) / sizeof *(cases))

static void wrong_lua(void **state)
{
	static const struct wrong cases[] = {
		{ "\n\npool 'x' {{\n", 8, "'}' expected", NULL },
		{ "\npol 'x' { }", 2, "unknown word `pol`", "did you mean `pool`?" },
		{ "\n\nprint('x')", 3, "unknown word `print`", "the words are gateway, tls, pool, listener" },
		{ "gateway {\n workers = two }", 2, "unknown word `two`", NULL },
		{ "\nx = 5", 2, "`x` is assigned to", "local x = ..." },
		{ "\npool = 5", 2, "`pool` is assigned to", NULL },
		{ "\nlocal a = 'x' .. nil", 2, "attempt to concatenate a nil value", NULL },
		{ "\nlocal a = ('x'):rep(10)", 2, "attempt to index a string value", NULL },
		{ "\nwhile true do end", 2, "this runs for too long", NULL },
		{ "local s = 'x'\nwhile true do s = s .. s end", 0, "not enough memory", NULL },
		{ "\npool 'x'", 2, "pool \"x\": has no table", "write pool x" },
		{ "\npool { }", 2, "pool: has no name", "write pool \"NAME\" { ... }" },
		{ "\npool 'a b' { servers = { '127.0.0.1:1' } }", 2, "\"a b\" is not a name", NULL },
		{ "\ngateway 'x'", 2, "gateway: \"x\" is not a table", NULL },
		{ "gateway { }\ngateway { }", 2, "gateway: is there twice, first on line 1", NULL },
		{ "\npool 'base' { servers = { '127.0.0.1:1' } }", 4, "pool \"base\": this name is taken, by line 2",
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
		{ "gateway {\n user = 'nobody' }", 2, "gateway: user: is not available in this version", NULL },
		{ "gateway {\n secret = 'x' }", 2, "is not available in this version", NULL },
		{ "gateway {\n 5 }", 2, "a value without a key", "write KEY = VALUE" },
		{ "gateway { workers = 1,\n control = "
		  "'/tmp/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }",
		  2, "at most 107 bytes", NULL },
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
		{ "tls 'x' {\n trust = 'ca.pem',\n priority = 'NONSENSE' }", 1, "priority", NULL },
		{ "tls 'x' {\n trust = 'ca.pem',\n crl = 'x' }", 3, "tls \"x\": crl: is not available", NULL },
	};

	(void)state;
	CHECK_WRONG(cases);
}

static void wrong_pool(void **state)
{
	static const struct wrong cases[] = {
		{ "pool 'x' { }", 1, "pool \"x\": `servers` is missing", NULL },
		{ "pool 'x' {\n servers = { } }", 2, "servers: is empty", NULL },
		{ "pool 'x' { servers =\n { a = '127.0.0.1:1', '127.0.0.1:2' } }", 1, "has the key \"a\" but is a list",
		  NULL },
		{ "pool 'x' { servers = { '127.0.0.1:1',\n'127.0.0.2' } }", 2, "servers[2]: has no port", "`port`" },
		{ "pool 'x' { servers = { '127.0.0.1:1',\n'127.0.0.300:1' } }", 2, "\"127.0.0.300\" is not an address",
		  NULL },
		{ "pool 'x' { servers = {\n'::1' } }", 2, "\"::1\" is not an address", "\"[::1]\"" },
		{ "pool 'x' { servers = {\n'127.0.0.1:0' } }", 2, "\"0\" is not a port", NULL },
		{ "pool 'x' { servers = {\n'127.0.0.1:65536' } }", 2, "\"65536\" is not a port", NULL },
		{ "pool 'x' { servers = {\n'no.such.name.invalid:1' } }", 2,
		  "\"no.such.name.invalid\" does not resolve", NULL },
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
		{ POOL("tls = 'bsae'"), 2, "there is no tls \"bsae\"", "did you mean `base`?" },
		{ POOL("balance = 'leastconnections'"), 2, "is not one of", "did you mean `least-connections`?" },
		{ POOL("transport = 'udp'"), 2, "\"udp\" is not available in this version", NULL },
		{ POOL("transport = 'sctp'"), 2, "\"sctp\" is not one of \"tcp\"", NULL },
		{ POOL("links = 4"), 2, "links: is not available in this version", NULL },
		{ POOL("slow_start = '1m'"), 2, "is not available in this version", NULL },
		{ POOL("max_sessions = 4"), 2, "is not available in this version", NULL },
		{ POOL("ntlm = true"), 2, "is not available in this version", NULL },
		{ POOL("tries = 11"), 2, "from 1 to 10", NULL },
		{ POOL("all_down = 'open'"), 2, "is not one of", NULL },
		{ POOL("persistence = 'source'"), 2, "\"source\" is not a table", "write { ... } or false" },
		{ POOL("persistence = true"), 2, "true is not a table", NULL },
		{ POOL("persistence = { timeout = '30m',\nmask = 24 }"), 3, "mask: is not available", NULL },
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
		{ POOL("monitor = {\nplugin = 'stun' }"), 3, "plugin `stun` is not available in this version", NULL },
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
		{ POOL("monitor = {\ntrack = 'base' }"), 3, "track: is not available in this version", NULL },
		{ POOL("monitor = {\ninterval = '10ms' }"), 3, "is not in the range from 100ms to 1h", NULL },
		{ POOL("monitor = 'tcp'"), 2, "\"tcp\" is not a table", "or false" },
	};

	(void)state;
	CHECK_WRONG(cases);
}

static void wrong_listener(void **state)
{
	static const struct wrong cases[] = {
		{ "listener 'x' {\nbind = 'tcp:127.0.0.1:9' }", 1, "`plugin` is missing", NULL },
		{ "listener 'x' { plugin = 'talk' }", 1, "`bind` is missing", NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = 'udp:127.0.0.1:9' }", 2, "\"udp:\" is not available", NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = 'tpc:127.0.0.1:9' }", 2,
		  "does not begin with tcp: or tls:", "`tcp`" },
		{ "listener 'x' { plugin = 'talk',\nbind = 'tcp:127.0.0.1' }", 2, "is not TRANSPORT:ADDRESS:PORT",
		  NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = 'tcp:localhost:9' }", 2, "\"localhost\" is not an address",
		  NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = 'tcp:127.0.0.1:x' }", 2, "\"x\" is not a port", NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = { 'tcp:127.0.0.1:9', 'tcp:127.0.0.1:9' } }", 2,
		  "127.0.0.1:9 is bound on line 2 already", NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = { 'tcp:[::1]:9', 'tcp:[0::1]:9' } }", 2,
		  "[::1]:9 is bound on line 2", NULL },
		{ "listener 'x' { plugin = 'plain', tls = 'base',\nbind = 'tls:127.0.0.1:9' }", 2,
		  "does not go over tls", NULL },
		{ "listener 'x' { bind = 'tcp:127.0.0.1:9',\nplugin = 'tlak' }", 2,
		  "plugin `tlak`: there is no tlak.so", NULL },
		{ "listener 'x' { bind = 'tcp:127.0.0.1:9',\nplugin = 'https' }", 2,
		  "`https` is not available in this version", NULL },
		{ "listener 'x' { bind = 'tcp:127.0.0.1:9',\nplugin = 'misnamed' }", 2, "it calls itself \"other\"",
		  NULL },
		{ "listener 'x' { plugin = 'talk', bind = 'tcp:127.0.0.1:9',\npool = 'bass' }", 2,
		  "there is no pool \"bass\"", "`base`" },
		{ TLS(""), 1, "listener \"x\": `tls` is missing", NULL },
		{ TLS("tls = 'nothing'"), 2, "there is no tls \"nothing\"", NULL },
		{ TLS("tls = 'base', peers = 'a'"), 2,
		  "peers: peers are known by a certificate, but tls \"base\" has no `trust`", NULL },
		{ TLS("tls = 'base', verify = 'required'"), 2, "verify: needs `trust` in tls \"base\"", NULL },
		{ TLS("tls = 'sure', verify = 'none', peers = { 'a' }"), 2, "asks no client for a certificate", NULL },
		{ TLS("tls = 'sure', verify = 'always'"), 2, "\"always\" is not one of", NULL },
		{ "tls 'bare' { trust = 'ca.pem' } " TLS("tls = 'bare'"), 2, "tls \"bare\" has no certificate", NULL },
		{ LISTENER("tls = 'base'"), 2, "is of no use: no bind begins with tls:", NULL },
		{ LISTENER("peers = 'a'"), 2, "is of no use", NULL },
		{ LISTENER("source = '127.0.0.1'"), 2, "source: is not available in this version", NULL },
		{ LISTENER("on_error = 'ignore'"), 2, "is not one of", NULL },
		{ LISTENER("limits = {\nidle = '30' }"), 3, "limits.idle: \"30\" is not a time", "\"30m\"" },
		{ LISTENER("limits = {\nmessage = '5MB' }"), 3, "\"5MB\" is not a size", "\"64k\"" },
		{ LISTENER("limits = {\nsesions = 5 }"), 3, "limits: unknown key `sesions`", "`sessions`" },
		{ LISTENER("options = {\nlines = 0 }"), 3, "options.lines: \"0\" is not in the range from 1 to 100",
		  NULL },
		{ LISTENER("options = {\npause = 500 }"), 3, "\"500\" is not a time", NULL },
		{ LISTENER("options = {\nmood = 'lout' }"), 3, "\"lout\" is not one of", "did you mean `loud`?" },
		{ LISTENER("options = {\ngreet = 'true' }"), 3, "is not true or false", NULL },
		{ LISTENER("options = {\nwrod = 'x' }"), 3, "options: unknown key `wrod`", "did you mean `word`?" },
		{ LISTENER("options = 'x'"), 2, "options: \"x\" is not a table", NULL },
		{ "pool 'x' { servers = '127.0.0.1:1',\npersistence = { by = {\n'topik' } } }\n"
		  "listener 'x' { plugin = 'talk', bind = 'tcp:127.0.0.1:9', pool = 'x' }",
		  3, "plugin `talk` of listener \"x\" has no fact `topik`", "did you mean `topic`?" },
	};

	(void)state;
	CHECK_WRONG(cases);
}

static void wrong_policy(void **state)
{
	static const struct wrong cases[] = {
		{ LISTENER("policies = { 'any',\n'anny' }"), 3, "policies[2]: there is no policy \"anny\"",
		  "looked for it in" },
		{ LISTENER("policies = { 5 }"), 2, "has no policy's name", NULL },
		{ LISTENER("policies = { '../x' }"), 2, "cannot read", NULL },
		{ LISTENER("policies = { 'a.lua' }"), 2, "\"a.lua\" is not a policy's name", "\"./a.lua\"" },
		{ LISTENER("policies = { 'foreign' }"), 2,
		  "this policy is for plugin `song`, the listener speaks `talk`", NULL },
		{ LISTENER("policies = { 'curious' }"), 2, "reads the fact `tune`, which plugin `talk` does not have",
		  NULL },
		{ LISTENER("policies = { 'broken' }"), 2, "the policy is not usable: ", NULL },
		{ LISTENER("policies = { './broken.lua' }"), 2, "broken.lua:", NULL },
		{ LISTENER("policies = { 'talkative' }"), 2, "the policy's option `share` is missing", NULL },
		{ LISTENER("policies = { { 'talkative', share = 1,\nword = 5 } }"), 3, "unknown key `word`",
		  "`words`" },
		{ LISTENER("policies = { { 'talkative', share = 1,\nwait = 5 } }"), 3, "5 is not a time", NULL },
		{ LISTENER("policies = { { 'talkative', share = 'x' } }"), 2, "\"x\" is not a number", NULL },
		{ LISTENER("policies = { { 'talkative', share = 1,\nloud = 'x' } }"), 3, "neither true nor false",
		  NULL },
		{ LISTENER("policies = { { 'talkative', share = 1,\nwords = { a = 'base',\nb = 'bas' } } }"), 4,
		  "policies[1].words.b: there is no pool \"bas\"", "`base`" },
		{ LISTENER("policies = { { 'talkative', share = 1,\nwords = { 'base' } } }"), 3,
		  "but is a table of names", NULL },
		{ LISTENER("policies = { { 'talkative', share = 1,\ntags = { x = 'y' } } }"), 3,
		  "has the key \"x\" but is a list", NULL },
		{ LISTENER("policies = { { 'talkative', share = 1,\ntags = { 'y',\n5 } } }"), 4, "5 is not a string",
		  NULL },
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
		{ "pool 'x' { servers = { '127.0.0.1:1', -- '\n{ '127.0.0.1:2', name = '}' } },\ntries = 0 }", 2,
		  "\"}\" is not a name", NULL },
	};

	(void)state;
	check_wrong(cases, 3);
}

static void tells_all_at_once(void **state)
{
	static const int lines[] = { 2, 3, 5, 6, 8, 9, 10 };
	struct problems problems;
	struct snapshot *s;
	int ret = load(&s,
		       "gateway {\nworkers = 0,\nlogg = 'x' }\npool 'p' { servers = {\n'127.0.0.1',\n'::1' },\n"
		       "monitor = {\nfal = 3 },\ntls = 'x' }\nnonsense 'x' { }\n",
		       &problems);

	(void)state;
	assert_int_equal(ret, -EINVAL);
	print_problems(&problems);
	assert_int_equal(problems.n, 7);
	for (unsigned i = 0; i < problems.n; i++)
		assert_int_equal(problems.list[i].line, lines[i]);
	problems_free(&problems);
}

static void needs_a_file_and_a_listener(void **state)
{
	struct problems problems;
	struct snapshot *s = NULL;

	(void)state;
	assert_int_equal(config_load(&s, path_of("nowhere"), &paths, &problems), -EINVAL);
	assert_int_equal(problems.n, 1);
	assert_non_null(strstr(problems.list[0].text, "No such file"));
	problems_free(&problems);
	assert_int_equal(config_load(&s, dir, &paths, &problems), -EINVAL);
	assert_non_null(strstr(problems.list[0].text, "Is a directory"));
	problems_free(&problems);
	assert_int_equal(load(&s, "", &problems), -EINVAL);
	assert_non_null(strstr(problems.list[0].text, "there is no listener"));
	problems_free(&problems);
	assert_int_equal(load(&s, "\x1bLua", &problems), -EINVAL);
	assert_non_null(strstr(problems.list[0].text, "binary"));
	problems_free(&problems);
}

/* ---- Right ones ---- */

static struct snapshot *load_right(const char *text)
{
	struct problems problems;
	struct snapshot *s;
	int ret = load(&s, text, &problems);

	print_problems(&problems);
	assert_int_equal(ret, 0);
	assert_int_equal(problems.n, 0);
	problems_free(&problems);
	return s;
}

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
	struct snapshot *s = load_right(BASE);
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
	assert_int_equal(l->limits.new_per_source, 0);
	assert_int_equal(((const struct talk_conf *)l->plugin_conf)->lines, 8);
	snapshot_unref(s);
}

static const char big[] =
	"gateway { workers = 2, control = 'x.sock', log = 'debug', drain = '1m', policy_path = { '.' } }\n"
	"tls 'pool' { certificate = 'pool.pem', key = 'pool.key', trust = 'ca.pem' }\n"
	"tls 'other' { certificate = 'other.pem', key = 'other.key', tickets = false, minimum = '1.3' }\n"
	"pool 'front' {\n"
	"  servers = { '127.0.1.21', { '127.0.1.22', weight = 2 }, { '127.0.1.23:7', backup = true, name = 'third', id "
	"= '3' },\n"
	"    '[::1]', 'localhost:9' },\n"
	"  port = 5061, tls = 'pool', tls_name = 'pool.test', verify_server = false, transport = { 'tcp' },\n"
	"  balance = 'least-connections', all_down = 'reply', tries = 5,\n"
	"  persistence = { by = { 'header.to', 'source' }, timeout = '1h', group = 'g', entries = 10 },\n"
	"  monitor = { plugin = 'talk', transport = 'tcp', port = 5060, interval = '1s', timeout = '500ms', rise = 2, "
	"fall = 4,\n"
	"    question = 'well?' } }\n"
	"pool 'back' { servers = '127.0.0.1:1', persistence = { by = 'topic', group = 'g' }, monitor = false,\n"
	"  balance = 'hash', all_down = 'fail-open' }\n"
	"pool 'loose' { servers = '127.0.0.1:2', persistence = false, tls = 'other', monitor = { plugin = 'talk' } }\n"
	"pool 'base' { servers = '127.0.0.1:3', tls = 'other', monitor = { plugin = 'talk', port = 4 } }\n"
	"listener 'main' { plugin = 'talk', bind = { 'tls:127.0.0.1:5061', 'tcp:[::1]:5060' }, tls = { 'pool', 'other' "
	"},\n"
	"  peers = { 'edge.test' }, pool = 'front', on_error = 'drop',\n"
	"  policies = { 'any', { 'talkative', share = 0.5, wait = '1m', tags = { 'a\"\\n]]', 'b' },\n"
	"    words = { ['x.y'] = 'back', z = 'front' } } },\n"
	"  limits = { sessions = 5, idle = '10m', memory = 0, first_byte = '1s', half = '2s', stall = '3s', handshakes "
	"= 7,\n"
	"    sessions_per_source = 8, new_per_source = 9 },\n"
	"  options = { greet = false, lines = 9, pause = '1s', room = '1M', word = 'x', mood = 'loud' } }\n"
	"listener 'side' { plugin = 'plain', bind = 'tcp:127.0.0.1:99', pool = 'loose' }\n"
	"listener 'talk' { plugin = 'talk', bind = 'tcp:127.0.0.1:98', pool = 'loose' }\n"
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

	assert_int_equal(p->nservers, 5);
	for (unsigned i = 0; i < 4; i++) {
		const struct server *s = &p->servers[i];

		assert_string_equal(s->name, want[i].name);
		assert_string_equal(s->address_text, want[i].text);
		assert_string_equal(s->tls_name, want[i].tls_name);
		assert_true(span_equal(s->pub.name, span_of(want[i].name)));
		assert_true(span_equal(s->pub.address, span_of(want[i].text)));
		assert_address(&s->address, want[i].family, want[i].address, want[i].port);
		assert_int_equal(s->weight, want[i].weight);
		assert_int_equal(s->backup, i == 2);
		assert_int_equal(s->index, i);
		assert_ptr_equal(s->pool, p);
		assert_non_null(s->state);
		for (unsigned j = 0; j < i; j++)
			assert_true(s->id != 0 && s->id != p->servers[j].id);
	}
	assert_string_equal(p->servers[4].name, "localhost:9");
	assert_true(strcmp(p->servers[4].address_text, "127.0.0.1:9") == 0 ||
		    strcmp(p->servers[4].address_text, "[::1]:9") == 0);
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

	assert_int_equal(l->npolicies, 2);
	assert_string_equal(l->policies[0].name, "any");
	assert_string_equal(l->policies[0].options, "{  }");
	assert_string_equal(u->file, path_of("./talkative.lua"));
	assert_string_equal(u->options,
			    "{ [\"share\"] = 0x1p-1, [\"tags\"] = { [1] = \"a\\\"\\n]]\", [2] = \"b\" }, "
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
	assert_string_equal(l->binds[1].text, "[::1]:5060");
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
	assert_true(!conf->greet && conf->lines == 9 && conf->pause == 1000 && conf->room == 1 << 20 &&
		    conf->mood == 1);
	assert_string_equal(conf->word, "x");
	check_policies(l);
}

static void builds_a_snapshot(void **state)
{
	struct snapshot *s = load_right(big);

	(void)state;
	assert_int_equal(s->settings.workers, 2);
	assert_string_equal(s->settings.control, path_of("x.sock"));
	assert_int_equal(s->settings.log, LG_DEBUG);
	assert_int_equal(s->settings.drain_ms, 60000);
	assert_int_equal(s->ntls, 2);
	assert_int_equal(s->npools, 4);
	assert_int_equal(s->nlisteners, 4);
	check_pools(s);
	check_main(&s->listeners[0]);
	assert_int_equal(s->listeners[1].reach[0].nby, 0); /* `plain` has no fact to persist by */
	assert_int_equal(s->listeners[2].reach[0].nby, 1); /* persistence = false: the key feeds `hash` only */
	assert_false(s->listeners[2].reach[0].persist);
	assert_false(s->listeners[3].has_pool);
	assert_ptr_equal(snapshot_ref(s), s);
	snapshot_unref(s);
	snapshot_unref(s);
	snapshot_unref(NULL);
}

/* The id outlives the process: gateways side by side and later versions must find the same. */
static void ids_stay(void **state)
{
	struct snapshot *s = load_right("pool 'x' { servers = { { '127.0.0.9:1', id = '127.0.0.1:5060' } } }" BASE);

	(void)state;
	assert_true(s->pools[0].servers[0].id == s->pools[1].servers[0].id);
	snapshot_unref(s);
}

/* Whichever allocation fails, it is said and nothing is left. */
static void survives_lack_of_memory(void **state)
{
	int ret = -ENOMEM;
	size_t before;

	(void)state;
	snapshot_unref(load_right(big)); /* what is kept for good is there now */
	before = heap_bytes();
	for (long n = 0; ret < 0; n += 1 + n / 30) {
		struct problems problems;
		struct snapshot *s = NULL;

		heap_fail_after(n);
		ret = config_load(&s, path_of("test.conf"), &paths, &problems);
		heap_fail_after(-1);
		assert_true(ret == 0 ? s != NULL : s == NULL);
		snapshot_unref(s);
		problems_free(&problems);
		assert_in_range(heap_bytes(), 0, before + HEAP_ROUNDING);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_lua),         cmocka_unit_test(wrong_gateway),
		cmocka_unit_test(wrong_tls),         cmocka_unit_test(wrong_pool),
		cmocka_unit_test(wrong_monitor),     cmocka_unit_test(wrong_listener),
		cmocka_unit_test(wrong_policy),      cmocka_unit_test(falls_back_to_the_call),
		cmocka_unit_test(tells_all_at_once), cmocka_unit_test(needs_a_file_and_a_listener),
		cmocka_unit_test(fills_in_defaults), cmocka_unit_test(builds_a_snapshot),
		cmocka_unit_test(ids_stay),          cmocka_unit_test(survives_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
