/* SPDX-License-Identifier: Apache-2.0 */
/* out.h: text gathered in a buffer of the caller's.  Private to sip/. */
#ifndef SIP_OUT_H
#define SIP_OUT_H

#include <errno.h>
#include <limits.h>

#include "sip/text.h"

/* `n` goes on counting when the buffer is full, so that only the end has to be checked. */
struct sip_out {
	char *p;
	size_t size, n;
};

static inline void sip_put(struct sip_out *o, struct sip_text t)
{
	if (t.n > 0 && o->n <= o->size && t.n <= o->size - o->n)
		memcpy(o->p + o->n, t.p, t.n);
	o->n += t.n;
}

/* A header line. */
static inline void sip_put_field(struct sip_out *o, struct sip_text name, struct sip_text value)
{
	sip_put(o, name);
	sip_put(o, SIP_TEXT(": "));
	sip_put(o, value);
	sip_put(o, SIP_TEXT("\r\n"));
}

/* Three digits. */
static inline void sip_put_code(struct sip_out *o, int code)
{
	char digits[3] = { (char)('0' + code / 100 % 10), (char)('0' + code / 10 % 10), (char)('0' + code % 10) };

	sip_put(o, (struct sip_text){ digits, sizeof(digits) });
}

/* Decimal digits. */
static inline void sip_put_number(struct sip_out *o, uint32_t number)
{
	char digits[10];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	sip_put(o, (struct sip_text){ digits + i, sizeof(digits) - i });
}

/* The length, or -ENOSPC. */
static inline int sip_out_end(const struct sip_out *o)
{
	return o->n <= o->size && o->n <= INT_MAX ? (int)o->n : -ENOSPC;
}

#endif
