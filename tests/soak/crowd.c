/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crowd.c: many TLS clients that come, sign in and go on command, or the servers that they sign in at.  A client keeps
 * its connection and the TLS state of it, nothing more.  It checks no certificate and nothing that it is told.
 *
 *     crowd clients ADDRESS:PORT COUNT       commands on stdin: open, register, close; "done N" for each on stdout
 *     crowd servers CERTIFICATE KEY ADDRESS:PORT...
 *
 * Both end with their stdin.
 */
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../bench/wire.h"

enum {
	AT_A_TIME = 64,   /* handshakes, or requests without an answer */
	PER_SOURCE = 250, /* clients that one source address has */
	LISTENERS = 16,
	BUFFER = 16 * 1024,
};

struct end {
	int fd;
	bool ready;
	gnutls_session_t tls; /* NULL: a listening socket */
};

static struct {
	int ep;
	bool serves;
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priority;
	unsigned long done; /* handshakes, answers */
} crowd;

/* ---- One end of a connection ---- */

static void watch(struct end *e, unsigned events)
{
	struct epoll_event ev = { .events = events, .data.ptr = e };

	if (epoll_ctl(crowd.ep, EPOLL_CTL_ADD, e->fd, &ev) < 0)
		wire_die("epoll");
}

static void start_tls(struct end *e, unsigned role)
{
	if (gnutls_init(&e->tls, role | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS) < 0 ||
	    gnutls_priority_set(e->tls, crowd.priority) < 0 ||
	    gnutls_credentials_set(e->tls, GNUTLS_CRD_CERTIFICATE, crowd.credentials) < 0)
		wire_die("no TLS");
	gnutls_transport_set_int(e->tls, e->fd);
	watch(e, EPOLLIN);
}

static void leave(struct end *e)
{
	if (e->tls)
		gnutls_deinit(e->tls);
	close(e->fd);
	*e = (struct end){ .fd = -1 };
}

static void say(struct end *e, const char *text, size_t n)
{
	if (gnutls_record_send(e->tls, text, n) != (ssize_t)n)
		wire_die("a connection does not take a message");
}

/* The answer to a request: its own headers that an answer repeats. */
static void answer(struct end *e, const char *head, size_t n)
{
	static const char *const repeated[] = { "Via", "From", "To", "Call-ID", "CSeq", "Record-Route" };
	char text[BUFFER];
	int len = sprintf(text, "SIP/2.0 200 OK\r\nContent-Length: 0\r\n");

	for (size_t i = 0; i < sizeof repeated / sizeof repeated[0]; i++) {
		struct text v = wire_header(head, n, repeated[i]);

		if (v.p)
			len += sprintf(text + len, "%s: %.*s\r\n", repeated[i], (int)v.n, v.p);
	}
	len += sprintf(text + len, "\r\n");
	say(e, text, (size_t)len);
}

/* A message comes in one record here. */
static void hear(struct end *e, const char *bytes, size_t n)
{
	size_t head, len;

	for (; (len = wire_message(bytes, n, &head)) > 0; bytes += len, n -= len) {
		if (crowd.serves)
			answer(e, bytes, head);
		else
			crowd.done++;
	}
}

/* GnuTLS says so after a record of its own, too, though more is there: the level-triggered epoll comes back to it. */
static bool again(ssize_t ret)
{
	return ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED;
}

static void go_on(struct end *e)
{
	char bytes[BUFFER];
	ssize_t n = e->ready ? 0 : gnutls_handshake(e->tls);

	if (!e->ready && n == 0) {
		e->ready = true;
		if (!crowd.serves)
			crowd.done++;
	}
	while (e->ready && (n = gnutls_record_recv(e->tls, bytes, sizeof bytes)) > 0)
		hear(e, bytes, (size_t)n);
	if (again(n))
		return;
	if (!crowd.serves)
		wire_die("the gateway closed a connection");
	leave(e);
	free(e);
}

/* ---- Servers ---- */

static void listen_at(struct end *e, const char *address)
{
	struct sockaddr_in a = wire_loopback(address);

	e->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(e->fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (bind(e->fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(e->fd, 1024) < 0)
		wire_die(address);
	watch(e, EPOLLIN);
}

static void take(const struct end *listening)
{
	int fd;

	while ((fd = accept4(listening->fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		struct end *e = calloc(1, sizeof *e);

		if (!e)
			wire_die("no memory");
		e->fd = fd;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
		start_tls(e, GNUTLS_SERVER);
	}
}

/* ---- Clients ---- */

static void come(struct end *e, const struct sockaddr_in *to, unsigned number)
{
	struct sockaddr_in own = *to;

	own.sin_addr.s_addr = htonl((ntohl(to->sin_addr.s_addr) & 0xffffff00) | (101 + number / PER_SOURCE));
	own.sin_port = 0;
	e->fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(e->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){ 1 }, sizeof(int));
	setsockopt(e->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	if (bind(e->fd, (struct sockaddr *)&own, sizeof own) < 0)
		wire_die("bind");
	if (connect(e->fd, (const struct sockaddr *)to, sizeof *to) < 0 || fcntl(e->fd, F_SETFL, O_NONBLOCK) < 0)
		wire_die("connect");
	start_tls(e, GNUTLS_CLIENT);
	go_on(e);
}

static void sign_in(struct end *e, unsigned number)
{
	char text[1024];
	int n = snprintf(text, sizeof text,
			 "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/TLS 192.0.2.1:50000\r\nMax-Forwards: 70\r\n"
			 "From: <sip:user%u@example.test>;tag=%u;epid=%010u\r\nTo: <sip:user%u@example.test>\r\n"
			 "Call-ID: soak-%u\r\nCSeq: 1 REGISTER\r\n"
			 "Contact: <sip:192.0.2.1:50000;transport=tls;ms-opaque=soak>;"
			 "methods=\"INVITE, OPTIONS\";proxy=replace\r\n"
			 "User-Agent: UCCAPI/4.0.7577.0 OC/4.0.7577.0 (Microsoft Lync 2010)\r\nSupported: gruu-10\r\n"
			 "Expires: 600\r\nContent-Length: 0\r\n\r\n",
			 number, number, number, number, number);

	say(e, text, (size_t)n);
}

/* ---- The loop ---- */

static void turn(void)
{
	struct epoll_event ev[64];
	int n = epoll_wait(crowd.ep, ev, 64, 1000);

	for (int i = 0; i < n; i++) {
		struct end *e = ev[i].data.ptr;

		if (!e)
			exit(EXIT_SUCCESS); /* stdin: the servers' only end */
		if (e->tls)
			go_on(e);
		else
			take(e);
	}
}

/* Waits until no more than `most` of what was begun is not done. */
static void wait_for(unsigned long begun, unsigned long most)
{
	while (begun - crowd.done > most)
		turn();
}

static void obey(const char *command, struct end *ends, const struct sockaddr_in *to, unsigned count)
{
	crowd.done = 0;
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(command, "close") == 0) {
			leave(&ends[i]);
			crowd.done++;
		} else if (strcmp(command, "open") == 0) {
			come(&ends[i], to, i);
		} else if (strcmp(command, "register") == 0) {
			sign_in(&ends[i], i);
		} else {
			wire_die("open, register or close");
		}
		wait_for(i + 1, AT_A_TIME);
	}
	wait_for(count, 0);
	printf("done %lu\n", crowd.done);
	fflush(stdout);
}

static void be_clients(const char *address, const char *number)
{
	struct sockaddr_in to = wire_loopback(address);
	unsigned count = (unsigned)strtoul(number, NULL, 10);
	struct end *ends = calloc(count, sizeof *ends);
	char line[64];

	if (!ends || count > 100 * PER_SOURCE)
		wire_die("too many clients");
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = 0;
		obey(line, ends, &to, count);
	}
}

static void be_servers(const char *certificate, const char *key, char **addresses, int n)
{
	static struct end ends[LISTENERS];

	crowd.serves = true;
	if (gnutls_certificate_set_x509_key_file(crowd.credentials, certificate, key, GNUTLS_X509_FMT_PEM) < 0)
		wire_die("no certificate");
	if (n > LISTENERS)
		wire_die("too many servers");
	for (int i = 0; i < n; i++)
		listen_at(&ends[i], addresses[i]);
	if (epoll_ctl(crowd.ep, EPOLL_CTL_ADD, STDIN_FILENO, &(struct epoll_event){ .events = EPOLLIN }) < 0)
		wire_die("stdin is no pipe");
	printf("done %d\n", n);
	fflush(stdout);
	for (;;)
		turn();
}

int main(int argc, char **argv)
{
	struct rlimit l;

	getrlimit(RLIMIT_NOFILE, &l);
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
	crowd.ep = epoll_create1(0);
	if (gnutls_certificate_allocate_credentials(&crowd.credentials) < 0 ||
	    gnutls_priority_init(&crowd.priority, "NORMAL:-GROUP-ALL:+GROUP-X25519", NULL) < 0)
		wire_die("no TLS");
	if (argc == 4 && strcmp(argv[1], "clients") == 0)
		be_clients(argv[2], argv[3]);
	else if (argc > 4 && strcmp(argv[1], "servers") == 0)
		be_servers(argv[2], argv[3], argv + 4, argc - 4);
	else
		wire_die("crowd clients ADDRESS:PORT COUNT, or crowd servers CERTIFICATE KEY ADDRESS:PORT...");
	return 0;
}
