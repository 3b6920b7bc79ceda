/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flows.h: the table of a listener's UDP flows on one worker: found by the client's address and port (and the local
 * address), and which of them has to go when there are too many.  It knows no sockets and no links; flow.c does.
 *
 * A flow is confirmed once its client has sent again after an answer: a spoofed source never does.  When the table is
 * full an unconfirmed flow goes first, the least recently used one; if there is none, the least recently used of the
 * source that has the most.  So a flood of made-up sources pushes out its own.
 */
#ifndef FLOWS_H
#define FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "list.h"

enum { FLOWS_COUNTS = 256 }; /* sources with as many flows or more count alike */

/* All flows of one client address. */
struct flow_source {
	struct flow_source *next; /* in its chain */
	uint64_t hash;
	unsigned count;
	struct list flows;   /* least recently used first */
	struct list by_count;
};

/* What the table knows of a flow; embedded in struct flow. */
struct flow_entry {
	struct flow_entry *next; /* in its chain */
	uint64_t hash;
	struct sockaddr_storage peer, local; /* local family 0: the socket's own address */
	struct flow_source *source;
	struct list of_source;
	struct list order; /* unconfirmed or confirmed, least recently used first */
	bool answered, confirmed;
};

struct flows {
	const unsigned char *secret; /* 16 bytes: nobody can choose colliding addresses */
	struct flow_entry **chains;
	struct flow_source **source_chains;
	size_t size; /* of both; a power of two */
	size_t n;
	struct list unconfirmed, confirmed;
	struct list by_count[FLOWS_COUNTS];
};

/* Room for about `expected` flows; 0 or -ENOMEM. */
int flows_init(struct flows *t, size_t expected, const unsigned char secret[16]);
void flows_fini(struct flows *t); /* it is empty */

/* The flow of this client to this local address; NULL: none. */
struct flow_entry *flows_find(struct flows *t, const struct sockaddr *peer, const struct sockaddr *local);

/* Puts a zeroed entry with `peer` and `local` set into the table; 0 or -ENOMEM. */
int flows_add(struct flows *t, struct flow_entry *e);
void flows_remove(struct flows *t, struct flow_entry *e);

/* The client has sent, was sent something: used just now, and maybe confirmed. */
void flows_sent(struct flows *t, struct flow_entry *e);
void flows_answered(struct flows *t, struct flow_entry *e);

/* Which one has to go for a new one; NULL when the table is empty.  flows_oldest_of: the same among one client's. */
struct flow_entry *flows_victim(struct flows *t);
struct flow_entry *flows_oldest_of(struct flows *t, const struct sockaddr *peer);

#endif
