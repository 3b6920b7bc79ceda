/* SPDX-License-Identifier: Apache-2.0 */
/* hop_route.h: which values of Route are our own, and which URI a strict router has hidden (RFC 3261 section 16.4). */
#ifndef PLUGIN_SIP_HOP_ROUTE_H
#define PLUGIN_SIP_HOP_ROUTE_H

#include "hop.h"

/* Fills in what `r` says of routes. */
void hop_route_read(struct hop_request *r, struct lg_link *l, const char *p, const struct sip_head *h);

/* Takes our own values off, and gives the request its real URI.  0, or -errno of sip_cut. */
int hop_route_cut(struct sip_splice *s, const char *p, const struct sip_head *h, const struct hop_request *r);

/* The Request-URI as it leaves; of `uri` where a strict router has replaced it. */
struct sip_text hop_route_uri(const char *p, const struct sip_head *h, const struct hop_request *r);

/* host:port of the first Route that is left, as servers are called; `room` holds it where the port must be added.
 * None: { NULL, 0 }. */
struct lg_span hop_route_server(const char *p, const struct hop_request *r, char room[HOP_SENT_BY_ROOM]);

/* Does the first Route that is left lead to this server? */
bool hop_route_leads_to(const struct lg_server *server, struct sip_text route);

#endif
