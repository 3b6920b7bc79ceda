/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h: the persistence table behind one question, claim: who owns this key?  The answer may come later (a store that
 * other gateways share); the table in memory answers at once.  All threads use a store at the same time.
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

/* 0: c->owner is the answer.  -EINPROGRESS: c->answered will be called.  -ENOMEM or -ENOSPC: not remembered, c->owner is
 * `proposed` all the same. */
static inline int store_claim(struct store *s, struct claim *c)
{
	return s->ops->claim(s, c);
}

struct store_memory_conf {
	size_t entries; /* at most, 1 to STORE_MEMORY_MAX; the least recently claimed (of its shard) goes first */
};

enum { STORE_MEMORY_MAX = 100000000 }; /* some 5 GiB */

/* The table in memory, sharded, with one reference; 0 or -errno.  An entry takes 52 bytes in a full table, up to 104
 * while it grows and up to 208 while it empties. */
int store_memory_create(struct store **sp, const struct store_memory_conf *conf);

/* The key that `n` pieces are: the scope (the group or pool name), then values, where ("ab", "c") and ("a", "bc")
 * differ; `secret` is the process's 16 bytes. */
struct lg_span;
struct store_key store_key_of(const unsigned char secret[16], const struct lg_span *pieces, unsigned n);

#endif
