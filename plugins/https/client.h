/* SPDX-License-Identifier: Apache-2.0 */
/* client.h: a client's link: heads and bodies of requests, one after the other. */
#ifndef PLUGIN_HTTPS_CLIENT_H
#define PLUGIN_HTTPS_CLIENT_H

#include <lychgate/plugin.h>

enum { CLIENT_DISCARDS = 64 << 10 }; /* bytes of a body that are read and thrown away, so that the link can go on */

/* The plugin's callbacks about a client's link. */
void client_opened(struct lg_link *l);
ptrdiff_t client_receive(struct lg_link *l, struct lg_span in);
void client_ended(struct lg_link *l);
void client_writable(struct lg_link *l);
void client_expired(struct lg_link *l);
void client_drain(struct lg_link *l);
void client_closed(struct lg_link *l);

/* Reads on, if nothing is waited for any more. */
void client_go(struct lg_link *l);

/* What `send` to the client's link has said: one that is full gets no new request read. */
void client_sent(struct lg_link *l, enum lg_send sent);

/* The exchange of this link has ended, or is about to; its answer has been sent.  `close`: nothing follows it; it is so
 * too where the request is not whole. */
void client_next(struct lg_link *l, bool close);

/* Can the link go on behind an answer that is given now? */
bool client_may_go_on(const struct lg_link *l);

/* Closes the link; nothing more is read. */
void client_close(struct lg_link *l, enum lg_close how);

#endif
