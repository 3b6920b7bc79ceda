/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h: the time of day, for what people read.  Deadlines go by the loop's clock instead, which nobody sets. */
#ifndef CLOCK_H
#define CLOCK_H

#include <time.h>

/* Milliseconds since 1970. */
static inline long long clock_unix_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

#endif
