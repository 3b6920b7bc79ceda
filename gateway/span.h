/* SPDX-License-Identifier: Apache-2.0 */
/* span.h: small helpers for struct lg_span, borrowed bytes. */
#ifndef SPAN_H
#define SPAN_H

#include <string.h>
#include <strings.h>

#include <lychgate/plugin.h>

#define SPAN_NONE ((struct lg_span){ NULL, 0 })

static inline struct lg_span span_of(const char *s)
{
	return s ? (struct lg_span){ s, strlen(s) } : SPAN_NONE;
}

static inline bool span_equal(struct lg_span a, struct lg_span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Drops `n` bytes from the front. */
static inline struct lg_span span_skip(struct lg_span s, size_t n)
{
	return (struct lg_span){ s.p + n, s.n - n };
}

#endif
