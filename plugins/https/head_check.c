/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head_check.c settles what the fields of a head mean together: how the body is framed, whose host it is, whether the
 * connection goes on.  Whatever two programs could answer in two ways is refused.
 */
#include "head_check.h"

#include <string.h>

enum { LENGTH_DIGITS = 18 }; /* of a Content-Length: fits int64_t wherever it is read */

/* What was seen of the fields that count. */
struct seen {
	const struct head_field *length, *coding, *host, *upgrade;
	unsigned lengths, codings, hosts, upgrades;
	unsigned named; /* members of Connection */
	bool close, keep_alive, upgrades_connection;
};

/* ---- Connection (RFC 9110 section 7.6.1) ---- */

static enum head_verdict see_connection(struct head *h, struct seen *s, struct lg_span list)
{
	struct lg_span member;

	while (field_next(&list, &member)) {
		/* Each is held against every field. */
		if (++s->named > HEAD_NAMED)
			return head_bad(h, 400, "a long Connection");
		if (field_equal(member, TEXT("keep-alive")))
			s->keep_alive = true;
		else if (field_equal(member, TEXT("close")))
			s->close = true;
		else if (field_equal(member, TEXT("upgrade")))
			s->upgrades_connection = true;
		else
			h->named = true;
	}
	return HEAD_OK;
}

bool head_hop(const struct head *h, const char *p, const struct head_field *f)
{
	const struct head_field *c = NULL;

	if (field_is_hop((enum field_id)f->id))
		return true;
	if (!h->named || f->id == FIELD_HOST || f->id == FIELD_CONTENT_LENGTH || f->id == FIELD_COOKIE)
		return false;
	while ((c = head_find(h, FIELD_CONNECTION, c)))
		if (field_has(head_value(p, c), head_name(p, f)))
			return true;
	return false;
}

/* ---- All fields, once ---- */

static void count(const struct head_field **first, unsigned *n, const struct head_field *f)
{
	if ((*n)++ == 0)
		*first = f;
}

/* A name that programs behind a CGI-like interface take for one of those that frame or route a message. */
static bool is_disguised(struct lg_span name)
{
	switch (field_disguised(name)) {
	case FIELD_CONTENT_LENGTH:
	case FIELD_HOST:
	case FIELD_TRANSFER_ENCODING:
		return true;
	default:
		return false;
	}
}

static enum head_verdict see(struct head *h, const char *p, struct seen *s)
{
	for (const struct head_field *f = h->fields; f < h->fields + h->nfields; f++) {
		switch ((enum field_id)f->id) {
		case FIELD_CONNECTION:
			if (see_connection(h, s, head_value(p, f)) != HEAD_OK)
				return HEAD_BAD;
			break;
		case FIELD_CONTENT_LENGTH:
			count(&s->length, &s->lengths, f);
			break;
		case FIELD_EXPECT:
			h->expect |= h->minor > 0 && field_has(head_value(p, f), TEXT("100-continue"));
			break;
		case FIELD_HOST:
			count(&s->host, &s->hosts, f);
			break;
		case FIELD_TRANSFER_ENCODING:
			count(&s->coding, &s->codings, f);
			break;
		case FIELD_UPGRADE:
			count(&s->upgrade, &s->upgrades, f);
			break;
		case FIELD_OTHER:
			if (is_disguised(head_name(p, f)))
				return head_bad(h, 400, "a disguised field");
			break;
		default:
			break;
		}
	}
	return HEAD_OK;
}

/* ---- Framing (RFC 9112 section 6) ---- */

static bool read_length(struct lg_span value, uint64_t *length)
{
	*length = 0;
	if (value.n == 0 || value.n > LENGTH_DIGITS)
		return false;
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return false;
		*length = *length * 10 + (uint64_t)(value.p[i] - '0');
	}
	return true;
}

/* Only chunks, once: what else there is nobody asked for (we send no TE), and nobody has to know it. */
static enum head_verdict check_coding(struct head *h, const char *p, const struct seen *s)
{
	struct lg_span value = head_value(p, s->coding), member;
	unsigned members = 0, chunked = 0;
	bool last = false;

	if (h->minor == 0)
		return head_bad(h, 400, "Transfer-Encoding in HTTP/1.0");
	if (s->lengths > 0)
		return head_bad(h, 400, "Content-Length twice or beside Transfer-Encoding");
	while (field_next(&value, &member)) {
		last = field_equal(member, TEXT("chunked"));
		chunked += last;
		members++;
	}
	if (s->codings > 1 || chunked > 1 || !last)
		return head_bad(h, 400, "a bad Transfer-Encoding");
	if (members > 1)
		return head_bad(h, 501, "another coding than chunked");
	if (!field_equal(head_value(p, s->coding), TEXT("chunked")))
		return head_bad(h, 400, "a bad Transfer-Encoding"); /* "chunked," */
	h->framing = BODY_CHUNKED;
	return HEAD_OK;
}

static enum head_verdict check_framing(struct head *h, const char *p, const struct seen *s)
{
	if (s->codings > 0)
		return check_coding(h, p, s);
	if (s->lengths > 1)
		return head_bad(h, 400, "Content-Length twice or beside Transfer-Encoding");
	if (s->lengths == 1) {
		if (!read_length(head_value(p, s->length), &h->length))
			return head_bad(h, 400, "a bad Content-Length");
		h->framing = h->length > 0 ? BODY_LENGTH : BODY_NONE;
		return HEAD_OK;
	}
	h->framing = h->kind == HEAD_REQUEST ? BODY_NONE : BODY_CLOSE;
	return HEAD_OK;
}

/* ---- Requests ---- */

/* RFC 6455 section 4.1; other protocols, h2c first of all, would take a server out of our sight. */
static bool wants_websocket(const struct head *h, const char *p, const struct seen *s)
{
	return s->upgrades == 1 && s->upgrades_connection && h->minor > 0 && h->method_id == METHOD_GET &&
	       h->framing == BODY_NONE && field_equal(head_value(p, s->upgrade), TEXT("websocket"));
}

static enum head_verdict check_request(struct head *h, const char *p, const struct seen *s)
{
	if (s->hosts > 1)
		return head_bad(h, 400, "two Host");
	if (s->hosts == 0 && h->minor > 0)
		return head_bad(h, 400, "no Host"); /* RFC 9112 section 3.2 */
	if (s->hosts == 1) {
		h->host = (struct head_slice){ s->host->value_at, s->host->value_n };
		if (h->host.n == 0)
			return head_bad(h, 400, "an empty Host");
	}
	h->upgrade = wants_websocket(h, p, s);
	return HEAD_OK;
}

/* ---- Answers ---- */

static bool has_no_body(const struct head *h)
{
	return h->kind == HEAD_ANSWER_TO_HEAD || h->status < 200 || h->status == 204 || h->status == 304;
}

/* RFC 9112 section 6.3.  1xx and 204 must not name a body (RFC 9110 sections 8.6 and 15); a 0 is common and harmless.
 */
static enum head_verdict check_answer(struct head *h, const struct seen *s)
{
	bool never = h->status < 200 || h->status == 204;

	if (never && (s->codings > 0 || h->length > 0))
		return head_bad(h, 502, "a body where there can be none");
	if (has_no_body(h))
		h->framing = BODY_NONE;
	if (h->framing == BODY_CLOSE)
		h->keep = false;
	h->upgrade = h->status == 101;
	if (h->upgrade && (!s->upgrades || !s->upgrades_connection))
		return head_bad(h, 502, "a 101 without Upgrade");
	return HEAD_OK;
}

enum head_verdict head_check(struct head *h, const char *p)
{
	struct seen s = { 0 };
	enum head_verdict v = see(h, p, &s);

	if (v == HEAD_OK)
		v = check_framing(h, p, &s);
	if (v != HEAD_OK)
		return v;
	h->keep = !s.close && (h->minor > 0 || s.keep_alive);
	return h->kind == HEAD_REQUEST ? check_request(h, p, &s) : check_answer(h, &s);
}
