/* SPDX-License-Identifier: Apache-2.0 */
/* fields.c knows the names of fields and reads their values.  It keeps nothing and copies nothing. */
#include "fields.h"

#include <string.h>

/* Characters of a token (RFC 9110 section 5.6.2). */
static const bool token[256] = {
	['!'] = true, ['#'] = true, ['$'] = true, ['%'] = true,         ['&'] = true,         ['\''] = true,
	['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true,         ['^'] = true,         ['_'] = true,
	['`'] = true, ['|'] = true, ['~'] = true, ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
};

static const struct lg_span names[FIELD_IDS] = {
	[FIELD_AUTHORIZATION] = { "authorization", 13 },
	[FIELD_CONNECTION] = { "connection", 10 },
	[FIELD_CONTENT_LENGTH] = { "content-length", 14 },
	[FIELD_COOKIE] = { "cookie", 6 },
	[FIELD_EXPECT] = { "expect", 6 },
	[FIELD_FORWARDED] = { "forwarded", 9 },
	[FIELD_HOST] = { "host", 4 },
	[FIELD_HTTP2_SETTINGS] = { "http2-settings", 14 },
	[FIELD_KEEP_ALIVE] = { "keep-alive", 10 },
	[FIELD_PROXY_AUTHENTICATE] = { "proxy-authenticate", 18 },
	[FIELD_PROXY_AUTHORIZATION] = { "proxy-authorization", 19 },
	[FIELD_PROXY_CONNECTION] = { "proxy-connection", 16 },
	[FIELD_REFERER] = { "referer", 7 },
	[FIELD_SET_COOKIE] = { "set-cookie", 10 },
	[FIELD_STRICT_TRANSPORT_SECURITY] = { "strict-transport-security", 25 },
	[FIELD_TE] = { "te", 2 },
	[FIELD_TRAILER] = { "trailer", 7 },
	[FIELD_TRANSFER_ENCODING] = { "transfer-encoding", 17 },
	[FIELD_UPGRADE] = { "upgrade", 7 },
	[FIELD_USER_AGENT] = { "user-agent", 10 },
	[FIELD_WWW_AUTHENTICATE] = { "www-authenticate", 16 },
	[FIELD_X_FORWARDED_FOR] = { "x-forwarded-for", 15 },
	[FIELD_X_FORWARDED_HOST] = { "x-forwarded-host", 16 },
	[FIELD_X_FORWARDED_PROTO] = { "x-forwarded-proto", 17 },
};

/* The names by their lengths: few have to be compared. */
enum { LENGTHS = 26, AT_ONE = 4 };
static const unsigned char by_length[LENGTHS][AT_ONE] = {
	[2] = { FIELD_TE },
	[4] = { FIELD_HOST },
	[6] = { FIELD_COOKIE, FIELD_EXPECT },
	[7] = { FIELD_REFERER, FIELD_UPGRADE, FIELD_TRAILER },
	[9] = { FIELD_FORWARDED },
	[10] = { FIELD_CONNECTION, FIELD_USER_AGENT, FIELD_SET_COOKIE, FIELD_KEEP_ALIVE },
	[13] = { FIELD_AUTHORIZATION },
	[14] = { FIELD_CONTENT_LENGTH, FIELD_HTTP2_SETTINGS },
	[15] = { FIELD_X_FORWARDED_FOR },
	[16] = { FIELD_WWW_AUTHENTICATE, FIELD_X_FORWARDED_HOST, FIELD_PROXY_CONNECTION },
	[17] = { FIELD_TRANSFER_ENCODING, FIELD_X_FORWARDED_PROTO },
	[18] = { FIELD_PROXY_AUTHENTICATE },
	[19] = { FIELD_PROXY_AUTHORIZATION },
	[25] = { FIELD_STRICT_TRANSPORT_SECURITY },
};

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

bool field_equal(struct lg_span a, struct lg_span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (a.p[i] != b.p[i] && lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

enum field_id field_id(struct lg_span name)
{
	if (name.n >= LENGTHS)
		return FIELD_OTHER;
	for (unsigned i = 0; i < AT_ONE && by_length[name.n][i]; i++)
		if (field_equal(name, names[by_length[name.n][i]]))
			return (enum field_id)by_length[name.n][i];
	return FIELD_OTHER;
}

struct lg_span field_name(enum field_id id)
{
	return id < FIELD_IDS ? names[id] : names[FIELD_OTHER];
}

enum field_id field_disguised(struct lg_span name)
{
	char plain[LENGTHS];
	bool changed = false;

	if (name.n >= LENGTHS || !memchr(name.p, '_', name.n))
		return FIELD_OTHER;
	for (size_t i = 0; i < name.n; i++) {
		plain[i] = name.p[i] == '_' ? '-' : name.p[i];
		changed |= name.p[i] == '_';
	}
	return changed ? field_id((struct lg_span){ plain, name.n }) : FIELD_OTHER;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct lg_span field_trim(struct lg_span v)
{
	while (v.n > 0 && is_blank(v.p[0])) {
		v.p++;
		v.n--;
	}
	while (v.n > 0 && is_blank(v.p[v.n - 1]))
		v.n--;
	return v;
}

bool field_is_token(struct lg_span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!token[(unsigned char)text.p[i]])
			return false;
	return text.n > 0;
}

bool field_is_value(struct lg_span value)
{
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7F)
			return false;
	}
	return true;
}

/* Bytes up to the next comma that parts, or the end. */
static size_t member_length(struct lg_span list)
{
	bool quoted = false;

	for (size_t i = 0; i < list.n; i++) {
		if (list.p[i] == '"')
			quoted = !quoted;
		else if (quoted && list.p[i] == '\\')
			i++;
		else if (!quoted && list.p[i] == ',')
			return i;
	}
	return list.n;
}

bool field_next(struct lg_span *list, struct lg_span *member)
{
	while (list->n > 0) {
		size_t n = member_length(*list);
		size_t used = n < list->n ? n + 1 : n;

		*member = field_trim((struct lg_span){ list->p, n });
		*list = (struct lg_span){ list->p + used, list->n - used };
		if (member->n > 0)
			return true;
	}
	return false;
}

bool field_has(struct lg_span list, struct lg_span member)
{
	struct lg_span m;

	while (field_next(&list, &m))
		if (field_equal(m, member))
			return true;
	return false;
}

struct lg_span field_cookie(struct lg_span value, struct lg_span name)
{
	while (value.n > 0) {
		const char *end = memchr(value.p, ';', value.n);
		size_t n = end ? (size_t)(end - value.p) : value.n;
		struct lg_span pair = field_trim((struct lg_span){ value.p, n });
		size_t used = end ? n + 1 : n;

		value = (struct lg_span){ value.p + used, value.n - used };
		if (pair.n <= name.n || pair.p[name.n] != '=' || memcmp(pair.p, name.p, name.n) != 0)
			continue;
		pair = (struct lg_span){ pair.p + name.n + 1, pair.n - name.n - 1 };
		if (pair.n >= 2 && pair.p[0] == '"' && pair.p[pair.n - 1] == '"')
			pair = (struct lg_span){ pair.p + 1, pair.n - 2 };
		return pair;
	}
	return (struct lg_span){ NULL, 0 };
}

bool field_is_hop(enum field_id id)
{
	switch (id) {
	case FIELD_CONNECTION:
	case FIELD_HTTP2_SETTINGS:
	case FIELD_KEEP_ALIVE:
	case FIELD_PROXY_CONNECTION:
	case FIELD_TE:
	case FIELD_TRANSFER_ENCODING:
	case FIELD_UPGRADE:
		return true;
	default:
		return false;
	}
}
