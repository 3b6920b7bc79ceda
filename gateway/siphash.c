/* SPDX-License-Identifier: Apache-2.0 */
/*
 * siphash.c: SipHash-2-4 as its paper defines it.  Bytes are read in little-endian order on every machine.  Who calls
 * it keeps the key; nothing is kept here.
 */
#include "siphash.h"

#include <endian.h>
#include <string.h>

enum { COMPRESS = 2, FINISH = 4, WORD = 8 };

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void rounds(struct state *s, unsigned n)
{
	while (n-- > 0) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 = rotate(s->v2, 32);
	}
}

/* Eight bytes as a number, the first the least. */
static uint64_t word(const unsigned char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
	return le64toh(w);
}

/* Up to seven. */
static uint64_t part_of_word(const unsigned char *p, size_t n)
{
	uint64_t w = 0;

	while (n-- > 0)
		w = w << 8 | p[n];
	return w;
}

static struct state begin(const unsigned char key[16])
{
	uint64_t k0 = word(key), k1 = word(key + WORD);

	return (struct state){
		.v0 = k0 ^ UINT64_C(0x736f6d6570736575),
		.v1 = k1 ^ UINT64_C(0x646f72616e646f6d),
		.v2 = k0 ^ UINT64_C(0x6c7967656e657261),
		.v3 = k1 ^ UINT64_C(0x7465646279746573),
	};
}

static void take(struct state *s, uint64_t w)
{
	s->v3 ^= w;
	rounds(s, COMPRESS);
	s->v0 ^= w;
}

/* All of the message; the last word carries its length, so that trailing zeros count. */
static void absorb(struct state *s, const unsigned char *p, size_t n)
{
	size_t left = n;

	for (; left >= WORD; left -= WORD, p += WORD)
		take(s, word(p));
	take(s, part_of_word(p, left) | (uint64_t)n << 56);
}

static uint64_t squeeze(struct state *s)
{
	rounds(s, FINISH);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t siphash(const unsigned char key[16], const void *p, size_t n)
{
	struct state s = begin(key);

	absorb(&s, p, n);
	s.v2 ^= 0xff;
	return squeeze(&s);
}

uint64_t siphash_pieces(const unsigned char key[16], const struct lg_span *pieces, unsigned n)
{
	struct state s = begin(key);

	for (unsigned i = 0; i < n; i++) {
		take(&s, pieces[i].n);
		absorb(&s, (const unsigned char *)pieces[i].p, pieces[i].n);
	}
	s.v2 ^= 0xff;
	return squeeze(&s);
}

void siphash128(const unsigned char key[16], const void *p, size_t n, uint64_t out[2])
{
	struct state s = begin(key);

	s.v1 ^= 0xee; /* the two widths share no output */
	absorb(&s, p, n);
	s.v2 ^= 0xee;
	out[0] = squeeze(&s);
	s.v1 ^= 0xdd;
	out[1] = squeeze(&s);
}
