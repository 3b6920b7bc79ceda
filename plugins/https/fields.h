/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields.h: names and values of header fields (RFC 9110 section 5): which field a name is, lists of tokens, cookies.
 * Pure functions over bytes; nothing is copied, nothing fails but by answering "none".
 */
#ifndef HTTPS_FIELDS_H
#define HTTPS_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include <lychgate/plugin.h>

/* A span of a string literal. */
#define TEXT(s) ((struct lg_span){ (s), sizeof(s) - 1 })

/* The fields that the plugin looks at; all others are FIELD_OTHER and found by their names. */
enum field_id {
	FIELD_OTHER,
	FIELD_AUTHORIZATION,
	FIELD_CONNECTION,
	FIELD_CONTENT_LENGTH,
	FIELD_COOKIE,
	FIELD_EXPECT,
	FIELD_FORWARDED,
	FIELD_HOST,
	FIELD_HTTP2_SETTINGS,
	FIELD_KEEP_ALIVE,
	FIELD_PROXY_AUTHENTICATE,
	FIELD_PROXY_AUTHORIZATION,
	FIELD_PROXY_CONNECTION,
	FIELD_REFERER,
	FIELD_SET_COOKIE,
	FIELD_STRICT_TRANSPORT_SECURITY,
	FIELD_TE,
	FIELD_TRAILER,
	FIELD_TRANSFER_ENCODING,
	FIELD_UPGRADE,
	FIELD_USER_AGENT,
	FIELD_WWW_AUTHENTICATE,
	FIELD_X_FORWARDED_FOR,
	FIELD_X_FORWARDED_HOST,
	FIELD_X_FORWARDED_PROTO,
	FIELD_IDS,
};

/* Which field a name is, in any case (RFC 9110 section 5.1). */
enum field_id field_id(struct lg_span name);

/* The name of a field in lower case; { NULL, 0 } for FIELD_OTHER. */
struct lg_span field_name(enum field_id id);

/* The field that programs behind a CGI-like interface take `name` for, to which "_" and "-" are one: "Content_Length"
 * gives FIELD_CONTENT_LENGTH.  FIELD_OTHER: none, or the name is spelled as it should be. */
enum field_id field_disguised(struct lg_span name);

/* The same bytes, letters of ASCII in any case. */
bool field_equal(struct lg_span a, struct lg_span b);

/* Without spaces and tabs at both ends. */
struct lg_span field_trim(struct lg_span value);

/* Is it a token (RFC 9110 section 5.6.2), as names of fields and methods are? */
bool field_is_token(struct lg_span text);

/* May it stand in a header line: no control character but the tab (RFC 9110 section 5.5)? */
bool field_is_value(struct lg_span value);

/* The next member of a comma-separated list (RFC 9110 section 5.6.1), trimmed, empty ones left out; *list is what
 * follows.  Commas in quoted strings do not part.  False: there is no more. */
bool field_next(struct lg_span *list, struct lg_span *member);

/* Does the list have this member, in any case? */
bool field_has(struct lg_span list, struct lg_span member);

/*
 * The value of the cookie `name` (exact case) in the value of one Cookie line (RFC 6265 section 4.2.1), without the
 * quotes around it, if there are any.  The first of that name; { NULL, 0 }: there is none.
 */
struct lg_span field_cookie(struct lg_span value, struct lg_span name);

/* Is the field for one connection only, and never passed on (RFC 9110 section 7.6.1)?  Not those that a Connection line
 * names: head_hop tells all of them. */
bool field_is_hop(enum field_id id);

#endif
