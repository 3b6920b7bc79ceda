/* SPDX-License-Identifier: Apache-2.0 */
/* The sip plugin and edits: what policies want changed is changed, in requests and answers, and no other byte is. */
#include "sip_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "plugins/sip/edits.h"

#define SPAN(s)                                                                                                        \
	{                                                                                                              \
		s, sizeof(s) - 1                                                                                       \
	}

/* What the policy of the fake host wants. */
static const struct lg_edit *wanted;
static unsigned nwanted;

static bool policy(struct lg_exchange *x, struct lg_reply *reply)
{
	(void)reply;
	x->edits = wanted;
	x->nedits = nwanted;
	return false;
}

#define WANT(...)                                                                                                      \
	do {                                                                                                           \
		static const struct lg_edit list[] = { __VA_ARGS__ };                                                  \
		wanted = list;                                                                                         \
		nwanted = sizeof(list) / sizeof(*list);                                                                \
	} while (0)

static struct fake *play_edits(enum route route)
{
	struct fake *f = play(route);

	f->policy = policy;
	return f;
}

/* ---- One message ---- */

/* A request with these header lines, and what its lines are when it arrives. */
static void edited(const char *lines, const char *front, const char *expected)
{
	struct fake *f = play_edits(ROUTE_CONNECTION);
	struct fake_peer *client = fake_client(f, false);
	const char *asked = SAY(.extra = lines, .body = "x-set: not a header\r\n");
	const char *plain = SAY(.extra = expected, .body = "x-set: not a header\r\n");
	size_t first = (size_t)(strstr(plain, "\r\n") - plain) + 2;
	char text[4096];

	fake_text(client, asked);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)first, plain, front, plain + first);
	assert_string_equal(fake_server(client, 0)->got, text);
	fake_destroy(f);
}

static void a_header_is_set(void **state)
{
	(void)state;
	WANT({ .name = SPAN("x-set"), .value = SPAN("new") });
	edited("", "x-set: new\r\n", "");
	edited("X-Other: 1\r\n", "x-set: new\r\n", "X-Other: 1\r\n");
	edited("X-Set: old\r\n", "", "X-Set: new\r\n");
	edited("X-SET :\t old \r\n", "", "X-SET :\t new \r\n");
	edited("A: 1\r\nX-Set: old\r\nB: 2\r\nx-set: older\r\nC: 3\r\n", "", "A: 1\r\nX-Set: new\r\nB: 2\r\nC: 3\r\n");
	edited("X-Set: a,\r\n b,\r\n\tc\r\nB: 2\r\n", "", "X-Set: new\r\nB: 2\r\n");
	edited("X-Set:\r\n b\r\nB: 2\r\n", "", "X-Set:\r\n new\r\nB: 2\r\n");
	edited("X-Set: a\r\nx-set: b,\r\n c\r\nB: 2\r\n", "", "X-Set: new\r\nB: 2\r\n");
	edited("X-Set:\r\nB: 2\r\n", "", "X-Set:new\r\nB: 2\r\n");
	edited("X-Set: \r\n", "", "X-Set: new\r\n");
	edited("X-Sets: old\r\nX-Se: old\r\n", "x-set: new\r\n", "X-Sets: old\r\nX-Se: old\r\n");
}

static void a_header_is_set_to_nothing(void **state)
{
	(void)state;
	WANT({ .name = SPAN("x-set"), .value = SPAN("") });
	edited("", "x-set: \r\n", "");
	edited("X-Set: old\r\n", "", "X-Set: \r\n");
}

static void a_header_is_removed(void **state)
{
	(void)state;
	WANT({ .name = SPAN("x-set") });
	edited("", "", "");
	edited("X-Set: 1\r\n", "", "");
	edited("A: 1\r\nX-Set: a,\r\n b\r\nx-set:\r\nX-Sets: 2\r\n", "", "A: 1\r\nX-Sets: 2\r\n");
	edited("X-Set: 1\r\nA: x-set: 1\r\nX-set: 2\r\n", "", "A: x-set: 1\r\n");
}

static void compact_forms_are_the_same_header(void **state)
{
	(void)state;
	WANT({ .name = SPAN("subject"), .value = SPAN("new") }, { .name = SPAN("k") });
	edited("s: old\r\nk: 100rel\r\n", "", "s: new\r\n");
	edited("Subject: old\r\nSupported: 100rel\r\nS: older\r\n", "", "Subject: new\r\n");
	edited("", "subject: new\r\n", "");
	WANT({ .name = SPAN("s"), .value = SPAN("new") });
	edited("Subject: old\r\ns: older\r\n", "", "Subject: new\r\n");
	edited("", "s: new\r\n", "");
}

static void the_later_of_two_holds(void **state)
{
	(void)state;
	WANT({ .name = SPAN("subject") }, { .name = SPAN("s"), .value = SPAN("new") });
	edited("Subject: old\r\n", "", "Subject: new\r\n");
	WANT({ .name = SPAN("x-set"), .value = SPAN("new") }, { .name = SPAN("x-set") });
	edited("X-Set: old\r\nA: 1\r\n", "", "A: 1\r\n");
}

static void several_at_once(void **state)
{
	(void)state;
	WANT({ .name = SPAN("organization") }, { .name = SPAN("user-agent") },
	     { .name = SPAN("x-one"), .value = SPAN("1") }, { .name = SPAN("x-two"), .value = SPAN("2") },
	     { .name = SPAN("x-none"), .value = SPAN("answer"), .answer = true });
	edited("User-Agent: phone\r\nX-Two: 0\r\nOrganization: us\r\n", "x-one: 1\r\n", "X-Two: 2\r\n");
}

/* More lines than a splice has cuts: refused, and what follows is served. */
static void too_many_lines(void **state)
{
	struct fake *f = play_edits(ROUTE_CONNECTION);
	struct fake_peer *client = fake_client(f, false);
	char lines[2000] = "";

	(void)state;
	for (unsigned i = 0; i <= SIP_CUTS; i++)
		strcat(lines, "x-set: 1\r\n");
	WANT({ .name = SPAN("x-set") });
	fake_text(client, SAY(.extra = lines, .body = "body"));
	assert_true(starts(client, "SIP/2.0 400 "));
	fake_text(client, SAY(.cseq = 2, .extra = "x-set: 1\r\n"));
	assert_string_equal(fake_server(client, 0)->got, SAY(.cseq = 2));
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

/* ---- Bodies that come later ---- */

/* A request and its answer, cut in two. */
static void body_follows(enum route route, size_t cut)
{
	const char *asked = SAY(.extra = "x-set: 1\r\n", .body = "0123456789012345678901234567890123456789");
	const char *answer = SAY(.status = 200, .extra = "x-set: 1\r\n", .body = "0123456789");
	struct fake *f = play_edits(route);
	struct fake_peer *client = fake_client(f, false);

	fake_cut(client, asked, strlen(asked), cut < strlen(asked) ? cut : 0);
	assert_string_equal(fake_server(client, 0)->got, SAY(.body = "0123456789012345678901234567890123456789"));
	fake_cut(fake_server(client, 0), answer, strlen(answer), cut < strlen(answer) ? cut : 0);
	assert_string_equal(client->got, SAY(.status = 200, .body = "0123456789"));
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

static void the_body_follows_an_edited_head(void **state)
{
	(void)state;
	WANT({ .name = SPAN("x-set") }, { .name = SPAN("x-set"), .answer = true });
	for (size_t cut = 1; cut < 260; cut++) {
		body_follows(ROUTE_CONNECTION, cut);
		body_follows(ROUTE_MESSAGE, cut);
	}
}

/* ---- Answers ---- */

static void answers_are_edited_up_to_the_final_one(void **state)
{
	(void)state;
	WANT({ .name = SPAN("server"), .answer = true }, { .name = SPAN("x-set"), .value = SPAN("1"), .answer = true });
	for (int route = ROUTE_CONNECTION; route <= ROUTE_MESSAGE; route++) {
		struct fake *f = play_edits((enum route)route);
		struct fake_peer *client = fake_client(f, false), *server;

		fake_text(client, SAY(.extra = "Server: mine\r\n"));
		server = fake_server(client, 0);
		assert_string_equal(server->got, SAY(.extra = "Server: mine\r\n"));
		assert_int_equal(f->open, 1);
		fake_text(server, SAY(.status = 183, .extra = "Server: one\r\n"));
		fake_text(server, SAY(.status = 404, .extra = "Server: one\r\nX-Set: 0\r\n"));
		assert_int_equal(times(client, "Server"), 0);
		assert_int_equal(times(client, "x-set: 1\r\nVia"), 1);
		assert_int_equal(times(client, "\r\nX-Set: 1\r\n"), 1);
		assert_int_equal(f->open, 0);
		fake_forget(client);
		fake_text(server, SAY(.status = 404, .extra = "Server: one\r\n")); /* nobody asked */
		assert_string_equal(client->got, SAY(.status = 404, .extra = "Server: one\r\n"));
		fake_destroy(f);
	}
}

/* A 2xx to an INVITE may come again until the ACK is there: it looks the same, for 32 s. */
static void repeated_2xx_look_the_same(void **state)
{
	const char *ok = SAY(.method = "INVITE", .status = 200, .extra = "Server: one\r\n");

	(void)state;
	WANT({ .name = SPAN("server"), .answer = true });
	for (int route = ROUTE_CONNECTION; route <= ROUTE_MESSAGE; route++) {
		struct fake *f = play_edits((enum route)route);
		struct fake_peer *client = fake_client(f, false), *server;

		fake_text(client, SAY(.method = "INVITE"));
		server = fake_server(client, 0);
		fake_text(server, ok);
		fake_pass(f, 5000);
		fake_text(server, ok);
		assert_int_equal(times(client, "SIP/2.0 200"), 2);
		assert_int_equal(times(client, "Server"), 0);
		fake_pass(f, 60000);
		assert_int_equal(f->open, 0);
		assert_int_equal(f->counts[COUNT_UNANSWERED], 0);
		fake_destroy(f);
	}
}

/* The answers of a client, to what a server asks. */
static void a_clients_answers_are_edited_too(void **state)
{
	(void)state;
	for (int route = ROUTE_CONNECTION; route <= ROUTE_MESSAGE; route++) {
		struct fake *f = play_edits((enum route)route);
		struct fake_peer *client = fake_client(f, false), *server;

		nwanted = 0;
		fake_text(client, SAY(.method = "ACK"));
		server = fake_server(client, 0);
		fake_forget(server);
		WANT({ .name = SPAN("user-agent") }, { .name = SPAN("user-agent"), .answer = true });
		fake_text(server, SAY(.method = "INVITE", .extra = "User-Agent: server\r\n"));
		assert_string_equal(client->got, SAY(.method = "INVITE"));
		for (int i = 0; i < 2; i++)
			fake_text(client, SAY(.method = "INVITE", .status = 200, .extra = "User-Agent: phone\r\n"));
		assert_int_equal(times(server, "SIP/2.0 200"), 2);
		assert_int_equal(times(server, "User-Agent"), 0);
		fake_destroy(f);
	}
}

/* ---- Ends ---- */

/* By connection the client learns by a close that its server is lost, also while answers are waited for. */
static void a_server_is_lost(void **state)
{
	struct fake *f = play_edits(ROUTE_CONNECTION);
	struct fake_peer *client = fake_client(f, false);

	(void)state;
	WANT({ .name = SPAN("server"), .answer = true });
	fake_text(client, SAY(.method = "INVITE"));
	fake_text(client, SAY(.cseq = 2));
	fake_text(fake_server(client, 0), SAY(.method = "INVITE", .status = 200));
	fake_forget(client);
	fake_kill(fake_server(client, 0));
	assert_int_equal(f->counts[COUNT_LOST], 1);
	assert_string_equal(client->got, "");
	assert_true(!client->link || client->closing);
	assert_int_equal(f->open, 0);
	fake_destroy(f);
}

/* By message another server gets the same edited request. */
static void sent_again_it_is_edited_again(void **state)
{
	struct fake *f = play_edits(ROUTE_MESSAGE);
	struct fake_peer *client = fake_client(f, false), *second = NULL;

	(void)state;
	WANT({ .name = SPAN("x-set"), .value = SPAN("1") });
	fake_text(client, SAY(0));
	f->handed = false;
	fake_kill(fake_server(client, 0));
	for (unsigned i = 0; i < f->npeers; i++)
		if (f->peers[i] != client && f->peers[i]->link)
			second = f->peers[i];
	assert_non_null(second);
	assert_int_equal(times(second, "\r\nx-set: 1\r\nVia"), 1);
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_is_set),
		cmocka_unit_test(a_header_is_set_to_nothing),
		cmocka_unit_test(a_header_is_removed),
		cmocka_unit_test(compact_forms_are_the_same_header),
		cmocka_unit_test(the_later_of_two_holds),
		cmocka_unit_test(several_at_once),
		cmocka_unit_test(too_many_lines),
		cmocka_unit_test(the_body_follows_an_edited_head),
		cmocka_unit_test(answers_are_edited_up_to_the_final_one),
		cmocka_unit_test(repeated_2xx_look_the_same),
		cmocka_unit_test(a_clients_answers_are_edited_too),
		cmocka_unit_test(a_server_is_lost),
		cmocka_unit_test(sent_again_it_is_edited_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
