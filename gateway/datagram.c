/* SPDX-License-Identifier: Apache-2.0 */
/* datagram.c: recvmmsg, sendmmsg, and the control messages that carry local addresses. */
#include "datagram.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "source.h"

enum { CONTROL_ROOM = CMSG_SPACE(sizeof(struct in6_pktinfo)), OUT_BYTES = 256 * 1024 };

union control {
	char bytes[CONTROL_ROOM];
	struct cmsghdr align;
};

struct datagram_room {
	struct mmsghdr in[DATAGRAM_BATCH], out[DATAGRAM_BATCH];
	struct iovec in_iov[DATAGRAM_BATCH], out_iov[DATAGRAM_BATCH];
	struct sockaddr_storage from[DATAGRAM_BATCH], to[DATAGRAM_BATCH];
	union control in_control[DATAGRAM_BATCH], out_control[DATAGRAM_BATCH];
	unsigned used_in; /* the first of `in`, which the kernel has written to */
	int out_fd;
	unsigned nout;
	size_t out_used;
	char *in_bytes, *out_bytes;
};

struct datagram_room *datagram_room_create(void)
{
	struct datagram_room *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->in_bytes = malloc((size_t)DATAGRAM_BATCH * DATAGRAM_MOST);
	r->out_bytes = malloc(OUT_BYTES);
	if (!r->in_bytes || !r->out_bytes) {
		datagram_room_destroy(r);
		return NULL;
	}
	r->used_in = DATAGRAM_BATCH;
	return r;
}

void datagram_room_destroy(struct datagram_room *r)
{
	if (!r)
		return;
	free(r->in_bytes);
	free(r->out_bytes);
	free(r);
}

/* ---- Sockets ---- */

void datagram_widen(int fd, int bytes)
{
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

static bool is_any(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)a)->sin6_addr);
	return ((const struct sockaddr_in *)a)->sin_addr.s_addr == htonl(INADDR_ANY);
}

int datagram_bind(const struct sockaddr *address, bool share)
{
	int fd = socket(address->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int yes = 1, r;

	if (fd < 0)
		return -errno;
	if (share)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
	if (address->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
	if (is_any(address) && address->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof yes);
	else if (is_any(address))
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes);
	datagram_widen(fd, DATAGRAM_BUFFER);
	if (bind(fd, address, address_len(address)) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

int datagram_connect(const struct sockaddr *server, const struct sockaddr *source)
{
	int fd = socket(server->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -errno;
	r = source_bind(fd, source);
	if (r == 0 && connect(fd, server, address_len(server)) == 0)
		return fd;
	if (r == 0)
		r = -errno;
	close(fd);
	return r;
}

/* ---- Receiving ---- */

/* Only what the last batch used is made anew: a flow's batch is mostly one. */
static void renew_room(struct datagram_room *r)
{
	for (unsigned i = 0; i < r->used_in; i++) {
		r->in_iov[i] = (struct iovec){ r->in_bytes + (size_t)i * DATAGRAM_MOST, DATAGRAM_MOST };
		r->in[i].msg_hdr = (struct msghdr){
			.msg_name = &r->from[i],
			.msg_namelen = sizeof r->from[i],
			.msg_iov = &r->in_iov[i],
			.msg_iovlen = 1,
			.msg_control = &r->in_control[i],
			.msg_controllen = sizeof r->in_control[i],
		};
	}
	r->used_in = 0;
}

int datagram_receive(struct datagram_room *r, int fd)
{
	int n;

	renew_room(r);
	n = recvmmsg(fd, r->in, DATAGRAM_BATCH, 0, NULL);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	r->used_in = (unsigned)n;
	return n;
}

static void read_local(struct msghdr *m, struct sockaddr_storage *local)
{
	local->ss_family = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			struct sockaddr_in *a = (struct sockaddr_in *)local;

			memcpy(&info, CMSG_DATA(c), sizeof info);
			*a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = info.ipi_addr };
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			struct sockaddr_in6 *a = (struct sockaddr_in6 *)local;

			memcpy(&info, CMSG_DATA(c), sizeof info);
			*a = (struct sockaddr_in6){ .sin6_family = AF_INET6,
						    .sin6_addr = info.ipi6_addr,
						    .sin6_scope_id = info.ipi6_ifindex };
		}
	}
}

void datagram_get(const struct datagram_room *r, int i, struct datagram *d)
{
	struct msghdr m = r->in[i].msg_hdr;

	d->peer = r->from[i];
	d->bytes = (struct lg_span){ r->in_iov[i].iov_base, r->in[i].msg_len };
	read_local(&m, &d->local);
}

/* ---- Sending ---- */

static void put_control(struct msghdr *m, union control *room, int type, int level, const void *info, size_t n)
{
	struct cmsghdr *c;

	m->msg_control = room;
	m->msg_controllen = CMSG_SPACE(n);
	memset(room, 0, sizeof *room);
	c = CMSG_FIRSTHDR(m);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(n);
	memcpy(CMSG_DATA(c), info, n);
}

static void put_local(struct msghdr *m, union control *room, const struct sockaddr *local)
{
	if (local->sa_family == AF_INET) {
		struct in_pktinfo info = { .ipi_spec_dst = ((const struct sockaddr_in *)local)->sin_addr };

		put_control(m, room, IP_PKTINFO, IPPROTO_IP, &info, sizeof info);
	} else if (local->sa_family == AF_INET6) {
		const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)local;
		struct in6_pktinfo info = { .ipi6_addr = a->sin6_addr };

		if (IN6_IS_ADDR_LINKLOCAL(&a->sin6_addr))
			info.ipi6_ifindex = a->sin6_scope_id;
		put_control(m, room, IPV6_PKTINFO, IPPROTO_IPV6, &info, sizeof info);
	}
}

/* The length of all pieces, at most `most`: what is behind is cut off. */
static size_t length_of(const struct lg_span *pieces, unsigned n, size_t most)
{
	size_t all = 0;

	for (unsigned i = 0; i < n; i++)
		all += pieces[i].n;
	return all < most ? all : most;
}

static void copy(char *to, size_t size, const struct lg_span *pieces, unsigned n)
{
	for (unsigned i = 0; i < n && size > 0; i++) {
		size_t some = pieces[i].n < size ? pieces[i].n : size;

		if (some)
			memcpy(to, pieces[i].p, some);
		to += some;
		size -= some;
	}
}

unsigned datagram_queue(struct datagram_room *r, int fd, const struct sockaddr *peer, const struct sockaddr *local,
			const struct lg_span *pieces, unsigned n)
{
	size_t length = length_of(pieces, n, OUT_BYTES);
	unsigned lost = 0, i;

	if (r->nout && (r->out_fd != fd || r->nout == DATAGRAM_BATCH || r->out_used + length > OUT_BYTES))
		lost = datagram_flush(r);
	i = r->nout++;
	r->out_fd = fd;
	memcpy(&r->to[i], peer, address_len(peer));
	r->out_iov[i] = (struct iovec){ r->out_bytes + r->out_used, length };
	copy(r->out_iov[i].iov_base, length, pieces, n);
	r->out_used += length;
	r->out[i].msg_hdr = (struct msghdr){
		.msg_name = &r->to[i],
		.msg_namelen = address_len(peer),
		.msg_iov = &r->out_iov[i],
		.msg_iovlen = 1,
	};
	put_local(&r->out[i].msg_hdr, &r->out_control[i], local);
	return lost;
}

unsigned datagram_flush(struct datagram_room *r)
{
	unsigned sent = 0, lost = 0;

	while (sent < r->nout) {
		int n = sendmmsg(r->out_fd, r->out + sent, r->nout - sent, MSG_NOSIGNAL);

		if (n > 0) {
			sent += (unsigned)n;
		} else { /* this one cannot go: no route, or the kernel is full */
			sent++;
			lost++;
		}
	}
	r->nout = 0;
	r->out_used = 0;
	return lost;
}
