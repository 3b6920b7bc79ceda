/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reach.h: which link an exchange takes to its server: the session's own (LG_PRIVATE), one that all share (trunk.h) or
 * a leased one (lease.h); and what to do when there is no socket for it.
 */
#ifndef REACH_H
#define REACH_H

#include <stdbool.h>

struct exchange;
struct link;
struct server;

/* The link that `x` takes to x->server; it may still be connecting.  0 or -errno; -EUSERS: the server is full. */
int reach_link(struct link **lp, struct exchange *x);

/* A new link of the session's own to x->server; it is connecting, and has the seat of `x`.  0 or -errno. */
int reach_connect(struct link **lp, struct exchange *x);

/* Whether the session has a link to `server` that `x` would take. */
bool reach_has_link(const struct exchange *x, const struct server *server);

/*
 * There was no descriptor or port left (`r`) for a new flow: as in a full table, one that is worth less goes.  The new
 * one is not confirmed itself, so no confirmed one ever goes for it.  True: its step comes again, behind the
 * consequences of that.
 */
bool reach_waits(struct exchange *x, int r);

#endif
