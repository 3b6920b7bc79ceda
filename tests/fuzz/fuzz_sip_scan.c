/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_sip_scan: any bytes, scanned whole and in pieces, under a sanitizer.  The results must be the same, every
 * accessor must stay inside, and libosip2 must read what the scan read.  Built by `make fuzz` with clang's libFuzzer.
 */
#include <errno.h>
#include <stdint.h>

#include "sip/grammar.h"
#include "sip/header.h"
#include "sip/reply.h"
#include "tests/fuzz/sip_oracle.h"
#include "tests/unit/sip_feed.h"
#include "tests/unit/sip_samples.h"

#define LIMIT 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed);

static void stop(const char *what)
{
	fprintf(stderr, "fuzz_sip_scan: %s\n", what);
	abort();
}

static void check_inside(struct sip_text t, const char *p, size_t n)
{
	if (t.n > 0 && (t.p < p || t.p + t.n > p + n))
		stop("a value outside the message");
}

/* Reads all that can be read of a message whose head lies alone in memory. */
static void check_accessors(const char *p, const struct sip_head *h)
{
	static const char *const names[] = { "via", "supported", "subject", "x" };
	char *buf = malloc(h->head_n);
	struct sip_text found;

	if (!buf)
		return;
	check_inside(sip_top_via(p, h), p, h->head_n);
	check_inside(sip_branch(p, h), p, h->head_n);
	check_inside(sip_from_tag(p, h), p, h->head_n);
	check_inside(sip_to_tag(p, h), p, h->head_n);
	if (sip_via_count(p, h) > h->head_n)
		stop("more Vias than bytes");
	(void)sip_is_lync(p, h);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sip_header(p, h, (struct sip_text){ names[i], strlen(names[i]) }, &found, buf, h->head_n) ==
		    -ENOSPC)
			stop("a header longer than the head");
	for (int part = SIP_USER; part <= SIP_DOMAIN; part++) {
		(void)sip_uri_part(sip_text(p, h->uri), part, buf, h->head_n);
		(void)sip_address_part(sip_text(p, h->from), part, buf, h->head_n);
	}
	free(buf);
}

/* A response must fit where it is said to, and the scan must read the request's values in it. */
static void check_reply(const char *p, const struct sip_head *h)
{
	const struct sip_reply reply = { .code = 503, .reason = SIP_TEXT("No"), .tag = SIP_TEXT("t") };
	size_t room = sip_reply_room(h, &reply);
	char *buf = malloc(room);
	struct sip_cursor c = { 0 };
	struct sip_head back;
	int n = buf ? sip_reply_write(buf, room, p, h, &reply) : 0;

	if (n < 0)
		stop("a response that does not fit");
	if (n > 0 && h->bad.code == 0 &&
	    (sip_scan(&back, &c, buf, (size_t)n, room + 1) != SIP_MESSAGE || back.head_n != (size_t)n ||
	     !sip_equal(sip_text(p, h->call_id), sip_text(buf, back.call_id)) || back.cseq != h->cseq))
		stop("a response that cannot be read");
	free(buf);
}

static void check_message(const char *text, size_t n)
{
	struct sip_cursor c = { 0 };
	struct sip_head h;
	enum sip_result result = sip_scan(&h, &c, text, n, LIMIT);
	char *alone;

	if (result != SIP_MESSAGE && (result != SIP_BAD || !h.bad.answerable))
		return;
	alone = malloc(h.head_n);
	if (!alone)
		return;
	memcpy(alone, text, h.head_n);
	check_accessors(alone, &h);
	if (h.kind == SIP_REQUEST && h.via.n > 0)
		check_reply(alone, &h);
	free(alone);
	if (result == SIP_MESSAGE && h.body_n <= n - h.head_n) {
		const char *differs = sip_oracle_differs(text, h.head_n + h.body_n, &h);

		if (differs)
			stop(differs);
	}
}

static void check_cuts(const char *text, size_t n)
{
	static struct sip_feed whole, pieces;

	feed(&whole, text, n, n, 1, LIMIT);
	feed(&pieces, text, n, n > 0 ? (unsigned char)text[n - 1] % n : 0, 1 + n / 5, LIMIT);
	if (strcmp(whole.said, pieces.said) != 0)
		stop("a cut that changes the result");
	if (n > 600)
		return;
	feed(&pieces, text, n, 0, 1, LIMIT);
	if (strcmp(whole.said, pieces.said) != 0)
		stop("single bytes that change the result");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	check_cuts((const char *)data, n);
	check_message((const char *)data, n);
	return 0;
}

/* The generator: half the time begins from a sample, so that no corpus has to be kept. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
	const char *sample = sip_samples[seed / 2 % SIP_SAMPLES].text;

	if (seed % 2 == 0 && strlen(sample) <= max) {
		n = strlen(sample);
		memcpy(data, sample, n);
	}
	return LLVMFuzzerMutate(data, n, max);
}
