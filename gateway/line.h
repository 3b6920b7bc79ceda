/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.h: one line of a log being put together, in memory of the caller's.  What does not fit is cut; no byte from the
 * network can forge a line or a value's end.
 */
#ifndef LINE_H
#define LINE_H

#include <stddef.h>
#include <time.h>

#include <lychgate/plugin.h>

struct line {
	char *text;
	size_t n, room;
};

void line_put(struct line *l, const char *p, size_t n);
void line_text(struct line *l, const char *text);

/* Quoted, with quotes, backslashes and all that is not printable ASCII escaped: \" \\ \xe9. */
void line_quoted(struct line *l, struct lg_span value);

/* Quoted only where it has to be: no letter of it would be taken for anything else. */
void line_value(struct line *l, struct lg_span value);

/* "2026-11-22T13:20:49.123Z" */
void line_time(struct line *l, const struct timespec *at);

/* Its last byte is a newline, whatever has been cut before. */
void line_end(struct line *l);

#endif
