/* SPDX-License-Identifier: Apache-2.0 */
/* laps.h: how long each answer of a load took; the first million of them. */
#ifndef LAPS_H
#define LAPS_H

enum { LAPS = 1 << 20 };

struct laps {
	unsigned n, us[LAPS];
};

void laps_add(struct laps *l, long long us);

/* Ends the line of JSON that was begun, with the median and the 99th percentile; sorts them. */
void laps_print(struct laps *l);

#endif
