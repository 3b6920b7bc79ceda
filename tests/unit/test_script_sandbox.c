/* SPDX-License-Identifier: Apache-2.0 */
/* test_script_sandbox.c: the names that a policy sees, and those that it does not. */
#include "script_world.h"

static void test_sandbox(void **state)
{
	static const char *const absent[] = {
		"io",
		"os",
		"debug",
		"package",
		"require",
		"load",
		"loadstring",
		"loadfile",
		"dofile",
		"pcall",
		"xpcall",
		"coroutine",
		"setmetatable",
		"getmetatable",
		"rawset",
		"rawget",
		"rawequal",
		"rawlen",
		"collectgarbage",
		"print",
		"warn",
		"_G",
		"utf8",
		"string.find",
		"string.match",
		"string.gmatch",
		"string.gsub",
		"string.rep",
		"string.format",
		"string.dump",
		"string.pack",
		"string.unpack",
		"string.packsize",
		"string.char",
		"string.reverse",
		"math.random",
		"math.randomseed",
		"table.move",
		"('').find",
		"('').rep",
		"('').dump",
	};
	struct world *w = *state;
	struct verdict v;
	char body[100];

	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
		snprintf(body, sizeof body, "if %s == nil then return drop() end", absent[i]);
		world_decide(w, body, &v);
		if (v.kind != VERDICT_DROP && !strstr(v.error, "unknown name"))
			fail_msg("%s is there", absent[i]);
	}
}

/* Each is true. */
static void test_words(void **state)
{
	static const char *const facts[] = {
		"m.method:lower() == 'invite' and ('aZ\\0z'):upper() == 'AZ\\0Z'",
		"('abc'):prefix('ab') and not ('abc'):prefix('b') and ('abc'):prefix('') and not ('a'):prefix('ab')",
		"('abc'):suffix('bc') and not ('abc'):suffix('b') and ('abc'):suffix('') and not ('a'):suffix('ba')",
		"('abc'):contains('b') and ('abc'):contains('') and not ('abc'):contains('d')",
		"('AbC'):equal('aBc') and not ('a'):equal('ab') and ('[') ~= ('{') and not ('['):equal('{')",
		"('a.b.c'):before('.') == 'a' and ('a.b.c'):after('.') == 'b.c' and ('a'):after('.') == nil",
		"('a.'):after('.') == '' and ('a'):before('.') == nil and ('.a'):before('.') == ''",
		"('10.9.8.7'):within({ ['10.0.0.0/8'] = 1, ['10.9.0.0/16'] = 2, ['0.0.0.0/0'] = 3 }) == 2",
		"('10.9.8.7'):within({ ['10.9.8.7'] = 1, ['10.9.8.6/31'] = 2 }) == 1",
		"('10.9.8.7'):within({ ['10.9.8.8/29'] = 1, ['11.0.0.0/8'] = 2, ['2001:db8::/32'] = 3 }) == nil",
		"('::1'):within({ ['::/0'] = 4 }) == 4 and ('::1'):within({ ['0.0.0.0/0'] = 1 }) == nil",
		"('2001:db8:8000::1'):within({ ['2001:db8::/33'] = 1, ['2001:db8:8000::/33'] = 2 }) == 2",
		"('10.9.8.7'):within(o.nets) == 'in' and ('no address'):within({ ['::/0'] = 1 }) == nil",
		"string.len('abc') == 3 and ('abc'):sub(2) == 'bc' and ('abc'):byte() == 97",
		"select('#', ('abc'):byte(1, -1)) == 3 and select('#', table.unpack({ 1, 2, 3 })) == 3",
		"tostring({}) == 'table' and tostring(nil) == 'nil' and tostring(m) == 'userdata'",
		"tonumber('12') == 12 and math.max(1, 2) == 2 and type(m) == 'userdata' and type(o) == 'table'",
		"(function() local t = { 3, 1, 2 } table.sort(t) return table.concat(t, ',') end)() == '1,2,3'",
		"(function() local n = 0 for k, v in pairs({ 5, 6, x = 7 }) do n = n + v end return n end)() == 18",
		"(function() local n = 0 for i, v in ipairs(o.list) do n = n + v end return n end)() == 6",
		"(function() local s = '' for k, v in pairs(o.map) do s = s .. k .. v end return s end)() == 'ab'",
		"#o.list == 3 and next(o.map) == 'a' and table.concat(o.list, ' ') == '1 2 3' and next({}) == nil",
	};
	struct world *w = *state;
	struct verdict v;
	char body[300];

	w->use.options = "{ list = { 1, 2, 3 }, map = { a = 'b' }, nets = { ['10.0.0.0/8'] = 'in' } }";
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
		snprintf(body, sizeof body, "if %s then return drop() end", facts[i]);
		world_decide(w, body, &v);
		if (v.kind != VERDICT_DROP)
			fail_msg("not true: %s (%s)", facts[i], v.error);
	}
}

static void test_within_refuses(void **state)
{
	struct world *w = *state;
	struct verdict v;

	world_decide(w, "return ('10.9.8.7'):within({ ['10.0.0.0/33'] = 1 })", &v);
	assert_contains(v.error, "within(networks): '10.0.0.0/33' is no network");
	world_decide(w, "return ('10.9.8.7'):within({ '10.0.0.0/8' })", &v);
	assert_contains(v.error, "within(networks): '1' is no network");
	world_decide(w, "return ('10.9.8.7'):within('10.0.0.0/8')", &v);
	assert_contains(v.error, "table expected");
	world_decide(w,
		     "local t = {} for i = 0, 254 do t['10.0.' .. i .. '.0/24'] = i end while true do "
		     "('10.9.8.7'):within(t) end",
		     &v);
	assert_contains(v.error, "instructions in one decision");
	assert_usable(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_sandbox),
		WORLD_TEST(test_words),
		WORLD_TEST(test_within_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
