/* SPDX-License-Identifier: Apache-2.0 */
/*
 * splice.c: from a socket to a pipe, from the pipe to the other socket.  A pipe that nothing waits in is in the
 * worker's pool; where there is none to be had, bytes are copied as before.
 */
#include "splice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream_io.h"

/* ---- Pipes ---- */

static void pipe_free(struct splice_pipe *p)
{
	close(p->in);
	close(p->out);
	free(p);
}

static struct splice_pipe *pipe_create(void)
{
	struct splice_pipe *p = calloc(1, sizeof *p);
	int ends[2], size;

	if (!p)
		return NULL;
	if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) {
		free(p);
		return NULL;
	}
	p->out = ends[0];
	p->in = ends[1];
	list_init(&p->node);
	size = fcntl(p->in, F_SETPIPE_SZ, SPLICE_PIPE);
	if (size < 0)
		size = fcntl(p->in, F_GETPIPE_SZ);
	if (size >= SPLICE_PIPE_LEAST) {
		p->size = (size_t)size;
		return p;
	}
	pipe_free(p);
	return NULL;
}

static struct splice_pipe *pipe_take(struct worker *w)
{
	struct list *l = list_take(&w->pipes);
	struct splice_pipe *p;

	if (l) {
		w->npipes--;
		w->npipes_lent++;
		return container_of(l, struct splice_pipe, node);
	}
	p = w->npipes_lent < SPLICE_PIPES ? pipe_create() : NULL;
	w->npipes_lent += p ? 1 : 0;
	return p;
}

/* Nobody gets bytes of another connection: only an empty one goes back. */
static void pipe_give(struct worker *w, struct splice_pipe *p)
{
	w->npipes_lent--;
	if (p->n || w->npipes == SPLICE_POOL) {
		pipe_free(p);
		return;
	}
	list_append(&w->pipes, &p->node);
	w->npipes++;
}

void splice_drop(struct stream *to)
{
	if (to->pipe)
		pipe_give(to->worker, to->pipe);
	to->pipe = NULL;
}

void splice_end(struct worker *w)
{
	for (struct list *l = list_take(&w->pipes); l; l = list_take(&w->pipes))
		pipe_free(container_of(l, struct splice_pipe, node));
	w->npipes = 0;
}

/* ---- When ---- */

void splice_consider(struct stream *from, struct stream *to, size_t n, uint64_t most)
{
	from->bulk = n < SPLICE_LARGE ? 0 : from->bulk + n;
	if (from->bulk < SPLICE_AFTER || from->tls || to->tls)
		return;
	from->pours = to;
	from->pours_most = most;
	from->small_reads = 0;
}

void splice_stop(struct stream *from)
{
	from->pours = NULL;
	from->bulk = 0;
}

/* ---- Sending ---- */

int splice_flush(struct stream *to)
{
	struct splice_pipe *p = to->pipe;

	while (p && p->n) {
		ssize_t n = splice(p->out, NULL, to->io.fd, NULL, p->n, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

		if (n < 0 && errno == EAGAIN) {
			to->writable = false;
			return 0;
		}
		if (n < 0)
			return -errno;
		p->n -= (size_t)n;
		to->progress_ms = to->active_ms = to->worker->now_ms;
		to->handed = to->queued - p->n;
	}
	splice_drop(to);
	return 1;
}

/* ---- Receiving ---- */

static bool can_take(const struct stream *to)
{
	return to->state == STREAM_OPEN && !to->closing && !to->finish;
}

/* Until there is room: link.c lets it go on then. */
static void hold_back(struct stream *from, struct stream *to)
{
	to->full = true;
	stream_hold(from);
}

/* What came goes on at once if it can; what stays holds its sender. */
static void pour(struct stream *from, struct stream *to, size_t n)
{
	int r;

	if (!buf_len(&to->out))
		to->progress_ms = to->worker->now_ms;
	to->pipe->n = n;
	to->queued += n;
	r = buf_len(&to->out) || !to->writable ? 0 : splice_flush(to);
	if (r < 0)
		stream_fail(to, strerror(-r));
	if (r == 1)
		return;
	hold_back(from, to);
	stream_arm(to);
	stream_account(to);
	stream_dirty(to); /* behind what is in `out` */
}

/* The owner counts them; all that were to go unseen have gone: it sees the next ones. */
static void tell(struct stream *from, size_t n)
{
	from->pours_most -= n;
	if (!from->pours_most)
		splice_stop(from);
	if (!from->ops->poured)
		return;
	from->ops->poured(from, n);
	worker_deliver(from->worker);
}

/* Nothing, the end, or a failure: as a receive says it. */
static bool nothing_came(struct stream *from, ssize_t n)
{
	if (n == 0)
		from->eof = from->clean = true;
	else if (errno == EAGAIN)
		from->readable = false;
	else
		stream_fail(from, strerror(errno));
	return false;
}

bool splice_read(struct stream *from)
{
	struct stream *to = from->pours;
	size_t most;
	ssize_t n;

	if (splice_waiting(to)) {
		hold_back(from, to);
		return false;
	}
	if (can_take(to) && from->small_reads < SPLICE_PATIENCE && !to->pipe)
		to->pipe = pipe_take(to->worker);
	if (!to->pipe) {
		splice_stop(from);
		return true; /* to be copied, or refused there */
	}
	most = from->pours_most < to->pipe->size ? (size_t)from->pours_most : to->pipe->size;
	n = splice(from->io.fd, NULL, to->pipe->in, NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n <= 0) {
		int error = errno;

		splice_drop(to);
		errno = error;
		return nothing_came(from, n);
	}
	from->small_reads = n < SPLICE_LARGE ? from->small_reads + 1 : 0;
	from->active_ms = from->worker->now_ms;
	pour(from, to, (size_t)n);
	tell(from, (size_t)n);
	return true;
}
