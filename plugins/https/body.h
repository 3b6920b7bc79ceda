/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body.h: where the body of a message ends (RFC 9112 sections 6 and 7).  Chunks are read by llhttp; chunk extensions,
 * odd chunk lines and long trailers are refused.  Nothing is copied or changed: a body leaves as it came, chunks and
 * all.
 */
#ifndef HTTPS_BODY_H
#define HTTPS_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lychgate/plugin.h>

#include "head.h"

enum {
	BODY_CHUNK_DIGITS = 15,   /* of a chunk's size */
	BODY_TRAILERS = 8 * 1024, /* bytes of all trailer lines (RFC 9112 section 7.1.2) */
	BODY_NAME = 32,           /* bytes of a trailer's name that are looked at */
	BODY_PARSER = 128,        /* room for llhttp's state, which only body.c knows */
	BODY_PASSES = 64 * 1024,  /* bytes to come from which the core may pass them unseen: less is quickly read */
};

enum body_verdict { BODY_MORE, BODY_DONE, BODY_BAD };

/* Zeroed: the end of no body. */
struct body {
	enum head_framing framing;
	uint64_t left;  /* BODY_LENGTH: bytes to come; BODY_CHUNKED: of this chunk's data */
	uint64_t bytes; /* of the body itself that have passed, without the chunks' frames */
	uint64_t most;  /* that it may have */
	uint8_t part;   /* of a chunk or its frame: private to body.c, as what follows */
	uint8_t line;   /* bytes of a frame's line so far */
	uint8_t name_n; /* BODY_NAME: the trailer's name has ended, or is longer */
	char last;      /* the byte read before, in trailers */
	char name[BODY_NAME];
	uint16_t trailers; /* bytes of them so far */
	bool done;
	bool passes; /* the core passes what is to come */
	int code;           /* BODY_BAD: 400 or 413 */
	const char *reason; /* BODY_BAD: for the log, a constant */
	_Alignas(max_align_t) unsigned char parser[BODY_PARSER];
};

/*
 * Begins the body of a message with that head; `most` bytes at most, 0: no limit.  BODY_DONE: it has none; BODY_BAD:
 * its length is above the limit (413); else BODY_MORE.
 */
enum body_verdict body_begin(struct body *b, const struct head *h, uint64_t most);

/*
 * Reads on: *used bytes of `in` are the body's and may be sent on (always all of them, but for what lies behind the
 * end).  BODY_DONE: it is whole with them; also told again when asked again, with *used 0.  BODY_BAD: *used bytes in
 * front of what is bad were good; b->code and b->reason; the connection cannot go on.  How the bytes are cut changes
 * nothing but *used.
 */
enum body_verdict body_take(struct body *b, struct lg_span in, size_t *used);

/* Has the core pass what is to come on `from`, if that is long and counted; where it does, body_take hears of the
 * end. */
void body_pass(struct body *b, struct lg_link *from, struct lg_link *to);

/* Counts what has passed.  Before b->left, ->bytes and ->done are looked at, and before body_take. */
void body_passed(struct body *b, const struct lg_link *from);

/* The sender's stream has ended: was the body whole then?  True for BODY_CLOSE, if it ended cleanly, and where it was
 * done. */
bool body_end(struct body *b, bool clean);

#endif
