/* SPDX-License-Identifier: Apache-2.0 */
/* hop_reply.h: hop mode's own answers; over UDP they go where the request's Via says. */
#ifndef PLUGIN_SIP_HOP_REPLY_H
#define PLUGIN_SIP_HOP_REPLY_H

#include "hop.h"

/* As reply_send, to the sender that the Via names. */
void hop_reply(struct lg_link *l, const char *p, const struct sip_head *h, const struct lg_reply *reply);

/* The same with no more than a status; and 503 because something is full. */
void hop_reply_status(struct lg_link *l, const char *p, const struct sip_head *h, int code);
void hop_reply_overload(struct lg_link *l, const char *p, const struct sip_head *h);

/* Where answers to a request from `l` go over UDP, as lg_host.token takes it: 0 is where it came from. */
uint16_t hop_answer_port(const struct lg_link *l, const struct sip_via *top);

/* At least `size` bytes, good until the next call; NULL: no memory. */
char *hop_spare(struct hop *hop, size_t size);

#endif
