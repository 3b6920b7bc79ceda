/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target.h: what a request is for, in one normal form: the host and the path that routes and policies judge are those
 * that the server gets.  What servers are known to read in different ways is refused.
 */
#ifndef HTTPS_TARGET_H
#define HTTPS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lychgate/plugin.h>

#include "head.h"

enum {
	TARGET_HOST = 256, /* bytes of a host's name, with the end */
};

/*
 * Read with target_read; zeroed it is none, and need not be given back.  The path lies in the head's bytes if it
 * came in its normal form, else in memory of the target's.
 */
struct target {
	char host[TARGET_HOST]; /* lower case, without port, user and dot at the end; "[2001:db8::1]"; "": HTTP/1.0
				   without Host */
	uint16_t host_n;
	uint16_t port;          /* 0: none was named, or the transport's usual one (80, 443) */
	bool absolute;          /* the whole URI was in the first line (RFC 9112 section 3.2.2): its host is the host */
	bool host_changed;      /* the server gets target_authority as Host, not what came */
	bool path_changed;      /* the server gets target_path and the query as target, not what came */
	struct head_slice path; /* in `normal`, if there is one, else in the head */
	struct head_slice query; /* in the head, with its "?"; n 0: there is none */
	char *normal;            /* malloc, or NULL */
	int code;                /* -EINVAL: 400, or 421 (RFC 9110 section 7.4) */
	const char *reason;      /* -EINVAL: for the log, a constant */
};

/*
 * Reads the target and the host of the request `h`, whose bytes are `p`.  `tls`: it came inside TLS.
 *
 * Host (RFC 9110 section 7.2): a name of letters, digits, "-", "_" and ".", or an address, with or without a port of
 * digits; nothing else.  Path (RFC 3986 section 6.2.2): escapes of unreserved characters are resolved, those that stay
 * are written in upper case, dot segments and doubled slashes are removed.  Refused: escaped "/", "\", and control
 * characters, "\", a dot segment above the root or with parameters, a wrong escape, a fragment.  "*" is for OPTIONS
 * only.  The query stays as it is.
 *
 * 0; -EINVAL with t->code and t->reason; -ENOMEM: after both there is nothing to give back.
 */
int target_read(struct target *t, const struct head *h, const char *p, bool tls);

/* Gives back what target_read took; more than once does no harm. */
void target_fini(struct target *t);

/* The path in its normal form, without the query; "*" for the server itself.  `p`: the head's bytes. */
struct lg_span target_path(const struct target *t, const char *p);

/* The query as it came, without its "?"; { NULL, 0 }: there is none. */
struct lg_span target_query(const struct target *t, const char *p);

/* Writes the host with the port, if it has an unusual one: what Host says where it is written anew, and what a redirect
 * and X-Forwarded-Host need.  The length; not terminated. */
enum { TARGET_AUTHORITY = TARGET_HOST + 6 };
unsigned target_authority(const struct target *t, char out[TARGET_AUTHORITY]);

#endif
