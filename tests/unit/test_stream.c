/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_stream.c: a stream's life over sockets of 127.0.0.1: connect, shake hands, end, close once.  Its deadlines:
 * test_stream_deadlines.c; what becomes of its bytes: test_stream_io.c.
 */
#include "unit.h"

#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int setup(void **state)
{
	*state = rig_worker_start();
	return 0;
}

static int teardown(void **state)
{
	struct worker *w = *state;

	RIG_UNTIL(w, list_empty(&w->streams));
	assert_int_equal(w->wheel.count, 0);
	rig_worker_stop(w);
	return 0;
}

/* ---- Connecting ---- */

static void test_refused(void **state)
{
	struct worker *w = *state;
	struct sockaddr_in at = rig_nobody();
	struct stream_limits limits = { .queue = 1 };
	struct end e = { 0 };
	int r;

	for (int tls = 0; tls < 2; tls++) {
		memset(&e, 0, sizeof e);
		r = stream_connect(&e.s, w, (struct sockaddr *)&at, NULL, tls ? rig_tls_connect() : NULL, &end_ops, &e,
				   &limits);
		if (r == 0) {
			RIG_UNTIL(w, e.told[CLOSED]);
			assert_string_equal(e.reason, strerror(ECONNREFUSED));
			assert_true(e.failed);
			assert_int_equal(e.told[OPENED], 0);
		} else {
			assert_int_equal(r, -ECONNREFUSED); /* the loopback may know at once */
		}
	}
}

/* Fills the queue of a listening socket that nobody accepts from: who comes next hears nothing. */
static int listen_full(struct sockaddr_in *at, int fds[4])
{
	int fd = rig_listen(at);

	assert_int_equal(listen(fd, 0), 0);
	for (unsigned i = 0; i < 4; i++)
		fds[i] = rig_dial(at);
	return fd;
}

static void test_connect_times_out(void **state)
{
	struct worker *w = *state;
	struct stream_limits limits = { .open_ms = 200, .queue = 1 };
	struct sockaddr_in at;
	int fds[4], listening = listen_full(&at, fds);
	uint64_t since = rig_now_ms();
	struct end e = { 0 };

	usleep(20000);
	assert_int_equal(stream_connect(&e.s, w, (struct sockaddr *)&at, NULL, NULL, &end_ops, &e, &limits), 0);
	RIG_UNTIL(w, e.told[CLOSED]);
	assert_string_equal(e.reason, "connect timed out");
	assert_in_range(rig_now_ms() - since, 200, 2000);
	for (unsigned i = 0; i < 4; i++)
		close(fds[i]);
	close(listening);
}

/* Closed by its owner before anything came of it. */
static void test_close_while_connecting(void **state)
{
	static const enum lg_close hows[] = { LG_FLUSH, LG_RESET };
	struct worker *w = *state;
	struct sockaddr_in at;
	int listening = rig_listen(&at);

	for (unsigned i = 0; i < 4; i++) {
		struct stream_limits limits = { .queue = 1 };
		struct end e = { 0 };

		assert_int_equal(stream_connect(&e.s, w, (struct sockaddr *)&at, NULL, i / 2 ? rig_tls_connect() : NULL,
						&end_ops, &e, &limits),
				 0);
		stream_close(e.s, hows[i % 2], "no more");
		assert_int_equal(e.told[CLOSED], 0); /* not inside the call */
		assert_int_equal(end_say(&e, "x"), LG_GONE);
		RIG_UNTIL(w, e.told[CLOSED]);
		assert_string_equal(e.reason, "no more");
		assert_int_equal(e.told[OPENED], 0);
	}
	close(listening);
}

/* ---- The handshake ---- */

static const struct {
	const char *say; /* by a client that speaks no TLS; NULL: nothing */
	bool reset, leave;
	const char *reason; /* begins so; "": any */
} bad_clients[] = {
	{ NULL, false, false, "handshake timed out" },
	{ "\x16\x03\x01\x02", false, false, "handshake timed out" }, /* the beginning of a record */
	{ "GET / HTTP/1.0\r\n\r\n", false, false, "what came is not TLS" },
	{ NULL, false, true, "peer closed during the handshake" },
	{ "\x16\x03", false, true, "peer closed during the handshake" },
	{ NULL, true, false, "" },
	{ "\x16\x03", true, false, "" },
};

static void test_handshake_fails(void **state)
{
	struct worker *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(bad_clients); i++) {
		struct stream_limits limits = { .open_ms = 300, .queue = 1 };
		struct end e = { 0 };
		struct peer p = { 0 };

		end_accept(&e, w, &p, rig_tls_accept(), &limits);
		if (bad_clients[i].say)
			peer_say(w, &p, bad_clients[i].say);
		if (bad_clients[i].leave)
			shutdown(p.fd, SHUT_WR);
		if (bad_clients[i].reset)
			peer_reset(&p);
		RIG_UNTIL(w, e.told[CLOSED]);
		assert_int_equal(e.told[OPENED] + e.told[RECEIVED] + e.told[ENDED], 0);
		assert_memory_equal(e.reason, bad_clients[i].reason, strlen(bad_clients[i].reason));
		peer_close(&p);
	}
}

/* Deadlines, resets and owners may end a stream while the pool has it. */
static void test_close_while_the_pool_works(void **state)
{
	struct worker *w = *state;

	for (unsigned i = 0; i < 40; i++) {
		struct pair p = { 0 };

		pair_begin(&p, w, true);
		for (unsigned k = 0; k < i; k++)
			uv_run(&w->loop, UV_RUN_NOWAIT);
		if (p.b.s)
			stream_close(p.b.s, i % 2 ? LG_FLUSH : LG_RESET, "enough");
		RIG_UNTIL(w, p.a.told[CLOSED] && p.b.told[CLOSED]);
		pair_free(&p);
	}
}

static void test_worker_ends_while_the_pool_works(void **state)
{
	struct worker *w = rig_worker_start();
	struct pair p = { 0 };

	(void)state;
	pair_begin(&p, w, true);
	uv_run(&w->loop, UV_RUN_NOWAIT);
	rig_worker_stop(w);
	assert_int_equal(p.a.told[CLOSED] + p.b.told[CLOSED], 0);
}

/* ---- Closing in every callback ---- */

struct closing {
	enum told at;
	enum lg_close how;
	bool done, other;
};

static void close_at(struct end *e, enum told what)
{
	struct closing *c = e->ctx;

	if (c->done)
		assert_true(what == CLOSED || what == WRITABLE || c->other);
	if (what != c->at || c->done)
		return;
	c->done = true;
	stream_close(c->other ? e->other->s : e->s, c->how, "in a callback");
	stream_close(c->other ? e->other->s : e->s, c->how, "twice");
	if (!c->other)
		assert_int_equal(end_say(e, "x"), LG_GONE);
}

/* Both sides talk enough for each callback, then `a` ends. */
static void provoke(struct pair *p, char *big, size_t n)
{
	struct lg_span queued[] = { { big, n / 2 }, { big, n - n / 2 } }; /* one piece would not wait */
	struct worker *w = p->w;

	if (p->a.s)
		stream_send(p->a.s, queued, 2);
	if (p->b.s)
		stream_send(p->b.s, queued, 2);
	RIG_UNTIL(w, p->a.told[CLOSED] || p->b.told[CLOSED] || (buf_len(&p->b.got) == n && buf_len(&p->a.got) == n));
	if (p->a.s)
		stream_finish(p->a.s);
	RIG_UNTIL(w, p->a.told[CLOSED] || p->b.told[CLOSED] || p->b.told[ENDED]);
}

static void test_close_in_every_callback(void **state)
{
	struct worker *w = *state;
	size_t n = 300 * 1024;
	char *big = calloc(1, n);

	for (unsigned i = 0; i < 2 * 2 * 2 * CLOSED; i++) {
		struct closing c = { .how = i & 1 ? LG_FLUSH : LG_RESET, .other = i & 4, .at = (enum told)(i / 8) };
		struct pair p = { .b = { .on = close_at, .ctx = &c } };

		pair_begin(&p, w, i & 2);
		RIG_UNTIL(w, p.a.told[CLOSED] || p.b.told[CLOSED] || (p.a.told[OPENED] && p.b.told[OPENED]));
		provoke(&p, big, n);
		assert_true(c.done);
		RIG_UNTIL(w, p.b.told[CLOSED] || c.other);
		pair_free(&p);
	}
	free(big);
}

/* ---- Ends ---- */

/* One side ends, the other still talks, then ends, too: whatever the order, each hears all and both close by
 * themselves. */
static void test_half_close(void **state)
{
	struct worker *w = *state;

	for (unsigned i = 0; i < 4; i++) {
		struct pair p = { 0 };
		struct end *first = i & 1 ? &p.a : &p.b, *second = first == &p.a ? &p.b : &p.a;

		pair_open(&p, w, i & 2);
		end_say(first, "last words");
		stream_finish(first->s);
		assert_int_equal(end_say(first, "x"), LG_GONE);
		RIG_UNTIL(w, second->told[ENDED]);
		assert_true(second->clean && end_got(second, "last words"));
		assert_int_equal(end_say(second, "an answer"), LG_SENT);
		RIG_UNTIL(w, end_got(first, "an answer"));
		assert_int_equal(first->told[ENDED] + first->told[CLOSED] + second->told[CLOSED], 0);
		stream_finish(second->s);
		RIG_UNTIL(w, first->told[CLOSED] && second->told[CLOSED]);
		assert_true(first->told[ENDED] && first->clean && !first->failed && !second->failed);
		assert_string_equal(first->reason, "both sides ended");
		pair_free(&p);
	}
}

static void test_cut_is_not_clean(void **state)
{
	struct worker *w = *state;
	struct stream_limits limits = { .queue = 1000, .in = 1000 };
	struct end e = { 0 };
	struct hand h = { 0 };

	end_accept(&e, w, &h.peer, rig_tls_accept(), &limits);
	hand_shake(&h, w);
	hand_say(&h, "hello", 5);
	hand_send(&h, w);
	shutdown(h.peer.fd, SHUT_WR); /* no close_notify */
	RIG_UNTIL(w, e.told[ENDED]);
	assert_true(end_got(&e, "hello") && !e.clean);
	stream_close(e.s, LG_FLUSH, "enough");
	RIG_UNTIL(w, e.told[CLOSED]);
	hand_free(&h);
	end_free(&e);
}

/* Everything queued arrives, also when the peer reads late and has sent what we never read. */
static void test_flush_delivers_and_lingers(void **state)
{
	struct worker *w = *state;
	struct stream_limits limits = { .queue = 64 * 1024, .in = 1000 };
	size_t n = 24 * 1024 * 1024;
	char *big = calloc(1, n);
	struct peer p = { 0 };
	struct end e = { 0 };
	uint64_t since;

	end_accept(&e, w, &p, NULL, &limits);
	RIG_UNTIL(w, e.told[OPENED]);
	stream_hold(e.s);
	while (send(p.fd, big, n, MSG_NOSIGNAL) > 0) /* as much as the kernels take: more than a turn drains */
		;
	shutdown(p.fd, SHUT_WR);
	rig_run(w, 20);
	assert_int_equal(stream_send(e.s, &(struct lg_span){ big, n }, 1), LG_FULL);
	stream_close(e.s, LG_FLUSH, "enough");
	rig_run(w, 50);
	assert_int_equal(e.told[CLOSED], 0); /* not before the kernel has it all */
	since = rig_now_ms();
	RIG_UNTIL(w, peer_has(&p, n, 16 * 1024));
	RIG_UNTIL(w, peer_ended(&p));
	assert_int_equal(buf_len(&p.in), n);
	assert_int_equal(p.error, 0);
	assert_int_equal(e.told[CLOSED], 1);
	RIG_UNTIL(w, list_empty(&w->streams));
	assert_in_range(rig_now_ms() - since, 0, 1500); /* it saw the peer's end, and did not wait for the limit */
	peer_close(&p);
	free(big);
}

static void test_linger_ends(void **state)
{
	struct worker *w = *state;
	struct stream_limits limits = { .queue = 1000, .in = 1000 };
	uint64_t since = rig_now_ms();
	struct peer p = { 0 };
	struct end e = { 0 };

	end_accept(&e, w, &p, NULL, &limits);
	RIG_UNTIL(w, e.told[OPENED]);
	stream_close(e.s, LG_FLUSH, "enough");
	RIG_UNTIL(w, list_empty(&w->streams)); /* though the peer never ends */
	assert_in_range(rig_now_ms() - since, 2000, 4000);
	peer_close(&p);
}

static void test_reset_is_a_reset(void **state)
{
	struct worker *w = *state;
	struct stream_limits limits = { .queue = 1000, .in = 1000 };
	struct peer p = { 0 };
	struct end e = { 0 };

	end_accept(&e, w, &p, NULL, &limits);
	RIG_UNTIL(w, e.told[OPENED]);
	end_say(&e, "never sent");
	stream_close(e.s, LG_RESET, "enough");
	RIG_UNTIL(w, peer_ended(&p));
	assert_int_equal(p.error, ECONNRESET);
	assert_int_equal(buf_len(&p.in), 0);
	peer_close(&p);
}

/* ---- The peer resets ---- */

enum when { FRESH, TALKING, HELD, PEER_ENDED, WE_ENDED, QUEUED, LINGERING, WHENS };

static void bring_to(struct end *e, struct peer *p, struct worker *w, enum when when)
{
	static char big[4 * 1024 * 1024];

	if (when == FRESH)
		return;
	RIG_UNTIL(w, e->told[OPENED]);
	peer_say(w, p, "hello");
	RIG_UNTIL(w, end_got(e, "hello"));
	if (when == HELD)
		stream_hold(e->s);
	if (when == PEER_ENDED)
		shutdown(p->fd, SHUT_WR);
	if (when == WE_ENDED)
		stream_finish(e->s);
	if (when == QUEUED)
		stream_send(e->s, &(struct lg_span){ big, sizeof big }, 1);
	if (when == LINGERING)
		stream_close(e->s, LG_FLUSH, "enough");
	rig_run(w, 30);
}

static void test_peer_resets(void **state)
{
	struct worker *w = *state;

	for (enum when when = FRESH; when < WHENS; when++) {
		struct stream_limits limits = { .queue = 1000, .in = 1000, .half_ms = 400, .stall_ms = 3000 };
		struct end e = { 0 };
		struct peer p = { 0 };

		end_accept(&e, w, &p, NULL, &limits);
		bring_to(&e, &p, w, when);
		peer_reset(&p);
		rig_run(w, 30);
		if (when == HELD) { /* it hears when it wants to read on */
			assert_int_equal(e.told[CLOSED], 0);
			stream_go(e.s);
		}
		RIG_UNTIL(w, e.told[CLOSED] && list_empty(&w->streams));
		assert_int_equal(e.told[CLOSED], 1);
		end_free(&e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_connect_times_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_close_while_connecting, setup, teardown),
		cmocka_unit_test_setup_teardown(test_handshake_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_close_while_the_pool_works, setup, teardown),
		cmocka_unit_test(test_worker_ends_while_the_pool_works),
		cmocka_unit_test_setup_teardown(test_close_in_every_callback, setup, teardown),
		cmocka_unit_test_setup_teardown(test_half_close, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_is_not_clean, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flush_delivers_and_lingers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_linger_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset_is_a_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_peer_resets, setup, teardown),
	};

	return cmocka_run_group_tests(tests, rig_tls_start, rig_tls_stop);
}
