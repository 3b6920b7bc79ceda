/* SPDX-License-Identifier: Apache-2.0 */
/* listener_socket.c: binding, listening, accepting.  When a listener listens: listener.c; who comes in: session.c. */
#include "listener_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "address.h"
#include "flow.h"
#include "listener.h"
#include "log.h"
#include "range.h"
#include "session.h"
#include "trunk.h"

enum { BACKLOG = 1024, ACCEPT_MOST = 64, PAUSE_MS = 100, QUIET_MS = 1000 };

/* ---- Accepting ---- */

static bool out_of_descriptors(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* Once a second is enough. */
static void tell_failure(struct listener_socket *k, const char *reason)
{
	uint64_t now_ms = k->listener->worker->now_ms;

	if (k->failed_ms && now_ms - k->failed_ms < QUIET_MS)
		return;
	k->failed_ms = now_ms;
	log_error("accept-failed", "listener", k->listener->conf->name, "reason", reason);
}

/* True: there may be more. */
static bool accept_some(struct listener_socket *k)
{
	struct worker *w = k->listener->worker;

	for (unsigned i = 0; k->listening && i < ACCEPT_MOST; i++) { /* the others want their turn, too */
		struct sockaddr_storage peer;
		socklen_t n = sizeof peer;
		int fd = accept4(k->io.fd, (struct sockaddr *)&peer, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			k->accepted(k, fd, (struct sockaddr *)&peer);
			worker_deliver(w);
		} else if (out_of_descriptors(errno)) {
			tell_failure(k, strerror(errno));
			worker_unwatch(w, &k->io);
			wheel_set(&w->wheel, &k->pause, w->now_ms + PAUSE_MS);
			(void)trunk_give_up_one(w);
			return false;
		} else if (errno == EAGAIN) {
			return false;
		} /* else: that one client is gone already */
	}
	return k->listening;
}

static void on_ready(struct io *io, uint32_t events)
{
	struct listener_socket *k = container_of(io, struct listener_socket, io);

	(void)events;
	if (listener_socket_is_udp(k))
		flow_receive_all(k, session_begin_flow);
	else
		accept_some(k);
}

static void on_pause_over(struct deadline *d)
{
	struct listener_socket *k = container_of(d, struct listener_socket, pause);

	if (worker_watch(k->listener->worker, &k->io, EPOLLIN) < 0)
		wheel_set(&k->listener->worker->wheel, d, k->listener->worker->now_ms + PAUSE_MS);
}

/* ---- Listening or not ---- */

static void set_reuse(struct listener_socket *k, int on)
{
	setsockopt(k->io.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

static int listen_stream(struct listener_socket *k)
{
	set_reuse(k, 1); /* its connections inherit it, so that what is left of them does not hinder the next start */
	return listen(k->io.fd, BACKLOG) < 0 ? -errno : 0;
}

int listener_socket_listen(struct listener_socket *k)
{
	int r = listener_socket_is_udp(k) ? 0 : listen_stream(k);

	if (r == 0)
		r = worker_watch(k->listener->worker, &k->io, EPOLLIN);
	k->listening = r == 0;
	return r;
}

void listener_socket_stop(struct listener_socket *k)
{
	if (!k->listening)
		return;
	worker_unwatch(k->listener->worker, &k->io);
	shutdown(k->io.fd, SHUT_RD);
	set_reuse(k, 0); /* else another program that says so could bind the port as well */
	wheel_cancel(&k->listener->worker->wheel, &k->pause);
	k->listening = false;
}

void listener_socket_accept_rest(struct listener_socket *k)
{
	while (accept_some(k))
		;
}

void listener_socket_close(struct listener_socket *k)
{
	if (k->io.fd < 0)
		return;
	listener_socket_stop(k);
	close(k->io.fd);
	k->io.fd = -1;
	flows_fini(&k->flows);
}

/* ---- Binding ---- */

static int open_stream_socket(const struct bind *b, bool share)
{
	const struct sockaddr *a = (const struct sockaddr *)&b->address;
	int fd = socket(a->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	/* Those that it accepts have it from here. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	if (share)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){ 1 }, sizeof(int));
	if (a->sa_family == AF_INET6) /* [::] is IPv6 only; 0.0.0.0 is a bind of its own */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 1 }, sizeof(int));
	if (b->last)
		range_prepare(fd, a->sa_family);
	if (bind(fd, a, address_len(a)) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

static int open_socket(const struct bind *b, bool share)
{
	if (b->transport == LG_UDP)
		return datagram_bind((const struct sockaddr *)&b->address, share);
	return open_stream_socket(b, share);
}

int listener_test_bind(const struct bind *bind)
{
	int fd = open_socket(bind, false);
	int r = fd;

	if (fd < 0)
		return r;
	r = bind->transport != LG_UDP && listen(fd, 1) < 0 ? -errno : 0; /* another one that listens shows only now */
	close(fd);
	return r;
}

static int prepare_flows(struct listener_socket *k)
{
	struct worker *w = k->listener->worker;
	int r = flow_prepare(w);

	return r < 0 ? r : flows_init(&k->flows, k->listener->conf->limits.sessions, w->secret);
}

int listener_socket_open(struct listener_socket *k, struct listener *l, const struct bind *bind, bool share,
			 void (*accepted)(struct listener_socket *k, int fd, const struct sockaddr *peer))
{
	int fd = open_socket(bind, share);
	int r;

	if (fd < 0)
		return fd;
	*k = (struct listener_socket){ .io = { fd, on_ready }, .listener = l, .bind = bind, .accepted = accepted };
	wheel_deadline_init(&k->pause, on_pause_over);
	r = listener_socket_is_udp(k) ? prepare_flows(k) : 0;
	if (r < 0)
		listener_socket_close(k);
	return r;
}
