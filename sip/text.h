/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h: pieces of SIP text, and how to take values apart without copying (RFC 3261 section 7.3, section 25).
 *
 * Nothing here owns or allocates memory.  A slice is a place in a message, a text is bytes at an address.
 */
#ifndef SIP_TEXT_H
#define SIP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A part of a message: `n` bytes from the `at`th byte of the message on, so that it outlives a move of the bytes.
 * { 0, 0 }: there is none. */
struct sip_slice {
	uint32_t at, n;
};

/* Borrowed bytes, not terminated.  { NULL, 0 }: there are none. */
struct sip_text {
	const char *p;
	size_t n;
};

/* The text of a string constant; of a slice of the message `p`. */
#define SIP_TEXT(s) ((struct sip_text){ (s), sizeof(s) - 1 })

static inline struct sip_text sip_text(const char *p, struct sip_slice s)
{
	return s.n > 0 ? (struct sip_text){ p + s.at, s.n } : (struct sip_text){ NULL, 0 };
}

static inline bool sip_equal(struct sip_text a, struct sip_text b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Are they equal but for the case of ASCII letters? (tokens, RFC 3261 section 7.3.1) */
bool sip_same(struct sip_text a, struct sip_text b);

/* Is it a token (RFC 3261 section 25.1)?  Method and parameter names are. */
bool sip_is_token(struct sip_text t);

/* Has it no control characters, not even HT? */
bool sip_is_plain(struct sip_text t);

static inline bool sip_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Reads decimal digits at the front, at least one, up to UINT32_MAX; how many there were, 0 if it is no such number. */
static inline size_t sip_number(struct sip_text t, uint32_t *out)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < t.n && t.p[i] >= '0' && t.p[i] <= '9'; i++) {
		v = v * 10 + (uint64_t)(t.p[i] - '0');
		if (v > UINT32_MAX)
			return 0;
	}
	*out = (uint32_t)v;
	return i;
}

/* `t` without white space (SP, HT, and the CRLF of a folded line) at its ends. */
static inline struct sip_text sip_trim(struct sip_text t)
{
	while (t.n > 0 && sip_is_space(t.p[0]))
		t.p++, t.n--;
	while (t.n > 0 && sip_is_space(t.p[t.n - 1]))
		t.n--;
	return t;
}

/*
 * Takes the first value off a list that is separated by commas; those inside quotes or <> do not count.  The value is
 * trimmed, `rest` is what is left.  False: there was nothing left.  An empty list element is passed over.
 */
bool sip_next_value(struct sip_text *rest, struct sip_text *value);

/* The first `mark` from `i` on that is outside quotes and <>; t.n if there is none.  '<' is found itself. */
size_t sip_find_mark(struct sip_text t, size_t i, char mark);

/* How many bytes at the front are a token; a quoted string with both its quotes, 0 if it does not end. */
size_t sip_token_n(struct sip_text t);
size_t sip_quoted_n(struct sip_text t);

/*
 * Finds the parameter `name` (any case) of one value: of the header, not of a URI inside <>.  `out` (may be NULL) is
 * its value as on the wire, quotes included, { NULL, 0 } if it has none.  The first one counts.  False: it is not
 * there.
 */
bool sip_param(struct sip_text value, struct sip_text name, struct sip_text *out);

#endif
