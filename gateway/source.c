/* SPDX-License-Identifier: Apache-2.0 */
/* source.c: sockets that have a client's address.  Which sockets there are, and where they connect to: link.c. */
#include "source.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "listener.h"
#include "session.h"

const struct sockaddr *source_of(const struct session *s)
{
	return s->listener->conf->transparent && !s->shared ? session_origin(s) : NULL;
}

static int make_transparent(int fd, int family)
{
	int r = family == AF_INET6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, &(int){ 1 }, sizeof(int))
				   : setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &(int){ 1 }, sizeof(int));

	return r < 0 ? -errno : 0;
}

static int option_of(int fd, int name, int *value)
{
	socklen_t n = sizeof *value;

	return getsockopt(fd, SOL_SOCKET, name, value, &n) < 0 ? -errno : 0;
}

/* With no port yet, connecting finds one that is free for this server: there are as many for each server. */
static int bind_any_port(int fd, const struct sockaddr *source)
{
	struct sockaddr_storage a = { 0 };

	memcpy(&a, source, address_len(source));
	address_set_port(&a, 0);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){ 1 }, sizeof(int)); /* of IPv6 sockets, too */
	return bind(fd, (struct sockaddr *)&a, address_len(source)) < 0 ? -errno : 0;
}

int source_bind(int fd, const struct sockaddr *source)
{
	int family, type;
	int r;

	if (!source)
		return 0;
	r = option_of(fd, SO_DOMAIN, &family);
	if (r == 0)
		r = option_of(fd, SO_TYPE, &type);
	if (r == 0 && family != source->sa_family)
		r = -EAFNOSUPPORT;
	if (r == 0)
		r = make_transparent(fd, family);
	if (r < 0)
		return r;
	if (type == SOCK_DGRAM && bind(fd, source, address_len(source)) == 0)
		return 0;
	return bind_any_port(fd, source);
}

bool source_is_own(int fd, const struct sockaddr *source)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof a;

	return source && getsockname(fd, (struct sockaddr *)&a, &n) == 0 &&
	       address_port((struct sockaddr *)&a) == address_port(source);
}

int source_check(const struct listener_conf *conf, char err[], size_t errlen)
{
	int fd, r;

	if (!conf->transparent)
		return 0;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	r = fd < 0 ? -errno : make_transparent(fd, AF_INET);
	if (fd >= 0)
		close(fd);
	if (r < 0)
		snprintf(err, errlen, "listener %s: source = \"transparent\" is not possible: %s%s", conf->name,
			 strerror(-r),
			 r == -EPERM ? " (it needs root, or the capability CAP_NET_ADMIN or CAP_NET_RAW)" : "");
	return r;
}
