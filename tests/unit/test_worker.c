/* SPDX-License-Identifier: Apache-2.0 */
/* test_worker.c: consequences in order, mail from threads, graves, and a loop that does not sleep on work. */
#include "unit.h"

#include "rig.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static int setup(void **state)
{
	*state = rig_worker_start();
	return 0;
}

static int teardown(void **state)
{
	rig_worker_stop(*state);
	return 0;
}

/* ---- Consequences ---- */

struct note {
	struct task task;
	struct worker *w;
	char *out; /* the string to which `c` is added */
	char c;
	struct note *then;  /* defers this one */
	bool nested;        /* calls worker_deliver */
	struct note *stops; /* takes this one back */
};

static void run_note(struct task *t)
{
	struct note *n = container_of(t, struct note, task);

	n->out[strlen(n->out)] = n->c;
	if (n->then)
		worker_defer(n->w, &n->then->task);
	if (n->stops)
		list_remove(&n->stops->task.node);
	if (n->nested) {
		worker_deliver(n->w); /* does nothing: the outermost goes on */
		n->out[strlen(n->out)] = '.';
	}
}

static void notes_init(struct note *notes, unsigned n, struct worker *w, char *out)
{
	for (unsigned i = 0; i < n; i++) {
		notes[i] = (struct note){ .w = w, .out = out, .c = (char)('a' + i) };
		task_init(&notes[i].task, run_note);
	}
}

static void test_tasks_run_in_order(void **state)
{
	struct worker *w = *state;
	char out[32] = "";
	struct note n[5];

	notes_init(n, 5, w, out);
	n[0].then = &n[3]; /* behind those that wait already */
	n[1].nested = true;
	n[1].then = &n[0]; /* once more, though it is running's neighbour */
	n[2].stops = &n[4];
	worker_defer(w, &n[0].task);
	worker_defer(w, &n[1].task);
	worker_defer(w, &n[2].task);
	worker_defer(w, &n[4].task);
	worker_defer(w, &n[1].task); /* keeps its place */
	worker_deliver(w);
	assert_string_equal(out, "ab.cdad");
	worker_deliver(w);
	assert_string_equal(out, "ab.cdad");
}

static void test_the_turn_delivers(void **state)
{
	struct worker *w = *state;
	char out[32] = "";
	struct note n[2];

	notes_init(n, 2, w, out);
	n[0].then = &n[1];
	worker_defer(w, &n[0].task);
	rig_turn(w); /* without worker_deliver: the turn's end runs it */
	assert_string_equal(out, "ab");
}

/* ---- Mail ---- */

enum { SENDERS = 4, LETTERS = 500 };

struct letter {
	struct mail mail;
	unsigned sender, number;
};

struct office {
	struct worker *w;
	struct letter letters[SENDERS][LETTERS];
	unsigned next[SENDERS];
};

static struct office *office; /* run_letter has no context */

static void run_letter(struct mail *m)
{
	struct letter *l = container_of(m, struct letter, mail);

	assert_int_equal(l->number, office->next[l->sender]);
	office->next[l->sender]++;
	memset(&l->mail, 0xaa, sizeof l->mail); /* it is ours again */
}

static void *send_letters(void *arg)
{
	struct letter *mine = arg;

	for (unsigned i = 0; i < LETTERS; i++)
		worker_post(office->w, &mine[i].mail);
	return NULL;
}

static void office_open(struct worker *w)
{
	office = calloc(1, sizeof *office);
	assert_non_null(office);
	office->w = w;
	for (unsigned i = 0; i < SENDERS; i++) {
		for (unsigned k = 0; k < LETTERS; k++)
			office->letters[i][k] = (struct letter){ { NULL, run_letter }, i, k };
	}
}

static void test_mail_from_threads(void **state)
{
	struct worker *w = *state;
	pthread_t threads[SENDERS];

	office_open(w);
	for (unsigned i = 0; i < SENDERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, send_letters, office->letters[i]), 0);
	for (unsigned i = 0; i < SENDERS; i++)
		RIG_UNTIL(w, office->next[i] == LETTERS);
	for (unsigned i = 0; i < SENDERS; i++)
		pthread_join(threads[i], NULL);
	free(office);
}

static void test_late_mail_is_run_at_the_end(void **state)
{
	struct worker *w = rig_worker_start();

	(void)state;
	office_open(w);
	worker_post(w, &office->letters[0][0].mail);
	rig_worker_stop(w);
	assert_int_equal(office->next[0], 1);
	free(office);
}

/* ---- Graves ---- */

struct tomb {
	struct grave grave;
	struct task task;
	struct worker *w;
	unsigned *buried, *ran;
};

static void bury_tomb(struct grave *g)
{
	struct tomb *t = container_of(g, struct tomb, grave);

	++*t->buried;
	free(t);
}

static void run_tomb(struct task *task)
{
	struct tomb *t = container_of(task, struct tomb, task);

	assert_int_equal(*t->buried, 0);
	++*t->ran;
}

static void make_tomb(struct worker *w, unsigned *buried, unsigned *ran)
{
	struct tomb *t = calloc(1, sizeof *t);

	assert_non_null(t);
	*t = (struct tomb){ .grave.bury = bury_tomb, .w = w, .buried = buried, .ran = ran };
	task_init(&t->task, run_tomb);
	worker_bury(w, &t->grave);
	worker_defer(w, &t->task); /* still runs: memory goes last */
}

static void test_graves_wait_for_consequences(void **state)
{
	struct worker *w = *state;
	unsigned buried = 0, ran = 0;

	make_tomb(w, &buried, &ran);
	worker_deliver(w);
	assert_int_equal(ran, 1);
	assert_int_equal(buried, 0);
	rig_turn(w);
	assert_int_equal(buried, 1);
}

/* ---- The loop ---- */

struct bell {
	struct io io;
	unsigned rung;
};

static void on_bell(struct io *io, uint32_t events)
{
	struct bell *b = container_of(io, struct bell, io);
	char c;

	assert_true(events & EPOLLIN);
	b->rung++;
	assert_int_equal(read(io->fd, &c, 1), 1);
}

/* More sockets than one epoll_wait returns, all ready at once, one byte each. */
static void test_many_ready_sockets(void **state)
{
	enum { BELLS = 300 };
	struct worker *w = *state;
	static struct bell bells[BELLS];
	unsigned rung = 0;
	int ends[BELLS];

	for (unsigned i = 0; i < BELLS; i++) {
		int fds[2];

		assert_int_equal(pipe(fds), 0);
		bells[i] = (struct bell){ .io = { fds[0], on_bell } };
		ends[i] = fds[1];
		assert_int_equal(worker_watch(w, &bells[i].io, EPOLLIN | EPOLLET), 0);
		assert_int_equal(write(fds[1], "x", 1), 1);
	}
	rig_run(w, 50);
	for (unsigned i = 0; i < BELLS; i++) {
		rung += bells[i].rung;
		worker_unwatch(w, &bells[i].io);
		close(bells[i].io.fd);
		close(ends[i]);
	}
	assert_int_equal(rung, BELLS);
}

static void test_unwatched_is_silent(void **state)
{
	struct worker *w = *state;
	struct bell b = { .io = { .ready = on_bell } };
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	b.io.fd = fds[0];
	assert_int_equal(worker_watch(w, &b.io, EPOLLIN), 0);
	assert_true(worker_watch(w, &b.io, EPOLLIN) < 0); /* twice */
	worker_unwatch(w, &b.io);
	assert_int_equal(write(fds[1], "x", 1), 1);
	rig_run(w, 20);
	assert_int_equal(b.rung, 0);
	close(fds[0]);
	close(fds[1]);
}

static void keep_dirty(struct end *e, enum told what)
{
	unsigned *rounds = e->ctx;

	if (what != WRITABLE || *rounds == 0)
		return;
	--*rounds;
	end_say(e, "0123456789");
}

/* A stream that always has something to send again when there is room: each round of sending is bounded by the turn. */
static void test_output_that_makes_output(void **state)
{
	struct worker *w = *state;
	unsigned rounds = 1000;
	struct pair p = { .limits.queue = 1 };

	pair_open(&p, w, false);
	p.a.on = keep_dirty;
	p.a.ctx = &rounds;
	end_say(&p.a, "0123456789");
	uv_run(&w->loop, UV_RUN_NOWAIT);
	assert_true(rounds > 500); /* others have had their turn */
	RIG_UNTIL(w, rounds == 0 && buf_len(&p.b.got) == 10010);
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tasks_run_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_turn_delivers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mail_from_threads, setup, teardown),
		cmocka_unit_test(test_late_mail_is_run_at_the_end),
		cmocka_unit_test_setup_teardown(test_graves_wait_for_consequences, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_ready_sockets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unwatched_is_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_output_that_makes_output, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
