/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head.c looks for the end of a head, line by line as the bytes come, and has llhttp read it when all of it is there.
 * What llhttp takes and we do not (its own list of methods, bare LF, several spaces in the first line) is settled here;
 * what the fields mean together, in head_check.c.
 */
#include "head.h"

#include <string.h>

#include <llhttp.h>

#include "head_check.h"

enum { VERSION_SIZE = 8 }; /* "HTTP/1.1" */

void head_begin(struct head *h, enum head_kind kind, struct head_field *fields, unsigned most)
{
	*h = (struct head){ .kind = kind, .fields = fields, .most = (uint16_t)(most > UINT16_MAX ? UINT16_MAX : most) };
}

enum head_verdict head_bad(struct head *h, int code, const char *reason)
{
	h->code = h->kind == HEAD_REQUEST ? code : 502;
	h->reason = reason;
	return HEAD_BAD;
}

static enum head_verdict silently(struct head *h, const char *reason)
{
	h->code = 0;
	h->reason = reason;
	return HEAD_BAD;
}

/* ---- The first line ---- */

static enum head_method method_id(struct lg_span m)
{
	static const struct lg_span names[] = {
		[METHOD_OTHER] = { "", 0 },    [METHOD_DELETE] = { "DELETE", 6 },   [METHOD_GET] = { "GET", 3 },
		[METHOD_HEAD] = { "HEAD", 4 }, [METHOD_OPTIONS] = { "OPTIONS", 7 }, [METHOD_POST] = { "POST", 4 },
		[METHOD_PUT] = { "PUT", 3 },   [METHOD_TRACE] = { "TRACE", 5 },
	};

	for (unsigned i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (m.n == names[i].n && memcmp(m.p, names[i].p, m.n) == 0)
			return (enum head_method)i;
	return METHOD_OTHER;
}

/* "HTTP/1.0", "HTTP/1.1"; and who else may come along. */
static enum head_verdict read_version(struct head *h, struct lg_span v)
{
	if (v.n == 7 && memcmp(v.p, "SIP/2.0", 7) == 0)
		return silently(h, "SIP on a port for HTTP");
	if (v.n != VERSION_SIZE || memcmp(v.p, "HTTP/", 5) != 0 || v.p[6] != '.' || v.p[5] < '0' || v.p[5] > '9' ||
	    v.p[7] < '0' || v.p[7] > '9')
		return head_bad(h, 400, "a bad version");
	if (v.p[5] != '1' || v.p[7] > '1')
		return head_bad(h, 505, "another version of HTTP");
	h->minor = (uint8_t)(v.p[7] - '0');
	return HEAD_OK;
}

/* Method, target and version with one space between them (RFC 9112 section 3). */
static enum head_verdict read_request_line(struct head *h, const char *p)
{
	struct lg_span line = head_text(p, h->first);
	const char *space = memchr(line.p, ' ', line.n);
	const char *last = memrchr(line.p, ' ', line.n);
	struct lg_span method;
	enum head_verdict v;

	if (!space || last == space)
		return head_bad(h, 400, "no request line");
	method = (struct lg_span){ line.p, (size_t)(space - line.p) };
	if (!field_is_token(method))
		return head_bad(h, 400, "a bad method");
	v = read_version(h, (struct lg_span){ last + 1, (size_t)(line.p + line.n - last - 1) });
	if (v != HEAD_OK)
		return v;
	h->method = (struct head_slice){ h->first.at, (uint32_t)method.n };
	h->target = (struct head_slice){ h->first.at + (uint32_t)method.n + 1, (uint32_t)(last - space - 1) };
	if (h->target.n == 0 || memchr(space + 1, ' ', h->target.n))
		return head_bad(h, 400, "no request line");
	if (method.n > HEAD_METHOD)
		return head_bad(h, 501, "a long method");
	if (method.n == 7 && memcmp(method.p, "CONNECT", 7) == 0)
		return head_bad(h, 501, "CONNECT");
	h->method_id = method_id(method);
	return HEAD_OK;
}

/* "HTTP/1.1 200 OK"; the last space is left out by some (RFC 9112 section 4). */
static enum head_verdict read_status_line(struct head *h, const char *p)
{
	enum { STATUS = 9, PHRASE = 13 };
	struct lg_span line = head_text(p, h->first);
	const char *s = line.p + STATUS;
	enum head_verdict v;

	if (line.n < PHRASE - 1 || line.p[VERSION_SIZE] != ' ' || (line.n >= PHRASE && line.p[PHRASE - 1] != ' '))
		return head_bad(h, 502, "no status line");
	v = read_version(h, (struct lg_span){ line.p, VERSION_SIZE });
	if (v != HEAD_OK)
		return head_bad(h, 502, h->reason);
	for (int i = 0; i < 3; i++)
		if (s[i] < '0' || s[i] > '9')
			return head_bad(h, 502, "a bad status");
	h->status = (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
	if (h->status < 100 || h->status > 999)
		return head_bad(h, 502, "a bad status");
	h->reason_phrase = line.n > PHRASE ? (struct head_slice){ h->first.at + PHRASE, (uint32_t)line.n - PHRASE }
					   : (struct head_slice){ h->first.at + (uint32_t)line.n, 0 };
	if (!field_is_value(head_text(p, h->reason_phrase)))
		return head_bad(h, 502, "a bad reason");
	return HEAD_OK;
}

static enum head_verdict read_first_line(struct head *h, const char *p)
{
	return h->kind == HEAD_REQUEST ? read_request_line(h, p) : read_status_line(h, p);
}

/* ---- The end of the head ---- */

/* A first byte that can begin nothing is told at once: who speaks another protocol may wait for us. */
static enum head_verdict scan_byte(struct head *h, char c)
{
	if (h->kind != HEAD_REQUEST)
		return c == 'H' ? HEAD_OK : head_bad(h, 502, "no HTTP");
	if (c == 0x16) /* a record of the handshake, RFC 8446 section 5.1 */
		return silently(h, "TLS on a plain port");
	if (c != '\r' && !field_is_token((struct lg_span){ &c, 1 }))
		return head_bad(h, 400, "no HTTP");
	return HEAD_OK;
}

/* The line of `n` bytes, without CRLF, that ends before `next`.  HEAD_OK: it was the last. */
static enum head_verdict scan_line(struct head *h, const char *line, uint32_t n, uint32_t next)
{
	if (h->first.n > 0) {
		if (n == 0) {
			h->size = next;
			return HEAD_OK;
		}
		if (*line == ' ' || *line == '\t')
			return head_bad(h, 400, "a folded line"); /* RFC 9112 section 5.2 */
		if (++h->lines > h->most)
			return head_bad(h, 431, "too many fields");
	} else if (n > 0) {
		if (memchr(line, '\r', n))
			return head_bad(h, 400, "CR without LF");
		h->first = (struct head_slice){ h->line_at, n };
	} else {
		if (h->kind != HEAD_REQUEST || ++h->empty > HEAD_EMPTY_LINES)
			return head_bad(h, 400, "empty lines in front");
		h->at = next;
	}
	h->line_at = h->scanned = next;
	return HEAD_MORE;
}

/* What a line has run into that has not ended: the limit of the first line, that of the head, or nothing yet. */
static enum head_verdict scan_open(struct head *h, size_t n, const struct head_limits *limits, size_t end)
{
	if (n >= limits->bytes && end == limits->bytes)
		return head_bad(h, 431, "the head is too long");
	if (n > end)
		return head_bad(h, 414, "the first line is too long");
	h->scanned = (uint32_t)end;
	return HEAD_MORE;
}

/* HEAD_OK: the first line is read, and h->size is known. */
static enum head_verdict scan(struct head *h, struct lg_span in, const struct head_limits *limits)
{
	size_t most = in.n < limits->bytes ? in.n : limits->bytes;
	size_t line_most = limits->line > 0 && limits->line < HEAD_LINE ? limits->line : HEAD_LINE;
	enum head_verdict v = HEAD_MORE;

	while (v == HEAD_MORE) {
		bool first = h->first.n == 0;
		size_t end = first && most > h->at + line_most ? h->at + line_most : most;
		const char *lf = NULL;
		uint32_t n;

		if (first && h->line_at < most && (v = scan_byte(h, in.p[h->line_at])) != HEAD_OK)
			return v;
		if (h->scanned < end)
			lf = memchr(in.p + h->scanned, '\n', end - h->scanned);
		if (!lf)
			return scan_open(h, in.n, limits, end);
		n = (uint32_t)(lf - in.p) - h->line_at;
		if (n == 0 || lf[-1] != '\r')
			return head_bad(h, 400, "LF without CR");
		v = scan_line(h, in.p + h->line_at, n - 1, h->line_at + n + 1);
		/* One that is none is told at once: its sender may wait for us. */
		if (first && h->first.n > 0 && v == HEAD_MORE && read_first_line(h, in.p) != HEAD_OK)
			return HEAD_BAD;
	}
	return v;
}

/* ---- The fields, by llhttp ---- */

struct reading {
	struct head *h;
	const char *p;
};

static int on_name(llhttp_t *parser, const char *at, size_t n)
{
	struct reading *r = parser->data;
	struct head *h = r->h;
	struct head_field *f;

	/* scan() has counted the lines; an odd one that llhttp would cut in two must not pass them. */
	if (h->nfields == h->most || n == 0 || n > UINT16_MAX)
		return HPE_USER;
	f = &h->fields[h->nfields++];
	f->at = (uint32_t)(at - r->p);
	f->name_n = (uint16_t)n;
	f->id = (uint8_t)field_id((struct lg_span){ at, n });
	f->value_at = f->at + f->name_n + 1;
	f->value_n = 0;
	return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t n)
{
	struct reading *r = parser->data;
	struct head *h = r->h;
	struct lg_span value = field_trim((struct lg_span){ at, n });

	if (h->nfields == 0)
		return HPE_USER;
	if (value.n > 0) { /* an empty one is pointed to behind its line */
		h->fields[h->nfields - 1].value_at = (uint32_t)(value.p - r->p);
		h->fields[h->nfields - 1].value_n = (uint32_t)value.n;
	}
	return 0;
}

static int on_end(llhttp_t *parser)
{
	(void)parser;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_header_field = on_name,
	.on_header_value = on_value,
	.on_headers_complete = on_end,
};

static enum head_verdict refused(struct head *h, enum llhttp_errno why)
{
	static const char *const reasons[] = {
		[HPE_LF_EXPECTED] = "CR without LF",
		[HPE_STRICT] = "CR without LF",
		[HPE_UNEXPECTED_CONTENT_LENGTH] = "Content-Length twice or beside Transfer-Encoding",
		[HPE_INVALID_URL] = "a bad target",
		[HPE_INVALID_HEADER_TOKEN] = "a bad character in a field",
		[HPE_INVALID_CONTENT_LENGTH] = "a bad Content-Length",
		[HPE_INVALID_TRANSFER_ENCODING] = "a bad Transfer-Encoding",
	};
	const char *reason = (size_t)why < sizeof(reasons) / sizeof(reasons[0]) ? reasons[why] : NULL;

	return head_bad(h, 400, reason ? reason : "a bad head");
}

/* The lines' lengths, now that it is known where the next ones begin. */
static void end_lines(struct head *h)
{
	uint32_t end = h->size - 2;

	for (unsigned i = h->nfields; i-- > 0; end = h->fields[i].at)
		h->fields[i].n = end - h->fields[i].at;
}

static enum head_verdict read_fields(struct head *h, const char *p)
{
	struct reading r = { h, p };
	uint32_t at = h->at;
	enum llhttp_errno why;
	llhttp_t parser;

	llhttp_init(&parser, h->kind == HEAD_REQUEST ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
	parser.data = &r;
	if (h->kind == HEAD_REQUEST) {
		/* llhttp knows a list of methods, and reads some of them in their own ways; to us all are one. */
		(void)llhttp_execute(&parser, "POST", 4);
		at += h->method.n;
	}
	why = llhttp_execute(&parser, p + at, h->size - at);
	if (why != HPE_PAUSED)
		return refused(h, why == HPE_OK ? HPE_INTERNAL : why);
	if (llhttp_get_error_pos(&parser) < p + h->size - 1 || h->nfields != h->lines)
		return head_bad(h, 400, "a bad head"); /* it would end elsewhere for llhttp */
	end_lines(h);
	return HEAD_OK;
}

enum head_verdict head_read(struct head *h, struct lg_span in, const struct head_limits *limits)
{
	enum head_verdict v;

	if (h->reason)
		return HEAD_BAD;
	if (h->size > 0)
		return HEAD_OK;
	v = scan(h, in, limits);
	if (v != HEAD_OK)
		return v;
	v = read_fields(h, in.p);
	return v == HEAD_OK ? head_check(h, in.p) : v;
}

/* ---- Asking ---- */

const struct head_field *head_find(const struct head *h, enum field_id id, const struct head_field *after)
{
	for (const struct head_field *f = after ? after + 1 : h->fields; f < h->fields + h->nfields; f++)
		if (f->id == id)
			return f;
	return NULL;
}

const struct head_field *head_search(const struct head *h, const char *p, struct lg_span name,
				     const struct head_field *after)
{
	for (const struct head_field *f = after ? after + 1 : h->fields; f < h->fields + h->nfields; f++)
		if (field_equal(head_name(p, f), name))
			return f;
	return NULL;
}

bool head_is_idempotent(const struct head *h)
{
	return h->method_id != METHOD_OTHER && h->method_id != METHOD_POST;
}
