/* SPDX-License-Identifier: Apache-2.0 */
/* request.h: a request from its head to its server, and what becomes of it when there is none. */
#ifndef PLUGIN_HTTPS_REQUEST_H
#define PLUGIN_HTTPS_REQUEST_H

#include <lychgate/plugin.h>

struct head;

/* A client's head has been read: these bytes, which its link's `head` describes. */
void request_received(struct lg_link *l, struct lg_span unit);

/* The plugin's callbacks about exchanges. */
struct lg_span request_fact(struct lg_exchange *x, unsigned index, struct lg_span arg);
void request_routed(struct lg_exchange *x, struct lg_link *to);
void request_respond(struct lg_exchange *x, const struct lg_reply *reply);
void request_lost(struct lg_exchange *x, const struct lg_lost *why);

/* The head of the request with its fields, read again if need be; NULL: it cannot be had any more. */
const struct head *request_head(struct lg_exchange *x);

/* Ends the exchange and its server's link.  The client gets this status if it has seen nothing of an answer; its link
 * is closed unless the request is whole and `status` is a server's fault (5xx). */
void request_refuse(struct lg_exchange *x, int status);

/* Will the client's link end with the answer to this request? */
bool request_is_last(const struct lg_exchange *x);

/* A line for the access log of a request that was refused before it became an exchange: `unit` is its head, as far as
 * it could be read (in the bytes of the current `receive`), or LG_NO_UNIT. */
void request_note(struct lg_link *l, struct lg_span unit, int status);

#endif
