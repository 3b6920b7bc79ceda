/* SPDX-License-Identifier: Apache-2.0 */
/*
 * splice.h: bytes from one plain connection to another without a copy, through a pipe in the kernel.  For bulk only:
 * small pieces are cheaper to copy.  A direction changes over after SPLICE_AFTER bytes in large reads, and back when
 * reads have become small; a pipe is the worker's, lent while there are bytes in it, as its receive buffer is.
 *
 * What a pipe holds waits for its stream like what is in `out`, behind it: the sender is held meanwhile, deadlines
 * count, an end comes after it.
 */
#ifndef SPLICE_H
#define SPLICE_H

#include "stream.h"

enum {
	SPLICE_AFTER = 1024 * 1024,    /* bytes in large reads, one after the other */
	SPLICE_LARGE = 16 * 1024,      /* a read is large from here */
	SPLICE_PATIENCE = 16,          /* small reads in a row until a direction is copied again */
	SPLICE_PIPE = 1024 * 1024,     /* what a pipe holds */
	/* Less than that does not pay: the user's pipes have used up what the system allows. */
	SPLICE_PIPE_LEAST = 64 * 1024,
	SPLICE_PIPES = 32,             /* that a worker has at the most: with none to be had, bytes are copied */
	SPLICE_POOL = 8,               /* empty pipes that a worker keeps */
};

struct splice_pipe {
	struct list node; /* worker->pipes, while nobody has it */
	int in, out;
	size_t size, n; /* bytes that it can hold, that it holds */
};

/* `from` has read `n` bytes, which were copied to `to`: shall the next ones, `most` of them, be spliced?  Of those the
 * owner hears by `poured`. */
void splice_consider(struct stream *from, struct stream *to, size_t n, uint64_t most);

/* What `from` receives is handed to its owner again. */
void splice_stop(struct stream *from);

/* Moves what is there to from->pours.  True: there may be more. */
bool splice_read(struct stream *from);

/* Sends what waits in the pipe; 1: all, 0: the kernel is full, < 0: broken. */
int splice_flush(struct stream *to);

static inline size_t splice_waiting(const struct stream *s)
{
	return s->pipe ? s->pipe->n : 0;
}

/* Gives up what waits. */
void splice_drop(struct stream *to);

/* Closes the worker's pipes. */
void splice_end(struct worker *w);

#endif
