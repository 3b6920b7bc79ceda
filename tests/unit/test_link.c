/* SPDX-License-Identifier: Apache-2.0 */
/* test_link.c: units kept whole that several servers write to one client, and joined links; the plugin is net.h's. */
#include "unit.h"

#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/link.h"

/* A client, and three servers with a link to it each. */
struct meeting {
	struct net n;
	struct peer c, s[3];
};

static struct meeting *meet(struct worker *w, uint32_t stall_ms)
{
	struct meeting *m = calloc(1, sizeof *m);

	assert_non_null(m);
	net_make(&m->n, w, 3);
	m->n.conf.limits.stall_ms = stall_ms;
	net_open(&m->n);
	m->c = net_dial(&m->n);
	peer_say(w, &m->c, "- a 1\n- b 2\n- c 3\n");
	net_until(&m->n, "routed 3 s2");
	for (unsigned i = 0; i < 3; i++)
		m->s[i] = net_accept(&m->n, i);
	net_expect(&m->n, &m->s[0], "- a 1\n");
	net_expect(&m->n, &m->s[1], "- b 2\n");
	net_expect(&m->n, &m->s[2], "- c 3\n");
	return m;
}

static void part(struct meeting *m)
{
	peer_close(&m->c);
	for (unsigned i = 0; i < 3; i++)
		peer_close(&m->s[i]);
	net_free(&m->n);
	free(m);
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

/* ---- Units ---- */

/* Who says what, in order: "0+a\n" is server 0's "+a\n"; "0!" is its reset; then what the client has got. */
static const struct {
	const char *says[8];
	const char *got;
	bool closed; /* and then the client's link is closed */
} units[] = {
	{ { "0+a\n", "0b\n", "1+c\n", "1d\n" }, "+a\nb\n+c\nd\n", false },
	{ { "0+a\n", "1c\n", "0b\n" }, "+a\nb\nc\n", false },
	{ { "0+a\n", "1+c\n", "0b\n", "1d\n" }, "+a\nb\n+c\nd\n", false },
	{ { "0+a\n", "1+c\n", "2e\n", "1d\n", "2f\n", "0b\n" }, "+a\nb\n+c\nd\ne\nf\n", false },
	{ { "0+a\n", "1+c\n", "2+e\n", "0b\n", "2f\n", "1d\n" }, "+a\nb\n+c\nd\n+e\nf\n", false },
	{ { "0+a\n", "1+c\n", "2e\n", "0b\n" }, "+a\nb\n+c\n", false },                 /* 2 waits for 1 now */
	{ { "0+a\n", "0!" }, "+a\n", true },                                            /* never to be finished */
	{ { "0+a\n", "1+c\n", "1!", "0b\n" }, "+a\nb\n", false },                       /* 1's never began */
	{ { "0+a\n", "1+c\n", "1d\n", "1!", "0b\n" }, "+a\nb\n+c\nd\n", false },        /* 1's is complete */
	{ { "0+a\n", "1c\n", "1+d\n", "1!", "2e\n", "0b\n" }, "+a\nb\nc\ne\n", false }, /* one of 1's is */
	{ { "0+a\n", "1+c\n", "0b\n", "1!" }, "+a\nb\n+c\n", true },
	{ { "0+a\n", "1c\n", "0!" }, "+a\n", true }, /* what waits behind it has no place to go */
};

static void test_units_stay_whole(void **state)
{
	struct worker *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		struct meeting *m = meet(w, 0);

		for (const char *const *say = units[i].says; *say; say++) {
			struct peer *s = &m->s[**say - '0'];

			if ((*say)[1] == '!')
				peer_reset(s);
			else
				peer_say(w, s, *say + 1);
			rig_run(w, 10);
		}
		net_expect(&m->n, &m->c, units[i].got);
		rig_run(w, 10);
		assert_int_equal(peer_ended(&m->c), units[i].closed);
		assert_int_equal(buf_len(&m->c.in), 0);
		part(m);
	}
}

/* The link that a unit's sender left unfinished takes nothing more, from nobody. */
/* It loses the link that it was about, and nothing else. */
static void test_a_plugin_that_breaks_its_contract(void **state)
{
	struct worker *w = *state;
	struct net n;
	struct peer bad, good;

	net_make(&n, w, 1);
	net_open(&n);
	bad = net_dial(&n);
	good = net_dial(&n);
	RIG_UNTIL(w, n.stats.accepted == 2);
	peer_say(w, &bad, "*\n");
	RIG_UNTIL(w, peer_ended(&bad));
	RIG_UNTIL(w, n.stats.sessions == 1);
	assert_false(peer_ended(&good));
	peer_close(&bad);
	peer_close(&good);
	net_free(&n);
}

static void test_a_closing_link_takes_nothing(void **state)
{
	struct worker *w = *state;
	struct meeting *m = meet(w, 0);
	struct session *s = container_of(w->sessions.next, struct session, node);
	struct link *first = container_of(s->servers.next, struct link, node);
	struct link *second = container_of(s->servers.next->next, struct link, node);
	const struct lg_span piece = { "x", 1 };

	assert_int_equal(link_send(s->client, first, &piece, 1, LG_MORE), LG_SENT);
	assert_int_equal(link_send(s->client, second, &piece, 1, 0), LG_SENT);
	link_close(s->client, LG_FLUSH, "enough");
	assert_int_equal(link_send(s->client, second, &piece, 1, 0), LG_GONE);
	assert_int_equal(link_send(s->client, first, &piece, 1, 0), LG_GONE);
	part(m);
}

static void test_a_unit_that_stalls(void **state)
{
	static const uint32_t stalls[] = { 0, 300 }; /* 0: no limit */
	struct worker *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(stalls); i++) {
		struct meeting *m = meet(w, stalls[i]);

		peer_say(w, &m->s[0], "+a\n");
		net_expect(&m->n, &m->c, "+a\n");
		rig_run(w, 800);
		assert_int_equal(peer_ended(&m->c), stalls[i] > 0);
		part(m);
	}
}

/* A client that reads slowly, but reads, holds up the sender: that is no stall of the unit. */
static void test_a_slow_client_is_no_stall(void **state)
{
	struct worker *w = *state;
	struct meeting *m = meet(w, 300);
	struct session *s = container_of(w->sessions.next, struct session, node);
	struct lg_span big = { calloc(1, 3000000), 3000000 };
	uint64_t since = rig_now_ms();

	setsockopt(s->client->stream->io.fd, SOL_SOCKET, SO_SNDBUF, &(int){ 50000 }, sizeof(int));
	setsockopt(m->c.fd, SOL_SOCKET, SO_RCVBUF, &(int){ 50000 }, sizeof(int));
	assert_int_equal(link_send(s->client, container_of(s->servers.next, struct link, node), &big, 1, LG_MORE),
			 LG_FULL);
	while (rig_now_ms() - since < 1000) {
		peer_has(&m->c, SIZE_MAX, 20000);
		rig_run(w, 10);
		assert_false(m->c.eof || m->c.error);
	}
	assert_true(buf_len(&s->client->stream->out) > 0 && !s->client->stream->closing);
	free((void *)big.p);
	part(m);
}

/* Parked bytes are bounded: their sender is told LG_FULL, and hears when there is room. */
static void test_parked_senders_are_held(void **state)
{
	enum { PIECE = 1000 };
	struct worker *w = *state;
	struct meeting *m = meet(w, 0);
	struct session *s = container_of(w->sessions.next, struct session, node);
	char line[PIECE];
	size_t sent = 0, got = 0;

	memset(line, 'x', sizeof line);
	line[PIECE - 1] = '\n';
	peer_say(w, &m->s[0], "+a\n");
	net_expect(&m->n, &m->c, "+a\n");
	for (unsigned i = 0; i < 2000; i++) {
		ssize_t n = send(m->s[1].fd, line, PIECE, MSG_NOSIGNAL);

		sent += n > 0 ? (size_t)n : 0;
		rig_turn(w);
	}
	assert_true(sent > 300000);
	assert_true(s->client->parked_bytes < m->n.conf.limits.queue + WORKER_RECEIVE);
	peer_say(w, &m->s[0], "b\n");
	net_until(&m->n, "writable client");
	while (got < sent + 2) {
		RIG_UNTIL(w, peer_has(&m->c, 1, 0));
		got += buf_len(&m->c.in);
		buf_free(&m->c.in);
	}
	assert_int_equal(got, sent + 2);
	part(m);
}

/* They count as what lies in buffers: who brings more than the listener may hold is closed, and nobody else. */
static void test_parked_bytes_are_memory(void **state)
{
	struct worker *w = *state;
	struct meeting *m = meet(w, 0);
	struct listener_stats *stats = m->n.conf.stats;
	char line[1000];

	memset(line, 'x', sizeof line);
	line[sizeof line - 1] = '\n';
	m->n.conf.limits.memory = 20000;
	peer_say(w, &m->s[0], "+a\n");
	net_expect(&m->n, &m->c, "+a\n");
	for (unsigned i = 0; i < 100 && !stats->limits[LIMIT_MEMORY].passed; i++) {
		(void)send(m->s[1].fd, line, sizeof line, MSG_NOSIGNAL);
		rig_turn(w);
	}
	assert_int_equal(stats->limits[LIMIT_MEMORY].passed, 1);
	peer_say(w, &m->s[0], "b\n");
	RIG_UNTIL(w, peer_has(&m->c, 2, 0));
	assert_memory_equal(buf_span(&m->c.in).p, "b\n", 2);
	RIG_UNTIL(w, stats->held_bytes == 0);
	part(m);
}

/* ---- Joined ---- */

/* What a link has in hand when it is joined goes first: kept, held, not read yet, or its end. */
static void test_join(void **state)
{
	static const struct {
		const char *line, *rest;
		bool late; /* the rest comes when it is joined */
	} cases[] = {
		{ "J a 1\n", "", false },       { "J a 1\n", "no line", false }, { "JH a 1\n", "no line", false },
		{ "J a 1\n", "no line", true }, { "JH a 1\n", "l\n2\n", false },
	};
	struct worker *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct net n;
		struct peer c, s;
		char text[100];

		net_make(&n, w, 1);
		net_open(&n);
		c = net_dial(&n);
		snprintf(text, sizeof text, "%s%s", cases[i].line, cases[i].late ? "" : cases[i].rest);
		peer_say(w, &c, text);
		s = net_accept(&n, 0);
		net_until(&n, "routed 1");
		if (cases[i].late)
			peer_say(w, &c, cases[i].rest);
		snprintf(text, sizeof text, "%s%s", cases[i].line, cases[i].rest);
		net_expect(&n, &s, text);
		peer_say(w, &s, "raw answer");
		net_expect(&n, &c, "raw answer");
		shutdown(c.fd, SHUT_WR);
		RIG_UNTIL(w, peer_ended(&s) && s.eof);
		peer_say(w, &s, "more");
		net_expect(&n, &c, "more");
		shutdown(s.fd, SHUT_WR);
		RIG_UNTIL(w, peer_ended(&c) && c.eof);
		net_until(&n, "closed s0");
		net_until(&n, "closed client");
		assert_false(net_said(&n, "ended"));
		peer_close(&c);
		peer_close(&s);
		net_free(&n);
	}
}

static void relay_opened(struct lg_link *l)
{
	if (l->side == LG_CLIENT)
		l->host->route(l, &(struct lg_how){ 0 }, LG_NO_UNIT);
}

static void relay_routed(struct lg_exchange *x, struct lg_link *to)
{
	x->from->host->join(x->from, to);
}

static const struct lg_plugin relay = { LG_PLUGIN_HEADER, .name = "relay", .opened = relay_opened,
					.routed = relay_routed };

/* The smallest plugin: whatever either side does first, also when it has ended before the other side is there. */
static void test_relay(void **state)
{
	struct worker *w = *state;

	for (unsigned i = 0; i < 4; i++) {
		struct net n;
		struct peer c, s;

		net_make(&n, w, 1);
		n.conf.plugin = &relay;
		n.reach.nby = 0;
		net_open(&n);
		c = net_dial(&n);
		if (i & 1)
			peer_say(w, &c, "hello");
		if (i & 2)
			shutdown(c.fd, SHUT_WR);
		s = net_accept(&n, 0);
		net_expect(&n, &s, i & 1 ? "hello" : "");
		peer_say(w, &s, "welcome");
		net_expect(&n, &c, "welcome");
		shutdown(c.fd, SHUT_WR);
		RIG_UNTIL(w, peer_ended(&s) && s.eof);
		peer_say(w, &s, "bye");
		net_expect(&n, &c, "bye");
		peer_close(&s);
		RIG_UNTIL(w, peer_ended(&c) && c.eof);
		peer_close(&c);
		net_free(&n);
	}
}

/* Joined ends share their fate, and a reset stays a reset. */
static void test_joined_end_together(void **state)
{
	struct worker *w = *state;

	for (unsigned i = 0; i < 4; i++) {
		struct net n;
		struct peer c, s, *gone = i & 1 ? &c : &s, *left = i & 1 ? &s : &c;

		net_make(&n, w, 1);
		net_open(&n);
		c = net_dial(&n);
		peer_say(w, &c, "J a 1\n");
		s = net_accept(&n, 0);
		net_expect(&n, &s, "J a 1\n");
		if (i & 2)
			peer_reset(gone);
		else
			peer_close(gone);
		RIG_UNTIL(w, peer_ended(left));
		assert_int_equal(left->error != 0, (i & 2) != 0);
		peer_close(left);
		net_free(&n);
	}
}

/* Back-pressure goes through: a client that does not read stops the server, and then gets all. */
static void test_joined_back_pressure(void **state)
{
	struct worker *w = *state;
	static char chunk[50000];
	size_t sent = 0, got = 0;
	struct session *session;
	struct net n;
	struct peer c, s;

	net_make(&n, w, 1);
	net_open(&n);
	c = net_dial(&n);
	peer_say(w, &c, "J a 1\n");
	s = net_accept(&n, 0);
	net_expect(&n, &s, "J a 1\n");
	session = container_of(w->sessions.next, struct session, node);
	for (unsigned idle = 0; idle < 200; idle++) {
		ssize_t r = send(s.fd, chunk, sizeof chunk, MSG_NOSIGNAL);

		if (r > 0) {
			sent += (size_t)r;
			idle = 0;
		}
		assert_true(buf_len(&session->client->stream->out) <= n.conf.limits.queue + WORKER_RECEIVE);
		rig_turn(w);
	}
	assert_true(sent > 500000);
	shutdown(s.fd, SHUT_WR);
	while (!c.eof) {
		RIG_UNTIL(w, peer_has(&c, 1, 0));
		got += buf_len(&c.in);
		buf_free(&c.in);
	}
	assert_int_equal(got, sent);
	peer_close(&c);
	peer_close(&s);
	net_free(&n);
}

/* ---- Farewells ---- */

static struct link *server_link(struct worker *w)
{
	struct session *s = container_of(w->sessions.next, struct session, node);

	return container_of(s->servers.next, struct link, node);
}

/* Down and up again before the time has come: it goes on, and a later fall gives it a time of its own. */
static void test_a_farewell_that_is_taken_back(void **state)
{
	struct worker *w = *state;
	struct meeting *m = meet(w, 0);
	struct link *l = server_link(w);

	m->n.pool.ends_when_down = true;
	net_health(&m->n, 0, HEALTH_DOWN);
	link_farewell(l, 50);
	net_health(&m->n, 0, HEALTH_UP);
	RIG_UNTIL(w, !wheel_is_set(&l->farewell));
	peer_say(w, &m->s[0], "a\n");
	net_expect(&m->n, &m->c, "a\n");
	net_health(&m->n, 0, HEALTH_DOWN);
	link_farewell(l, 50);
	assert_true(wheel_is_set(&l->farewell));
	link_farewell(l, 600000); /* told once more: the first time holds */
	RIG_UNTIL(w, peer_ended(&m->s[0]));
	assert_int_equal(atomic_load(&m->n.servers[0].state->sessions), 0);
	part(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_units_stay_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_plugin_that_breaks_its_contract, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_closing_link_takes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_farewell_that_is_taken_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_unit_that_stalls, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_slow_client_is_no_stall, setup, teardown),
		cmocka_unit_test_setup_teardown(test_parked_senders_are_held, setup, teardown),
		cmocka_unit_test_setup_teardown(test_parked_bytes_are_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_join, setup, teardown),
		cmocka_unit_test_setup_teardown(test_relay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_joined_end_together, setup, teardown),
		cmocka_unit_test_setup_teardown(test_joined_back_pressure, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
