/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body.c counts a body to its end.  Chunks are llhttp's to read; each line of their frames is first held against the
 * one form that all programs read alike (digits, CRLF), so that llhttp has nothing left to be generous with.
 */
#include "body.h"

#include <string.h>

#include <llhttp.h>

_Static_assert(sizeof(llhttp_t) <= BODY_PARSER, "llhttp's state has grown");

enum part { PART_SIZE, PART_DATA, PART_DATA_END, PART_TRAILERS };

enum { CHUNK_LINE = BODY_CHUNK_DIGITS + 2 };

/* ---- llhttp ---- */

static int on_end(llhttp_t *parser)
{
	*(bool *)parser->data = true;
	return HPE_PAUSED; /* what follows is the next message */
}

static const llhttp_settings_t settings = { .on_message_complete = on_end };

static llhttp_t *parser_of(struct body *b)
{
	return (llhttp_t *)(void *)b->parser;
}

/* Brings llhttp in front of a first chunk: it has no other door. */
static void begin_chunks(struct body *b)
{
	static const char head[] = "POST / HTTP/1.1\r\nTransfer-Encoding:chunked\r\n\r\n";

	llhttp_init(parser_of(b), HTTP_REQUEST, &settings);
	(void)llhttp_execute(parser_of(b), head, sizeof(head) - 1);
}

static enum body_verdict bad(struct body *b, int code, const char *reason)
{
	b->code = code;
	b->reason = reason;
	return BODY_BAD;
}

/* BODY_MORE: it took them. */
static enum body_verdict feed(struct body *b, const char *p, size_t n, const char *reason)
{
	llhttp_t *parser = parser_of(b);
	enum llhttp_errno why;

	parser->data = &b->done;
	why = llhttp_execute(parser, p, n);
	if (b->done)
		return BODY_DONE;
	return why == HPE_OK ? BODY_MORE : bad(b, 400, reason);
}

/* ---- Chunks (RFC 9112 section 7.1) ---- */

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The next byte of a chunk's line: digits, CR, LF, and nothing else. */
static enum body_verdict size_byte(struct body *b, char c)
{
	if (b->last == '\r')
		return c == '\n' ? BODY_DONE : bad(b, 400, "CR without LF in a chunk's line");
	if (c == ';')
		return bad(b, 400, "a chunk extension");
	if (c == '\r' ? b->line == 0 : !is_hex(c))
		return bad(b, 400, "a bad chunk size");
	if (c != '\r' && b->line == BODY_CHUNK_DIGITS)
		return bad(b, 400, "a long chunk size");
	b->last = c;
	b->line++;
	return BODY_MORE;
}

static enum body_verdict size_done(struct body *b)
{
	b->left = parser_of(b)->content_length;
	b->line = 0;
	b->last = 0;
	b->part = b->left > 0 ? PART_DATA : PART_TRAILERS;
	if (b->most > 0 && (b->left > b->most || b->bytes > b->most - b->left))
		return bad(b, 413, "the body is too long");
	return BODY_MORE;
}

static enum body_verdict take_size(struct body *b, struct lg_span in, size_t *used)
{
	enum body_verdict v = BODY_MORE;
	size_t n = 0;

	while (v == BODY_MORE && n < in.n) {
		v = size_byte(b, in.p[n]);
		n += v != BODY_BAD;
	}
	if (v == BODY_BAD)
		return v;
	if (feed(b, in.p, n, "a bad chunk size") != BODY_MORE)
		return BODY_BAD;
	if (v == BODY_DONE && (v = size_done(b)) == BODY_BAD)
		return v;
	*used = n;
	return BODY_MORE;
}

static enum body_verdict take_data(struct body *b, struct lg_span in, size_t *used)
{
	size_t n = b->left < in.n ? (size_t)b->left : in.n;

	if (feed(b, in.p, n, "a bad chunk") != BODY_MORE)
		return BODY_BAD;
	b->left -= n;
	b->bytes += n;
	*used = n;
	if (b->left == 0)
		b->part = PART_DATA_END;
	return BODY_MORE;
}

static enum body_verdict take_data_end(struct body *b, struct lg_span in, size_t *used)
{
	if (in.p[0] != "\r\n"[b->line])
		return bad(b, 400, "a chunk without its end");
	if (feed(b, in.p, 1, "a chunk without its end") != BODY_MORE)
		return BODY_BAD;
	*used = 1;
	if (++b->line == 2) {
		b->part = PART_SIZE;
		b->line = 0;
	}
	return BODY_MORE;
}

/* ---- Trailers (RFC 9112 section 7.1.2) ---- */

/* Fields that frame, route or vouch for a message have no place there (RFC 9110 section 6.5.1): some server would take
 * them for the head's. */
static bool is_forbidden(const struct body *b)
{
	struct lg_span name = { b->name, b->name_n };

	return field_id(name) != FIELD_OTHER || field_disguised(name) != FIELD_OTHER;
}

static enum body_verdict trailer_byte(struct body *b, char c)
{
	bool begins = b->last == '\n' || b->trailers == 0;

	if (++b->trailers > BODY_TRAILERS)
		return bad(b, 400, "long trailers");
	if ((c == '\n') != (b->last == '\r'))
		return bad(b, 400, "CR or LF alone in trailers");
	if (begins && (c == ' ' || c == '\t'))
		return bad(b, 400, "a folded line in trailers");
	if (begins)
		b->name_n = 0;
	if (c == ':' && b->name_n == 0)
		return bad(b, 400, "a trailer without a name"); /* to llhttp it has one */
	if (c == ':' && b->name_n < BODY_NAME && is_forbidden(b))
		return bad(b, 400, "a field that is no trailer");
	if (c == ':')
		b->name_n = BODY_NAME;
	if (b->name_n < BODY_NAME)
		b->name[b->name_n++] = c;
	b->last = c;
	return BODY_MORE;
}

/* Byte by byte, so that the same thing is found first however the bytes are cut. */
static enum body_verdict take_trailers(struct body *b, struct lg_span in, size_t *used)
{
	enum body_verdict v = BODY_MORE;

	for (size_t i = 0; i < in.n && v == BODY_MORE; i++) {
		v = trailer_byte(b, in.p[i]);
		if (v == BODY_MORE)
			v = feed(b, in.p + i, 1, "a bad trailer");
		*used += v != BODY_BAD;
	}
	return v;
}

static enum body_verdict take_chunks(struct body *b, struct lg_span in, size_t *used)
{
	enum body_verdict v = BODY_MORE;

	while (v == BODY_MORE && in.n > 0) {
		size_t n = 0;

		switch ((enum part)b->part) {
		case PART_SIZE:
			v = take_size(b, in, &n);
			break;
		case PART_DATA:
			v = take_data(b, in, &n);
			break;
		case PART_DATA_END:
			v = take_data_end(b, in, &n);
			break;
		case PART_TRAILERS:
			v = take_trailers(b, in, &n);
			break;
		}
		in = (struct lg_span){ in.p + n, in.n - n };
		*used += n;
	}
	return v;
}

/* ---- All bodies ---- */

enum body_verdict body_begin(struct body *b, const struct head *h, uint64_t most)
{
	b->framing = h->framing;
	b->left = h->framing == BODY_LENGTH ? h->length : 0;
	b->bytes = 0;
	b->most = most;
	b->part = PART_SIZE;
	b->line = b->name_n = 0;
	b->last = 0;
	b->trailers = 0;
	b->done = h->framing == BODY_NONE;
	b->passes = false;
	b->code = 0;
	b->reason = NULL;
	if (b->done)
		return BODY_DONE;
	if (most > 0 && b->left > most)
		return bad(b, 413, "the body is too long");
	if (h->framing == BODY_CHUNKED)
		begin_chunks(b);
	return BODY_MORE;
}

enum body_verdict body_take(struct body *b, struct lg_span in, size_t *used)
{
	*used = 0;
	if (b->reason)
		return BODY_BAD;
	if (b->done || b->framing == BODY_NONE)
		return BODY_DONE;
	if (b->framing == BODY_CHUNKED)
		return take_chunks(b, in, used);
	*used = b->framing == BODY_LENGTH && b->left < in.n ? (size_t)b->left : in.n;
	if (b->framing == BODY_CLOSE && b->most > 0 && *used > b->most - b->bytes) {
		*used = (size_t)(b->most - b->bytes);
		b->bytes = b->most;
		return bad(b, 413, "the body is too long");
	}
	b->bytes += *used;
	if (b->framing == BODY_CLOSE)
		return BODY_MORE;
	b->left -= *used;
	b->done = b->left == 0;
	return b->done ? BODY_DONE : BODY_MORE;
}

void body_pass(struct body *b, struct lg_link *from, struct lg_link *to)
{
	if (b->framing == BODY_LENGTH && b->left >= BODY_PASSES)
		b->passes = from->host->pass(from, to, b->left);
}

void body_passed(struct body *b, const struct lg_link *from)
{
	if (!b->passes)
		return;
	b->bytes += b->left - from->passing;
	b->left = from->passing;
	b->done = b->left == 0;
}

bool body_end(struct body *b, bool clean)
{
	if (b->framing == BODY_CLOSE && clean && !b->reason)
		b->done = true;
	return b->done || b->framing == BODY_NONE;
}
