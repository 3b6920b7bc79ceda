/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_forward.h: a request as it leaves: our Via on top, and whatever else a proxy owes it (RFC 3261 section 16.6). The
 * bytes in between are the sender's own.
 */
#ifndef PLUGIN_SIP_HOP_FORWARD_H
#define PLUGIN_SIP_HOP_FORWARD_H

#include "hop.h"
#include "sip/splice.h"

enum { HOP_LINES_ROOM = 2560 };

/* One side of the gateway, as its peer may write it into a Route. */
struct hop_door {
	enum lg_transport transport;
	struct sip_text address; /* host:port */
};

/* What is to be sent. */
struct hop_job {
	struct lg_link *from;
	struct lg_span unit;
	const struct hop_request *r;
	const struct lg_exchange *x; /* its edits; NULL: none */

	struct hop_door via;            /* for our Via */
	struct hop_door server, client; /* for Record-Route and Path */
	struct lg_span route_token;     /* the client's; n is 0: neither is to be written */
};

/* What it becomes; lives until the pieces are sent. */
struct hop_out {
	struct sip_splice splice;
	char received[SIP_VIA_ROOM], hops[4], length[40];
	char lines[HOP_LINES_ROOM]; /* our header lines, the Via first */
	size_t via_n, lines_n;
	struct lg_span pieces[SIP_PIECES];
	unsigned npieces;
	char rooms[3][HOP_SENT_BY_ROOM]; /* for the addresses of the job */
};

/* Adds to our lines; `lines_n` goes on counting when they are full. */
void hop_put(struct hop_out *o, const char *p, size_t n);
#define HOP_PUT(o, text) hop_put(o, text, sizeof(text) - 1)

/* Makes the pieces.  0, or -errno: it is more than fits. */
int hop_forward_make(struct hop_out *o, const struct hop_job *job);

/* Our Via line alone, for an ACK. */
struct sip_text hop_forward_via(struct hop_out *o, const struct hop_job *job);

/* ---- Its parts, for answers too; the cuts begin with o->splice.n = 0 ---- */

/* `received` and `rport` of the sender's Via. */
int hop_forward_received(struct hop_out *o, const struct lg_link *from, const char *p, const struct sip_via_place *via);

/* A Content-Length for what came in a datagram without one. */
int hop_forward_length(struct hop_out *o, const struct lg_link *from, const struct sip_head *h, size_t unit_n);

/* The unit, cut. */
void hop_forward_pieces(struct hop_out *o, struct lg_span unit);

#endif
