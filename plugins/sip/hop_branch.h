/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_branch.h: the marks by which hop mode knows what is its own: the branch of our Via, the loop digest beside it,
 * and the URI parameter `lg` in Record-Route and Path.
 *
 *     Via: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKlg ID HASH TRY TOKEN ;lg=LOOP        (without the spaces)
 *     Record-Route: <sip:192.0.2.1:5060;transport=tcp;lr;lg=ID.TOKEN>
 *
 * ID is the same in all gateways with the same secret and name.  HASH is a digest of what names the transaction, so
 * that it is equal for a retransmission, for CANCEL, and for the ACK of anything but 2xx (RFC 3261 section 16.11); TRY
 * counts the servers that were tried; TOKEN is the link that the answer goes to, signed by the core.
 */
#ifndef PLUGIN_SIP_HOP_BRANCH_H
#define PLUGIN_SIP_HOP_BRANCH_H

#include <lychgate/plugin.h>

#include "sip/via.h"

enum {
	HOP_ID = 8,    /* 40 bits in base32 */
	HOP_HASH = 13, /* 64 bits */
	HOP_LOOP = 8,
	HOP_BRANCH_ROOM = 9 + HOP_ID + HOP_HASH + 1 + LG_TOKEN,
};

struct hop_branch {
	uint64_t hash;
	unsigned attempt; /* 0: the first server, 1: the second */
};

/* Writes our mark. */
void hop_id_write(char id[HOP_ID], const struct lg_host *host, const char *name);

/* What names the transaction of the request `p` that came from `l`; `top` is its topmost Via. */
uint64_t hop_branch_hash(const struct lg_link *l, const char *p, const struct sip_head *h, const struct sip_via *top);

/* Writes a branch; its length. */
size_t hop_branch_write(char out[HOP_BRANCH_ROOM], const char id[HOP_ID], const struct hop_branch *b,
			struct lg_span token);

/* Reads a branch.  False: it is none of ours. */
bool hop_branch_read(struct hop_branch *b, struct sip_text *token, const char id[HOP_ID], struct sip_text branch);

/* The loop digest of a request: of all that decides where it goes.  `routes` values of Route are not counted; `token`
 * is what they say, of a server's request. */
uint64_t hop_loop_hash(const struct lg_host *host, const char *p, const struct sip_head *h, unsigned routes,
		       struct sip_text token);
void hop_loop_write(char out[HOP_LOOP], uint64_t loop);

/* Has this request been here, with the same loop digest (RFC 3261 section 16.3)?  `top` is its topmost Via. */
bool hop_loop_closed(const char *p, const struct sip_head *h, const struct sip_via *top, const char id[HOP_ID],
		     uint64_t loop);

/* Is this the `lg` of a URI of ours?  `token` is what it names, or empty. */
bool hop_param_read(struct sip_text param, const char id[HOP_ID], struct sip_text *token);

#endif
