/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay_server.c: the server of the relay bench.  A connection whose first byte is 'D' gets bytes without end, any
 * other gets back what it sends; a datagram comes back as the answer to the Binding request that it is.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

enum { CHUNK = 1 << 20, BATCH = 64, DATAGRAM = 1500 };

struct peer {
	int fd;
	void (*ready)(struct peer *p, unsigned events);
	int floods;
};

static int ep;
static char chunk[CHUNK];

static void watch(int fd, void (*ready)(struct peer *, unsigned), unsigned events)
{
	struct peer *p = calloc(1, sizeof(*p));
	struct epoll_event ev = { .events = events, .data.ptr = p };

	if (!p)
		wire_die("no memory");
	p->fd = fd;
	p->ready = ready;
	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) < 0)
		wire_die("epoll");
}

static void forget(struct peer *p)
{
	close(p->fd);
	free(p);
}

/* True while the connection goes on. */
static int flood(struct peer *p)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT, .data.ptr = p };

	if (!p->floods)
		epoll_ctl(ep, EPOLL_CTL_MOD, p->fd, &ev);
	p->floods = 1;
	return send(p->fd, chunk, CHUNK, MSG_NOSIGNAL) > 0 || errno == EAGAIN;
}

static int echo(struct peer *p)
{
	char in[65536];
	ssize_t n = recv(p->fd, in, sizeof(in), 0);

	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	if (p->floods || in[0] == 'D')
		return flood(p);
	return send(p->fd, in, n, MSG_NOSIGNAL) == n;
}

static void serve(struct peer *p, unsigned events)
{
	int goes_on = !(events & (EPOLLERR | EPOLLHUP));

	if (goes_on && events & EPOLLIN)
		goes_on = echo(p);
	if (goes_on && events & EPOLLOUT)
		goes_on = flood(p);
	if (!goes_on)
		forget(p);
}

static void take(struct peer *p, unsigned events)
{
	int fd, one = 1;

	(void)events;
	while ((fd = accept4(p->fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		watch(fd, serve, EPOLLIN);
	}
}

static void answer(struct peer *p, unsigned events)
{
	static char bytes[BATCH][DATAGRAM];
	struct sockaddr_in from[BATCH];
	struct mmsghdr m[BATCH] = { 0 };
	struct iovec v[BATCH];
	int n;

	(void)events;
	for (int i = 0; i < BATCH; i++) {
		v[i] = (struct iovec){ bytes[i], DATAGRAM };
		m[i].msg_hdr = (struct msghdr){
			.msg_name = &from[i], .msg_namelen = sizeof(from[i]), .msg_iov = &v[i], .msg_iovlen = 1
		};
	}
	n = recvmmsg(p->fd, m, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		bytes[i][0] = 1; /* a success response */
		v[i].iov_len = m[i].msg_len;
	}
	if (n > 0)
		sendmmsg(p->fd, m, n, 0);
}

static int bound(const struct sockaddr_in *to, int type)
{
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0), one = 1, room = 8 << 20;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (type == SOCK_DGRAM && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (bind(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		wire_die("bind");
	return fd;
}

int main(int argc, char **argv)
{
	struct rlimit files = { 65536, 65536 };
	struct epoll_event ev[256];
	struct sockaddr_in to;
	int fd;

	if (argc != 2)
		wire_die("relay_server ADDRESS:PORT");
	setrlimit(RLIMIT_NOFILE, &files);
	to = wire_loopback(argv[1]);
	ep = epoll_create1(0);
	fd = bound(&to, SOCK_STREAM);
	listen(fd, 4096);
	watch(fd, take, EPOLLIN);
	watch(bound(&to, SOCK_DGRAM), answer, EPOLLIN);
	for (;;) {
		int n = epoll_wait(ep, ev, 256, -1);

		for (int i = 0; i < n; i++) {
			struct peer *p = ev[i].data.ptr;

			p->ready(p, ev[i].events);
		}
	}
}
