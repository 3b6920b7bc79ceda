/* SPDX-License-Identifier: Apache-2.0 */
/* test_stream_deadlines.c: each limit of a stream's time, what it counts from, and what it says. */
#include "unit.h"

#include "rig.h"

#include <errno.h>
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

enum act { NOTHING, TALK, HALF_TALK, HELD_TALK, PEER_ENDS, WE_END, SEND_MUCH };

static const struct {
	struct stream_limits limits;
	enum act act;
	const char *reason;
	unsigned least_ms; /* from the act on; a busy machine takes longer */
} deadlines[] = {
	{ { .first_byte_ms = 300, .idle_ms = 5000 }, NOTHING, "no first byte", 200 },
	{ { .first_byte_ms = 300, .idle_ms = 700 }, TALK, "idle", 650 },
	{ { .idle_ms = 400 }, NOTHING, "idle", 300 },
	{ { .half_ms = 300, .idle_ms = 5000 }, PEER_ENDS, "half-open too long", 250 },
	{ { .half_ms = 300, .idle_ms = 5000 }, WE_END, "half-open too long", 250 },
	{ { .half_ms = 300, .first_byte_ms = 5000 }, WE_END, "half-open too long", 250 },
	{ { .stall_ms = 300, .idle_ms = 5000 }, HALF_TALK, "a message was not finished", 250 },
	{ { .stall_ms = 300, .idle_ms = 5000 }, HELD_TALK, "a message was not finished", 250 }, /* from `go` on */
	{ { .stall_ms = 300, .idle_ms = 5000 }, SEND_MUCH, "peer takes nothing", 250 },
	{ { .idle_ms = 300 }, SEND_MUCH, "idle", 250 },
};

static ptrdiff_t take_none(struct end *e, struct lg_span in)
{
	if (e->ctx)
		stream_hold(e->s);
	return in.n ? 0 : -EPROTO;
}

/* When it began: no limit counts from before. */
static uint64_t act(struct end *e, struct peer *p, struct worker *w, enum act act)
{
	static char big[8 * 1024 * 1024];
	uint64_t since = rig_now_ms();

	RIG_UNTIL(w, e->told[OPENED]);
	if (act == TALK)
		peer_say(w, p, "hello");
	if (act == HALF_TALK || act == HELD_TALK) {
		e->take = take_none;
		e->ctx = act == HELD_TALK ? e : NULL;
		peer_say(w, p, "half");
		RIG_UNTIL(w, e->told[RECEIVED]);
	}
	if (act == HELD_TALK) {
		rig_run(w, 800);
		assert_int_equal(e->told[CLOSED], 0);
		e->ctx = NULL;
		since = rig_now_ms();
		stream_go(e->s);
		RIG_UNTIL(w, e->told[RECEIVED] == 2);
		end_say(e, "moves its deadlines");
	}
	if (act == PEER_ENDS)
		shutdown(p->fd, SHUT_WR);
	if (act == WE_END)
		stream_finish(e->s);
	if (act == SEND_MUCH)
		stream_send(e->s, &(struct lg_span){ big, sizeof big }, 1);
	return since;
}

static void test_deadlines(void **state)
{
	struct worker *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(deadlines); i++) {
		struct stream_limits limits = deadlines[i].limits;
		struct end e = { 0 };
		struct peer p = { 0 };
		uint64_t since;

		limits.queue = limits.in = 1000;
		end_accept(&e, w, &p, NULL, &limits);
		since = act(&e, &p, w, deadlines[i].act);
		RIG_UNTIL(w, e.told[CLOSED]);
		assert_string_equal(e.reason, deadlines[i].reason);
		assert_true(rig_now_ms() - since >= deadlines[i].least_ms);
		peer_close(&p);
		end_free(&e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_deadlines, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
