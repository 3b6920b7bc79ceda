/* SPDX-License-Identifier: Apache-2.0 */
/* test_sip_uri: URIs and values with URIs, taken apart and refused; hosts compared. */
#include "sip/uri.h"

#include "tests/unit/sip_check.h"

static const struct {
	const char *text, *scheme, *user, *host;
	uint16_t port;
	const char *params;
	bool has_headers;
} good[] = {
	{ "sip:corp.example", "sip", "", "corp.example", 0, "", false },
	{ "sip:ann@corp.example", "sip", "ann", "corp.example", 0, "", false },
	{ "SIPS:ann:pw@corp.example:5061;lr", "SIPS", "ann:pw", "corp.example", 5061, ";lr", false },
	{ "sip:h:1", "sip", "", "h", 1, "", false },
	{ "sip:h:65535;transport=tcp;lr", "sip", "", "h", 65535, ";transport=tcp;lr", false },
	{ "sip:h?Subject=x", "sip", "", "h", 0, "", true },
	{ "sip:h;a=b?Subject=x;y", "sip", "", "h", 0, ";a=b", true },
	{ "sip:[2001:db8::10]", "sip", "", "[2001:db8::10]", 0, "", false },
	{ "sip:u@[2001:db8::10]:5070", "sip", "u", "[2001:db8::10]", 5070, "", false },
	{ "sip:[2001:db8::10:5070]", "sip", "", "[2001:db8::10:5070]", 0, "", false },
	{ "sip:[::ffff:192.0.2.10]:19823", "sip", "", "[::ffff:192.0.2.10]", 19823, "", false },
	{ "sip:[2001:db8:::192.0.2.1]", "sip", "", "[2001:db8:::192.0.2.1]", 0, "", false },
	{ "sip:user;par=u%40example.net@example.com", "sip", "user;par=u%40example.net", "example.com", 0, "", false },
	{ "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
	  "sip", "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)",
	  "example.com", 0, "", false },
	{ "sip:ann@corp.example;opaque=user:epid:abcDEF_123;gruu", "sip", "ann", "corp.example", 0,
	  ";opaque=user:epid:abcDEF_123;gruu", false },
	{ "sip:*21#@h", "sip", "*21#", "h", 0, "", false },
	{ "sip:\xc3\xbc@h", "sip", "\xc3\xbc", "h", 0, "", false },
	{ "tel:+12015550123;phone-context=a", "tel", "+12015550123", "", 0, ";phone-context=a", false },
	{ "tel:911", "tel", "911", "", 0, "", false },
	{ "urn:service:sos", "urn", "", "", 0, "", false },
	{ "nobodyKnowsThisScheme:totallyopaquecontent", "nobodyKnowsThisScheme", "", "", 0, "", false },
	{ "soap.beep://192.0.2.103:3002", "soap.beep", "", "", 0, "", false },
};

static void assert_uri(const struct sip_uri *u, size_t i)
{
	assert_text(u->scheme, good[i].scheme);
	assert_text(u->user, good[i].user);
	assert_text(u->host, good[i].host);
	assert_int_equal(u->port, good[i].port);
	assert_text(u->params, good[i].params);
	assert_int_equal(u->has_headers, good[i].has_headers);
}

static void test_read(void **state)
{
	struct sip_uri u;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!sip_uri_read(&u, text_of(good[i].text)))
			fail_msg("refused: %s", good[i].text);
		assert_uri(&u, i);
	}
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"",         "sip",       "sip:",        ":h",        "b",
		"1sip:h",   "s/p:h",     "sip:@h",      "sip:u@",    "sip:u@x@h",
		"sip:h:",   "sip:h:0",   "sip:h:65536", "sip:h:x",   "sip:h:5060x",
		"sip:h h",  "sip:<h>",   "<sip:h>",     "sip:h\"",   "sip:h\t",
		"sip:h\\",  "sip:h\x7f", "sip:h,x",     "sip:h/x",   "sip:2001:db8::10",
		"sip:[::1", "sip:[]",    "sip:[::1]x",  "sip:[x]",   "sip:;lr",
		"sip:?x",   "tel:",      "tel:;x",      "sip:h; lr",
	};
	struct sip_uri u;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (sip_uri_read(&u, text_of(texts[i])))
			fail_msg("accepted: %s", texts[i]);
}

static void test_of(void **state)
{
	static const struct {
		const char *value, *host, *params; /* host: NULL if there is no URI */
	} values[] = {
		{ "<sip:h;lr>", "h", ";lr" },
		{ "<sip:h;lr>;x=y", "h", ";lr" },
		{ "\"A <sip:no>, \\\" B\" <sip:h;a> ;lr", "h", ";a" },
		{ "Ann\r\n B. <sip:h>", "h", "" },
		{ "sip:h;lr", "h", "" },
		{ " sip:u@h ; lr", "h", "" },
		{ "<sip:h>\r\n , <sip:i>", "h", "" },
		{ "", NULL, NULL },
		{ "<sip:h", NULL, NULL },
		{ "<>", NULL, NULL },
		{ "< sip:h>", NULL, NULL },
		{ "<sip:h>x", NULL, NULL },
		{ "\"<sip:h>", NULL, NULL },
		{ "\"<sip:h>\"", NULL, NULL },
		{ "Ann sip:h", NULL, NULL },
		{ "om: <sip:h>", NULL, NULL },
		{ "\"A\" B <sip:h>", NULL, NULL },
		{ "A \"B\" <sip:h>", NULL, NULL },
		{ ";lr", NULL, NULL },
	};
	struct sip_uri u;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (sip_uri_of(&u, text_of(values[i].value)) != (values[i].host != NULL))
			fail_msg("%s", values[i].value);
		if (!values[i].host)
			continue;
		assert_text(u.host, values[i].host);
		assert_text(u.params, values[i].params);
	}
}

static void test_param(void **state)
{
	struct sip_text found;
	struct sip_uri u;

	(void)state;
	assert_true(sip_uri_read(&u, SIP_TEXT("sip:u;a=no@h;LR;lg=ID.tok;transport=TCP?lg=x;z")));
	assert_true(sip_uri_param(&u, SIP_TEXT("lr"), &found));
	assert_text(found, "");
	assert_true(sip_uri_param(&u, SIP_TEXT("lg"), &found));
	assert_text(found, "ID.tok");
	assert_true(sip_uri_param(&u, SIP_TEXT("transport"), NULL));
	assert_false(sip_uri_param(&u, SIP_TEXT("a"), &found));
	assert_false(sip_uri_param(&u, SIP_TEXT("z"), &found));
	assert_true(sip_uri_read(&u, SIP_TEXT("sip:h")));
	assert_false(sip_uri_param(&u, SIP_TEXT("lr"), &found));
}

static void test_same_host(void **state)
{
	(void)state;
	assert_true(sip_same_host(SIP_TEXT("Sip.Example"), SIP_TEXT("sip.example")));
	assert_true(sip_same_host(SIP_TEXT("[2001:DB8::1]"), SIP_TEXT("2001:db8::1")));
	assert_true(sip_same_host(SIP_TEXT("2001:db8::1"), SIP_TEXT("[2001:db8::1]")));
	assert_true(sip_same_host(SIP_TEXT("192.0.2.1"), SIP_TEXT("192.0.2.1")));
	assert_false(sip_same_host(SIP_TEXT("192.0.2.1"), SIP_TEXT("192.0.2.10")));
	assert_false(sip_same_host(SIP_TEXT("sip.example"), SIP_TEXT("")));
	assert_false(sip_same_host(SIP_TEXT("["), SIP_TEXT("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),  cmocka_unit_test(test_refused),   cmocka_unit_test(test_of),
		cmocka_unit_test(test_param), cmocka_unit_test(test_same_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
