/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head.h: the head of one request or answer of HTTP/1.x (RFC 9112), read by llhttp, and checked beyond what llhttp
 * checks: whatever two programs could read in two ways is bad.  No I/O and no memory of its own: what a head says is
 * kept as offsets into its bytes, which stay the caller's and may move.
 */
#ifndef HTTPS_HEAD_H
#define HTTPS_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lychgate/plugin.h>

#include "fields.h"

enum {
	HEAD_FIELDS = 200,     /* fields of a head, when nothing else is said */
	HEAD_LINE = 16 * 1024, /* bytes of the first line, at most; with more it is 414 */
	HEAD_METHOD = 32,      /* bytes of a method */
	HEAD_NAMED = 32,       /* members of all Connection lines together */
	HEAD_EMPTY_LINES = 2,  /* empty lines in front of a request (RFC 9112 section 2.2) */
};

enum head_verdict { HEAD_MORE, HEAD_OK, HEAD_BAD };

enum head_kind {
	HEAD_REQUEST,
	HEAD_ANSWER,
	HEAD_ANSWER_TO_HEAD, /* an answer to the method HEAD, which has no body whatever it says */
};

/* How the end of the body is found (RFC 9112 section 6.3). */
enum head_framing {
	BODY_NONE,
	BODY_LENGTH, /* `length` bytes, more than 0 */
	BODY_CHUNKED,
	BODY_CLOSE, /* until the server ends its stream; of answers only */
};

/* Methods that change what is done; all others are METHOD_OTHER. */
enum head_method {
	METHOD_OTHER,
	METHOD_DELETE,
	METHOD_GET,
	METHOD_HEAD,
	METHOD_OPTIONS,
	METHOD_POST,
	METHOD_PUT,
	METHOD_TRACE,
};

/* Bytes of the head. */
struct head_slice {
	uint32_t at, n;
};

/* One line: "Name: value" CRLF. */
struct head_field {
	uint32_t at, n;             /* the whole line, with its CRLF; the name stands at its front */
	uint32_t value_at, value_n; /* without spaces around it */
	uint16_t name_n;
	uint8_t id; /* of enum field_id */
};

struct head_limits {
	uint32_t bytes; /* of the whole head, with the empty line; 431 */
	uint32_t line;  /* of its first line; 414; HEAD_LINE at most counts; 0: HEAD_LINE */
};

struct head {
	/* While it is read. */
	enum head_kind kind;
	struct head_field *fields; /* the caller's, room for `most` */
	uint16_t most;
	uint16_t lines;            /* fields seen so far */
	uint8_t empty;             /* lines in front */
	uint32_t line_at, scanned; /* where the line begins that is looked for the end of, and from where on */

	/* HEAD_BAD. */
	int code;           /* the answer: 400, 414, 431, 501, 505; 502 for an answer; 0: close and say nothing */
	const char *reason; /* for the log, a constant: "two Content-Length" */

	/* HEAD_OK. */
	uint32_t at;   /* where the first line begins, behind empty ones */
	uint32_t size; /* bytes of the head, from the front of `in`, with the empty line at its end */
	uint16_t nfields;
	uint8_t minor;           /* HTTP/1.minor: 0 or 1 */
	struct head_slice first; /* the first line without CRLF */

	/* Of a request. */
	enum head_method method_id;
	struct head_slice method, target; /* target: as it came; target.h reads it */
	bool expect;                      /* it waits for 100 (RFC 9110 section 10.1.1) */
	struct head_slice host;           /* the value of Host; n 0: there is none (HTTP/1.0 only) */

	/* Of an answer. */
	int status;
	struct head_slice reason_phrase; /* may be empty */

	/* Of both. */
	enum head_framing framing;
	uint64_t length; /* BODY_LENGTH; of answers without body by their nature what Content-Length says, or 0 */
	bool keep;       /* the connection may go on behind this message, as far as its sender is concerned */
	bool upgrade;    /* a request for a websocket (GET, HTTP/1.1, no body, RFC 6455 section 4.1), or a 101 */
	bool named;      /* a Connection line names other fields: head_hop */
};

/*
 * Begins to read a head.  `fields` has room for `most` of them (at least 1, at most UINT16_MAX); a head with more is
 * 431.  It stays the caller's and must live as long as the head is asked for fields; it need not be zeroed.
 */
void head_begin(struct head *h, enum head_kind kind, struct head_field *fields, unsigned most);

/*
 * Reads the head at the front of `in`, all bytes that have come since head_begin.  HEAD_MORE: it goes on, call again
 * with more (what was searched once is not searched again); HEAD_OK: h tells all, h->size bytes are the head; HEAD_BAD:
 * h->code and h->reason; the connection cannot go on, since nobody knows where the next message begins.  How the bytes
 * are cut never changes the result, nor do bytes behind the head.
 */
enum head_verdict head_read(struct head *h, struct lg_span in, const struct head_limits *limits);

/* The bytes of a slice of the head `p`. */
static inline struct lg_span head_text(const char *p, struct head_slice s)
{
	return (struct lg_span){ p + s.at, s.n };
}

/* Name and value of a field in the head `p`. */
static inline struct lg_span head_name(const char *p, const struct head_field *f)
{
	return (struct lg_span){ p + f->at, f->name_n };
}

static inline struct lg_span head_value(const char *p, const struct head_field *f)
{
	return (struct lg_span){ p + f->value_at, f->value_n };
}

/* The first field of that kind behind `after` (NULL: of all).  NULL: there is none. */
const struct head_field *head_find(const struct head *h, enum field_id id, const struct head_field *after);

/* The same by name, in any case: what a fact "header.NAME" asks for. */
const struct head_field *head_search(const struct head *h, const char *p, struct lg_span name,
				     const struct head_field *after);

/* Is the field for this connection only: by its nature, or since a Connection line names it (RFC 9110 section 7.6.1)?
 * Host, Content-Length and Cookie are not taken away, whatever is said there. */
bool head_hop(const struct head *h, const char *p, const struct head_field *f);

/* May the request be sent once more without harm (RFC 9110 section 9.2.2)? */
bool head_is_idempotent(const struct head *h);

#endif
