/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_stun: any datagram, read under a sanitizer.  What is said of it must be true of its bytes, and all that can be
 * read of it must stay inside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/stun/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed);

static void check(int true_of_it, const char *what)
{
	if (true_of_it)
		return;
	fprintf(stderr, "fuzz_stun: not so: %s\n", what);
	abort();
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* The type that a class and a method make (RFC 8489 section 5, figure 3). */
static unsigned type_of(const struct stun_head *h)
{
	return (h->method & 0xF80) << 2 | (h->method & 0x70) << 1 | (h->method & 0xF) | (h->class & 2U) << 7 |
	       (h->class & 1U) << 4;
}

static void check_message(const struct stun_head *h, const uint8_t *data, size_t n)
{
	unsigned error = stun_error(h, data, n);

	check(n >= STUN_HEADER && get16(data + 2) == n - STUN_HEADER, "the length is the datagram's");
	check(get16(data) == type_of(h), "class and method make the type");
	check((h->form == STUN_COOKIED) == (memcmp(data + 4, "\x21\x12\xA4\x42", 4) == 0), "the form is by the cookie");
	check(memcmp(h->id, data + 4, STUN_ID) == 0, "the id is the datagram's");
	check(error == 0 || (error >= 300 && error <= 699), "an error code is in its range");
	check(stun_class_name(h->class) != NULL, "each class has a name");
}

static void check_channel(const struct stun_head *h, const uint8_t *data, size_t n)
{
	unsigned length = get16(data + 2);

	check(h->channel >= 0x4000 && h->channel <= 0x7FFF, "a channel is in its range");
	check(n >= 4 + length && n <= 4 + (length + 3) / 4 * 4,
	      "the length is the datagram's, with or without padding");
	check(stun_error(h, data, n) == 0, "no error code without a message");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct stun_head h;

	switch (stun_read(&h, data, n)) {
	case STUN_COOKIED:
	case STUN_CLASSIC:
		check_message(&h, data, n);
		break;
	case STUN_CHANNEL:
		check_channel(&h, data, n);
		break;
	default:
		check(stun_error(&h, data, n) == 0, "no error code without a message");
	}
	(void)stun_method_name(&h);
	return 0;
}

#define COOKIE "\x21\x12\xA4\x42"
#define ID     "0123456789ab"
#define BYTES(s)                                                                                                       \
	{                                                                                                              \
		s, sizeof(s) - 1                                                                                       \
	}

static const struct sample {
	const char *bytes;
	size_t n;
} samples[] = {
	BYTES("\0\1\0\0" COOKIE ID),
	BYTES("\0\3\0\x08" COOKIE ID "\0\x19\0\4\x11\0\0\0"),
	BYTES("\1\x11\0\x10" COOKIE ID "\x80\x22\0\1x\0\0\0\0\x09\0\4\0\0\5\0"),
	BYTES("\1\x11\0\x0D"
	      "0123" ID "\0\x20\0\1x\0\x09\0\4\0\0\4\x14"),
	BYTES("\x40\1\0\5datum\0\0\0"),
};

/* Half the time begins from a sample, and then its length is mostly made to fit: otherwise few would get any further.
 */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
	const struct sample *sample = &samples[seed / 8 % (sizeof(samples) / sizeof(samples[0]))];

	if (seed % 2 == 0 && sample->n <= max) {
		n = sample->n;
		memcpy(data, sample->bytes, n);
	}
	n = LLVMFuzzerMutate(data, n, max);
	if (seed % 8 != 0 && n >= STUN_HEADER) {
		size_t length = n - (data[0] < 0x40 ? STUN_HEADER : 4);

		data[2] = (uint8_t)(length >> 8);
		data[3] = (uint8_t)length;
	}
	return n;
}
