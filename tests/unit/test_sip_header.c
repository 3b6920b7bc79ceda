/* SPDX-License-Identifier: Apache-2.0 */
/* test_sip_header: headers by name, compact, folded, several; as policies read them. */
#include "sip/header.h"

#include <errno.h>

#include "tests/unit/sip_check.h"
#include "tests/unit/sip_samples.h"

static const struct {
	const char *message, *name, *value; /* value: NULL if there is none */
	bool in_place;
} cases[] = {
	{ SAMPLE_NEGOTIATE, "compression", "LZ77-8K", true },
	{ SAMPLE_NEGOTIATE, "content-length", "0", true },
	{ SAMPLE_NEGOTIATE, "subject", NULL },
	{ SAMPLE_NEGOTIATE, "negotiate sip", NULL },
	{ SAMPLE_LYNC_REGISTER, "supported",
	  "gruu-10, adhoclist, msrtc-event-categories, ms-forking, ms-cluster-failover, "
	  "ms-userservices-state-notification" },
	{ SAMPLE_COMPACT, "subject", "tea?", true },
	{ SAMPLE_COMPACT, "call-id", "Compact@10.0.0.8", true },
	{ SAMPLE_COMPACT, "content-type", "text/plain", true },
	{ SAMPLE_COMPACT, "supported", NULL },
	{ SAMPLE_FOLDED, "newfangled", "newfangled value continued newfangled value" },
	{ SAMPLE_FOLDED, "max-forwards", "0068", true },
	{ SAMPLE_FOLDED, "subject", "", true },
	{ SAMPLE_FOLDED, "call-id", "folded.0ha0isndaksdj@10.0.0.1", true },
	{ SAMPLE_FOLDED, "via",
	  "SIP  /   2.0 /TCP 10.0.0.2;branch = z9hG4bKf2, SIP  / 2.0  / TCP     10.0.0.3   ; "
	  "branch  =   z9hG4bKf1  , SIP  /    2.0   / UDP  10.0.0.4;branch=z9hG4bKf0" },
};

static void test_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *p = cases[i].message;
		struct sip_head h = scan_good(p);
		struct sip_text found;
		char buf[2048];
		int ret = sip_header(p, &h, text_of(cases[i].name), &found, buf, h.head_n);

		assert_int_equal(ret, cases[i].value ? 0 : -ENOENT);
		if (!cases[i].value)
			continue;
		assert_text(found, cases[i].value);
		assert_int_equal(found.p != buf, cases[i].in_place);
	}
}

static void test_room(void **state)
{
	struct sip_head h = scan_good(SAMPLE_FOLDED);
	struct sip_text found;
	char buf[43];

	(void)state;
	assert_int_equal(sip_header(SAMPLE_FOLDED, &h, SIP_TEXT("newfangled"), &found, buf, sizeof(buf)), 0);
	assert_int_equal(found.n, sizeof(buf));
	assert_int_equal(sip_header(SAMPLE_FOLDED, &h, SIP_TEXT("newfangled"), &found, buf, sizeof(buf) - 1), -ENOSPC);
	assert_int_equal(sip_header(SAMPLE_FOLDED, &h, SIP_TEXT("newfangled"), &found, NULL, 0), -ENOSPC);
}

/* The body is no header. */
static void test_body(void **state)
{
	static const char text[] = "SIP/2.0 200 \r\nCall-ID: 1\r\nCSeq: 1 INFO\r\nl: 8\r\n\r\nX: y\r\n\r\n";
	struct sip_head h = scan_good(text);
	struct sip_text found;

	(void)state;
	assert_int_equal(sip_header(text, &h, SIP_TEXT("x"), &found, NULL, 0), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_name),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
