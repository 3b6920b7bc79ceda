/* SPDX-License-Identifier: Apache-2.0 */
/* client.h: one client of the bench, over TLS or UDP: bytes out, whole messages in.  load.c gives them a meaning. */
#ifndef CLIENT_H
#define CLIENT_H

#include <gnutls/gnutls.h>
#include <stdbool.h>

#include "wire.h"

struct client;

/* A whole message has come; `n` is the length of its head, at `head`. */
typedef void (*client_got)(struct client *c, const char *head, size_t n);

struct client {
	int fd, number, port; /* `port` is the client's own */
	gnutls_session_t tls; /* NULL: UDP */
	void *owner;
	size_t n;
	char *in;
};

/* Connects, and shakes hands with TLS; ends the program if that fails. */
struct client *client_open(bool udp, const struct sockaddr_in *to, int number);

/* Sends one message: a TLS record at once, or a datagram with the next client_flush. */
void client_send(struct client *c, const char *message, size_t n);

/* Sends the datagrams that wait, of this client only: called before another client sends. */
void client_flush(struct client *c);

/* Hands over what has come, then flushes.  Ends the program if the peer has closed. */
void client_receive(struct client *c, client_got got);

#endif
