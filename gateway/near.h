/* SPDX-License-Identifier: Apache-2.0 */
/* near.h: "did you mean": how near a word that there is comes to one that was written. */
#ifndef NEAR_H
#define NEAR_H

#include <limits.h>

enum {
	NEAR_MAX = 128, /* longer words are never near */
	NEAR_NOT = INT_MAX,
};

/* Letters to change, add, drop or swap with their neighbour to get from one to the other, whatever their case; NEAR_NOT
 * when that is more than a third of what was written: then it was hardly meant. */
int near_distance(const char *written, const char *word);

#endif
