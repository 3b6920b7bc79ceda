/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.c reads the fixed head of STUN messages and ChannelData and checks their lengths against the datagram.  It
 * verifies no FINGERPRINT and no MESSAGE-INTEGRITY: those are between the client and its server.
 */
#include "wire.h"

#include <string.h>

enum {
	CHANNEL_HEADER = 4,
	CHANNEL_FIRST = 0x4000, /* RFC 5766 gave away all up to 0x7FFF, RFC 8656 section 12 up to 0x4FFF */
	CHANNEL_LAST = 0x7FFF,
	ATTRIBUTE_HEADER = 4,
	ATTRIBUTE_ERROR = 0x0009,
	ID_AT = 4,
};

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* Over UDP the padding to four bytes may be there or not (RFC 8656 section 12.5). */
static enum stun_form read_channel(struct stun_head *head, const uint8_t *p, size_t n)
{
	size_t length = get16(p + 2);

	if (n < CHANNEL_HEADER + length || n > CHANNEL_HEADER + padded(length))
		return STUN_NONE;
	head->channel = get16(p);
	return STUN_CHANNEL;
}

/* The class is bits 4 and 8 of the type, the method the twelve around them (RFC 8489 section 5). */
static void read_type(struct stun_head *head, unsigned type)
{
	head->class = (enum stun_class)((type >> 4 & 1) | (type >> 7 & 2));
	head->method = (type & 0x000F) | (type & 0x00E0) >> 1 | (type & 0x3E00) >> 2;
}

/* With the cookie all attributes are padded; the older TURN has some of any length. */
static enum stun_form read_message(struct stun_head *head, const uint8_t *p, size_t n)
{
	size_t length;

	if (n < STUN_HEADER)
		return STUN_NONE;
	length = get16(p + 2);
	if (STUN_HEADER + length != n)
		return STUN_NONE;
	memcpy(head->id, p + ID_AT, STUN_ID);
	read_type(head, get16(p));
	if (get32(head->id) != STUN_COOKIE)
		return STUN_CLASSIC;
	return length % 4 == 0 ? STUN_COOKIED : STUN_NONE;
}

enum stun_form stun_read(struct stun_head *head, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	unsigned first;

	memset(head, 0, sizeof(*head));
	if (n < CHANNEL_HEADER)
		return STUN_NONE;
	first = get16(p);
	if (first < CHANNEL_FIRST)
		head->form = read_message(head, p, n);
	else if (first <= CHANNEL_LAST)
		head->form = read_channel(head, p, n);
	return head->form;
}

/* Class and number of an ERROR-CODE's value (RFC 8489 section 14.8). */
static unsigned read_code(const uint8_t *p, size_t n)
{
	unsigned hundreds, rest;

	if (n < 4)
		return 0;
	hundreds = p[2] & 7;
	rest = p[3];
	return hundreds >= 3 && hundreds <= 6 && rest <= 99 ? hundreds * 100 + rest : 0;
}

unsigned stun_error(const struct stun_head *head, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	size_t at = STUN_HEADER;

	if (head->form != STUN_COOKIED && head->form != STUN_CLASSIC)
		return 0;
	while (at + ATTRIBUTE_HEADER <= n) {
		size_t length = get16(p + at + 2), type = get16(p + at);

		at += ATTRIBUTE_HEADER;
		if (length > n - at)
			return 0;
		if (type == ATTRIBUTE_ERROR)
			return read_code(p + at, length);
		at += head->form == STUN_COOKIED ? padded(length) : length;
	}
	return 0;
}

void stun_write_binding(uint8_t out[STUN_HEADER], const uint8_t id[STUN_ID])
{
	put16(out, STUN_BINDING);
	put16(out + 2, 0);
	memcpy(out + ID_AT, id, STUN_ID);
}

/* The cookie begins with 0x21: a classic id with its highest bit set is never taken for one. */
void stun_new_id(uint8_t id[STUN_ID], enum stun_form form)
{
	if (form == STUN_CLASSIC) {
		id[0] |= 0x80;
		return;
	}
	put16(id, STUN_COOKIE >> 16);
	put16(id + 2, STUN_COOKIE & 0xFFFF);
}

/* RFC 8489 section 18.2, RFC 8656 section 17. */
static const char *const methods[] = {
	[STUN_BINDING] = "binding", [STUN_ALLOCATE] = "allocate", [4] = "refresh", [6] = "send", [7] = "data",
	[8] = "create-permission",  [9] = "channel-bind",
};

/* RFC 3489 section 11.1, and the TURN that grew out of it. */
static const char *const classic_methods[] = {
	[STUN_BINDING] = "binding",
	[STUN_SHARED_SECRET] = "shared-secret",
	[STUN_ALLOCATE] = "allocate",
	[4] = "send",
	[5] = "data",
	[6] = "set-active-destination",
};

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

const char *stun_method_name(const struct stun_head *head)
{
	switch (head->form) {
	case STUN_COOKIED:
		return head->method < LENGTH(methods) ? methods[head->method] : NULL;
	case STUN_CLASSIC:
		return head->method < LENGTH(classic_methods) ? classic_methods[head->method] : NULL;
	default:
		return NULL;
	}
}

const char *stun_class_name(enum stun_class c)
{
	static const char *const names[] = { "request", "indication", "success", "error" };

	return (unsigned)c < LENGTH(names) ? names[c] : NULL;
}
