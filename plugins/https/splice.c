/* SPDX-License-Identifier: Apache-2.0 */
/* splice.c gathers pieces.  What does not fit is left out and remembered, so that only the end has to be checked. */
#include "splice.h"

#include <errno.h>
#include <string.h>

void splice_put(struct splice *s, struct lg_span bytes)
{
	struct lg_span *last = s->n > 0 ? &s->pieces[s->n - 1] : NULL;

	if (bytes.n == 0)
		return;
	if (last && last->p + last->n == bytes.p) {
		last->n += bytes.n;
		return;
	}
	if (s->n == SPLICE_PIECES) {
		s->full = true;
		return;
	}
	s->pieces[s->n++] = bytes;
}

void splice_copy(struct splice *s, struct lg_span bytes)
{
	if (bytes.n > SPLICE_TEXT - s->used) {
		s->full = true;
		return;
	}
	if (bytes.n == 0)
		return;
	memcpy(s->text + s->used, bytes.p, bytes.n);
	splice_put(s, (struct lg_span){ s->text + s->used, bytes.n });
	s->used += (unsigned)bytes.n;
}

void splice_number(struct splice *s, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	splice_copy(s, (struct lg_span){ digits + at, sizeof(digits) - at });
}

void splice_line(struct splice *s, struct lg_span name, struct lg_span value)
{
	splice_put(s, name);
	splice_copy(s, (struct lg_span){ ": ", 2 });
	splice_put(s, value);
	splice_copy(s, (struct lg_span){ "\r\n", 2 });
}

int splice_end(const struct splice *s)
{
	return s->full ? -ENOSPC : 0;
}

size_t splice_size(const struct splice *s)
{
	size_t n = 0;

	for (unsigned i = 0; i < s->n; i++)
		n += s->pieces[i].n;
	return n;
}
