/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cookie.h: the gateway's own persistence cookie.  Its value is random and signed by host->digest, so that nobody can
 * make one up and one gateway of a pair knows the other's; it says nothing about a server.
 */
#ifndef HTTPS_COOKIE_H
#define HTTPS_COOKIE_H

#include <lychgate/plugin.h>

enum {
	COOKIE_VALUE = 32, /* 12 random bytes and 8 of the signature, in base32 */
	COOKIE_NAME = 64,  /* the most that a name may have */
	COOKIE_PATH = 256,
	COOKIE_TRIES = 8,  /* cookies of the name in one line that are looked at */
	COOKIE_LINE = 512, /* a Set-Cookie line with all of them */
};

enum cookie_secure { COOKIE_SECURE_AUTO, COOKIE_SECURE_ALWAYS, COOKIE_SECURE_NEVER };
enum cookie_same_site { COOKIE_SAME_SITE_UNSET, COOKIE_SAME_SITE_LAX, COOKIE_SAME_SITE_STRICT, COOKIE_SAME_SITE_NONE };

/* Options of the listener. */
struct cookie_conf {
	const char *name; /* empty or NULL: no cookie is set */
	const char *path;
	bool http_only;
	int secure;       /* enum cookie_secure; auto: where the client came inside TLS */
	int same_site;    /* enum cookie_same_site */
	int64_t lifetime; /* milliseconds; 0: the cookie ends with the browser's session */
};

extern const char *const cookie_secure_choices[], *const cookie_same_site_choices[];

/* The options, for the plugin's table; `type` is its conf struct and `member` the struct cookie_conf in it. */
/* Rows of a table, not blocks. */
/* clang-format off */
#define COOKIE_OPTIONS(type, member)                                                                                   \
	{ "cookie", LG_STR, offsetof(type, member.name),                                                               \
	  .help = "name of a persistence cookie that the gateway sets in each answer to a request without it" },       \
	{ "cookie_httponly", LG_BOOL, offsetof(type, member.http_only), .def = "true",                                 \
	  .help = "keep it from scripts; false for MS-WSMAN" },                                                        \
	{ "cookie_lifetime", LG_MSEC, offsetof(type, member.lifetime), .max = INT64_C(31536000000),                    \
	  .help = "how long a browser keeps it; 0: until it is closed" },                                              \
	{ "cookie_path", LG_STR, offsetof(type, member.path), .def = "/", .help = "below which path it is sent" },     \
	{ "cookie_samesite", LG_ENUM, offsetof(type, member.same_site), .def = "unset",                                \
	  .choices = cookie_same_site_choices, .help = "the cookie's SameSite" },                                      \
	{ "cookie_secure", LG_ENUM, offsetof(type, member.secure), .def = "auto", .choices = cookie_secure_choices,    \
	  .help = "only inside TLS; auto: as the client came" }
/* clang-format on */

/* For lg_plugin.check: 0, or -EINVAL with a reason (RFC 6265 section 4.1.1, RFC 6265bis section 4.1.3). */
int cookie_check(const struct cookie_conf *c, unsigned transports, char err[], size_t errlen);

/* Makes a new value; not terminated. */
void cookie_make(const struct lg_host *host, const char *name, char value[COOKIE_VALUE]);

/* Has a gateway with our secret made it for a cookie of this name? */
bool cookie_valid(const struct lg_host *host, const char *name, struct lg_span value);

/*
 * The first valid one of this name in a Cookie line's value (RFC 6265 section 4.2.1): others of the name count as
 * absent, and more than COOKIE_TRIES of them are not looked at.  It borrows; { NULL, 0 }: there is none.
 */
struct lg_span cookie_find(const struct lg_host *host, const char *name, struct lg_span header);

/* Writes "Set-Cookie: ...\r\n", not terminated; `tls`: the client came inside TLS.  Its length. */
size_t cookie_line(const struct cookie_conf *c, struct lg_span value, bool tls, char out[COOKIE_LINE]);

#endif
