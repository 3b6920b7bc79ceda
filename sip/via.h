/* SPDX-License-Identifier: Apache-2.0 */
/* via.h: a value of Via, read (RFC 3261 section 20.42, RFC 3581), and what the receiver of a request writes into it. */
#ifndef SIP_VIA_H
#define SIP_VIA_H

#include "sip/splice.h"

struct sip_via {
	struct sip_text value;     /* all of it */
	struct sip_text transport; /* "UDP", "tls": as written */
	struct sip_text host;      /* IPv6 in its brackets */
	uint16_t port;             /* 0: none is written */
	struct sip_text branch, received;
	bool has_rport, rport_empty;
	uint16_t rport;                              /* 0: none, or empty */
	struct sip_text rport_param, received_param; /* all of the parameter, from its ";" on */
};

enum { SIP_PORT = 5060 };

/* Reads one value.  False: it is none (RFC 3261 section 25.1, via-parm), or has branch, received or rport twice. */
bool sip_via_read(struct sip_via *v, struct sip_text value);

/* Walks through all values of all Via lines from the top: { 0 } begins.  False: there are no more. */
struct sip_via_walk {
	uint32_t at, lines;
	struct sip_text rest;
};
bool sip_via_next(const char *p, const struct sip_head *h, struct sip_via_walk *w, struct sip_text *value);

/* Of the topmost Via, what sip_via_mark needs; slices, for the message may move before it is sent. */
struct sip_via_place {
	struct sip_slice value, host, rport, received; /* the last two: all of the parameter, from its ";" on */
	bool has_rport;
};
struct sip_via_place sip_via_place(const char *p, const struct sip_via *v);

/*
 * What the receiver owes the topmost Via of a request that came from `host` (IPv6 without brackets) and `port`:
 * `received` when the host that is written is another, and both when rport is asked for (RFC 3261 section 18.2.1, RFC
 * 3581 section 4). What the sender itself wrote into them goes.  `room` (SIP_VIA_ROOM bytes) holds the new text until
 * the pieces are sent.  0 or -ENOSPC.
 */
enum { SIP_VIA_ROOM = 128 };
int sip_via_mark(struct sip_splice *s, const char *p, const struct sip_via_place *v, struct sip_text host,
		 uint16_t port, char room[SIP_VIA_ROOM]);

/* The same for one who has not read the Via yet.  -EINVAL: there is none that can be read. */
int sip_via_receive(struct sip_splice *s, const char *p, const struct sip_head *h, struct sip_text host, uint16_t port,
		    char room[SIP_VIA_ROOM]);

/* Where answers go over UDP (RFC 3261 section 18.2.2, RFC 3581 section 4): the port that the request came from if rport
 * is asked for, else the one that is written, else 5060. */
uint16_t sip_via_answer_port(const struct sip_via *v, uint16_t from);

#endif
