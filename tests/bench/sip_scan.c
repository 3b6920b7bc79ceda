/* SPDX-License-Identifier: Apache-2.0 */
/* sip_scan: prints how long the scan of one message takes.  Not part of `make check`. */
#include <stdio.h>
#include <time.h>

#include "sip/scan.h"
#include "tests/unit/sip_samples.h"

#define ROUNDS 200000

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void measure(const struct sip_sample *sample)
{
	size_t n = strlen(sample->text), sum = 0;
	struct sip_cursor c = { 0 };
	struct sip_head h;
	double begin = now_us();

	for (int i = 0; i < ROUNDS; i++) {
		if (sip_scan(&h, &c, sample->text, n, 65536) != SIP_MESSAGE)
			printf("%s: %s\n", sample->name, h.bad.reason);
		sum += h.head_n;
	}
	printf("%-16s %5zu bytes  %.3f us\n", sample->name, sum / ROUNDS, (now_us() - begin) / ROUNDS);
}

int main(void)
{
	for (size_t i = 0; i < SIP_SAMPLES; i++)
		measure(&sip_samples[i]);
	return 0;
}
