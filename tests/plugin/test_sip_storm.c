/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sip plugin in a storm: clients and servers do anything in any order, and the host all that it may.  Nobody looks
 * at what comes out; the fake host's own checks (and the sanitizers) say whether an exchange, a link or a unit was used
 * after its end, and that nothing is left.  A seed that fails fails again.
 */
#include "sip_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

enum { STORMS = 1500, EVENTS = 60 };

static uint32_t state_of_chance;

static uint32_t chance(uint32_t n)
{
	state_of_chance = state_of_chance * 1664525 + 1013904223;
	return (state_of_chance >> 8) % n;
}

static const char *any_message(void)
{
	static const char *const methods[] = { "OPTIONS", "INVITE", "ACK", "BENOTIFY", "CANCEL", "NEGOTIATE", "BYE" };
	static const char *const calls[] = { "a", "b", "c", "d", "e" };
	static const char *const vias[] = { NULL, "h", "h;branch=2", "i;received=1" };
	static const char *const extras[] = { NULL,
					      NULL,
					      NULL,
					      NULL,
					      "Compression: LZ77-8K\r\n",
					      "Contact: <sip:a@b>;proxy=replace\r\n",
					      "Authorization: NTLM a=\"b\"\r\n" };
	static const int statuses[] = { 0, 0, 0, 100, 180, 200, 404 };

	switch (chance(24)) {
	case 0:
		return "\r\n\r\n";
	case 1:
		return "SIP/2.0 200 OK\r\nCall-ID: a\r\nContent-Length: 0\r\n\r\n";
	case 2:
		return chance(4) ? "\r\n" : "garbage\r\n\r\n";
	default:
		return SAY(.method = methods[chance(7)], .status = statuses[chance(7)], .call_id = calls[chance(5)],
			   .cseq = (int)chance(3) + 1, .via = vias[chance(4)], .extra = extras[chance(7)],
			   .to = chance(3) ? NULL : "<sip:b@c>;tag=2", .body = chance(3) ? NULL : "0123456789");
	}
}

static bool any_policy(struct lg_exchange *x, struct lg_reply *reply)
{
	fake_fact(x, "from.user");
	fake_fact(x, "header.via");
	reply->code = chance(2) ? 403 : 0;
	return chance(6) == 0;
}

/* An open link of either side; NULL: there is none at the place looked at. */
static struct fake_peer *any_peer(struct fake *f)
{
	struct fake_peer *p = f->peers[chance(f->npeers)];

	return p->link && !p->closing ? p : NULL;
}

static void say_something(struct fake_peer *p)
{
	char text[2048];
	size_t n = 0;

	for (uint32_t i = chance(3) + 1; i > 0; i--)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", any_message());
	assert_true(n < sizeof(text));
	if (chance(3) == 0)
		fake_steps(p, text, n, chance(40) + 1);
	else
		fake_input(p, text, chance(4) ? n : chance((uint32_t)n));
}

static void change_the_host(struct fake *f)
{
	f->slow = chance(3) == 0;
	f->handed = chance(2);
	f->no_memory = chance(8) == 0;
	f->down[chance(FAKE_SERVERS)] = chance(3) == 0;
	f->limits.requests = chance(4) ? 100 : 2;
	fake_connect(f);
	fake_pass(f, chance(3) ? 10 : f->limits.answer_ms);
}

static void something_happens(struct fake *f)
{
	struct fake_peer *p = any_peer(f);

	if (f->npeers + FAKE_SERVERS + 1 < FAKE_PEERS && chance(20) == 0)
		fake_client(f, chance(4) == 0);
	if (!p)
		return;
	switch (chance(30)) {
	case 0:
		fake_kill(p);
		break;
	case 1:
		fake_end(p);
		break;
	case 2:
	case 3:
		fake_fill(p);
		break;
	case 4:
	case 5:
	case 6:
		fake_drain(p);
		break;
	case 7:
	case 8:
		change_the_host(f);
		break;
	default:
		say_something(p);
	}
}

static void nothing_breaks(void **state)
{
	uint64_t requests = 0, answers = 0, joined = 0, retried = 0;

	(void)state;
	for (uint32_t seed = 1; seed <= STORMS; seed++) {
		struct fake *f;

		state_of_chance = seed;
		f = play((enum route)chance(3));
		f->policy = chance(2) ? any_policy : NULL;
		f->limits.message = chance(4) ? 1000 : 5;
		fake_client(f, chance(4) == 0);
		for (int i = 0; i < EVENTS && f->npeers + FAKE_SERVERS < FAKE_PEERS; i++)
			something_happens(f);
		requests += f->counts[COUNT_REQUESTS];
		answers += f->counts[COUNT_ANSWERS];
		joined += f->counts[COUNT_COMPRESSED];
		retried += f->counts[COUNT_RETRIED];
		fake_destroy(f);
	}
	/* It was a storm. */
	assert_true(requests > STORMS && answers > STORMS);
	assert_true(joined > 0 && retried > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_breaks),
	};

	return cmocka_run_group_tests_name("sip in a storm", tests, NULL, NULL);
}
