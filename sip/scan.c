/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.c frames and indexes one message in one pass, line by line.  It reads no more of a value than routing and
 * framing need; taking values apart is text.c's, other headers are header.c's, the start line is start.c's.
 *
 * An error does not stop the pass unless lines themselves cannot be told apart, for an answer needs the headers that
 * follow.  The first error found is the one reported.
 */
#include "sip/scan.h"

#include "sip/start.h"

/* The pass over one head. */
struct pass {
	struct sip_head *h;
	const char *p;
	size_t at, n;       /* the next line; where the bytes at hand, or the limit, end */
	bool cseq_read;     /* h->cseq and h->method_name come from a CSeq */
	bool stuck;         /* bare LF: it is not certain where the line ends */
	bool lines_broken;  /* two parsers could see different lines or names */
	bool length_broken; /* the end of the body is uncertain */
	bool key_broken;    /* Call-ID or CSeq with two values: no answer could name the right one */
};

static void fail_lines(struct pass *s, const char *reason)
{
	s->lines_broken = true;
	sip_fail(s->h, 400, reason);
}

static void fail_length(struct pass *s, const char *reason)
{
	s->length_broken = true;
	sip_fail(s->h, 400, reason);
}

/* ---- The headers that are read -------------------------------------------------------------------------------------
 */

enum name {
	OTHER,
	AUTHORIZATION,
	CALL_ID,
	COMPRESSION,
	CONTACT,
	CONTENT_LENGTH,
	CONTENT_TYPE,
	CSEQ,
	FROM,
	TO,
	VIA,
};

/* Is `p` the lower-case `word` of the same length?  Names are mostly told apart by length and first letter already. */
static bool is_word(const char *p, const char *word, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((p[i] | 0x20) != word[i])
			return false;
	return true;
}

static enum name compact_name(char c)
{
	switch (c | 0x20) {
	case 'c':
		return CONTENT_TYPE;
	case 'f':
		return FROM;
	case 'i':
		return CALL_ID;
	case 'l':
		return CONTENT_LENGTH;
	case 'm':
		return CONTACT;
	case 't':
		return TO;
	case 'v':
		return VIA;
	default:
		return OTHER;
	}
}

static enum name name_of(const char *p, size_t n)
{
	switch (n) {
	case 1:
		return compact_name(p[0]);
	case 2:
		return is_word(p, "to", n) ? TO : OTHER;
	case 3:
		return is_word(p, "via", n) ? VIA : OTHER;
	case 4:
		return is_word(p, "from", n) ? FROM : is_word(p, "cseq", n) ? CSEQ : OTHER;
	case 7:
		return is_word(p, "call-id", n) ? CALL_ID : is_word(p, "contact", n) ? CONTACT : OTHER;
	case 11:
		return is_word(p, "compression", n) ? COMPRESSION : OTHER;
	case 12:
		return is_word(p, "content-type", n) ? CONTENT_TYPE : OTHER;
	case 13:
		return is_word(p, "authorization", n) ? AUTHORIZATION : OTHER;
	case 14:
		return is_word(p, "content-length", n) ? CONTENT_LENGTH : OTHER;
	case 19:
		return is_word(p, "proxy-authorization", n) ? AUTHORIZATION : OTHER;
	default:
		return OTHER;
	}
}

/* Reads decimal digits, at least one, up to UINT32_MAX; how many there were, 0 if it is no such number. */
static size_t read_number(struct sip_text t, uint32_t *out)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < t.n && t.p[i] >= '0' && t.p[i] <= '9'; i++) {
		v = v * 10 + (uint64_t)(t.p[i] - '0');
		if (v > UINT32_MAX)
			return 0;
	}
	*out = (uint32_t)v;
	return i;
}

static void read_call_id(struct pass *s, struct sip_slice value)
{
	struct sip_text t = sip_text(s->p, value);

	if (s->h->call_id.n > 0) {
		if (sip_equal(t, sip_text(s->p, s->h->call_id)))
			return;
		s->key_broken = true;
		sip_fail(s->h, 400, "two different Call-IDs");
		return;
	}
	s->h->call_id = value;
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] <= ' ' || t.p[i] == 0x7f)
			sip_fail(s->h, 400, "white space or control character in Call-ID");
}

/* CSeq = 1*DIGIT LWS Method (section 20.16) */
static void read_cseq(struct pass *s, struct sip_slice value)
{
	struct sip_text t = sip_text(s->p, value);
	struct sip_text name;
	uint32_t number = 0;
	size_t n = read_number(t, &number);

	if (s->h->cseq_value.n == 0)
		s->h->cseq_value = value;
	name = sip_trim((struct sip_text){ t.p + n, t.n - n });
	if (n == 0 || n + name.n == t.n || !sip_is_token(name)) {
		sip_fail(s->h, 400, "CSeq cannot be read");
		return;
	}
	if (s->cseq_read) {
		if (number == s->h->cseq && sip_equal(name, sip_text(s->p, s->h->method_name)))
			return;
		s->key_broken = true;
		sip_fail(s->h, 400, "two different CSeqs");
		return;
	}
	s->cseq_read = true;
	s->h->cseq = number;
	if (s->h->kind == SIP_RESPONSE)
		sip_start_method(s->h, s->p, (struct sip_slice){ (uint32_t)(name.p - s->p), (uint32_t)name.n });
	else if (s->h->method_name.n > 0 && !sip_equal(name, sip_text(s->p, s->h->method_name)))
		sip_fail(s->h, 400, "CSeq names another method");
}

static void read_content_length(struct pass *s, struct sip_slice value)
{
	struct sip_text t = sip_text(s->p, value);
	uint32_t number;

	if (value.n == 0 || read_number(t, &number) != t.n)
		fail_length(s, "Content-Length cannot be read");
	else if (s->h->content_length >= 0 && s->h->content_length != number)
		fail_length(s, "two different Content-Lengths");
	else
		s->h->content_length = number;
}

static void keep_first(struct sip_slice *kept, struct sip_slice value)
{
	if (kept->n == 0)
		*kept = value;
}

static void read_header(struct pass *s, enum name name, struct sip_slice value)
{
	struct sip_head *h = s->h;

	switch (name) {
	case AUTHORIZATION:
		h->has_credentials = true;
		break;
	case CALL_ID:
		read_call_id(s, value);
		break;
	case COMPRESSION:
		h->has_compression = true;
		break;
	case CONTACT:
		keep_first(&h->contact, value);
		break;
	case CONTENT_LENGTH:
		read_content_length(s, value);
		break;
	case CONTENT_TYPE:
		h->has_content_type = true;
		break;
	case CSEQ:
		read_cseq(s, value);
		break;
	case FROM:
		keep_first(&h->from, value);
		break;
	case TO:
		keep_first(&h->to, value);
		break;
	case VIA:
		keep_first(&h->via, value);
		h->via_lines++;
		break;
	case OTHER:
		break;
	}
}

/* ---- The lines
 * ------------------------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One header: a line and the lines folded into it, `end` being the CRLF of the last (section 7.3.1). */
static void read_line(struct pass *s, size_t end, size_t first_end)
{
	const char *p = s->p;
	const char *colon = memchr(p + s->at, ':', first_end - s->at);
	struct sip_text value;
	size_t name_end;

	if (!colon) {
		fail_lines(s, "header line without a colon");
		return;
	}
	for (name_end = (size_t)(colon - p); name_end > s->at && is_blank(p[name_end - 1]);)
		name_end--;
	if (name_end == s->at || (unsigned char)p[s->at] <= ' ' || (unsigned char)p[name_end - 1] <= ' ') {
		fail_lines(s, "header name cannot be read");
		return;
	}
	value = sip_trim((struct sip_text){ colon + 1, end - (size_t)(colon + 1 - p) });
	read_header(s, name_of(p + s->at, name_end - s->at),
		    (struct sip_slice){ (uint32_t)(value.p - p), (uint32_t)value.n });
}

/* Where the CRLF of the physical line at `at` stands; n: it is not there yet, or the pass is stuck. */
static size_t line_end(struct pass *s, size_t at)
{
	const char *lf = memchr(s->p + at, '\n', s->n - at);
	const char *cr;

	if (!lf)
		return s->n;
	cr = memchr(s->p + at, '\r', (size_t)(lf - s->p) - at);
	if (lf == s->p + at || lf[-1] != '\r') {
		s->stuck = true;
		fail_lines(s, "bare LF");
		return s->n;
	}
	if (cr != lf - 1)
		fail_lines(s, "bare CR");
	return (size_t)(lf - s->p) - 1;
}

/* Takes the next header with all its lines.  False: it is not complete, or cannot be told from the next. */
static bool take_header(struct pass *s)
{
	size_t first_end = line_end(s, s->at);
	size_t end = first_end;

	while (end + 2 < s->n && is_blank(s->p[end + 2])) {
		size_t next = end + 2;

		end = line_end(s, next);
		if (end == s->n)
			return false;
		if (sip_trim((struct sip_text){ s->p + next, end - next }).n == 0)
			fail_lines(s, "folded line without text");
	}
	if (end + 2 >= s->n)
		return false;
	read_line(s, end, first_end);
	s->at = end + 2;
	return true;
}

/* Walks to the empty line and takes it.  False: it is not there, or lines cannot be told apart. */
static bool take_headers(struct pass *s)
{
	if (s->at < s->n && is_blank(s->p[s->at]))
		fail_lines(s, "folded start line");
	while (s->n - s->at >= 2) {
		if (s->p[s->at] == '\r' && s->p[s->at + 1] == '\n') {
			s->at += 2;
			return true;
		}
		if (!take_header(s))
			return false;
	}
	return false;
}

/* ---- The verdict
 * ----------------------------------------------------------------------------------------------------- */

/* What must be there in every message. */
static void check_head(struct pass *s)
{
	struct sip_head *h = s->h;

	if (memchr(s->p, '\0', s->at))
		fail_lines(s, "NUL in the head");
	if (h->call_id.n == 0)
		sip_fail(h, 400, "no Call-ID");
	if (h->cseq_value.n == 0)
		sip_fail(h, 400, "no CSeq");
	if (h->content_length < 0 && h->has_content_type)
		fail_length(s, "Content-Type without Content-Length");
	h->body_n = h->content_length > 0 ? (size_t)h->content_length : 0;
}

static enum sip_result bad(struct pass *s, bool complete)
{
	struct sip_head *h = s->h;
	bool silent = h->kind == SIP_RESPONSE || h->method == SIP_ACK || h->method == SIP_BENOTIFY;

	h->head_n = s->at;
	h->bad.framed = complete && !s->lines_broken && !s->length_broken;
	h->bad.answerable = !silent && !s->lines_broken && !s->key_broken && h->via.n > 0 && h->from.n > 0 &&
			    h->to.n > 0 && h->call_id.n > 0 && h->cseq_value.n > 0;
	return SIP_BAD;
}

/* The pass over p[0..n), of which `last` says that no more may come, for n is the limit. */
static enum sip_result scan_head(struct sip_head *h, struct sip_cursor *c, const char *p, size_t n, bool last)
{
	struct pass s = { .h = h, .p = p, .n = n };
	enum sip_start start;

	*h = (struct sip_head){ .content_length = -1 };
	start = sip_start_read(h, p, n);
	if (start == SIP_START_ALIEN)
		return bad(&s, false);
	if (start == SIP_START_READ) {
		s.at = h->start.n + 2;
		if (take_headers(&s)) {
			check_head(&s);
			h->head_n = s.at;
			return h->bad.reason ? bad(&s, true) : SIP_MESSAGE;
		}
		if (s.stuck)
			return bad(&s, false);
		c->seen = n;
	}
	if (!last)
		return SIP_MORE;
	h->bad = (struct sip_bad){ .code = 513, .reason = "head over the limit" };
	return bad(&s, false);
}

/*
 * Looks through the bytes that have come since the last scan for an empty line, or for a bare LF, which is for the pass
 * to judge: so a message that comes byte by byte is passed over at most twice.  The start line was complete before.
 */
static bool head_ends(struct sip_cursor *c, const char *p, size_t n)
{
	for (const char *lf; (lf = memchr(p + c->seen, '\n', n - c->seen)); c->seen = (size_t)(lf - p) + 1)
		if (lf[-1] != '\r' || lf[-2] == '\n')
			return true;
	c->seen = n;
	return false;
}

static enum sip_result scan_crlf(struct sip_head *h, struct sip_cursor *c, const char *p, size_t n)
{
	bool ping = c->half_ping;

	if (n < 2)
		return SIP_MORE;
	*h = (struct sip_head){ .content_length = -1, .head_n = 2 };
	c->half_ping = false;
	if (p[1] != '\n') {
		*h = (struct sip_head){ .bad = { .code = 400, .reason = "bare CR" } };
		return SIP_BAD;
	}
	c->half_ping = !ping;
	return ping ? SIP_PING : SIP_CRLF;
}

enum sip_result sip_scan(struct sip_head *h, struct sip_cursor *c, const char *p, size_t n, size_t limit)
{
	size_t most = n < limit ? n : limit;
	bool last = n >= limit;
	enum sip_result result;

	if (n == 0)
		return SIP_MORE;
	if (p[0] == '\r')
		return scan_crlf(h, c, p, n);
	if (c->seen > 0 && !last && !head_ends(c, p, most))
		return SIP_MORE;
	c->half_ping = false;
	result = scan_head(h, c, p, most, last);
	if (result != SIP_MORE)
		c->seen = 0;
	return result;
}
