/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ack.h: the ACK for a final response of an INVITE that is no 2xx, as the one who sent the INVITE owes it (RFC 3261
 * section 17.1.1.3).  What the INVITE and the response say is copied byte for byte, never parsed and written anew.
 */
#ifndef SIP_ACK_H
#define SIP_ACK_H

#include "sip/scan.h"

/* How the INVITE left, where that is not how it came. */
struct sip_ack {
	struct sip_text via;   /* the line that was put on top of it, "Via: ..." CRLF: the only one of the ACK */
	struct sip_text uri;   /* its Request-URI, if another one was written into it */
	unsigned routes_taken; /* how many values of Route were taken off its front */
};

/* How much room sip_ack_write needs at most. */
size_t sip_ack_room(const struct sip_head *h, const struct sip_ack *a, const struct sip_head *answer);

/*
 * Writes the ACK: `p` is the INVITE with its index `h`, `q` the response with its index `answer`, both called
 * SIP_MESSAGE by sip_scan.  The length, or -ENOSPC, or -EINVAL: `via` is no line, `uri` is not fit for one, or the
 * response has no To.
 */
int sip_ack_write(char *buf, size_t size, const char *p, const struct sip_head *h, const struct sip_ack *a,
		  const char *q, const struct sip_head *answer);

#endif
