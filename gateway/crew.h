/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crew.h: the workers that carry the traffic, as many as the configuration says, each with its thread, its own sockets
 * of every listener and its own sessions.  They hear from the control thread by mail only; every function here is for
 * that thread.
 */
#ifndef CREW_H
#define CREW_H

#include <stddef.h>

struct crew;
struct handshake_pool;
struct rates;
struct snapshot;
struct worker;

/* What all workers share, borrowed until crew_destroy. */
struct crew_shared {
	const unsigned char *secret; /* 16 bytes: of hashes that nobody outside may foresee */
	struct rates *rates;
	struct worker *main;      /* the control worker: learns there that a thread has ended */
	void (*ended)(void *ctx); /* all have; called once, if any was started */
	void *ctx;
};

/* All workers with their listeners: what needs no server is bound and open, but nothing is accepted before crew_start.
 * 0, or -errno with `err` filled or empty; then crew_destroy takes what was made. */
int crew_create(struct crew **cp, struct snapshot *snapshot, const struct crew_shared *shared, char err[],
		size_t errlen);

/* Opens the listeners' access logs, with the rights that the process has now.  0 or -errno. */
int crew_open_logs(struct crew *c, char err[], size_t errlen);

/* Starts the threads.  -errno: those that were started run all the same, and have to be ended (crew_running). */
int crew_start(struct crew *c, struct handshake_pool *handshakes);
unsigned crew_running(const struct crew *c); /* threads; NULL: none */

/* A server's health or the operator's word has changed: listeners open or close, links part from it. */
void crew_review(struct crew *c);

/* The steps of stopping: listeners close and sessions may end by themselves; all are closed; all are reset. */
void crew_drain(struct crew *c);
void crew_end(struct crew *c);
void crew_reset(struct crew *c);

/* No thread runs any more.  NULL is fine. */
void crew_destroy(struct crew *c);

#endif
