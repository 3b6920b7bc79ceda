/* SPDX-License-Identifier: Apache-2.0 */
/* hop_send.h: a request leaves for a server, or for a client by its token. */
#ifndef PLUGIN_SIP_HOP_SEND_H
#define PLUGIN_SIP_HOP_SEND_H

#include "hop.h"

/* Sends the request `unit` of `from` by the link `to`, with the edits of `x` (may be NULL).  When `to` is full, `from`
 * waits for it; -EAGAIN: it cannot, and there is no room.  1, 0: `to` is closing, or -errno: it cannot be written. */
int hop_send(struct lg_link *from, struct lg_span unit, const struct hop_request *r, const struct lg_exchange *x,
	     struct lg_link *to);

/* Sends a server's request to the client that its Route names.  1, 0: the client is gone, or -errno. */
int hop_send_to(const struct lg_exchange *x);

#endif
