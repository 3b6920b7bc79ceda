/* SPDX-License-Identifier: Apache-2.0 */
/* reply.h: the gateway's own answers to a request, sent back on the link that it came from. */
#ifndef PLUGIN_SIP_REPLY_H
#define PLUGIN_SIP_REPLY_H

#include <lychgate/plugin.h>

#include "sip/scan.h"

/* Writes the answer to the request `p` into the instance's scratch; { NULL, 0 }: memory is out, or it is too long. */
struct lg_span reply_write(struct lg_link *l, const char *p, const struct sip_head *h, const struct lg_reply *reply);

/*
 * Answers the request `p`.  Code 0, ACK and BENOTIFY: nothing is sent.  A text that does not fit into a header line is
 * left out; without memory the link is closed, for a missing answer is worse.
 */
void reply_send(struct lg_link *l, const char *p, const struct sip_head *h, const struct lg_reply *reply);

/* The same with no more than a status. */
void reply_status(struct lg_link *l, const char *p, const struct sip_head *h, int code);

/* In hop mode: is this the tag of an answer of ours?  Then its ACK is for nobody else (RFC 3261 section 8.2.7). */
bool reply_has_tag(const struct lg_link *l, struct sip_text tag);

/* Seconds after which one may ask again, not the same for all. */
uint32_t reply_retry_after(struct lg_link *l);

#endif
