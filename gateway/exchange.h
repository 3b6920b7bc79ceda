/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h: the bookkeeping behind session.c: sessions and exchanges are made, kept and ended here, and what was open
 * on a link that closed is told so.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "session.h"

/* A session of `peer` without links; NULL: out of memory.  The other is for links that all clients share. */
struct session *session_create(struct listener *l, const struct sockaddr *peer);
struct session *session_create_shared(struct listener *l);
/* Takes it out of all counts and frees it at the end of the turn; it has no link. */
void session_destroy(struct session *s);

/* An open exchange whose steps are `step`; NULL: out of memory. */
struct exchange *exchange_create(struct session *s, void (*step)(struct task *));

/* The unit outlives its callback from now on: a copy, made once.  0 or -ENOMEM, then the unit is empty. */
int exchange_keep_unit(struct exchange *x);
/* Nobody reads it any more. */
void exchange_drop_unit(struct exchange *x);

/* Its server failed it: not tried again. */
void exchange_tried(struct exchange *x);

/* The store has answered at last; true: the exchange was over meanwhile, and now its memory has gone, too. */
bool exchange_answered(struct exchange *x);

/* It is over; the memory goes at the end of the turn, or with the store's answer.  Fine to call twice. */
void exchange_end(struct exchange *x);

/* In session.c: the exchanges that wait for this link look for another server. */
void session_link_failed(struct link *l);

#endif
