/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream_io.c: the bytes of a stream: receive, decrypt, hand over; queue, encrypt, send.  Buffers are the worker's
 * while bytes are in hand; a stream keeps only what the owner did not use and what the kernel did not take.
 */
#include "stream_io.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "span.h"
#include "splice.h"
#include "tls.h"

enum {
	READ_ROUNDS = 4,         /* of WORKER_RECEIVE bytes in one turn: others want their turn too */
	RECORD_ROOM = 17 * 1024, /* a record that GnuTLS may hold back from the time before */
	SEAL_MOST = 64 * 1024,   /* plain bytes encrypted for one send */
	PAST_QUEUE = 16 * 1024,  /* a piece is large from here */
};

/* ---- Receiving ---- */

/* Hands `in` to the owner until it has enough; what the calls cause is delivered between them.  Returns the rest. */
static struct lg_span hand_over(struct stream *s, struct lg_span in)
{
	s->handing = true;
	while (in.n && s->state == STREAM_OPEN && !s->closing && !s->held) {
		ptrdiff_t used;

		s->went = false;
		used = s->ops->receive(s, in);
		worker_deliver(s->worker);
		if (used < 0) {
			stream_close(s, LG_FLUSH, "refused by the plugin");
			break;
		}
		if (used == 0 && !s->went)
			break;
		in = span_skip(in, (size_t)used);
	}
	s->handing = false;
	return in;
}

static void hand_over_kept(struct stream *s)
{
	struct lg_span rest = hand_over(s, buf_span(&s->in));

	if (s->state != STREAM_OPEN)
		return; /* closed by that: the buffer is gone */
	buf_consume(&s->in, buf_len(&s->in) - rest.n);
	if (buf_len(&s->in) == 0)
		buf_free(&s->in);
}

/* What the owner did not use: the rest has to come, and soon. */
static void look_at_kept(struct stream *s)
{
	if (buf_len(&s->in) == 0 || s->held || s->state != STREAM_OPEN)
		return;
	s->kept_ms = s->worker->now_ms;
	if (buf_len(&s->in) > s->limits->in)
		stream_close_over(s, LIMIT_MESSAGE, LG_FLUSH, "message is longer than the limit");
	else
		stream_arm(s);
}

/* New bytes: from the worker's buffer when nothing is kept, else they are in s->in already. */
static void take_in(struct stream *s, struct lg_span fresh)
{
	s->heard = true;
	s->active_ms = s->worker->now_ms;
	if (fresh.p == s->worker->receive) {
		struct lg_span rest = hand_over(s, fresh);

		if (rest.n && s->state == STREAM_OPEN && buf_append(&s->in, rest.p, rest.n) < 0)
			stream_close(s, LG_RESET, "out of memory");
	} else {
		buf_grown(&s->in, fresh.n);
		hand_over_kept(s);
	}
	look_at_kept(s);
}

/* Where to receive to. */
static char *room_in(struct stream *s, size_t *n)
{
	*n = WORKER_RECEIVE;
	return buf_len(&s->in) ? buf_room(&s->in, WORKER_RECEIVE) : s->worker->receive;
}

static ssize_t receive(struct stream *s, char *p, size_t n)
{
	ssize_t got = recv(s->io.fd, p, n, 0);

	if (got < 0 && errno == EAGAIN) {
		s->readable = false;
	} else if (got < 0) {
		stream_fail(s, strerror(errno));
	} else if (got == 0) {
		s->eof = true;
	} else if ((size_t)got < n && !s->hangup) {
		s->readable = false;
	}
	return got;
}

static bool read_plain(struct stream *s)
{
	size_t n;
	char *p = room_in(s, &n);
	ssize_t got;

	if (!p) {
		stream_close(s, LG_RESET, "out of memory");
		return false;
	}
	got = receive(s, p, n);
	if (got == 0)
		s->clean = true;
	if (got <= 0)
		return false;
	take_in(s, (struct lg_span){ p, (size_t)got });
	return true;
}

/* Decrypts `cipher` to `p`, as much as there is room for; the number of bytes. */
static size_t decrypt(struct stream *s, struct buf *cipher, char *p, size_t room)
{
	size_t got = 0;

	while (got < room) {
		ssize_t n = tls_decrypt(s->tls, cipher, &s->cipher, p + got, room - got);

		if (n == -EAGAIN)
			break;
		if (n < 0) {
			stream_fail(s, tls_reason(s->tls));
			break;
		}
		if (n == 0) {
			s->eof = s->clean = true;
			break;
		}
		got += (size_t)n;
	}
	if (buf_len(&s->cipher))
		stream_dirty(s);
	return got;
}

static bool take_in_records(struct stream *s, struct buf *cipher)
{
	size_t room, got;
	char *p = room_in(s, &room);

	if (!p) {
		stream_close(s, LG_RESET, "out of memory");
		return false;
	}
	got = decrypt(s, cipher, p, room);
	if (got)
		take_in(s, (struct lg_span){ p, got });
	return !s->eof;
}

static bool read_records(struct stream *s)
{
	struct buf *cipher = &s->worker->cipher_in;
	char *p = buf_room(cipher, WORKER_RECEIVE - RECORD_ROOM);
	ssize_t got;
	bool more;

	if (!p) {
		stream_close(s, LG_RESET, "out of memory");
		return false;
	}
	got = receive(s, p, WORKER_RECEIVE - RECORD_ROOM);
	if (got <= 0)
		return false;
	buf_grown(cipher, (size_t)got);
	more = take_in_records(s, cipher);
	buf_consume(cipher, buf_len(cipher)); /* what lies behind a broken record or the end: the next stream's turn */
	return more && s->state == STREAM_OPEN;
}

/* The end comes after all bytes that the owner wants. */
static void tell_end(struct stream *s)
{
	if (!s->eof || s->told_end || s->held || s->closing || s->state != STREAM_OPEN)
		return;
	s->told_end = true;
	s->half_ms = s->worker->now_ms;
	stream_arm(s);
	s->ops->ended(s, s->clean);
	worker_deliver(s->worker);
	if (s->finished && s->state == STREAM_OPEN)
		stream_close(s, LG_FLUSH, "both sides ended");
}

static bool may_read(const struct stream *s)
{
	return s->state == STREAM_OPEN && s->readable && !s->held && !s->closing && !s->eof;
}

void stream_again(struct stream *s)
{
	if (list_empty(&s->again))
		list_append(&s->worker->again, &s->again);
}

/* What came behind the handshake's last flight: it may be more than is taken at once.  An empty one goes, too. */
static void read_raw(struct stream *s)
{
	while (buf_len(&s->raw) && s->state == STREAM_OPEN && !s->closing) {
		if (!take_in_records(s, &s->raw))
			break;
	}
	buf_free(&s->raw);
}

void stream_read(struct stream *s)
{
	if (s->state != STREAM_OPEN)
		return;
	if (s->went && buf_len(&s->in)) {
		hand_over_kept(s);
		look_at_kept(s);
	}
	if (s->raw.size)
		read_raw(s);
	for (unsigned round = 0; may_read(s); round++) {
		if (round == READ_ROUNDS) {
			stream_again(s);
			return;
		}
		if (!(s->pours ? splice_read(s) : s->tls ? read_records(s) : read_plain(s)))
			break;
	}
	tell_end(s);
	stream_account(s);
}

void stream_read_again(struct worker *w)
{
	struct list now;

	list_init(&now);
	list_splice(&now, &w->again);
	for (struct list *l = list_take(&now); l; l = list_take(&now)) {
		struct stream *s = container_of(l, struct stream, again);

		if (s->state == STREAM_LINGER)
			stream_linger(s);
		else
			stream_read(s);
	}
}

void stream_hold(struct stream *s)
{
	s->held = true;
}

void stream_go(struct stream *s)
{
	if (!s->held)
		return;
	s->held = false;
	s->went = true;
	if (!s->handing) /* else hand_over goes on; never inside a consequence: the bytes must outlive what they cause
			  */
		stream_again(s);
}

bool stream_drain(struct stream *s)
{
	for (unsigned round = 0; round < READ_ROUNDS && s->readable; round++) {
		ssize_t got = recv(s->io.fd, s->worker->receive, WORKER_RECEIVE, 0);

		if (got == 0 || (got < 0 && errno != EAGAIN))
			return true;
		if (got < 0)
			s->readable = false;
	}
	return false;
}

bool stream_is_clear(const struct stream *s)
{
	return s->state == STREAM_OPEN && !s->closing && !s->finish && !s->eof && !s->hangup && !s->pours &&
	       !splice_waiting(s) && !buf_len(&s->in) && !buf_len(&s->out) && !buf_len(&s->raw) && !buf_len(&s->cipher);
}

bool stream_is_silent(const struct stream *s)
{
	char byte;

	return recv(s->io.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* ---- Sending ---- */

void stream_dirty(struct stream *s)
{
	if (list_empty(&s->dirty))
		list_append(&s->worker->dirty, &s->dirty);
}

/* Sends from `b`; 1: all, 0: the kernel is full, < 0: broken. */
static int send_buf(struct stream *s, struct buf *b)
{
	while (buf_len(b)) {
		struct lg_span out = buf_span(b);
		ssize_t n = send(s->io.fd, out.p, out.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			s->writable = false;
			return 0;
		}
		if (n < 0)
			return -errno;
		buf_consume(b, (size_t)n);
		s->progress_ms = s->active_ms = s->worker->now_ms;
		s->handed = s->tls ? s->sealed : s->queued - buf_len(&s->out);
	}
	return 1;
}

/* Sends what lies in the worker's record buffer; what the kernel does not take is kept. */
static int send_records(struct stream *s)
{
	struct buf *records = &s->worker->cipher_out;
	int r = send_buf(s, records);

	if (r == 0 && buf_append(&s->cipher, buf_span(records).p, buf_len(records)) < 0)
		r = -ENOMEM;
	buf_consume(records, buf_len(records));
	return r;
}

static int seal_and_send(struct stream *s, struct buf *b)
{
	while (buf_len(b)) {
		struct lg_span out = buf_span(b);
		size_t n = out.n < SEAL_MOST ? out.n : SEAL_MOST;
		int r = tls_encrypt(s->tls, out.p, n, &s->worker->cipher_out);

		if (r < 0) {
			buf_consume(&s->worker->cipher_out, buf_len(&s->worker->cipher_out));
			return r;
		}
		buf_consume(b, n);
		s->sealed += n;
		r = send_records(s);
		if (r <= 0)
			return r;
	}
	return 1;
}

static int send_plain(struct stream *s, struct buf *b)
{
	return s->tls ? seal_and_send(s, b) : send_buf(s, b);
}

/* What is large and has nothing in front of it leaves at once, out of the memory where it lies: to copy it would cost
 * more than a call does.  The rest of `pieces`; < 0: broken. */
static int send_past(struct stream *s, struct lg_span *piece)
{
	struct buf b = { .p = (char *)piece->p, .end = piece->n, .size = piece->n };
	int r;

	if (piece->n < PAST_QUEUE || !s->writable || buf_len(&s->out) || buf_len(&s->cipher) || splice_waiting(s))
		return 0;
	r = send_plain(s, &b);
	s->handed = s->tls ? s->sealed : s->queued - buf_len(&b);
	*piece = span_skip(*piece, piece->n - buf_len(&b));
	return r;
}

static enum lg_send append(struct stream *s, const struct lg_span *pieces, unsigned n, size_t total)
{
	char *to = buf_room(&s->out, total);

	if (!to) {
		stream_close(s, LG_RESET, "out of memory");
		return LG_GONE;
	}
	for (unsigned i = 0; i < n; i++) {
		if (pieces[i].n)
			memcpy(to, pieces[i].p, pieces[i].n);
		to += pieces[i].n;
	}
	buf_grown(&s->out, total);
	stream_dirty(s);
	if (buf_len(&s->out) <= s->limits->queue)
		return LG_SENT;
	s->full = true;
	return LG_FULL;
}

enum lg_send stream_send(struct stream *s, const struct lg_span *pieces, unsigned n)
{
	struct lg_span one;
	size_t total = 0;
	int r;

	if (s->state != STREAM_OPEN || s->closing || s->finish)
		return LG_GONE;
	for (unsigned i = 0; i < n; i++)
		total += pieces[i].n;
	if (buf_len(&s->out) == 0 && buf_len(&s->cipher) == 0)
		s->progress_ms = s->worker->now_ms;
	s->queued += total;
	if (n != 1)
		return append(s, pieces, n, total);
	one = *pieces;
	r = send_past(s, &one);
	if (r < 0) {
		stream_fail(s, strerror(-r));
		return LG_GONE;
	}
	return r == 1 ? LG_SENT : append(s, &one, 1, one.n);
}

static int send_end(struct stream *s)
{
	s->finished = true;
	if (s->tls) {
		int r;

		tls_bye(s->tls, &s->worker->cipher_out);
		r = send_records(s);
		if (r <= 0)
			return r; /* the end is kept with the rest; FIN follows when that is sent */
	} else if (s->told_end) {
		return 1; /* it is closed in a moment, which says the same */
	}
	if (shutdown(s->io.fd, SHUT_WR) < 0 && errno != ENOTCONN) /* the peer may have reset it meanwhile */
		return -errno;
	return 1;
}

static void tell_room(struct stream *s)
{
	if (!s->full || buf_len(&s->out) > s->limits->queue / 2 || splice_waiting(s))
		return;
	s->full = false;
	s->ops->writable(s);
	worker_deliver(s->worker);
}

static int send_all(struct stream *s)
{
	int r = send_buf(s, &s->cipher);

	if (r == 1)
		buf_free(&s->cipher);
	if (r == 1 && s->state == STREAM_OPEN)
		r = send_plain(s, &s->out);
	if (r == 1 && s->pipe)
		r = splice_flush(s);
	if (r == 1)
		buf_free(&s->out);
	return r;
}

int stream_flush(struct stream *s)
{
	bool was_finished = s->finished;
	int r = s->writable ? send_all(s) : 0;

	if (r == 1 && s->state == STREAM_OPEN && s->finish && !s->finished)
		r = send_end(s);
	else if (r == 1 && was_finished && s->tls)
		shutdown(s->io.fd, SHUT_WR);
	if (r == 0 || s->finished != was_finished)
		stream_arm(s);
	if (r < 0)
		stream_fail(s, strerror(-r));
	else if (s->state == STREAM_OPEN)
		tell_room(s);
	stream_account(s);
	return r;
}
