/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.c: what all stores have in common: how a key is made.  The tables are in store_memory.c and its like.
 */
#include "store.h"

#include <lychgate/plugin.h>

#include "siphash.h"

/*
 * The values are chained as hash(hash so far, hash of the value): pieces of fixed size, so that ("ab", "c") and
 * ("a", "bc") differ without an escape, and without a buffer for values of any length.
 */
struct store_key store_key_of(const unsigned char secret[16], struct lg_span scope, const struct lg_span *values,
			      unsigned n)
{
	uint64_t chain[4]; /* so far; the next value's */

	siphash128(secret, scope.p, scope.n, chain);
	for (unsigned i = 0; i < n; i++) {
		siphash128(secret, values[i].p, values[i].n, chain + 2);
		siphash128(secret, chain, sizeof chain, chain);
	}
	return (struct store_key){ chain[0], chain[1] };
}
