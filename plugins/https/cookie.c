/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cookie.c makes, knows and writes the gateway's own cookie.  It keeps nothing: what a value stands for is the
 * persistence table's affair, and what was signed once stays good as long as the gateway has the same secret.
 */
#include "cookie.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fields.h"

enum { RANDOM = 12, SIGNATURE = 8 };

_Static_assert((RANDOM + SIGNATURE) * 8 == COOKIE_VALUE * 5, "no bit of the text is left over: one value, one text");

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567"; /* RFC 4648 section 6, in lower case */

const char *const cookie_secure_choices[] = { "auto", "always", "never", NULL };
const char *const cookie_same_site_choices[] = { "unset", "lax", "strict", "none", NULL };

/* ---- The value ---- */

/* Five bytes are eight digits. */
static void encode(const uint8_t bytes[RANDOM + SIGNATURE], char text[COOKIE_VALUE])
{
	for (unsigned i = 0; i < COOKIE_VALUE / 8; i++) {
		uint64_t bits = 0;

		for (unsigned k = 0; k < 5; k++)
			bits = bits << 8 | bytes[5 * i + k];
		for (unsigned k = 0; k < 8; k++)
			text[8 * i + k] = digits[bits >> (35 - 5 * k) & 31];
	}
}

static bool decode(const char *text, uint8_t bytes[RANDOM + SIGNATURE])
{
	for (unsigned i = 0; i < COOKIE_VALUE / 8; i++) {
		uint64_t bits = 0;

		for (unsigned k = 0; k < 8; k++) {
			const char *digit = memchr(digits, text[8 * i + k], sizeof(digits) - 1);

			if (!digit)
				return false;
			bits = bits << 5 | (uint64_t)(digit - digits);
		}
		for (unsigned k = 0; k < 5; k++)
			bytes[5 * i + k] = (uint8_t)(bits >> (32 - 8 * k));
	}
	return true;
}

static void sign(const struct lg_host *host, const char *name, const uint8_t random[RANDOM], uint8_t out[SIGNATURE])
{
	const struct lg_span pieces[] = { { "https cookie ", 13 },
					  { name, strlen(name) + 1 },
					  { (const char *)random, RANDOM } };
	uint64_t mac = host->digest(pieces, 3);

	for (unsigned i = 0; i < SIGNATURE; i++)
		out[i] = (uint8_t)(mac >> (56 - 8 * i));
}

void cookie_make(const struct lg_host *host, const char *name, char value[COOKIE_VALUE])
{
	uint8_t bytes[RANDOM + SIGNATURE];

	host->random(bytes, RANDOM);
	sign(host, name, bytes, bytes + RANDOM);
	encode(bytes, value);
}

/* In a time that does not tell how much of the signature was right. */
static bool equal(const uint8_t *a, const uint8_t *b, size_t n)
{
	uint8_t differs = 0;

	for (size_t i = 0; i < n; i++)
		differs |= a[i] ^ b[i];
	return differs == 0;
}

bool cookie_valid(const struct lg_host *host, const char *name, struct lg_span value)
{
	uint8_t bytes[RANDOM + SIGNATURE], signature[SIGNATURE];

	if (value.n != COOKIE_VALUE || !decode(value.p, bytes))
		return false;
	sign(host, name, bytes, signature);
	return equal(bytes + RANDOM, signature, SIGNATURE);
}

/* ---- In a request ---- */

static struct lg_span unquote(struct lg_span value)
{
	if (value.n < 2 || value.p[0] != '"' || value.p[value.n - 1] != '"')
		return value;
	return (struct lg_span){ value.p + 1, value.n - 2 };
}

/* The next "NAME=VALUE" up to the semicolon. */
static bool next_pair(struct lg_span *rest, struct lg_span *name, struct lg_span *value)
{
	while (rest->n) {
		const char *end = memchr(rest->p, ';', rest->n), *equals;
		size_t n = end ? (size_t)(end - rest->p) : rest->n;
		struct lg_span pair = field_trim((struct lg_span){ rest->p, n });

		rest->p += end ? n + 1 : n;
		rest->n -= end ? n + 1 : n;
		equals = pair.n ? memchr(pair.p, '=', pair.n) : NULL;
		if (!equals)
			continue;
		*name = (struct lg_span){ pair.p, (size_t)(equals - pair.p) };
		*value = unquote((struct lg_span){ equals + 1, pair.n - name->n - 1 });
		return true;
	}
	return false;
}

struct lg_span cookie_find(const struct lg_host *host, const char *name, struct lg_span header)
{
	size_t n = strlen(name);
	struct lg_span key, value;

	for (unsigned tries = 0; tries < COOKIE_TRIES && next_pair(&header, &key, &value);) {
		if (key.n != n || memcmp(key.p, name, n) != 0)
			continue;
		tries++;
		if (cookie_valid(host, name, value))
			return value;
	}
	return LG_NO_UNIT;
}

/* ---- In an answer ---- */

static bool is_secure(const struct cookie_conf *c, bool tls)
{
	return c->secure == COOKIE_SECURE_ALWAYS || (c->secure == COOKIE_SECURE_AUTO && tls);
}

size_t cookie_line(const struct cookie_conf *c, struct lg_span value, bool tls, char out[COOKIE_LINE])
{
	static const char *const same_site[] = { "", "; SameSite=Lax", "; SameSite=Strict", "; SameSite=None" };
	char age[48] = "";
	int n;

	if (c->lifetime > 0)
		snprintf(age, sizeof(age), "; Max-Age=%lld", (long long)(c->lifetime + 999) / 1000);
	n = snprintf(out, COOKIE_LINE, "Set-Cookie: %s=%.*s; Path=%s%s%s%s%s\r\n", c->name, (int)value.n, value.p,
		     c->path ? c->path : "/", age, c->http_only ? "; HttpOnly" : "",
		     is_secure(c, tls) ? "; Secure" : "", same_site[c->same_site]);
	return n > 0 && n < COOKIE_LINE ? (size_t)n : 0;
}

/* ---- At load ---- */

static int refuse(char err[], size_t errlen, const char *reason)
{
	snprintf(err, errlen, "%s", reason);
	return -EINVAL;
}

static bool is_path(const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < n; i++) {
		if (path[i] <= ' ' || path[i] > '~' || path[i] == ';')
			return false;
	}
	return path[0] == '/' && n <= COOKIE_PATH;
}

int cookie_check(const struct cookie_conf *c, unsigned transports, char err[], size_t errlen)
{
	const char *path = c->path ? c->path : "/";

	if (!c->name || !c->name[0])
		return 0;
	if (strlen(c->name) > COOKIE_NAME || !field_is_token((struct lg_span){ c->name, strlen(c->name) }))
		return refuse(err, errlen,
			      "options.cookie: a name has letters, digits and - _ . and at most 64 of them");
	if (!is_path(path))
		return refuse(err, errlen, "options.cookie_path: a path begins with \"/\" and has no spaces, no \";\"");
	if (c->same_site == COOKIE_SAME_SITE_NONE && !is_secure(c, (transports & LG_TLS) != 0))
		return refuse(err, errlen, "options.cookie_samesite: browsers take \"none\" with cookie_secure only");
	if ((strncasecmp(c->name, "__Host-", 7) == 0 &&
	     (strcmp(path, "/") != 0 || !is_secure(c, (transports & LG_TLS) != 0))) ||
	    (strncasecmp(c->name, "__Secure-", 9) == 0 && !is_secure(c, (transports & LG_TLS) != 0)))
		return refuse(err, errlen,
			      "options.cookie: browsers take such a name with cookie_secure only, __Host- with "
			      "cookie_path \"/\" only");
	return 0;
}
