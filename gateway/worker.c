/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.c: the turn of a loop.  libuv has the timers and the sleep; sockets and mail are watched by an inner epoll,
 * since edge-triggered it costs one system call in a connection's life.  What is read and sent: stream.c.
 */
#include "worker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "flow.h"
#include "splice.h"
#include "stream.h"
#include "tls_stock.h"

enum { WORKER_EVENTS = 256, WORKER_ROUNDS = 64 };

static void on_busy(uv_idle_t *idle);

static void turn_begin(struct worker *w)
{
	w->now_ms = uv_now(&w->loop);
}

/* Consequences make output and output's room makes consequences; both end, but not always in one round. */
static void turn_end(struct worker *w)
{
	for (unsigned i = 0; i < WORKER_ROUNDS && !(list_empty(&w->tasks) && list_empty(&w->dirty)); i++) {
		worker_deliver(w);
		stream_flush_dirty(w);
	}
	flow_flush(w);
	for (struct list *l = list_take(&w->graves); l; l = list_take(&w->graves)) {
		struct grave *g = container_of(l, struct grave, node);

		g->bury(g);
	}
	if (list_empty(&w->again) && list_empty(&w->tasks) && list_empty(&w->dirty))
		uv_idle_stop(&w->busy);
	else
		uv_idle_start(&w->busy, on_busy);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
	struct worker *w = p->data;
	struct epoll_event ready[WORKER_EVENTS];
	int n;

	(void)status;
	(void)events;
	turn_begin(w);
	n = epoll_wait(w->epoll, ready, WORKER_EVENTS, 0);
	for (int i = 0; i < n; i++) {
		struct io *io = ready[i].data.ptr;

		io->ready(io, ready[i].events);
	}
	turn_end(w);
}

static void on_busy(uv_idle_t *idle)
{
	struct worker *w = idle->data;

	turn_begin(w);
	stream_read_again(w);
	turn_end(w);
}

/* Before the loop sleeps: what timers and mail have caused. */
static void on_prepare(uv_prepare_t *p)
{
	struct worker *w = p->data;

	turn_begin(w);
	turn_end(w);
}

static void on_tick(uv_timer_t *t)
{
	struct worker *w = t->data;

	turn_begin(w);
	wheel_turn(&w->wheel, w->now_ms);
	worker_deliver(w);
}

static void run_mail(struct worker *w)
{
	struct mail *m;

	pthread_mutex_lock(&w->mail_lock);
	m = w->mail;
	w->mail = NULL;
	w->mail_tail = &w->mail;
	pthread_mutex_unlock(&w->mail_lock);
	while (m) {
		struct mail *next = m->next;

		m->run(m);
		worker_deliver(w);
		m = next;
	}
}

/* Never read: each write is a new edge. */
static void on_wake(struct io *io, uint32_t events)
{
	(void)events;
	run_mail(container_of(io, struct worker, wake));
}

/* Not uv_async: whoever is woken spins there until the other thread, which may have been stopped in the middle of the
 * call, has returned from it. */
void worker_post(struct worker *w, struct mail *m)
{
	bool first;

	m->next = NULL;
	pthread_mutex_lock(&w->mail_lock);
	first = !w->mail;
	*w->mail_tail = m;
	w->mail_tail = &m->next;
	pthread_mutex_unlock(&w->mail_lock);
	if (first) /* else it is awake, or will be */
		eventfd_write(w->wake.fd, 1);
}

void worker_defer(struct worker *w, struct task *t)
{
	if (list_empty(&t->node))
		list_append(&w->tasks, &t->node);
}

void worker_deliver(struct worker *w)
{
	if (w->delivering)
		return;
	w->delivering = true;
	for (struct list *l = list_take(&w->tasks); l; l = list_take(&w->tasks)) {
		struct task *t = container_of(l, struct task, node);

		t->run(t);
	}
	w->delivering = false;
}

void worker_bury(struct worker *w, struct grave *g)
{
	list_append(&w->graves, &g->node);
}

int worker_watch(struct worker *w, struct io *io, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = io };

	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, io->fd, &e) < 0 ? -errno : 0;
}

void worker_unwatch(struct worker *w, struct io *io)
{
	epoll_ctl(w->epoll, EPOLL_CTL_DEL, io->fd, &(struct epoll_event){ 0 });
}

static int loop_init(struct worker *w)
{
	int r = uv_loop_init(&w->loop);

	if (r < 0)
		return r;
	uv_poll_init(&w->loop, &w->poll, w->epoll);
	uv_prepare_init(&w->loop, &w->prepare);
	uv_idle_init(&w->loop, &w->busy);
	uv_timer_init(&w->loop, &w->tick);
	w->poll.data = w->prepare.data = w->busy.data = w->tick.data = w;
	uv_poll_start(&w->poll, UV_READABLE, on_poll);
	uv_prepare_start(&w->prepare, on_prepare);
	uv_timer_start(&w->tick, on_tick, WHEEL_TICK_MS, WHEEL_TICK_MS);
	return 0;
}

int worker_init(struct worker *w, unsigned index)
{
	int r;

	*w = (struct worker){ .index = index };
	w->mail_tail = &w->mail;
	list_init(&w->tasks);
	list_init(&w->dirty);
	list_init(&w->again);
	list_init(&w->graves);
	list_init(&w->listeners);
	list_init(&w->sessions);
	list_init(&w->trunks);
	list_init(&w->streams);
	list_init(&w->pipes);
	list_init(&w->flows);
	list_init(&w->resting);
	w->receive = malloc(WORKER_RECEIVE);
	if (!w->receive || tls_stock_create(&w->tls_stock) < 0) {
		free(w->receive);
		return -ENOMEM;
	}
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->wake = (struct io){ eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), on_wake };
	r = w->epoll < 0 || w->wake.fd < 0 ? -errno : worker_watch(w, &w->wake, EPOLLIN | EPOLLET);
	if (r == 0)
		r = loop_init(w);
	if (r < 0) {
		if (w->epoll >= 0)
			close(w->epoll);
		if (w->wake.fd >= 0)
			close(w->wake.fd);
		tls_stock_free(w->tls_stock);
		free(w->receive);
		return r;
	}
	pthread_mutex_init(&w->mail_lock, NULL);
	turn_begin(w);
	wheel_init(&w->wheel, w->now_ms);
	return 0;
}

void worker_run(struct worker *w)
{
	uv_run(&w->loop, UV_RUN_DEFAULT);
	w->stopped = true;
}

void worker_stop(struct worker *w)
{
	uv_stop(&w->loop);
}

static void close_handle(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

void worker_fini(struct worker *w)
{
	w->stopped = true;
	run_mail(w);
	turn_end(w);
	uv_walk(&w->loop, close_handle, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	uv_loop_close(&w->loop);
	close(w->epoll);
	close(w->wake.fd);
	pthread_mutex_destroy(&w->mail_lock);
	splice_end(w);
	names_free(&w->names);
	buf_free(&w->cipher_in);
	buf_free(&w->cipher_out);
	tls_stock_free(w->tls_stock);
	free(w->receive);
}
