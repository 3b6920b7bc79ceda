/* SPDX-License-Identifier: Apache-2.0 */
/* test_proxy.c: PROXY protocol headers, read and written; each is read from memory of exactly its size. */
#include "proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIG "\r\n\r\n\0\r\nQUIT\n"

static struct lg_span span(const char *s)
{
	return (struct lg_span){ s, s ? strlen(s) : 0 };
}

/* `p` points to the copy: only what it holds itself may be looked at. */
static int read_exactly(struct proxy *p, const char *bytes, size_t n)
{
	char *copy = malloc(n ? n : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, bytes, n);
	r = proxy_read(p, (struct lg_span){ copy, n });
	free(copy);
	return r;
}

#define BYTES(s) (s), sizeof(s) - 1

static const struct {
	const char *bytes;
	size_t n;
	int r;
	const char *source, *destination;
} headers[] = {
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 1234 443\r\n"), 1, "192.0.2.7:1234", "198.51.100.1:443" },
	{ BYTES("PROXY TCP6 2001:db8::7 2001:db8::1 65535 0\r\n"), 1, "[2001:db8::7]:65535", "[2001:db8::1]:0" },
	{ BYTES("PROXY UNKNOWN\r\n"), 1, "", "" },
	{ BYTES("PROXY UNKNOWN whatever this is\r\n"), 1, "", "" },
	{ BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"), 1, "255.255.255.255:65535",
	  "255.255.255.255:65535" },
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 1234 65536\r\n"), -EINVAL, "", "" },
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 01234 443\r\n"), -EINVAL, "", "" },
	{ BYTES("PROXY TCP4 192.0.2.07 198.51.100.1 1234 443\r\n"), -EINVAL, "", "" },
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 1234\r\n"), -EINVAL, "", "" },
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 1234 443 \r\n"), -EINVAL, "", "" },
	{ BYTES("PROXY TCP4  192.0.2.7 198.51.100.1 1234 443\r\n"), -EINVAL, "", "" },
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 1234 443\n"), -EINVAL, "", "" },
	{ BYTES("PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n"), -EINVAL, "", "" },
	{ BYTES("PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n"), -EINVAL, "", "" },
	{ BYTES("PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n"), -EINVAL, "", "" },
	{ BYTES("PROXY TCP4 192.0.2.7\0 198.51.100.1 1 2\r\n"), -EINVAL, "", "" },
	{ BYTES("PROXY\r\n"), -EINVAL, "", "" },
	{ BYTES("PROXY \r\n"), -EINVAL, "", "" },
	{ BYTES("PROXZ"), -EINVAL, "", "" },
	{ BYTES("GET / HTTP/1.1\r\n"), -EINVAL, "", "" },
	{ BYTES(SIG "\x21\x11\x00\x0c\xc0\x00\x02\x07\xc6\x33\x64\x01\x04\xd2\x01\xbb"), 1, "192.0.2.7:1234",
	  "198.51.100.1:443" },
	{ BYTES(SIG "\x21\x12\x00\x0c\xc0\x00\x02\x07\xc6\x33\x64\x01\x04\xd2\x01\xbb"), 1, "192.0.2.7:1234",
	  "198.51.100.1:443" },
	{ BYTES(SIG
		"\x21\x21\x00\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
		"\x04\xd2\x01\xbb"),
	  1, "[2001:db8::7]:1234", "[2001:db8::1]:443" },
	{ BYTES(SIG "\x20\x00\x00\x00"), 1, "", "" },                  /* LOCAL */
	{ BYTES(SIG "\x20\x11\x00\x02??"), 1, "", "" },                /* LOCAL with something to pass over */
	{ BYTES(SIG "\x21\x00\x00\x02??"), 1, "", "" },                /* PROXY of nothing known */
	{ BYTES(SIG "\x21\x11\x00\x0b???????????"), -EINVAL, "", "" }, /* too short for its addresses */
	{ BYTES(SIG "\x22\x11\x00\x00"), -EINVAL, "", "" },            /* no such command */
	{ BYTES(SIG "\x31\x11\x00\x00"), -EINVAL, "", "" },            /* no such version */
	{ BYTES(SIG "\x21\x41\x00\x00"), -EINVAL, "", "" },            /* no such family */
	{ BYTES(SIG "\x21\x13\x00\x00"), -EINVAL, "", "" },            /* no such transport */
	{ BYTES(SIG "\x21\x11\x00\x0e\xc0\x00\x02\x07\xc6\x33\x64\x01\x04\xd2\x01\xbb\x04\x00"), -EINVAL, "", "" },
	{ BYTES(SIG "\x21\x11\x00\x0f\xc0\x00\x02\x07\xc6\x33\x64\x01\x04\xd2\x01\xbb\x04\x00\x01"), -EINVAL, "", "" },
	{ BYTES(SIG "\x21\x11\x00\x0f\xc0\x00\x02\x07\xc6\x33\x64\x01\x04\xd2\x01\xbb\x04\x00\x00"), 1,
	  "192.0.2.7:1234", "198.51.100.1:443" },
	/* a checksum that is wrong, and one that is none */
	{ BYTES(SIG "\x21\x11\x00\x13\xc0\x00\x02\x07\xc6\x33\x64\x01\x04\xd2\x01\xbb\x03\x00\x04\x01\x02\x03\x04"),
	  -EINVAL, "", "" },
	{ BYTES(SIG "\x21\x11\x00\x10\xc0\x00\x02\x07\xc6\x33\x64\x01\x04\xd2\x01\xbb\x03\x00\x01\x01"), -EINVAL, "",
	  "" },
	{ BYTES("\r\n\r\n\0\r\nQUIX\n"), -EINVAL, "", "" },
};

static void headers_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct proxy p;
		int r = read_exactly(&p, headers[i].bytes, headers[i].n);

		if (r != headers[i].r)
			fail_msg("row %zu: %d", i, r);
		if (r != 1)
			continue;
		assert_int_equal(p.used, headers[i].n);
		assert_string_equal(p.source, headers[i].source);
		assert_string_equal(p.destination, headers[i].destination);
	}
}

static void every_cut_waits_for_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		for (size_t cut = 0; headers[i].r == 1 && cut < headers[i].n; cut++) {
			struct proxy p;

			if (read_exactly(&p, headers[i].bytes, cut) != 0)
				fail_msg("row %zu cut at %zu", i, cut);
		}
}

/* What follows the header is left alone. */
static void bytes_behind_a_header_stay(void **state)
{
	static const char line[] = "PROXY TCP4 192.0.2.7 198.51.100.1 1234 443\r\nPROXY again\r\n";
	struct proxy p;

	(void)state;
	assert_int_equal(read_exactly(&p, line, sizeof line - 1), 1);
	assert_int_equal(p.used, strlen("PROXY TCP4 192.0.2.7 198.51.100.1 1234 443\r\n"));
}

static void a_line_that_does_not_end(void **state)
{
	char line[300] = "PROXY UNKNOWN ";
	struct proxy p;

	(void)state;
	memset(line + 14, 'x', sizeof line - 14);
	assert_int_equal(read_exactly(&p, line, PROXY_V1_MAX - 1), 0);
	assert_int_equal(read_exactly(&p, line, PROXY_V1_MAX), -EINVAL);
	memcpy(line + PROXY_V1_MAX - 2, "\r\n", 2);
	assert_int_equal(read_exactly(&p, line, sizeof line), 1);
	assert_int_equal(p.used, PROXY_V1_MAX);
}

/* Every byte of a header says something else. */
static void bytes_that_lie(void **state)
{
	static const char lies[] = { 0x00, 0x01, 0x7f, (char)0x80, (char)0xff };

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		for (size_t at = 0; at < headers[i].n; at++)
			for (size_t k = 0; k < sizeof lies; k++) {
				char copy[128];
				struct proxy p;
				int r;

				memcpy(copy, headers[i].bytes, headers[i].n);
				copy[at] = lies[k];
				r = read_exactly(&p, copy, headers[i].n);
				assert_true(r == 0 || r == -EINVAL || (r == 1 && p.used <= headers[i].n));
			}
}

static const struct {
	enum proxy_version version;
	const char *source, *destination, *authority, *alpn;
	const char *read_source; /* what a reader sees */
} written[] = {
	{ PROXY_V1, "192.0.2.7:1234", "198.51.100.1:443", NULL, NULL, "192.0.2.7:1234" },
	{ PROXY_V1, "[2001:db8::7]:1234", "[2001:db8::1]:443", NULL, NULL, "[2001:db8::7]:1234" },
	{ PROXY_V1, "", "198.51.100.1:443", NULL, NULL, "" },
	{ PROXY_V2, "192.0.2.7:1234", "198.51.100.1:443", NULL, NULL, "192.0.2.7:1234" },
	{ PROXY_V2, "[2001:db8::7]:1234", "[2001:db8::1]:443", "meet.example", "h2,http/1.1", "[2001:db8::7]:1234" },
	{ PROXY_V2, "192.0.2.7:1234", "198.51.100.1:443", "meet.example", NULL, "192.0.2.7:1234" },
	{ PROXY_V2, "?", "198.51.100.1:443", "meet.example", NULL, "" },
	{ PROXY_V2, "192.0.2.7:1234", "[2001:db8::1]:443", NULL, NULL, "[::ffff:192.0.2.7]:1234" },
};

static void what_is_written_can_be_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
		char out[PROXY_OUT];
		size_t n = proxy_write(out, written[i].version, span(written[i].source), span(written[i].destination),
				       span(written[i].authority), span(written[i].alpn));
		struct proxy p;

		assert_in_range(n, 1, sizeof out);
		assert_int_equal(proxy_read(&p, (struct lg_span){ out, n }), 1);
		assert_int_equal(p.used, n);
		assert_string_equal(p.source, written[i].read_source);
		if (written[i].authority && p.source[0]) {
			assert_int_equal(p.authority.n, strlen(written[i].authority));
			assert_memory_equal(p.authority.p, written[i].authority, p.authority.n);
		}
		if (written[i].alpn)
			assert_int_equal(p.alpn.n, 2); /* one protocol is what there is room for */
	}
}

static void nothing_is_written_when_nothing_is_wanted(void **state)
{
	char out[PROXY_OUT];

	(void)state;
	assert_int_equal(proxy_write(out, PROXY_NONE, span("192.0.2.7:1"), span("192.0.2.8:2"), LG_NO_UNIT, LG_NO_UNIT),
			 0);
}

/* The checksum of a header is the one that iSCSI uses; 192.0.2.7 to 198.51.100.1 has it as computed by hand once. */
static void a_checksum_is_verified(void **state)
{
	char header[35] = SIG "\x21\x11\x00\x13\xc0\x00\x02\x07\xc6\x33\x64\x01\x04\xd2\x01\xbb\x03\x00\x04";
	struct proxy p;
	unsigned right = 0;

	(void)state;
	memcpy(header + 31, "\xAA\xAA\xAA\xAA", 4);
	for (size_t i = 0; i < 2; i++) { /* an independent, bit by bit one */
		unsigned long crc = 0xffffffff;

		for (size_t at = 0; at < sizeof header; at++) {
			unsigned char byte = at >= 31 ? 0 : (unsigned char)header[at];

			for (int bit = 0; bit < 8; bit++, byte >>= 1)
				crc = (crc ^ byte) & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
		}
		right = htonl((unsigned)(crc ^ 0xffffffff));
	}
	memcpy(header + 31, &right, 4);
	assert_int_equal(read_exactly(&p, header, sizeof header), 1);
	header[19] ^= 1;
	assert_int_equal(read_exactly(&p, header, sizeof header), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_read),
		cmocka_unit_test(every_cut_waits_for_more),
		cmocka_unit_test(bytes_behind_a_header_stay),
		cmocka_unit_test(a_line_that_does_not_end),
		cmocka_unit_test(bytes_that_lie),
		cmocka_unit_test(what_is_written_can_be_read),
		cmocka_unit_test(nothing_is_written_when_nothing_is_wanted),
		cmocka_unit_test(a_checksum_is_verified),
	};

	return cmocka_run_group_tests_name("tcp proxy", tests, NULL, NULL);
}
