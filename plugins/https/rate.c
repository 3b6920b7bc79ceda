/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate.c keeps a bucket for each source as one number: the time at which it will be full again.  A request moves that
 * on by one interval; it may not lie further ahead than the burst.  What lies in the past is an empty place.
 */
#include "rate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND_US = 1000000, ADDRESS_MOST = 64 };

struct source {
	uint64_t key;     /* host->digest of the address: nobody can choose his place, nor another's key */
	uint64_t full_us; /* when the bucket is full */
};

struct rate {
	const struct lg_host *host;
	uint64_t interval_us; /* from one request to the next, at the steady rate */
	uint64_t ahead_us;    /* the most that `full_us` may lie ahead, for a request still to be taken */
	struct source sets[RATE_SETS][RATE_WAYS];
};

int rate_create(struct rate **rp, const struct lg_host *host, uint32_t per_s, uint32_t burst)
{
	struct rate *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->host = host;
	r->interval_us = SECOND_US / (per_s < 1 ? 1 : per_s > RATE_MOST ? RATE_MOST : per_s);
	r->ahead_us = r->interval_us * (burst < 1 ? 0 : burst - 1);
	*rp = r;
	return 0;
}

void rate_free(struct rate *r)
{
	free(r);
}

/* The bytes that count: of IPv6 the /64, for one machine has all of it; what is no address counts as it is written. */
static uint64_t key_of(const struct lg_host *host, struct lg_span source)
{
	const char *colon = source.n ? memrchr(source.p, ':', source.n) : NULL;
	struct lg_span address = { source.p, colon ? (size_t)(colon - source.p) : source.n };
	char text[ADDRESS_MOST];
	struct in6_addr v6;

	if (address.n > 2 && address.p[0] == '[' && address.p[address.n - 1] == ']' && address.n < sizeof(text)) {
		memcpy(text, address.p + 1, address.n - 2);
		text[address.n - 2] = 0;
		if (inet_pton(AF_INET6, text, &v6) == 1 && !IN6_IS_ADDR_V4MAPPED(&v6))
			address = (struct lg_span){ (const char *)v6.s6_addr, 8 };
	}
	return host->digest((const struct lg_span[]){ { "https rate", 10 }, address }, 2);
}

/* The source's place in its set; a new one's is that of the source nearest to a full bucket, which loses least. */
static struct source *place_of(struct rate *r, uint64_t key)
{
	struct source *set = r->sets[key % RATE_SETS], *least = set;

	for (unsigned i = 0; i < RATE_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].full_us < least->full_us)
			least = &set[i];
	}
	*least = (struct source){ .key = key };
	return least;
}

bool rate_take(struct rate *r, struct lg_span source, uint64_t now_ms, uint32_t *retry_after_s)
{
	struct source *s = place_of(r, key_of(r->host, source));
	uint64_t now_us = now_ms * 1000;

	if (s->full_us < now_us)
		s->full_us = now_us;
	if (s->full_us - now_us > r->ahead_us) {
		*retry_after_s = (uint32_t)((s->full_us - now_us - r->ahead_us + SECOND_US - 1) / SECOND_US);
		return false;
	}
	s->full_us += r->interval_us;
	return true;
}
