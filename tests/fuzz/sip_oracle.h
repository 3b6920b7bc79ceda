/* SPDX-License-Identifier: Apache-2.0 */
/* sip_oracle.h: libosip2's opinion of a message, against which the scan is tested. */
#ifndef SIP_ORACLE_H
#define SIP_ORACLE_H

#include "sip/scan.h"

/*
 * Parses the message p[0..n), head and body, which sip_scan called SIP_MESSAGE, with libosip2.  NULL: both read the
 * same method, status, Call-ID, CSeq and Content-Length, or libosip2 refuses the message; else what differs.
 */
const char *sip_oracle_differs(const char *p, size_t n, const struct sip_head *h);

/* The same of what a hop reads of a message that sip_check_hop let pass: how many Vias and Routes there are, of the
 * topmost Via host, port, branch, received and rport, of the topmost Route host and port. */
const char *sip_oracle_hop_differs(const char *p, size_t n, const struct sip_head *h);

#endif
