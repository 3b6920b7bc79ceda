/* SPDX-License-Identifier: Apache-2.0 */
/* test_sip_grammar: users and domains, as policies read them. */
#include "sip/grammar.h"

#include <errno.h>

#include "tests/unit/heap.h"
#include "tests/unit/sip_check.h"

struct example {
	const char *text, *user, *domain; /* NULL: none */
};

static void check(const struct example *e, int (*part_of)(struct sip_text, enum sip_part, char *, size_t))
{
	const char *expected[] = { [SIP_USER] = e->user, [SIP_DOMAIN] = e->domain };

	for (int part = SIP_USER; part <= SIP_DOMAIN; part++) {
		char buf[64];
		int n = part_of(text_of(e->text), (enum sip_part)part, buf, sizeof(buf));

		if (!expected[part] && n != -ENOENT)
			fail_msg("%d instead of none: %s", n, e->text);
		if (!expected[part])
			continue;
		if (n < 0)
			fail_msg("%d: %s", n, e->text);
		assert_text((struct sip_text){ buf, (size_t)n }, expected[part]);
		assert_int_equal(part_of(text_of(e->text), (enum sip_part)part, buf, (size_t)n - 1), -ENOSPC);
	}
}

static void test_uris(void **state)
{
	static const struct example uris[] = {
		{ "sip:bob@Sales.Example", "bob", "sales.example" },
		{ "sips:b%6Fb@sales.example:5061;transport=tls", "bob", "sales.example" },
		{ "sip:corp.example", NULL, "corp.example" },
		{ "sip:ann@corp.example;opaque=user:epid:abcDEF_123;gruu", "ann", "corp.example" },
		{ "sip:+1425;ext=7@corp.example;user=phone", "+1425;ext=7", "corp.example" },
		{ "sip:ann:secret@corp.example", "ann", "corp.example" },
		{ "sip:ann@[2001:DB8::1]:5060", "ann", "2001:db8::1" },
		{ "tel:+14255550100", NULL, NULL },
		{ "", NULL, NULL },
		{ "bob", NULL, NULL },
		{ "sip:", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++)
		check(&uris[i], sip_uri_part);
}

static void test_addresses(void **state)
{
	static const struct example values[] = {
		{ "<sip:ann@corp.example>;tag=1;epid=2", "ann", "corp.example" },
		{ "sip:ann@corp.example;tag=1", "ann", "corp.example" },
		{ "\"Ann, of <Corp>\" <sip:ann@Corp.example:5060>;tag=n1", "ann", "corp.example" },
		{ "\"A \\\"<sip:no@no>\\\"\"\r\n\t<sip:ann@corp.example>", "ann", "corp.example" },
		{ "<sip:10.1.2.3:49152;transport=tls>;tag=1f", NULL, "10.1.2.3" },
		{ "<tel:+14255550100>;tag=1", NULL, NULL },
		{ "\"Ann", NULL, NULL },
		{ "<sip:ann@corp.example", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		check(&values[i], sip_address_part);
}

/* Without libosip2, which needs memory: that is what nearly everybody writes. */
static void test_without_memory(void **state)
{
	static const struct example easy[] = {
		{ "<sip:ann@corp.example>", "ann", "corp.example" },
		{ "<SIPS:Corp.example:5061>;tag=1;epid=2", NULL, "corp.example" },
		{ "Ann B. <sip:ann.b-c_d@Corp.example;lr>;tag=1", "ann.b-c_d", "corp.example" },
		{ "\"Ann, \\\"of <Corp>\"  <sip:+1425@10.1.2.3:5060;transport=tls;x>", "+1425", "10.1.2.3" },
		{ "\"\"<sip:ann@corp_a.example>", "ann", "corp_a.example" },
		{ "\"A\"\r\n <sip:+1425;ext=7@[::A]?a=b> ;tag=\"1\"", "+1425;ext=7", "::a" },
		{ "sip:ann@corp.example;tag=1", "ann", "corp.example" },
	};

	(void)state;
	heap_fail_after(0);
	for (size_t i = 0; i < sizeof(easy) / sizeof(easy[0]); i++)
		check(&easy[i], sip_address_part);
	check(&(struct example){ "sip:ann@Corp.example:5060;lr", "ann", "corp.example" }, sip_uri_part);
	heap_fail_after(-1);
}

/* Who cannot read it himself asks libosip2, and must not when there is no memory for it. */
static void test_no_memory(void **state)
{
	static const char *const hard[] = {
		"",
		"Ann",
		"<",
		"\"Ann",
		"<sip:ann@corp.example",
		"<sip:a%41@corp.example>",
		"<sip:ann:pw@corp.example>",
		"<tel:+1425>",
		"<sip:ann@corp.example:>",
		"<sip:@corp.example>",
		"<sip:ann@b@corp.example>",
		"<sip:ann@corp.example>x",
		"\"A\" B <sip:ann@corp.example>",
		"A,B <sip:ann@corp.example>",
	};
	char buf[64];

	(void)state;
	heap_fail_after(0);
	for (size_t i = 0; i < sizeof(hard) / sizeof(hard[0]); i++)
		if (sip_address_part(text_of(hard[i]), SIP_DOMAIN, buf, sizeof(buf)) != -ENOMEM)
			fail_msg("read: %s", hard[i]);
	assert_int_equal(sip_uri_part(text_of("sip:a%41@h"), SIP_USER, buf, sizeof(buf)), -ENOMEM);
	heap_fail_after(-1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uris),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_without_memory),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
