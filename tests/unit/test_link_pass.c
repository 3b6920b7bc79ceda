/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_link_pass.c: counted bytes that go from one link to another unseen: where they end, what waits behind them, who
 * is told when one of the links dies.  The plugin is this file's: a line goes to the other side; "<N" has the N bytes
 * behind it pass; "=TEXT" is said to the side that it came from by the plugin itself.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/link.h"
#include "gateway/span.h"
#include "gateway/splice.h"
#include "net.h"

enum { SOME = 200 * 1024, MUCH = 12 * 1024 * 1024, LAST = 1000 };

/* ---- The plugin ---- */

struct talk {
	struct lg_link *server;
};

static struct net *net; /* of the test that runs */

static void note(const char *format, uint64_t number, const struct lg_link *l)
{
	size_t n = strlen(net->log);

	snprintf(net->log + n, sizeof net->log - n, format, l->side == LG_CLIENT ? "client" : "server",
		 (unsigned long long)number);
}

static struct lg_link *other(const struct lg_link *l)
{
	const struct talk *t = l->session->data;

	return l->side == LG_CLIENT ? t->server : l->session->client;
}

static void take_line(struct lg_link *l, struct lg_span line)
{
	struct lg_span text = span_skip(line, 1);

	if (*line.p == '<')
		note("%s passes %llu; ", l->host->pass(l, other(l), strtoull(line.p + 1, NULL, 10)), l);
	else if (*line.p == '=')
		l->host->send(l, NULL, &text, 1, 0);
	else
		l->host->send(other(l), l, &line, 1, 0);
}

static void opened(struct lg_link *l)
{
	if (l->side == LG_CLIENT)
		l->host->route(l, &(struct lg_how){ 0 }, LG_NO_UNIT);
}

static void routed(struct lg_exchange *x, struct lg_link *to)
{
	struct talk *t = x->from->session->data;

	t->server = to;
	note("%s routed %llu; ", 0, x->from);
}

static ptrdiff_t receive(struct lg_link *l, struct lg_span in)
{
	const char *end = in.n ? memchr(in.p, '\n', in.n) : NULL;
	struct lg_span line = { in.p, end ? (size_t)(end - in.p) + 1 : 0 };

	assert_false(link_of(l)->worker->delivering);
	if (!in.n)
		note("%s has passed, left %llu; ", l->passing, l);
	if (in.n && l->passing) { /* what did not pass comes here */
		note("%s has left %llu; ", l->passing, l);
		return (ptrdiff_t)in.n;
	}
	if (line.n)
		take_line(l, line);
	return (ptrdiff_t)line.n;
}

static void closed(struct lg_link *l)
{
	struct talk *t = l->session->data;

	note("%s closed, left %llu; ", l->passing, l);
	if (l->side == LG_SERVER)
		t->server = NULL;
}

/* The client's link stays when its server has gone. */
static void lost(struct lg_exchange *x, const struct lg_lost *why)
{
	(void)why;
	note("%s lost %llu; ", 0, x->from);
}

static const struct lg_plugin passing = {
	LG_PLUGIN_HEADER,
	.name = "passing",
	.transports = LG_TCP,
	.session_size = sizeof(struct talk),
	.opened = opened,
	.routed = routed,
	.receive = receive,
	.lost = lost,
	.closed = closed,
};

/* ---- The stage ---- */

struct stage {
	struct net n;
	struct peer client, server;
};

static struct stage *begin(struct worker *w, uint32_t stall_ms)
{
	struct stage *s = calloc(1, sizeof *s);

	assert_non_null(s);
	net = &s->n;
	net_make(&s->n, w, 1);
	s->n.conf.plugin = &passing;
	s->n.conf.limits.stall_ms = stall_ms;
	net_open(&s->n);
	s->client = net_dial(&s->n);
	net_until(&s->n, "client routed");
	s->server = net_accept(&s->n, 0);
	net_forget(&s->n);
	return s;
}

static void end(struct stage *s)
{
	peer_close(&s->client);
	peer_close(&s->server);
	net_free(&s->n);
	free(s);
}

static char *bytes_of(size_t n)
{
	char *p = malloc(n);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = (char)(i * 2654435761u >> 13);
	return p;
}

/* Writes what does not fit into sockets while the other side reads. */
static void pour(struct worker *w, struct peer *from, struct peer *to, const char *bytes, size_t n)
{
	for (size_t at = 0; at < n; at += SOME) {
		peer_write(w, from, bytes + at, n - at < SOME ? n - at : SOME);
		peer_has(to, SIZE_MAX, 0);
	}
}

static void has(struct worker *w, struct peer *p, const char *bytes, size_t n)
{
	RIG_UNTIL(w, peer_has(p, n, 0));
	assert_int_equal(buf_len(&p->in), n);
	assert_memory_equal(buf_span(&p->in).p, bytes, n);
	buf_consume(&p->in, n);
}

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

/* ---- Where they end ---- */

static void test_some(void **state)
{
	struct worker *w = *state;
	struct stage *s = begin(w, 0);

	peer_say(w, &s->client, "<6\na\nb\n=cd\nhello\n<3\nx");
	net_expect(&s->n, &s->server, "a\nb\n=cd\nhello\nx");
	assert_true(net_said(&s->n, "client passes 1"));
	assert_false(net_said(&s->n, "has passed"));
	peer_say(w, &s->client, "yz");
	net_expect(&s->n, &s->server, "yz");
	net_until(&s->n, "client has passed, left 0");
	peer_say(w, &s->server, "<4\n<9\n\n=me\nthanks\n"); /* and the other way, and behind it all as before */
	net_expect(&s->n, &s->server, "me\n");
	net_expect(&s->n, &s->client, "<9\n\nthanks\n");
	end(s);
}

/* Through the kernel, and by a copy when there is no pipe; a second time on the same links. */
static void test_much(void **state)
{
	struct worker *w = *state;
	struct stage *s = begin(w, 0);
	char *bytes = bytes_of(MUCH);

	for (unsigned i = 0; i < 2; i++) {
		peer_say(w, &s->client, "<12582912\n");
		pour(w, &s->client, &s->server, bytes, MUCH);
		has(w, &s->server, bytes, MUCH);
		net_until(&s->n, "client has passed, left 0");
		net_forget(&s->n);
		assert_true(w->npipes > 0);
		peer_say(w, &s->client, "behind\n");
		net_expect(&s->n, &s->server, "behind\n");
	}
	peer_say(w, &s->server, "<12582912\n");
	pour(w, &s->server, &s->client, bytes, MUCH);
	peer_say(w, &s->server, "behind\n");
	RIG_UNTIL(w, peer_has(&s->client, MUCH + 7, 0));
	assert_memory_equal(buf_span(&s->client.in).p, bytes, MUCH);
	assert_memory_equal(buf_span(&s->client.in).p + MUCH, "behind\n", 7);
	free(bytes);
	end(s);
}

/* ---- What waits ---- */

/* The receiver stops.  The sender is held; what the plugin says meanwhile, and what is behind, comes after it. */
static void wait_for_a_reader(struct worker *w, size_t n)
{
	struct stage *s = begin(w, 0);
	char *bytes = bytes_of(n), line[32];
	size_t at = 0;
	ssize_t sent;

	snprintf(line, sizeof line, "<%zu\n", n);
	peer_say(w, &s->server, line);
	for (uint64_t still = rig_now_ms(); at < n && rig_now_ms() < still + 300;) {
		sent = send(s->server.fd, bytes + at, n - at, MSG_NOSIGNAL | MSG_DONTWAIT);
		at += sent > 0 ? (size_t)sent : 0;
		still = sent > 0 ? rig_now_ms() : still;
		rig_turn(w);
	}
	peer_say(w, &s->client, "=mine\n");
	rig_run(w, 20);
	peer_has(&s->client, SIZE_MAX, 0);
	pour(w, &s->server, &s->client, bytes + at, n - at);
	peer_say(w, &s->server, "behind\n");
	RIG_UNTIL(w, peer_has(&s->client, n + 12, 0));
	assert_memory_equal(buf_span(&s->client.in).p, bytes, n);
	assert_memory_equal(buf_span(&s->client.in).p + n, "mine\nbehind\n", 12);
	free(bytes);
	end(s);
}

static void test_a_slow_reader(void **state)
{
	static const size_t sizes[] = { SOME, SPLICE_AFTER, MUCH, 2 * MUCH };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		wait_for_a_reader(*state, sizes[i]);
}

/* The last bytes are in the pipe when the receiver takes no more: nothing overtakes them. */
static void test_the_end_waits_in_the_pipe(void **state)
{
	struct worker *w = *state;
	struct stage *s = begin(w, 0);
	const struct session *session = container_of(w->sessions.next, struct session, node);
	struct stream *to = session->client->stream;
	char *bytes = bytes_of(MUCH);

	peer_say(w, &s->server, "<12582912\n");
	pour(w, &s->server, &s->client, bytes, MUCH - LAST);
	RIG_UNTIL(w, peer_has(&s->client, MUCH - LAST, 0));
	assert_non_null(session->client->pass_from->stream->pours);
	to->writable = false;
	peer_write(w, &s->server, bytes + MUCH - LAST, LAST);
	RIG_UNTIL(w, !session->client->pass_from || !session->client->pass_from->pub.passing);
	assert_false(net_said(&s->n, "has passed"));
	assert_true(splice_waiting(to) > 0);
	peer_say(w, &s->client, "=mine\n");
	peer_say(w, &s->server, "behind\n");
	RIG_UNTIL(w, peer_has(&s->client, MUCH + 12, 0));
	assert_memory_equal(buf_span(&s->client.in).p, bytes, MUCH);
	assert_memory_equal(buf_span(&s->client.in).p + MUCH, "mine\nbehind\n", 12);
	free(bytes);
	end(s);
}

static void test_who_takes_nothing_is_closed(void **state)
{
	struct worker *w = *state;
	struct stage *s = begin(w, 300);
	char *bytes = bytes_of(2 * MUCH);
	size_t at = 0;

	peer_say(w, &s->server, "<25165824\n");
	for (uint64_t end_ms = rig_now_ms() + 10000; !net_said(&s->n, "client closed") && rig_now_ms() < end_ms;) {
		ssize_t sent =
			at < 2 * MUCH ? send(s->server.fd, bytes + at, 2 * MUCH - at, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;

		at += sent > 0 ? (size_t)sent : 0;
		rig_turn(w);
	}
	assert_true(net_said(&s->n, "client closed"));
	free(bytes);
	end(s);
}

/* A sender may be silent as long as a link may: it is no stall. */
static void test_a_silent_sender(void **state)
{
	struct worker *w = *state;
	struct stage *s = begin(w, 200);

	peer_say(w, &s->client, "<4\nab");
	net_expect(&s->n, &s->server, "ab");
	rig_run(w, 700);
	peer_say(w, &s->client, "cd");
	net_expect(&s->n, &s->server, "cd");
	end(s);
}

/* ---- Ends ---- */

static void test_the_sender_dies(void **state)
{
	static const char *const sizes[] = { "<1000\n", "<12582912\n" };
	struct worker *w = *state;
	char *bytes = bytes_of(MUCH);

	for (unsigned i = 0; i < 4; i++) {
		struct stage *s = begin(w, 0);
		struct peer *from = i & 1 ? &s->server : &s->client, *to = i & 1 ? &s->client : &s->server;
		size_t n = i < 2 ? 400 : MUCH - 600;

		peer_say(w, from, sizes[i / 2]);
		pour(w, from, to, bytes, n);
		has(w, to, bytes, n);
		peer_close(from);
		RIG_UNTIL(w, peer_ended(to));
		assert_int_equal(buf_len(&to->in), 0);
		net_until(&s->n, i & 1 ? "server closed, left 600" : "client closed, left 600");
		assert_false(net_said(&s->n, "has passed"));
		end(s);
	}
	free(bytes);
}

/* Its receiver's plugin gets the rest. */
static void test_the_receiver_dies(void **state)
{
	static const char *const sizes[] = { "<1000\n", "<12582912\n" };
	struct worker *w = *state;
	char *bytes = bytes_of(MUCH);

	for (unsigned i = 0; i < 2; i++) {
		struct stage *s = begin(w, 0);
		size_t n = i ? MUCH - 600 : 400;

		peer_say(w, &s->client, sizes[i]);
		pour(w, &s->client, &s->server, bytes, n);
		has(w, &s->server, bytes, n);
		peer_reset(&s->server);
		net_until(&s->n, "client lost");
		peer_say(w, &s->client, "rest");
		net_until(&s->n, "client has left 600");
		end(s);
	}
	free(bytes);
}

/* A receiver that is full when it dies has held its sender. */
static void test_the_receiver_dies_full(void **state)
{
	struct worker *w = *state;
	struct stage *s = begin(w, 0);
	char *bytes = bytes_of(2 * MUCH);
	size_t at = 0;

	peer_say(w, &s->client, "<33554432\n");
	for (uint64_t still = rig_now_ms(); at < 2 * MUCH && rig_now_ms() < still + 300;) {
		ssize_t sent = send(s->client.fd, bytes + at, 2 * MUCH - at, MSG_NOSIGNAL | MSG_DONTWAIT);

		at += sent > 0 ? (size_t)sent : 0;
		still = sent > 0 ? rig_now_ms() : still;
		rig_turn(w);
	}
	peer_reset(&s->server);
	net_until(&s->n, "client lost");
	net_until(&s->n, "client has left");
	free(bytes);
	end(s);
}

/* ---- What cannot be ---- */

static void test_refused(void **state)
{
	struct worker *w = *state;
	struct stage *s = begin(w, 0);
	struct session *session = container_of(w->sessions.next, struct session, node);
	struct link *client = session->client, *server = container_of(session->servers.next, struct link, node);

	assert_false(link_pass(client, server, 0));
	assert_false(link_pass(client, client, 1));
	server->unit_of = server;
	assert_false(link_pass(client, server, 1));
	server->unit_of = NULL;
	assert_true(link_pass(client, server, 5));
	assert_false(link_pass(client, server, 5)); /* one at a time */
	assert_true(link_pass(server, client, 5));
	link_join(client, server);
	assert_null(client->joined);
	peer_say(w, &s->client, "12345behind\n");
	peer_say(w, &s->server, "67890behind\n");
	net_expect(&s->n, &s->server, "12345behind\n");
	net_expect(&s->n, &s->client, "67890behind\n");
	link_close(server, LG_FLUSH, "enough");
	assert_false(link_pass(client, server, 1));
	end(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_some, setup, teardown),
		cmocka_unit_test_setup_teardown(test_much, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_slow_reader, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_end_waits_in_the_pipe, setup, teardown),
		cmocka_unit_test_setup_teardown(test_who_takes_nothing_is_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_silent_sender, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_sender_dies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_receiver_dies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_receiver_dies_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
