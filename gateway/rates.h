/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rates.h: the core's rate table: a token bucket for each key that a policy asks about with over(), shared by all
 * workers.  It never grows: RATES_SETS sets of RATES_WAYS places, and a key has its place in one set, which nobody can
 * choose who does not know the process's secret.  In a full set a bucket goes that is full again, and so says nothing;
 * else the one that was asked for least recently.  A source that brings many keys may have RATES_SHARE places of a set:
 * beyond them it loses its own, so that it cannot make the gateway forget others.
 */
#ifndef RATES_H
#define RATES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <lychgate/plugin.h>

enum {
	RATES_SETS = 4096, /* 65536 keys, 1.5 MiB */
	RATES_WAYS = 16,
	RATES_SHARE = 4, /* of one source, in a set */
	RATES_LOCKS = 64,
	RATES_BURST = 1000000, /* the most at once */
};
#define RATES_LEAST 0.0001 /* a second: one in three hours */
#define RATES_MOST  1000000.0

struct rates;

/* For one process; `secret` is borrowed.  0 or -ENOMEM. */
int rates_create(struct rates **rp, const unsigned char secret[16]);
void rates_free(struct rates *r); /* NULL is fine */

/* The number that stands for these texts, in their order. */
uint64_t rates_key(const struct rates *r, const struct lg_span *pieces, unsigned n);

/* The number of a source: its address, of IPv6 the first 64 bits, since one machine has all of those.  NULL: 0,
 * nobody's. */
uint32_t rates_owner(const struct rates *r, const struct sockaddr *source);

struct rates_ask {
	uint64_t key;    /* rates_key */
	uint32_t owner;  /* rates_owner */
	double rate;     /* a second, RATES_LEAST to RATES_MOST */
	uint32_t burst;  /* at once, 1 to RATES_BURST */
	uint64_t now_ms; /* of a clock that only goes forward */
};

/* Takes one from the key's bucket: false.  True: there was none, and nothing is taken.  `left`, if not NULL, is how
 * many could be taken at once after this. */
bool rates_over(struct rates *r, const struct rates_ask *a, uint32_t *left);

#endif
