/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target.c brings host and path into their normal form (RFC 9110 section 4.2.3, RFC 3986 section 6.2.2), and refuses
 * what servers are known to read in different ways.  A path that has its form already is not copied.
 */
#include "target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

enum { PORT_DIGITS = 5, PORT_HTTP = 80, PORT_HTTPS = 443 };

static int refuse(struct target *t, int code, const char *reason)
{
	t->code = code;
	t->reason = reason;
	return -EINVAL;
}

/* ---- The host ---- */

static bool is_name(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
}

/* Letters, digits, "-", "_", in labels that are not empty; more than names of hosts need, less than RFC 3986 has. */
static bool check_name(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_name(p[i]) || (p[i] == '.' && (i == 0 || p[i - 1] == '.')))
			return false;
	return n > 0 && p[n - 1] != '.';
}

static bool check_ipv6(const char *p, size_t n)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (n < 2 || n - 2 >= sizeof(text) || p[n - 1] != ']')
		return false;
	memcpy(text, p + 1, n - 2);
	text[n - 2] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

/* 1 to 65535, in digits. */
static bool read_port(struct lg_span text, uint16_t *port)
{
	unsigned value = 0;

	if (text.n == 0 || text.n > PORT_DIGITS)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		value = value * 10 + (unsigned)(text.p[i] - '0');
	}
	*port = (uint16_t)value;
	return value > 0 && value <= UINT16_MAX;
}

/* Bytes of the name in front of ":port". */
static size_t name_length(struct lg_span authority)
{
	const char *end = authority.p[0] == '[' ? memchr(authority.p, ']', authority.n) : NULL;
	size_t from = end ? (size_t)(end - authority.p) + 1 : 0;
	const char *colon = memchr(authority.p + from, ':', authority.n - from);

	return colon ? (size_t)(colon - authority.p) : authority.n;
}

static int read_authority(struct target *t, struct lg_span authority, bool tls)
{
	uint16_t usual = tls ? PORT_HTTPS : PORT_HTTP;
	size_t n;

	if (authority.n == 0)
		return refuse(t, 400, "an empty host");
	n = name_length(authority);
	if (n < authority.n && !read_port((struct lg_span){ authority.p + n + 1, authority.n - n - 1 }, &t->port))
		return refuse(t, 400, "a bad port in the host");
	if (n >= TARGET_HOST)
		return refuse(t, 400, "a long host");
	for (size_t i = 0; i < n; i++) {
		char c = authority.p[i];

		t->host[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	if (n > 1 && t->host[n - 1] == '.') {
		t->host_changed = true;
		n--;
	}
	t->host[n] = '\0';
	t->host_n = (uint16_t)n;
	if (!(t->host[0] == '[' ? check_ipv6(t->host, n) : check_name(t->host, n)))
		return refuse(t, 400, "a bad host");
	if (t->port == usual)
		t->port = 0;
	return 0;
}

/* ---- The path ---- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Characters that mean the same with and without an escape (RFC 3986 section 2.3). */
static bool is_unreserved(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
	       c == '_' || c == '~';
}

/* Nothing to change and nothing to refuse: what nearly all paths are. */
static bool is_plain(struct lg_span path)
{
	char before = 0;

	for (size_t i = 0; i < path.n; i++) {
		char c = path.p[i];

		if (c == '%' || c == '\\' || c == '#' || (before == '/' && (c == '/' || c == '.')))
			return false;
		before = c;
	}
	return true;
}

/* Resolves escapes into `out`, which has room for all of the path; the length, or an error. */
static int unescape(struct target *t, struct lg_span path, char *out)
{
	static const char digits[] = "0123456789ABCDEF";
	int n = 0;

	for (size_t i = 0; i < path.n; i++) {
		int high, low, c;

		if (path.p[i] != '%') {
			out[n++] = path.p[i];
			continue;
		}
		high = i + 2 < path.n ? hex(path.p[i + 1]) : -1;
		low = i + 2 < path.n ? hex(path.p[i + 2]) : -1;
		if (high < 0 || low < 0)
			return refuse(t, 400, "a wrong escape in the path");
		c = high * 16 + low;
		i += 2;
		if (c < 0x20 || c == 0x7F || c == '/' || c == '\\')
			return refuse(t, 400, "an escaped slash or control character in the path");
		if (is_unreserved(c)) {
			out[n++] = (char)c;
		} else {
			out[n++] = '%';
			out[n++] = digits[high];
			out[n++] = digits[low];
		}
	}
	return n;
}

/* Takes away what a segment of dots stands for, and doubled slashes, in place (RFC 3986 section 5.2.4); the length. */
static int remove_dots(struct target *t, char *p, int n)
{
	int out = 0, end;

	for (int at = 0; at < n; at = end) { /* p[at] is a slash */
		int segment = at + 1, size;

		for (end = segment; end < n && p[end] != '/';)
			end++;
		size = end - segment;
		if (size >= 2 && p[segment] == '.' &&
		    (p[segment + 1] == ';' || (size >= 3 && p[segment + 1] == '.' && p[segment + 2] == ';')))
			return refuse(t, 400, "dots with parameters in the path");
		if (size == 2 && p[segment] == '.' && p[segment + 1] == '.') {
			if (out == 0)
				return refuse(t, 400, "a path above the root");
			while (p[--out] != '/')
				;
		} else if ((size != 1 || p[segment] != '.') && (size > 0 || end == n)) {
			memmove(p + out, p + at, (size_t)size + 1);
			out += size + 1;
			continue;
		}
		if (end == n && size > 0)
			p[out++] = '/'; /* "/a/." is the folder "/a/" */
	}
	return out;
}

void target_fini(struct target *t)
{
	free(t->normal);
	t->normal = NULL;
}

static int read_path(struct target *t, struct head_slice slice, const char *p)
{
	struct lg_span path = head_text(p, slice);
	int n;

	t->path = slice;
	if (is_plain(path))
		return 0;
	if (memchr(path.p, '\\', path.n) || memchr(path.p, '#', path.n))
		return refuse(t, 400, "a backslash or a fragment in the target");
	t->normal = malloc(path.n);
	if (!t->normal)
		return -ENOMEM;
	n = unescape(t, path, t->normal);
	if (n > 0)
		n = remove_dots(t, t->normal, n);
	if (n < 0)
		return n;
	if ((size_t)n == path.n && memcmp(t->normal, path.p, path.n) == 0) {
		target_fini(t);
		return 0;
	}
	t->path_changed = true;
	t->path = (struct head_slice){ 0, (uint32_t)n };
	return 0;
}

/* ---- The target (RFC 9112 section 3.2) ---- */

/* Path and query of what is left of the target. */
static int read_origin(struct target *t, struct head_slice slice, const char *p)
{
	struct lg_span text = head_text(p, slice);
	const char *mark = memchr(text.p, '?', text.n);
	uint32_t n = mark ? (uint32_t)(mark - text.p) : slice.n;

	if (mark && memchr(mark, '#', text.n - n))
		return refuse(t, 400, "a fragment in the target");
	t->query = (struct head_slice){ slice.at + n, slice.n - n };
	return read_path(t, (struct head_slice){ slice.at, n }, p);
}

/* "http://host:port/path?query"; an empty path is "/". */
static int read_absolute(struct target *t, const struct head *h, const char *p, bool tls)
{
	struct lg_span text = head_text(p, h->target);
	struct lg_span scheme = tls ? TEXT("https://") : TEXT("http://");
	struct lg_span other = tls ? TEXT("http://") : TEXT("https://");
	struct head_slice rest = h->target;
	uint32_t n = 0;
	int ret;

	if (text.n >= other.n && field_equal((struct lg_span){ text.p, other.n }, other))
		return refuse(t, 421, "the target's scheme is not the listener's");
	if (text.n < scheme.n || !field_equal((struct lg_span){ text.p, scheme.n }, scheme))
		return refuse(t, 400, "a bad target");
	text = (struct lg_span){ text.p + scheme.n, text.n - scheme.n };
	while (n < text.n && text.p[n] != '/' && text.p[n] != '?' && text.p[n] != '#')
		n++;
	ret = read_authority(t, (struct lg_span){ text.p, n }, tls);
	if (ret < 0)
		return ret;
	t->absolute = t->host_changed = t->path_changed = true;
	rest.at += (uint32_t)scheme.n + n;
	rest.n -= (uint32_t)scheme.n + n;
	if (rest.n > 0 && p[rest.at] == '/')
		return read_origin(t, rest, p);
	if (rest.n > 0 && (p[rest.at] == '#' || memchr(p + rest.at, '#', rest.n)))
		return refuse(t, 400, "a fragment in the target");
	t->query = rest;
	t->normal = strdup("/");
	t->path = (struct head_slice){ 0, 1 };
	return t->normal ? 0 : -ENOMEM;
}

int target_read(struct target *t, const struct head *h, const char *p, bool tls)
{
	struct lg_span host = head_text(p, h->host);
	int ret;

	*t = (struct target){ 0 };
	if (p[h->target.at] == '/') {
		ret = read_origin(t, h->target, p);
	} else if (h->target.n == 1 && p[h->target.at] == '*') {
		t->path = h->target;
		ret = h->method_id == METHOD_OPTIONS ? 0 : refuse(t, 400, "a bad target");
	} else {
		/* The Host beside it does not count, but a wrong one is still wrong. */
		ret = h->host.n > 0 ? read_authority(t, host, tls) : 0;
		*t = (struct target){ .code = t->code, .reason = t->reason };
		ret = ret < 0 ? ret : read_absolute(t, h, p, tls);
		host.n = 0;
	}
	if (ret == 0 && host.n > 0)
		ret = read_authority(t, host, tls);
	if (ret < 0)
		target_fini(t);
	return ret;
}

struct lg_span target_path(const struct target *t, const char *p)
{
	return head_text(t->normal ? t->normal : p, t->path);
}

struct lg_span target_query(const struct target *t, const char *p)
{
	if (t->query.n == 0)
		return (struct lg_span){ NULL, 0 };
	return (struct lg_span){ p + t->query.at + 1, t->query.n - 1 };
}

unsigned target_authority(const struct target *t, char out[TARGET_AUTHORITY])
{
	unsigned n = t->host_n, digits = 0;
	char text[PORT_DIGITS];

	memcpy(out, t->host, n);
	if (t->port == 0)
		return n;
	out[n++] = ':';
	for (unsigned port = t->port; port > 0; port /= 10)
		text[digits++] = (char)('0' + port % 10);
	while (digits > 0)
		out[n++] = text[--digits];
	return n;
}
