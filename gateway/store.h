/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h: the persistence table behind one question, claim: who owns this key?  The answer may come later (a store
 * that other gateways share); the table in memory answers at once.  All threads use a store at the same time.
 *
 * A key is a keyed hash of 128 bits of (group or pool name; values of the facts): the text itself is not kept.
 */
#ifndef STORE_H
#define STORE_H

#include <stddef.h>
#include <stdint.h>

struct store_key {
	uint64_t a, b;
};

/* One question.  Embedded in whoever asks, and must stay until the answer. */
struct claim {
	struct store_key key;
	uint64_t proposed;   /* server id: the owner from now on if there is none; 0: only look */
	uint64_t instead_of; /* this owner is gone, `proposed` takes over if it is still the owner; 0: nobody is gone */
	uint64_t source;     /* hash of whose key it is, if it is new: the entry counts to its share; 0: to nobody's */
	uint32_t timeout_ms; /* the entry lives this long after its last claim */
	uint64_t now_ms;
	uint64_t owner;      /* the answer; 0: nobody */
	void (*answered)(struct claim *c); /* called, on the asking thread, only after -EINPROGRESS */
};

struct store;

struct store_ops {
	int (*claim)(struct store *s, struct claim *c);
	size_t (*entries)(struct store *s, uint64_t now_ms); /* that have not expired */
	void (*destroy)(struct store *s);
};

/* The common head of all stores. */
struct store {
	const struct store_ops *ops;
	unsigned refs; /* pools of one group share one; counted while the snapshot is built and freed */
};

/* 0: c->owner is the answer.  -EINPROGRESS: c->answered will be called.  -ENOMEM or -ENOSPC: not remembered, c->owner
 * is `proposed` all the same. */
static inline int store_claim(struct store *s, struct claim *c)
{
	return s->ops->claim(s, c);
}

struct store_memory_conf {
	size_t entries; /* at most, 1 to STORE_MEMORY_MAX; when it is full, the least recently claimed of its shard
			   goes, see below */
};

enum {
	STORE_MEMORY_MAX = 100000000, /* some 6 GiB */
	STORE_SHARE = 4,              /* one source's share is this part of a full table */
};

/*
 * The table in memory, sharded, with one reference; 0 or -errno.  An entry takes 60 bytes in a full table, up to 120
 * while it grows and up to 240 while it empties.
 *
 * While there is room, one source may have all of it.  In a full table, a source with its share or more loses the least
 * recently claimed of its own for each new key; the others' new keys take from the source that has more than its share,
 * then the least recently claimed of all.
 */
int store_memory_create(struct store **sp, const struct store_memory_conf *conf);

/* The key that `n` pieces are: the scope (the group or pool name), then values, where ("ab", "c") and ("a", "bc")
 * differ; `secret` is the process's 16 bytes. */
struct lg_span;
struct store_key store_key_of(const unsigned char secret[16], const struct lg_span *pieces, unsigned n);

#endif
