/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy.h: the PROXY protocol, versions 1 and 2, as HAProxy's document "The PROXY protocol" has it: a header in front
 * of a connection's bytes that tells where the connection really comes from.  Pure functions over bytes.
 */
#ifndef PROXY_H
#define PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include <lychgate/plugin.h>

enum {
	PROXY_V1_MAX = 107,        /* the longest line, with CRLF (2.1) */
	PROXY_V2_MAX = 16 + 65535, /* 2.2: the fixed part, and the length that it tells */
	PROXY_ADDRESS = 64,
	PROXY_NAME = 256,
	PROXY_OUT = 16 + 36 + 2 * (3 + PROXY_NAME), /* the longest that proxy_write makes */
};

struct proxy {
	size_t used;                /* bytes of the header */
	char source[PROXY_ADDRESS]; /* "192.0.2.1:1234", "[2001:db8::1]:1234"; empty: the header does not tell */
	char destination[PROXY_ADDRESS];
	struct lg_span authority, alpn; /* in the header's bytes; { NULL, 0 }: not told */
};

/* Reads the header at the front of `in`: 1 and *p filled in, 0: it goes on, -EINVAL: this is none. */
int proxy_read(struct proxy *p, struct lg_span in);

enum proxy_version { PROXY_NONE, PROXY_V1, PROXY_V2 };

/* Writes a header for the connection from `source` to `destination`, written as above; with version 2 also its name and
 * the protocol it asks for, where there are any.  Addresses that are none, or of two families, make a header that tells
 * nothing.  The number of bytes. */
size_t proxy_write(char out[PROXY_OUT], enum proxy_version version, struct lg_span source, struct lg_span destination,
		   struct lg_span authority, struct lg_span alpn);

#endif
