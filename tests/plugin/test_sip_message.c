/* SPDX-License-Identifier: Apache-2.0 */
/* The sip plugin cuts streams: however the bytes come, what leaves is the same; what cannot be cut is refused. */
#include "sip_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

/* ---- The same however it is cut ---- */

/* Oddities that are legal, or Lync's: all of them have to pass. */
static const char from_client[] =
	"\r\n\r\n"
	"REGISTER sip:corp.example SIP/2.0\r\nv: SIP/2.0/tls 10.0.0.9:49152\r\nmax-forwards: 0\r\nf: "
	"<sip:ann@corp.example>"
	";tag=1\r\nt: <sip:ann@corp.example>\r\ni: one\r\nCSeq: 1\r\n REGISTER\r\nl: 0\r\n\r\n"
	"\r\n\r\n"
	"SERVICE sip:ann@corp.example SIP/2.0\r\nVia: SIP/2.0/tls 10.0.0.9:49152\r\nFrom: \"A, B\" "
	"<sip:ann@corp.example>"
	";tag=2\r\nTo: <sip:ann@corp.example>\r\nCall-ID : two\r\nCSeq: 7 SERVICE\r\nProxy-Require: ms-benotify\r\n"
	"Content-Type: text/plain\r\nContent-Length:  29\r\n\r\nINVITE sip:a@b SIP/2.0\r\n\r\n\r\n1"
	"BENOTIFY sip:ann@corp.example SIP/2.0\r\nVia: SIP/2.0/tls 10.0.0.9:49152\r\nFrom: <sip:a@b>;tag=3\r\nTo: "
	"<sip:c@d>"
	";tag=4\r\nCall-ID: one\r\nCSeq: 2 BENOTIFY\r\nContent-Length: 4\r\n\r\nbody"
	"\r\n"
	"ACK sip:ann@corp.example SIP/2.0\r\nVia: SIP/2.0/TLS 10.0.0.9;branch=z9hG4bK7, SIP/2.0/TLS 10.0.0.8\r\n"
	"From: <sip:a@b>;tag=3\r\nTo: <sip:c@d>;tag=4\r\nCall-ID: two\r\nCSeq: 2 ACK\r\n\r\n"
	"OPTIONS sip:ann@corp.example SIP/2.0\r\nVia: SIP/2.0/TLS 10.0.0.9;branch=z9hG4bK8\r\nFrom: <sip:a@b>;tag=3\r\n"
	"To: <sip:c@d>\r\nCall-ID: two\r\nCSeq: 3 OPTIONS\r\nSubject: a\r\n b\r\n\tc\r\nContent-Length: 0\r\n\r\n"
	"\r\n\r\n";

static const char from_server[] =
	"SIP/2.0 100 Trying\r\nVia: SIP/2.0/tls 10.0.0.9:49152;ms-received-port=1;ms-received-cid=2\r\nFrom: "
	"<sip:a@b>;tag=1\r\n"
	"To: <sip:a@b>\r\nCall-ID: one\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n"
	"\r\n\r\n"
	"SIP/2.0 200\r\nVia: SIP/2.0/tls 10.0.0.9:49152;ms-received-port=1;ms-received-cid=2\r\nFrom: "
	"<sip:a@b>;tag=1\r\n"
	"To: <sip:a@b>;tag=9\r\nCall-ID: one\r\nCSeq: 1 REGISTER\r\nContent-Length: 12\r\n\r\n\r\n\r\nSIP/2.0 "
	"NOTIFY sip:ann@10.0.0.9 SIP/2.0\r\nVia: SIP/2.0/TLS fe01.corp.example\r\nFrom: <sip:c@d>;tag=8\r\nTo: "
	"<sip:a@b>;tag=1"
	"\r\nCall-ID: one\r\nCSeq: 1 NOTIFY\r\nContent-Length: 5\r\n\r\n12345"
	"BENOTIFY sip:ann@10.0.0.9 SIP/2.0\r\nVia: SIP/2.0/TLS fe01.corp.example\r\nFrom: <sip:c@d>;tag=8\r\n"
	"To: <sip:a@b>;tag=1\r\nCall-ID: one\r\nCSeq: 2 BENOTIFY\r\nContent-Length: 0\r\n\r\n"
	"SIP/2.0 481 No Such Call\r\nVia: SIP/2.0/TLS 10.0.0.9\r\nFrom: <sip:x@y>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n"
	"Call-ID: unknown\r\nCSeq: 9 BYE\r\nContent-Length: 0\r\n\r\n";

static const char from_client_again[] =
	"SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS fe01.corp.example;received=10.0.0.1\r\nFrom: <sip:c@d>;tag=8\r\n"
	"To: <sip:a@b>;tag=1\r\nCall-ID: one\r\nCSeq: 1 NOTIFY\r\nContent-Length: 3\r\n\r\nabc";

/* How bytes are handed over: in pieces of `step`, or in two at `cut`. */
struct cutting {
	size_t step, cut;
};

static void hand_over(struct fake_peer *p, const char *bytes, size_t n, const struct cutting *c)
{
	if (c->step)
		fake_steps(p, bytes, n, c->step);
	else
		fake_cut(p, bytes, n, c->cut < n ? c->cut : n);
}

/* All that everybody got of the dialogue above. */
static char *perform(enum route route, const struct cutting *c)
{
	struct fake *f = play(route);
	struct fake_peer *client = fake_client(f, false);
	size_t n = 0;
	char *all;

	hand_over(client, from_client, sizeof(from_client) - 1, c);
	assert_non_null(fake_server(client, 0));
	hand_over(fake_server(client, 0), from_server, sizeof(from_server) - 1, c);
	hand_over(client, from_client_again, sizeof(from_client_again) - 1, c);
	for (unsigned i = 0; i < f->npeers; i++)
		n += f->peers[i]->got_n + 32;
	all = malloc(n + 1);
	assert_non_null(all);
	n = 0;
	for (unsigned i = 0; i < f->npeers; i++)
		n += (size_t)sprintf(all + n, "== %u %d\n%s", i, f->peers[i]->link != NULL, f->peers[i]->got);
	assert_int_equal(f->counts[COUNT_MALFORMED], 0);
	fake_destroy(f);
	return all;
}

static void no_cut_makes_a_difference(void **state)
{
	(void)state;
	for (int route = ROUTE_AUTO; route <= ROUTE_MESSAGE; route++) {
		char *whole = perform((enum route)route, &(struct cutting){ .cut = SIZE_MAX });

		for (size_t i = 1; i < sizeof(from_client) + 17; i++) {
			bool steps = i >= sizeof(from_client) - 1;
			struct cutting c = { .step = steps ? i - sizeof(from_client) + 2 : 0, .cut = i };
			char *pieces = perform((enum route)route, &c);

			assert_string_equal(pieces, whole);
			free(pieces);
		}
		free(whole);
	}
}

/* By connection all is bit for bit, pings at their place; only those before there is a server are answered. */
static void by_connection_nothing_changes(void **state)
{
	struct fake *f = play(ROUTE_CONNECTION);
	struct fake_peer *client = fake_client(f, false), *server;

	(void)state;
	fake_text(client, from_client);
	server = fake_server(client, 0);
	assert_string_equal(client->got, "\r\n");
	assert_string_equal(server->got, from_client + 4);
	fake_forget(client);
	fake_forget(server);
	fake_text(server, from_server);
	assert_string_equal(client->got, from_server);
	fake_text(client, from_client_again);
	assert_string_equal(server->got, from_client_again);
	fake_destroy(f);
}

/* By message nothing changes either, but pings are answered and stay here. */
static void by_message_pings_stay(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false), *one, *two;

	(void)state;
	fake_text(client, from_client);
	one = fake_server(client, 0);
	two = fake_server(client, 1);
	assert_string_equal(client->got, "\r\n\r\n\r\n");
	assert_int_equal(one->got_n + two->got_n, sizeof(from_client) - 1 - 3 * 4 - 2);
	assert_true(starts(one, "REGISTER ") && starts(two, "SERVICE "));
	assert_int_equal(times(one, "BENOTIFY "), 1);
	fake_text(one, from_server);
	assert_int_equal(times(one, "Content-Length: 4\r\n\r\nbody\r\n"), 1); /* its ping was answered */
	fake_destroy(f);
}

/* Many requests are taken in one go, and leave in their order, each on its way. */
static void ten_at_once_keep_their_order(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);
	char text[8192] = "", expected[8192] = "";

	(void)state;
	f->slow = true;
	for (int i = 1; i <= 10; i++)
		strcat(text, SAY(.cseq = i, .call_id = i % 2 ? "odd" : "even", .body = i % 3 ? "" : "body"));
	for (int i = 1; i <= 9; i += 2)
		strcat(expected, SAY(.cseq = i, .call_id = "odd", .body = i % 3 ? "" : "body"));
	fake_text(client, text);
	assert_int_equal(f->open, 10);
	fake_connect(f);
	assert_string_equal(fake_server(client, 0)->got, expected);
	fake_destroy(f);
}

/* ---- Bodies ---- */

/* A large body is never held: it flows, in both directions, whatever its bytes. */
static void a_large_body_flows(void **state)
{
	enum { BODY = 1 << 20, PIECE = 16000 };
	static const enum route routes[] = { ROUTE_CONNECTION, ROUTE_MESSAGE };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fake *f = play(routes[i]);
		struct fake_peer *client = fake_client(f, false), *server;
		char *text = malloc(BODY + 512);
		size_t n;

		assert_non_null(text);
		n = (size_t)sprintf(
			text,
			"MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=1\r\nFrom: <sip:a@b>;tag=1\r\n"
			"To: <sip:c@d>\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\nContent-Length: %d\r\n\r\n",
			BODY);
		for (size_t j = 0; j < BODY; j++)
			text[n++] = (char)(j * 7 + j / 256);
		fake_steps(client, text, n, PIECE);
		server = fake_server(client, 0);
		assert_int_equal(server->got_n, n);
		assert_memory_equal(server->got, text, n);
		assert_int_equal(client->in_n, 0);
		memcpy(text, "SIP/2.0 200 OK         ", 23);
		fake_steps(server, text, n, PIECE);
		assert_int_equal(client->got_n, n);
		assert_memory_equal(client->got, text, n);
		fake_text(client, SAY(.method = "BYE", .call_id = "c"));
		assert_int_equal(server->got_n, n + strlen(SAY(.method = "BYE", .call_id = "c")));
		free(text);
		fake_destroy(f);
	}
}

/* The body waits until there is a server for its head. */
static void a_body_waits_for_its_head(void **state)
{
	const char *text = SAY(.method = "MESSAGE", .body = "0123456789");
	const char *next = SAY(.method = "INFO", .cseq = 2);
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);
	char expected[2048];

	(void)state;
	f->slow = true;
	fake_cut(client, text, strlen(text), strlen(text) - 5);
	fake_text(client, next);
	assert_true(client->held);
	assert_int_equal(f->routes, 1);
	fake_connect(f);
	assert_false(client->held);
	fake_connect(f);
	snprintf(expected, sizeof(expected), "%s%s", text, next);
	assert_string_equal(fake_server(client, 0)->got, expected);
	fake_destroy(f);
}

/* ---- Back-pressure ---- */

static void a_full_server_stops_its_client(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.call_id = "x"));
	fake_fill(fake_server(client, 0));
	fake_text(client, SAY(.call_id = "x", .cseq = 2));
	assert_true(client->held);
	fake_text(client, SAY(.call_id = "x", .cseq = 3));
	assert_int_equal(times(fake_server(client, 0), "OPTIONS sip:"), 2);
	fake_drain(fake_server(client, 0));
	assert_false(client->held);
	assert_int_equal(times(fake_server(client, 0), "OPTIONS sip:"), 3);
	fake_destroy(f);
}

static void a_full_client_stops_its_servers(void **state)
{
	const char *answer = SAY(.status = 200, .call_id = "x", .body = "0123456789");
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.call_id = "x"));
	fake_text(client, SAY(.call_id = "y"));
	fake_fill(client);
	fake_input(fake_server(client, 0), answer, strlen(answer) - 3);
	fake_text(fake_server(client, 1), SAY(.status = 200, .call_id = "y"));
	assert_true(fake_server(client, 0)->held && fake_server(client, 1)->held);
	fake_text(fake_server(client, 0), "789");
	assert_int_equal(times(client, "Call-ID: y"), 0);
	fake_drain(client);
	assert_true(starts(client, answer));
	assert_int_equal(times(client, "Call-ID: y"), 1);
	assert_false(fake_server(client, 0)->held);
	fake_destroy(f);
}

/* One that does not read its own answers is not read either. */
static void who_does_not_read_is_not_read(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_fill(client);
	fake_text(client, "\r\n\r\n");
	assert_true(client->held);
	fake_text(client, "\r\n\r\n");
	assert_string_equal(client->got, "\r\n");
	fake_drain(client);
	assert_string_equal(client->got, "\r\n\r\n");
	fake_destroy(f);
}

/* A client that waits for a server does not wait for ever when that dies. */
static void a_dead_server_is_not_waited_for(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	fake_text(client, SAY(.call_id = "x"));
	fake_fill(fake_server(client, 0));
	fake_text(client, SAY(.call_id = "x", .cseq = 2));
	f->down[0] = true;
	fake_kill(fake_server(client, 0));
	assert_false(client->held);
	fake_text(client, SAY(.call_id = "x", .cseq = 3));
	assert_int_equal(times(fake_server(client, 1), "CSeq: 3"), 1);
	fake_destroy(f);
}

/* ---- What is refused ---- */

#define REST "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n"
#define VIA  "Via: SIP/2.0/TLS h;branch=1\r\n"
#define KEY  "Call-ID: c\r\nCSeq: 1 OPTIONS\r\n"

static const struct {
	const char *text, *answer; /* "": none */
	bool stays;
} bad_requests[] = {
	{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "", false },
	{ "\x16\x03\x01\x02garbage", "", false },
	{ "OPTIONS sip:a@b SIP/2.0\r\n" VIA REST KEY "Content-Length: 1x\r\n\r\n", "SIP/2.0 400 ", false },
	{ "OPTIONS sip:a@b SIP/2.0\r\n" VIA REST KEY "Content-Length: -1\r\n\r\n", "SIP/2.0 400 ", false },
	{ "OPTIONS sip:a@b SIP/2.0\r\n" VIA REST KEY "Content-Length: 1\r\nl: 2\r\n\r\n", "SIP/2.0 400 ", false },
	{ "OPTIONS sip:a@b SIP/2.0\r\n" VIA REST KEY "Content-Type: text/plain\r\n\r\n", "SIP/2.0 400 ", false },
	{ "OPTIONS sip:a@b SIP/2.0\r\n" VIA REST "CSeq: 1 OPTIONS\r\nContent-Length: 4\r\n\r\nbody", "", false },
	{ "OPTIONS sip:a@b SIP/2.0\r\n" VIA REST "Call-ID: c\r\nCSeq: 1 INFO\r\nContent-Length: 4\r\n\r\nbody",
	  "SIP/2.0 400 ", true },
	{ "OPTIONS sip:a@b SIP/3.0\r\n" VIA REST KEY "Content-Length: 4\r\n\r\nbody", "SIP/2.0 505 ", true },
	{ "ACK sip:a@b SIP/2.0\r\n" VIA REST "Call-ID: c\r\nCSeq: 1 INFO\r\nContent-Length: 0\r\n\r\n", "", false },
	{ "BENOTIFY sip:a@b SIP/2.0\r\n" VIA REST "Call-ID: c\r\nCSeq: 1 INFO\r\nContent-Length: 0\r\n\r\n", "", true },
	{ "OPTIONS sip:a@b SIP/2.0\r\n" VIA REST KEY "Content-Length: 1001\r\n\r\n", "SIP/2.0 413 ", false },
	{ "OPTIONS sip:a@b SIP/2.0\r\n" VIA REST KEY "Content-Length: 12\r\n\r\nINVITE sip:x", "SIP/2.0 413 ", true },
	{ "BENOTIFY sip:a@b SIP/2.0\r\n" VIA REST
	  "Call-ID: c\r\nCSeq: 1 BENOTIFY\r\nContent-Length: 12\r\n\r\n123456789012",
	  "", true },
	{ "ACK sip:a@b SIP/2.0\r\n" VIA REST "Call-ID: c\r\nCSeq: 1 ACK\r\nContent-Length: 12\r\n\r\n123456789012", "",
	  false },
};

static void refuse_one(size_t i, size_t step, enum lg_side side)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false), *peer = client;

	f->limits.message = 10;
	f->limits.headers = 1000;
	if (side == LG_SERVER) {
		fake_text(client, SAY(.method = "MESSAGE"));
		peer = fake_server(client, 0);
		fake_forget(peer);
	}
	fake_steps(peer, bad_requests[i].text, strlen(bad_requests[i].text), step);
	assert_int_equal(peer->got_n > 0, bad_requests[i].answer[0] != '\0');
	assert_true(starts(peer, bad_requests[i].answer));
	assert_int_equal(peer->link != NULL, bad_requests[i].stays);
	assert_int_equal(f->counts[COUNT_MALFORMED], 1);
	assert_int_equal(f->logs, 1);
	if (bad_requests[i].stays) {
		fake_forget(peer);
		fake_text(peer, SAY(.method = "INFO", .cseq = 2));
		assert_int_equal(times(side == LG_SERVER ? client : fake_server(client, 0), "INFO "), 1);
	}
	fake_destroy(f);
}

/* 400, 413 or 505 where they can be said, and the connection stays where the next message can be found. */
static void what_cannot_be_read_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_requests) / sizeof(*bad_requests); i++)
		for (int side = LG_CLIENT; side <= LG_SERVER; side++) {
			refuse_one(i, 1, (enum lg_side)side);
			refuse_one(i, 4096, (enum lg_side)side);
		}
}

/* A head over the limit: the same whether or not its end is there. */
static void a_long_head_is_a_513(void **state)
{
	static const size_t steps[] = { 1, 100, 5000 };
	char text[3000];
	int n = snprintf(text, sizeof(text), "OPTIONS sip:a@b SIP/2.0\r\n" VIA REST KEY "Subject: %02000d\r\n\r\n", 0);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fake *f = play(ROUTE_MESSAGE);
		struct fake_peer *client = fake_client(f, false);

		f->limits.headers = 1000;
		fake_steps(client, text, (size_t)n, steps[i]);
		assert_true(starts(client, "SIP/2.0 513 "));
		assert_int_equal(times(client, "SIP/2.0 513 "), 1);
		assert_null(client->link);
		assert_int_equal(f->routes, 0);
		fake_destroy(f);
	}
}

static const char *const bad_answers[] = {
	"SIP/2.0 99 Low\r\n" VIA REST KEY "Content-Length: 0\r\n\r\n",
	"SIP/2.0 200 OK\r\n" VIA REST KEY "Content-Length: 1, 2\r\n\r\n",
	"SIP/2.0 200 OK\r\n" VIA REST KEY "Content-Type: text/plain\r\n\r\n",
	"SIP/2.0 200 OK\r\n" VIA REST "Call-ID: c\r\nContent-Length: 0\r\n\r\n",
	"SIP/2.0 200 OK\r\n" VIA REST KEY "Content-Length: 11\r\n\r\n",
};

/* A malformed answer is dropped and its link closed, on either side. */
static void a_bad_answer_closes_its_link(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_answers) / sizeof(*bad_answers); i++)
		for (int side = LG_CLIENT; side <= LG_SERVER; side++) {
			struct fake *f = play(ROUTE_MESSAGE);
			struct fake_peer *client = fake_client(f, false), *server;

			f->limits.message = 10;
			fake_text(client, SAY(.call_id = "c", .method = "ACK"));
			server = fake_server(client, 0);
			fake_forget(server);
			fake_text(side == LG_SERVER ? server : client, bad_answers[i]);
			assert_null(server->link);
			assert_int_equal(client->link != NULL, side == LG_SERVER);
			assert_int_equal(client->got_n + server->got_n, 0);
			fake_destroy(f);
		}
}

/* What is answered at once does not overtake what is answered after its turn. */
static void our_answers_keep_their_order(void **state)
{
	static const struct {
		const char *second, *answer;
		bool stays;
	} cases[] = {
		{ "GET / HTTP/1.0\r\n\r\n", NULL, false },
		{ "OPTIONS sip:a@b SIP/3.0\r\n" VIA REST KEY "Content-Length: 0\r\n\r\n", "SIP/2.0 505 ", true },
		{ "OPTIONS sip:a@b SIP/2.0\r\n" VIA REST KEY "Content-Length: 11\r\n\r\n12345678901", "SIP/2.0 413 ",
		  true },
		{ "\r\n\r\n", "\r\n", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = play(ROUTE_MESSAGE);
		struct fake_peer *client = fake_client(f, false);
		char text[2048];
		size_t first;

		f->limits.message = 10;
		f->down[0] = f->down[1] = f->down[2] = true;
		snprintf(text, sizeof(text), "%s%s", SAY(.cseq = 1), cases[i].second);
		fake_text(client, text);
		assert_true(starts(client, "SIP/2.0 503 "));
		first = (size_t)(strstr(client->got, "\r\n\r\n") - client->got) + 4;
		if (cases[i].answer)
			assert_ptr_equal(strstr(client->got + first, cases[i].answer), client->got + first);
		else
			assert_int_equal(client->got_n, first);
		assert_int_equal(client->link != NULL, cases[i].stays);
		fake_destroy(f);
	}
}

/* A link that errs and errs is one line in the log. */
static void errors_are_logged_once(void **state)
{
	struct fake *f = play(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	for (int i = 0; i < 3; i++)
		fake_text(client, "OPTIONS sip:a@b SIP/3.0\r\n" VIA REST KEY "Content-Length: 0\r\n\r\n");
	assert_int_equal(f->counts[COUNT_MALFORMED], 3);
	assert_int_equal(f->logs, 1);
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_cut_makes_a_difference),
		cmocka_unit_test(by_connection_nothing_changes),
		cmocka_unit_test(by_message_pings_stay),
		cmocka_unit_test(ten_at_once_keep_their_order),
		cmocka_unit_test(a_large_body_flows),
		cmocka_unit_test(a_body_waits_for_its_head),
		cmocka_unit_test(a_full_server_stops_its_client),
		cmocka_unit_test(a_full_client_stops_its_servers),
		cmocka_unit_test(who_does_not_read_is_not_read),
		cmocka_unit_test(a_dead_server_is_not_waited_for),
		cmocka_unit_test(what_cannot_be_read_is_refused),
		cmocka_unit_test(a_long_head_is_a_513),
		cmocka_unit_test(a_bad_answer_closes_its_link),
		cmocka_unit_test(our_answers_keep_their_order),
		cmocka_unit_test(errors_are_logged_once),
	};

	return cmocka_run_group_tests_name("sip messages", tests, NULL, NULL);
}
