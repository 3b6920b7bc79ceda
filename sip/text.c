/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.c takes header values apart: lists, parameters, tokens.  It judges nothing: text that breaks the grammar gives
 * fewer values or parameters, never a read past its end.
 */
#include "sip/text.h"

/* The characters of a token: alphanum and -.!%*_+`'~ (RFC 3261 section 25.1). */
static const bool token_char[256] = {
	['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['-'] = true, ['.'] = true,
	['!'] = true,         ['%'] = true,         ['*'] = true,         ['_'] = true, ['+'] = true,
	['`'] = true,         ['\''] = true,        ['~'] = true,
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool sip_same(struct sip_text a, struct sip_text b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (a.p[i] != b.p[i] && lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

size_t sip_token_n(struct sip_text t)
{
	size_t i = 0;

	while (i < t.n && token_char[(unsigned char)t.p[i]])
		i++;
	return i;
}

bool sip_is_token(struct sip_text t)
{
	return t.n > 0 && sip_token_n(t) == t.n;
}

/* Every byte of a word. */
#define BYTES(c) (UINT64_C(0x0101010101010101) * (c))

/* Is a byte of `x` below 0x20, or 0x7f?  Eight at a time: subtracting borrows from a byte's top bit only if it is less.
 */
static bool has_control(uint64_t x)
{
	uint64_t del = x ^ BYTES(0x7f);

	return (((x - BYTES(0x20)) & ~x) | ((del - BYTES(0x01)) & ~del)) & BYTES(0x80);
}

bool sip_is_plain(struct sip_text t)
{
	uint64_t x;

	for (; t.n >= sizeof(x); t.p += sizeof(x), t.n -= sizeof(x)) {
		memcpy(&x, t.p, sizeof(x));
		if (has_control(x))
			return false;
	}
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] < ' ' || t.p[i] == 0x7f)
			return false;
	return true;
}

size_t sip_quoted_n(struct sip_text t)
{
	const char *end = t.n > 1 ? memchr(t.p + 1, '"', t.n - 1) : NULL;
	size_t i = 1;

	if (!end)
		return 0;
	if (!memchr(t.p, '\\', (size_t)(end - t.p))) /* mostly nothing is escaped */
		return (size_t)(end - t.p) + 1;
	while (i < t.n && t.p[i] != '"')
		i += t.p[i] == '\\' ? 2 : 1;
	return i < t.n ? i + 1 : 0;
}

/* The place behind the quoted string that begins at `i`; t.n if it does not end (section 25.1, quoted-string). */
static size_t skip_quoted(struct sip_text t, size_t i)
{
	size_t n = sip_quoted_n((struct sip_text){ t.p + i, t.n - i });

	return n > 0 ? i + n : t.n;
}

/* The place behind the <URI> that begins at `i`; t.n if it does not end. */
static size_t skip_angle(struct sip_text t, size_t i)
{
	const char *end = memchr(t.p + i, '>', t.n - i);

	return end ? (size_t)(end - t.p) + 1 : t.n;
}

/* The first of `mark`, '"' and '<' from `i` on; t.n: there is none. */
static size_t find_special(struct sip_text t, size_t i, char mark)
{
	while (i < t.n && t.p[i] != mark && t.p[i] != '"' && t.p[i] != '<')
		i++;
	return i;
}

/* Mostly there are neither quotes nor a <URI> before the mark, and three searches tell.  Only once: more could be made
 * to look at the same bytes again and again. */
size_t sip_find_mark(struct sip_text t, size_t i, char mark)
{
	const char *at = i < t.n ? memchr(t.p + i, mark, t.n - i) : NULL;
	size_t end = at ? (size_t)(at - t.p) : t.n;

	if (i >= t.n || (!memchr(t.p + i, '"', end - i) && !memchr(t.p + i, '<', end - i)))
		return end;
	while (i < t.n) {
		i = find_special(t, i, mark);
		if (i == t.n || t.p[i] == mark)
			break;
		i = t.p[i] == '"' ? skip_quoted(t, i) : skip_angle(t, i);
	}
	return i;
}

static struct sip_text skip(struct sip_text t, size_t n)
{
	return n < t.n ? (struct sip_text){ t.p + n, t.n - n } : (struct sip_text){ NULL, 0 };
}

bool sip_next_value(struct sip_text *rest, struct sip_text *value)
{
	while (rest->n > 0) {
		size_t end = sip_find_mark(*rest, 0, ',');

		*value = sip_trim((struct sip_text){ rest->p, end });
		*rest = skip(*rest, end + 1);
		if (value->n > 0)
			return true;
	}
	return false;
}

bool sip_param(struct sip_text value, struct sip_text name, struct sip_text *out)
{
	struct sip_text rest = skip(value, sip_find_mark(value, 0, ';') + 1);

	while (rest.n > 0) {
		size_t end = sip_find_mark(rest, 0, ';');
		struct sip_text param = { rest.p, end };
		const char *equals = memchr(param.p, '=', param.n);
		size_t name_n = equals ? (size_t)(equals - param.p) : param.n;

		if (sip_same(sip_trim((struct sip_text){ param.p, name_n }), name)) {
			struct sip_text found = sip_trim(skip(param, name_n + 1));

			if (out)
				*out = found.n > 0 ? found : (struct sip_text){ NULL, 0 };
			return true;
		}
		rest = skip(rest, end + 1);
	}
	return false;
}
