/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_https_response: any bytes as an answer, under a sanitizer.  How they are cut changes nothing; what is forwarded
 * is read again as the same answer with the same framing.
 */
#include "https_oracle.h"

static const struct lg_edit edits[] = {
	{ .name = TEXT("server"), .value = TEXT("1"), .answer = true },
	{ .name = TEXT("content-length"), .value = TEXT("3"), .answer = true },
	{ .name = TEXT("transfer-encoding"), .answer = true },
	{ .name = TEXT("connection"), .value = TEXT("content-length"), .answer = true },
};

static void forwarded(const struct head *h, const char *p, const struct forward_answer *f)
{
	static struct splice splice;
	static char out[OUT];
	static const struct head_limits wide = { .bytes = OUT };
	struct head_field fields[2 * FIELDS];
	struct head left;
	size_t n;
	int ret = forward_answer(&splice, h, p, f);

	if (ret < 0) {
		check((h->upgrade && !f->upgrade) || (f->minor == 0 && h->framing == BODY_CHUNKED), "there is room");
		return;
	}
	n = join(&splice, out);
	head_begin(&left, h->kind, fields, 2 * FIELDS);
	if (head_read(&left, (struct lg_span){ out, n }, &wide) != HEAD_OK)
		check(false, left.reason ? left.reason : "what leaves ends");
	check(left.size == n, "one head leaves");
	check(left.status == h->status && left.minor == 1, "the status is the same");
	check(left.keep == !(h->status >= 200 && (f->close || h->framing == BODY_CLOSE)), "it says whether it ends");
	check(left.upgrade == h->upgrade, "a 101 stays one");
	check_framing(h, &left, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct head_field fields[FIELDS] = { 0 };
	const char *p = (const char *)data;
	size_t cut = n > 0 ? (data[n / 2] * 7U + data[n - 1]) % n : 0;
	struct head h;

	for (unsigned i = 0; i < 16; i++) {
		struct forward_answer f = { .minor = i & 1, .close = i & 2, .upgrade = i & 4, .edits = edits };

		if (read_head(&h, i & 8 ? HEAD_ANSWER : HEAD_ANSWER_TO_HEAD, fields, p, n, cut) != HEAD_OK)
			return 0;
		if (i % 8 == 0)
			read_body(&h, p + h.size, n - h.size, cut);
		f.nedits = i & 2 ? sizeof(edits) / sizeof(edits[0]) : 0;
		if (i & 1)
			f.lines = TEXT("Set-Cookie: a\r\n");
		if (i & 2)
			f.hsts = TEXT("max-age=1");
		forwarded(&h, p, &f);
	}
	return 0;
}

static const char *const samples[] = {
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\nConnection: X\r\nX: 1\r\n\r\nhello",
	"HTTP/1.0 302 Over there\r\nLocation: /a\r\nConnection: keep-alive\r\n\r\n",
	"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: "
	"1\r\n\r\nHTTP",
	"HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
	"HTTP/1.1 304 Not Modified\r\nContent-Length: 05\r\nStrict-Transport-Security: a\r\n\r\n",
	"HTTP/1.1 204 No\r\nContent-Length: 0\r\nSet-Cookie: a=b\r\n\r\n",
	"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
	return mutate(samples, sizeof(samples) / sizeof(samples[0]), data, n, max, seed);
}
