/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hello.h: reads a TLS ClientHello (RFC 8446, 4.1.2; RFC 5246, 7.4.1.2) for the name and the protocols that the client
 * asks for, without ending TLS.  The hello may lie in any number of records, and they in any number of segments.
 */
#ifndef HELLO_H
#define HELLO_H

#include <stddef.h>

#include <lychgate/plugin.h>

enum {
	/* Bytes of a hello: with keys for the time after quantum computers it has about two thousand. */
	HELLO_MAX = 16 * 1024,
	HELLO_WIRE = 32 * 1024, /* the same with its records' headers */
	HELLO_NAME = 256,
};

enum hello_verdict {
	HELLO_MORE,  /* it goes on */
	HELLO_FOUND, /* read */
	HELLO_NONE,  /* this is no ClientHello, or one that is wrong or too long: do as if nobody had looked */
};

struct hello {
	char sni[HELLO_NAME];  /* the host name asked for (RFC 6066, 3); empty: none */
	char alpn[HELLO_NAME]; /* the protocols offered (RFC 7301, 3.1), joined by ","; empty: none */
};

/* Reads the hello at the front of `in`, which are all bytes that the client has sent. */
enum hello_verdict hello_read(struct hello *h, struct lg_span in);

#endif
