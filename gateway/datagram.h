/* SPDX-License-Identifier: Apache-2.0 */
/*
 * datagram.h: sending and receiving datagrams in batches, one system call for many, and from the address that a client
 * sent to (IP_PKTINFO).  It knows no flows: flow.c does.
 */
#ifndef DATAGRAM_H
#define DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <lychgate/plugin.h>

struct mmsghdr;

enum {
	DATAGRAM_BATCH = 32,
	DATAGRAM_MOST = 64 * 1024, /* bytes of one */
	DATAGRAM_BUFFER = 8 << 20, /* receive buffer of a socket that many send to: a burst waits here */
	DATAGRAM_FLOW = 1 << 20,   /* of one flow's socket */
};

/* One that came: where from, to which of our addresses. */
struct datagram {
	struct sockaddr_storage peer;
	struct sockaddr_storage local; /* family 0: the socket's own address */
	struct lg_span bytes;
};

/* Room for a batch, lent while it is in hand.  One for each thread that has datagrams. */
struct datagram_room;
struct datagram_room *datagram_room_create(void); /* NULL: out of memory */
void datagram_room_destroy(struct datagram_room *r); /* NULL is fine */

/* A bound socket for clients; on the unspecified address each datagram tells its local one.  Its fd or -errno. */
int datagram_bind(const struct sockaddr *address, bool share);

/* A socket connected to a server, from `source` when that is not NULL (source.h).  The descriptor or -errno. */
int datagram_connect(const struct sockaddr *server, const struct sockaddr *source);

/* A larger receive buffer, as far as the system lets us: new sockets of datagram_connect have the system's own. */
void datagram_widen(int fd, int bytes);

/* Receives a batch: the number of datagrams, 0 when there is none, or -errno (an ICMP error that came for an earlier
 * one).  datagram_get gives each; its bytes are good until the next call. */
int datagram_receive(struct datagram_room *r, int fd);
void datagram_get(const struct datagram_room *r, int i, struct datagram *d);

/*
 * Runs: datagrams of one length and way, of which the last may be shorter, go through the kernel as one message, which
 * cuts them apart where it has to (UDP_SEGMENT, udp(7)).  A way may refuse them: when it is too narrow for one of them.
 */
enum { DATAGRAM_RUN_ROOM = CMSG_SPACE(sizeof(uint16_t)) }; /* bytes of control message */
/* How many of the `n` datagrams make one; 1: none. */
unsigned datagram_run(const struct iovec *v, unsigned n);
/* Has `m` cut after each `length` bytes; there is room behind its control messages. */
void datagram_mark_run(struct msghdr *m, size_t length);
/* How many datagrams these messages are, runs counted by their datagrams. */
unsigned datagram_count(const struct mmsghdr *m, unsigned n);
/* Is this (an errno, positive) the refusal of a run? */
bool datagram_refuses_run(int error);

/* Queues an answer, one datagram of all the pieces, from `local` (family 0: the socket's own) to `peer`; a full batch
 * is sent.  datagram_flush sends the rest, at the end of the turn at the latest; all must be of one socket between
 * flushes (it flushes itself when not).  What the kernel does not take is lost, as datagrams are: how many is told. */
unsigned datagram_queue(struct datagram_room *r, int fd, const struct sockaddr *peer, const struct sockaddr *local,
			const struct lg_span *pieces, unsigned n);
unsigned datagram_flush(struct datagram_room *r);

#endif
