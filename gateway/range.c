/* SPDX-License-Identifier: Apache-2.0 */
/* range.c: which port of a range a client meant.  What that means for the server's port: session.h. */
#include "range.h"

#include <errno.h>
#include <netinet/in.h>

#include "address.h"

enum { ORIGINAL_DST = 80 }; /* SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST, of headers that do not go with netinet/in.h */

/* A translated connection keeps its first destination with the kernel's connection tracking; without translation the
 * socket's own address is the one that the client meant. */
static int original_destination(int fd, int family, struct sockaddr_storage *to)
{
	socklen_t n = sizeof *to;

	if (getsockopt(fd, family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP, ORIGINAL_DST, to, &n) == 0)
		return 0;
	n = sizeof *to;
	return getsockname(fd, (struct sockaddr *)to, &n) < 0 ? -errno : 0;
}

int range_port(const struct bind *bind, int fd)
{
	struct sockaddr_storage to;
	uint16_t port;

	if (original_destination(fd, bind->address.ss_family, &to) < 0)
		return -ERANGE;
	port = address_port((struct sockaddr *)&to);
	return port >= address_port((const struct sockaddr *)&bind->address) && port <= bind->last ? port : -ERANGE;
}

void range_prepare(int fd, int family)
{
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, &(int){ 1 }, sizeof(int));
	else
		setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &(int){ 1 }, sizeof(int));
}
