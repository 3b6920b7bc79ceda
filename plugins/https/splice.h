/* SPDX-License-Identifier: Apache-2.0 */
/*
 * splice.h: a head as it leaves: pieces of the one that came and texts of our own in turn, gathered from front to back.
 * Bytes that came are never copied.
 */
#ifndef HTTPS_SPLICE_H
#define HTTPS_SPLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lychgate/plugin.h>

enum {
	SPLICE_PIECES = 512,
	SPLICE_TEXT = 4096, /* bytes of own texts that are copied */
};

/* splice_begin makes it; large, for the stack or for an instance's scratch, not for every exchange. */
struct splice {
	unsigned n;    /* pieces, none of them empty: what host->send takes */
	unsigned used; /* bytes of `text` */
	bool full;     /* something had no room: the pieces are not to be sent */
	struct lg_span pieces[SPLICE_PIECES];
	char text[SPLICE_TEXT];
};

static inline void splice_begin(struct splice *s)
{
	s->n = s->used = 0;
	s->full = false;
}

/* Puts bytes that stay where they are until the pieces are sent (constants, the head itself); what follows the piece
 * before it in memory makes one with it. */
void splice_put(struct splice *s, struct lg_span bytes);

/* Puts bytes that go, copied. */
void splice_copy(struct splice *s, struct lg_span bytes);

/* Puts a number in decimal. */
void splice_number(struct splice *s, uint64_t number);

/* Puts a header line; name and value stay. */
void splice_line(struct splice *s, struct lg_span name, struct lg_span value);

/* 0, or -ENOSPC if something had no room. */
int splice_end(const struct splice *s);

/* The bytes of all pieces together. */
size_t splice_size(const struct splice *s);

#endif
