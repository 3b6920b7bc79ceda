/* SPDX-License-Identifier: Apache-2.0 */
/*
 * track.h: which server's health and operator's word are whose too (monitor = { track = POOL }): those of the server of
 * POOL which has the same address now, with any port.  A follower's own word counts as well; the stronger one holds
 * (server_word).
 */
#ifndef TRACK_H
#define TRACK_H

#include <stdbool.h>

struct pool;
struct server;
struct snapshot;

/*
 * Finds for each server that tracks whom it follows, on the control thread, or where no other thread is yet: when the
 * configuration is built and each time that an address has changed.  `changed`, which may be NULL, is told of each
 * server that follows another one than before, or nobody: then s->tracked is NULL.
 */
void tracks_renew(struct snapshot *snapshot, void (*changed)(void *ctx, struct server *s), void *ctx);

/* Whether a name of the tracked pool has not been answered yet, so that who follows nobody now may still find someone.
 */
bool track_is_open(const struct pool *tracked);

#endif
