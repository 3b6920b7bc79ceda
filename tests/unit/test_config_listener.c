/* SPDX-License-Identifier: Apache-2.0 */
/* test_config_listener.c: listeners and policies that are wrong, as test_config.c has the rest. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "config_rig.h"

static void wrong_listener(void **state)
{
	static const struct wrong cases[] = {
		{ "listener 'x' {\nbind = 'tcp:127.0.0.1:9' }", 1, "`plugin` is missing", NULL },
		{ "listener 'x' { plugin = 'talk' }", 1, "`bind` is missing", NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = 'udp:127.0.0.1:9' }", 2,
		  "plugin `talk` does not go over udp", NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = 'tpc:127.0.0.1:9' }", 2,
		  "does not begin with tcp:, tls: or udp:", "`tcp`" },
		{ "listener 'x' { plugin = 'talk',\nbind = 'tcp:127.0.0.1' }", 2, "is not TRANSPORT:ADDRESS:PORT",
		  NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = 'tcp:localhost:9' }", 2, "\"localhost\" is not an address",
		  NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = 'tcp:127.0.0.1:x' }", 2, "\"x\" is not a port", NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = 'tcp:127.0.0.1:9-x' }", 2, "\"9-x\" is not a port", NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = 'tcp:127.0.0.1:0-9' }", 2, "\"0\" is not a port", NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = 'tcp:127.0.0.1:9-65536' }", 2, "\"65536\" is not a port",
		  NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = 'tcp:127.0.0.1:9-8' }", 2, "\"9-8\" ends before it begins",
		  "FIRST-LAST" },
		{ "listener 'x' { plugin = 'talk',\nbind = { 'tcp:127.0.0.1:9-20',\n'tls:127.0.0.1:20' }, tls = 'base' "
		  "}",
		  3, "127.0.0.1:20 has ports that line 2 binds already", NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = { 'tcp:127.0.0.1:9',\n'tcp:127.0.0.1:8-9' } }", 3,
		  "127.0.0.1:8-9 has ports that line 2 binds already", NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = { 'tcp:127.0.0.1:9', 'tcp:127.0.0.1:9' } }", 2,
		  "127.0.0.1:9 is bound on line 2 already", NULL },
		{ "listener 'x' { plugin = 'talk',\nbind = { 'tcp:[::1]:9', 'tcp:[0::1]:9' } }", 2,
		  "[::1]:9 is bound on line 2", NULL },
		{ "listener 'x' { plugin = 'plain', tls = 'base',\nbind = 'tls:127.0.0.1:9' }", 2,
		  "does not go over tls", NULL },
		{ "listener 'x' { bind = 'tcp:127.0.0.1:9',\nplugin = 'tlak' }", 2,
		  "plugin `tlak`: there is no tlak.so", NULL },
		{ "listener 'x' { bind = 'tcp:127.0.0.1:9',\nplugin = 'https' }", 2,
		  "plugin `https`: there is no https.so", NULL },
		{ "listener 'x' { bind = 'tcp:127.0.0.1:9',\nplugin = 'misnamed' }", 2, "it calls itself \"other\"",
		  NULL },
		{ "listener 'x' { plugin = 'talk', bind = 'tcp:127.0.0.1:9',\npool = 'bass' }", 2,
		  "there is no pool \"bass\"", "`base`" },
		{ TLS(""), 1, "listener \"x\": `tls` is missing", NULL },
		{ TLS("tls = 'nothing'"), 2, "there is no tls \"nothing\"", NULL },
		{ TLS("tls = 'pool.pem'"), 2, "there is no tls \"pool.pem\"", "files stand in a table" },
		{ TLS("tls = 'base', peers = 'a'"), 2,
		  "peers: peers are known by a certificate, but tls \"base\" has no `trust`", NULL },
		{ TLS("tls = 'base', verify = 'required'"), 2, "verify: needs `trust` in tls \"base\"", NULL },
		{ TLS("tls = 'sure', verify = 'none', peers = { 'a' }"), 2, "asks no client for a certificate", NULL },
		{ TLS("tls = 'sure', verify = 'always'"), 2, "\"always\" is not one of", NULL },
		{ TLS("tls = 'base', options = { lines = 99 }"), 1, "listener \"x\": 99 lines do not fit into TLS",
		  NULL },
		{ "tls 'bare' { trust = 'ca.pem' } " TLS("tls = 'bare'"), 2, "tls \"bare\" has no certificate", NULL },
		{ LISTENER("tls = 'base'"), 2, "is of no use: no bind begins with tls:", NULL },
		{ LISTENER("peers = 'a'"), 2, "is of no use", NULL },
		{ LISTENER("source = 'transparant'"), 2, "\"transparant\" is not one of \"gateway\", \"transparent\"",
		  "did you mean `transparent`?" },
		{ LISTENER("source = true"), 2, "true is not one of", NULL },
		{ LISTENER("on_error = 'ignore'"), 2, "is not one of", NULL },
		{ LISTENER("limits = {\nidle = '30' }"), 3, "limits.idle: \"30\" is not a time", "\"30m\"" },
		{ LISTENER("limits = {\nmessage = '5MB' }"), 3, "\"5MB\" is not a size", "\"64k\"" },
		{ LISTENER("limits = {\nexempt = '192.0.2.0/33' }"), 3, "\"192.0.2.0/33\" is not a network",
		  "192.0.2.0/24" },
		{ LISTENER("access_log = 'nowhere/access.log'"), 2, "nowhere: No such file or directory",
		  "mkdir -p /" },
		{ LISTENER("access_log = '/'"), 2, "listener \"x\": access_log: cannot write /: it is a folder", NULL },
		{ LISTENER("limits = {\nexempt = { '192.0.2.0/24', 'home' } }"), 3, "\"home\" is not a network",
		  "192.0.2.0/24" },
		{ LISTENER("limits = {\nexempt = '2001:db8::/' }"), 3, "is not a network", "192.0.2.0/24" },
		{ LISTENER("limits = {\nsesions = 5 }"), 3, "limits: unknown key `sesions`", "`sessions`" },
		{ LISTENER("options = {\nlines = 0 }"), 3, "options.lines: \"0\" is not in the range from 1 to 100",
		  NULL },
		{ LISTENER("options = {\npause = 500 }"), 3, "\"500\" is not a time", NULL },
		{ LISTENER("options = {\nmood = 'lout' }"), 3, "\"lout\" is not one of", "did you mean `loud`?" },
		{ LISTENER("options = {\ndoors = 135 }"), 3, "\"135\" is not a range of ports", "where to be heard" },
		{ LISTENER("options = {\ndoors = '2-1' }"), 3, "\"2-1\" ends before it begins", NULL },
		{ LISTENER("options = {\ngreet = 'true' }"), 3, "is not true or false", NULL },
		{ LISTENER("options = {\nwrod = 'x' }"), 3, "options: unknown key `wrod`", "did you mean `word`?" },
		{ LISTENER("options = {\nnets = { '10.0.0.0/8',\n'10.0.0.0/33' } }"), 3,
		  "\"10.0.0.0/33\" is not a network", NULL },
		{ LISTENER("options = {\nnets = { 10 } }"), 3, "is not a string", NULL },
		{ LISTENER("options = {\nroutes = 'x' }"), 3, "\"x\" is not a list", "FACT = " },
		{ LISTENER("options = { routes = {\n'x' } }"), 3, "\"x\" is not a table", "FACT = " },
		{ LISTENER("options = { routes = {\n{ sin = 'x', pool = 'base' } } }"), 3, "has no fact `sin`",
		  "`sni`" },
		{ LISTENER("options = { routes = {\n{ sni = 'x', pool = 'bas' } } }"), 3, "there is no pool \"bas\"",
		  "`base`" },
		{ LISTENER("options = { routes = { { pool = 'base' },\n{ pool = 'base' } } }"), 3,
		  "names no fact, so it takes everything, as the one on line 2 does", "leave one" },
		{ LISTENER("options = { routes = { { sni = 'a.*', pool = 'base' },\n"
			   "{ sni = 'A.*', pool = 'base' } } }"), 3,
		  "takes the same as the one on line 2", "leave one" },
		{ LISTENER("options = { routes = {\n{ path = 'x/', pool = 'base' } } }"), 3, "path: \"x/\" is no path",
		  "begins with" },
		{ LISTENER("options = { routes = {\n{ path = '/x?y', pool = 'base' } } }"), 3, "\"/x?y\" is no path",
		  NULL },
		{ LISTENER("options = { routes = {\n{ host = 'a.test:443', pool = 'base' } } }"), 3,
		  "host: \"a.test:443\" is no host", "without a port" },
		{ LISTENER("options = { routes = {\n{ host = 'a.test/x', pool = 'base' } } }"), 3, "is no host", NULL },
		{ LISTENER("options = { routes = {\n{ sni = 'x' } } }"), 3, "`pool` is missing", NULL },
		{ LISTENER("options = { routes = {\n{ sni = 'a.*.b', pool = 'base' } } }"), 3, "a star in the middle",
		  "*.SUFFIX" },
		{ LISTENER("options = { routes = {\n{ sni = 5, pool = 'base' } } }"), 3, "5 is not a string", NULL },
		{ LISTENER("options = {\nroutes = { sni = 'x' } }"), 3, "has the key \"sni\" but is a list", NULL },
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
		{ LISTENER("policies = { '../no-such-policy-of-lychgate' }"), 2, "cannot read", NULL },
		{ LISTENER("policies = { 'a.lua' }"), 2, "\"a.lua\" is not a policy's name", "\"./a.lua\"" },
		{ LISTENER("policies = { 'foreign' }"), 2,
		  "this policy is for plugin `song`, the listener speaks `talk`", NULL },
		{ LISTENER("policies = { 'curious' }"), 2, "reads the fact `tune`, which plugin `talk` does not have",
		  NULL },
		{ LISTENER("policies = { { 'willing', names = { 'a b' } } }"), 2,
		  "'a b' cannot be the name of a header", NULL },
		{ LISTENER("policies = { { 'willing', names = { true } } }"), 2, "true is not a string", NULL },
		{ POST("policies = { 'any',\n'editor' }"), 3,
		  "policies[2]: the policy edits headers, which plugin `post` cannot", NULL },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_listener),
		cmocka_unit_test(wrong_policy),
	};

	return cmocka_run_group_tests(tests, config_rig_make, config_rig_end);
}
