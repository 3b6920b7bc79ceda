/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rates.c keeps a bucket as one number: the time at which it will be full again.  Taking one moves that on by one
 * interval; it may not lie further ahead than the burst.  What lies in the past is a full bucket, which is as good as
 * none.  A call takes one lock of its set's group and allocates nothing.
 */
#include "rates.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>

#include "siphash.h"

enum { SECOND_US = 1000000 };

struct bucket {
	uint64_t key;     /* 0: the place is empty */
	uint64_t full_us; /* when it is full again */
	uint32_t owner;   /* who brought the key */
	uint32_t asked;   /* seconds: when it was asked for last */
};

struct rates {
	const unsigned char *secret;
	pthread_mutex_t locks[RATES_LOCKS];
	struct bucket sets[RATES_SETS][RATES_WAYS];
};

int rates_create(struct rates **rp, const unsigned char secret[16])
{
	struct rates *r = calloc(1, sizeof *r); /* pages that nobody has used are no memory */

	if (!r)
		return -ENOMEM;
	r->secret = secret;
	for (unsigned i = 0; i < RATES_LOCKS; i++)
		pthread_mutex_init(&r->locks[i], NULL);
	*rp = r;
	return 0;
}

void rates_free(struct rates *r)
{
	for (unsigned i = 0; r && i < RATES_LOCKS; i++)
		pthread_mutex_destroy(&r->locks[i]);
	free(r);
}

uint64_t rates_key(const struct rates *r, const struct lg_span *pieces, unsigned n)
{
	uint64_t key = siphash_pieces(r->secret, pieces, n);

	return key ? key : 1;
}

uint32_t rates_owner(const struct rates *r, const struct sockaddr *source)
{
	if (source && source->sa_family == AF_INET6)
		return (uint32_t)siphash(r->secret, &((const struct sockaddr_in6 *)source)->sin6_addr, 8);
	if (source && source->sa_family == AF_INET)
		return (uint32_t)siphash(r->secret, &((const struct sockaddr_in *)source)->sin_addr, 4);
	return 0;
}

/* Whether `a` is a better one to lose than `b`. */
static bool is_less(const struct bucket *a, const struct bucket *b, uint64_t now_us)
{
	bool a_full = a->full_us <= now_us, b_full = b->full_us <= now_us;

	return a_full != b_full ? a_full : (int32_t)(a->asked - b->asked) < 0;
}

/* The key's bucket in its set; a new one's is full. */
static struct bucket *place_of(struct bucket set[RATES_WAYS], const struct rates_ask *a, uint64_t now_us)
{
	struct bucket *least = NULL, *own = NULL, *place;
	unsigned shares = 0;

	for (unsigned i = 0; i < RATES_WAYS; i++) {
		struct bucket *b = &set[i];
		bool is_own = a->owner && b->key && b->owner == a->owner;

		if (b->key == a->key)
			return b;
		if (!least || is_less(b, least, now_us))
			least = b;
		if (is_own && (!own || is_less(b, own, now_us)))
			own = b;
		shares += is_own;
	}
	place = shares >= RATES_SHARE ? own : least;
	*place = (struct bucket){ .key = a->key, .owner = a->owner };
	return place;
}

bool rates_over(struct rates *r, const struct rates_ask *a, uint32_t *left)
{
	uint64_t now_us = a->now_ms * 1000, interval_us = (uint64_t)(SECOND_US / a->rate);
	uint64_t ahead_us = interval_us * (a->burst - 1), ahead;
	unsigned set = (unsigned)(a->key % RATES_SETS);
	pthread_mutex_t *lock = &r->locks[set % RATES_LOCKS];
	struct bucket *b;
	bool over;

	pthread_mutex_lock(lock);
	b = place_of(r->sets[set], a, now_us);
	b->asked = (uint32_t)(a->now_ms / 1000);
	if (b->full_us < now_us)
		b->full_us = now_us;
	over = b->full_us - now_us > ahead_us;
	if (!over)
		b->full_us += interval_us;
	ahead = b->full_us - now_us;
	pthread_mutex_unlock(lock);
	if (left)
		*left = ahead > ahead_us ? 0 : (uint32_t)((ahead_us - ahead) / interval_us + 1);
	return over;
}
