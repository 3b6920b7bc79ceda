/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uas.c: a light SIP server for the bench: answers every request on TCP with 200 and its name in X-Server, those of one
 * receive in one send.  It keeps no state and checks nothing.
 *
 *     uas NAME ADDRESS:PORT      ends on SIGTERM
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

enum { BUFFER = 256 * 1024 };

struct peer {
	int fd;
	size_t n;
	char in[BUFFER];
};

static const char *name;
static char out[2 * BUFFER];

static bool copied(const char *line)
{
	static const char *const names[] = { "Via:", "From:", "To:", "Call-ID:", "CSeq:", "Record-Route:" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncasecmp(line, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* Writes the answer to the request with this head; its length. */
static size_t answer(const char *head, size_t n, char *to)
{
	const char *end = head + n - 2, *line = head, *next;
	char *o = to + sprintf(to, "SIP/2.0 200 OK\r\n");

	if (n < 4 || memcmp(head, "ACK ", 4) == 0)
		return 0;
	while ((line = memchr(line, '\n', end - line)) && ++line < end) {
		next = memchr(line, '\n', end - line);
		if (!next || !copied(line))
			continue;
		o = mempcpy(o, line, next + 1 - line);
		if (strncasecmp(line, "To:", 3) == 0 && !memmem(line, next - line, ";tag=", 5))
			o += sprintf(o - 2, ";tag=%s\r\n", name) - 2;
	}
	o += sprintf(o, "X-Server: %s\r\nContent-Length: 0\r\n\r\n", name);
	return o - to;
}

/* Answers all that is complete; < 0 when the peer is gone. */
static int serve(struct peer *p)
{
	ssize_t got = recv(p->fd, p->in + p->n, BUFFER - p->n, MSG_DONTWAIT);
	size_t used = 0, len, head, o = 0;

	if (got <= 0)
		return got < 0 && errno == EAGAIN ? 0 : -1;
	p->n += got;
	while ((len = wire_message(p->in + used, p->n - used, &head)) > 0) {
		if (o + head + 256 > sizeof(out))
			return -1;
		o += answer(p->in + used, head, out + o);
		used += len;
	}
	memmove(p->in, p->in + used, p->n - used);
	p->n -= used;
	return o == 0 || send(p->fd, out, o, MSG_NOSIGNAL) == (ssize_t)o ? 0 : -1;
}

static void accept_one(int listener, int ep)
{
	struct timeval patience = { .tv_sec = 2 };
	struct peer *p = calloc(1, sizeof(*p));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = p };
	int one = 1;

	if (!p || (p->fd = accept(listener, NULL, NULL)) < 0)
		wire_die("accept");
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(p->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	epoll_ctl(ep, EPOLL_CTL_ADD, p->fd, &ev);
}

static int listen_at(const char *address)
{
	struct sockaddr_in in = wire_loopback(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&in, sizeof(in)) < 0 || listen(fd, 1024) < 0)
		wire_die(address);
	return fd;
}

int main(int argc, char **argv)
{
	int ep = epoll_create1(0), listener, n;
	struct epoll_event ev[64], first = { .events = EPOLLIN };

	if (argc != 3)
		wire_die("uas NAME ADDRESS:PORT");
	name = argv[1];
	listener = listen_at(argv[2]);
	epoll_ctl(ep, EPOLL_CTL_ADD, listener, &first); /* no peer: the listener */
	for (;;) {
		n = epoll_wait(ep, ev, 64, -1);
		for (int i = 0; i < n; i++) {
			struct peer *p = ev[i].data.ptr;

			if (!p) {
				accept_one(listener, ep);
			} else if (serve(p) < 0) {
				close(p->fd);
				free(p);
			}
		}
	}
}
