/* SPDX-License-Identifier: Apache-2.0 */
/* unit.h: what every unit test includes: cmocka and the headers that it wants before it. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Numbers that look random and are the same in each run (SplitMix64). */
static inline uint64_t unit_random(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* How long a test waits for what comes from elsewhere before it fails; tests/sweep.py takes much of it away. */
static inline unsigned unit_patience_ms(void)
{
	const char *less = getenv("SWEEP_PATIENCE_MS");

	return less ? (unsigned)strtoul(less, NULL, 10) : 10000;
}

#endif
