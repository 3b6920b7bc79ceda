/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.c: a stream's life: connect or accept, handshake, open, close once.  Bytes are in stream_io.c, TLS in tls.c.
 * While the handshake pool works on a stream (`working`), nobody else touches its TLS state and record buffers.
 */
#include "stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "source.h"
#include "splice.h"
#include "stream_io.h"
#include "tls.h"

enum {
	LINGER_MS = 2000,          /* the peer's time to read our last bytes before the connection goes */
	HANDSHAKE_RAW = 64 * 1024, /* no honest flight is longer */
	HANDSHAKE_READ = 4096,
};

static void enter(struct stream *s, enum stream_state state)
{
	s->state = state;
	s->since_ms = s->worker->now_ms;
	stream_arm(s);
}

/* ---- Deadlines ---- */

/* A limit that counts at present: when it passes, and what to say. */
struct due {
	uint64_t at_ms;
	enum limit limit;
	const char *why;
};

static void consider(struct due *due, uint64_t from_ms, uint32_t limit_ms, enum limit limit, const char *why)
{
	if (limit_ms && (!due->at_ms || from_ms + limit_ms < due->at_ms))
		*due = (struct due){ from_ms + limit_ms, limit, why };
}

static struct due next_due(const struct stream *s)
{
	const struct stream_limits *l = s->limits;
	struct due due = { 0 };

	if (s->state == STREAM_LINGER)
		consider(&due, s->since_ms, LINGER_MS, LIMIT_NONE, "lingered");
	if (s->state == STREAM_CONNECTING)
		consider(&due, s->since_ms, l->open_ms, LIMIT_HANDSHAKE, "connect timed out");
	if (s->state == STREAM_PREFACE)
		consider(&due, s->since_ms, l->first_byte_ms ? l->first_byte_ms : l->open_ms, LIMIT_FIRST_BYTE,
			 "its header did not come in time");
	if (s->state == STREAM_HANDSHAKE)
		consider(&due, s->since_ms, l->open_ms, LIMIT_HANDSHAKE, "handshake timed out");
	if (s->state != STREAM_OPEN)
		return due;
	if (buf_len(&s->out) || buf_len(&s->cipher) || splice_waiting(s))
		consider(&due, s->progress_ms, l->stall_ms, LIMIT_STALL, "peer takes nothing");
	if (!s->heard)
		consider(&due, s->since_ms, l->first_byte_ms, LIMIT_FIRST_BYTE, "no first byte");
	if (buf_len(&s->in) && !s->held)
		consider(&due, s->kept_ms, l->stall_ms, LIMIT_STALL, "a message was not finished");
	if (s->told_end != s->finished)
		consider(&due, s->half_ms, l->half_ms, LIMIT_HALF, "half-open too long");
	consider(&due, s->active_ms, l->idle_ms, LIMIT_IDLE, "idle");
	return due;
}

void stream_arm(struct stream *s)
{
	struct due due = next_due(s);

	if (due.at_ms)
		wheel_set(&s->worker->wheel, &s->deadline, due.at_ms);
	else
		wheel_cancel(&s->worker->wheel, &s->deadline);
}

static void finish_close(struct stream *s);

static void on_deadline(struct deadline *d)
{
	struct stream *s = container_of(d, struct stream, deadline);
	struct due due = next_due(s);
	bool in_order = s->state == STREAM_OPEN && !s->closing && !buf_len(&s->out) && !splice_waiting(s) &&
			!(due.limit == LIMIT_IDLE && s->limits->idle_reset);

	if (!due.at_ms || due.at_ms > s->worker->now_ms)
		stream_arm(s);
	else if (s->state == STREAM_LINGER)
		finish_close(s);
	else
		stream_close_over(s, due.limit, in_order ? LG_FLUSH : LG_RESET, due.why);
}

/* ---- Closing ---- */

static void bury(struct grave *g)
{
	free(container_of(g, struct stream, grave));
}

/* Gives everything back. */
static void finish_close(struct stream *s)
{
	if (s->state != STREAM_CLOSED) {
		s->state = STREAM_CLOSED;
		wheel_cancel(&s->worker->wheel, &s->deadline);
		list_remove(&s->node);
		list_remove(&s->dirty);
		list_remove(&s->again);
		list_remove(&s->open_task.node);
		list_remove(&s->close_task.node);
		if (s->working) /* else closing it is enough */
			worker_unwatch(s->worker, &s->io);
	}
	if (s->working)
		return; /* on_handshake comes back to this */
	if (s->reset)
		setsockopt(s->io.fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
	close(s->io.fd);
	tls_free(s->tls);
	buf_free(&s->in);
	buf_free(&s->out);
	buf_free(&s->raw);
	buf_free(&s->cipher);
	splice_drop(s);
	stream_account(s);
	s->grave.bury = bury;
	worker_bury(s->worker, &s->grave);
}

void stream_linger(struct stream *s)
{
	if (stream_drain(s))
		finish_close(s);
	else if (s->readable)
		stream_again(s);
}

/* The owner hears of it, then the connection lingers or goes. */
static void on_close(struct task *t)
{
	struct stream *s = container_of(t, struct stream, close_task);
	const struct stream_ops *ops = s->ops;

	s->ops = NULL;
	ops->closed(s);
	s->owner = NULL;
	if (s->reset || s->failed || s->eof || s->state != STREAM_OPEN || !s->finished) {
		finish_close(s);
		return;
	}
	enter(s, STREAM_LINGER);
	buf_free(&s->in);
	stream_account(s);
	stream_linger(s);
}

void stream_close(struct stream *s, enum lg_close how, const char *why)
{
	if (!s->ops)
		return;
	if (!s->reason[0])
		snprintf(s->reason, sizeof s->reason, "%s", why);
	if (how == LG_FLUSH && s->state == STREAM_OPEN) {
		s->closing = s->finish = true;
		stream_dirty(s);
		return;
	}
	s->closing = true;
	s->reset = how == LG_RESET;
	worker_defer(s->worker, &s->close_task);
}

void stream_close_over(struct stream *s, enum limit limit, enum lg_close how, const char *why)
{
	if (!s->limit && !s->reason[0])
		s->limit = limit;
	stream_close(s, how, why);
}

void stream_fail(struct stream *s, const char *reason)
{
	s->failed = true;
	if (!s->reason[0] || !s->closing)
		snprintf(s->reason, sizeof s->reason, "%s", reason);
	if (!s->ops) {
		finish_close(s);
		return;
	}
	s->closing = true;
	worker_defer(s->worker, &s->close_task);
}

void stream_finish(struct stream *s)
{
	if (s->finish || s->state != STREAM_OPEN)
		return;
	s->finish = true;
	s->half_ms = s->worker->now_ms;
	stream_dirty(s);
}

const char *stream_reason(const struct stream *s)
{
	return s->reason;
}

void stream_account(struct stream *s)
{
	uint64_t now = s->in.size + s->out.size + s->raw.size + s->cipher.size + splice_waiting(s);
	uint64_t sum;

	if (!s->account || now == s->counted)
		return;
	sum = atomic_fetch_add_explicit(s->account, now - s->counted, memory_order_relaxed) + now - s->counted;
	if (now > s->counted && s->limits->memory && sum > s->limits->memory)
		stream_close_over(s, LIMIT_MEMORY, LG_RESET, "memory limit");
	s->counted = now;
}

/* ---- Opening ---- */

static void on_open(struct task *t)
{
	struct stream *s = container_of(t, struct stream, open_task);

	if (s->closing)
		return;
	s->active_ms = s->progress_ms = s->worker->now_ms;
	s->heard = buf_len(&s->raw) > 0; /* a handshake's bytes do not count */
	enter(s, STREAM_OPEN);
	s->ops->opened(s);
	stream_again(s); /* bytes may be there already */
	if (buf_len(&s->cipher))
		stream_dirty(s); /* what the stream begins with */
}

/* On a thread of the pool. */
static void work(struct handshake_job *job)
{
	struct stream *s = container_of(job, struct stream, job);

	s->step = tls_handshake(s->tls, &s->raw, &s->cipher);
}

static void stepped(struct stream *s);

/* The rest of a handshake is less than the way to another thread and back. */
static void step(struct stream *s)
{
	if (tls_is_light(s->tls)) {
		work(&s->job);
		stepped(s);
		return;
	}
	s->working = true;
	handshake_submit(s->worker->handshakes, &s->job);
}

/* Receives records of a handshake. */
static void read_handshake(struct stream *s)
{
	bool came = false;

	while (s->readable && !s->eof && buf_len(&s->raw) < HANDSHAKE_RAW) {
		char *p = buf_room(&s->raw, HANDSHAKE_READ);
		ssize_t n = p ? recv(s->io.fd, p, HANDSHAKE_READ, 0) : -1;

		if (n > 0) {
			buf_grown(&s->raw, (size_t)n);
			s->readable = n == HANDSHAKE_READ || s->hangup;
			came = true;
		} else if (n == 0) {
			s->eof = true;
		} else if (p && errno == EAGAIN) {
			s->readable = false;
		} else {
			stream_fail(s, p ? strerror(errno) : "out of memory");
			return;
		}
	}
	if (came && !s->heard && s->ops->greeted && !s->ops->greeted(s)) {
		stream_close_over(s, LIMIT_HANDSHAKES, LG_RESET, "too many handshakes");
	} else if (came) {
		s->heard = true;
		step(s);
	} else if (s->eof) {
		stream_fail(s, "peer closed during the handshake");
	}
}

static void stepped(struct stream *s)
{
	tls_settle(s->tls);
	if (stream_flush(s) < 0 || s->closing)
		return;
	if (s->step == TLS_FAILED) {
		stream_fail(s, tls_reason(s->tls));
	} else if (s->step == TLS_READY) {
		worker_defer(s->worker, &s->open_task);
	} else {
		read_handshake(s);
	}
}

static void on_handshake(struct handshake_job *job)
{
	struct stream *s = container_of(job, struct stream, job);

	s->working = false;
	if (s->state == STREAM_CLOSED)
		finish_close(s);
	else
		stepped(s);
}

static void read_preface(struct stream *s)
{
	if (!stream_take_preface(s))
		return;
	s->heard = false; /* of its own */
	if (s->tls) {
		enter(s, STREAM_HANDSHAKE);
		read_handshake(s);
	} else {
		worker_defer(s->worker, &s->open_task);
	}
}

static void on_connected(struct stream *s)
{
	int error = 0;
	socklen_t n = sizeof error;

	getsockopt(s->io.fd, SOL_SOCKET, SO_ERROR, &error, &n);
	if (error) {
		stream_fail(s, strerror(error));
	} else if (s->tls) {
		enter(s, STREAM_HANDSHAKE);
		step(s);
	} else {
		worker_defer(s->worker, &s->open_task);
	}
}

static void on_ready(struct io *io, uint32_t events)
{
	struct stream *s = container_of(io, struct stream, io);

	if (events & (EPOLLOUT | EPOLLERR))
		s->writable = true;
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		s->readable = true;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		s->hangup = true;
	switch (s->state) {
	case STREAM_CONNECTING:
		if (s->writable && !s->closing && list_empty(&s->open_task.node))
			on_connected(s);
		break;
	case STREAM_PREFACE:
		if (s->readable && !s->closing && list_empty(&s->open_task.node))
			read_preface(s);
		break;
	case STREAM_HANDSHAKE:
		if (s->working || s->closing || !list_empty(&s->open_task.node))
			break;
		if (s->writable && buf_len(&s->cipher) && stream_flush(s) < 0)
			break;
		read_handshake(s);
		break;
	case STREAM_OPEN:
		if (s->writable && (buf_len(&s->cipher) || buf_len(&s->out) || s->pipe || s->finish != s->finished))
			stream_dirty(s);
		stream_read(s);
		break;
	case STREAM_LINGER:
		stream_linger(s);
		break;
	case STREAM_CLOSED:
		break;
	}
	worker_deliver(s->worker);
}

static void flush_one(struct stream *s)
{
	int r = stream_flush(s);

	if (s->closing && r != 0 && s->ops) /* all is out, or never will be */
		worker_defer(s->worker, &s->close_task);
	else if (r == 1 && s->told_end && s->finished)
		stream_close(s, LG_FLUSH, "both sides ended");
}

void stream_flush_dirty(struct worker *w)
{
	struct list now;

	list_init(&now);
	list_splice(&now, &w->dirty); /* what becomes dirty by this waits for the next round */
	for (struct list *l = list_take(&now); l; l = list_take(&now))
		flush_one(container_of(l, struct stream, dirty));
}

void stream_abandon(struct worker *w)
{
	for (struct list *l = w->streams.next; l != &w->streams; l = w->streams.next)
		finish_close(container_of(l, struct stream, node));
}

/* ---- Making one ---- */

static int stream_create(struct stream **sp, struct worker *w, int fd, struct tls *tls, const struct stream_ops *ops,
			 void *owner, const struct stream_limits *limits)
{
	struct stream *s = calloc(1, sizeof *s);
	int r = -ENOMEM;

	if (s) {
		s->io = (struct io){ fd, on_ready };
		r = worker_watch(w, &s->io, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
	}
	if (r < 0) {
		free(s);
		close(fd);
		tls_free(tls);
		return r;
	}
	s->worker = w;
	s->ops = ops;
	s->owner = owner;
	s->limits = limits;
	s->tls = tls;
	s->job = (struct handshake_job){ .work = work, .done = on_handshake, .owner = w };
	list_append(&w->streams, &s->node);
	list_init(&s->dirty);
	list_init(&s->again);
	list_init(&s->grave.node);
	task_init(&s->open_task, on_open);
	task_init(&s->close_task, on_close);
	wheel_deadline_init(&s->deadline, on_deadline);
	*sp = s;
	return 0;
}

int stream_accept(struct stream **sp, struct worker *w, int fd, struct tls *tls, const struct stream_ops *ops,
		  void *owner, const struct stream_limits *limits)
{
	struct stream *s;
	int r = stream_create(&s, w, fd, tls, ops, owner, limits);

	if (r < 0)
		return r;
	s->writable = s->readable = true;
	enter(s, STREAM_HANDSHAKE);
	if (!tls)
		worker_defer(w, &s->open_task);
	*sp = s;
	return 0;
}

void stream_await(struct stream *s)
{
	list_remove(&s->open_task.node);
	enter(s, STREAM_PREFACE);
}

int stream_connect(struct stream **sp, struct worker *w, const struct sockaddr *to, const struct sockaddr *source,
		   struct tls *tls, const struct stream_ops *ops, void *owner, const struct stream_limits *limits)
{
	socklen_t n = to->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r = fd < 0 ? -errno : source_bind(fd, source);

	if (r == 0 && connect(fd, to, n) < 0 && errno != EINPROGRESS)
		r = -errno;
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		tls_free(tls);
		return r;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	r = stream_create(sp, w, fd, tls, ops, owner, limits);
	if (r == 0)
		enter(*sp, STREAM_CONNECTING);
	return r;
}
