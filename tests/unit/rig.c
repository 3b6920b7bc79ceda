/* SPDX-License-Identifier: Apache-2.0 */
/* rig.c: the worker, its peers and its owners. */
#include "unit.h"

#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/flow.h"
#include "tls_rig.h"

/* ---- A worker ---- */

struct worker *rig_worker_start(void)
{
	struct worker *w = calloc(1, sizeof *w);

	assert_non_null(w);
	assert_int_equal(worker_init(w, 1), 0);
	assert_int_equal(handshake_pool_create(&w->handshakes, 1), 0);
	w->secret = (const unsigned char *)"0123456789abcdef";
	w->session_step = 1;
	return w;
}

void rig_worker_stop(struct worker *w)
{
	handshake_pool_destroy(w->handshakes);
	stream_abandon(w);
	flow_abandon(w);
	worker_fini(w);
	free(w);
}

uint64_t rig_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void rig_turn(struct worker *w)
{
	uv_run(&w->loop, UV_RUN_NOWAIT);
	if (list_empty(&w->again))
		usleep(50);
}

void rig_run(struct worker *w, unsigned ms)
{
	for (uint64_t end = rig_now_ms() + ms; rig_now_ms() < end;)
		rig_turn(w);
}

/* ---- Sockets ---- */

static int make_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

static int bind_any(struct sockaddr_in *at)
{
	socklen_t n = sizeof *at;
	int fd = make_socket();

	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(fd, (struct sockaddr *)at, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)at, &n), 0);
	return fd;
}

int rig_listen(struct sockaddr_in *at)
{
	int fd = bind_any(at);

	assert_int_equal(listen(fd, 64), 0);
	return fd;
}

struct sockaddr_in rig_nobody(void)
{
	struct sockaddr_in at;

	close(bind_any(&at));
	return at;
}

int rig_dial(const struct sockaddr_in *to)
{
	int fd = make_socket();

	if (connect(fd, (const struct sockaddr *)to, sizeof *to) < 0 && errno != EINPROGRESS) {
		close(fd);
		return -errno;
	}
	return fd;
}

int rig_accept(struct worker *w, int listening)
{
	int fd;

	RIG_UNTIL(w, (fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0);
	return fd;
}

bool peer_has(struct peer *p, size_t n, size_t most)
{
	while (!p->eof && !p->error && (!most || buf_len(&p->in) < n)) {
		size_t room = most ? most : 65536;
		char *at = buf_room(&p->in, room);
		ssize_t got;

		assert_non_null(at);
		got = recv(p->fd, at, room, 0);
		if (got > 0)
			buf_grown(&p->in, (size_t)got);
		else if (got == 0)
			p->eof = true;
		else if (errno != EAGAIN)
			p->error = errno;
		if (got < 0 || most)
			break;
	}
	return buf_len(&p->in) >= n || p->eof || p->error;
}

bool peer_ended(struct peer *p)
{
	peer_has(p, SIZE_MAX, 0);
	return p->eof || p->error;
}

void peer_write(struct worker *w, struct peer *p, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n > 0) {
		ssize_t sent = send(p->fd, at, n, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN)
			fail_msg("send: %s", strerror(errno));
		if (sent > 0) {
			at += sent;
			n -= (size_t)sent;
		}
		rig_turn(w);
	}
}

void peer_say(struct worker *w, struct peer *p, const char *text)
{
	peer_write(w, p, text, strlen(text));
}

void peer_close(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	buf_free(&p->in);
}

void peer_reset(struct peer *p)
{
	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
	peer_close(p);
}

/* ---- Owners ---- */

static void tell(struct end *e, enum told what)
{
	e->told[what]++;
	if (e->on)
		e->on(e, what);
}

static void on_opened(struct stream *s)
{
	tell(s->owner, OPENED);
}

static ptrdiff_t on_receive(struct stream *s, struct lg_span in)
{
	struct end *e = s->owner;

	assert_false(s->worker->delivering); /* what it causes must be delivered before the bytes are gone */
	assert_true(in.n > 0);
	tell(e, RECEIVED);
	if (e->take)
		return e->take(e, in);
	assert_int_equal(buf_append(&e->got, in.p, in.n), 0);
	return (ptrdiff_t)in.n;
}

static void on_ended(struct stream *s, bool clean)
{
	struct end *e = s->owner;

	e->clean = clean;
	tell(e, ENDED);
}

static void on_writable(struct stream *s)
{
	tell(s->owner, WRITABLE);
}

static void on_closed(struct stream *s)
{
	struct end *e = s->owner;

	snprintf(e->reason, sizeof e->reason, "%s", stream_reason(s));
	e->failed = s->failed;
	tell(e, CLOSED);
	e->s = NULL;
}

const struct stream_ops end_ops = {
	.opened = on_opened,
	.receive = on_receive,
	.ended = on_ended,
	.writable = on_writable,
	.closed = on_closed,
};

enum lg_send end_say(struct end *e, const char *text)
{
	return stream_send(e->s, &(struct lg_span){ text, strlen(text) }, 1);
}

bool end_got(const struct end *e, const char *text)
{
	struct lg_span got = buf_span(&e->got);

	return got.n == strlen(text) && (got.n == 0 || memcmp(got.p, text, got.n) == 0);
}

void end_free(struct end *e)
{
	buf_free(&e->got);
}

static void keep_limits(struct stream_limits *l)
{
	l->queue = l->queue ? l->queue : 64 * 1024;
	l->in = l->in ? l->in : 1024 * 1024;
}

void pair_begin(struct pair *p, struct worker *w, bool tls)
{
	struct sockaddr_in at;
	int listening = rig_listen(&at), fd;

	p->w = w;
	keep_limits(&p->limits);
	assert_int_equal(stream_connect(&p->a.s, w, (struct sockaddr *)&at, NULL, tls ? rig_tls_connect() : NULL,
					&end_ops, &p->a, &p->limits),
			 0);
	fd = rig_accept(w, listening);
	close(listening);
	assert_int_equal(stream_accept(&p->b.s, w, fd, tls ? rig_tls_accept() : NULL, &end_ops, &p->b, &p->limits), 0);
	p->a.other = &p->b;
	p->b.other = &p->a;
}

void pair_open(struct pair *p, struct worker *w, bool tls)
{
	pair_begin(p, w, tls);
	RIG_UNTIL(w, p->a.told[OPENED] && p->b.told[OPENED]);
}

void pair_free(struct pair *p)
{
	if (p->a.s)
		stream_close(p->a.s, LG_RESET, "the test is over");
	if (p->b.s)
		stream_close(p->b.s, LG_RESET, "the test is over");
	RIG_UNTIL(p->w, p->a.told[CLOSED] && p->b.told[CLOSED]);
	assert_int_equal(p->a.told[CLOSED], 1);
	assert_int_equal(p->b.told[CLOSED], 1);
	end_free(&p->a);
	end_free(&p->b);
}

void end_accept(struct end *e, struct worker *w, struct peer *p, struct tls *tls, const struct stream_limits *limits)
{
	struct sockaddr_in at;
	int listening = rig_listen(&at), fd;

	p->fd = rig_dial(&at);
	assert_true(p->fd >= 0);
	fd = rig_accept(w, listening);
	close(listening);
	assert_int_equal(stream_accept(&e->s, w, fd, tls, &end_ops, e, limits), 0);
}

/* ---- TLS ---- */

static struct tls_server *tls_server;
static struct tls_client *tls_client;

int rig_tls_start(void **state)
{
	rig_setup(state);
	tls_server = rig_server(&(struct rig_word){ .cert = "ec" }, TLS_VERIFY_NONE, NULL);
	tls_client = rig_client(&(struct rig_word){ .trust = "ca" });
	return 0;
}

int rig_tls_stop(void **state)
{
	tls_server_unref(tls_server);
	tls_client_unref(tls_client);
	return rig_teardown(state);
}

struct tls_server *rig_tls_server(void)
{
	return tls_server;
}

struct tls *rig_tls_accept(void)
{
	struct tls *t = NULL;

	assert_int_equal(tls_accept(&t, tls_server), 0);
	return t;
}

struct tls *rig_tls_connect(void)
{
	struct tls *t = NULL;

	assert_int_equal(tls_connect(&t, tls_client, &(struct tls_target){ .name = "b.example", .verify = true }), 0);
	return t;
}

void hand_shake(struct hand *h, struct worker *w)
{
	h->tls = rig_tls_connect();
	while (tls_handshake(h->tls, &h->peer.in, &h->out) == TLS_MORE) {
		hand_send(h, w);
		RIG_UNTIL(w, peer_has(&h->peer, 1, 0));
	}
	assert_true(buf_len(&h->out) > 0);
}

void hand_say(struct hand *h, const void *p, size_t n)
{
	assert_int_equal(tls_encrypt(h->tls, p, n, &h->out), 0);
}

void hand_send(struct hand *h, struct worker *w)
{
	peer_write(w, &h->peer, buf_span(&h->out).p, buf_len(&h->out));
	buf_free(&h->out);
}

void hand_free(struct hand *h)
{
	peer_close(&h->peer);
	tls_free(h->tls);
	buf_free(&h->out);
}
