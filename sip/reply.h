/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply.h: a response built from a request's bytes (RFC 3261 section 8.2.6).
 *
 * Via, From, To, Call-ID and CSeq are copied byte for byte, never parsed and written anew.
 */
#ifndef SIP_REPLY_H
#define SIP_REPLY_H

#include "sip/scan.h"

/* One more header of the response. */
struct sip_field {
	struct sip_text name, value;
};

struct sip_reply {
	int code;               /* 100 to 699 */
	struct sip_text reason; /* may be empty */
	struct sip_text tag;    /* a token, put on a To that has none, unless code is 100; empty: To stays as it is */
	const struct sip_field *fields;
	unsigned nfields;
};

/* How much room sip_reply_write needs at most. */
size_t sip_reply_room(const struct sip_head *h, const struct sip_reply *r);

/*
 * Writes the response to the request `p`, which sip_scan called SIP_MESSAGE or SIP_BAD and answerable.  The length, or
 * -ENOSPC, or -EINVAL: the code, or a text with control characters, which could begin a line of its own.  No response
 * exists to an ACK or a BENOTIFY; not to call it is the caller's part.
 */
int sip_reply_write(char *buf, size_t size, const char *p, const struct sip_head *h, const struct sip_reply *r);

#endif
