/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h: one thread, one loop, and what its links share: the receive buffer, the timer wheel, the queue of consequences
 * and the list of links with something to send.
 *
 * A turn of the loop: ready sockets are read, each callback's consequences run right after it (worker_deliver), and at the
 * end everything queued for a peer leaves in one send (the dirty list).  The gateway's control thread, which runs monitors,
 * has a worker too, so that a link is the same thing everywhere.
 */
#ifndef WORKER_H
#define WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "buf.h"
#include "list.h"
#include "wheel.h"

struct worker;

/* A consequence: run once, soon, in order, on this worker.  Embedded in its owner; list_remove(&t->node) takes it back. */
struct task {
	struct list node;
	void (*run)(struct task *t);
};

/* A message from another thread. */
struct mail {
	struct mail *next;
	void (*run)(struct mail *m);
};

/* A socket that the worker watches, edge-triggered: `ready` is told what has become possible. */
struct io {
	int fd;
	void (*ready)(struct io *io, uint32_t epoll_events);
};

struct worker {
	unsigned index;
	uv_loop_t loop;
	struct wheel wheel;
	uint64_t now_ms;

	struct list tasks; /* consequences, in order */
	struct list dirty; /* streams with something to send: stream.c */
	struct list again; /* streams that may have more to read: stream.c */

	struct buf cipher_in, cipher_out; /* lent while bytes are in hand: stream.c */
	char *plain;                      /* WORKER_PLAIN bytes, the receive buffer: stream.c */

	struct handshake_pool *handshakes;
	struct script *script;    /* policies: script.h */
	struct list listeners;    /* of this worker: listener.c */
	struct list sessions;     /* of this worker: session.c */
	struct gateway *gateway;

	int epoll;                /* the inner epoll and what watches it */
	uv_poll_t poll;
	uv_prepare_t prepare;
	uv_timer_t tick;
	uv_async_t wake;
	pthread_mutex_t mail_lock;
	struct mail *mail, **mail_tail;
	pthread_t thread;
};

#define WORKER_PLAIN (64 * 1024)

/* 0 or -errno; the caller starts the thread and calls worker_run on it. */
int worker_init(struct worker *w, unsigned index);
void worker_fini(struct worker *w);

/* Runs until worker_stop; worker_stop is called on the worker's own thread (post a mail). */
void worker_run(struct worker *w);
void worker_stop(struct worker *w);

/* Watches io->fd for reading, writing and hang-up, all edge-triggered; 0 or -errno.  Closing the descriptor ends it; call
 * worker_unwatch first. */
int worker_watch(struct worker *w, struct io *io);
void worker_unwatch(struct worker *w, struct io *io);

/* Queues a consequence; one that is queued already keeps its place. */
void worker_defer(struct worker *w, struct task *t, void (*run)(struct task *));

/* Runs the consequences until there are none.  Called after each callback from the outside. */
void worker_deliver(struct worker *w);

/* Runs m->run on the worker's thread; from any thread, at any time between init and fini. */
void worker_post(struct worker *w, struct mail *m);

#endif
