/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_server.c: the web server of the bench, plain HTTP/1.1 that stays connected: "GET /N" gets N bytes, under a head of
 * the usual length.
 *
 *     web_server ADDRESS:PORT
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wire.h"

enum { CHUNK = 1 << 20, REQUEST = 8192 };

struct peer {
	int fd;
	size_t n;    /* bytes of a request that is not whole */
	size_t left; /* bytes of the body that are not sent */
	char in[REQUEST];
};

static char chunk[CHUNK];

/* Ends the connection at the first sign of anything odd: both ends are ours. */
static void forget(struct peer *p)
{
	close(p->fd);
	free(p);
}

/* True while the connection goes on; the kernel says when it takes more. */
static bool send_body(struct peer *p)
{
	while (p->left > 0) {
		ssize_t n = send(p->fd, chunk, p->left < CHUNK ? p->left : CHUNK, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN;
		p->left -= (size_t)n;
	}
	return true;
}

static bool answer(struct peer *p)
{
	unsigned long length = strncmp(p->in, "GET /", 5) == 0 ? strtoul(p->in + 5, NULL, 10) : 0;
	size_t now = length < CHUNK ? length : CHUNK;
	char head[512];
	struct iovec v[2] = { { head, 0 }, { chunk, now } };
	ssize_t sent;

	v[0].iov_len = (size_t)snprintf(head, sizeof(head),
					"HTTP/1.1 200 OK\r\n"
					"Server: bench\r\n"
					"Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
					"Content-Type: application/octet-stream\r\n"
					"Content-Length: %lu\r\n"
					"Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
					"Connection: keep-alive\r\n"
					"ETag: \"6956c380-64\"\r\n"
					"Accept-Ranges: bytes\r\n\r\n",
					length);
	sent = sendmsg(p->fd, &(struct msghdr){ .msg_iov = v, .msg_iovlen = 2 }, MSG_NOSIGNAL);
	if (sent < (ssize_t)v[0].iov_len)
		return false;
	p->left = length - ((size_t)sent - v[0].iov_len);
	return send_body(p);
}

static bool receive(struct peer *p)
{
	ssize_t n = recv(p->fd, p->in + p->n, REQUEST - 1 - p->n, 0);

	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	p->n += (size_t)n;
	p->in[p->n] = '\0';
	if (!strstr(p->in, "\r\n\r\n"))
		return p->n < REQUEST - 1;
	p->n = 0; /* clients wait for an answer before they ask again */
	return answer(p);
}

static void take(int ep, int listening)
{
	int fd, one = 1;

	while ((fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		struct peer *p = calloc(1, sizeof(*p));
		struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = p };

		if (!p)
			wire_die("no memory");
		p->fd = fd;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	}
}

static int bound(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)to, sizeof(*to)) < 0 || listen(fd, 4096) < 0)
		wire_die("bind");
	return fd;
}

int main(int argc, char **argv)
{
	struct rlimit files = { 65536, 65536 };
	int ep = epoll_create1(0), fd;
	struct epoll_event ev[256] = { { .events = EPOLLIN } };
	struct sockaddr_in to;

	if (argc != 2)
		wire_die("web_server ADDRESS:PORT");
	setrlimit(RLIMIT_NOFILE, &files);
	memset(chunk, 'b', CHUNK);
	to = wire_loopback(argv[1]);
	fd = bound(&to);
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, ev);
	for (;;) {
		int n = epoll_wait(ep, ev, 256, -1);

		for (int i = 0; i < n; i++) {
			struct peer *p = ev[i].data.ptr;

			if (!p)
				take(ep, fd);
			else if (!(p->left > 0 ? send_body(p) : receive(p)))
				forget(p);
		}
	}
}
