/* SPDX-License-Identifier: Apache-2.0 */
/* address.c: socket addresses as text. */
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint16_t address_port(const struct sockaddr *a)
{
	return ntohs(a->sa_family == AF_INET6 ? ((const struct sockaddr_in6 *)a)->sin6_port
					      : ((const struct sockaddr_in *)a)->sin_port);
}

void address_set_port(struct sockaddr_storage *a, uint16_t port)
{
	if (a->ss_family == AF_INET6)
		((struct sockaddr_in6 *)a)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)a)->sin_port = htons(port);
}

bool address_is_any(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)a)->sin6_addr);
	return ((const struct sockaddr_in *)a)->sin_addr.s_addr == htonl(INADDR_ANY);
}

bool address_same_host(const struct sockaddr *a, const struct sockaddr *b)
{
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a, *b6 = (const struct sockaddr_in6 *)b;

	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET6)
		return IN6_ARE_ADDR_EQUAL(&a6->sin6_addr, &b6->sin6_addr) && a6->sin6_scope_id == b6->sin6_scope_id;
	return ((const struct sockaddr_in *)a)->sin_addr.s_addr == ((const struct sockaddr_in *)b)->sin_addr.s_addr;
}

/* The usual one is written by hand: each connection asks for it. */
static char *put_number(char *to, unsigned n)
{
	if (n >= 10)
		to = put_number(to, n / 10);
	*to = (char)('0' + n % 10);
	return to + 1;
}

static void format_v4(const struct sockaddr_in *a, char text[ADDRESS_TEXT])
{
	uint32_t host = ntohl(a->sin_addr.s_addr);

	for (int shift = 24; shift >= 0; shift -= 8) {
		text = put_number(text, host >> shift & 255);
		*text++ = shift ? '.' : ':';
	}
	*put_number(text, ntohs(a->sin_port)) = 0;
}

void address_format_host(const struct sockaddr *a, char text[], size_t n)
{
	const void *host = a->sa_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)a)->sin6_addr
						    : (const void *)&((const struct sockaddr_in *)a)->sin_addr;

	if (!inet_ntop(a->sa_family, host, text, (socklen_t)n))
		snprintf(text, n, "?");
}

void address_format(const struct sockaddr *a, char text[], size_t n)
{
	char host[INET6_ADDRSTRLEN];

	if (a->sa_family == AF_INET && n >= ADDRESS_TEXT) {
		format_v4((const struct sockaddr_in *)a, text);
		return;
	}
	address_format_host(a, host, sizeof host);
	snprintf(text, n, a->sa_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host, address_port(a));
}

void address_take_host(struct sockaddr_storage *to, const struct sockaddr_storage *from)
{
	if (from->ss_family == AF_INET6)
		((struct sockaddr_in6 *)to)->sin6_addr = ((const struct sockaddr_in6 *)from)->sin6_addr;
	else
		((struct sockaddr_in *)to)->sin_addr = ((const struct sockaddr_in *)from)->sin_addr;
}

static void mask_bytes(unsigned char *p, unsigned n, unsigned bits)
{
	for (unsigned i = bits / 8; bits && i < n; i++)
		p[i] = i == bits / 8 ? (unsigned char)(p[i] & 0xff00 >> bits % 8) : 0;
}

void address_mask(struct sockaddr_storage *a, unsigned v4, unsigned v6)
{
	struct in6_addr *host = &((struct sockaddr_in6 *)a)->sin6_addr;

	if (a->ss_family != AF_INET6)
		mask_bytes((unsigned char *)&((struct sockaddr_in *)a)->sin_addr, 4, v4);
	else
		mask_bytes(host->s6_addr, 16, !IN6_IS_ADDR_V4MAPPED(host) ? v6 : v4 ? 96 + v4 : 0);
}

static int parse_port(in_port_t *port, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n > 65535)
		return -EINVAL;
	*port = htons((uint16_t)n);
	return 0;
}

int address_parse(struct sockaddr_storage *a, struct lg_span text)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)a;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)a;
	char copy[ADDRESS_TEXT], *colon;
	size_t n = text.n;

	if (!n || n >= sizeof copy)
		return -EINVAL;
	memcpy(copy, text.p, n);
	copy[n] = 0;
	colon = strrchr(copy, ':');
	if (!colon)
		return -EINVAL;
	*colon = 0;
	*a = (struct sockaddr_storage){ .ss_family = copy[0] == '[' ? AF_INET6 : AF_INET };
	if (copy[0] != '[')
		return inet_pton(AF_INET, copy, &v4->sin_addr) == 1 ? parse_port(&v4->sin_port, colon + 1) : -EINVAL;
	if (colon - copy < 2 || colon[-1] != ']')
		return -EINVAL;
	colon[-1] = 0;
	return inet_pton(AF_INET6, copy + 1, &v6->sin6_addr) == 1 ? parse_port(&v6->sin6_port, colon + 1) : -EINVAL;
}

/* The same with every bit behind its `bits` cleared; whether one was set. */
static bool clear_rest(struct lg_net *net)
{
	bool was_set = false;

	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = net->bits > 8 * i ? net->bits - 8 * i : 0;
		uint8_t clean = keep >= 8 ? net->address[i] : (uint8_t)(net->address[i] & ~(0xff >> keep));

		was_set |= clean != net->address[i];
		net->address[i] = clean;
	}
	return was_set;
}

int address_parse_net(struct lg_net *net, const char *text, char meant[ADDRESS_TEXT])
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	char host[INET6_ADDRSTRLEN], *end = NULL;
	long bits, most = 128;

	if (n >= sizeof host)
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = 0;
	*net = (struct lg_net){ .address = { [10] = 0xff, [11] = 0xff } };
	if (inet_pton(AF_INET, host, net->address + 12) == 1)
		most = 32;
	else if (inet_pton(AF_INET6, host, net->address) != 1)
		return -EINVAL;
	bits = slash ? strtol(slash + 1, &end, 10) : most;
	if (slash && (slash[1] < '0' || slash[1] > '9' || *end))
		return -EINVAL;
	if (bits > most)
		return -EINVAL;
	net->bits = (uint8_t)(bits + 128 - most);
	if (!meant || !clear_rest(net))
		return 0;
	inet_ntop(most == 32 ? AF_INET : AF_INET6, net->address + (most == 32 ? 12 : 0), host, sizeof host);
	snprintf(meant, ADDRESS_TEXT, "%s/%u", host, (unsigned)bits & 0xff);
	return -EINVAL;
}

bool address_in_net(const uint8_t address[16], const struct lg_net *net)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	return memcmp(address, net->address, whole) == 0 &&
	       (rest == 0 || (address[whole] ^ net->address[whole]) >> (8 - rest) == 0);
}

socklen_t address_len(const struct sockaddr *a)
{
	return a->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}
