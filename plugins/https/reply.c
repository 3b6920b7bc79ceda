/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply.c writes the gateway's own answers.  They have no Date: a plugin has no wall clock (RFC 9110 section 6.6.1).
 */
#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "exchange.h"
#include "pages.h"

/* What frames the answer, and what we write ourselves. */
static const char *const ours[] = {
	"connection", "content-length",           "content-type", "keep-alive", "te", "trailer", "transfer-encoding",
	"upgrade",    "strict-transport-security"
};

struct text {
	char *p;
	size_t n, room;
};

/* A whole piece, or nothing of it. */
__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->p + t->n, t->room - t->n, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < t->room - t->n)
		t->n += (size_t)n;
}

static bool is_ours(struct lg_span name)
{
	for (unsigned i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (strlen(ours[i]) == name.n && strncasecmp(ours[i], name.p, name.n) == 0)
			return true;
	return false;
}

/* RFC 9110 section 5.6.2. */
static bool is_token(struct lg_span s)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i], lower = c | 0x20;

		if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && !(c && strchr(others, c)))
			return false;
	}
	return s.n > 0;
}

/* No control characters but tabs (RFC 9110 section 5.5). */
static bool is_plain(struct lg_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool has_body(int status)
{
	return status != 204 && status != 304;
}

static void put_headers(struct text *t, const struct lg_link *l, const struct reply *r)
{
	const struct options *o = instance_of(l)->options;

	for (unsigned i = 0; i < r->nheaders; i++) {
		const struct lg_header *h = &r->headers[i];

		if (is_token(h->name) && !is_ours(h->name) && is_plain(h->value))
			put(t, "%.*s: %.*s\r\n", (int)h->name.n, h->name.p, (int)h->value.n, h->value.p);
	}
	if (r->retry_after_s > 0)
		put(t, "Retry-After: %u\r\n", (unsigned)r->retry_after_s);
	if (r->host.n > 0)
		put(t, "Location: https://%.*s%.*s\r\n", (int)r->host.n, r->host.p, (int)r->target.n,
		    r->target.n > 0 ? r->target.p : "");
	if (o->hsts && *o->hsts && l->transport == LG_TLS)
		put(t, "Strict-Transport-Security: %s\r\n", o->hsts);
	if (r->close)
		put(t, "Connection: close\r\n");
}

static struct lg_span reason_of(const struct reply *r, int status)
{
	const char *usual = pages_reason(status);

	if (r->reason.n > 0 && r->reason.n <= 128 && is_plain(r->reason))
		return r->reason;
	return (struct lg_span){ usual, strlen(usual) };
}

enum lg_send reply_send(struct lg_link *l, const struct reply *r)
{
	int status = r->status >= 200 && r->status <= 599 ? r->status : 500;
	struct lg_span reason = reason_of(r, status), pieces[2];
	const struct page *page = pages_find(&instance_of(l)->pages, status);
	char head[REPLY_HEAD], line[160];
	struct text t = { head, 0, sizeof(head) - 2 };
	unsigned n = 1;

	pieces[1] = page ? (struct lg_span){ page->text, page->n } : (struct lg_span){ line, 0 };
	if (!page)
		pieces[1].n = (size_t)snprintf(line, sizeof(line), "%d %.*s\n", status, (int)reason.n, reason.p);
	put(&t, "HTTP/1.1 %d %.*s\r\n", status, (int)reason.n, reason.p);
	if (has_body(status))
		put(&t, "Content-Type: text/%s; charset=utf-8\r\nContent-Length: %zu\r\n",
		    page && page->html ? "html" : "plain", pieces[1].n);
	put_headers(&t, l, r);
	memcpy(head + t.n, "\r\n", 2);
	pieces[0] = (struct lg_span){ head, t.n + 2 };
	if (has_body(status) && !r->no_body && pieces[1].n > 0)
		n = 2;
	return l->host->send(l, NULL, pieces, n, 0);
}
