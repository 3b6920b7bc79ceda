/* SPDX-License-Identifier: Apache-2.0 */
/* networks.c compares bits of addresses; IPv4 as IPv6 writes it (RFC 4291 section 2.5.5.2). */
#include "networks.h"

#include <netinet/in.h>
#include <string.h>

static bool bytes_of(uint8_t out[16], const struct sockaddr *a)
{
	if (a->sa_family == AF_INET6) {
		memcpy(out, &((const struct sockaddr_in6 *)a)->sin6_addr, 16);
	} else if (a->sa_family == AF_INET) {
		memcpy(out, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
		memcpy(out + 12, &((const struct sockaddr_in *)a)->sin_addr, 4);
	} else {
		return false;
	}
	return true;
}

static bool has(const struct lg_net *net, const uint8_t address[16])
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	if (memcmp(net->address, address, whole) != 0)
		return false;
	return rest == 0 || (net->address[whole] ^ address[whole]) >> (8 - rest) == 0;
}

bool networks_have(const struct lg_nets *nets, const struct sockaddr *address)
{
	uint8_t bytes[16];

	if (nets->n == 0 || !bytes_of(bytes, address))
		return false;
	for (size_t i = 0; i < nets->n; i++) {
		if (has(&nets->list[i], bytes))
			return true;
	}
	return false;
}
