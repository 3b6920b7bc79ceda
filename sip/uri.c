/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri.c takes a URI apart by the characters that may not stand in its parts (RFC 3261 section 25.1).  What could be
 * read in two ways, as two "@" or an IPv6 address without brackets, is no URI; what no part is told by, as what is
 * escaped, is left to the far end.
 */
#include "sip/uri.h"

#include "sip/host.h"

/* What is in no URI: white space, control characters, and what URIs are quoted with. */
static const bool never[256] = {
	[0 ... ' '] = true, ['"'] = true, ['<'] = true, ['>'] = true, ['\\'] = true, [0x7f] = true,
};

static bool is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_scheme(struct sip_text t)
{
	if (t.n == 0 || !is_letter(t.p[0]))
		return false;
	for (size_t i = 1; i < t.n; i++)
		if (!is_letter(t.p[i]) && (t.p[i] < '0' || t.p[i] > '9') && t.p[i] != '+' && t.p[i] != '-' &&
		    t.p[i] != '.')
			return false;
	return true;
}

static bool take_user(struct sip_uri *u, struct sip_text *rest)
{
	const char *at = memchr(rest->p, '@', rest->n);
	size_t n = at ? (size_t)(at - rest->p) : 0;

	if (!at)
		return true;
	u->user = (struct sip_text){ rest->p, n };
	*rest = (struct sip_text){ at + 1, rest->n - n - 1 };
	return n > 0 && !memchr(rest->p, '@', rest->n);
}

/* [user@]host[:port][;parameters][?headers] */
static bool read_sip(struct sip_uri *u, struct sip_text rest)
{
	const char *mark;

	if (!take_user(u, &rest) || !sip_take_host(&rest, &u->host))
		return false;
	if (rest.n > 0 && rest.p[0] == ':') {
		rest.p++, rest.n--;
		if (!sip_take_port(&rest, &u->port))
			return false;
	}
	if (rest.n == 0)
		return true;
	if (rest.p[0] != ';' && rest.p[0] != '?')
		return false;
	mark = memchr(rest.p, '?', rest.n);
	u->has_headers = mark;
	if (rest.p[0] == ';')
		u->params = (struct sip_text){ rest.p, mark ? (size_t)(mark - rest.p) : rest.n };
	return true;
}

/* number[;parameters] (RFC 3966) */
static bool read_tel(struct sip_uri *u, struct sip_text rest)
{
	const char *mark = memchr(rest.p, ';', rest.n);
	size_t n = mark ? (size_t)(mark - rest.p) : rest.n;

	u->user = (struct sip_text){ rest.p, n };
	if (mark)
		u->params = (struct sip_text){ mark, rest.n - n };
	return n > 0;
}

bool sip_uri_read(struct sip_uri *u, struct sip_text text)
{
	const char *colon = text.n > 0 ? memchr(text.p, ':', text.n) : NULL;
	struct sip_text rest;

	*u = (struct sip_uri){ 0 };
	if (!colon)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (never[(unsigned char)text.p[i]])
			return false;
	u->scheme = (struct sip_text){ text.p, (size_t)(colon - text.p) };
	rest = (struct sip_text){ colon + 1, text.n - u->scheme.n - 1 };
	if (rest.n == 0)
		return false;
	if (sip_same(u->scheme, SIP_TEXT("sip")) || sip_same(u->scheme, SIP_TEXT("sips")))
		return read_sip(u, rest);
	if (sip_same(u->scheme, SIP_TEXT("tel")))
		return read_tel(u, rest);
	return is_scheme(u->scheme);
}

/* A name in front of <>: quoted, or of tokens, so that it could not be a URI itself; or none. */
static bool is_display_name(struct sip_text t)
{
	t = sip_trim(t);
	if (t.n > 0 && t.p[0] == '"')
		return sip_quoted_n(t) == t.n;
	while (t.n > 0) {
		size_t n = sip_token_n(t);

		if (n == 0)
			return false;
		t = sip_trim((struct sip_text){ t.p + n, t.n - n });
	}
	return true;
}

struct sip_text sip_uri_in(struct sip_text value)
{
	size_t open = sip_find_mark(value, 0, '<');
	struct sip_text none = { NULL, 0 }, uri, behind;
	const char *close;

	if (open == value.n)
		return sip_trim((struct sip_text){ value.p, sip_find_mark(value, 0, ';') });
	close = memchr(value.p + open, '>', value.n - open);
	if (!close || !is_display_name((struct sip_text){ value.p, open }))
		return none;
	uri = (struct sip_text){ value.p + open + 1, (size_t)(close - value.p) - open - 1 };
	behind = sip_trim((struct sip_text){ close + 1, value.n - open - uri.n - 2 });
	return behind.n == 0 || behind.p[0] == ';' || behind.p[0] == ',' ? uri : none;
}

bool sip_uri_of(struct sip_uri *u, struct sip_text value)
{
	return sip_uri_read(u, sip_uri_in(value));
}

bool sip_uri_param(const struct sip_uri *u, struct sip_text name, struct sip_text *out)
{
	return sip_param(u->params, name, out);
}

struct sip_text sip_without_brackets(struct sip_text t)
{
	return t.n >= 2 && t.p[0] == '[' && t.p[t.n - 1] == ']' ? (struct sip_text){ t.p + 1, t.n - 2 } : t;
}

bool sip_same_host(struct sip_text a, struct sip_text b)
{
	return sip_same(sip_without_brackets(a), sip_without_brackets(b));
}
