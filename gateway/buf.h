/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.h: a growing byte queue.  Zeroed is empty and owns nothing; an emptied one gives its memory back, so that an idle
 * link holds none.
 */
#ifndef BUF_H
#define BUF_H

#include <stddef.h>

#include <lychgate/plugin.h>

struct buf {
	char *p;
	size_t start, end, size; /* bytes p[start..end) of `size` */
};

static inline size_t buf_len(const struct buf *b)
{
	return b->end - b->start;
}

static inline struct lg_span buf_span(const struct buf *b)
{
	return b->p ? (struct lg_span){ b->p + b->start, b->end - b->start } : (struct lg_span){ NULL, 0 };
}

/* Room for `n` more bytes at the end: where to write them, then buf_grown; NULL: out of memory, nothing changed. */
char *buf_room(struct buf *b, size_t n);

static inline void buf_grown(struct buf *b, size_t n)
{
	b->end += n;
}

/* Appends a copy; 0 or -ENOMEM, nothing changed. */
int buf_append(struct buf *b, const void *p, size_t n);

/* Drops `n` bytes from the front; memory is kept for the next ones. */
static inline void buf_consume(struct buf *b, size_t n)
{
	b->start += n;
	if (b->start == b->end)
		b->start = b->end = 0;
}

/* Empties it and frees the memory. */
void buf_free(struct buf *b);

#endif
