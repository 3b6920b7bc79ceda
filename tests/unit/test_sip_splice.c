/* SPDX-License-Identifier: Apache-2.0 */
/* test_sip_splice: cuts in any order, what they may not do, and header lines that come and go. */
#include "sip/splice.h"

#include <errno.h>

#include "tests/unit/sip_check.h"
#include "tests/unit/sip_edit.h"
#include "tests/unit/sip_samples.h"

static const struct sip_text none = { NULL, 0 };

static void assert_message(const struct sip_splice *s, const char *p, const char *expected)
{
	char buf[4096];

	assert_int_equal(edit_join(s, p, strlen(p), buf, sizeof(buf)), strlen(expected));
	assert_string_equal(buf, expected);
}

static void test_order(void **state)
{
	struct sip_splice s = { 0 };

	(void)state;
	assert_message(&s, "0123456789", "0123456789");
	assert_int_equal(sip_cut(&s, 7, 2, SIP_TEXT("c")), 0);
	assert_int_equal(sip_cut(&s, 2, 1, none), 0);
	assert_int_equal(sip_cut(&s, 2, 0, SIP_TEXT("a")), 0);
	assert_int_equal(sip_cut(&s, 3, 0, SIP_TEXT("b")), 0);
	assert_int_equal(sip_cut(&s, 0, 0, SIP_TEXT("<")), 0);
	assert_int_equal(sip_cut(&s, 10, 0, SIP_TEXT(">")), 0);
	assert_message(&s, "0123456789", "<01ab3456c9>");
}

/* At one place in the order of the calls, whichever of them takes bytes. */
static void test_one_place(void **state)
{
	struct sip_splice s = { 0 };

	(void)state;
	assert_int_equal(sip_cut(&s, 1, 0, SIP_TEXT("a")), 0);
	assert_int_equal(sip_cut(&s, 1, 2, SIP_TEXT("b")), 0);
	assert_int_equal(sip_cut(&s, 1, 0, SIP_TEXT("c")), 0);
	assert_int_equal(sip_cut(&s, 3, 1, SIP_TEXT("d")), 0);
	assert_message(&s, "01234", "0abcd4");
}

static void test_overlap(void **state)
{
	struct sip_splice s = { 0 };

	(void)state;
	assert_int_equal(sip_cut(&s, 4, 2, none), 0);
	assert_int_equal(sip_cut(&s, 8, 0, SIP_TEXT("x")), 0);
	assert_int_equal(sip_cut(&s, 4, 2, none), -EINVAL);
	assert_int_equal(sip_cut(&s, 4, 1, none), -EINVAL);
	assert_int_equal(sip_cut(&s, 5, 0, none), -EINVAL);
	assert_int_equal(sip_cut(&s, 5, 1, none), -EINVAL);
	assert_int_equal(sip_cut(&s, 3, 2, none), -EINVAL);
	assert_int_equal(sip_cut(&s, 3, 9, none), -EINVAL);
	assert_int_equal(sip_cut(&s, 7, 2, none), -EINVAL);
	assert_int_equal(sip_cut(&s, 1, UINT32_MAX, none), -EINVAL);
	assert_int_equal(s.n, 2);
	assert_int_equal(sip_cut(&s, 3, 1, none), 0);
	assert_int_equal(sip_cut(&s, 6, 1, none), 0);
	assert_int_equal(sip_cut(&s, 7, 1, none), 0);
	assert_int_equal(sip_cut(&s, 8, 1, none), 0);
	assert_message(&s, "0123456789", "012x9");
}

static void test_how_many(void **state)
{
	struct sip_text pieces[SIP_PIECES];
	struct sip_splice s = { 0 };
	char text[2 * SIP_CUTS + 1];

	(void)state;
	memset(text, '-', sizeof(text));
	for (unsigned i = 0; i < SIP_CUTS; i++)
		assert_int_equal(sip_cut(&s, 2 * (SIP_CUTS - i) - 1, 1, SIP_TEXT("x")), 0);
	assert_int_equal(sip_cut(&s, 0, 0, none), -ENOSPC);
	assert_int_equal(sip_splice_pieces(&s, text, sizeof(text), pieces), SIP_PIECES);
	for (unsigned i = 0; i < SIP_PIECES; i++)
		assert_text(pieces[i], i % 2 ? "x" : "-");
	/* cuts behind the end of what there is */
	assert_int_equal(sip_splice_pieces(&s, text, 1, pieces), 1 + SIP_CUTS);
	assert_int_equal(sip_splice_pieces(&s, text, 0, pieces), SIP_CUTS);
}

#define TEXT                                                                                                           \
	"INFO b SIP/2.0\r\n"                                                                                           \
	"Via: SIP/2.0/TCP a\r\n"                                                                                       \
	"f: a\r\n"                                                                                                     \
	"To: b\r\n"                                                                                                    \
	"X:\r\n"                                                                                                       \
	"Route:\r\n <sip:r1;lr> , <sip:r2;lr>\r\n\t,<sip:r3;lr>\r\n"                                                   \
	"Call-ID: 1\r\n"                                                                                               \
	"ROUTE : , ,<sip:r4;lr>\r\n"                                                                                   \
	"Route: ,\r\n"                                                                                                 \
	"CSeq: 1 INFO\r\n"                                                                                             \
	"x: 2\r\n"                                                                                                     \
	"\r\n"                                                                                                         \
	"X: body\r\n"

static void test_put(void **state)
{
	struct sip_head h = scan_good(SAMPLE_486);
	struct sip_splice s = { 0 };

	(void)state;
	assert_int_equal(sip_put_lines(&s, &h, SIP_TEXT("A: 1\r\n")), 0);
	assert_int_equal(sip_cut(&s, 0, 7, SIP_TEXT("SIP/3.0")), 0);
	assert_int_equal(sip_take_header(&s, SAMPLE_486, &h, SIP_TEXT("via")), 1);
	assert_int_equal(sip_put_lines(&s, &h, SIP_TEXT("B: 2\r\n")), 0);
	assert_message(&s, SAMPLE_486,
		       "SIP/3.0 486 \r\nA: 1\r\nB: 2\r\nf:<sip:ann@corp.example>;tag=n1\r\n"
		       "t:<sip:bob@sales.example>;tag=n2\r\ni:a84b4c76e66710@pc33.corp.example\r\n"
		       "CSeq:314159 INVITE\r\n\r\n");
	s.n = SIP_CUTS;
	assert_int_equal(sip_put_lines(&s, &h, SIP_TEXT("A: 1\r\n")), -ENOSPC);
}

static void test_take_header(void **state)
{
	struct sip_head h = scan_good(TEXT);
	struct sip_splice s = { 0 };

	(void)state;
	assert_int_equal(sip_take_header(&s, TEXT, &h, SIP_TEXT("x")), 2);
	assert_int_equal(sip_take_header(&s, TEXT, &h, SIP_TEXT("y")), 0);
	assert_int_equal(sip_take_header(&s, TEXT, &h, SIP_TEXT("from")), 1);
	/* what was changed in a line goes with it, what stands in front or behind does not */
	assert_int_equal(sip_take_first(&s, TEXT, &h, h.route), 0);
	assert_int_equal(sip_cut(&s, h.route.at + h.route.n, 0, SIP_TEXT(";x")), 0);
	assert_int_equal(sip_cut(&s, h.route.at + h.route.n + 2, 0, SIP_TEXT("I: 9\r\n")), 0);
	assert_int_equal(sip_take_header(&s, TEXT, &h, SIP_TEXT("route")), 3);
	assert_int_equal(sip_take_header(&s, TEXT, &h, SIP_TEXT("route")), 3);
	assert_message(&s, TEXT,
		       "INFO b SIP/2.0\r\nVia: SIP/2.0/TCP a\r\nTo: b\r\nI: 9\r\nCall-ID: 1\r\nCSeq: 1 INFO\r\n\r\n"
		       "X: body\r\n");
	s.n = SIP_CUTS;
	assert_int_equal(sip_take_header(&s, TEXT, &h, SIP_TEXT("to")), -ENOSPC);
}

static void test_take_first(void **state)
{
	struct sip_head h = scan_good(TEXT);
	struct sip_splice s = { 0 };

	(void)state;
	assert_int_equal(sip_take_first(&s, TEXT, &h, h.route), 0);
	assert_int_equal(sip_take_first(&s, TEXT, &h, h.via), 0);
	assert_int_equal(sip_take_first(&s, TEXT, &h, h.route), -EINVAL);
	assert_int_equal(sip_take_first(&s, TEXT, &h, (struct sip_slice){ 0, 0 }), -EINVAL);
	assert_message(&s, TEXT,
		       "INFO b SIP/2.0\r\nf: a\r\nTo: b\r\nX:\r\nRoute:\r\n <sip:r2;lr>\r\n\t,<sip:r3;lr>\r\n"
		       "Call-ID: 1\r\nROUTE : , ,<sip:r4;lr>\r\nRoute: ,\r\nCSeq: 1 INFO\r\nx: 2\r\n\r\nX: body\r\n");
	s = (struct sip_splice){ .n = SIP_CUTS };
	assert_int_equal(sip_take_first(&s, TEXT, &h, h.via), -ENOSPC);
}

/* One value after the other, in one line and over several. */
static void test_take_values(void **state)
{
	static const struct {
		unsigned most;
		int taken;
		const char *routes;
	} cases[] = {
		{ 0, 0,
		  "Route:\r\n <sip:r1;lr> , <sip:r2;lr>\r\n\t,<sip:r3;lr>\r\n"
		  "Call-ID: 1\r\nROUTE : , ,<sip:r4;lr>\r\nRoute: ,\r\n" },
		{ 1, 1,
		  "Route:\r\n <sip:r2;lr>\r\n\t,<sip:r3;lr>\r\nCall-ID: 1\r\nROUTE : , ,<sip:r4;lr>\r\nRoute: ,\r\n" },
		{ 2, 2, "Route:\r\n <sip:r3;lr>\r\nCall-ID: 1\r\nROUTE : , ,<sip:r4;lr>\r\nRoute: ,\r\n" },
		{ 3, 3, "Call-ID: 1\r\nROUTE : , ,<sip:r4;lr>\r\nRoute: ,\r\n" },
		{ 4, 4, "Call-ID: 1\r\nRoute: ,\r\n" },
		{ 5, 4, "Call-ID: 1\r\nRoute: ,\r\n" },
	};
	struct sip_head h = scan_good(TEXT);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sip_splice s = { 0 };
		char buf[1024], *routes, *end;

		assert_int_equal(sip_take_values(&s, TEXT, &h, SIP_TEXT("route"), cases[i].most), cases[i].taken);
		assert_true(edit_join(&s, TEXT, strlen(TEXT), buf, sizeof(buf)) > 0);
		routes = strstr(buf, "X:\r\n");
		end = strstr(buf, "CSeq");
		assert_non_null(routes);
		assert_non_null(end);
		*end = '\0';
		assert_string_equal(routes + 4, cases[i].routes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),      cmocka_unit_test(test_one_place),
		cmocka_unit_test(test_overlap),    cmocka_unit_test(test_how_many),
		cmocka_unit_test(test_put),        cmocka_unit_test(test_take_header),
		cmocka_unit_test(test_take_first), cmocka_unit_test(test_take_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
