/* SPDX-License-Identifier: Apache-2.0 */
/* token.c: bytes of a token, their MAC, and base32. */
#include "token.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>

#include "host.h"
#include "siphash.h"

enum {
	KEY = 16,
	MAC = 8,
	V4 = 4,
	V6 = 16,
	LINK_BYTES = 1 + 2 + 4 + 4,
	V4_BYTES = 1 + 4 + 2 * (V4 + 2),
	V6_BYTES = 1 + 4 + 2 * (V6 + 2) + 4,
	BYTES_MOST = V6_BYTES + MAC,
	DIGIT_BITS = 5,
};

_Static_assert((BYTES_MOST * 8 + DIGIT_BITS - 1) / DIGIT_BITS <= LG_TOKEN, "the longest token has room");

/* The first byte: of a link's token its transport, else one of these. */
enum { BY_V4 = 8, BY_V6 = 9 };

/* ---- Keys ---- */

/* Tokens and digests have a key each, so that one is never the other. */
static struct {
	unsigned char mac[KEY], digest[KEY];
} keys;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void derive(unsigned char key[KEY], const unsigned char secret[KEY], const char *what)
{
	uint64_t out[2];

	siphash128(secret, what, strlen(what), out);
	memcpy(key, out, KEY);
}

static void set_keys(const unsigned char secret[KEY])
{
	derive(keys.mac, secret, "lychgate tokens");
	derive(keys.digest, secret, "lychgate digests");
}

static void by_chance(void)
{
	unsigned char secret[KEY];

	host_functions.random(secret, sizeof secret);
	set_keys(secret);
}

void token_begin(const unsigned char secret[KEY])
{
	pthread_once(&once, by_chance); /* never again after this */
	set_keys(secret);
}

uint64_t token_digest(const struct lg_span *pieces, unsigned n)
{
	pthread_once(&once, by_chance);
	return siphash_pieces(keys.digest, pieces, n);
}

uint32_t token_listener(const char *name)
{
	static const unsigned char key[KEY] = "listeners' names";

	return (uint32_t)siphash(key, name, strlen(name));
}

/* ---- Base32 ---- */

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

static unsigned put_digits(char *out, const unsigned char *bytes, size_t n)
{
	unsigned used = 0, bits = 0, held = 0;

	for (size_t i = 0; i < n; i++) {
		held = held << 8 | bytes[i];
		for (bits += 8; bits >= DIGIT_BITS; bits -= DIGIT_BITS)
			out[used++] = digits[held >> (bits - DIGIT_BITS) & 31];
	}
	if (bits)
		out[used++] = digits[held << (DIGIT_BITS - bits) & 31];
	return used;
}

static int digit(char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

/* How many bytes; -EINVAL. */
static int take_digits(unsigned char *out, struct lg_span text)
{
	unsigned bits = 0, held = 0;
	int used = 0;

	if (text.n * DIGIT_BITS / 8 > BYTES_MOST)
		return -EINVAL;
	for (size_t i = 0; i < text.n; i++) {
		int d = digit(text.p[i]);

		if (d < 0)
			return -EINVAL;
		held = held << DIGIT_BITS | (unsigned)d;
		bits += DIGIT_BITS;
		if (bits >= 8)
			out[used++] = (unsigned char)(held >> (bits -= 8));
	}
	return held & ((1u << bits) - 1) ? -EINVAL : used; /* there is one way to write it */
}

/* ---- Bytes ---- */

/* In network order, so that gateways of any kind understand each other. */
static unsigned char *put(unsigned char *to, uint32_t v, unsigned n)
{
	while (n-- > 0)
		*to++ = (unsigned char)(v >> 8 * n);
	return to;
}

static const unsigned char *get(const unsigned char *from, uint32_t *v, unsigned n)
{
	for (*v = 0; n > 0; n--)
		*v = *v << 8 | *from++;
	return from;
}

static unsigned char *put_address(unsigned char *to, const struct sockaddr_storage *a)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)a;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)a;

	if (a->ss_family == AF_INET6) {
		memcpy(to, &v6->sin6_addr, V6);
		memcpy(to + V6, &v6->sin6_port, 2);
		return to + V6 + 2;
	}
	memcpy(to, &v4->sin_addr, V4);
	memcpy(to + V4, &v4->sin_port, 2);
	return to + V4 + 2;
}

static const unsigned char *get_address(const unsigned char *from, struct sockaddr_storage *a, int family)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)a;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)a;

	*a = (struct sockaddr_storage){ .ss_family = (sa_family_t)family };
	if (family == AF_INET6) {
		memcpy(&v6->sin6_addr, from, V6);
		memcpy(&v6->sin6_port, from + V6, 2);
		return from + V6 + 2;
	}
	memcpy(&v4->sin_addr, from, V4);
	memcpy(&v4->sin_port, from + V4, 2);
	return from + V4 + 2;
}

static uint64_t mac_of(const unsigned char *bytes, size_t n, enum lg_use use)
{
	unsigned char all[1 + BYTES_MOST];

	pthread_once(&once, by_chance);
	all[0] = (unsigned char)use;
	memcpy(all + 1, bytes, n);
	return siphash(keys.mac, all, 1 + n);
}

static unsigned char *put_mac(unsigned char *to, uint64_t mac)
{
	return put(put(to, (uint32_t)(mac >> 32), 4), (uint32_t)mac, 4);
}

/* ---- Whole ---- */

unsigned token_write(const struct token *t, enum lg_use use, char out[LG_TOKEN])
{
	unsigned char bytes[BYTES_MOST], *at = bytes;
	bool v6 = t->peer.ss_family == AF_INET6;

	if (t->by_address) {
		*at++ = v6 ? BY_V6 : BY_V4;
		at = put(at, t->listener, 4);
		at = put_address(at, &t->local);
		at = put_address(at, &t->peer);
		if (v6) /* one interface for both */
			at = put(at, ((const struct sockaddr_in6 *)&t->peer)->sin6_scope_id, 4);
	} else {
		*at++ = (unsigned char)t->transport;
		at = put(at, t->link.worker, 2);
		at = put(at, t->link.slot, 4);
		at = put(at, t->link.generation, 4);
	}
	at = put_mac(at, mac_of(bytes, (size_t)(at - bytes), use));
	return put_digits(out, bytes, (size_t)(at - bytes));
}

static void read_link(struct token *t, const unsigned char *at)
{
	uint32_t worker;

	at = get(at, &worker, 2);
	at = get(at, &t->link.slot, 4);
	get(at, &t->link.generation, 4);
	t->link.worker = (uint16_t)worker;
}

static void read_addresses(struct token *t, const unsigned char *at, int family)
{
	t->by_address = true;
	at = get(at, &t->listener, 4);
	at = get_address(at, &t->local, family);
	at = get_address(at, &t->peer, family);
	if (family == AF_INET6) {
		get(at, &((struct sockaddr_in6 *)&t->peer)->sin6_scope_id, 4);
		((struct sockaddr_in6 *)&t->local)->sin6_scope_id = ((struct sockaddr_in6 *)&t->peer)->sin6_scope_id;
	}
}

static int length_of(unsigned char kind)
{
	switch (kind) {
	case LG_TCP:
	case LG_TLS:
	case LG_UDP:
		return LINK_BYTES;
	case BY_V4:
		return V4_BYTES;
	case BY_V6:
		return V6_BYTES;
	default:
		return -EINVAL;
	}
}

int token_read(struct token *t, enum lg_use use, struct lg_span text)
{
	unsigned char bytes[BYTES_MOST + 1], mac[MAC];
	int n = take_digits(bytes, text) - MAC;

	if (n < 1 || n != length_of(bytes[0]))
		return -EINVAL;
	put_mac(mac, mac_of(bytes, (size_t)n, use));
	if (memcmp(mac, bytes + n, MAC) != 0)
		return -EINVAL;
	*t = (struct token){ .transport = bytes[0] < BY_V4 ? (enum lg_transport)bytes[0] : LG_UDP };
	if (bytes[0] < BY_V4)
		read_link(t, bytes + 1);
	else
		read_addresses(t, bytes + 1, bytes[0] == BY_V6 ? AF_INET6 : AF_INET);
	return 0;
}
