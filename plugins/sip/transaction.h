/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transaction.h: the open requests of a session, found by what an answer repeats of its request: Call-ID, CSeq and the
 * top Via's branch (RFC 3261 section 17.1.3).  Lync leaves the branch out, and servers add parameters to the top Via;
 * then the protocol and host that stand before the parameters take its place.
 *
 * The id is a keyed hash of 128 bits, so that nothing of a message has to be kept or compared: who does not know the
 * seed cannot make two ids equal.  The table is allocated with its first entry and freed with its last.
 */
#ifndef PLUGIN_SIP_TRANSACTION_H
#define PLUGIN_SIP_TRANSACTION_H

#include <lychgate/plugin.h>

#include "sip/scan.h"

struct transaction_seed {
	uint64_t a, b;
};

/* { 0, 0 } is no transaction's. */
struct transaction_id {
	uint64_t a, b;
};

struct transaction {
	struct transaction_id id;
	struct lg_exchange *x;  /* NULL: answered with 2xx, which may come again (RFC 6026 section 7.1) */
	struct lg_link *server; /* where the request went, or came from */
	uint64_t expires_ms;
};

struct transactions {
	struct transaction *slots; /* open addressing, at most half full */
	uint32_t n, size;          /* size: a power of two, or 0 */
};

/* Of a request that came from `side`, or of an answer to such a request. */
struct transaction_id transaction_id(const struct transaction_seed *seed, enum lg_side side, const char *p,
				     const struct sip_head *h);

/* Adds an entry, also when there is one with the same id.  0 or -ENOMEM. */
int transactions_add(struct transactions *t, const struct transaction *entry);

/* NULL: there is none.  Good until the next add or remove. */
struct transaction *transactions_find(const struct transactions *t, struct transaction_id id);

/* Removes one that `find` or `at` has given. */
void transactions_remove(struct transactions *t, struct transaction *entry);

/* The entry in slot `i`; NULL: none.  For a walk over `size` slots; after a remove, look at the same slot again. */
struct transaction *transactions_at(const struct transactions *t, uint32_t i);

void transactions_fini(struct transactions *t);

#endif
