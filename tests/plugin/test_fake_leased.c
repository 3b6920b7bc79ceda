/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_fake_leased.c: the fake host's leased links keep the rules of lychgate/plugin.h.  The plugin here asks for one
 * by each line of a client's, "Y..." to stay; a server answers with a line: "d..." done, "k..." keep and reuse, else
 * reuse.
 */
#include "fake_host.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static unsigned lost_n, closed_idle;

static void opened(struct lg_link *l)
{
	assert_true((l->exchange != NULL) == (l->side == LG_SERVER));
}

static void answer(struct lg_link *l, struct lg_span line)
{
	struct lg_exchange *x = l->exchange;

	l->host->send(x->from, l, &line, 1, 0);
	if (line.p[0] == 'd') {
		l->host->done(x);
		return;
	}
	if (line.p[0] == 'k')
		l->host->keep(x);
	l->host->reuse(x);
}

static ptrdiff_t receive(struct lg_link *l, struct lg_span in)
{
	const char *end = memchr(in.p, '\n', in.n);
	struct lg_span line = { in.p, end ? (size_t)(end - in.p) + 1 : 0 };

	if (line.n && l->side == LG_CLIENT)
		l->host->route(l, &(struct lg_how){ .mode = LG_LEASED, .flags = in.p[0] == 'Y' ? LG_STAY : 0 }, line);
	else if (line.n)
		answer(l, line);
	return (ptrdiff_t)line.n;
}

static void routed(struct lg_exchange *x, struct lg_link *to)
{
	int *used = to->data;

	assert_ptr_equal(to->exchange, x);
	assert_ptr_equal(to->session, x->from->session);
	assert_int_equal(*used, 0);
	*used = 1;
	to->host->send(to, x->from, &x->unit, 1, 0);
}

static void lost(struct lg_exchange *x, const struct lg_lost *why)
{
	(void)x;
	(void)why;
	lost_n++;
}

static void closed(struct lg_link *l)
{
	closed_idle += l->side == LG_SERVER && !l->session;
}

static const char *const facts[] = { "unit", NULL };

static struct lg_span fact(struct lg_exchange *x, unsigned index, struct lg_span arg)
{
	(void)index;
	(void)arg;
	return x->to ? LG_NO_UNIT : (struct lg_span){ "none", 4 };
}

static const struct lg_plugin plugin = {
	LG_PLUGIN_HEADER, .name = "lessee",   .transports = LG_TCP, .link_size = sizeof(int),
	.facts = facts,   .log_facts = facts, .opened = opened,     .receive = receive,
	.fact = fact,     .routed = routed,   .lost = lost,         .closed = closed,
};

static struct fake *f;
static struct fake_peer *a, *b;

static int begin(void **state)
{
	(void)state;
	lost_n = closed_idle = 0;
	f = fake_create(&plugin, NULL);
	a = fake_client(f, false);
	b = fake_client(f, false);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_destroy(f);
	return 0;
}

/* `c` asks server 0, by this link when it is not NULL. */
static struct fake_peer *ask(struct fake_peer *c, struct fake_peer *by)
{
	struct fake_peer *s;

	f->down[1] = f->down[2] = true;
	fake_text(c, "x\n");
	s = fake_server(c, 0);
	assert_non_null(s);
	assert_non_null(s->link->exchange);
	if (by)
		assert_ptr_equal(s, by);
	return s;
}

static void used_one_after_the_other(void **state)
{
	struct fake_peer *s = ask(a, NULL);

	(void)state;
	fake_text(s, "one\n");
	assert_string_equal(a->got, "one\n");
	assert_null(fake_server(a, 0));
	assert_ptr_equal(fake_idle(f, 0), s);
	assert_null(s->link->session);
	ask(b, s);
	fake_text(s, "two\n");
	assert_string_equal(b->got, "two\n");
	assert_int_equal(f->reuses, 2);
	assert_int_equal(f->leases, 1);
}

static void two_at_once(void **state)
{
	struct fake_peer *s = ask(a, NULL), *s2 = ask(b, NULL);

	(void)state;
	assert_ptr_not_equal(s, s2);
	fake_text(s, "one\n");
	fake_text(s2, "two\n");
	ask(a, s2); /* the newest */
}

static void done_closes(void **state)
{
	struct fake_peer *s = ask(a, NULL);

	(void)state;
	fake_text(s, "done\n");
	assert_null(s->link);
	assert_null(fake_idle(f, 0));
	assert_non_null(a->link);
}

static void what_comes_unasked_closes(void **state)
{
	struct fake_peer *s = ask(a, NULL);

	(void)state;
	fake_text(s, "one\nanother\n"); /* with the answer, and behind it */
	assert_null(s->link);
	s = ask(a, NULL);
	fake_text(s, "two\n");
	fake_text(s, "more\n");
	assert_null(s->link);
	s = ask(a, NULL);
	fake_text(s, "three\n");
	fake_end(s);
	assert_null(s->link);
	assert_string_equal(a->got, "one\ntwo\nthree\n");
	assert_int_equal(closed_idle, 3);
	assert_int_equal(lost_n, 0);
}

static void client_goes(void **state)
{
	struct fake_peer *s = ask(a, NULL);

	(void)state;
	fake_kill(a);
	assert_null(s->link);
	assert_null(fake_idle(f, 0));
	assert_int_equal(f->open, 0);
}

static void link_dies(void **state)
{
	struct fake_peer *s = ask(a, NULL);

	(void)state;
	fake_kill(s);
	assert_int_equal(lost_n, 1);
	assert_int_equal(f->open, 0);
	assert_non_null(a->link);
}

static void kept_is_the_clients(void **state)
{
	struct fake_peer *s = ask(a, NULL), *s2;

	(void)state;
	fake_text(s, "kept\n");
	assert_true(s->kept);
	assert_null(fake_idle(f, 0));
	s2 = ask(b, NULL);
	assert_ptr_not_equal(s, s2);
	fake_text(s2, "two\n");
	ask(a, s);
	fake_text(s, "three\n");
	f->down[0] = true;
	f->down[1] = false;
	fake_text(a, "Yes\n"); /* it stays */
	assert_non_null(s->link->exchange);
	fake_text(s, "four\n");
	fake_text(b, "Yes\n"); /* keeps nothing */
	assert_non_null(fake_server(b, 1));
	fake_end(s);
	assert_null(a->link);
	assert_non_null(b->link);
}

static void kept_ends_with_its_client(void **state)
{
	struct fake_peer *s = ask(a, NULL);

	(void)state;
	fake_text(s, "kept\n");
	fake_kill(a);
	assert_null(s->link);
}

static void keeps_only_so_many(void **state)
{
	struct fake_peer *s;

	(void)state;
	f->kept = 0;
	s = ask(a, NULL);
	fake_text(s, "kept\n");
	assert_false(s->kept);
	assert_ptr_equal(fake_idle(f, 0), s);
}

static void log_reads_facts_at_the_end(void **state)
{
	(void)state;
	fake_text(ask(a, NULL), "one\n");
	assert_string_equal(f->last_access, ""); /* `to` is still there */
	for (int i = 0; i < FAKE_SERVERS; i++)
		f->down[i] = true;
	fake_text(a, "x\n");
	assert_string_equal(f->last_access, "unit=none ");
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(used_one_after_the_other),
		TEST(two_at_once),
		TEST(done_closes),
		TEST(what_comes_unasked_closes),
		TEST(client_goes),
		TEST(link_dies),
		TEST(kept_is_the_clients),
		TEST(kept_ends_with_its_client),
		TEST(keeps_only_so_many),
		TEST(log_reads_facts_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
