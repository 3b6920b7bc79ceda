/* SPDX-License-Identifier: Apache-2.0 */
/* test_sip_via: values of Via read and refused, walked through, and marked with where they came from. */
#include "sip/via.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/sip_check.h"
#include "tests/unit/sip_edit.h"
#include "tests/unit/sip_samples.h"

static const struct {
	const char *value, *transport, *host;
	uint16_t port;
	const char *branch, *received;
	bool has_rport, rport_empty;
	uint16_t rport;
} good[] = {
	{ "SIP/2.0/UDP 10.0.0.8", "UDP", "10.0.0.8", 0, "", "", 0, 0, 0 },
	{ "SIP/2.0/tls 10.1.2.3:49152", "tls", "10.1.2.3", 49152, "", "", 0, 0, 0 },
	{ "SIP/2.0/tls 10.1.2.3:49152;ms-received-port=49152;ms-received-cid=2A00", "tls", "10.1.2.3", 49152, "", "", 0,
	  0, 0 },
	{ "SIP/2.0/TLS fe:5061;branch=z9hG4bKAB12.CD34;branched=FALSE", "TLS", "fe", 5061, "z9hG4bKAB12.CD34", "", 0, 0,
	  0 },
	{ "SIP/2.0/UDP h:1;rport;branch=b", "UDP", "h", 1, "b", "", 1, 1, 0 },
	{ "SIP/2.0/UDP h:65535;RPORT=65535;Branch=b;Received=192.0.2.1", "UDP", "h", 65535, "b", "192.0.2.1", 1, 0,
	  65535 },
	{ "SIP/2.0/UDP h;rport=0", "UDP", "h", 0, "", "", 1, 0, 0 },
	{ "SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111", "UDP", "[2001:db8::9:1]", 0,
	  "z9hG4bKas3-111", "[2001:db8::9:255]", 0, 0, 0 },
	{ "SIP/2.0/UDP [::1]:5060;received=2001:db8::9:255", "UDP", "[::1]", 5060, "", "2001:db8::9:255", 0, 0, 0 },
	{ "SIP / 2.0\r\n /TCP\t\r\n 10.0.0.2 : 5060 \r\n ; branch \r\n = \r\n z9 ; x ; y = \"a;,\\\"b\" ;rport ", "TCP",
	  "10.0.0.2", 5060, "z9", "", 1, 1, 0 },
	{ "SIP/2.0/UNKNOWN host_1.example.", "UNKNOWN", "host_1.example.", 0, "", "", 0, 0, 0 },
	{ "X/7/Y h;branch=a==:@[]{}/x", "Y", "h", 0, "a==:@[]{}/x", "", 0, 0, 0 },
};

static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct sip_via v;

		if (!sip_via_read(&v, text_of(good[i].value)))
			fail_msg("refused: %s", good[i].value);
		assert_text(v.value, good[i].value);
		assert_text(v.transport, good[i].transport);
		assert_text(v.host, good[i].host);
		assert_int_equal(v.port, good[i].port);
		assert_text(v.branch, good[i].branch);
		assert_text(v.received, good[i].received);
		assert_int_equal(v.has_rport, good[i].has_rport);
		assert_int_equal(v.rport_empty, good[i].rport_empty);
		assert_int_equal(v.rport, good[i].rport);
	}
}

static void test_refused(void **state)
{
	static const char *const values[] = {
		"",
		"SIP",
		"SIP/2.0",
		"SIP/2.0/",
		"SIP/2.0/UDP",
		"SIP/2.0/UDP ",
		"SIP/2.0 h",
		"SIP/2.0/UDP;branch=x",
		"SIP/2.0/UDP ;branch=x",
		"SIP/2.0/UDP h h",
		"SIP//UDP h",
		"/2.0/UDP h",
		"SIP/2.0/U(P h",
		"SIP/2.0/UDP h:",
		"SIP/2.0/UDP h:0",
		"SIP/2.0/UDP h:65536",
		"SIP/2.0/UDP h:4294967297",
		"SIP/2.0/UDP h:x",
		"SIP/2.0/UDP h:5060x",
		"SIP/2.0/UDP ::1",
		"SIP/2.0/UDP [::1",
		"SIP/2.0/UDP []",
		"SIP/2.0/UDP [::1]x",
		"SIP/2.0/UDP [g]",
		"SIP/2.0/UDP u@h",
		"SIP/2.0/UDP h;",
		"SIP/2.0/UDP h;;branch=x",
		"SIP/2.0/UDP h;;",
		"SIP/2.0/UDP h;=x",
		"SIP/2.0/UDP h;branch=",
		"SIP/2.0/UDP h;branch",
		"SIP/2.0/UDP h;branch= ;x",
		"SIP/2.0/UDP h;branch=a b",
		"SIP/2.0/UDP h;branch=a<b",
		"SIP/2.0/UDP h;branch=a;branch=a",
		"SIP/2.0/UDP h;received",
		"SIP/2.0/UDP h;received=1.2.3.4;received=1.2.3.4",
		"SIP/2.0/UDP h;rport;rport=1",
		"SIP/2.0/UDP h;rport=",
		"SIP/2.0/UDP h;rport=x",
		"SIP/2.0/UDP h;rport=1x",
		"SIP/2.0/UDP h;rport=65536",
		"SIP/2.0/UDP h;rport=4294967296",
		"SIP/2.0/UDP h;x=\"a",
		"SIP/2.0/UDP h;x=\"a\\\"",
		"SIP/2.0/UDP h;x=\"a\\",
		"SIP/2.0/UDP h;x=\"a\"b",
		"SIP/2.0/UDP h;x\"a\"",
		"nonsense;;;\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct sip_via v;

		if (sip_via_read(&v, text_of(values[i])))
			fail_msg("accepted: %s", values[i]);
	}
}

/* However it is cut off, nothing behind the end is read: the sanitizers see to that. */
static void test_cut_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		for (size_t n = 0; n < strlen(good[i].value); n++) {
			char *alone = malloc(n + 1);
			struct sip_via v;

			assert_non_null(alone);
			memcpy(alone + 1, good[i].value, n);
			(void)sip_via_read(&v, (struct sip_text){ alone + 1, n });
			free(alone);
		}
}

#define MANY                                                                                                           \
	"INFO b SIP/2.0\r\nVia:\r\nVia: SIP/2.0/TCP a , SIP/2.0/TCP b;x=\"1,2\"\r\nFrom: a\r\nv: ,SIP/2.0/UDP c\r\n"   \
	"To: b\r\nVIA : SIP/2.0/UDP\r\n d\r\nCall-ID: 1\r\nCSeq: 1 INFO\r\n\r\nVia: body\r\n"

static void test_walk(void **state)
{
	static const char *const many[] = { "SIP/2.0/TCP a", "SIP/2.0/TCP b;x=\"1,2\"", "SIP/2.0/UDP c",
					    "SIP/2.0/UDP\r\n d" };
	struct sip_via_walk w = { 0 };
	struct sip_head h = scan_good(MANY);
	struct sip_text value;

	(void)state;
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
		assert_true(sip_via_next(MANY, &h, &w, &value));
		assert_text(value, many[i]);
	}
	assert_false(sip_via_next(MANY, &h, &w, &value));
	assert_false(sip_via_next(MANY, &h, &w, &value));

	h = scan_good(SAMPLE_486);
	w = (struct sip_via_walk){ 0 };
	assert_true(sip_via_next(SAMPLE_486, &h, &w, &value));
	assert_text(value, "SIP/2.0/TCP 10.0.0.8");
	assert_false(sip_via_next(SAMPLE_486, &h, &w, &value));

	h = (struct sip_head){ 0 };
	w = (struct sip_via_walk){ 0 };
	assert_false(sip_via_next("", &h, &w, &value));
}

/* ---- Where it came from ---------------------------------------------------------------------------------------- */

static const struct {
	const char *via, *host;
	uint16_t port;
	const char *expected;
} received[] = {
	{ "SIP/2.0/UDP 10.0.0.8:5060;branch=b", "10.0.0.8", 5060, "SIP/2.0/UDP 10.0.0.8:5060;branch=b" },
	{ "SIP/2.0/UDP 10.0.0.8:5060;branch=b", "10.0.0.8", 9, "SIP/2.0/UDP 10.0.0.8:5060;branch=b" },
	{ "SIP/2.0/UDP 10.0.0.8:5060;branch=b", "10.0.0.9", 9, "SIP/2.0/UDP 10.0.0.8:5060;branch=b;received=10.0.0.9" },
	{ "SIP/2.0/UDP a.example, SIP/2.0/UDP b", "10.0.0.9", 9,
	  "SIP/2.0/UDP a.example;received=10.0.0.9, SIP/2.0/UDP b" },
	{ "SIP/2.0/UDP 10.0.0.8;rport;branch=b", "10.0.0.8", 65535,
	  "SIP/2.0/UDP 10.0.0.8;received=10.0.0.8;rport=65535;branch=b" },
	{ "SIP/2.0/UDP 10.0.0.8 ; rport = 99 ; branch=b", "10.0.0.8", 1,
	  "SIP/2.0/UDP 10.0.0.8 ;received=10.0.0.8;rport=1 ; branch=b" },
	{ "SIP/2.0/UDP a;received=1.2.3.4;x;rport", "10.0.0.8", 10, "SIP/2.0/UDP a;x;received=10.0.0.8;rport=10" },
	{ "SIP/2.0/UDP a;received=1.2.3.4;branch=b", "10.0.0.8", 10, "SIP/2.0/UDP a;received=10.0.0.8;branch=b" },
	{ "SIP/2.0/UDP 10.0.0.8;received=1.2.3.4;branch=b", "10.0.0.8", 10, "SIP/2.0/UDP 10.0.0.8;branch=b" },
	{ "SIP/2.0/UDP [2001:DB8::1];branch=b", "2001:db8::1", 10, "SIP/2.0/UDP [2001:DB8::1];branch=b" },
	{ "SIP/2.0/UDP [2001:db8::1];rport", "2001:db8::2", 10,
	  "SIP/2.0/UDP [2001:db8::1];received=2001:db8::2;rport=10" },
};

static void test_receive(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(received) / sizeof(received[0]); i++) {
		static const char *const frame = "INFO b SIP/2.0\r\nFrom: a\r\nTo: b\r\nCall-ID: 1\r\nCSeq: 1 INFO\r\n"
						 "Via: %s\r\nVia: SIP/2.0/UDP z;rport\r\n\r\n";
		char text[512], expected[512], found[512], room[SIP_VIA_ROOM];
		struct sip_splice s = { 0 };
		struct sip_head h;

		assert_true(snprintf(text, sizeof(text), frame, received[i].via) > 0);
		assert_true(snprintf(expected, sizeof(expected), frame, received[i].expected) > 0);
		h = scan_good(text);
		assert_int_equal(sip_via_receive(&s, text, &h, text_of(received[i].host), received[i].port, room), 0);
		assert_true(edit_join(&s, text, strlen(text), found, sizeof(found)) > 0);
		assert_string_equal(found, expected);
	}
}

/* What was read of a Via holds for a copy of the message too. */
static void test_mark_after_a_move(void **state)
{
	static const char text[] = "INFO b SIP/2.0\r\nVia: SIP/2.0/UDP z;rport;branch=z9hG4bK1\r\nFrom: a\r\nTo: b\r\n"
				   "Call-ID: 1\r\nCSeq: 1 INFO\r\n\r\n";
	char copy[sizeof(text)], found[2 * sizeof(text)], room[SIP_VIA_ROOM];
	struct sip_head h = scan_good(text);
	struct sip_splice s = { 0 };
	struct sip_via_place place;
	struct sip_via v;

	(void)state;
	assert_true(sip_via_read(&v, sip_top_via(text, &h)));
	place = sip_via_place(text, &v);
	memcpy(copy, text, sizeof(text));
	assert_int_equal(sip_via_mark(&s, copy, &place, SIP_TEXT("10.0.0.8"), 4000, room), 0);
	assert_true(edit_join(&s, copy, strlen(copy), found, sizeof(found)) > 0);
	assert_non_null(strstr(found, "UDP z;received=10.0.0.8;rport=4000;branch=z9hG4bK1\r\n"));
}

static void test_receive_fails(void **state)
{
	static const char bad[] = "INFO b SIP/2.0\r\nVia: SIP/2.0/UDP a;;\r\nFrom: a\r\nTo: b\r\nCall-ID: 1\r\n"
				  "CSeq: 1 INFO\r\n\r\n";
	struct sip_head h = scan_good(bad);
	struct sip_splice s = { 0 };
	char room[SIP_VIA_ROOM], host[SIP_VIA_ROOM];

	(void)state;
	assert_int_equal(sip_via_receive(&s, bad, &h, SIP_TEXT("10.0.0.8"), 1, room), -EINVAL);
	h = scan_good(SAMPLE_INVITE);
	memset(host, 'a', sizeof(host));
	assert_int_equal(sip_via_receive(&s, SAMPLE_INVITE, &h, (struct sip_text){ host, SIP_VIA_ROOM - 9 }, 1, room),
			 -ENOSPC);
	assert_int_equal(sip_via_receive(&s, SAMPLE_INVITE, &h, (struct sip_text){ host, SIP_VIA_ROOM - 10 }, 1, room),
			 0);
	s.n = SIP_CUTS;
	assert_int_equal(sip_via_receive(&s, SAMPLE_INVITE, &h, SIP_TEXT("10.0.0.8"), 1, room), -ENOSPC);
}

static void test_answer_port(void **state)
{
	static const struct {
		const char *value;
		uint16_t port;
	} cases[] = {
		{ "SIP/2.0/UDP h", 5060 },
		{ "SIP/2.0/UDP h:7000", 7000 },
		{ "SIP/2.0/UDP h:7000;rport", 4000 },
		{ "SIP/2.0/UDP h;rport=8000", 4000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sip_via v;

		assert_true(sip_via_read(&v, text_of(cases[i].value)));
		assert_int_equal(sip_via_answer_port(&v, 4000), cases[i].port);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),          cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut_off),       cmocka_unit_test(test_walk),
		cmocka_unit_test(test_receive),       cmocka_unit_test(test_mark_after_a_move),
		cmocka_unit_test(test_receive_fails), cmocka_unit_test(test_answer_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
