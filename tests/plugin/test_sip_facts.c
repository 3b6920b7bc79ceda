/* SPDX-License-Identifier: Apache-2.0 */
/* The sip plugin's facts, as a policy asks for them, and the tables that the core reads. */
#include "sip_play.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static const char request[] = "INVITE sip:%62ob:pw@Sales.Example:5061;user=phone SIP/2.0\r\n"
			      "v: SIP/2.0/TLS 10.0.0.9;branch=z9hG4bK1\r\n"
			      "f: \"Smith, Ann\" <sip:Ann@Corp.Example;opaque=x>;tag=1;epid=2\r\n"
			      "To: sip:bob@other.example\r\n"
			      "i: AbC@10.0.0.9\r\n"
			      "CSeq: 5 INVITE\r\n"
			      "s: one\r\n\ttwo\r\n"
			      "Supported: a, b\r\n"
			      "k: c\r\n"
			      "X-Empty:\r\n"
			      "Content-Length: 4\r\n"
			      "\r\n"
			      "body";

static const struct {
	const char *name, *value;
} facts[] = {
	{ "method", "INVITE" },
	{ "call-id", "AbC@10.0.0.9" },
	{ "uri.user", "bob" },
	{ "uri.domain", "sales.example" },
	{ "from.user", "Ann" },
	{ "from.domain", "corp.example" },
	{ "to.user", "bob" },
	{ "to.domain", "other.example" },
	{ "status", NULL },
	{ "header.subject", "one two" },
	{ "header.supported", "a, b, c" },
	{ "header.call-id", "AbC@10.0.0.9" },
	{ "header.x-empty", "" },
	{ "header.x-none", NULL },
	{ "header.cseq", "5 INVITE" },
};

static unsigned asked;

static bool reads_all(struct lg_exchange *x, struct lg_reply *reply)
{
	(void)reply;
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		const char *value = fake_fact(x, facts[i].name);

		if (facts[i].value)
			assert_string_equal(value, facts[i].value);
		else
			assert_null(value);
	}
	asked++;
	return false;
}

/* Of requests from either side, whole or only their head. */
static void facts_are_read(void **state)
{
	size_t n = sizeof(request) - 1;

	(void)state;
	for (size_t cut = n - 4; cut <= n; cut++) {
		struct fake *f = play(ROUTE_MESSAGE);
		struct fake_peer *client = fake_client(f, false);

		asked = 0;
		f->policy = reads_all;
		fake_cut(client, request, n, cut);
		fake_cut(fake_server(client, 0), request, n, cut);
		assert_int_equal(asked, 2);
		fake_destroy(f);
	}
}

/* What cannot be taken apart has no user and no domain, and passes all the same. */
static bool has_no_parts(struct lg_exchange *x, struct lg_reply *reply)
{
	(void)reply;
	assert_null(fake_fact(x, "uri.user"));
	assert_null(fake_fact(x, "uri.domain"));
	assert_null(fake_fact(x, "to.domain"));
	assert_null(fake_fact(x, "from.user"));
	asked++;
	return false;
}

static void strange_addresses_have_no_parts(void **state)
{
	static const char text[] = "MESSAGE ??? SIP/2.0\r\nVia: SIP/2.0/TLS h\r\nFrom: <<<>\r\nTo:\r\nCall-ID: c\r\n"
				   "CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n";
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	asked = 0;
	f->policy = has_no_parts;
	fake_text(client, text);
	assert_int_equal(asked, 1);
	assert_string_equal(fake_server(client, 0)->got, text);
	fake_destroy(f);
}

/* The names of the tables are what the configuration and the status show. */
static void tables_are_complete(void **state)
{
	const struct lg_plugin *p = &lychgate_plugin;
	unsigned n = 0;

	(void)state;
	while (p->counters[n])
		n++;
	assert_int_equal(n, COUNT_TOO_MANY_HOPS + 1);
	assert_string_equal(p->persistence, "call-id");
	assert_string_equal(p->options[0].name, "mode");
	assert_string_equal(p->options[1].name, "route");
	assert_string_equal(p->options[1].def, "auto");
	assert_string_equal(p->options[0].def, "auto");
	assert_null(p->options[7].name);
	assert_int_equal(p->transports, LG_TCP | LG_TLS | LG_UDP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_are_read),
		cmocka_unit_test(strange_addresses_have_no_parts),
		cmocka_unit_test(tables_are_complete),
	};

	return cmocka_run_group_tests_name("sip facts", tests, NULL, NULL);
}
