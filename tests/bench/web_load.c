/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_load.c: the web clients of the bench.  They ask for one thing again and again, over plain TCP or TLS, each
 * waiting for its answer:
 *
 *     web_load requests HOW ADDRESS:PORT PATH CLIENTS SECONDS       over connections that stand
 *     web_load connections HOW ADDRESS:PORT PATH CLIENTS SECONDS    each over one of its own
 *
 * HOW: tcp, 1.2 or 1.3 (TLS), 1.2-resumed or 1.3-resumed.
 *
 * Speaks with who measures as load.c does: "ready", a line on stdin, one line of JSON, the end of stdin.
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
#include <sys/socket.h>
#include <unistd.h>

#include "laps.h"
#include "wire.h"

enum { HEAD = 4096, ROOM = 256 * 1024, ERRORS = 1000 };

struct client {
	int fd;
	gnutls_session_t tls;  /* NULL: plain */
	gnutls_datum_t ticket; /* of the connection before */
	bool shaking, in_body;
	size_t n;           /* bytes of the head so far */
	unsigned long left; /* bytes of the body to come */
	long long begun_us;
	char head[HEAD];
};

static struct {
	struct sockaddr_in to;
	gnutls_certificate_credentials_t credentials;
	const char *priority; /* NULL: plain */
	bool standing, resumes, ending;
	int ep, clients;
	char request[512];
	unsigned long requests, bytes, resumed, errors;
	struct laps laps;
} load;

static char room[ROOM];

/* ---- One connection ---- */

static void begin_tls(struct client *c)
{
	if (gnutls_init(&c->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK) < 0 ||
	    gnutls_priority_set_direct(c->tls, load.priority, NULL) < 0 ||
	    gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, load.credentials) < 0)
		wire_die("no TLS");
	if (load.resumes && c->ticket.data)
		gnutls_session_set_data(c->tls, c->ticket.data, c->ticket.size);
	gnutls_transport_set_int(c->tls, c->fd);
	c->shaking = true;
}

/* Over loopback the kernel connects at once. */
static int connected(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *)&load.to, sizeof(load.to)) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		wire_die("connect");
	return fd;
}

static void keep_ticket(struct client *c)
{
	if (!load.resumes || !(gnutls_session_get_flags(c->tls) & GNUTLS_SFLAGS_SESSION_TICKET))
		return;
	gnutls_free(c->ticket.data);
	c->ticket = (gnutls_datum_t){ 0 };
	gnutls_session_get_data2(c->tls, &c->ticket);
}

static void end(struct client *c)
{
	if (c->tls) {
		gnutls_bye(c->tls, GNUTLS_SHUT_WR);
		gnutls_deinit(c->tls);
	}
	c->tls = NULL;
	close(c->fd);
}

/* ---- One request ---- */

static void ask(struct client *c)
{
	size_t n = strlen(load.request);

	if (load.standing)
		c->begun_us = wire_now_us();
	c->n = 0;
	c->in_body = false;
	if (c->tls)
		gnutls_record_send(c->tls, load.request, n); /* if it fails, so does the answer */
	else
		send(c->fd, load.request, n, MSG_NOSIGNAL);
}

/* Goes on with the handshake; < 0: it has failed. */
static int shake(struct client *c)
{
	int ret = c->tls ? gnutls_handshake(c->tls) : 0;

	if (ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED)
		return 0;
	if (ret < 0)
		return ret;
	c->shaking = false;
	if (!load.standing)
		ask(c);
	return 0;
}

static void begin(struct client *c)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	c->begun_us = wire_now_us();
	c->fd = connected();
	if (load.priority)
		begin_tls(c);
	epoll_ctl(load.ep, EPOLL_CTL_ADD, c->fd, &ev);
	shake(c);
}

static void wrong(struct client *c, const char *what)
{
	if (load.errors++ == 0)
		fprintf(stderr, "%s: %.*s\n", what, (int)c->n, c->head);
	if (load.errors > ERRORS || load.standing)
		wire_die("too many errors");
	end(c);
	begin(c);
}

static void answered(struct client *c)
{
	load.requests++;
	laps_add(&load.laps, wire_now_us() - c->begun_us);
	if (load.standing) {
		if (!load.ending)
			ask(c);
		return;
	}
	if (c->tls) {
		load.resumed += gnutls_session_is_resumed(c->tls) != 0;
		keep_ticket(c);
	}
	end(c);
	begin(c);
}

/* The bytes of a head up to its end; what is left of them is body.  False: it goes on, or is none. */
static bool read_head(struct client *c, const char *p, size_t n, size_t *used)
{
	size_t before = c->n, take = n < HEAD - c->n ? n : HEAD - c->n;
	const char *blank;
	struct text length;

	memcpy(c->head + c->n, p, take);
	c->n += take;
	blank = memmem(c->head, c->n, "\r\n\r\n", 4);
	if (!blank)
		return false;
	length = wire_header(c->head, blank + 4 - c->head, "Content-Length");
	c->left = length.p ? strtoul(length.p, NULL, 10) : 0;
	c->in_body = true;
	*used = (size_t)(blank + 4 - c->head) - before;
	return memcmp(c->head, "HTTP/1.1 200 ", 13) == 0;
}

static void take(struct client *c, const char *p, size_t n)
{
	size_t used = 0;

	if (!c->in_body && !read_head(c, p, n, &used)) {
		if (c->in_body || c->n == HEAD)
			wrong(c, "not the answer that was expected");
		return;
	}
	n -= used;
	if (n > c->left) {
		wrong(c, "more than was asked for");
		return;
	}
	load.bytes += n;
	c->left -= n;
	if (c->left == 0)
		answered(c);
}

/* One record, or what is there. */
static void receive(struct client *c)
{
	ssize_t n = c->tls ? gnutls_record_recv(c->tls, room, ROOM) : recv(c->fd, room, ROOM, 0);

	if (n > 0)
		take(c, room, (size_t)n);
	else if (c->tls ? n != GNUTLS_E_AGAIN && n != GNUTLS_E_INTERRUPTED : n == 0 || errno != EAGAIN)
		wrong(c, "the connection has ended");
}

static void ready(struct client *c)
{
	if (!c->shaking)
		receive(c);
	else if (shake(c) < 0)
		wrong(c, "no handshake");
}

/* ---- All of them ---- */

static void turn(void)
{
	struct epoll_event ev[256];
	int n = epoll_wait(load.ep, ev, 256, 50);

	for (int i = 0; i < n; i++)
		ready(ev[i].data.ptr);
}

static void report(double seconds)
{
	printf("{\"seconds\": %.3f, \"requests\": %lu, \"bytes\": %lu, \"resumed\": %lu, \"errors\": %lu, ", seconds,
	       load.requests, load.bytes, load.resumed, load.errors);
	laps_print(&load.laps);
}

static void read_arguments(int argc, char **argv)
{
	if (argc == 7) {
		load.standing = strcmp(argv[1], "requests") == 0;
		load.clients = atoi(argv[5]);
	}
	if (load.clients < 1 || load.clients > 10000 || atof(argv[6]) > 600)
		wire_die("web_load requests|connections tcp|1.2|1.3[-resumed] ADDRESS:PORT PATH CLIENTS SECONDS");
	if (strncmp(argv[2], "1.2", 3) == 0)
		load.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
	else if (strncmp(argv[2], "1.3", 3) == 0)
		load.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519";
	load.resumes = strstr(argv[2], "resumed") != NULL;
	load.to = wire_loopback(argv[3]);
	snprintf(load.request, sizeof(load.request),
		 "GET %s HTTP/1.1\r\nHost: bench.example\r\n"
		 "User-Agent: a bench with a product name of the usual length, 1.0\r\n"
		 "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate\r\n"
		 "Accept-Language: en\r\n\r\n",
		 argv[4]);
}

static bool all_ready(const struct client *all)
{
	for (int i = 0; i < load.clients; i++)
		if (all[i].shaking)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	struct client *all;
	long long stop;

	read_arguments(argc, argv);
	load.ep = epoll_create1(0);
	all = calloc((size_t)load.clients, sizeof(*all));
	if (!all || gnutls_certificate_allocate_credentials(&load.credentials) < 0)
		wire_die("no memory");
	for (int i = 0; load.standing && i < load.clients; i++)
		begin(&all[i]);
	while (load.standing && !all_ready(all))
		turn();
	wire_ready();
	stop = wire_now_us() + atof(argv[6]) * 1e6;
	for (int i = 0; i < load.clients; i++)
		load.standing ? ask(&all[i]) : begin(&all[i]);
	while (wire_now_us() < stop)
		turn();
	report(atof(argv[6]));
	wire_linger();
	return 0;
}
