/* SPDX-License-Identifier: Apache-2.0 */
/* laps.c: see laps.h. */
#include "laps.h"

#include <stdio.h>
#include <stdlib.h>

void laps_add(struct laps *l, long long us)
{
	if (l->n < LAPS)
		l->us[l->n++] = (unsigned)us;
}

static int by_size(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

void laps_print(struct laps *l)
{
	qsort(l->us, l->n, sizeof(l->us[0]), by_size);
	printf("\"p50_us\": %u, \"p99_us\": %u}\n", l->n ? l->us[l->n / 2] : 0,
	       l->n ? l->us[l->n - 1 - l->n / 100] : 0);
	fflush(stdout);
}
