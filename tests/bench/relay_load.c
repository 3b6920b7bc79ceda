/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay_load.c: the clients of the relay bench, which count
 *
 *     bulk         bytes of a download that does not end, on COUNT connections
 *     pairs        requests of 100 bytes that came back, one at a time on each of COUNT connections
 *     connections  connects, a request of 100 bytes, its answer and a close, COUNT at a time
 *     flows        datagrams that came back, IN-FLIGHT at a time on each of COUNT ports
 *     fresh        the same with a new port for each, COUNT at a time
 *
 * It says "ready" when all that stands is connected, waits for a line, runs, and prints one line of JSON.  The other
 * end is relay_server.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "laps.h"
#include "wire.h"

enum { REQUEST = 100, DATAGRAM = 20, READ_MOST = 1 << 20, LATE_US = 500000 };

struct client {
	int fd;
	unsigned got, in_flight;
	long long sent_us;
};

struct kind {
	const char *name;
	int socket_type;
	void (*start)(struct client *c);
	void (*receive)(struct client *c);
	bool standing; /* connected before it begins */
};

static struct {
	const struct kind *kind;
	struct sockaddr_in to;
	int epoll, count;
	unsigned in_flight, next_source, serial;
	unsigned long long units, lost, errors;
	struct laps laps;
	char room[READ_MOST];
} load;

static void took(const struct client *c)
{
	laps_add(&load.laps, wire_now_us() - c->sent_us);
}

/* ---- Connecting: each from one of 250 addresses, so that ports do not run out ---- */

static void dial(struct client *c, unsigned events)
{
	struct sockaddr_in own = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(0x7f4d0101 + load.next_source++ % 250) };
	struct epoll_event ev = { .events = events, .data.ptr = c };
	int one = 1;

	c->fd = socket(AF_INET, load.kind->socket_type | SOCK_NONBLOCK, 0);
	c->got = c->in_flight = 0;
	if (load.kind->socket_type == SOCK_STREAM) {
		setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	}
	if (bind(c->fd, (const struct sockaddr *)&own, sizeof(own)) < 0)
		wire_die("bind");
	c->sent_us = wire_now_us();
	if (connect(c->fd, (const struct sockaddr *)&load.to, sizeof(load.to)) < 0 && errno != EINPROGRESS)
		wire_die("connect");
	if (epoll_ctl(load.epoll, EPOLL_CTL_ADD, c->fd, &ev) < 0)
		wire_die("epoll");
}

static void redial(struct client *c, unsigned events)
{
	close(c->fd);
	dial(c, events);
}

static void failed(struct client *c)
{
	if (load.errors++ > 10000)
		wire_die("the gateway closes connections");
	redial(c, EPOLLOUT);
}

/* ---- TCP ---- */

static void send_request(struct client *c)
{
	static const char request[REQUEST] = "request";

	c->got = 0;
	c->sent_us = wire_now_us();
	if (send(c->fd, request, sizeof(request), MSG_NOSIGNAL) != sizeof(request))
		failed(c);
}

static void start_bulk(struct client *c)
{
	if (send(c->fd, "D", 1, MSG_NOSIGNAL) != 1)
		failed(c);
}

/* The client does not copy: it is not what is measured. */
static void receive_bulk(struct client *c)
{
	ssize_t n = recv(c->fd, load.room, sizeof(load.room), MSG_TRUNC);

	if (n > 0)
		load.units += (unsigned long long)n;
	else if (n == 0 || errno != EAGAIN)
		failed(c);
}

/* True when the whole answer is there. */
static bool answered(struct client *c)
{
	ssize_t n = recv(c->fd, load.room, sizeof(load.room), 0);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		failed(c);
	if (n <= 0 || (c->got += (unsigned)n) < REQUEST)
		return false;
	load.units++;
	took(c);
	return true;
}

static void receive_pair(struct client *c)
{
	if (answered(c))
		send_request(c);
}

static void receive_and_close(struct client *c)
{
	if (answered(c))
		redial(c, EPOLLOUT);
}

/* ---- UDP: Binding requests, as a server of the kind expects them ---- */

static void send_datagram(struct client *c)
{
	unsigned char m[DATAGRAM] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42 };

	load.serial++;
	memcpy(m + 8, &load.serial, sizeof(load.serial));
	memcpy(m + 16, &c->fd, sizeof(c->fd));
	c->sent_us = wire_now_us();
	if (send(c->fd, m, sizeof(m), 0) == sizeof(m))
		c->in_flight++;
}

static void start_flow(struct client *c)
{
	while (c->in_flight < load.in_flight)
		send_datagram(c);
}

static unsigned receive_datagrams(struct client *c)
{
	unsigned n = 0;

	while (n < load.in_flight && recv(c->fd, load.room, sizeof(load.room), 0) >= DATAGRAM) {
		if (memcmp(load.room + 16, &c->fd, sizeof(c->fd)) != 0)
			load.errors++;
		n++;
	}
	if (n)
		took(c);
	load.units += n;
	c->in_flight -= n < c->in_flight ? n : c->in_flight;
	return n;
}

static void receive_flow(struct client *c)
{
	if (receive_datagrams(c))
		start_flow(c);
}

static void receive_fresh(struct client *c)
{
	if (!receive_datagrams(c))
		return;
	redial(c, EPOLLIN);
	start_flow(c);
}

/* What did not come back for half a second is lost. */
static void look_for_lost(struct client *all, long long now)
{
	for (int i = 0; i < load.count; i++) {
		struct client *c = &all[i];

		if (!c->in_flight || now - c->sent_us < LATE_US)
			continue;
		load.lost += c->in_flight;
		c->in_flight = 0;
		start_flow(c);
	}
}

/* ---- The run ---- */

static const struct kind kinds[] = {
	{ "bulk", SOCK_STREAM, start_bulk, receive_bulk, true },
	{ "pairs", SOCK_STREAM, send_request, receive_pair, true },
	{ "connections", SOCK_STREAM, send_request, receive_and_close, false },
	{ "flows", SOCK_DGRAM, start_flow, receive_flow, true },
	{ "fresh", SOCK_DGRAM, start_flow, receive_fresh, true },
};

static void ready(struct client *c, unsigned events)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	int error = 0;
	socklen_t n = sizeof(error);

	if (!(events & EPOLLOUT)) {
		load.kind->receive(c);
		return;
	}
	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n);
	if (error) {
		failed(c);
		return;
	}
	epoll_ctl(load.epoll, EPOLL_CTL_MOD, c->fd, &ev);
	load.kind->start(c);
}

static double drive(struct client *all, double seconds)
{
	long long begin = wire_now_us(), end = begin + (long long)(seconds * 1e6), look = begin + LATE_US, now;
	struct epoll_event ev[256];

	while ((now = wire_now_us()) < end) {
		int n = epoll_wait(load.epoll, ev, 256, 50);

		for (int i = 0; i < n; i++)
			ready(ev[i].data.ptr, ev[i].events);
		if (load.kind->socket_type != SOCK_DGRAM || now < look)
			continue;
		look = now + LATE_US / 5;
		look_for_lost(all, now);
	}
	return (double)(wire_now_us() - begin) / 1e6;
}

static void report(double seconds)
{
	printf("{\"seconds\": %.3f, \"units\": %llu, \"lost\": %llu, \"errors\": %llu, ", seconds, load.units,
	       load.lost, load.errors);
	laps_print(&load.laps);
}

static void connect_all(struct client *all)
{
	for (int i = 0; i < load.count; i++)
		dial(&all[i], load.kind->socket_type == SOCK_STREAM ? EPOLLOUT : EPOLLIN);
	if (load.kind->socket_type == SOCK_STREAM && load.kind->standing)
		usleep(300000); /* until they stand at the gateway too */
	wire_ready();
	for (int i = 0; i < load.count && load.kind->socket_type == SOCK_DGRAM; i++)
		load.kind->start(&all[i]);
}

int main(int argc, char **argv)
{
	struct rlimit files = { 65536, 65536 };
	struct client *all;

	for (size_t i = 0; argc == 6 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, argv[1]) == 0)
			load.kind = &kinds[i];
	load.count = load.kind ? atoi(argv[3]) : 0;
	load.in_flight = load.kind ? (unsigned)atoi(argv[4]) : 0;
	if (load.count < 1 || load.count > 10000 || load.in_flight < 1 || load.in_flight > 64 || atof(argv[5]) > 600)
		wire_die("relay_load bulk|pairs|connections|flows|fresh ADDRESS:PORT COUNT IN-FLIGHT SECONDS");
	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_NOFILE, &files);
	load.to = wire_loopback(argv[2]);
	load.epoll = epoll_create1(0);
	all = calloc((size_t)load.count, sizeof(*all));
	if (!all)
		wire_die("no memory");
	connect_all(all);
	report(drive(all, atof(argv[5])));
	wire_linger();
	return 0;
}
