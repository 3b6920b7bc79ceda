/* SPDX-License-Identifier: Apache-2.0 */
/* test_deliver.c: units that go where a token says, from either worker. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/address.h"
#include "gateway/deliver.h"
#include "gateway/span.h"
#include "hop.h"

static struct hop h;
static struct wire a, b, s, s2;
static char token[LG_TOKEN + 1], token2[LG_TOKEN + 1];
static unsigned number;

enum { BULK = 1000 }; /* bytes of a line of bulk */

/* A client, and the server's link by which its worker reaches s0; `token` names the client. */
static void begin(struct wire *c, unsigned listener, struct wire *server, const char *flags, char name[LG_TOKEN + 1])
{
	char want[32];

	snprintf(want, sizeof want, "%s hello", flags);
	hop_dial(&h, c, listener);
	wire_say(c, "%s\n", want);
	hop_accept(&h, server, 0);
	wire_request(server, &number, name, want);
}

static void begin_both(const char *flags)
{
	hop_make(&h, 1);
	h.pool.transports[0] = LG_TCP;
	h.conf[LEFT].limits.queue = h.conf[RIGHT].limits.queue = 16 * BULK;
	hop_open(&h);
	begin(&a, LEFT, &s, flags, token);
	begin(&b, RIGHT, &s2, flags, token2);
}

static void end_both(void)
{
	wire_close(&a);
	wire_close(&b);
	wire_close(&s);
	wire_close(&s2);
	hop_free(&h);
}

static void test_from_another_worker(void **state)
{
	(void)state;
	begin_both("-");
	for (unsigned i = 0; i < 100; i++) {
		wire_say(&s, "%s from the left %u\n", token2, i);
		wire_say(&s2, "%s from the right %u\n", token, i);
	}
	for (unsigned i = 0; i < 100; i++) {
		char want[64];

		snprintf(want, sizeof want, "from the left %u", i);
		wire_expect(&b, want);
		snprintf(want, sizeof want, "from the right %u", i);
		wire_expect(&a, want);
	}
	end_both();
}

/* A server's request: only what came from a server goes by LG_ROUTE, and only by a token for that. */
static void test_route(void **state)
{
	(void)state;
	begin_both("R");
	wire_say(&s, "!%s near\n", token);
	wire_expect(&a, "near");
	wire_say(&s2, "!%s far\n", token);
	wire_expect(&a, "far");
	wire_say(&s, "%s as answer\n", token);
	hop_until(&h, "gone as answer");
	wire_say(&b, "!%s from a client\n", token);
	hop_until(&h, "gone from a client");
	wire_say(&s, "!abcdef forged\n");
	hop_until(&h, "gone forged");
	assert_true(wire_is_quiet(&a));
	end_both();
}

/* Answers that only servers give, on either worker. */
static void test_server_answer(void **state)
{
	(void)state;
	begin_both("V");
	wire_say(&b, "&%s from a client far away\n", token);
	hop_until(&h, "gone from a client far away");
	wire_say(&a, "&%s from itself\n", token);
	hop_until(&h, "gone from itself");
	wire_say(&s, "%s as any answer\n", token);
	hop_until(&h, "gone as any answer");
	wire_say(&s, "&%s near\n", token);
	wire_expect(&a, "near");
	wire_say(&s2, "&%s far\n", token);
	wire_expect(&a, "far");
	assert_true(wire_is_quiet(&a));
	end_both();
}

/* A server that has connected by itself counts as one; a client does not. */
static void test_server_calls(void **state)
{
	struct wire caller;

	(void)state;
	begin_both("R");
	hop_dial_as(&h, &caller, RIGHT, 0);
	wire_say(&caller, "!%s from a server\n", token);
	wire_expect(&a, "from a server");
	assert_true(hop_said(&h, "opened clients0"));
	wire_close(&caller);
	end_both();
}

static void test_gone_there(void **state)
{
	(void)state;
	begin_both("-");
	wire_close(&a);
	hop_until(&h, "closed client");
	wire_say(&s, "%s near\n", token);
	hop_until(&h, "gone near");
	wire_say(&s2, "%s far\n", token);
	hop_until(&h, "returned s0 far");
	hop_dial(&h, &a, LEFT); /* whoever has its slot now gets nothing */
	wire_say(&a, "- new\n");
	wire_request(&s, &number, token2, "- new");
	wire_say(&s2, "%s late\n", token);
	hop_until(&h, "returned s0 late");
	assert_true(wire_is_quiet(&a));
	end_both();
}

/* The sender has gone as well. */
static void test_both_gone(void **state)
{
	(void)state;
	begin_both("-");
	wire_close(&a);
	hop_until(&h, "closed client");
	for (unsigned i = 0; i < 100; i++)
		wire_say(&s2, "%s far\n", token);
	wire_close(&s2);
	hop_until(&h, "closed s0");
	s2.fd = dup(s.fd);
	hop_dial(&h, &a, LEFT);
	end_both();
}

static void say_bulk(struct wire *w, const char *to, unsigned n)
{
	static char line[BULK];

	memset(line, 'x', sizeof line - 1);
	while (n-- > 0)
		wire_say(w, "%s %s\n", to, line);
}

static void slow_reader(struct wire *server)
{
	wire_say(&s, "%s small\n", token);
	wire_expect(&a, "small");
	say_bulk(server, token, 20000); /* more than the system takes for one that does not read */
	wire_say(server, "%s still here\n", token2);
	wire_expect(&b, "still here");
	hop_until(&h, "closed client");
	assert_true(wire_ends(&a));
	assert_false(hop_said(&h, "closed s0"));
}

static void test_slow_reader(void **state)
{
	(void)state;
	begin_both("-");
	slow_reader(&s);
	hop_until(&h, "gone xxx");
	end_both();
}

static void test_slow_reader_of_another_worker(void **state)
{
	(void)state;
	begin_both("-");
	slow_reader(&s2);
	hop_until(&h, "returned s0 xxx");
	end_both();
}

/* One that reads gets all, however much comes at once. */
static void test_much_at_once(void **state)
{
	static char line[HOP_TEXT];

	(void)state;
	begin_both("-");
	for (unsigned round = 0; round < 20; round++) {
		say_bulk(&s2, token, 100);
		for (unsigned i = 0; i < 100; i++) {
			wire_line(&a, line);
			assert_int_equal(strlen(line), BULK - 1);
		}
	}
	end_both();
}

/* A mailbox has a bound. */
static void test_full_mailbox(void **state)
{
	(void)state;
	begin_both("-");
	atomic_fetch_add(&h.workers[0].mail_bytes, MAILBOX_BYTES);
	wire_say(&s2, "%s too much\n", token);
	hop_until(&h, "gone too much");
	wire_say(&s, "%s by itself\n", token); /* a worker's own links need none */
	wire_expect(&a, "by itself");
	atomic_fetch_sub(&h.workers[0].mail_bytes, MAILBOX_BYTES);
	wire_say(&s2, "%s fits\n", token);
	wire_expect(&a, "fits");
	end_both();
}

/* ---- UDP ---- */

/* The peer of a datagram that waits is whom the server's socket talks to from now on. */
static void meet(struct wire *server)
{
	struct sockaddr_in from;
	socklen_t n = sizeof from;

	*server = (struct wire){ .fd = dup(h.bound[0]) };
	assert_true(recvfrom(server->fd, server->in, 1, MSG_PEEK, (struct sockaddr *)&from, &n) >= 0);
	assert_int_equal(connect(server->fd, (struct sockaddr *)&from, n), 0);
}

static void test_udp_both_ways(void **state)
{
	(void)state;
	hop_make(&h, 1);
	h.pool.transports[0] = LG_UDP;
	hop_open(&h);
	hop_dial(&h, &a, UDP);
	wire_say(&a, "- hello\n");
	meet(&s);
	wire_request(&s, &number, token, "- hello");
	wire_say(&s, "%s answer\n", token);
	wire_expect(&a, "answer");
	for (unsigned i = 0; i < 10; i++) { /* the same socket of ours, without a flow of the client's */
		wire_say(&a, "- more\n");
		wire_request(&s, &number, token, "- more");
		wire_say(&s, "%s answer\n", token);
		wire_expect(&a, "answer");
	}
	assert_int_equal(h.servers[0].state->shared, 1);
	wire_close(&a);
	wire_close(&s);
	hop_free(&h);
}

/* Of either worker, whichever had the request. */
static void test_udp_client_by_any_worker(void **state)
{
	struct wire c;

	(void)state;
	begin_both("-");
	wire_close(&a);
	hop_dial(&h, &c, UDP);
	wire_say(&c, "- hello\n");
	hop_accept(&h, &a, 0); /* a listener's links are its own */
	wire_request(&a, &number, token, "- hello");
	wire_say(&a, "%s one\n", token);
	wire_expect(&c, "one");
	wire_say(&s, "%s two\n", token);
	wire_expect(&c, "two");
	wire_say(&s2, "%s three\n", token);
	wire_expect(&c, "three");
	wire_close(&c);
	end_both();
}

/* Too long for a datagram: by TCP, where the pool has both. */
static void test_udp_or_stream(void **state)
{
	(void)state;
	hop_make(&h, 1);
	h.pool.transports[0] = LG_UDP;
	h.pool.transports[1] = LG_TCP;
	hop_open(&h);
	hop_dial(&h, &a, UDP);
	wire_say(&a, "S long\n");
	hop_accept(&h, &s2, 0);
	wire_request(&s2, &number, token, "S long");
	wire_say(&a, "- short\n");
	meet(&s);
	wire_request(&s, &number, token, "- short");
	wire_close(&a);
	wire_close(&s);
	wire_close(&s2);
	hop_free(&h);
}

/* A pool that says nothing is reached as the client came; what is too long for that by TCP all the same. */
static void test_as_the_client_came(void **state)
{
	(void)state;
	hop_make(&h, 1);
	hop_open(&h);
	hop_dial(&h, &a, UDP);
	wire_say(&a, "- short\n");
	meet(&s);
	wire_request(&s, &number, token, "- short");
	wire_say(&a, "S long\n");
	hop_accept(&h, &s2, 0);
	wire_request(&s2, &number, token, "S long");
	wire_close(&a);
	wire_close(&s);
	wire_close(&s2);
	hop_free(&h);
}

/* Bound to all addresses, each answer leaves from the one that was asked, by whichever worker. */
static void any_address(const char *bind, const char *dial)
{
	struct sockaddr_storage at;
	char text[ADDRESS_TEXT];
	struct wire c;

	hop_make(&h, 1);
	h.pool.transports[0] = LG_TCP;
	snprintf(text, sizeof text, "%s:%u", bind, address_port((struct sockaddr *)&h.bind[UDP].address));
	assert_int_equal(address_parse(&h.bind[UDP].address, span_of(text)), 0);
	hop_open(&h);
	begin(&a, LEFT, &s, "-", token);
	begin(&b, RIGHT, &s2, "-", token);
	snprintf(text, sizeof text, "%s:%u", dial, address_port((struct sockaddr *)&h.bind[UDP].address));
	assert_int_equal(address_parse(&at, span_of(text)), 0);
	c = (struct wire){ .fd = socket(at.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0) };
	assert_int_equal(connect(c.fd, (struct sockaddr *)&at, address_len((struct sockaddr *)&at)), 0);
	wire_say(&c, "R hello\n");
	wire_close(&a);
	hop_accept(&h, &a, 0);
	wire_request(&a, &number, token, "R hello");
	wire_say(&s, "!%s one\n", token);
	wire_expect(&c, "one"); /* it is connected: from another address nothing would come */
	wire_say(&s2, "!%s two\n", token);
	wire_expect(&c, "two");
	wire_close(&c);
	end_both();
}

static void test_udp_any_address(void **state)
{
	(void)state;
	any_address("0.0.0.0", "127.0.0.77");
	any_address("[::]", "[::1]");
	any_address("[::1]", "[::1]");
}

/* A pool without streams takes what is long, too. */
static void test_udp_only(void **state)
{
	(void)state;
	hop_make(&h, 1);
	h.pool.transports[0] = LG_UDP;
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	wire_say(&a, "S long\n");
	meet(&s);
	wire_request(&s, &number, token, "S long");
	wire_say(&s, "%s answer\n", token);
	wire_expect(&a, "answer");
	wire_close(&a);
	wire_close(&s);
	hop_free(&h);
}

static void test_udp_idle(void **state)
{
	(void)state;
	hop_make(&h, 1);
	h.pool.transports[0] = LG_UDP;
	h.conf[LEFT].limits.idle_ms = 300;
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	wire_say(&a, "- one\n");
	hop_until(&h, "closed s0");
	wire_close(&a);
	hop_free(&h);
}

/* The server asks: the route token of a UDP client, from a link of the other worker. */
static void test_udp_route(void **state)
{
	struct wire c;

	(void)state;
	begin_both("-");
	hop_dial(&h, &c, UDP);
	wire_say(&c, "R hello\n");
	wire_close(&a);
	hop_accept(&h, &a, 0);
	wire_request(&a, &number, token, "R hello");
	wire_say(&s, "!%s one\n", token);
	wire_expect(&c, "one");
	wire_say(&s2, "!%s two\n", token);
	wire_expect(&c, "two");
	wire_say(&b, "!%s three\n", token);
	hop_until(&h, "gone three");
	wire_close(&c);
	end_both();
}

/* ---- The end ---- */

/* Mail is under way in both directions when the workers stop: nothing of it is left. */
static void test_stop_with_mail(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		begin_both("-");
		say_bulk(&s, token2, 50);
		say_bulk(&s2, token, 50);
		hop_stop(&h);
		end_both();
	}
}

static int setup(void **state)
{
	(void)state;
	alarm(HOP_ALARM_S);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_another_worker),
		cmocka_unit_test(test_route),
		cmocka_unit_test(test_server_answer),
		cmocka_unit_test(test_server_calls),
		cmocka_unit_test(test_gone_there),
		cmocka_unit_test(test_both_gone),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_slow_reader_of_another_worker),
		cmocka_unit_test(test_much_at_once),
		cmocka_unit_test(test_full_mailbox),
		cmocka_unit_test(test_udp_both_ways),
		cmocka_unit_test(test_udp_client_by_any_worker),
		cmocka_unit_test(test_udp_or_stream),
		cmocka_unit_test(test_as_the_client_came),
		cmocka_unit_test(test_udp_only),
		cmocka_unit_test(test_udp_any_address),
		cmocka_unit_test(test_udp_idle),
		cmocka_unit_test(test_udp_route),
		cmocka_unit_test(test_stop_with_mail),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
