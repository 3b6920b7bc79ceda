/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forward.h: a request's and an answer's head as it is passed on: fields of the one connection off (RFC 9110
 * section 7.6.1), our own on, edits done, framing untouched and named once.  All else leaves byte by byte as it came,
 * in its order; own lines stand at the end.
 */
#ifndef HTTPS_FORWARD_H
#define HTTPS_FORWARD_H

#include <stdbool.h>
#include <stddef.h>

#include <lychgate/plugin.h>

#include "head.h"
#include "splice.h"
#include "target.h"

/* What to do with X-Forwarded-For, -Proto, -Host and Forwarded (RFC 7239). */
enum forwarded {
	FORWARDED_REPLACE, /* ours only */
	FORWARDED_APPEND,  /* ours behind what came, from somebody who is trusted */
	FORWARDED_OFF,     /* as they came, none of ours */
};

/* How a request leaves; zeroed: from nowhere. */
struct forward_request {
	struct lg_span source; /* the client, written like lg_link.peer; the port is left out.  { NULL, 0 }: unknown */
	bool tls;              /* it came inside TLS */
	enum forwarded forwarded;
	bool upgrade;                /* a wish for a websocket (h->upgrade) is passed on; else it is taken out */
	bool close;                  /* say Connection: close: the link is not to be reused */
	const struct lg_edit *edits; /* those with `answer` are left aside */
	unsigned nedits;
};

/*
 * Makes the pieces of the request head `h` (bytes `p`, target `t`), which stay valid as long as `p`, `t`, `f`'s spans
 * and `s` do.  The first line has the normal form of the target; Host stands as it came, or as the target says.  The
 * version is the client's, so that a server answers an HTTP/1.0 client without chunks.  0, or -ENOSPC: too many changes
 * (431).
 */
int forward_request(struct splice *s, const struct head *h, const char *p, const struct target *t,
		    const struct forward_request *f);

/* How an answer leaves. */
struct forward_answer {
	uint8_t minor;               /* of the client's request: HTTP/1.minor */
	bool close;                  /* the client's connection ends with this answer (always with BODY_CLOSE) */
	bool upgrade;                /* a 101 that was asked for */
	struct lg_span hsts;         /* Strict-Transport-Security, instead of the server's; { NULL, 0 }: as it came */
	struct lg_span lines;        /* own whole lines, each with CRLF (Set-Cookie); copied */
	const struct lg_edit *edits; /* those without `answer` are left aside */
	unsigned nedits;
};

/*
 * The same for an answer's head, also for a 1xx: the version is 1.1, the reason as it came.  0; -ENOSPC; -EPROTO: the
 * client cannot read it (chunks for HTTP/1.0; a 101 that nobody asked for): 502.
 */
int forward_answer(struct splice *s, const struct head *h, const char *p, const struct forward_answer *f);

/* Headers that no policy may edit, in lower case, ends with NULL: those that frame a message or belong to one
 * connection.  Edits of them are left aside here too.  For lg_plugin.sealed. */
extern const char *const forward_sealed[];

#endif
