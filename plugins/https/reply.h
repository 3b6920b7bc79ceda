/* SPDX-License-Identifier: Apache-2.0 */
/* reply.h: answers of the gateway's own.  When there is one is for client.c and server.c to say. */
#ifndef PLUGIN_HTTPS_REPLY_H
#define PLUGIN_HTTPS_REPLY_H

#include <lychgate/plugin.h>

enum {
	REPLY_HEAD =
		24 * 1024, /* bytes of the head, more than a request's line has; lines that do not fit are left out */
};

struct reply {
	int status;            /* 200 to 599; anything else is told as 500 */
	struct lg_span reason; /* { NULL, 0 }: the usual one */
	const struct lg_header *headers;
	unsigned nheaders;
	uint32_t retry_after_s; /* 0: none */
	/* The Location of a redirect: "https://" and these two, one after the other.  Both are in their normal form. */
	struct lg_span host, target;
	bool close;   /* nothing follows on this link */
	bool no_body; /* to a HEAD (RFC 9110 section 9.3.2) */
};

/*
 * Writes the answer to the client's link: a page of the instance's, or a line of text.  Header lines that would break
 * the framing, or are none, are left out (RFC 9112 section 11.1).  It closes nothing.  See lg_host.send.
 */
enum lg_send reply_send(struct lg_link *client, const struct reply *r);

#endif
