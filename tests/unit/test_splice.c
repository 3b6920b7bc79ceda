/* SPDX-License-Identifier: Apache-2.0 */
/* test_splice.c: two joined streams and their far ends: what goes through a pipe arrives whole, waits for its reader,
 * and gives the pipe back. */
#include "splice.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream_io.h"
#include "unit.h"

enum { BIG = 12 * 1024 * 1024 };

/* What link.c does for two joined links, and nothing else. */
struct end {
	struct stream *stream;
	struct end *other;
	uint64_t copied; /* bytes that the owner has seen */
	bool poured;     /* spliced at least once */
};

static struct {
	struct worker worker;
	struct end a, b;
	int far_a, far_b;
	bool timed_out;
} rig;

static void opened(struct stream *s)
{
	(void)s;
}

static ptrdiff_t receive(struct stream *s, struct lg_span in)
{
	struct end *e = s->owner;

	e->copied += in.n;
	if (stream_send(e->other->stream, &in, 1) == LG_FULL)
		stream_hold(s);
	splice_consider(s, e->other->stream, in.n, UINT64_MAX);
	e->poured |= s->pours != NULL;
	return (ptrdiff_t)in.n;
}

static void ended(struct stream *s, bool clean)
{
	struct end *e = s->owner;

	assert_true(clean);
	stream_finish(e->other->stream);
}

static void writable(struct stream *s)
{
	struct end *e = s->owner;

	if (e->other->stream)
		stream_go(e->other->stream);
}

static void closed(struct stream *s)
{
	struct end *e = s->owner;

	e->stream = NULL;
	if (e->other->stream) {
		splice_stop(e->other->stream);
		stream_close(e->other->stream, s->failed ? LG_RESET : LG_FLUSH, "the other side closed");
	}
}

static const struct stream_ops ops = { opened, receive, ended, writable, closed };
static struct stream_limits limits = { .queue = 64 * 1024, .in = 64 * 1024 };

/* A connected pair over loopback: ours does not block. */
static void connect_pair(int *ours, int *far)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof any;
	int listening = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(listening, (struct sockaddr *)&any, n), 0);
	assert_int_equal(listen(listening, 1), 0);
	assert_int_equal(getsockname(listening, (struct sockaddr *)&any, &n), 0);
	*far = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(*far, (struct sockaddr *)&any, n), 0);
	*ours = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
	assert_true(*ours >= 0);
	close(listening);
}

static void on_late(uv_timer_t *t)
{
	(void)t;
	rig.timed_out = true;
}

/* One round of the loop; it may wait a little. */
static void turn(void)
{
	uv_run(&rig.worker.loop, UV_RUN_NOWAIT);
	usleep(50);
}

static int setup(void **state)
{
	int a, b;

	(void)state;
	memset(&rig, 0, sizeof rig);
	assert_int_equal(worker_init(&rig.worker, 0), 0);
	connect_pair(&a, &rig.far_a);
	connect_pair(&b, &rig.far_b);
	rig.a.other = &rig.b;
	rig.b.other = &rig.a;
	assert_int_equal(stream_accept(&rig.a.stream, &rig.worker, a, NULL, &ops, &rig.a, &limits), 0);
	assert_int_equal(stream_accept(&rig.b.stream, &rig.worker, b, NULL, &ops, &rig.b, &limits), 0);
	for (int i = 0; i < 5; i++)
		turn();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stream_abandon(&rig.worker);
	worker_fini(&rig.worker);
	close(rig.far_a);
	close(rig.far_b);
	assert_int_equal(rig.worker.npipes, 0);
	assert_int_equal(rig.worker.npipes_lent, 0);
	return 0;
}

static unsigned char byte_at(size_t i)
{
	return (unsigned char)(i * 2654435761u >> 13);
}

/* Sends up to the end of BIG what the kernel takes, receives what there is; how far each has come. */
struct flow {
	size_t sent, got;
	unsigned char buffer[256 * 1024];
};

static void push(struct flow *f, int fd, size_t end)
{
	size_t n = end - f->sent < sizeof f->buffer ? end - f->sent : sizeof f->buffer;
	ssize_t k;

	for (size_t i = 0; i < n; i++)
		f->buffer[i] = byte_at(f->sent + i);
	k = send(fd, f->buffer, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	f->sent += k > 0 ? (size_t)k : 0;
}

static void pull(struct flow *f, int fd)
{
	ssize_t k = recv(fd, f->buffer, sizeof f->buffer, MSG_DONTWAIT);

	for (ssize_t i = 0; i < k; i++)
		if (f->buffer[i] != byte_at(f->got + (size_t)i))
			fail_msg("byte %zu is another", f->got + (size_t)i);
	f->got += k > 0 ? (size_t)k : 0;
}

static struct flow flow;

static void carry(size_t end)
{
	uv_timer_t late;

	uv_timer_init(&rig.worker.loop, &late);
	uv_timer_start(&late, on_late, 20000, 0);
	while (flow.got < end && !rig.timed_out) {
		push(&flow, rig.far_a, end);
		turn();
		pull(&flow, rig.far_b);
	}
	uv_close((uv_handle_t *)&late, NULL);
	turn();
	assert_int_equal(flow.got, end);
}

static void bulk_is_spliced_and_arrives_whole(void **state)
{
	(void)state;
	flow.sent = flow.got = 0;
	carry(BIG);
	assert_true(rig.a.poured);
	assert_true(rig.a.copied < BIG / 2);
	assert_false(rig.b.poured);
	assert_null(rig.b.stream->pipe); /* nothing waits in it, so it is the worker's again */
	assert_in_range(rig.worker.npipes, 1, SPLICE_POOL);
	assert_int_equal(rig.b.stream->queued, BIG);
	assert_int_equal(rig.b.stream->handed, BIG);
}

/* A reader that stops: what is under way is bounded, and all comes when it goes on; the end comes behind it. */
static void a_slow_reader_holds_its_sender(void **state)
{
	size_t before;

	(void)state;
	flow.sent = flow.got = 0;
	carry(BIG);
	for (int i = 0; i < 2000; i++) {
		before = flow.sent;
		push(&flow, rig.far_a, SIZE_MAX);
		turn();
		if (flow.sent == before && rig.a.stream->held && i > 200)
			break;
	}
	assert_true(rig.a.stream->held);
	assert_true(splice_waiting(rig.b.stream) > 0);
	shutdown(rig.far_a, SHUT_WR);
	for (int i = 0; i < 100000 && flow.got < flow.sent; i++) {
		pull(&flow, rig.far_b);
		turn();
	}
	assert_int_equal(flow.got, flow.sent);
	for (int i = 0; i < 100; i++)
		turn();
	assert_int_equal(recv(rig.far_b, flow.buffer, 1, MSG_DONTWAIT), 0); /* its end */
	assert_non_null(rig.b.stream);                                      /* the other way goes on */
	assert_int_equal(send(rig.far_b, "bye", 3, 0), 3);
	for (int i = 0; i < 100; i++)
		turn();
	assert_int_equal(recv(rig.far_a, flow.buffer, 10, MSG_DONTWAIT), 3);
}

/* Pipes with bytes in them go with their stream, not to the next one. */
static void a_dead_reader_takes_its_pipe_along(void **state)
{
	(void)state;
	flow.sent = flow.got = 0;
	carry(BIG);
	for (int i = 0; i < 2000 && !(rig.a.stream->held && splice_waiting(rig.b.stream)); i++) {
		push(&flow, rig.far_a, SIZE_MAX);
		turn();
	}
	assert_true(splice_waiting(rig.b.stream) > 0);
	setsockopt(rig.far_b, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
	close(rig.far_b);
	rig.far_b = -1;
	for (int i = 0; i < 200; i++)
		turn();
	assert_null(rig.a.stream);
	assert_null(rig.b.stream);
	assert_int_equal(rig.worker.npipes, 0);
}

static void small_pieces_are_copied_again(void **state)
{
	uint64_t copied;

	(void)state;
	flow.sent = flow.got = 0;
	carry(BIG);
	for (int i = 0; i < 2 * SPLICE_PATIENCE; i++) {
		carry(flow.got + 100);
		for (int k = 0; k < 3; k++)
			turn();
	}
	assert_null(rig.a.stream->pours);
	copied = rig.a.copied;
	carry(flow.got + 100);
	assert_int_equal(rig.a.copied, copied + 100);
}

/* A worker's pipes are all lent: the same bytes come, by copies. */
static void without_a_pipe_bulk_is_copied(void **state)
{
	(void)state;
	flow.sent = flow.got = 0;
	rig.worker.npipes_lent = SPLICE_PIPES;
	carry(BIG);
	assert_int_equal(rig.a.copied, BIG);
	assert_int_equal(rig.worker.npipes_lent, SPLICE_PIPES);
	rig.worker.npipes_lent = SPLICE_PIPES - 1;
	carry(2 * BIG);
	assert_true(rig.a.copied < 2 * BIG);
	assert_int_equal(rig.worker.npipes_lent, SPLICE_PIPES - 1);
	rig.worker.npipes_lent = 0;
}

static void pieces_and_tls_are_not_bulk(void **state)
{
	struct stream *s = rig.a.stream;

	(void)state;
	for (int i = 0; i < 1000; i++)
		splice_consider(s, rig.b.stream, SPLICE_LARGE - 1, UINT64_MAX);
	assert_null(s->pours);
	s->bulk = SPLICE_AFTER - SPLICE_LARGE;
	splice_consider(s, rig.b.stream, 1, UINT64_MAX);
	splice_consider(s, rig.b.stream, SPLICE_LARGE, UINT64_MAX);
	assert_null(s->pours); /* not one after the other */
	s->bulk = SPLICE_AFTER;
	s->tls = (struct tls *)s;
	splice_consider(s, rig.b.stream, SPLICE_LARGE, UINT64_MAX);
	s->tls = NULL;
	assert_null(s->pours);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(bulk_is_spliced_and_arrives_whole),  WITH_RIG(a_slow_reader_holds_its_sender),
		WITH_RIG(a_dead_reader_takes_its_pipe_along), WITH_RIG(small_pieces_are_copied_again),
		WITH_RIG(without_a_pipe_bulk_is_copied),      WITH_RIG(pieces_and_tls_are_not_bulk),
	};

	signal(SIGPIPE, SIG_IGN); /* as gateway.c does */
	return cmocka_run_group_tests_name("splice", tests, NULL, NULL);
}
