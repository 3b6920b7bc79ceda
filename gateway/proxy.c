/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy.c reads and writes PROXY protocol headers.  Numbers of sections are those of the document.  A header that is
 * not exactly as it says is refused: the receiver must not guess (2).
 */
#include "proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char signature[12] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };

enum {
	V2_FIXED = 16,
	V2_LOCAL = 0x20, /* version and command */
	V2_PROXY = 0x21,
	V2_TCP4 = 0x11, /* family and transport */
	V2_TCP6 = 0x21,
	TLV_ALPN = 1,
	TLV_AUTHORITY = 2,
	TLV_CRC32C = 3,
};

static unsigned read16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* ---- Addresses ---- */

/* As IPv6, IPv4 inside ::ffff:0:0/96; `v4` tells which. */
struct address {
	unsigned char host[16];
	unsigned port;
	bool v4;
};

static int parse_host(struct address *a, const char *text)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	a->v4 = inet_pton(AF_INET, text, a->host + 12) == 1;
	if (a->v4)
		memcpy(a->host, mapped, sizeof mapped);
	else if (inet_pton(AF_INET6, text, a->host) != 1)
		return -EINVAL;
	return 0;
}

/* A decimal number without leading zeros (2.1). */
static int parse_port(unsigned *port, const char *text)
{
	size_t n = strspn(text, "0123456789");

	if (n < 1 || n > 5 || text[n] || (n > 1 && text[0] == '0'))
		return -EINVAL;
	*port = (unsigned)strtoul(text, NULL, 10);
	return *port <= 65535 ? 0 : -EINVAL;
}

/* "192.0.2.1:1234", "[2001:db8::1]:1234" */
static int parse_address(struct address *a, struct lg_span text)
{
	char copy[PROXY_ADDRESS], *colon, *host = copy;

	if (!text.p || text.n >= sizeof copy)
		return -EINVAL;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	colon = strrchr(copy, ':');
	if (!colon || parse_port(&a->port, colon + 1) < 0)
		return -EINVAL;
	*colon = '\0';
	if (copy[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		host++;
	}
	return parse_host(a, host);
}

static void write_address(char to[PROXY_ADDRESS], const struct address *a)
{
	char host[INET6_ADDRSTRLEN];

	inet_ntop(a->v4 ? AF_INET : AF_INET6, a->v4 ? a->host + 12 : a->host, host, sizeof host);
	snprintf(to, PROXY_ADDRESS, a->v4 ? "%s:%u" : "[%s]:%u", host, a->port);
}

/* ---- Version 1: a line of text (2.1) ---- */

/* The next word of the line: one space before it, and it is not empty. */
static char *next_word(char **line)
{
	char *word = *line, *space;

	if (!word)
		return NULL;
	space = strchr(word, ' ');
	*line = space ? space + 1 : NULL;
	if (space)
		*space = '\0';
	return *word ? word : NULL;
}

static int read_line(struct proxy *p, char *line)
{
	const char *family = next_word(&line), *hosts[2], *ports[2];
	struct address ends[2];

	if (family && strcmp(family, "UNKNOWN") == 0)
		return 1; /* what follows is of no meaning */
	hosts[0] = next_word(&line);
	hosts[1] = next_word(&line);
	ports[0] = next_word(&line);
	ports[1] = next_word(&line);
	if (!ports[1] || line || (strcmp(family, "TCP4") != 0 && strcmp(family, "TCP6") != 0))
		return -EINVAL;
	for (int i = 0; i < 2; i++)
		if (!hosts[i] || !ports[i] || parse_host(&ends[i], hosts[i]) < 0 ||
		    parse_port(&ends[i].port, ports[i]) < 0 || ends[i].v4 != (family[3] == '4'))
			return -EINVAL;
	write_address(p->source, &ends[0]);
	write_address(p->destination, &ends[1]);
	return 1;
}

static int read_v1(struct proxy *p, struct lg_span in)
{
	static const char begin[] = "PROXY ";
	size_t known = in.n < sizeof begin - 1 ? in.n : sizeof begin - 1;
	size_t most = in.n < PROXY_V1_MAX ? in.n : PROXY_V1_MAX;
	const char *end = memchr(in.p, '\n', most);
	char line[PROXY_V1_MAX + 1];
	size_t n;

	if (memcmp(in.p, begin, known) != 0)
		return -EINVAL;
	if (!end)
		return most == PROXY_V1_MAX ? -EINVAL : 0;
	n = (size_t)(end - in.p);
	if (n < sizeof begin || end[-1] != '\r' || memchr(in.p, '\0', n))
		return -EINVAL;
	p->used = n + 1;
	n -= sizeof begin; /* without the word before, and CR */
	memcpy(line, in.p + sizeof begin - 1, n);
	line[n] = '\0';
	return read_line(p, line);
}

/* ---- Version 2: binary (2.2) ---- */

/* CRC-32C over the header with the checksum's own bytes as zero (2.2.5). */
static uint32_t checksum(const unsigned char *p, size_t n, size_t hole)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		crc ^= i >= hole && i < hole + 4 ? 0 : p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
	}
	return ~crc;
}

static bool checksum_fits(const unsigned char *p, size_t n, size_t at)
{
	uint32_t told = (uint32_t)read16(p + at) << 16 | read16(p + at + 2);

	return checksum(p, n, at) == told;
}

/* Type, length, value, to the end of the header; those that nobody here reads are passed over. */
static int read_values(struct proxy *p, const unsigned char *header, size_t at, size_t n)
{
	while (at < n) {
		struct lg_span value;
		unsigned char type = header[at];

		if (n - at < 3 || read16(header + at + 1) > n - at - 3)
			return -EINVAL;
		value = (struct lg_span){ (const char *)header + at + 3, read16(header + at + 1) };
		at += 3 + value.n;
		if (type == TLV_ALPN && value.n)
			p->alpn = value;
		else if (type == TLV_AUTHORITY && value.n)
			p->authority = value;
		else if (type == TLV_CRC32C && (value.n != 4 || !checksum_fits(header, n, at - 4)))
			return -EINVAL;
	}
	return 1;
}

static void read_ends(struct proxy *p, const unsigned char *q, bool v4)
{
	size_t host = v4 ? 4 : 16;

	for (int i = 0; i < 2; i++) {
		struct address a = { .v4 = v4, .port = read16(q + 2 * host + 2 * (size_t)i) };

		memcpy(a.host + 16 - host, q + host * (size_t)i, host);
		write_address(i ? p->destination : p->source, &a);
	}
}

/* How many bytes the addresses of a family take (2.2); -EINVAL: it is not one. */
static int length_of_ends(unsigned char family)
{
	switch (family) {
	case 0x00:
		return 0;
	case V2_TCP4:
	case V2_TCP4 + 1: /* datagrams */
		return 12;
	case V2_TCP6:
	case V2_TCP6 + 1:
		return 36;
	case 0x31: /* a path in a file system: nothing to tell */
	case 0x32:
		return 216;
	default:
		return -EINVAL;
	}
}

static int read_v2(struct proxy *p, struct lg_span in)
{
	const unsigned char *q = (const unsigned char *)in.p;
	size_t known = in.n < sizeof signature ? in.n : sizeof signature, n;
	int ends;

	if (memcmp(q, signature, known) != 0)
		return -EINVAL;
	if (in.n < V2_FIXED)
		return in.n > 12 && q[12] != V2_LOCAL && q[12] != V2_PROXY ? -EINVAL : 0;
	ends = length_of_ends(q[13]);
	n = V2_FIXED + read16(q + 14);
	if ((q[12] != V2_LOCAL && q[12] != V2_PROXY) || ends < 0)
		return -EINVAL;
	if (in.n < n)
		return 0;
	p->used = n;
	if (q[12] == V2_LOCAL)
		return 1; /* the proxy's own: a health check; the rest is to be ignored */
	if (n < V2_FIXED + (size_t)ends)
		return -EINVAL;
	if (ends == 12 || ends == 36)
		read_ends(p, q + V2_FIXED, ends == 12);
	return q[13] ? read_values(p, q, V2_FIXED + (size_t)ends, n) : 1;
}

int proxy_read(struct proxy *p, struct lg_span in)
{
	*p = (struct proxy){ .used = 0 };
	if (in.n == 0)
		return 0;
	return in.p[0] == 'P' ? read_v1(p, in) : read_v2(p, in);
}

/* ---- Writing ---- */

/* Version 1 has no words for a pair of families; as IPv6 both can be told. */
static size_t write_v1(char *out, const struct address ends[2])
{
	char text[2][INET6_ADDRSTRLEN];
	bool v4 = ends[0].v4 && ends[1].v4;

	for (int i = 0; i < 2; i++)
		inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? ends[i].host + 12 : ends[i].host, text[i], sizeof text[i]);
	return (size_t)snprintf(out, PROXY_OUT, "PROXY TCP%c %s %s %u %u\r\n", v4 ? '4' : '6', text[0], text[1],
				ends[0].port, ends[1].port);
}

static char *put16(char *to, unsigned n)
{
	*to++ = (char)(n >> 8);
	*to++ = (char)n;
	return to;
}

static char *put_value(char *to, char type, struct lg_span value)
{
	if (value.n == 0 || value.n > PROXY_NAME)
		return to;
	*to++ = type;
	to = put16(to, (unsigned)value.n);
	return (char *)memcpy(to, value.p, value.n) + value.n;
}

static char *put_ends(char *to, const struct address ends[2], bool v4)
{
	size_t host = v4 ? 4 : 16;

	for (int i = 0; i < 2; i++, to += host)
		memcpy(to, ends[i].host + 16 - host, host);
	return put16(put16(to, ends[0].port), ends[1].port);
}

static struct lg_span first_of(struct lg_span list)
{
	const char *comma = list.n ? memchr(list.p, ',', list.n) : NULL;

	return comma ? (struct lg_span){ list.p, (size_t)(comma - list.p) } : list;
}

static size_t write_v2(char *out, const struct address *ends, struct lg_span authority, struct lg_span alpn)
{
	bool v4 = ends && ends[0].v4 && ends[1].v4;
	char *at = out + V2_FIXED;

	memcpy(out, signature, sizeof signature);
	out[12] = ends ? V2_PROXY : V2_LOCAL;
	out[13] = (char)(!ends ? 0 : v4 ? V2_TCP4 : V2_TCP6);
	if (ends) {
		at = put_ends(at, ends, v4);
		at = put_value(at, TLV_ALPN, first_of(alpn));
		at = put_value(at, TLV_AUTHORITY, authority);
	}
	put16(out + 14, (unsigned)(at - out - V2_FIXED));
	return (size_t)(at - out);
}

size_t proxy_write(char out[PROXY_OUT], enum proxy_version version, struct lg_span source, struct lg_span destination,
		   struct lg_span authority, struct lg_span alpn)
{
	struct address ends[2];
	bool known = parse_address(&ends[0], source) == 0 && parse_address(&ends[1], destination) == 0;

	if (version == PROXY_NONE)
		return 0;
	if (version == PROXY_V2)
		return write_v2(out, known ? ends : NULL, authority, alpn);
	return known ? write_v1(out, ends) : (size_t)snprintf(out, PROXY_OUT, "PROXY UNKNOWN\r\n");
}
