/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_session_memory.c: the way of a request with every single allocation failing in turn, from the accepted client to
 * the answer.  Nothing may crash, leak, stay counted or hang; what is served is served whole.
 */
#include "unit.h"

#include "heap.h"
#include "net.h"

#include <string.h>
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

/* What the servers get, if anything: whole lines. */
static void serve(struct net *n, const char *answer)
{
	for (unsigned i = 0; i < n->pool.nservers; i++) {
		struct peer s = { .fd = accept4(n->listening[i], NULL, NULL, SOCK_NONBLOCK) };

		if (s.fd < 0)
			continue;
		peer_has(&s, SIZE_MAX, 0);
		if (buf_len(&s.in) && !strstr(n->log, "closed"))
			assert_int_equal(buf_span(&s.in).p[buf_len(&s.in) - 1], '\n');
		(void)send(s.fd, answer, strlen(answer), MSG_NOSIGNAL); /* the link may have gone */
		rig_run(n->w, 2);
		peer_close(&s);
	}
}

static void play(struct worker *w, const char *lines, long fail_after)
{
	struct net n;
	struct peer c;

	net_make(&n, w, 2);
	net_open(&n);
	c = net_dial(&n);
	assert_int_equal(write(c.fd, lines, strlen(lines)), strlen(lines));
	heap_fail_after(fail_after);
	rig_run(w, 4);
	heap_fail_after(-1);
	serve(&n, "+1\n2\n!pin 3\n");
	peer_has(&c, SIZE_MAX, 0);
	peer_close(&c);
	net_free(&n);
}

static void test_every_allocation_fails(void **state)
{
	static const char *const lines[] = {
		"- a one\n- b two\n- a thr",
		"KH a one\nKFD b two\n- a three\n",
		"KX a one\n- b two\n",
		"J a one\nraw\n",
	};
	struct worker *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		for (long n = 0; n < 40; n++)
			play(w, lines[i], n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_allocation_fails, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
