/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trunk.h: the links to servers that all clients of a listener on one worker share (LG_SHARED).  They hang on a session
 * of their own, which has no client and is under no limit; it comes with the first of them and goes with the last.
 *
 * Leased links (lease.h) hang on the same session while nobody has them.
 *
 * One trunk is what may share: the same server (server.trunk), with our certificate shown or not, UDP or a stream.  It
 * has up to pool->links links; a client always takes the same one, so that its messages keep their order.
 */
#ifndef TRUNK_H
#define TRUNK_H

#include <stdbool.h>

#include "list.h"

struct exchange;
struct link;
struct listener;
struct server;
struct session;
struct trunks;
struct worker;

enum { TRUNK_FLUSH_MS = 2000 }; /* for what is queued on shared links, after a worker's last session has ended */

/* The link that `x` takes to its server; it may still be connecting.  0 or -errno. */
int trunk_reach(struct link **lp, struct exchange *x);

/* A trunk's leased links that nobody has now (lease.h). */
struct idle {
	struct list links; /* struct link, the newest last */
	unsigned n;
};

/* Those to that server, over streams, with our certificate shown or not; NULL: out of memory. */
struct idle *trunk_idle(struct listener *l, const struct server *server, bool shows);

/* The session that idle and shared links hang on, made if there is none; NULL: out of memory.  Without a link it has to
 * be destroyed. */
struct session *trunk_session(struct listener *l);

/* There are no descriptors left in the process: an idle link of the worker is given up.  False: there is none. */
bool trunk_give_up_one(struct worker *w);

/* A shared link has closed; its session has ended. */
void trunk_link_closed(struct link *l);
void trunk_session_ended(struct listener *l);

/* The worker stops: all its shared links are flushed and closed. */
void trunks_close(struct worker *w);

/* There are no links any more. */
void trunks_free(struct listener *l);

#endif
