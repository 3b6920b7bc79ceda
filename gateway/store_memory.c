/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_memory.c: the persistence table of one process.  Shards by key, each with its own lock, so that threads seldom
 * meet. A shard holds its entries in one dense array (56 bytes each), found through hashed chains and kept in the order
 * of their last claims, all of them and those of each origin; links are indexes.  There is no timer: each claim looks at a
 * few entries and takes out what has expired.
 *
 * An origin is all sources that fall into one place of a small table.  Which those are nobody outside can tell, since a
 * source is a keyed hash, and the few entries of one that shares its place with a flood are stepped over.
 */
#include "store.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "list.h"

enum {
	SHARDS = 16,         /* a power of two */
	SHARDED_FROM = 1024, /* a smaller table has one shard, and so one exact order of claims */
	SIZE_MIN = 64,       /* a power of two */
	RECLAIM = 4,         /* entries looked at in each claim; more than the one that it may add */
	ORIGINS = 512,       /* in each shard; one more is for what counts to nobody */
	STEPS = 16,          /* entries of an origin looked at for one of the same source */
};

static const uint32_t none = UINT32_MAX;

struct entry {
	struct store_key key;
	uint64_t owner, expires_ms;
	uint32_t next; /* in its chain */
	uint32_t source; /* 0: nobody's */
	struct {
		uint32_t newer, older;
	} by[2]; /* by last claim: of all, of its origin */
};

struct order {
	uint32_t newest, oldest, n;
};

struct shard {
	pthread_mutex_t lock;
	struct entry *entries; /* [0..n) are in use */
	uint32_t *chains;      /* `size` of them, each the index of its first entry */
	uint32_t n, size;      /* size: a power of two */
	uint32_t limit;        /* of n */
	uint32_t hand; /* what `reclaim` looks at next */
	struct order all, origins[ORIGINS + 1];
	struct order *hog; /* the last origin that was seen with more than its share; NULL: none yet */
};

struct store_memory {
	struct store store;
	unsigned nshards;
	struct shard shards[];
};

static struct store_memory *memory_of(struct store *s)
{
	return container_of(s, struct store_memory, store);
}

static struct shard *shard_of(struct store_memory *m, const struct store_key *key)
{
	return &m->shards[key->a & (m->nshards - 1)];
}

/* What points to the entry with this key, or the end of the chain it would be in.  The key is a hash already: any of
 * its bits that did not choose the shard will do. */
static uint32_t *find(struct shard *sh, const struct store_key *key)
{
	uint32_t *at = &sh->chains[((key->a >> 4) ^ key->b) & (sh->size - 1)];

	while (*at != none && (sh->entries[*at].key.a != key->a || sh->entries[*at].key.b != key->b))
		at = &sh->entries[*at].next;
	return at;
}

static void chain(struct shard *sh, uint32_t i)
{
	uint32_t *end = find(sh, &sh->entries[i].key);

	sh->entries[i].next = none;
	*end = i;
}

static struct order *origin_of(struct shard *sh, uint32_t source)
{
	return &sh->origins[source ? source % ORIGINS : ORIGINS];
}

static struct order *order_of(struct shard *sh, unsigned which, uint32_t i)
{
	return which ? origin_of(sh, sh->entries[i].source) : &sh->all;
}

static void order_append(struct shard *sh, uint32_t i)
{
	for (unsigned k = 0; k < 2; k++) {
		struct order *o = order_of(sh, k, i);

		sh->entries[i].by[k].newer = none;
		sh->entries[i].by[k].older = o->newest;
		*(o->newest == none ? &o->oldest : &sh->entries[o->newest].by[k].newer) = i;
		o->newest = i;
		o->n++;
	}
}

/* Makes the neighbours of `i` (or the ends) point to what is given instead. */
static void order_replace(struct shard *sh, unsigned k, uint32_t i, uint32_t for_newer, uint32_t for_older)
{
	struct order *o = order_of(sh, k, i);
	uint32_t newer = sh->entries[i].by[k].newer, older = sh->entries[i].by[k].older;

	*(newer == none ? &o->newest : &sh->entries[newer].by[k].older) = for_newer;
	*(older == none ? &o->oldest : &sh->entries[older].by[k].newer) = for_older;
}

static void order_remove(struct shard *sh, uint32_t i)
{
	for (unsigned k = 0; k < 2; k++) {
		order_replace(sh, k, i, sh->entries[i].by[k].older, sh->entries[i].by[k].newer);
		order_of(sh, k, i)->n--;
	}
}

/* The array stays dense: the last entry moves into the hole. */
static void remove_entry(struct shard *sh, uint32_t i)
{
	uint32_t last = sh->n - 1;

	*find(sh, &sh->entries[i].key) = sh->entries[i].next;
	order_remove(sh, i);
	if (i != last) {
		*find(sh, &sh->entries[last].key) = i;
		order_replace(sh, 0, last, i, i);
		order_replace(sh, 1, last, i, i);
		sh->entries[i] = sh->entries[last];
	}
	sh->n--;
}

static uint32_t capacity(const struct shard *sh, uint32_t size)
{
	return size < sh->limit ? size : sh->limit;
}

/* Gives the shard room for `size` entries, up to its limit; what is in use must fit.  Nothing changes if memory is out.
 */
static int resize(struct shard *sh, uint32_t size)
{
	uint32_t *chains = malloc(size * sizeof *chains);
	struct entry *entries = chains ? realloc(sh->entries, capacity(sh, size) * sizeof *entries) : NULL;

	if (!entries) {
		free(chains);
		return -ENOMEM;
	}
	free(sh->chains);
	sh->chains = chains;
	sh->entries = entries;
	sh->size = size;
	for (uint32_t i = 0; i < size; i++)
		chains[i] = none;
	for (uint32_t i = 0; i < sh->n; i++)
		chain(sh, i);
	return 0;
}

static bool has_expired(const struct entry *e, uint64_t now_ms)
{
	return e->expires_ms <= now_ms;
}

/* Entries that nobody claims any more go, a few at a time, and then their memory. */
static void reclaim(struct shard *sh, uint64_t now_ms)
{
	for (unsigned looked = 0; looked < RECLAIM && sh->n > 0; looked++) {
		if (sh->hand >= sh->n)
			sh->hand = 0;
		if (has_expired(&sh->entries[sh->hand], now_ms))
			remove_entry(sh, sh->hand);
		else
			sh->hand++;
	}
	if (sh->size > SIZE_MIN && sh->n < sh->size / 4)
		(void)resize(sh, sh->size / 2); /* no memory to save memory: the next claim tries again */
}

static bool has_share(const struct shard *sh, const struct order *origin)
{
	return origin->n > 0 && origin->n >= sh->limit / STORE_SHARE;
}

/* The least recently claimed of the source; of its origin, when there is none among the first. */
static uint32_t oldest_of(const struct shard *sh, const struct order *origin, uint32_t source)
{
	uint32_t i = origin->oldest;

	for (unsigned steps = 0; i != none && steps < STEPS; steps++) {
		if (sh->entries[i].source == source)
			return i;
		i = sh->entries[i].by[1].newer;
	}
	return origin->oldest;
}

/* Who goes for a new key of `source`. */
static uint32_t victim(struct shard *sh, uint32_t source)
{
	struct order *origin = origin_of(sh, source);

	if (source && has_share(sh, origin)) {
		sh->hog = origin;
		return oldest_of(sh, origin, source);
	}
	if (sh->hog && sh->hog->n > sh->limit / STORE_SHARE)
		return sh->hog->oldest;
	return sh->all.oldest;
}

static int make_room(struct shard *sh, uint32_t source)
{
	if (sh->n < capacity(sh, sh->size))
		return 0;
	if (sh->n < sh->limit)
		return resize(sh, sh->size * 2);
	remove_entry(sh, victim(sh, source));
	return 0;
}

static void own(struct shard *sh, uint32_t i, const struct claim *c)
{
	sh->entries[i].owner = c->owner;
	sh->entries[i].expires_ms = c->now_ms + c->timeout_ms;
	order_append(sh, i);
}

static uint32_t short_source(const struct claim *c)
{
	uint32_t source = (uint32_t)(c->source ^ c->source >> 32);

	return source || !c->source ? source : 1;
}

static int insert(struct shard *sh, struct claim *c)
{
	uint32_t source = short_source(c);
	int ret;

	c->owner = c->proposed;
	if (c->owner == 0)
		return 0;
	ret = make_room(sh, source);
	if (ret < 0)
		return ret;
	sh->entries[sh->n].key = c->key;
	sh->entries[sh->n].source = source;
	chain(sh, sh->n);
	own(sh, sh->n++, c);
	return 0;
}

/* Who owns from now on what `owner` (0: nobody) owned until now: with several that want it moved, the first wins. */
static uint64_t next_owner(uint64_t owner, const struct claim *c)
{
	bool is_free = owner == 0 || owner == c->instead_of;

	return is_free && c->proposed != 0 ? c->proposed : owner;
}

static int claim_in(struct shard *sh, struct claim *c)
{
	uint32_t i;
	const struct entry *e;

	reclaim(sh, c->now_ms);
	i = *find(sh, &c->key);
	if (i == none)
		return insert(sh, c);
	e = &sh->entries[i];
	c->owner = next_owner(has_expired(e, c->now_ms) ? 0 : e->owner, c);
	if (c->owner == 0)
		return 0; /* only a look, and it has expired */
	order_remove(sh, i);
	own(sh, i, c);
	return 0;
}

static int memory_claim(struct store *s, struct claim *c)
{
	struct shard *sh = shard_of(memory_of(s), &c->key);
	int ret;

	pthread_mutex_lock(&sh->lock);
	ret = claim_in(sh, c);
	pthread_mutex_unlock(&sh->lock);
	return ret;
}

/* Takes the expired ones out first, so that a table which nobody claims from any more shows as empty. */
static size_t live_entries(struct shard *sh, uint64_t now_ms)
{
	size_t n;

	pthread_mutex_lock(&sh->lock);
	while (sh->all.oldest != none && has_expired(&sh->entries[sh->all.oldest], now_ms))
		remove_entry(sh, sh->all.oldest);
	n = sh->n;
	pthread_mutex_unlock(&sh->lock);
	return n;
}

static size_t memory_entries(struct store *s, uint64_t now_ms)
{
	struct store_memory *m = memory_of(s);
	size_t n = 0;

	for (unsigned i = 0; i < m->nshards; i++)
		n += live_entries(&m->shards[i], now_ms);
	return n;
}

static void memory_destroy(struct store *s)
{
	struct store_memory *m = memory_of(s);

	for (unsigned i = 0; i < m->nshards; i++) {
		free(m->shards[i].entries);
		free(m->shards[i].chains);
		pthread_mutex_destroy(&m->shards[i].lock);
	}
	free(m);
}

static const struct store_ops memory_ops = {
	.claim = memory_claim,
	.entries = memory_entries,
	.destroy = memory_destroy,
};

static int shard_init(struct shard *sh, uint32_t limit)
{
	int ret = pthread_mutex_init(&sh->lock, NULL);

	if (ret != 0)
		return -ret;
	sh->limit = limit;
	sh->all = (struct order){ none, none, 0 };
	for (unsigned i = 0; i <= ORIGINS; i++)
		sh->origins[i] = sh->all;
	ret = resize(sh, SIZE_MIN);
	if (ret < 0)
		pthread_mutex_destroy(&sh->lock);
	return ret;
}

int store_memory_create(struct store **sp, const struct store_memory_conf *conf)
{
	unsigned nshards = conf->entries < SHARDED_FROM ? 1 : SHARDS;
	struct store_memory *m;
	int ret;

	if (conf->entries == 0 || conf->entries > STORE_MEMORY_MAX)
		return -EINVAL;
	m = calloc(1, sizeof *m + nshards * sizeof m->shards[0]);
	if (!m)
		return -ENOMEM;
	m->store.ops = &memory_ops;
	m->store.refs = 1;
	for (; m->nshards < nshards; m->nshards++) {
		ret = shard_init(&m->shards[m->nshards], (uint32_t)(conf->entries / nshards));
		if (ret < 0) {
			memory_destroy(&m->store);
			return ret;
		}
	}
	*sp = &m->store;
	return 0;
}
