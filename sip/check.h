/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h: what a hop has to judge in a message that sip_scan let pass, for it writes into the Via and routes by Route
 * and Request-URI (RFC 3261 sections 16.3 and 18.1.2).  What only the far end needs is left to the far end.
 */
#ifndef SIP_CHECK_H
#define SIP_CHECK_H

#include "sip/via.h"

/*
 * 0, or the code of the answer, with `reason` for the log, a constant.  400:
 *
 * - The topmost Via cannot be read, or its line has an empty element.
 * - The Request-URI cannot be read, or has headers.
 * - From or To is empty; or quotes or <> are open in From, To, Via or Route.
 * - There are two Max-Forwards: only one would be lowered, and the next hop would see two that differ.
 * - The topmost Route has no SIP URI, or its line has an empty element.
 *
 * 416: the Request-URI has another scheme than sip, sips, tel or urn.
 *
 * A response is judged by its Via alone; it is not answered but dropped.  `top` is the topmost Via, read, if it can be.
 */
int sip_check_hop(const char *p, const struct sip_head *h, struct sip_via *top, const char **reason);

/* The same of a Request-URI alone, as one that a hop takes from a Route. */
int sip_check_uri(struct sip_text uri, const char **reason);

#endif
