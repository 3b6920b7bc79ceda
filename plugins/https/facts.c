/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.c reads facts of an exchange.  Most borrow from the head or from what was settled when it was read; numbers,
 * and fields of which there are several, are put together in the scratch.
 */
#include "facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "head.h"

enum fact {
	FACT_METHOD,
	FACT_HOST,
	FACT_PATH,
	FACT_QUERY,
	FACT_COOKIE,
	FACT_COOKIE_NAMED,
	FACT_HEADER,
	FACT_STATUS,
	FACT_VERSION,
	FACT_BYTES_IN,
	FACT_BYTES_OUT,
	FACT_REFERER,
	FACT_AGENT,
};

const char *const facts_names[] = {
	[FACT_METHOD] = "method",       [FACT_HOST] = "host",
	[FACT_PATH] = "path",           [FACT_QUERY] = "query",
	[FACT_COOKIE] = "cookie",       [FACT_COOKIE_NAMED] = "cookie.*",
	[FACT_HEADER] = "header.*",     [FACT_STATUS] = "status",
	[FACT_VERSION] = "version",     [FACT_BYTES_IN] = "bytes_in",
	[FACT_BYTES_OUT] = "bytes_out", [FACT_REFERER] = "referer",
	[FACT_AGENT] = "agent",         NULL,
};

/* Neither the query nor any other field: passwords and tokens stand there. */
const char *const facts_logged[] = {
	"method", "host", "path", "version", "status", "bytes_in", "bytes_out", "referer", "agent", NULL,
};

static struct lg_span number(const struct facts *f, uint64_t n)
{
	int len = f->scratch ? snprintf(f->scratch, f->room, "%" PRIu64, n) : -1;

	return len > 0 && (size_t)len < f->room ? (struct lg_span){ f->scratch, (size_t)len } : LG_NO_UNIT;
}

static struct lg_span copy(const struct facts *f, struct lg_span text)
{
	if (!f->scratch || f->room < text.n)
		return LG_NO_UNIT;
	memcpy(f->scratch, text.p, text.n);
	return (struct lg_span){ f->scratch, text.n };
}

static struct lg_span first(const struct facts *f, enum field_id id)
{
	const struct head_field *field = f->head ? head_find(f->head, id, NULL) : NULL;

	return field ? head_value(f->text, field) : LG_NO_UNIT;
}

/* The next field of that name that goes to the server: one that only a Connection line names does not. */
static const struct head_field *next_field(const struct facts *f, struct lg_span name, const struct head_field *after)
{
	const struct head_field *field = head_search(f->head, f->text, name, after);

	while (field && f->head->named && !field_is_hop((enum field_id)field->id) && head_hop(f->head, f->text, field))
		field = head_search(f->head, f->text, name, field);
	return field;
}

/* The values of all fields of the name behind one another (RFC 9110 section 5.3; Cookie: RFC 6265 section 5.4). */
static struct lg_span join(const struct facts *f, struct lg_span name, const struct head_field *field)
{
	const char *comma = field->id == FIELD_COOKIE ? "; " : ", ";
	size_t n = 0;

	for (; field; field = next_field(f, name, field)) {
		struct lg_span value = head_value(f->text, field);

		if (!f->scratch || f->room < n + 2 + value.n)
			return LG_NO_UNIT;
		if (n > 0) {
			memcpy(f->scratch + n, comma, 2);
			n += 2;
		}
		if (value.n > 0)
			memcpy(f->scratch + n, value.p, value.n);
		n += value.n;
	}
	return (struct lg_span){ f->scratch, n };
}

static struct lg_span header(const struct facts *f, struct lg_span name)
{
	const struct head_field *field = f->head ? next_field(f, name, NULL) : NULL;

	if (!field)
		return LG_NO_UNIT;
	if (field->id == FIELD_HOST && f->authority.p)
		return copy(f, f->authority); /* the asker's may be gone when he has his answer */
	return next_field(f, name, field) ? join(f, name, field) : head_value(f->text, field);
}

/* The first of that name in all Cookie lines.  Of the gateway's own only a valid one counts. */
static struct lg_span cookie(const struct facts *f, struct lg_span name)
{
	const struct head_field *field = NULL;

	if (f->cookie_name.p && name.n == f->cookie_name.n && memcmp(name.p, f->cookie_name.p, name.n) == 0)
		return f->cookie_is_new ? LG_NO_UNIT : f->cookie;
	while (f->head && (field = head_find(f->head, FIELD_COOKIE, field))) {
		struct lg_span value = field_cookie(head_value(f->text, field), name);

		if (value.p)
			return value;
	}
	return LG_NO_UNIT;
}

struct lg_span facts_read(const struct facts *f, unsigned index, struct lg_span arg)
{
	switch ((enum fact)index) {
	case FACT_METHOD:
		return f->method;
	case FACT_HOST:
		return f->host;
	case FACT_PATH:
		return f->path;
	case FACT_QUERY:
		return f->query;
	case FACT_COOKIE:
		return f->cookie;
	case FACT_COOKIE_NAMED:
		return cookie(f, arg);
	case FACT_HEADER:
		return header(f, arg);
	case FACT_VERSION:
		if (!f->head)
			return LG_NO_UNIT;
		return f->head->minor ? TEXT("HTTP/1.1") : TEXT("HTTP/1.0");
	case FACT_STATUS:
		return f->status ? number(f, (uint64_t)f->status) : LG_NO_UNIT;
	case FACT_BYTES_IN:
		return number(f, f->bytes_in);
	case FACT_BYTES_OUT:
		return number(f, f->bytes_out);
	case FACT_REFERER:
		return first(f, FIELD_REFERER);
	case FACT_AGENT:
		return first(f, FIELD_USER_AGENT);
	}
	return LG_NO_UNIT;
}
