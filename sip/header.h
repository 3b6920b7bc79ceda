/* SPDX-License-Identifier: Apache-2.0 */
/* header.h: headers by name, for what the scan's index does not hold.  Works on any message that sip_scan has framed.
 */
#ifndef SIP_HEADER_H
#define SIP_HEADER_H

#include "sip/scan.h"

/*
 * Walks through the header lines called `name` (lower case; the compact form counts too): sets `value` and `at`, which
 * is 0 before the first call.  The value is trimmed, and folded as on the wire.  False: there are no more.
 */
bool sip_header_next(const char *p, const struct sip_head *h, struct sip_text name, uint32_t *at,
		     struct sip_slice *value);

/* The name that a header has in full: "s" is "subject"; any other as it is. */
struct sip_text sip_header_name(struct sip_text name);

/* All of the header that `value`, as sip_header_next or the index gives it, is the value of: from its name to the CRLF
 * of its last folded line. */
struct sip_slice sip_header_line(const char *p, const struct sip_head *h, struct sip_slice value);

/*
 * The value of the header `name`, unfolded (each fold is one space), those of several lines joined by ", ".  `out` lies
 * in the message if nothing had to be changed, else in `buf`; head_n bytes always suffice.  An empty value is "".
 * 0, -ENOENT: there is no such header, or -ENOSPC.
 */
int sip_header(const char *p, const struct sip_head *h, struct sip_text name, struct sip_text *out, char *buf,
	       size_t size);

#endif
