/* SPDX-License-Identifier: Apache-2.0 */
/* buf.c: the growing byte queue. */
#include "buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_LEAST = 2048 };

char *buf_room(struct buf *b, size_t n)
{
	size_t len = buf_len(b), size = b->size ? b->size : BUF_LEAST;
	char *p;

	if (b->size - b->end >= n && b->p)
		return b->p + b->end;
	if (b->p && b->size - len >= n && b->start >= len) { /* the free front is worth a move */
		memcpy(b->p, b->p + b->start, len);
		b->start = 0;
		b->end = len;
		return b->p + b->end;
	}
	if (n > SIZE_MAX / 4 - len)
		return NULL;
	while (size < len + n)
		size *= 2;
	p = malloc(size);
	if (!p)
		return NULL;
	if (len)
		memcpy(p, b->p + b->start, len);
	free(b->p);
	*b = (struct buf){ .p = p, .end = len, .size = size };
	return p + len;
}

int buf_append(struct buf *b, const void *p, size_t n)
{
	char *to;

	if (n == 0)
		return 0;
	to = buf_room(b, n);
	if (!to)
		return -ENOMEM;
	memcpy(to, p, n);
	b->end += n;
	return 0;
}

void buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}
