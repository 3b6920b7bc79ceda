/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener_socket.h: one bound socket of a listener on one worker: listening or only bound, and what comes there.
 */
#ifndef LISTENER_SOCKET_H
#define LISTENER_SOCKET_H

#include <stdbool.h>
#include <sys/socket.h>

#include "flows.h"
#include "snapshot.h"
#include "worker.h"

struct listener;

struct listener_socket {
	struct io io; /* fd -1: closed */
	struct listener *listener;
	const struct bind *bind;
	/* Takes over the descriptor. */
	void (*accepted)(struct listener_socket *k, int fd, const struct sockaddr *peer);
	bool listening;
	struct deadline pause; /* out of descriptors: accepts again then */
	uint64_t failed_ms;    /* when that was logged last */
	struct flows flows;    /* of a UDP socket */
};

static inline bool listener_socket_is_udp(const struct listener_socket *k)
{
	return k->bind->transport == LG_UDP;
}

/* Is the address free?  Sharing it hides a foreign owner, so this asks without.  0 or -errno. */
int listener_test_bind(const struct bind *bind);

/* Bound (`share`: as one of several workers'), not yet listening.  0 or -errno. */
int listener_socket_open(struct listener_socket *k, struct listener *l, const struct bind *bind, bool share,
			 void (*accepted)(struct listener_socket *k, int fd, const struct sockaddr *peer));

/* Listens; stops, and stays bound, so that nobody else gets the port: connecting to it is refused. */
int listener_socket_listen(struct listener_socket *k);
void listener_socket_stop(struct listener_socket *k);

/* Takes in who has connected already; before it is closed. */
void listener_socket_accept_rest(struct listener_socket *k);

/* Stops for good.  Twice is fine. */
void listener_socket_close(struct listener_socket *k);

#endif
