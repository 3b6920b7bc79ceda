/* SPDX-License-Identifier: Apache-2.0 */
/* hop_table.c is the table itself: chained hashing over one array, with a list for each link.  What entries mean is
 * hop_wait.c's. */
#include "hop_table.h"

#include <stdlib.h>
#include <string.h>

enum {
	FIRST = 64, /* entries at first; a power of two */
	GLANCE = 4, /* entries that one sweep looks at */
};

static uint32_t *bucket(const struct hop_table *t, uint64_t hash)
{
	return &t->buckets[hash & (t->size - 1)];
}

/* Puts all entries into new buckets, and the new ones into the list of free ones. */
static void refill(struct hop_table *t, uint32_t before)
{
	for (uint32_t i = 1; i <= before; i++) {
		uint32_t *head = bucket(t, t->all[i].hash);

		t->all[i].chain = *head;
		*head = i;
	}
	for (uint32_t i = t->size; i > before; i--) {
		t->all[i] = (struct hop_wait){ .chain = t->free };
		t->free = i;
	}
}

static bool grow(struct hop_table *t)
{
	uint32_t before = t->size, size = before > 0 ? 2 * before : FIRST;
	uint32_t *buckets = calloc(size, sizeof(*buckets));
	struct hop_wait *all = buckets ? realloc(t->all, (size + 1) * sizeof(*all)) : NULL;

	if (!all) {
		free(buckets);
		return false;
	}
	free(t->buckets);
	t->buckets = buckets;
	t->all = all;
	t->size = size;
	refill(t, before);
	return true;
}

bool hop_table_reserve(struct hop_table *t)
{
	if (t->n >= t->limit)
		return false;
	return t->n < t->size || grow(t);
}

uint32_t hop_table_add(struct hop_table *t, struct hop_owner *owner, const struct hop_wait *entry)
{
	uint32_t i = t->free, *head = bucket(t, entry->hash);
	struct hop_wait *w = &t->all[i];

	t->free = w->chain;
	*w = *entry;
	w->chain = *head;
	*head = i;
	w->next = 0;
	w->prev = owner->last;
	*(owner->last ? &t->all[owner->last].next : &owner->first) = i;
	owner->last = i;
	t->n++;
	return i;
}

uint32_t hop_table_find(const struct hop_table *t, uint64_t hash)
{
	uint32_t i = t->n > 0 ? *bucket(t, hash) : 0;

	while (i && t->all[i].hash != hash)
		i = t->all[i].chain;
	return i;
}

void hop_table_disown(struct hop_table *t, struct hop_owner *owner, uint32_t i)
{
	struct hop_wait *w = &t->all[i];

	*(w->prev ? &t->all[w->prev].next : &owner->first) = w->next;
	*(w->next ? &t->all[w->next].prev : &owner->last) = w->prev;
	w->prev = w->next = 0;
}

void hop_table_remove(struct hop_table *t, struct hop_owner *owner, uint32_t i)
{
	struct hop_wait *w = &t->all[i];
	uint32_t *at = bucket(t, w->hash);

	if (owner)
		hop_table_disown(t, owner, i);
	while (*at != i)
		at = &t->all[*at].chain;
	*at = w->chain;
	free(w->sent);
	*w = (struct hop_wait){ .chain = t->free };
	t->free = i;
	t->n--;
}

void hop_table_sweep(struct hop_table *t, uint64_t now_ms)
{
	for (unsigned i = 0; i < GLANCE && t->n > 0; i++) {
		t->hand = t->hand % t->size + 1;
		if (t->all[t->hand].state == HOP_MOVED && t->all[t->hand].due_ms <= now_ms)
			hop_table_remove(t, NULL, t->hand);
	}
}

void hop_table_remember(struct hop_table *t, uint64_t hash, uint64_t until_ms)
{
	if (!t->past)
		t->past = calloc(HOP_PASTS, sizeof(*t->past));
	if (t->past)
		t->past[hash % HOP_PASTS] = (struct hop_past){ hash, until_ms };
}

bool hop_table_remembers(const struct hop_table *t, uint64_t hash, uint64_t now_ms)
{
	const struct hop_past *past = t->past ? &t->past[hash % HOP_PASTS] : NULL;

	return past && past->hash == hash && past->until_ms > now_ms;
}

void hop_table_fini(struct hop_table *t)
{
	for (uint32_t i = 1; i <= t->size; i++)
		free(t->all[i].sent);
	free(t->all);
	free(t->buckets);
	free(t->past);
	*t = (struct hop_table){ .limit = t->limit };
}
