/* SPDX-License-Identifier: Apache-2.0 */
/* client.c: see client.h.  Sending over TLS waits for room, which a closed loop does not come to; receiving never
 * waits. */
#include "client.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 64 * 1024, BATCH = 32, DATAGRAM = 8 * 1024, SOCKET_BUFFER = 1024 * 1024 };

/* Datagrams that wait for client_flush. */
static struct {
	char bytes[BATCH][DATAGRAM];
	struct iovec pieces[BATCH];
	struct mmsghdr all[BATCH];
	unsigned n;
} out;

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
	static gnutls_certificate_credentials_t credentials;

	if ((!credentials && gnutls_certificate_allocate_credentials(&credentials) < 0) ||
	    gnutls_init(&c->tls, GNUTLS_CLIENT) < 0 || gnutls_set_default_priority(c->tls) < 0 ||
	    gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, credentials) < 0)
		wire_die("no TLS");
	gnutls_transport_set_int(c->tls, c->fd);
	gnutls_handshake_set_timeout(c->tls, 5000);
	if (gnutls_handshake(c->tls) < 0)
		wire_die("the handshake failed");
	gnutls_transport_set_ptr(c->tls, c);
	gnutls_transport_set_push_function(c->tls, push);
	gnutls_transport_set_pull_function(c->tls, pull);
}

struct client *client_open(bool udp, const struct sockaddr_in *to, int number)
{
	struct timeval patience = { .tv_sec = 2 };
	struct client *c = calloc(1, sizeof(*c));
	struct sockaddr_in own;
	socklen_t len = sizeof(own);
	int one = 1, room = SOCKET_BUFFER;

	if (!c || !(c->in = malloc(BUFFER)))
		wire_die("no memory");
	c->number = number;
	c->fd = socket(AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
	if (connect(c->fd, (const struct sockaddr *)to, sizeof(*to)) < 0 ||
	    getsockname(c->fd, (struct sockaddr *)&own, &len) < 0)
		wire_die("connect");
	c->port = ntohs(own.sin_port);
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (udp) {
		setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
		return c;
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	start_tls(c);
	return c;
}

void client_send(struct client *c, const char *message, size_t n)
{
	if (c->tls) {
		if (gnutls_record_send(c->tls, message, n) != (ssize_t)n)
			wire_die("the connection does not take a request");
		return;
	}
	if (n > DATAGRAM)
		wire_die("a message is too long");
	if (out.n == BATCH)
		client_flush(c);
	memcpy(out.bytes[out.n], message, n);
	out.pieces[out.n] = (struct iovec){ out.bytes[out.n], n };
	out.all[out.n] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &out.pieces[out.n], .msg_iovlen = 1 } };
	out.n++;
}

void client_flush(struct client *c)
{
	unsigned done = 0;
	int sent;

	while (done < out.n) {
		sent = sendmmsg(c->fd, out.all + done, out.n - done, 0);
		if (sent <= 0)
			wire_die("the gateway's port does not take a datagram");
		done += sent;
	}
	out.n = 0;
}

static void receive_stream(struct client *c, client_got got)
{
	size_t used, len, head;
	ssize_t n;

	while ((n = gnutls_record_recv(c->tls, c->in + c->n, BUFFER - c->n)) > 0) {
		c->n += n;
		for (used = 0; (len = wire_message(c->in + used, c->n - used, &head)) > 0; used += len)
			got(c, c->in + used, head);
		memmove(c->in, c->in + used, c->n - used);
		c->n -= used;
	}
	errno = 0;
	if (n != GNUTLS_E_AGAIN && n != GNUTLS_E_INTERRUPTED)
		wire_die("the gateway closed a connection");
}

static void receive_datagrams(struct client *c, client_got got)
{
	static char bytes[BATCH][DATAGRAM];
	struct iovec pieces[BATCH];
	struct mmsghdr all[BATCH];
	size_t head;
	int n;

	for (int i = 0; i < BATCH; i++) {
		pieces[i] = (struct iovec){ bytes[i], DATAGRAM };
		all[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &pieces[i], .msg_iovlen = 1 } };
	}
	n = recvmmsg(c->fd, all, BATCH, MSG_DONTWAIT, NULL);
	if (n < 0 && errno != EAGAIN)
		wire_die("the gateway's port is closed");
	for (int i = 0; i < n; i++)
		if (wire_message(bytes[i], all[i].msg_len, &head) > 0)
			got(c, bytes[i], head);
}

void client_receive(struct client *c, client_got got)
{
	if (c->tls)
		receive_stream(c, got);
	else
		receive_datagrams(c, got);
	client_flush(c);
}
