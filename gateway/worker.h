/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h: one thread, one loop, and what its links share: the receive buffer, the timer wheel, the queue of
 * consequences and the list of streams with something to send.
 *
 * A turn of the loop: ready sockets are read, each callback's consequences run right after it (worker_deliver), and at
 * the end everything queued for a peer leaves in one send (the dirty list).  The gateway's control thread, which runs
 * monitors, has a worker too, so that a stream is the same thing everywhere.
 */
#ifndef WORKER_H
#define WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "buf.h"
#include "list.h"
#include "names.h"
#include "wheel.h"

struct worker;

/* A consequence: run once, soon, in order, on this worker.  Embedded in its owner. */
struct task {
	struct list node;
	void (*run)(struct task *t);
};

static inline void task_init(struct task *t, void (*run)(struct task *))
{
	list_init(&t->node);
	t->run = run;
}

/* A message from another thread; it belongs to the mailbox until `run` is called. */
struct mail {
	struct mail *next;
	void (*run)(struct mail *m);
};

/* A socket that the worker watches: `ready` is told what has become possible (EPOLLIN and so on). */
struct io {
	int fd;
	void (*ready)(struct io *io, uint32_t events);
};

/* Memory that may still be pointed to in this turn of the loop: freed at its end. */
struct grave {
	struct list node;
	void (*bury)(struct grave *g);
};

enum { WORKER_RECEIVE = 128 * 1024 };

struct worker {
	unsigned index;
	uv_loop_t loop;
	struct wheel wheel;
	uint64_t now_ms; /* of this turn */

	struct list tasks;  /* consequences, in order */
	bool delivering;    /* one is running */
	struct list dirty;  /* streams with something to send: stream.c */
	struct list again;  /* streams that have more to read than one turn allows: stream.c */
	struct list graves;

	char *receive;                    /* WORKER_RECEIVE bytes, lent while bytes are in hand: stream.c */
	struct buf cipher_in, cipher_out; /* the same for records */

	struct handshake_pool *handshakes;
	struct tls_stock *tls_stock; /* sessions with servers, to be resumed */
	struct script *script; /* this thread's policies */
	struct list listeners; /* listener.c */
	struct list sessions;  /* session.c: of clients */
	struct list trunks;    /* trunk.c: sessions of shared links */
	struct names names;    /* deliver.c: links that have one */
	struct list streams;   /* stream.c: all of them */
	struct list pipes;     /* splice.c: empty ones */
	unsigned npipes, npipes_lent;
	struct list flows;     /* flow.c: all of them */
	struct list resting;   /* flow.c: ports that nobody may have yet */
	unsigned nresting, most_resting;
	struct datagram_room *datagrams; /* flow.c: lent while datagrams are in hand */
	struct flow_out *flow_out;       /* flow.c: what leaves to servers in this turn */
	bool draining;         /* stops with its last session */
	bool stopped;          /* its loop has ended: mail that comes now does nothing but end */
	struct worker **all;   /* those that carry traffic, by whose mailboxes units go; this one, too */
	unsigned nall;
	uint64_t last_session, session_step; /* numbers of sessions: each worker counts in steps of its own */
	const unsigned char *secret; /* 16 bytes, of the process: keys of the persistence table */

	int epoll; /* the inner epoll; `poll` watches it */
	uv_poll_t poll;
	uv_prepare_t prepare;
	uv_idle_t busy;  /* active while `again` is not empty, so that the loop does not sleep */
	uv_timer_t tick; /* turns the wheel */
	struct io wake;  /* an eventfd: there is mail */
	pthread_mutex_t mail_lock;
	struct mail *mail, **mail_tail;
	atomic_ullong mail_bytes; /* of units in the mailbox: deliver.h bounds them */
};

/* 0 or -errno, nothing left open.  Another thread may run it then. */
int worker_init(struct worker *w, unsigned index);

/* After worker_run has returned; mail that came too late is run first. */
void worker_fini(struct worker *w);

/* Runs until worker_stop, which is called on the same thread. */
void worker_run(struct worker *w);
void worker_stop(struct worker *w);

/* Watches io->fd for `events` (EPOLLIN, EPOLLET and so on); 0 or -errno.  A descriptor that is closed is
 * watched no more; worker_unwatch is for one that stays open. */
int worker_watch(struct worker *w, struct io *io, uint32_t events);
void worker_unwatch(struct worker *w, struct io *io);

/* Queues a consequence; one that is queued already keeps its place. */
void worker_defer(struct worker *w, struct task *t);

/* Runs the consequences until there are none.  Does nothing inside a consequence: the outermost goes on. */
void worker_deliver(struct worker *w);

/* Calls g->bury at the end of this turn. */
void worker_bury(struct worker *w, struct grave *g);

/* Runs m->run on the worker's thread; from any thread, between init and fini. */
void worker_post(struct worker *w, struct mail *m);

#endif
