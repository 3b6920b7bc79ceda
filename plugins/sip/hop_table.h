/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_table.h: the few exchanges that hop mode keeps, found by the hash in our branch (hop_branch.h).
 *
 * A dialog's first request is kept until its first answer, for another server may get it; one whose answer is to be
 * edited, to its final answer; and of one that another server did get stays which server that is, as long as answers of
 * the first may come.  Entries are numbers from 1 on, 0 is none; the table grows by doubling, and never above its
 * limit.
 */
#ifndef PLUGIN_SIP_HOP_TABLE_H
#define PLUGIN_SIP_HOP_TABLE_H

#include <lychgate/plugin.h>

enum hop_state {
	HOP_FREE,
	HOP_WAITS,  /* for its first answer */
	HOP_EDITED, /* for its final answer, and all answers get the exchange's edits */
	HOP_MOVED,  /* answered: what the first server says late is not believed; no exchange, no link */
};

/* An INVITE as it came, so that a late answer of the server that has lost it can be acknowledged: hop_wait.c's. */
struct hop_sent;

struct hop_wait {
	uint64_t hash, due_ms; /* due_ms: UINT64_MAX while the request is being routed */
	struct lg_exchange *x; /* NULL: HOP_MOVED */
	struct lg_link *from;
	struct hop_sent *sent; /* NULL: none */
	uint32_t chain;        /* the next one in the bucket, or in the list of free ones */
	uint32_t prev, next;   /* of the same link, in the order in which they came */
	uint8_t state, attempt;
	bool invite, cancelled;
};

/* The entries of one link. */
struct hop_owner {
	uint32_t first, last;
};

/* What was answered lately: who sends it again needs nobody else.  A few are forgotten too early. */
struct hop_past {
	uint64_t hash, until_ms;
};
enum { HOP_PASTS = 4096 };

struct hop_table {
	struct hop_wait *all; /* from 1 on */
	uint32_t *buckets;    /* `size` of them */
	uint32_t size, n, limit;
	uint32_t free, hand;   /* hand: the next one that is looked at for being overdue */
	struct hop_past *past; /* HOP_PASTS of them, by hash; NULL: none yet */
};

/* Is there room for one more?  Makes it if need be.  False: the limit is reached, or memory is out. */
bool hop_table_reserve(struct hop_table *t);

/* Adds an entry; there must be room.  Its number. */
uint32_t hop_table_add(struct hop_table *t, struct hop_owner *owner, const struct hop_wait *entry);

/* The entry with this hash; 0: none. */
uint32_t hop_table_find(const struct hop_table *t, uint64_t hash);

static inline struct hop_wait *hop_table_at(const struct hop_table *t, uint32_t i)
{
	return &t->all[i];
}

/* It belongs to its link no more. */
void hop_table_disown(struct hop_table *t, struct hop_owner *owner, uint32_t i);

/* Removes one; `owner` is its link's list, or NULL. */
void hop_table_remove(struct hop_table *t, struct hop_owner *owner, uint32_t i);

/* Removes a few of HOP_MOVED whose time is over; called now and then, it finds them all. */
void hop_table_sweep(struct hop_table *t, uint64_t now_ms);

/* This has been answered; has it, not longer ago than that? */
void hop_table_remember(struct hop_table *t, uint64_t hash, uint64_t until_ms);
bool hop_table_remembers(const struct hop_table *t, uint64_t hash, uint64_t now_ms);

void hop_table_fini(struct hop_table *t);

#endif
