/* SPDX-License-Identifier: Apache-2.0 */
/* test_stream_io.c: the bytes of a stream: intact, held back, counted, limited, and few sends.  Its life:
 * test_stream.c. */
#include "unit.h"

#include "rig.h"
#include "segments.h"

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
	rig_worker_stop(w);
	return 0;
}

/* ---- Much, both ways ---- */

enum { PATTERN = 1000003, MUCH = 50 * 1024 * 1024 };

static char *pattern; /* twice, so that any place has PATTERN bytes behind it */

static void make_pattern(void)
{
	uint64_t seed = 1;

	pattern = malloc(2 * PATTERN);
	assert_non_null(pattern);
	for (size_t i = 0; i < PATTERN; i++)
		pattern[i] = pattern[i + PATTERN] = (char)unit_random(&seed);
}

struct flow {
	uint64_t seed;
	size_t sent, got, total;
	bool full, holding;
	unsigned fulls;
};

/* Sends chunks of any size until it is told that the queue is full. */
static void pour(struct end *e)
{
	struct flow *f = e->ctx;

	while (e->s && !f->full && f->sent < f->total) {
		size_t n = 1 + unit_random(&f->seed) % 60000, cut;

		n = n > f->total - f->sent ? f->total - f->sent : n;
		cut = unit_random(&f->seed) % (n + 1);
		const struct lg_span pieces[] = { { pattern + f->sent % PATTERN, cut },
						  { pattern + (f->sent + cut) % PATTERN, n - cut } };
		enum lg_send r = stream_send(e->s, pieces, 2);

		assert_true(r != LG_GONE);
		f->sent += n;
		f->full = r == LG_FULL;
		f->fulls += f->full;
		assert_true(buf_len(&e->s->out) <= e->s->limits->queue + n);
	}
}

static void flow_told(struct end *e, enum told what)
{
	struct flow *f = e->ctx;

	if (what != WRITABLE)
		return;
	assert_true(f->full && buf_len(&e->s->out) <= e->s->limits->queue / 2);
	f->full = false;
	pour(e);
}

/* Uses some of what comes, and now and then wants no more for a while. */
static ptrdiff_t flow_take(struct end *e, struct lg_span in)
{
	struct flow *f = e->ctx;
	uint64_t dice = unit_random(&f->seed);
	size_t n = dice % 7 ? in.n : 1 + dice / 7 % in.n;

	n = n > PATTERN ? PATTERN : n;
	assert_false(f->holding);
	assert_memory_equal(in.p, pattern + f->got % PATTERN, n);
	f->got += n;
	if (dice % 11 == 0) {
		stream_hold(e->s);
		f->holding = true;
	}
	return (ptrdiff_t)n;
}

static bool flowing(struct pair *p)
{
	struct end *ends[] = { &p->a, &p->b };
	bool more = false;

	for (unsigned i = 0; i < 2; i++) {
		struct flow *f = ends[i]->ctx;

		if (f->holding && unit_random(&f->seed) % 2) {
			f->holding = false;
			stream_go(ends[i]->s);
		}
		pour(ends[i]);
		more |= f->got < f->total;
	}
	return more;
}

static void test_much_both_ways(void **state)
{
	struct worker *w = *state;

	for (int tls = 0; tls < 2; tls++) {
		struct flow fa = { .seed = 1, .total = MUCH }, fb = { .seed = 2, .total = MUCH };
		struct pair p = { .a = { .on = flow_told, .take = flow_take, .ctx = &fa },
				  .b = { .on = flow_told, .take = flow_take, .ctx = &fb } };

		pair_open(&p, w, tls);
		while (flowing(&p))
			uv_run(&w->loop, UV_RUN_NOWAIT);
		assert_true(fa.fulls > 0 && fb.fulls > 0);
		assert_int_equal(buf_len(&w->cipher_in) + buf_len(&w->cipher_out), 0);
		stream_go(p.a.s); /* either may be held by its last bytes */
		stream_go(p.b.s);
		stream_finish(p.a.s);
		stream_finish(p.b.s);
		RIG_UNTIL(w, p.a.told[CLOSED] && p.b.told[CLOSED]);
		assert_int_equal(fa.got, MUCH);
		assert_int_equal(fb.got, MUCH);
		pair_free(&p);
	}
}

/* ---- Held back ---- */

static ptrdiff_t take_line(struct end *e, struct lg_span in)
{
	const char *nl = memchr(in.p, '\n', in.n);
	size_t n = nl ? (size_t)(nl - in.p) + 1 : 0;

	assert_int_equal(buf_append(&e->got, in.p, n), 0);
	if (n && e->ctx)
		stream_hold(e->s); /* after each line */
	return (ptrdiff_t)n;
}

static void test_hold_and_go(void **state)
{
	struct worker *w = *state;

	for (int tls = 0; tls < 2; tls++) {
		struct pair p = { .b = { .take = take_line, .ctx = &p } };

		pair_open(&p, w, tls);
		end_say(&p.a, "one\ntwo\nthr");
		RIG_UNTIL(w, buf_len(&p.b.got));
		rig_run(w, 20);
		assert_true(end_got(&p.b, "one\n"));
		stream_go(p.b.s);
		rig_run(w, 20);
		assert_true(end_got(&p.b, "one\ntwo\n"));
		stream_finish(p.a.s);
		rig_run(w, 20);
		assert_int_equal(p.b.told[ENDED], 0); /* a held one hears nothing, not even that */
		stream_go(p.b.s);
		RIG_UNTIL(w, p.b.told[ENDED]);
		pair_free(&p);
	}
}

/* "Used none: called again when there are more", not sooner. */
static void test_nothing_new_is_not_handed_over(void **state)
{
	struct worker *w = *state;
	struct pair p = { .b = { .take = take_line } };
	unsigned calls;

	pair_open(&p, w, false);
	end_say(&p.a, "no line");
	RIG_UNTIL(w, p.b.told[RECEIVED]);
	calls = p.b.told[RECEIVED];
	end_say(&p.b, "answer"); /* makes its socket ready, for writing and by the answer's acknowledgement */
	stream_go(p.b.s);        /* was not held */
	rig_run(w, 50);
	assert_int_equal(p.b.told[RECEIVED], calls);
	end_say(&p.a, ".\n");
	RIG_UNTIL(w, end_got(&p.b, "no line.\n"));
	pair_free(&p);
}

/* ---- Behind the last flight ---- */

static void hold_at_once(struct end *e, enum told what)
{
	if (what == OPENED)
		stream_hold(e->s);
}

/* A client may send its first request with its last flight, and much of it. */
static void test_bytes_behind_the_handshake(void **state)
{
	static const struct {
		size_t n;
		bool hold, end;
	} cases[] = { { 1, false, false },      { 1, true, true },       { 30000, true, false }, { 64000, false, true },
		      { 100000, false, false }, { 100000, true, false }, { 100000, true, true } };
	struct worker *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct stream_limits limits = { .queue = 1000, .in = 1000000 };
		struct end e = { .on = cases[i].hold ? hold_at_once : NULL };
		struct hand h = { 0 };

		end_accept(&e, w, &h.peer, rig_tls_accept(), &limits);
		hand_shake(&h, w);
		hand_say(&h, pattern, cases[i].n);
		if (cases[i].end)
			tls_bye(h.tls, &h.out);
		assert_int_equal(send(h.peer.fd, h.out.p, buf_len(&h.out), 0), buf_len(&h.out)); /* all at once */
		rig_run(w, 50);
		assert_int_equal(e.told[OPENED], 1);
		if (cases[i].hold) {
			assert_int_equal(buf_len(&e.got) + e.told[ENDED], 0);
			stream_go(e.s);
		}
		RIG_UNTIL(w, buf_len(&e.got) == cases[i].n || e.told[CLOSED]);
		assert_int_equal(buf_len(&e.got), cases[i].n);
		assert_memory_equal(e.got.p, pattern, cases[i].n);
		if (cases[i].end)
			RIG_UNTIL(w, e.told[ENDED] && e.clean);
		stream_close(e.s, LG_RESET, "enough");
		RIG_UNTIL(w, e.told[CLOSED]);
		hand_free(&h);
		end_free(&e);
	}
}

/* What one client breaks is not another's: the record buffers are the worker's. */
static void test_a_broken_record_stays_with_its_stream(void **state)
{
	struct worker *w = *state;
	struct stream_limits limits = { .queue = 1000, .in = 1000 };
	struct end e[2] = { 0 };
	struct hand h[2] = { 0 };

	for (unsigned i = 0; i < 2; i++) {
		end_accept(&e[i], w, &h[i].peer, rig_tls_accept(), &limits);
		hand_shake(&h[i], w);
		hand_send(&h[i], w);
		RIG_UNTIL(w, e[i].told[OPENED]);
	}
	hand_say(&h[0], "good", 4);
	hand_say(&h[0], "bad", 3);
	h[0].out.p[h[0].out.end - 1] ^= 1;
	hand_say(&h[0], "behind it", 9);
	hand_send(&h[0], w);
	RIG_UNTIL(w, e[0].told[CLOSED]);
	assert_int_equal(buf_len(&w->cipher_in) + buf_len(&w->cipher_out), 0);
	hand_say(&h[1], "mine", 4);
	hand_send(&h[1], w);
	RIG_UNTIL(w, e[1].told[CLOSED] || end_got(&e[1], "mine"));
	assert_int_equal(e[1].told[CLOSED], 0);
	stream_close(e[1].s, LG_RESET, "enough");
	RIG_UNTIL(w, e[1].told[CLOSED]);
	for (unsigned i = 0; i < 2; i++) {
		hand_free(&h[i]);
		end_free(&e[i]);
	}
}

/* ---- What was handed to the kernel ---- */

static void test_handed(void **state)
{
	struct worker *w = *state;
	size_t n = 16 * 1024 * 1024;
	char *big = calloc(1, n);

	for (int tls = 0; tls < 2; tls++) {
		struct pair p = { .limits.in = 100 };
		uint64_t before, begins;

		pair_open(&p, w, tls);
		assert_int_equal(p.a.s->handed, 0);
		end_say(&p.a, "0123456789");
		assert_int_equal(p.a.s->handed, 0); /* it leaves at the end of the turn */
		assert_int_equal(p.a.s->queued, 10);
		RIG_UNTIL(w, end_got(&p.b, "0123456789"));
		assert_int_equal(p.a.s->handed, 10);
		stream_hold(p.b.s);
		stream_send(p.a.s, &(struct lg_span){ big, n }, 1);
		rig_run(w, 100);
		before = p.a.s->handed;
		assert_true(before > 10 && before < n);
		begins = p.a.s->queued;
		end_say(&p.a, "behind"); /* not one byte of this left */
		rig_run(w, 50);
		assert_true(p.a.s->handed <= begins);
		pair_free(&p);
	}
	free(big);
}

/* ---- Limits ---- */

static ptrdiff_t take_none(struct end *e, struct lg_span in)
{
	(void)e;
	(void)in;
	return 0;
}

static ptrdiff_t refuse(struct end *e, struct lg_span in)
{
	(void)e;
	(void)in;
	return -EPROTO;
}

static void test_limits(void **state)
{
	static const struct {
		ptrdiff_t (*take)(struct end *, struct lg_span);
		uint64_t in, memory;
		const char *reason;
	} cases[] = {
		{ take_none, 1000, 0, "message is longer than the limit" },
		{ take_none, 1000000, 100000, "memory limit" },
		{ refuse, 1000, 0, "refused by the plugin" },
	};
	struct worker *w = *state;

	for (unsigned i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		struct pair p = { .b.take = cases[i / 2].take, .limits.in = cases[i / 2].in };
		struct stream_limits limits = { .queue = 1000, .in = cases[i / 2].in, .memory = cases[i / 2].memory };
		atomic_ullong account = 0;

		pair_open(&p, w, i & 1);
		p.b.s->limits = &limits;
		p.b.s->account = &account;
		stream_send(p.a.s, &(struct lg_span){ pattern, 300000 }, 1);
		RIG_UNTIL(w, p.b.told[CLOSED]);
		assert_string_equal(p.b.reason, cases[i / 2].reason);
		RIG_UNTIL(w, account == 0);
		pair_free(&p);
	}
}

/* What is held counts, and gives it back. */
static void test_account(void **state)
{
	struct worker *w = *state;
	atomic_ullong account = 0;
	struct pair p = { .limits.memory = 10000000 };
	char *big = calloc(1, 6000000);

	pair_open(&p, w, false);
	p.a.s->account = p.b.s->account = &account;
	stream_hold(p.b.s);
	stream_send(p.a.s, &(struct lg_span){ big, 6000000 }, 1);
	rig_run(w, 50);
	assert_true(account > 100000);
	stream_go(p.b.s);
	RIG_UNTIL(w, buf_len(&p.b.got) == 6000000);
	rig_run(w, 20);
	assert_int_equal(account, 0); /* an idle stream holds nothing */
	stream_hold(p.b.s);
	for (unsigned i = 0; i < 5; i++) /* the kernel takes some of it */
		stream_send(p.a.s, &(struct lg_span){ big, 6000000 }, 1);
	RIG_UNTIL(w, p.a.told[CLOSED]);
	assert_string_equal(p.a.reason, "memory limit");
	pair_free(&p);
	assert_int_equal(account, 0);
	free(big);
}

/* ---- Few sends ---- */

static void test_one_send_a_turn(void **state)
{
	struct worker *w = *state;

	for (int tls = 0; tls < 2; tls++) {
		struct pair p = { 0 };
		unsigned before;

		pair_open(&p, w, tls);
		rig_run(w, 20); /* tickets have gone */
		before = segments_sent(p.a.s->io.fd);
		for (unsigned i = 0; i < 100; i++)
			end_say(&p.a, "a message of 24 bytes..\n");
		RIG_UNTIL(w, buf_len(&p.b.got) == 2400);
		assert_int_equal(segments_sent(p.a.s->io.fd), before + 1);
		assert_int_equal(p.b.told[RECEIVED], 1); /* one record, too */
		pair_free(&p);
	}
}

/* What is large leaves without a copy, but never before what is queued. */
static void test_large_pieces_leave_at_once(void **state)
{
	struct worker *w = *state;
	struct lg_span small = { "small", 5 }, large = { pattern, 100 * 1024 };

	for (int tls = 0; tls < 2; tls++) {
		struct pair p = { 0 };

		pair_open(&p, w, tls);
		rig_run(w, 20);
		assert_int_equal(stream_send(p.a.s, &large, 1), LG_SENT);
		assert_null(p.a.s->out.p);
		assert_int_equal(p.a.s->handed, large.n);
		stream_send(p.a.s, &small, 1);
		stream_send(p.a.s, &large, 1);
		assert_int_equal(buf_len(&p.a.s->out), small.n + large.n);
		assert_int_equal(p.a.s->handed, large.n);
		RIG_UNTIL(w, buf_len(&p.b.got) == 2 * large.n + small.n);
		assert_memory_equal(p.b.got.p, large.p, large.n);
		assert_memory_equal(p.b.got.p + large.n, "small", small.n);
		assert_memory_equal(p.b.got.p + large.n + small.n, large.p, large.n);
		assert_int_equal(p.a.s->handed, p.a.s->queued);
		pair_free(&p);
	}
}

static int group_setup(void **state)
{
	make_pattern();
	return rig_tls_start(state);
}

static int group_teardown(void **state)
{
	free(pattern);
	return rig_tls_stop(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_much_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hold_and_go, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_new_is_not_handed_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bytes_behind_the_handshake, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_broken_record_stays_with_its_stream, setup, teardown),
		cmocka_unit_test_setup_teardown(test_handed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_account, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_send_a_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_pieces_leave_at_once, setup, teardown),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
