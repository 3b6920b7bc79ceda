/* SPDX-License-Identifier: Apache-2.0 */
/*
 * storm.c: full TLS handshakes for the bench, some at a time, each followed by a close and the next connection. Nothing
 * is ever resumed.
 *
 *     storm ADDRESS:PORT AT-A-TIME SECONDS
 *
 * Speaks with who measures as load.c does: "ready", a line on stdin, one line of JSON, the end of stdin.
 */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

struct attempt {
	int fd;
	gnutls_session_t tls;
};

static struct {
	struct sockaddr_in to;
	gnutls_certificate_credentials_t credentials;
	int ep;
	unsigned long handshakes, errors;
} storm;

static void begin(struct attempt *a)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = a };

	a->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (connect(a->fd, (struct sockaddr *)&storm.to, sizeof(storm.to)) < 0 && errno != EINPROGRESS)
		wire_die("connect");
	if (gnutls_init(&a->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK) < 0 || gnutls_set_default_priority(a->tls) < 0 ||
	    gnutls_credentials_set(a->tls, GNUTLS_CRD_CERTIFICATE, storm.credentials) < 0)
		wire_die("no TLS");
	gnutls_transport_set_int(a->tls, a->fd);
	epoll_ctl(storm.ep, EPOLL_CTL_ADD, a->fd, &ev);
}

static void end(struct attempt *a)
{
	gnutls_deinit(a->tls);
	close(a->fd);
}

static void go_on(struct attempt *a)
{
	int ret = gnutls_handshake(a->tls);

	if (ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED)
		return;
	if (ret == GNUTLS_E_SUCCESS)
		storm.handshakes++;
	else if (storm.errors++ > 1000)
		wire_die("too many handshakes fail");
	end(a);
	begin(a);
}

int main(int argc, char **argv)
{
	int count = argc == 4 ? atoi(argv[2]) : 0, n;
	struct epoll_event ev[64];
	struct attempt *all;
	long long stop;

	if (count < 1 || count > 1000 || atof(argv[3]) > 600)
		wire_die("storm ADDRESS:PORT AT-A-TIME SECONDS");
	storm.to = wire_loopback(argv[1]);
	storm.ep = epoll_create1(0);
	all = calloc(count, sizeof(*all));
	if (!all || gnutls_certificate_allocate_credentials(&storm.credentials) < 0)
		wire_die("no memory");
	wire_ready();
	stop = wire_now_us() + atof(argv[3]) * 1e6;
	for (int i = 0; i < count; i++)
		begin(&all[i]);
	while (wire_now_us() < stop) {
		n = epoll_wait(storm.ep, ev, 64, 50);
		for (int i = 0; i < n; i++)
			go_on(ev[i].data.ptr);
	}
	for (int i = 0; i < count; i++)
		end(&all[i]);
	printf("{\"seconds\": %s, \"handshakes\": %lu, \"errors\": %lu}\n", argv[3], storm.handshakes, storm.errors);
	fflush(stdout);
	wire_linger();
	return 0;
}
