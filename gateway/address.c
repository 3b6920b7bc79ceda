/* SPDX-License-Identifier: Apache-2.0 */
/* address.c: socket addresses as text. */
#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

static unsigned port_of(const struct sockaddr *a)
{
	return ntohs(a->sa_family == AF_INET6 ? ((const struct sockaddr_in6 *)a)->sin6_port
					      : ((const struct sockaddr_in *)a)->sin_port);
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
	snprintf(text, n, a->sa_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host, port_of(a));
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
