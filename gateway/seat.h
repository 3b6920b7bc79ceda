/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seat.h: the place that an exchange takes at a server (server_enter) as soon as that is picked, so that max_sessions
 * holds however many workers pick at once.  The link that it opens takes the seat over; on a shared link the exchange
 * keeps it to its end.  A link of the session's that is there already needs none.
 */
#ifndef SEAT_H
#define SEAT_H

#include <stdbool.h>

struct exchange;
struct server;

/* False: the server is full, and the seat that `x` had stays.  What is the server's `own` goes on over a shared link
 * even then: no other server knows it. */
bool seat_take(struct exchange *x, struct server *server, bool own);

/* Takes one at the server that a policy wants, x->wanted, if it takes new keys, and sets x->server.  A host name's are
 * as good as each other: the one with the fewest sessions. */
bool seat_take_wanted(struct exchange *x);
bool seat_is_wanted(const struct exchange *x, const struct server *s);

/* Sets x->server to where a new key goes, and takes a seat there: the wanted one, else whichever balance picks; when
 * all are full, one that the session has a link to.  False: no server can have it. */
bool seat_take_any(struct exchange *x);

/* Gives it back, if there is one. */
void seat_drop(struct exchange *x);

#endif
