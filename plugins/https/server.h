/* SPDX-License-Identifier: Apache-2.0 */
/* server.h: a server's link while an exchange has it: the answer, and what becomes of the link behind it. */
#ifndef PLUGIN_HTTPS_SERVER_H
#define PLUGIN_HTTPS_SERVER_H

#include <lychgate/plugin.h>

/* A request is about to be sent to the link that its exchange has got. */
void server_begin(struct lg_exchange *x, struct lg_link *to);

/* All of the request has been sent. */
void server_request_whole(struct lg_exchange *x);

/* The exchange's link is the client's alone from now on: true also if it has been; false: it has too many. */
bool server_keep(struct lg_exchange *x);

/* The answer has been passed on, all of it.  `clean`: nothing has come behind it. */
void server_answered(struct lg_link *l, bool clean);

/* Reads on, if the client takes what comes. */
void server_go(struct lg_link *l);

/* The plugin's callbacks about a server's link. */
ptrdiff_t server_receive(struct lg_link *l, struct lg_span in);
void server_ended(struct lg_link *l);
void server_writable(struct lg_link *l);
void server_expired(struct lg_link *l);

#endif
