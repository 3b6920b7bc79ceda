/* SPDX-License-Identifier: Apache-2.0 */
/* test_flow.c: what flows send to servers: in order, in one call for each, all of it, and what an ICMP error does to
 * it. */
#include "unit.h"

#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/flow.h"
#include "gateway/flow_out.h"

/* ---- System calls, counted ---- */

static unsigned sends, batches;
static size_t longest_run; /* datagrams of one sendmmsg message */
static int refuse_runs;    /* an errno for messages of several; 0: they go */

ssize_t __real_send(int fd, const void *p, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *p, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *p, size_t n, int flags)
{
	sends++;
	return __real_send(fd, p, n, flags);
}

int __real_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags)
{
	batches++;
	for (unsigned i = 0; i < n; i++) {
		size_t run = m[i].msg_hdr.msg_iovlen;

		longest_run = run > longest_run ? run : longest_run;
		if (run < 2 || !refuse_runs)
			continue;
		if (i > 0)
			return __real_sendmmsg(fd, m, i, flags);
		errno = refuse_runs;
		return -1;
	}
	return __real_sendmmsg(fd, m, n, flags);
}

/* ---- A flow, its owner and its server ---- */

struct side {
	struct flow *f;
	int fd; /* the server's socket; -1: nobody is there */
	struct sockaddr_in at;
	unsigned opened, unreachable, closed;
	bool sending; /* flow_send is running */
};

static void on_opened(struct flow *f)
{
	((struct side *)f->owner)->opened++;
}

static void on_receive(struct flow *f, struct lg_span datagram)
{
	(void)f, (void)datagram;
}

static void on_unreachable(struct flow *f)
{
	struct side *s = f->owner;

	assert_false(s->sending);
	s->unreachable++;
}

static void on_closed(struct flow *f)
{
	((struct side *)f->owner)->closed++;
}

static const struct flow_ops ops = {
	.opened = on_opened,
	.receive = on_receive,
	.unreachable = on_unreachable,
	.closed = on_closed,
};

/* Binds the side's address, the first time any port. */
static void serve(struct side *s)
{
	socklen_t len = sizeof s->at;

	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(s->fd >= 0);
	datagram_widen(s->fd, DATAGRAM_BUFFER);
	s->at.sin_family = AF_INET;
	s->at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&s->at, sizeof s->at), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&s->at, &len), 0);
}

static void die(struct side *s)
{
	close(s->fd);
	s->fd = -1;
}

static struct side *side_make(struct worker *w)
{
	struct side *s = calloc(1, sizeof *s);

	assert_non_null(s);
	serve(s);
	assert_int_equal(flow_connect(&s->f, w, (struct sockaddr *)&s->at, NULL, &ops, s, 0), 0);
	RIG_UNTIL(w, s->opened);
	sends = batches = 0;
	return s;
}

static void side_free(struct worker *w, struct side *s)
{
	flow_close(s->f, "over");
	RIG_UNTIL(w, s->closed);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

/* Sends "NUMBER" and so many bytes of padding, in two pieces. */
static void say(struct side *s, unsigned number, size_t padding)
{
	static const char zeroes[DATAGRAM_MOST];
	char text[16];
	struct lg_span pieces[] = { { text, 0 }, { zeroes, padding } };

	pieces[0].n = (size_t)snprintf(text, sizeof text, "%u", number) + 1;
	s->sending = true;
	assert_int_equal(flow_send(s->f, pieces, 2), LG_SENT);
	s->sending = false;
}

/* The next datagram that the server has is this one. */
static void hears(struct side *s, unsigned number)
{
	static char got[DATAGRAM_MOST];

	assert_true(recv(s->fd, got, sizeof got, 0) > 0);
	assert_int_equal(strtoul(got, NULL, 10), number);
}

static void hears_nothing(struct side *s)
{
	char got[16];

	assert_int_equal(recv(s->fd, got, sizeof got, 0), -1);
}

/* ---- Batches ---- */

static void test_one_call_for_each_flow(void **state)
{
	struct worker *w = rig_worker_start();
	struct side *a = side_make(w), *b = side_make(w), *c = side_make(w);

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		say(a, i, i);
		say(b, 1000 + i, 0);
	}
	say(c, 7, 0);
	assert_int_equal(sends + batches, 0);
	assert_int_equal(a->f->sent, 100);
	hears_nothing(a);
	rig_turn(w);
	assert_int_equal(batches, 2);
	assert_int_equal(sends, 1);
	for (unsigned i = 0; i < 100; i++) {
		hears(a, i);
		hears(b, 1000 + i);
	}
	hears(c, 7);
	say(a, 8, 0); /* the next turn begins anew */
	rig_turn(w);
	hears(a, 8);
	hears_nothing(a);
	side_free(w, a);
	side_free(w, b);
	side_free(w, c);
	rig_worker_stop(w);
}

/* More than the queue holds, of datagrams or of bytes, leaves before the turn ends, in order. */
static void test_full_queue(void **state)
{
	static const struct {
		unsigned n;
		size_t padding;
	} rows[] = { { FLOW_OUT + 10, 0 }, { 20, 30000 }, { 3 * FLOW_OUT, 700 } };

	(void)state;
	for (size_t row = 0; row < ARRAY_LEN(rows); row++) {
		struct worker *w = rig_worker_start();
		struct side *a = side_make(w), *b = side_make(w);
		unsigned heard = 0;
		char got[16];

		for (unsigned i = 0; i < rows[row].n; i++) {
			say(i % 2 ? a : b, i, rows[row].padding);
			for (struct side *s = heard % 2 ? a : b; recv(s->fd, got, sizeof got, MSG_PEEK) > 0;
			     s = heard % 2 ? a : b)
				hears(s, heard++);
		}
		assert_in_range(heard, 1, rows[row].n - 1);
		rig_turn(w);
		for (; heard < rows[row].n; heard++)
			hears(heard % 2 ? a : b, heard);
		side_free(w, a);
		side_free(w, b);
		rig_worker_stop(w);
	}
}

/* The longest is sent as it is; what cannot be a datagram is left aside and harms nothing. */
static void test_too_long(void **state)
{
	struct worker *w = rig_worker_start();
	struct side *a = side_make(w);

	(void)state;
	say(a, 1, 65507 - 2);
	say(a, 2, 65508 - 2);
	say(a, 3, DATAGRAM_MOST);
	say(a, 4, 0);
	rig_turn(w);
	hears(a, 1);
	hears(a, 4);
	hears_nothing(a);
	side_free(w, a);
	rig_worker_stop(w);
}

static void test_close_takes_along_what_was_sent(void **state)
{
	struct worker *w = rig_worker_start();
	struct side *a = side_make(w), *b = side_make(w);
	struct lg_span late = { "late", 4 };

	(void)state;
	say(a, 1, 0);
	say(b, 2, 0);
	say(a, 3, 0);
	flow_close(a->f, "over");
	assert_int_equal(flow_send(a->f, &late, 1), LG_GONE);
	say(b, 4, 0);
	rig_turn(w);
	assert_int_equal(a->closed, 1);
	hears(a, 1);
	hears(a, 3);
	hears_nothing(a);
	hears(b, 2);
	hears(b, 4);
	close(a->fd);
	free(a);
	side_free(w, b);
	rig_worker_stop(w);
}

/* A loop that has stopped for good, with a full queue. */
static void test_abandoned(void **state)
{
	struct worker *w = rig_worker_start();
	struct side *a = side_make(w);

	(void)state;
	say(a, 1, 0);
	say(a, 2, 0);
	rig_worker_stop(w);
	hears(a, 1);
	hears(a, 2);
	assert_int_equal(a->closed, 0);
	close(a->fd);
	free(a);
}

/* ---- Runs ---- */

/* So many bytes of one letter. */
static void say_letters(struct side *s, char letter, size_t n)
{
	static char text[DATAGRAM_MOST];

	memset(text, letter, n);
	assert_int_equal(flow_send(s->f, &(struct lg_span){ text, n }, 1), LG_SENT);
}

static void hears_letters(struct side *s, char letter, size_t n)
{
	static char got[DATAGRAM_MOST];

	assert_int_equal(recv(s->fd, got, sizeof got, 0), n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(got[i], letter);
}

/* Whatever goes together, the server gets datagram for datagram. */
static const struct {
	size_t lengths[80]; /* ends with END */
	size_t run;         /* the longest that this makes */
} runs[] = {
#define END SIZE_MAX
	{ { 100, 100, 100, END }, 3 },     { { 100, 100, 7, END }, 3 },
	{ { 100, 100, 7, 7, 8, END }, 3 }, { { 1, 2, 3, 4, END }, 1 },
	{ { 4, 3, 2, 1, END }, 2 },        { { 0, 0, 9, 9, 0, END }, 2 },
	{ { 50, 0, 50, END }, 1 },         { { 25000, 25000, 25000, 9, END }, 2 },
	{ { [0 ... 69] = 30, END }, 64 },
};

static void check_runs(int refuse)
{
	refuse_runs = refuse;
	for (size_t row = 0; row < ARRAY_LEN(runs); row++) {
		struct worker *w = rig_worker_start();
		struct side *a = side_make(w);
		const size_t *lengths = runs[row].lengths;

		longest_run = 1;
		for (unsigned turn = 0; turn < 2; turn++) {
			for (unsigned i = 0; lengths[i] != END; i++)
				say_letters(a, (char)('A' + i), lengths[i]);
			rig_turn(w);
			for (unsigned i = 0; lengths[i] != END; i++)
				hears_letters(a, (char)('A' + i), lengths[i]);
			hears_nothing(a);
			assert_int_equal(longest_run, refuse && turn ? 1 : runs[row].run); /* asked for once */
			longest_run = 1;
		}
		assert_int_equal(a->unreachable, 0);
		side_free(w, a);
		rig_worker_stop(w);
	}
	refuse_runs = 0;
}

static void test_runs(void **state)
{
	(void)state;
	check_runs(0);
}

static void test_runs_refused(void **state)
{
	static const int refusals[] = { EIO, EINVAL, EMSGSIZE, EOPNOTSUPP };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		check_runs(refusals[i]);
}

/* ---- ICMP errors ---- */

/* It is told once a flush, and what is sent after it arrives: the error was for those before. */
static void test_refused(void **state)
{
	struct worker *w = rig_worker_start();
	struct side *a = side_make(w);

	(void)state;
	for (unsigned batch = 1; batch <= 3; batch++) {
		die(a);
		a->unreachable = 0;
		say(a, 1, 0);
		flow_flush(w); /* its error waits in the socket now */
		serve(a);
		for (unsigned i = 0; i < batch; i++)
			say(a, 10 + i, 0);
		flow_flush(w);
		for (unsigned i = 0; i < batch; i++)
			hears(a, 10 + i);
		hears_nothing(a);
		assert_int_equal(a->unreachable, 0); /* not before its time */
		rig_turn(w);
		assert_int_equal(a->unreachable, 1);
	}
	side_free(w, a);
	rig_worker_stop(w);
}

static void test_refused_in_a_batch(void **state)
{
	struct worker *w = rig_worker_start();
	struct side *a = side_make(w);

	(void)state;
	die(a);
	for (unsigned i = 0; i < 10; i++)
		say(a, i, 0);
	RIG_UNTIL(w, a->unreachable);
	rig_run(w, 20);
	assert_in_range(a->unreachable, 1, 2); /* one of the flush, one of the socket */
	serve(a);
	say(a, 5, 0);
	rig_turn(w);
	hears(a, 5);
	side_free(w, a);
	rig_worker_stop(w);
}

/* It closes with an error that nobody has been told of: nobody is. */
static void test_refused_and_closed(void **state)
{
	struct worker *w = rig_worker_start();
	struct side *a = side_make(w);

	(void)state;
	die(a);
	say(a, 1, 0);
	flow_flush(w);
	say(a, 2, 0);
	flow_flush(w);
	say(a, 3, 0);
	flow_close(a->f, "over");
	rig_run(w, 20);
	assert_int_equal(a->closed, 1);
	assert_int_equal(a->unreachable, 0);
	free(a);
	rig_worker_stop(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_call_for_each_flow),
		cmocka_unit_test(test_full_queue),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_close_takes_along_what_was_sent),
		cmocka_unit_test(test_abandoned),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_runs_refused),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_in_a_batch),
		cmocka_unit_test(test_refused_and_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
