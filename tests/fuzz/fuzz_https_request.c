/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_https_request: any bytes as a request, under a sanitizer.  How they are cut changes nothing; what is forwarded
 * is read again as the same request with the same framing, and its target has its normal form.
 */
#include "https_oracle.h"

static const struct lg_edit edits[] = {
	{ .name = TEXT("x-a"), .value = TEXT("1") },
	{ .name = TEXT("content-length"), .value = TEXT("3") },
	{ .name = TEXT("transfer-encoding"), .value = TEXT("chunked") },
	{ .name = TEXT("cookie") },
};

static void same_target(const struct target *a, const struct target *b, const char *p, const char *q)
{
	struct lg_span path = target_path(a, p), again = target_path(b, q);
	struct lg_span query = target_query(a, p), query_again = target_query(b, q);

	check(path.n == again.n && memcmp(path.p, again.p, path.n) == 0, "the server gets the path that was judged");
	check(query.n == query_again.n &&
		      memcmp(query.p ? query.p : "", query_again.p ? query_again.p : "", query.n) == 0,
	      "the query is the same");
	check(!b->path_changed && !b->host_changed && !b->absolute, "a normal form is its own normal form");
	check(a->host_n == b->host_n && memcmp(a->host, b->host, a->host_n) == 0 && a->port == b->port,
	      "the server gets the host that was judged");
	check(path.p[0] == '/' || (path.n == 1 && path.p[0] == '*'), "a path begins with a slash");
	check(!memmem(path.p, path.n, "/../", 4) && !memmem(path.p, path.n, "/./", 3) &&
		      !memmem(path.p, path.n, "//", 2) && !memchr(path.p, '\\', path.n),
	      "no dots in a path");
}

static void forwarded(const struct head *h, const char *p, const struct target *t, const struct forward_request *f)
{
	static struct splice splice;
	static char out[OUT];
	static const struct head_limits wide = { .bytes = OUT };
	struct head_field fields[2 * FIELDS];
	struct target again;
	struct head left;
	size_t n;

	check(forward_request(&splice, h, p, t, f) == 0, "there is room");
	n = join(&splice, out);
	head_begin(&left, HEAD_REQUEST, fields, 2 * FIELDS);
	if (head_read(&left, (struct lg_span){ out, n }, &wide) != HEAD_OK)
		check(false, left.reason ? left.reason : "what leaves ends");
	check(left.size == n && left.at == 0, "one head leaves");
	check(left.method_id == h->method_id && left.minor == h->minor, "the method is the same");
	check(left.upgrade == (h->upgrade && f->upgrade), "an upgrade only if it may be");
	check_framing(h, &left, out);
	check(target_read(&again, &left, out, true) == 0, "the target is good again");
	same_target(t, &again, p, out);
	target_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct head_field fields[FIELDS] = { 0 };
	const char *p = (const char *)data;
	size_t cut = n > 0 ? (data[n / 2] * 7U + data[n - 1]) % n : 0;
	struct target t;
	struct head h;

	if (read_head(&h, HEAD_REQUEST, fields, p, n, cut) != HEAD_OK)
		return 0;
	read_body(&h, p + h.size, n - h.size, cut);
	if (target_read(&t, &h, p, true) < 0) {
		check(t.reason && (t.code == 400 || t.code == 421) && !t.normal, "a bad target has a reason");
		return 0;
	}
	for (unsigned i = 0; i < 8; i++) {
		struct forward_request f = { .source = TEXT("192.0.2.1:1"), .tls = true, .forwarded = i % 3 };

		f.upgrade = i & 1;
		f.close = i & 2;
		f.edits = edits;
		f.nedits = i & 4 ? sizeof(edits) / sizeof(edits[0]) : 0;
		forwarded(&h, p, &t, &f);
	}
	target_fini(&t);
	return 0;
}

static const char *const samples[] = {
	"GET /a/../b%2e?c=d HTTP/1.1\r\nHost: A.example:443\r\nConnection: close, X\r\nX: 1\r\nTE: trailers\r\n\r\n",
	"\r\nPOST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 005\r\nExpect: 100-continue\r\n\r\nhello",
	"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: "
	"1\r\n\r\nGET",
	"GET https://a.example:444/%c3%a4/.//x HTTP/1.1\r\nHost: b\r\nCookie: a=b\r\nForwarded: for=1\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: [::1]\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Forwarded-For: 1\r\n\r\n",
	"OPTIONS * HTTP/1.0\r\nContent_Type: 1\r\nConnection: keep-alive\r\nX-Forwarded-Proto: a\r\n\r\n",
	"RPC_IN_DATA /rpc?a:6001 HTTP/1.1\r\nHost: a.\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
	return mutate(samples, sizeof(samples) / sizeof(samples[0]), data, n, max, seed);
}
