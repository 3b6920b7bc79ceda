/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.c: SIP over TLS for the bench, in a closed loop: each connection keeps some OPTIONS in flight, each in a TLS
 * record of its own.  A Call-ID is used for two requests, which must be answered by the same server (X-Server); then
 * comes a fresh one.
 *
 *     load ADDRESS:PORT CONNECTIONS IN-FLIGHT SECONDS
 *
 * It says "ready" when all connections stand, begins at a line on stdin, prints one line of JSON when the time is over
 * and closes its connections at the end of stdin: who measures can leave both ends out.
 */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wire.h"

enum { BUFFER = 64 * 1024, SAMPLES = 1 << 20 };

/* A request in flight. */
struct slot {
	unsigned serial; /* of the Call-ID */
	int cseq;        /* 1 or 2; 0: nothing is in flight */
	char server[16]; /* that answered the first */
	long long sent_us;
};

struct client {
	int fd, number, port;
	gnutls_session_t tls;
	struct slot *slots;
	size_t n;
	char in[BUFFER];
};

static struct {
	gnutls_certificate_credentials_t credentials;
	int in_flight;
	bool ending;
	unsigned long messages, errors, moved, open;
	unsigned took_us[SAMPLES], samples;
} load;

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void ask(struct client *c, struct slot *s)
{
	char m[1024];
	int n = snprintf(m, sizeof(m),
			 "OPTIONS sip:pool@bench.example SIP/2.0\r\n"
			 "Via: SIP/2.0/TLS 127.0.0.1:%d;branch=z9hG4bK%x.%d.%td\r\n"
			 "Max-Forwards: 70\r\n"
			 "From: \"A user of the bench\" <sip:user%d@bench.example>;tag=%x;epid=0a1b2c3d4e\r\n"
			 "To: <sip:pool@bench.example>\r\n"
			 "Call-ID: %td-%u-%d-%08x@bench.example\r\n"
			 "CSeq: %d OPTIONS\r\n"
			 "Contact: <sip:user%d@127.0.0.1:%d;transport=tls>\r\n"
			 "User-Agent: a bench with a product name of the usual length, 1.0\r\n"
			 "Allow: INVITE, BYE, ACK, CANCEL, INFO, UPDATE, REFER, NOTIFY, BENOTIFY, OPTIONS\r\n"
			 "Supported: timer, histinfo, replaces, 100rel\r\n"
			 "Content-Length: 0\r\n\r\n",
			 c->port, s->serial, s->cseq, s - c->slots, c->number, s->serial, s - c->slots, s->serial,
			 c->number, s->serial * 2654435761u, s->cseq, c->number, c->port);

	s->sent_us = now_us();
	if (gnutls_record_send(c->tls, m, n) != n)
		wire_die("the connection does not take a request");
	load.messages++;
}

static void fresh(struct client *c, struct slot *s)
{
	s->cseq = 0;
	if (load.ending)
		return;
	s->cseq = 1;
	s->serial++;
	load.open++;
	ask(c, s);
}

static void second(struct client *c, struct slot *s)
{
	s->cseq = 2;
	load.open++;
	ask(c, s);
}

/* Counts an answer that should not be; the first is shown. */
static void wrong(const char *what, const char *head, size_t n)
{
	if (load.errors++ == 0)
		fprintf(stderr, "%s:\n%.*s\n", what, (int)n, head);
}

/* An answer: to which request, by which server, after how long. */
static void answered(struct client *c, const char *head, size_t n)
{
	struct text id = wire_header(head, n, "Call-ID"), by = wire_header(head, n, "X-Server");
	struct text cseq = wire_header(head, n, "CSeq");
	unsigned index, serial;
	struct slot *s;

	if (!id.p || !cseq.p || sscanf(id.p, "%u-%u-", &index, &serial) != 2 || index >= (unsigned)load.in_flight) {
		wrong("an answer to no request", head, n);
		return;
	}
	s = &c->slots[index];
	if (serial != s->serial || s->cseq != atoi(cseq.p)) {
		wrong("an answer to an old request", head, n);
		return;
	}
	load.messages++;
	load.open--;
	if (load.samples < SAMPLES)
		load.took_us[load.samples++] = now_us() - s->sent_us;
	if (n < 12 || memcmp(head, "SIP/2.0 200 ", 12) != 0 || !by.p || by.n >= sizeof(s->server))
		wrong("not a server's 200", head, n);
	else if (s->cseq == 1)
		memcpy(mempcpy(s->server, by.p, by.n), "", 1);
	else if (strlen(s->server) != by.n || memcmp(s->server, by.p, by.n) != 0)
		load.moved++;
	if (s->cseq == 1 && !load.ending)
		second(c, s);
	else
		fresh(c, s);
}

static void receive(struct client *c)
{
	size_t used, len, head;
	ssize_t got;

	while ((got = gnutls_record_recv(c->tls, c->in + c->n, BUFFER - c->n)) > 0) {
		c->n += got;
		for (used = 0; (len = wire_message(c->in + used, c->n - used, &head)) > 0; used += len)
			answered(c, c->in + used, head);
		memmove(c->in, c->in + used, c->n - used);
		c->n -= used;
	}
	errno = 0;
	if (got != GNUTLS_E_AGAIN && got != GNUTLS_E_INTERRUPTED)
		wire_die("the gateway closed a connection");
}

/* Receiving never waits; sending may, up to the socket's patience, which a closed loop does not reach. */
static ssize_t pull(gnutls_transport_ptr_t ptr, void *to, size_t n)
{
	struct client *c = ptr;

	return recv(c->fd, to, n, MSG_DONTWAIT);
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *from, size_t n)
{
	struct client *c = ptr;

	return send(c->fd, from, n, MSG_NOSIGNAL);
}

static void start_tls(struct client *c)
{
	if (gnutls_init(&c->tls, GNUTLS_CLIENT) < 0 || gnutls_set_default_priority(c->tls) < 0 ||
	    gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, load.credentials) < 0)
		wire_die("no TLS");
	gnutls_transport_set_int(c->tls, c->fd);
	gnutls_handshake_set_timeout(c->tls, 5000);
	if (gnutls_handshake(c->tls) < 0)
		wire_die("the handshake failed");
	gnutls_transport_set_ptr(c->tls, c);
	gnutls_transport_set_push_function(c->tls, push);
	gnutls_transport_set_pull_function(c->tls, pull);
}

static struct client *connect_one(const struct sockaddr_in *to, int number, int ep)
{
	struct timeval patience = { .tv_sec = 2 };
	struct client *c = calloc(1, sizeof(*c));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	struct sockaddr_in own;
	socklen_t len = sizeof(own);
	int one = 1;

	if (!c || !(c->slots = calloc(load.in_flight, sizeof(*c->slots))))
		wire_die("no memory");
	c->number = number;
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(c->fd, (const struct sockaddr *)to, sizeof(*to)) < 0 ||
	    getsockname(c->fd, (struct sockaddr *)&own, &len) < 0)
		wire_die("connect");
	c->port = ntohs(own.sin_port);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	start_tls(c);
	epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
	return c;
}

/* Until the time is over and the last answers are in, or a second later. */
static double drive(int ep, double seconds)
{
	long long begin = now_us(), end = begin + seconds * 1e6, now;
	struct epoll_event ev[256];
	int n;

	while ((now = now_us()) < end + 1000000) {
		load.ending = now >= end;
		if (load.ending && load.open == 0)
			break;
		n = epoll_wait(ep, ev, 256, 50);
		for (int i = 0; i < n; i++)
			receive(ev[i].data.ptr);
	}
	return (now_us() - begin) / 1e6;
}

static int by_size(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

static void report(double seconds)
{
	unsigned n = load.samples;

	qsort(load.took_us, n, sizeof(load.took_us[0]), by_size);
	printf("{\"seconds\": %.3f, \"messages\": %lu, \"lost\": %lu, \"errors\": %lu, \"moved\": %lu, "
	       "\"p50_us\": %u, \"p99_us\": %u}\n",
	       seconds, load.messages, load.open, load.errors, load.moved, n ? load.took_us[n / 2] : 0,
	       n ? load.took_us[n - 1 - n / 100] : 0);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int ep = epoll_create1(0), count = argc == 5 ? atoi(argv[2]) : 0;
	struct sockaddr_in to;
	struct client **all;

	load.in_flight = argc == 5 ? atoi(argv[3]) : 0;
	if (count < 1 || count > 10000 || load.in_flight < 1 || load.in_flight > 100 || atof(argv[4]) > 600)
		wire_die("load ADDRESS:PORT CONNECTIONS IN-FLIGHT SECONDS");
	to = wire_loopback(argv[1]);
	all = calloc(count, sizeof(*all));
	if (!all || gnutls_certificate_allocate_credentials(&load.credentials) < 0)
		wire_die("no memory");
	for (int i = 0; i < count; i++)
		all[i] = connect_one(&to, i, ep);
	puts("ready");
	fflush(stdout);
	getchar();
	for (int i = 0; i < count; i++)
		for (int j = 0; j < load.in_flight; j++)
			fresh(all[i], &all[i]->slots[j]);
	report(drive(ep, atof(argv[4])));
	while (getchar() != EOF)
		;
	return 0;
}
