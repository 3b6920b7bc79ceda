/* SPDX-License-Identifier: Apache-2.0 */
/* plain.c: see plain.h.  Whatever is unusual is left to those who know the whole grammar. */
#include "sip/plain.h"

#include "sip/uri.h"

enum kind { NAME = 1, HOST = 2 };

/* Letters, digits and the marks of RFC 3261 section 25.1 that mean nothing anywhere; a host has fewer. */
static const unsigned char kinds[256] = {
	['0' ... '9'] = NAME | HOST,
	['A' ... 'Z'] = NAME | HOST,
	['a' ... 'z'] = NAME | HOST,
	['-'] = NAME | HOST,
	['.'] = NAME | HOST,
	['_'] = NAME,
	['+'] = NAME,
};

static bool all(struct sip_text t, enum kind kind)
{
	for (size_t i = 0; i < t.n; i++)
		if (!(kinds[(unsigned char)t.p[i]] & kind))
			return false;
	return t.n > 0;
}

static size_t name_n(struct sip_text t)
{
	size_t n = 0;

	while (n < t.n && kinds[(unsigned char)t.p[n]] & NAME)
		n++;
	return n;
}

static struct sip_text behind(struct sip_text t, size_t n)
{
	return (struct sip_text){ t.p + n, t.n - n };
}

/* *( ";" name [ "=" name ] ) */
static bool are_params(struct sip_text t)
{
	size_t n;

	while (t.n > 0) {
		if (t.p[0] != ';' || (n = name_n(behind(t, 1))) == 0)
			return false;
		t = behind(t, 1 + n);
		if (t.n == 0 || t.p[0] != '=')
			continue;
		if ((n = name_n(behind(t, 1))) == 0)
			return false;
		t = behind(t, 1 + n);
	}
	return true;
}

bool sip_plain_uri(struct sip_plain *out, struct sip_text uri)
{
	struct sip_uri u;

	if (!sip_uri_read(&u, uri) || !(sip_equal(u.scheme, SIP_TEXT("sip")) || sip_equal(u.scheme, SIP_TEXT("sips"))))
		return false;
	*out = (struct sip_plain){ .user = u.user, .host = u.host };
	return (u.user.n == 0 || all(u.user, NAME)) && all(u.host, HOST) && are_params(u.params) && !u.has_headers;
}

/* The length of a display name and the space behind it, up to "<"; t.n if it is not plain. */
static size_t display_n(struct sip_text t)
{
	size_t n = 0;

	if (t.n > 0 && t.p[0] == '"')
		for (n = 1; n < t.n && t.p[n] != '"'; n++)
			if (t.p[n] == '\\' || (unsigned char)t.p[n] < ' ')
				return t.n;
	n += n < t.n && t.p[n] == '"';
	while (n < t.n && t.p[n] != '<') {
		if (t.p[n] != ' ' && (t.p[0] == '"' || !(kinds[(unsigned char)t.p[n]] & NAME)))
			return t.n;
		n++;
	}
	return n;
}

bool sip_plain_address(struct sip_plain *out, struct sip_text value)
{
	size_t open = display_n(value), n;
	const char *close;

	if (open == value.n)
		return false;
	close = memchr(value.p + open, '>', value.n - open);
	if (!close)
		return false;
	n = (size_t)(close - value.p) + 1;
	return are_params(behind(value, n)) &&
	       sip_plain_uri(out, (struct sip_text){ value.p + open + 1, n - open - 2 });
}
