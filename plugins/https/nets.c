/* SPDX-License-Identifier: Apache-2.0 */
/* nets.c compares addresses with networks; IPv4 as IPv6 writes it (RFC 4291 section 2.5.5.2). */
#include "nets.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

enum { ADDRESS = 64 };

/* "192.0.2.1:80" or "[2001:db8::1]:80" as 16 bytes. */
static bool read_address(uint8_t out[16], struct lg_span text)
{
	char host[ADDRESS];
	const char *end;

	if (text.n == 0 || text.n >= sizeof(host))
		return false;
	memcpy(host, text.p, text.n);
	host[text.n] = '\0';
	if (*host == '[') {
		end = strchr(host, ']');
		if (!end)
			return false;
		host[end - host] = '\0';
		return inet_pton(AF_INET6, host + 1, out) == 1;
	}
	host[strcspn(host, ":")] = '\0';
	memcpy(out, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	return inet_pton(AF_INET, host, out + 12) == 1;
}

static bool in_net(const uint8_t address[16], const struct lg_net *net)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	if (memcmp(address, net->address, whole) != 0)
		return false;
	return rest == 0 || (address[whole] ^ net->address[whole]) >> (8 - rest) == 0;
}

bool nets_have(const struct lg_nets *nets, struct lg_span address)
{
	uint8_t bytes[16];

	if (nets->n == 0 || !read_address(bytes, address))
		return false;
	for (size_t i = 0; i < nets->n; i++)
		if (in_net(bytes, &nets->list[i]))
			return true;
	return false;
}
