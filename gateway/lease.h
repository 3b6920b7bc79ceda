/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease.h: links to servers that one exchange has for itself (LG_LEASED).  While it has one, its tenant's session has
 * it like a private link; given back, it is idle in the trunk of its server (trunk.h) and waits for the next tenant, of
 * whatever session: the newest first, at most IDLE_LINKS of them, for IDLE_LINK_MS.  A session may keep one for good,
 * and does so with those to a pool that says `ntlm`.  One whose PROXY header named the client waits in its session, at
 * most limits.kept of them.
 *
 * Nothing of one tenant ever reaches another: a link that has anything under way is not given back but closed, and so
 * is an idle one on which anything comes.
 */
#ifndef LEASE_H
#define LEASE_H

#include <stdbool.h>
#include <stdint.h>

struct exchange;
struct link;
struct server;
struct session;

enum {
	IDLE_LINKS = 64,      /* in each trunk of a worker; beyond it the oldest goes */
	IDLE_LINK_MS = 30000, /* less than servers keep an idle connection; limits.idle, if that is shorter */
};

/* A link that `x` takes to x->server, which its session has none to: an idle or a new one.  Its seat becomes the
 * link's.  0 or -errno. */
int lease_reach(struct link **lp, struct exchange *x);

/* LG_STAY: the link that the session keeps in the pool of the verdict, idle or not; NULL: none, or that was not asked.
 */
struct link *lease_kept(const struct exchange *x);

/* A link to that server which the session keeps, or which must be nobody else's, and nothing is under way on; one that
 * its peer has used meanwhile is closed.  NULL: none. */
struct link *lease_find_own(struct session *s, const struct server *server);
void lease_take_own(struct link *l, struct exchange *x);

/* The exchange has no link any more; one that was not given back closes.  Fine when it had none. */
void lease_end(struct exchange *x);

/* The tenant is through with its link: idle from now on, or closed if that cannot be.  The exchange goes on without it.
 */
void lease_give_back(struct exchange *x);

/* Its session keeps the link.  False: it keeps limits.kept already, or there is no link. */
bool lease_keep(struct exchange *x);

/* The plugin's own deadline runs on a leased link, or does no more (and on other links: nothing).  As long as one does,
 * neither the link nor its client counts as idle: an answer may take longer than that. */
void lease_watch(struct link *l, bool on);

/* A leased link has closed. */
void lease_link_closed(struct link *l);

#endif
