/* SPDX-License-Identifier: Apache-2.0 */
/* sip_scan: prints how long the scan of one message takes, and what a hop does besides.  Not part of `make check`. */
#include <stdio.h>
#include <time.h>

#include "sip/check.h"
#include "sip/via.h"
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

/* What a hop does to a request that it has scanned: Via, Max-Forwards, its own Route; or to a response. */
static unsigned edit(const char *p, size_t n, const struct sip_head *h)
{
	struct sip_text pieces[SIP_PIECES];
	struct sip_splice s;
	char room[SIP_VIA_ROOM];
	const char *reason = "none";
	struct sip_via top;

	s.n = 0;
	if (sip_check_hop(p, h, &top, &reason) != 0)
		printf("%s\n", reason);
	if (h->kind == SIP_RESPONSE) {
		(void)sip_take_first(&s, p, h, h->via);
		return sip_splice_pieces(&s, p, n, pieces);
	}
	(void)sip_put_lines(&s, h, SIP_TEXT("Via: SIP/2.0/TLS gw.example:5061;branch=z9hG4bKlg0123456789\r\n"));
	(void)sip_via_receive(&s, p, h, SIP_TEXT("10.0.0.8"), 5060, room);
	(void)sip_cut(&s, h->max_forwards.at, h->max_forwards.n, SIP_TEXT("69"));
	if (h->route.n > 0)
		(void)sip_take_first(&s, p, h, h->route);
	return sip_splice_pieces(&s, p, n, pieces);
}

static void measure_edit(const struct sip_sample *sample)
{
	size_t n = strlen(sample->text), sum = 0;
	struct sip_cursor c = { 0 };
	struct sip_head h;
	double begin;

	(void)sip_scan(&h, &c, sample->text, n, 65536);
	begin = now_us();
	for (int i = 0; i < ROUNDS; i++)
		sum += edit(sample->text, n, &h);
	printf("%-16s %5zu pieces %.3f us\n", sample->name, sum / ROUNDS, (now_us() - begin) / ROUNDS);
}

int main(void)
{
	for (size_t i = 0; i < SIP_SAMPLES; i++)
		measure(&sip_samples[i]);
	puts("as a hop");
	for (size_t i = 0; i < SIP_SAMPLES; i++)
		measure_edit(&sip_samples[i]);
	return 0;
}
