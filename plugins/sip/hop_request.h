/* SPDX-License-Identifier: Apache-2.0 */
/* hop_request.h: what every request has to pass, whatever side it comes from (RFC 3261 section 16.3). */
#ifndef PLUGIN_SIP_HOP_REQUEST_H
#define PLUGIN_SIP_HOP_REQUEST_H

#include "hop.h"

/* Reads what has to be known of a request, and refuses it if it must not go on.  False: it has been answered. */
bool hop_request_read(struct hop_request *r, struct lg_link *l, const struct message *m);

/* It has been read, and goes to one of the servers. */
void hop_request_pass(struct lg_link *l, const struct message *m, struct hop_request *r);

/* Refuses it, for a reason that has a counter. */
void hop_request_refuse(struct lg_link *l, const char *p, const struct sip_head *h, int code, enum counter counter);

#endif
