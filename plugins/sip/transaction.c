/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transaction.c is the table of a session's open requests.  It knows how an answer is matched to its request and
 * nothing of what follows from it: that is request.c's and answer.c's.
 */
#include "transaction.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 8 };

/* ---- The id ---- */

/* Multiplies to 128 bits and folds the halves: each bit of both factors reaches all of the result. */
static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static void mix_word(struct transaction_id *id, const struct transaction_seed *seed, uint64_t word)
{
	id->a = fold(id->a ^ word, seed->a | 1);
	id->b = fold(id->b + word, seed->b | 1) ^ id->a;
}

/* The length goes first, so that what stands on either side of a border makes a difference. */
static void mix(struct transaction_id *id, const struct transaction_seed *seed, struct sip_text t)
{
	uint64_t word;

	mix_word(id, seed, t.n);
	for (; t.n >= sizeof(word); t.p += sizeof(word), t.n -= sizeof(word)) {
		memcpy(&word, t.p, sizeof(word));
		mix_word(id, seed, word);
	}
	if (t.n > 0) {
		word = 0;
		memcpy(&word, t.p, t.n);
		mix_word(id, seed, word);
	}
}

/* What tells apart the requests of two senders that chose the same Call-ID and CSeq. */
static struct sip_text sender(const char *p, const struct sip_head *h)
{
	struct sip_text branch = sip_branch(p, h), via;
	const char *parameters;

	if (branch.n > 0)
		return branch;
	via = sip_top_via(p, h);
	parameters = via.n > 0 ? memchr(via.p, ';', via.n) : NULL;
	return parameters ? sip_trim((struct sip_text){ via.p, (size_t)(parameters - via.p) }) : via;
}

struct transaction_id transaction_id(const struct transaction_seed *seed, enum lg_side side, const char *p,
				     const struct sip_head *h)
{
	struct transaction_id id = { seed->b, seed->a };

	mix_word(&id, seed, (uint64_t)h->cseq << 1 | (side == LG_CLIENT));
	mix(&id, seed, sip_text(p, h->method_name));
	mix(&id, seed, sip_text(p, h->call_id));
	mix(&id, seed, sender(p, h));
	id.b |= 1; /* never { 0, 0 } */
	return id;
}

/* ---- The table ---- */

static bool is_free(const struct transaction *t)
{
	return t->id.a == 0 && t->id.b == 0;
}

static bool is_same(struct transaction_id i, struct transaction_id j)
{
	return i.a == j.a && i.b == j.b;
}

static uint32_t home(const struct transactions *t, struct transaction_id id)
{
	return (uint32_t)id.a & (t->size - 1);
}

static void put(struct transactions *t, const struct transaction *entry)
{
	uint32_t i = home(t, entry->id);

	while (!is_free(&t->slots[i]))
		i = (i + 1) & (t->size - 1);
	t->slots[i] = *entry;
	t->n++;
}

static int grow(struct transactions *t)
{
	struct transactions larger = { .size = t->size ? 2 * t->size : FIRST_SIZE };

	if (larger.size < t->size)
		return -ENOMEM;
	larger.slots = calloc(larger.size, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < t->size; i++)
		if (!is_free(&t->slots[i]))
			put(&larger, &t->slots[i]);
	free(t->slots);
	*t = larger;
	return 0;
}

int transactions_add(struct transactions *t, const struct transaction *entry)
{
	int r = t->n >= t->size / 2 ? grow(t) : 0;

	if (r == 0)
		put(t, entry);
	return r;
}

struct transaction *transactions_find(const struct transactions *t, struct transaction_id id)
{
	if (t->n == 0)
		return NULL;
	for (uint32_t i = home(t, id); !is_free(&t->slots[i]); i = (i + 1) & (t->size - 1))
		if (is_same(t->slots[i].id, id))
			return &t->slots[i];
	return NULL;
}

/* Entries behind the gap move up, unless that would put them before their home. */
static void close_gap(struct transactions *t, uint32_t gap)
{
	uint32_t mask = t->size - 1;

	for (uint32_t i = (gap + 1) & mask; !is_free(&t->slots[i]); i = (i + 1) & mask) {
		if (((i - home(t, t->slots[i].id)) & mask) < ((i - gap) & mask))
			continue;
		t->slots[gap] = t->slots[i];
		gap = i;
	}
	t->slots[gap] = (struct transaction){ .x = NULL };
}

void transactions_remove(struct transactions *t, struct transaction *entry)
{
	close_gap(t, (uint32_t)(entry - t->slots));
	if (--t->n == 0)
		transactions_fini(t);
}

struct transaction *transactions_at(const struct transactions *t, uint32_t i)
{
	return i < t->size && !is_free(&t->slots[i]) ? &t->slots[i] : NULL;
}

void transactions_fini(struct transactions *t)
{
	free(t->slots);
	*t = (struct transactions){ .n = 0 };
}
