/* SPDX-License-Identifier: Apache-2.0 */
/* request.h: a request of either side, from the moment it is read to its final answer. */
#ifndef PLUGIN_SIP_REQUEST_H
#define PLUGIN_SIP_REQUEST_H

#include "message.h"
#include "transaction.h"

/* The data of an exchange.  Places in the message are offsets, for x->unit may move. */
struct request {
	struct sip_head head;
	struct transaction_id id; /* once it is routed and waits for an answer */
	uint32_t body;            /* stream.body if the body came later than the head, else 0 */
	int status;               /* of the final answer */
	char status_text[4];      /* for the fact */
};

/* A request has been read from `l`. */
void request_received(struct lg_link *l, const struct message *m);

/* Callbacks. */
void request_routed(struct lg_exchange *x, struct lg_link *to);
void request_respond(struct lg_exchange *x, const struct lg_reply *reply);
void request_lost(struct lg_exchange *x, const struct lg_lost *why);

/* The transaction ends, with this status or (0) without one, and its exchange with it.  Moves the table's entries. */
void request_over(struct lg_session *ls, struct transaction *t, int status);

#endif
