/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener.c: binds, accepts, and stops listening while there is nobody to serve.  What becomes of an accepted client:
 * session.c.
 */
#include "listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <netinet/in.h>

#include "address.h"
#include "balance.h"
#include "expect.h"
#include "host.h"
#include "log.h"
#include "plugins.h"
#include "policy.h"
#include "range.h"
#include "session.h"
#include "source.h"

enum { BACKLOG = 1024, ACCEPT_MOST = 64, PAUSE_MS = 100 };

/* ---- Accepting ---- */

static bool out_of_descriptors(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void accept_some(struct listener_socket *k)
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
			log_error("accept-failed", "listener", k->listener->conf->name, "reason", strerror(errno));
			worker_unwatch(w, &k->io);
			wheel_set(&w->wheel, &k->pause, w->now_ms + PAUSE_MS);
			return;
		} else if (errno == EAGAIN) {
			return;
		} /* else: that one client is gone already */
	}
}

static void on_ready(struct io *io, uint32_t events)
{
	(void)events;
	accept_some(container_of(io, struct listener_socket, io));
}

static void on_pause_over(struct deadline *d)
{
	struct listener_socket *k = container_of(d, struct listener_socket, pause);

	if (worker_watch(k->listener->worker, &k->io, EPOLLIN) < 0)
		wheel_set(&k->listener->worker->wheel, d, k->listener->worker->now_ms + PAUSE_MS);
}

/* A client of one of the listener's own addresses. */
static void on_client(struct listener_socket *k, int fd, const struct sockaddr *peer)
{
	int port = k->bind->last ? range_port(k->bind, fd) : 0;

	if (port < 0)
		session_refuse(k->listener, fd, "its range of ports");
	else
		session_begin(k->listener, fd, peer,
			      &(struct entrance){ .transport = k->bind->transport, .server_port = (uint16_t)port });
}

/* ---- Listening or not ---- */

int listener_socket_listen(struct listener_socket *k)
{
	int r = listen(k->io.fd, BACKLOG) < 0 ? -errno : worker_watch(k->listener->worker, &k->io, EPOLLIN);

	k->listening = r == 0;
	return r;
}

/* The socket stays bound, so that nobody else gets the port: connecting to it is refused. */
void listener_socket_stop(struct listener_socket *k)
{
	if (!k->listening)
		return;
	worker_unwatch(k->listener->worker, &k->io);
	shutdown(k->io.fd, SHUT_RD);
	wheel_cancel(&k->listener->worker->wheel, &k->pause);
	k->listening = false;
}

static void start_listening(struct listener_socket *k)
{
	struct listener *l = k->listener;
	int r;

	if (k->listening)
		return;
	r = listener_socket_listen(k);
	if (r < 0) {
		log_error("listen-failed", "listener", l->conf->name, "address", k->bind->text, "reason", strerror(-r));
		return;
	}
	if (atomic_fetch_add(&l->conf->stats->open, 1) == 0)
		log_info("listener-open", "listener", l->conf->name, "address", k->bind->text);
}

static void stop_listening(struct listener_socket *k)
{
	struct listener *l = k->listener;

	if (!k->listening)
		return;
	listener_socket_stop(k);
	if (atomic_fetch_sub(&l->conf->stats->open, 1) == 1)
		log_info("listener-closed", "listener", l->conf->name, "address", k->bind->text);
}

/* Whether a client that connects now could be served, or wants to be told that it cannot. */
static bool wants_clients(const struct listener_conf *conf)
{
	bool unknown = false, answers = conf->nreach == 0;

	for (unsigned i = 0; i < conf->nreach; i++) {
		const struct pool *p = conf->reach[i].pool;
		enum pool_state state = pool_state(p);

		if (state == POOL_UP)
			return true;
		unknown |= state == POOL_UNKNOWN;
		answers |= p->all_down != ALL_DOWN_REFUSE;
	}
	return answers && !unknown;
}

void listener_review(struct listener *l)
{
	bool wants = !l->closed && wants_clients(l->conf);

	for (unsigned i = 0; i < l->nsockets; i++)
		wants ? start_listening(&l->sockets[i]) : stop_listening(&l->sockets[i]);
}

/* ---- Making one ---- */

static int open_socket(const struct bind *b, bool share)
{
	const struct sockaddr *a = (const struct sockaddr *)&b->address;
	int fd = socket(a->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
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

int listener_test_bind(const struct bind *bind)
{
	int fd = open_socket(bind, false);
	int r = fd;

	if (fd < 0)
		return r;
	r = listen(fd, 1) < 0 ? -errno : 0; /* another one that listens shows only now */
	close(fd);
	return r;
}

int listener_socket_open(struct listener_socket *k, struct listener *l, const struct bind *bind, bool share,
			 void (*accepted)(struct listener_socket *k, int fd, const struct sockaddr *peer))
{
	int fd = open_socket(bind, share);

	if (fd < 0)
		return fd;
	*k = (struct listener_socket){ .io = { fd, on_ready }, .listener = l, .bind = bind, .accepted = accepted };
	wheel_deadline_init(&k->pause, on_pause_over);
	return 0;
}

void listener_socket_close(struct listener_socket *k)
{
	listener_socket_stop(k);
	close(k->io.fd);
}

static int bind_all(struct listener *l, char err[], size_t errlen)
{
	const struct listener_conf *conf = l->conf;

	l->sockets = calloc(conf->nbinds, sizeof *l->sockets);
	if (!l->sockets)
		return -ENOMEM;
	for (unsigned i = 0; i < conf->nbinds; i++) {
		int r = listener_socket_open(&l->sockets[i], l, &conf->binds[i], true, on_client);

		if (r < 0) {
			snprintf(err, errlen, "listener %s: cannot bind %s: %s", conf->name, conf->binds[i].text, strerror(-r));
			return r;
		}
		l->nsockets++;
	}
	return 0;
}

static int start_plugin(struct listener *l, char err[], size_t errlen)
{
	const struct listener_conf *conf = l->conf;
	char why[200] = "";
	int r;

	l->inst = calloc(1, conf->plugin->inst_size + 1);
	if (!l->inst)
		return -ENOMEM;
	if (!conf->plugin->start)
		return 0;
	r = conf->plugin->start(l->inst, conf->plugin_conf, &host_functions, why, sizeof why);
	if (r < 0) {
		snprintf(err, errlen, "listener %s: the plugin %s does not start: %s", conf->name, plugins_file(conf->plugin),
			 why[0] ? why : strerror(-r));
		free(l->inst);
		l->inst = NULL;
	}
	return r;
}

int listener_create(struct listener **lp, struct worker *w, struct snapshot *snapshot, const struct listener_conf *conf,
		    struct sources *sources, char err[], size_t errlen)
{
	struct listener *l = calloc(1, sizeof *l);
	int r = -ENOMEM;

	snprintf(err, errlen, "listener %s: out of memory", conf->name);
	if (!l)
		return r;
	l->worker = w;
	l->snapshot = snapshot_ref(snapshot);
	l->conf = conf;
	l->sources = sources;
	list_init(&l->expected);
	list_append(&w->listeners, &l->node);
	r = source_check(conf, err, errlen);
	if (r == 0)
		r = bind_all(l, err, errlen);
	if (r == 0)
		r = start_plugin(l, err, errlen);
	if (r == 0)
		r = policies_load(l, err, errlen);
	if (r < 0)
		listener_destroy(l);
	else
		*lp = l;
	return r;
}

void listener_close(struct listener *l)
{
	l->closed = true;
	for (unsigned i = 0; i < l->nsockets; i++) {
		stop_listening(&l->sockets[i]);
		listener_socket_close(&l->sockets[i]);
	}
	l->nsockets = 0;
	expect_close(l);
}

void listener_destroy(struct listener *l)
{
	listener_close(l);
	policies_unload(l);
	if (l->inst && l->conf->plugin->stop)
		l->conf->plugin->stop(l->inst);
	free(l->inst);
	free(l->sockets);
	list_remove(&l->node);
	snapshot_unref(l->snapshot);
	free(l);
}
