/* SPDX-License-Identifier: Apache-2.0 */
/*
 * siphash.c: SipHash-2-4 as its paper defines it.  Bytes are read in little-endian order on every machine.  Who calls
 * it keeps the key; nothing is kept here.
 */
#include "siphash.h"

#include <endian.h>
#include <string.h>

enum { COMPRESS = 2, FINISH = 4, WORD = 8, LENGTH = 4 };

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void rounds(struct state *s, unsigned n)
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
static inline uint64_t word(const unsigned char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
	return le64toh(w);
}

/* The last `left` bytes, up to seven, of a message of `n`: of most they are the upper ones of its last eight. */
static inline uint64_t last_bytes(const unsigned char *p, size_t left, size_t n)
{
	uint64_t w = 0;

	if (n >= WORD)
		return word(p + left - WORD) >> 8 >> 8 * (WORD - 1 - left); /* in two steps: never by 64 bits at once */
	while (left-- > 0)
		w = w << 8 | p[left];
	return w;
}

static inline struct state begin(const unsigned char key[16])
{
	uint64_t k0 = word(key), k1 = word(key + WORD);

	return (struct state){
		.v0 = k0 ^ UINT64_C(0x736f6d6570736575),
		.v1 = k1 ^ UINT64_C(0x646f72616e646f6d),
		.v2 = k0 ^ UINT64_C(0x6c7967656e657261),
		.v3 = k1 ^ UINT64_C(0x7465646279746573),
	};
}

static inline void take(struct state *s, uint64_t w)
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
	take(s, last_bytes(p, left, n) | (uint64_t)n << 56);
}

static inline uint64_t squeeze(struct state *s)
{
	rounds(s, FINISH);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

static uint64_t end64(struct state *s)
{
	s->v2 ^= 0xff;
	return squeeze(s);
}

/* The two widths share no output: who asks for this one also begins with WIDE. */
enum { WIDE = 0xee };

static void end128(struct state *s, uint64_t out[2])
{
	s->v2 ^= WIDE;
	out[0] = squeeze(s);
	s->v1 ^= 0xdd;
	out[1] = squeeze(s);
}

uint64_t siphash(const unsigned char key[16], const void *p, size_t n)
{
	struct state s = begin(key);

	absorb(&s, p, n);
	return end64(&s);
}

void siphash128(const unsigned char key[16], const void *p, size_t n, uint64_t out[2])
{
	struct state s = begin(key);

	s.v1 ^= WIDE;
	absorb(&s, p, n);
	end128(&s, out);
}

/* ---- A message in pieces ---- */

/* Bytes that do not fill a word yet wait for those of the next piece. */
struct gathered {
	uint64_t word;
	unsigned n; /* of bytes in it, less than WORD */
	uint64_t all;
};

static inline void add_word(struct state *s, struct gathered *g, uint64_t w)
{
	take(s, g->word | w << 8 * g->n);
	g->word = w >> 8 >> 8 * (WORD - 1 - g->n);
}

/* Less than a word: the lowest `n` bytes of `w`; those above them are zero. */
static inline void add_part(struct state *s, struct gathered *g, uint64_t w, unsigned n)
{
	if (g->n + n >= WORD) {
		add_word(s, g, w);
		g->n += n - WORD;
	} else {
		g->word |= w << 8 * g->n;
		g->n += n;
	}
}

static inline void add_piece(struct state *s, struct gathered *g, struct lg_span piece)
{
	const unsigned char *p = (const unsigned char *)piece.p;
	size_t left = piece.n;

	add_part(s, g, (uint32_t)piece.n, LENGTH);
	for (; left >= WORD; left -= WORD, p += WORD)
		add_word(s, g, word(p));
	add_part(s, g, last_bytes(p, left, piece.n), (unsigned)left);
	g->all += LENGTH + piece.n;
}

static void absorb_pieces(struct state *s, const struct lg_span *pieces, unsigned n)
{
	struct gathered g = { 0 };

	for (unsigned i = 0; i < n; i++)
		add_piece(s, &g, pieces[i]);
	take(s, g.word | g.all << 56);
}

uint64_t siphash_pieces(const unsigned char key[16], const struct lg_span *pieces, unsigned n)
{
	struct state s = begin(key);

	absorb_pieces(&s, pieces, n);
	return end64(&s);
}

void siphash128_pieces(const unsigned char key[16], const struct lg_span *pieces, unsigned n, uint64_t out[2])
{
	struct state s = begin(key);

	s.v1 ^= WIDE;
	absorb_pieces(&s, pieces, n);
	end128(&s, out);
}
