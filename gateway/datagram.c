/* SPDX-License-Identifier: Apache-2.0 */
/* datagram.c: recvmmsg, sendmmsg, and the control messages that carry local addresses. */
#include "datagram.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "source.h"

enum {
	CONTROL_ROOM = CMSG_SPACE(sizeof(struct in6_pktinfo)) + DATAGRAM_RUN_ROOM,
	OUT_BYTES = 256 * 1024,
	RUN_MOST = 64, /* datagrams, as the kernel limits them */
	RUN_BYTES = 60000,
};

union control {
	char bytes[CONTROL_ROOM];
	struct cmsghdr align;
};

struct datagram_room {
	struct mmsghdr in[DATAGRAM_BATCH], out[DATAGRAM_BATCH];
	struct mmsghdr packed[DATAGRAM_BATCH]; /* of `out`: each is one datagram, or a run */
	size_t longest_run;                    /* a longer datagram of one was refused by some way: they all go alone */
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
	r->longest_run = DATAGRAM_MOST;
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

/* ---- Runs ---- */

unsigned datagram_run(const struct iovec *v, unsigned n)
{
	size_t bytes = v->iov_len;
	unsigned i = 1;

	while (i < n && i < RUN_MOST && v[i - 1].iov_len == v->iov_len && v[i].iov_len > 0 &&
	       v[i].iov_len <= v->iov_len && bytes + v[i].iov_len <= RUN_BYTES)
		bytes += v[i++].iov_len;
	return i;
}

void datagram_mark_run(struct msghdr *m, size_t length)
{
	struct cmsghdr *c = (struct cmsghdr *)((char *)m->msg_control + m->msg_controllen);
	uint16_t segment = (uint16_t)length;

	memset(c, 0, DATAGRAM_RUN_ROOM);
	m->msg_controllen += DATAGRAM_RUN_ROOM;
	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof segment);
	memcpy(CMSG_DATA(c), &segment, sizeof segment);
}

bool datagram_refuses_run(int error)
{
	return error == EIO || error == EINVAL || error == EMSGSIZE || error == EOPNOTSUPP;
}

/* Between the same two addresses? */
static bool same_way(const struct msghdr *a, const struct msghdr *b)
{
	return a->msg_namelen == b->msg_namelen && memcmp(a->msg_name, b->msg_name, a->msg_namelen) == 0 &&
	       a->msg_controllen == b->msg_controllen &&
	       (a->msg_controllen == 0 || memcmp(a->msg_control, b->msg_control, a->msg_controllen) == 0);
}

/* How many of the queued ones from `i` on go together. */
static unsigned run_from(const struct datagram_room *r, unsigned i)
{
	unsigned n = 1;

	if (r->out_iov[i].iov_len > r->longest_run)
		return 1;
	while (i + n < r->nout && same_way(&r->out[i].msg_hdr, &r->out[i + n].msg_hdr))
		n++;
	return datagram_run(&r->out_iov[i], n);
}

/* Messages of what is queued from `from` on; what is before `alone` makes no run.  How many. */
static unsigned pack(struct datagram_room *r, unsigned from, unsigned alone)
{
	unsigned k = 0, run;

	for (unsigned i = from; i < r->nout; i += run) {
		struct msghdr *m = &r->packed[k++].msg_hdr;

		run = i < alone ? 1 : run_from(r, i);
		*m = r->out[i].msg_hdr;
		m->msg_iovlen = run;
		if (run == 1)
			continue;
		m->msg_control = &r->out_control[i];
		datagram_mark_run(m, r->out_iov[i].iov_len);
	}
	return k;
}

unsigned datagram_count(const struct mmsghdr *m, unsigned n)
{
	unsigned all = 0;

	for (unsigned i = 0; i < n; i++)
		all += (unsigned)m[i].msg_hdr.msg_iovlen;
	return all;
}

/* What refuses a run may refuse its datagrams, too, and says nothing of runs then: so they are tried alone first. */
unsigned datagram_flush(struct datagram_room *r)
{
	unsigned sent = 0, lost = 0, alone = 0;

	while (sent < r->nout) {
		int n = sendmmsg(r->out_fd, r->packed, pack(r, sent, alone), MSG_NOSIGNAL);
		unsigned first = datagram_count(r->packed, 1);

		if (n > 0) {
			if (sent < alone)
				r->longest_run = r->out_iov[sent].iov_len - 1;
			sent += datagram_count(r->packed, (unsigned)n);
		} else if (first > 1 && datagram_refuses_run(errno)) {
			alone = sent + first;
		} else { /* this one cannot go: no route, or the kernel is full */
			sent += first;
			lost += first;
		}
	}
	r->nout = 0;
	r->out_used = 0;
	return lost;
}
