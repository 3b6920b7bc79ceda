/* SPDX-License-Identifier: Apache-2.0 */
/*
 * siphash.h: SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012), with 64 and 128 bits of
 * output: a hash that one who does not know the key cannot collide.
 */
#ifndef SIPHASH_H
#define SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#include <lychgate/plugin.h>

uint64_t siphash(const unsigned char key[16], const void *p, size_t n);
void siphash128(const unsigned char key[16], const void *p, size_t n, uint64_t out[2]);

/* The same of several pieces as one message, each behind its length in four bytes, the least first: so it counts where
 * one ends and the next begins.  No copy is made of them. */
uint64_t siphash_pieces(const unsigned char key[16], const struct lg_span *pieces, unsigned n);
void siphash128_pieces(const unsigned char key[16], const struct lg_span *pieces, unsigned n, uint64_t out[2]);

#endif
