/* SPDX-License-Identifier: Apache-2.0 */
/* address.c: socket addresses as text. */
#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

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

bool address_same_host(const struct sockaddr *a, const struct sockaddr *b)
{
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a, *b6 = (const struct sockaddr_in6 *)b;

	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET6)
		return IN6_ARE_ADDR_EQUAL(&a6->sin6_addr, &b6->sin6_addr) && a6->sin6_scope_id == b6->sin6_scope_id;
	return ((const struct sockaddr_in *)a)->sin_addr.s_addr == ((const struct sockaddr_in *)b)->sin_addr.s_addr;
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

socklen_t address_len(const struct sockaddr *a)
{
	return a->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}
