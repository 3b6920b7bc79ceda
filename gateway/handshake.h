/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handshake.h: the gateway's own threads for the CPU work of TLS handshakes, at lower priority than the loops, so that
 * a storm of new connections does not hold up the standing ones.
 *
 * A job belongs either to the pool or to its owner's loop, never to both: after handshake_submit nobody but the pool
 * may touch what the job's `work` touches, until `done` has been called on the owner's loop.
 */
#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include "list.h"
#include "worker.h"

struct handshake_pool;

struct handshake_job {
	void (*work)(struct handshake_job *job); /* on a thread of the pool */
	void (*done)(struct handshake_job *job); /* afterwards on the loop of `owner` */
	struct worker *owner;
	struct mail mail;  /* the pool's */
	struct list queue; /* the pool's */
};

/* Starts `threads` threads; 0 or -errno. */
int handshake_pool_create(struct handshake_pool **pp, unsigned threads);

/* Never fails, never blocks; jobs begin in the order in which they came. */
void handshake_submit(struct handshake_pool *pool, struct handshake_job *job);

/* Finishes what has begun and what is queued, then stops the threads; NULL is fine. */
void handshake_pool_destroy(struct handshake_pool *pool);

#endif
