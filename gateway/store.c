/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.c: what all stores have in common: how a key is made.  The tables are in store_memory.c and its like.
 */
#include "store.h"

#include <lychgate/plugin.h>

#include "siphash.h"

struct store_key store_key_of(const unsigned char secret[16], const struct lg_span *pieces, unsigned n)
{
	uint64_t hash[2];

	siphash128_pieces(secret, pieces, n, hash);
	return (struct store_key){ hash[0], hash[1] };
}
