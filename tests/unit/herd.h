/* SPDX-License-Identifier: Apache-2.0 */
/* herd.h: a pool to pick from, for the tests of balance.h. */
#ifndef HERD_H
#define HERD_H

#include "balance.h"

enum { HERD_SERVERS = 8 };

/* A pool whose servers are all up; with ids 1001, 1002 ... */
struct herd {
	struct pool pool;
	struct server servers[HERD_SERVERS];
	struct server_state states[HERD_SERVERS];
	struct pool_live live;
	uint64_t now_ms;
};

/* One server for each of the weights, as "1 2 5". */
void herd_make(struct herd *f, enum balance balance, const char *weights);

void herd_health(struct herd *f, unsigned i, enum health health);
void herd_admin(struct herd *f, unsigned i, enum admin admin);
void herd_sessions(struct herd *f, unsigned i, unsigned sessions);

/* The picked server, for a key of this hash; there must be one. */
struct server *herd_take(struct herd *f, uint64_t hash);
/* The letter of the picked server, '-' for none. */
char herd_pick(struct herd *f, const struct tried *tried);
/* The letters of the next picks, from a first turn. */
void herd_expect(struct herd *f, const char *expected);

#endif
