/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.c frames one message in one pass, line by line, and gives the verdict.  The start line is start.c's, the headers
 * that are read index.c's, all others header.c's; questions about values are value.c's.
 *
 * An error does not stop the pass unless lines themselves cannot be told apart, for an answer needs the headers that
 * follow.  The first error found is the one reported.
 */
#include "sip/scan.h"

#include "sip/index.h"

static void fail_lines(struct sip_pass *s, const char *reason)
{
	s->lines_broken = true;
	sip_fail(s->h, 400, reason);
}

/* ---- The lines ------------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One header: a line and the lines folded into it, `end` being the CRLF of the last (section 7.3.1). */
static void read_line(struct sip_pass *s, size_t end, size_t first_end)
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
	sip_index_header(s, p + s->at, name_end - s->at,
			 (struct sip_slice){ (uint32_t)(value.p - p), (uint32_t)value.n });
}

/* Where the CRLF of the physical line at `at` stands; n: it is not there yet, or the pass is stuck. */
static size_t line_end(struct sip_pass *s, size_t at)
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
static bool take_header(struct sip_pass *s)
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
static bool take_headers(struct sip_pass *s)
{
	if (s->at < s->n && is_blank(s->p[s->at]))
		fail_lines(s, "folded start line");
	while (s->at < s->n) {
		if (s->n - s->at >= 2 && memcmp(s->p + s->at, "\r\n", 2) == 0) {
			s->at += 2;
			return true;
		}
		if (!take_header(s))
			return false;
	}
	return false;
}

/* ---- The verdict ----------------------------------------------------------------------------------------- */

/* The header, with its folded lines, that a byte of the head stands in; the start line is long past. */
static struct sip_text header_around(const struct sip_pass *s, const char *byte)
{
	const char *begin = byte, *end = byte, *last = s->p + s->at;

	do
		begin = memrchr(s->p, '\n', (size_t)(begin - s->p));
	while (begin && is_blank(begin[1]));
	do
		end = memchr(end + 1, '\n', (size_t)(last - end - 1));
	while (end && end + 1 < last && is_blank(end[1]));
	return begin && end ? (struct sip_text){ begin + 1, (size_t)(end - begin) } : (struct sip_text){ NULL, 0 };
}

/* A quoted string may hold any character behind a backslash, NUL too (section 25.1, quoted-pair).  `t` is a header that
 * has a NUL; one walk judges all that it has, for there may be as many as the limit lets in. */
static bool is_bare_somewhere(struct sip_text t)
{
	bool quoted = false;

	for (size_t i = 0; i < t.n; i++) {
		if (quoted && t.p[i] == '\\')
			i++;
		else if (t.p[i] == '"')
			quoted = !quoted;
		else if (t.p[i] == '\0')
			return true;
	}
	return quoted;
}

static bool has_bare_nul(const struct sip_pass *s)
{
	const char *p = s->p, *end = s->p + s->at;

	while (p < end && (p = memchr(p, '\0', (size_t)(end - p)))) {
		struct sip_text header = header_around(s, p);

		if (header.n == 0 || is_bare_somewhere(header))
			return true;
		p = header.p + header.n;
	}
	return false;
}

/* What the far end needs to answer (section 8.1.1). */
static void check_request(struct sip_head *h)
{
	if (h->via.n == 0)
		sip_fail(h, 400, "no Via");
	if (h->from.at == 0)
		sip_fail(h, 400, "no From");
	if (h->to.at == 0)
		sip_fail(h, 400, "no To");
}

/* What must be there in every message. */
static void check_head(struct sip_pass *s)
{
	struct sip_head *h = s->h;

	if (memchr(s->p, '\0', s->at) && has_bare_nul(s))
		fail_lines(s, "NUL in the head");
	if (h->call_id.n == 0)
		sip_fail(h, 400, "no Call-ID");
	if (h->cseq_value.n == 0)
		sip_fail(h, 400, "no CSeq");
	if (h->kind == SIP_REQUEST)
		check_request(h);
	if (h->content_length < 0 && h->has_content_type && !s->datagram)
		sip_fail_length(s, "Content-Type without Content-Length");
	h->body_n = h->content_length > 0 ? (size_t)h->content_length : 0;
}

static enum sip_result bad(struct sip_pass *s, bool complete)
{
	struct sip_head *h = s->h;
	bool silent = h->kind == SIP_RESPONSE || h->method == SIP_ACK || h->method == SIP_BENOTIFY;

	h->head_n = s->at;
	h->bad.framed = complete && !s->lines_broken && !s->length_broken;
	h->bad.answerable = !silent && !s->lines_broken && !s->key_broken && h->via.n > 0 && h->from.n > 0 &&
			    h->to.n > 0 && h->call_id.n > 0 && h->cseq_value.n > 0;
	return SIP_BAD;
}

/* The pass over the bytes at hand, of which `last` says that no more may come, for they reach the limit. */
static enum sip_result scan_head(struct sip_pass *s, struct sip_cursor *c, bool last)
{
	struct sip_head *h = s->h;
	enum sip_start start;

	*h = (struct sip_head){ .content_length = -1, .max_forwards_n = -1 };
	start = sip_start_read(h, s->p, s->n);
	if (start == SIP_START_ALIEN)
		return bad(s, false);
	if (start == SIP_START_READ) {
		s->at = h->start.n + 2;
		if (take_headers(s)) {
			check_head(s);
			h->head_n = s->at;
			return h->bad.reason ? bad(s, true) : SIP_MESSAGE;
		}
		if (s->stuck)
			return bad(s, false);
		c->seen = s->n;
	}
	if (!last)
		return SIP_MORE;
	h->bad = (struct sip_bad){ .code = 513, .reason = "head over the limit" };
	return bad(s, false);
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
	*h = (struct sip_head){ .content_length = -1, .max_forwards_n = -1, .head_n = 2 };
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
	struct sip_pass s = { .h = h, .p = p, .n = most };
	bool last = n >= limit;
	enum sip_result result;

	if (n == 0)
		return SIP_MORE;
	if (p[0] == '\r')
		return scan_crlf(h, c, p, n);
	if (c->seen > 0 && !last && !head_ends(c, p, most))
		return SIP_MORE;
	c->half_ping = false;
	result = scan_head(&s, c, last);
	if (result != SIP_MORE)
		c->seen = 0;
	return result;
}

/* A message that is not all there, though nothing follows. */
static enum sip_result cut_off(struct sip_pass *s)
{
	sip_fail(s->h, 400, "message is cut off");
	return bad(s, false);
}

enum sip_result sip_scan_datagram(struct sip_head *h, const char *p, size_t n, size_t limit)
{
	struct sip_pass s = { .h = h, .p = p, .n = n < limit ? n : limit, .datagram = true };
	struct sip_cursor c = { 0 };
	enum sip_result result = SIP_MORE;

	if (n >= 2 && p[0] == '\r')
		return scan_crlf(h, &c, p, n);
	*h = (struct sip_head){ 0 };
	if (n > 0)
		result = scan_head(&s, &c, n >= limit);
	if (result == SIP_MORE)
		return cut_off(&s);
	if (result == SIP_MESSAGE && h->content_length < 0)
		h->body_n = n - h->head_n;
	else if (result == SIP_MESSAGE && h->body_n > n - h->head_n)
		return cut_off(&s);
	return result;
}
