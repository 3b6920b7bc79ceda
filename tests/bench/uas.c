/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uas.c: a light SIP server for the bench: answers every request on TCP and UDP with 200 and its name in X-Server,
 * those of one receive in one send.  It keeps no state and checks nothing.
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

enum { BUFFER = 256 * 1024, BATCH = 32, DATAGRAM = 8 * 1024, SOCKET_BUFFER = 4 * 1024 * 1024 };

struct peer {
	int fd;
	size_t n;
	char in[BUFFER];
};

static const char *name;
static char out[2 * BUFFER];

static const char sdp[] =
	"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=session\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
	"m=audio 31000 RTP/SAVP 9 0 8 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n"
	"a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\n";

static bool copied(const char *line)
{
	static const char *const names[] = { "Via:", "From:", "To:", "Call-ID:", "CSeq:", "Record-Route:" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncasecmp(line, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* Writes the answer to the request with this head; its length, which is at most that of the head and 1 KB. */
static size_t answer(const char *head, size_t n, char *to)
{
	const char *end = head + n - 2, *line = head, *next;
	char *o = to + sprintf(to, "SIP/2.0 200 OK\r\n");
	bool invite = n >= 7 && memcmp(head, "INVITE ", 7) == 0;

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
	o += sprintf(o, "X-Server: %s\r\n%sContent-Length: %zu\r\n\r\n%s", name,
		     invite ? "Content-Type: application/sdp\r\n" : "", invite ? strlen(sdp) : 0, invite ? sdp : "");
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
		if (o + head + 1024 > sizeof(out))
			return -1;
		o += answer(p->in + used, head, out + o);
		used += len;
	}
	memmove(p->in, p->in + used, p->n - used);
	p->n -= used;
	return o == 0 || send(p->fd, out, o, MSG_NOSIGNAL) == (ssize_t)o ? 0 : -1;
}

/* Answers a batch of datagrams, each to where it came from. */
static void serve_datagrams(int fd)
{
	static char in[BATCH][DATAGRAM];
	struct sockaddr_in from[BATCH];
	struct iovec pieces[BATCH], answers[BATCH];
	struct mmsghdr all[BATCH], replies[BATCH];
	size_t head, n, o = 0;
	unsigned count = 0;
	int got;

	for (int i = 0; i < BATCH; i++) {
		pieces[i] = (struct iovec){ in[i], DATAGRAM };
		all[i] = (struct mmsghdr){ .msg_hdr = { &from[i], sizeof(from[i]), &pieces[i], 1, NULL, 0, 0 } };
	}
	got = recvmmsg(fd, all, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < got; i++) {
		if (wire_message(in[i], all[i].msg_len, &head) == 0 || (n = answer(in[i], head, out + o)) == 0)
			continue;
		answers[count] = (struct iovec){ out + o, n };
		replies[count++] = (struct mmsghdr){ .msg_hdr = { &from[i], sizeof(from[i]), NULL, 1, NULL, 0, 0 } };
		o += n;
	}
	for (unsigned i = 0; i < count; i++)
		replies[i].msg_hdr.msg_iov = &answers[i];
	for (unsigned done = 0; done < count; done += got)
		if ((got = sendmmsg(fd, replies + done, count - done, 0)) <= 0)
			break;
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

/* A listening socket, or one for datagrams. */
static int listen_at(const char *address, int type)
{
	struct sockaddr_in in = wire_loopback(address);
	int fd = socket(AF_INET, type, 0), one = 1, room = SOCKET_BUFFER;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (type == SOCK_DGRAM && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (fd < 0 || bind(fd, (struct sockaddr *)&in, sizeof(in)) < 0 || (type == SOCK_STREAM && listen(fd, 1024) < 0))
		wire_die(address);
	return fd;
}

int main(int argc, char **argv)
{
	int ep = epoll_create1(0), listener, datagrams, n;
	struct epoll_event ev[64], first = { .events = EPOLLIN };

	if (argc != 3)
		wire_die("uas NAME ADDRESS:PORT");
	name = argv[1];
	listener = listen_at(argv[2], SOCK_STREAM);
	datagrams = listen_at(argv[2], SOCK_DGRAM);
	first.data.ptr = &listener;
	epoll_ctl(ep, EPOLL_CTL_ADD, listener, &first);
	first.data.ptr = &datagrams;
	epoll_ctl(ep, EPOLL_CTL_ADD, datagrams, &first);
	for (;;) {
		n = epoll_wait(ep, ev, 64, -1);
		for (int i = 0; i < n; i++) {
			void *p = ev[i].data.ptr;

			if (p == &listener) {
				accept_one(listener, ep);
			} else if (p == &datagrams) {
				serve_datagrams(datagrams);
			} else if (serve(p) < 0) {
				close(((struct peer *)p)->fd);
				free(p);
			}
		}
	}
}
