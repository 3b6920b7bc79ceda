/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream_io.h: what the parts of a stream's code share.  stream.c: its life, from connect to close; stream_io.c: its
 * bytes; stream_preface.c: those ahead of all others.  Nobody else includes this.
 */
#ifndef STREAM_IO_H
#define STREAM_IO_H

#include "stream.h"

/* Reads as long as the owner takes bytes and this turn allows. */
void stream_read(struct stream *s);

/* Shows the owner the first bytes; true: they were all there, and are gone.  Else more have to come, or it closes. */
bool stream_take_preface(struct stream *s);

/* Throws away what comes, until the end: true then. */
bool stream_drain(struct stream *s);

/* Sends what the kernel takes of the queue, then our end if it is wanted; < 0: the connection is broken (reason is
 * set). */
int stream_flush(struct stream *s);

/* Has it read again in the next turn: what is kept is handed over then, too. */
void stream_again(struct stream *s);

/* Throws away what comes, as much as this turn allows; frees the stream at its end. */
void stream_linger(struct stream *s);

/* Puts the stream on the worker's list of those with something to send. */
void stream_dirty(struct stream *s);

/* The network broke it: closes at once with the reason. */
void stream_fail(struct stream *s, const char *reason);

/* Adds the stream's buffers up in its account; above limits->memory the stream that grew is closed. */
void stream_account(struct stream *s);

#endif
