/* SPDX-License-Identifier: Apache-2.0 */
/*
 * header.c finds headers by name in a head that sip_scan has walked through, and puts their values together.  It trusts
 * the lines to end in CRLF, and stays inside head_n if they do not.
 */
#include "sip/header.h"

#include <errno.h>

#include "sip/out.h"

/* The compact forms: RFC 3261 section 7.3.3 and the IANA register of SIP header fields. */
static const struct {
	struct sip_text name;
	char compact;
} forms[] = {
	{ SIP_TEXT("accept-contact"), 'a' },
	{ SIP_TEXT("allow-events"), 'u' },
	{ SIP_TEXT("call-id"), 'i' },
	{ SIP_TEXT("contact"), 'm' },
	{ SIP_TEXT("content-encoding"), 'e' },
	{ SIP_TEXT("content-length"), 'l' },
	{ SIP_TEXT("content-type"), 'c' },
	{ SIP_TEXT("event"), 'o' },
	{ SIP_TEXT("from"), 'f' },
	{ SIP_TEXT("identity"), 'y' },
	{ SIP_TEXT("refer-to"), 'r' },
	{ SIP_TEXT("referred-by"), 'b' },
	{ SIP_TEXT("reject-contact"), 'j' },
	{ SIP_TEXT("request-disposition"), 'd' },
	{ SIP_TEXT("session-expires"), 'x' },
	{ SIP_TEXT("subject"), 's' },
	{ SIP_TEXT("supported"), 'k' },
	{ SIP_TEXT("to"), 't' },
	{ SIP_TEXT("via"), 'v' },
};

static char compact_form(struct sip_text name)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (sip_equal(name, forms[i].name))
			return forms[i].compact;
	return '\0';
}

struct sip_text sip_header_name(struct sip_text name)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]) && name.n == 1; i++)
		if ((name.p[0] | 0x20) == forms[i].compact)
			return forms[i].name;
	return name;
}

/* The next header at `at` with its folded lines, without its last line end; `at` moves behind it.  The empty line is
 * none. */
static bool next_line(const char *p, size_t n, uint32_t *at, struct sip_text *line)
{
	size_t begin = *at, end = begin;
	const char *lf;

	if (begin >= n || p[begin] == '\r')
		return false;
	do {
		lf = memchr(p + end, '\n', n - end);
		end = lf ? (size_t)(lf - p) + 1 : n;
	} while (end < n && (p[end] == ' ' || p[end] == '\t'));
	*line = (struct sip_text){ p + begin, end - begin };
	*at = (uint32_t)end;
	return true;
}

static bool begins_as(struct sip_text line, struct sip_text name, char compact)
{
	char first = line.p[0] | 0x20;

	return (name.n > 0 && first == (name.p[0] | 0x20)) || (compact && first == compact);
}

static bool is_called(struct sip_text found, struct sip_text name, char compact)
{
	return sip_same(found, name) || (compact && found.n == 1 && (found.p[0] | 0x20) == compact);
}

/* As sip_header_next, for a name whose compact form is known already. */
static bool next_called(const char *p, const struct sip_head *h, struct sip_text name, char compact, uint32_t *at,
			struct sip_slice *value)
{
	struct sip_text line;

	if (*at == 0)
		*at = h->start.at + h->start.n + 2;
	while (next_line(p, h->head_n, at, &line)) {
		const char *colon;
		struct sip_text found;

		if (!begins_as(line, name, compact)) /* most lines are passed over by their first letter */
			continue;
		colon = memchr(line.p, ':', line.n);
		if (!colon ||
		    !is_called(sip_trim((struct sip_text){ line.p, (size_t)(colon - line.p) }), name, compact))
			continue;
		found = sip_trim((struct sip_text){ colon + 1, line.n - (size_t)(colon + 1 - line.p) });
		*value = (struct sip_slice){ (uint32_t)(found.p - p), (uint32_t)found.n };
		return true;
	}
	return false;
}

bool sip_header_next(const char *p, const struct sip_head *h, struct sip_text name, uint32_t *at,
		     struct sip_slice *value)
{
	return next_called(p, h, name, compact_form(name), at, value);
}

struct sip_slice sip_header_line(const char *p, const struct sip_head *h, struct sip_slice value)
{
	/* Between a name, which is never folded, and its value there is nothing but the colon and white space. */
	const char *colon = memrchr(p, ':', value.at);
	const char *lf = colon ? memrchr(p, '\n', (size_t)(colon - p)) : NULL;
	size_t begin = lf ? (size_t)(lf - p) + 1 : 0, end = colon ? (size_t)(colon - p) : h->head_n;

	do {
		lf = end < h->head_n ? memchr(p + end, '\n', h->head_n - end) : NULL;
		end = lf ? (size_t)(lf - p) + 1 : h->head_n;
	} while (end < h->head_n && (p[end] == ' ' || p[end] == '\t'));
	return (struct sip_slice){ (uint32_t)begin, (uint32_t)(end - begin) };
}

/* Copies a value; each fold, with the white space around it, becomes one space (RFC 3261 section 7.3.1). */
static void put_unfolded(struct sip_out *o, struct sip_text value)
{
	const char *cr;

	while (value.n > 0 && (cr = memchr(value.p, '\r', value.n))) {
		struct sip_text before = sip_trim((struct sip_text){ value.p, (size_t)(cr - value.p) });

		sip_put(o, before);
		sip_put(o, SIP_TEXT(" "));
		value = sip_trim((struct sip_text){ cr, value.n - (size_t)(cr - value.p) });
	}
	sip_put(o, value);
}

int sip_header(const char *p, const struct sip_head *h, struct sip_text name, struct sip_text *out, char *buf,
	       size_t size)
{
	struct sip_out o = { buf, size, 0 };
	struct sip_slice value, another;
	char compact = compact_form(name);
	uint32_t at = 0;

	if (!next_called(p, h, name, compact, &at, &value))
		return -ENOENT;
	if (!next_called(p, h, name, compact, &at, &another) && !memchr(p + value.at, '\r', value.n)) {
		*out = (struct sip_text){ p + value.at, value.n };
		return 0;
	}
	for (at = 0; next_called(p, h, name, compact, &at, &value);) {
		if (o.n > 0)
			sip_put(&o, SIP_TEXT(", "));
		put_unfolded(&o, (struct sip_text){ p + value.at, value.n });
	}
	if (sip_out_end(&o) < 0)
		return -ENOSPC;
	*out = (struct sip_text){ buf, o.n };
	return 0;
}
