/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow.c: UDP flows: receiving and sending for their owners, idle ends, and ports that rest before another client gets
 * them. Which flow has to go when there are too many: flows.c, asked by session.c.
 */
#include "flow.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include "flow_out.h"
#include "listener.h"
#include "log.h"
#include "source.h"

enum {
	BATCHES = 4,         /* of DATAGRAM_BATCH that one socket may receive in a turn */
	RESTING_MOST = 8192, /* ports that rest, of all workers: well below the number that the kernel gives away */
	RESTING_PART = 4,    /* and at most this part of the descriptors: a flood of flows leaves some for all else */
};

/* ---- Ports that rest ---- */

/* The socket of a flow that has ended: as long as it is open, nobody else gets its port. */
struct resting {
	struct list node; /* worker->resting, in the order in which they came */
	struct deadline over;
	struct worker *worker;
	int fd;
};

static void let_go(struct resting *r)
{
	list_remove(&r->node);
	wheel_cancel(&r->worker->wheel, &r->over);
	r->worker->nresting--;
	close(r->fd);
	free(r);
}

/* Each worker has an equal part; above it the port that has rested longest is let go. */
static unsigned most_resting(const struct worker *w)
{
	unsigned workers = w->session_step ? (unsigned)w->session_step : 1;
	struct rlimit l;
	rlim_t most = RESTING_MOST;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur / RESTING_PART < most)
		most = l.rlim_cur / RESTING_PART;
	return (unsigned)most / workers;
}

static void rested(struct deadline *d)
{
	let_go(container_of(d, struct resting, over));
}

static void rest_port(struct worker *w, struct io *io, uint64_t until_ms)
{
	struct resting *r = until_ms > w->now_ms ? calloc(1, sizeof *r) : NULL;

	if (!r) {
		close(io->fd);
		return;
	}
	worker_unwatch(w, io);
	r->worker = w;
	r->fd = io->fd;
	wheel_deadline_init(&r->over, rested);
	wheel_set(&w->wheel, &r->over, until_ms);
	list_append(&w->resting, &r->node);
	if (++w->nresting > w->most_resting)
		let_go(container_of(w->resting.next, struct resting, node));
}

/* ---- Ends ---- */

static void bury(struct grave *g)
{
	free(container_of(g, struct flow, grave));
}

/* Before its socket goes; whom it does not reach any more is not told. */
static void send_the_last(struct flow *f)
{
	flow_out_send(f->worker->flow_out, f);
	list_remove(&f->unreachable_task.node);
}

static void finish_close(struct flow *f)
{
	struct worker *w = f->worker;

	list_remove(&f->node);
	list_remove(&f->open_task.node);
	list_remove(&f->close_task.node);
	wheel_cancel(&w->wheel, &f->idle);
	if (f->socket) {
		flows_remove(&f->socket->flows, &f->entry);
	} else {
		send_the_last(f);
		rest_port(w, &f->io, f->own_port || f->shared ? 0 : f->active_ms + f->idle_ms);
	}
	f->grave.bury = bury;
	worker_bury(w, &f->grave);
}

static void on_close(struct task *t)
{
	struct flow *f = container_of(t, struct flow, close_task);

	f->ops->closed(f);
	finish_close(f);
}

void flow_close(struct flow *f, const char *why)
{
	if (f->closing)
		return;
	f->closing = true;
	snprintf(f->reason, sizeof f->reason, "%s", why);
	worker_defer(f->worker, &f->close_task);
}

static void on_idle(struct deadline *d)
{
	struct flow *f = container_of(d, struct flow, idle);
	uint64_t due = f->active_ms + f->idle_ms;

	if (due > f->worker->now_ms)
		wheel_set(&f->worker->wheel, d, due);
	else
		flow_close(f, "idle");
}

/* ---- Sending ---- */

static void lost(struct listener_socket *k, unsigned n)
{
	if (n)
		atomic_fetch_add_explicit(&k->listener->conf->stats->lost_datagrams, n, memory_order_relaxed);
}

static void send_to_client(struct flow *f, const struct lg_span *pieces, unsigned n)
{
	struct listener_socket *k = f->socket;

	lost(k, datagram_queue(f->worker->datagrams, k->io.fd, (struct sockaddr *)&f->entry.peer,
			       (struct sockaddr *)&f->entry.local, pieces, n));
	flows_answered(&k->flows, &f->entry);
}

/*
 * The system's receive buffer is enough for the answer to one datagram; a flow that goes on gets its own before more
 * can come.
 */
static void send_to_server(struct flow *f, const struct lg_span *pieces, unsigned n)
{
	if (f->sent++ == 1 && !f->shared)
		datagram_widen(f->io.fd, DATAGRAM_FLOW);
	flow_out_queue(f->worker->flow_out, f, pieces, n);
}

enum lg_send flow_send(struct flow *f, const struct lg_span *pieces, unsigned n)
{
	if (f->closing)
		return LG_GONE;
	f->active_ms = f->worker->now_ms;
	if (f->socket)
		send_to_client(f, pieces, n);
	else
		send_to_server(f, pieces, n);
	return LG_SENT;
}

void flow_send_aside(struct listener_socket *k, const struct sockaddr *peer, const struct sockaddr *local,
		     const struct lg_span *pieces, unsigned n)
{
	struct worker *w = k->listener->worker;
	struct flow_entry *e = flows_find(&k->flows, peer, local);

	lost(k, datagram_queue(w->datagrams, k->io.fd, peer, local, pieces, n));
	if (e)
		flows_answered(&k->flows, e);
}

void flow_flush(struct worker *w)
{
	if (!w->datagrams)
		return;
	datagram_flush(w->datagrams);
	flow_out_flush(w->flow_out);
}

static void on_unreachable(struct task *t)
{
	struct flow *f = container_of(t, struct flow, unreachable_task);

	if (!f->closing)
		f->ops->unreachable(f);
}

void flow_unreachable(struct flow *f)
{
	worker_defer(f->worker, &f->unreachable_task);
}

/* ---- Receiving ---- */

static void on_ready(struct io *io, uint32_t events)
{
	struct flow *f = container_of(io, struct flow, io);
	struct datagram_room *room = f->worker->datagrams;

	(void)events;
	for (unsigned batch = 0; batch < BATCHES && !f->closing; batch++) {
		int n = datagram_receive(room, io->fd);

		if (n < 0) {
			f->ops->unreachable(f);
			continue;
		}
		for (int i = 0; i < n && !f->closing; i++) {
			struct datagram d;

			datagram_get(room, i, &d);
			f->active_ms = f->worker->now_ms;
			f->ops->receive(f, d.bytes);
			worker_deliver(f->worker);
		}
		if (n < DATAGRAM_BATCH)
			return;
	}
}

static void deliver(struct listener_socket *k, const struct datagram *d,
		    void (*begin)(struct listener_socket *, const struct datagram *))
{
	struct flow_entry *e =
		flows_find(&k->flows, (const struct sockaddr *)&d->peer, (const struct sockaddr *)&d->local);
	struct flow *f = e ? container_of(e, struct flow, entry) : NULL;

	if (!f) {
		begin(k, d);
	} else if (!f->closing) {
		f->active_ms = f->worker->now_ms;
		flows_sent(&k->flows, e);
		f->ops->receive(f, d->bytes);
	}
}

void flow_receive_all(struct listener_socket *k, void (*begin)(struct listener_socket *, const struct datagram *))
{
	struct worker *w = k->listener->worker;

	for (unsigned batch = 0; batch < BATCHES; batch++) {
		int n = datagram_receive(w->datagrams, k->io.fd);

		for (int i = 0; i < n; i++) {
			struct datagram d;

			datagram_get(w->datagrams, i, &d);
			deliver(k, &d, begin);
			worker_deliver(w);
		}
		if (n < DATAGRAM_BATCH)
			return;
	}
}

/* ---- Making one ---- */

static struct flow *create(struct worker *w, const struct flow_ops *ops, void *owner, uint32_t idle_ms)
{
	struct flow *f = calloc(1, sizeof *f);

	if (!f)
		return NULL;
	f->worker = w;
	f->ops = ops;
	f->owner = owner;
	f->idle_ms = idle_ms;
	f->active_ms = w->now_ms;
	f->io.fd = -1;
	wheel_deadline_init(&f->idle, on_idle);
	list_init(&f->open_task.node);
	task_init(&f->close_task, on_close);
	task_init(&f->unreachable_task, on_unreachable);
	return f;
}

int flow_accept(struct flow **fp, struct listener_socket *socket, const struct datagram *d, const struct flow_ops *ops,
		void *owner, uint32_t idle_ms)
{
	struct worker *w = socket->listener->worker;
	struct flow *f = create(w, ops, owner, idle_ms);

	if (!f)
		return -ENOMEM;
	f->socket = socket;
	f->entry.peer = d->peer;
	f->entry.local = d->local;
	if (flows_add(&socket->flows, &f->entry) < 0) {
		free(f);
		return -ENOMEM;
	}
	list_append(&w->flows, &f->node);
	if (idle_ms)
		wheel_set(&w->wheel, &f->idle, w->now_ms + idle_ms);
	*fp = f;
	return 0;
}

static void on_open(struct task *t)
{
	struct flow *f = container_of(t, struct flow, open_task);

	if (!f->closing)
		f->ops->opened(f);
}

int flow_prepare(struct worker *w)
{
	if (w->datagrams)
		return 0;
	w->flow_out = flow_out_create();
	w->datagrams = w->flow_out ? datagram_room_create() : NULL;
	w->most_resting = most_resting(w);
	if (w->datagrams)
		return 0;
	flow_out_destroy(w->flow_out);
	w->flow_out = NULL;
	return -ENOMEM;
}

/* When the system has no port left, the one that has rested longest is rested enough. */
static int connect_rested(struct worker *w, const struct sockaddr *to, const struct sockaddr *source)
{
	int fd = datagram_connect(to, source);

	if ((fd == -EAGAIN || fd == -EADDRNOTAVAIL || fd == -EMFILE) && !list_empty(&w->resting)) {
		let_go(container_of(w->resting.next, struct resting, node));
		fd = datagram_connect(to, source);
	}
	return fd;
}

int flow_connect(struct flow **fp, struct worker *w, const struct sockaddr *to, const struct sockaddr *source,
		 const struct flow_ops *ops, void *owner, uint32_t rest_ms)
{
	struct flow *f = create(w, ops, owner, rest_ms);
	int r = f ? flow_prepare(w) : -ENOMEM;

	if (r == 0) {
		f->io = (struct io){ connect_rested(w, to, source), on_ready };
		r = f->io.fd < 0 ? f->io.fd : worker_watch(w, &f->io, EPOLLIN);
	}
	if (r < 0) {
		if (f && f->io.fd >= 0)
			close(f->io.fd);
		free(f);
		return r;
	}
	f->own_port = source_is_own(f->io.fd, source);
	task_init(&f->open_task, on_open);
	list_append(&w->flows, &f->node);
	worker_defer(w, &f->open_task);
	*fp = f;
	return 0;
}

void flow_share(struct flow *f, uint32_t idle_ms)
{
	f->shared = true;
	f->idle_ms = idle_ms;
	datagram_widen(f->io.fd, DATAGRAM_BUFFER);
	if (idle_ms)
		wheel_set(&f->worker->wheel, &f->idle, f->worker->now_ms + idle_ms);
}

void flow_abandon(struct worker *w)
{
	for (struct list *l = w->flows.next; l != &w->flows; l = w->flows.next)
		finish_close(container_of(l, struct flow, node));
	for (struct list *l = w->resting.next; l != &w->resting; l = w->resting.next)
		let_go(container_of(l, struct resting, node));
	flow_out_destroy(w->flow_out);
	w->flow_out = NULL;
	datagram_room_destroy(w->datagrams);
	w->datagrams = NULL;
}
