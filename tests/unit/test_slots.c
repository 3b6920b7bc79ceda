/* SPDX-License-Identifier: Apache-2.0 */
/* test_slots.c: the addresses that a name has one after the other, and in which slot each of them is. */
#include "slots.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"
#include "snapshot.h"

enum { SLOTS = 3 };

struct fixture {
	struct pool pool;
	struct server servers[SLOTS];
	struct slots slots;
	char heard[256]; /* "+1 -2": the last number of the address that came or went */
};

static void setup(struct fixture *f)
{
	log_set_level(LG_ERROR);
	memset(f, 0, sizeof *f);
	f->pool = (struct pool){ .name = (char *)"pool", .servers = f->servers, .nservers = SLOTS };
	f->slots = (struct slots){
		.host = (char *)"fe.test", .id = (char *)"fe.test:5061", .port = 5061, .pool = &f->pool, .n = SLOTS
	};
	for (unsigned i = 0; i < SLOTS; i++) {
		struct server *s = &f->servers[i];

		*s = (struct server){
			.name = (char *)"fe.test:5061", .pool = &f->pool, .index = i, .slots = &f->slots
		};
		s->state = server_state_create();
		assert_non_null(s->state);
		atomic_store(&s->state->presence, SERVER_ABSENT);
		assert_int_equal(server_put(s, NULL), 0);
	}
}

static void teardown(struct fixture *f)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		server_places_free(&f->servers[i]);
		server_state_free(f->servers[i].state);
	}
}

static void hear(struct fixture *f, char sign, const struct server *s)
{
	size_t n = strlen(f->heard);

	snprintf(f->heard + n, sizeof f->heard - n, "%s%c%.*s", n ? " " : "", sign, 1, server_place(s)->text + 8);
}

static void came(void *ctx, struct server *s)
{
	hear(ctx, '+', s);
}

static void went(void *ctx, struct server *s)
{
	hear(ctx, '-', s);
}

static const struct slots_ops ops = { came, went };

/* An answer: a digit for each address, 192.0.2.N. */
static bool answer(struct fixture *f, const char *digits)
{
	struct sockaddr_storage found[16];
	unsigned n = 0;

	f->heard[0] = 0;
	for (const char *p = digits; *p; p++) {
		char text[32];

		snprintf(text, sizeof text, "192.0.2.%c:0", *p);
		assert_int_equal(address_parse(&found[n++], (struct lg_span){ text, strlen(text) }), 0);
	}
	return slots_take(&f->slots, found, n, &ops, f);
}

/* What the slots are: a digit and its presence, "1p 2l -a"; a dash: it was never anywhere. */
static void expect(struct fixture *f, const char *want)
{
	char text[64] = "";

	for (unsigned i = 0; i < SLOTS; i++) {
		const struct server *s = &f->servers[i];
		const char *address = server_place(s)->text;

		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%c%c", i ? " " : "",
			 address[0] ? address[8] : '-', "pla"[atomic_load(&s->state->presence)]);
	}
	assert_string_equal(text, want);
}

/* Answers one after the other; `*` after a digit: a link to it stands from then on, `/`: all end. */
static const struct {
	const char *story[6], *slots[6], *heard[6];
} stories[] = {
	{ { "12", "21", "2", "12" }, { "1p 2p -a", "1p 2p -a", "1a 2p -a", "1p 2p -a" }, { "+1 +2", "", "-1", "+1" } },
	/* in use, it leaves, comes back, leaves and goes with its last link */
	{ { "1*2", "2", "12", "2", "2/", "2" },
	  { "1p 2p -a", "1l 2p -a", "1p 2p -a", "1l 2p -a", "1l 2p -a", "1a 2p -a" },
	  { "+1 +2", "", "", "", "", "-1" } },
	/* a slot that has been free for a round is another one's; one that became free just now is not */
	{ { "123", "45", "45", "145" },
	  { "1p 2p 3p", "1a 2a 3a", "4p 5p 3a", "4p 5p 1p" },
	  { "+1 +2 +3", "-1 -2 -3", "+4 +5", "+1" } },
	/* never one to which a link leads */
	{ { "1*23", "4", "4", "4/", "4", "45" },
	  { "1p 2p 3p", "1l 2a 3a", "1l 4p 3a", "1l 4p 3a", "1a 4p 3a", "5p 4p 3a" },
	  { "+1 +2 +3", "-2 -3", "+4", "", "-1", "+5" } },
	/* more than there is room for */
	{ { "12345", "12345", "345" }, { "1p 2p 3p", "1p 2p 3p", "1a 2a 3p" }, { "+1 +2 +3", "", "-1 -2" } },
	{ { "", "", "1" }, { "-a -a -a", "-a -a -a", "1p -a -a" }, { "", "", "+1" } },
};

/* Those of the first answer are there from the start; whoever joins them later starts slowly when it is up. */
static void test_late_ones_start_slowly(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	answer(&f, "12");
	assert_int_equal(atomic_load(&f.servers[0].state->rose_ms), 0);
	assert_int_equal(atomic_load(&f.servers[1].state->rose_ms), 0);
	answer(&f, "123");
	assert_int_equal(atomic_load(&f.servers[0].state->rose_ms), 0);
	assert_true(atomic_load(&f.servers[2].state->rose_ms) > 0);
	teardown(&f);
}

static void set_links(struct fixture *f, char digit, unsigned n)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		if (!digit || server_place(&f->servers[i])->text[8] == digit)
			atomic_store(&f->servers[i].state->shared, n);
	}
}

static void tell(struct fixture *f, const char *line)
{
	char digits[16];
	unsigned n = 0;

	for (const char *p = line; *p; p++) {
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	}
	digits[n] = 0;
	answer(f, digits);
	for (const char *p = line; *p; p++) {
		if (*p == '*')
			set_links(f, p[-1], 1);
		if (*p == '/')
			set_links(f, 0, 0);
	}
}

static void test_stories(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
		struct fixture f;

		setup(&f);
		for (unsigned k = 0; k < 6 && stories[i].story[k]; k++) {
			tell(&f, stories[i].story[k]);
			expect(&f, stories[i].slots[k]);
			assert_string_equal(f.heard, stories[i].heard[k]);
		}
		teardown(&f);
	}
}

/* Unknown until the first answer, then down; one that came is unknown again until it was asked. */
static void test_health(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	assert_int_equal(atomic_load(&f.servers[0].state->health), HEALTH_UNKNOWN);
	assert_true(answer(&f, "1"));
	assert_int_equal(atomic_load(&f.servers[0].state->health), HEALTH_UNKNOWN);
	assert_int_equal(atomic_load(&f.servers[1].state->health), HEALTH_DOWN);
	atomic_store(&f.servers[0].state->health, HEALTH_UP);
	assert_true(server_takes_new(&f.servers[0]));
	assert_false(answer(&f, "1"));
	atomic_store(&f.servers[0].state->sessions, 1);
	assert_true(answer(&f, "2"));
	assert_false(server_takes_new(&f.servers[0]));
	assert_true(server_takes_own(&f.servers[0]));
	assert_string_equal(server_state_word(&f.servers[0]), "leaving");
	atomic_store(&f.servers[0].state->sessions, 0);
	assert_true(slots_settle(&f.slots, &ops, &f));
	assert_false(slots_settle(&f.slots, &ops, &f));
	assert_false(server_takes_own(&f.servers[0]));
	teardown(&f);
}

/* Gateways side by side agree, whatever slots the addresses have; a place that is had again is the same one. */
static void test_ids_and_places(void **state)
{
	const struct server_place *place;
	struct fixture f, g;
	uint64_t id;

	(void)state;
	setup(&f);
	setup(&g);
	answer(&f, "12");
	answer(&g, "21");
	assert_true(f.servers[0].id == g.servers[1].id && f.servers[1].id == g.servers[0].id);
	assert_true(f.servers[0].id != f.servers[1].id && f.servers[0].id);
	place = server_place(&f.servers[0]);
	id = f.servers[0].id;
	assert_ptr_equal(server_of_place(&place->pub), &f.servers[0]);
	assert_string_equal(place->text, "192.0.2.1:5061");
	answer(&f, "2");
	answer(&f, "234");
	assert_ptr_not_equal(server_place(&f.servers[0]), place);
	assert_string_equal(place->text, "192.0.2.1:5061"); /* whoever has it may go on reading */
	answer(&f, "");
	answer(&f, "1");
	assert_true(server_place(&f.servers[0]) == place && f.servers[0].id == id);
	teardown(&f);
	teardown(&g);
}

/* What counted for one address does not count for the next in its slot; the operator's word to the name does. */
static void test_a_new_address_begins_anew(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	answer(&f, "1");
	atomic_store(&f.servers[0].state->failures, 7);
	atomic_store(&f.servers[0].state->admin, ADMIN_DISABLED);
	answer(&f, "");
	answer(&f, "1");
	assert_int_equal(f.servers[0].state->failures, 7);
	assert_true(server_is_disabled(&f.servers[0]));
	answer(&f, "");
	answer(&f, "23");
	f.slots.admin = ADMIN_DRAIN;
	answer(&f, "234");
	assert_string_equal(server_place(&f.servers[0])->text, "192.0.2.4:5061");
	assert_int_equal(f.servers[0].state->failures, 0);
	assert_int_equal(atomic_load(&f.servers[0].state->admin), ADMIN_DRAIN);
	assert_true(server_is_enabled(&f.servers[1]));
	teardown(&f);
}

/* The first slot stands for a name that has no address. */
static void test_what_is_shown(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	assert_true(slots_show(&f.servers[0]) && !slots_show(&f.servers[1]));
	assert_true(slots_lost(&f.slots, "no such name", &ops, &f));
	assert_false(slots_lost(&f.slots, "no such name", &ops, &f));
	assert_string_equal(f.servers[0].state->answer, "no such name");
	answer(&f, "12");
	assert_true(slots_show(&f.servers[0]) && slots_show(&f.servers[1]) && !slots_show(&f.servers[2]));
	answer(&f, "2");
	assert_true(!slots_show(&f.servers[0]) && slots_show(&f.servers[1]) && !slots_show(&f.servers[2]));
	teardown(&f);
}

/* An answer, and what the log says of it. */
static void answer_and_listen(struct fixture *f, const char *digits, char said[1024])
{
	int ends[2], own = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_set_level(LG_WARNING);
	answer(f, digits);
	log_set_level(LG_ERROR);
	dup2(own, STDERR_FILENO);
	close(own);
	close(ends[1]);
	n = read(ends[0], said, 1023);
	close(ends[0]);
	said[n > 0 ? n : 0] = 0;
}

static void wear_out(struct server *s)
{
	for (unsigned i = 0; i < 2 * SERVER_PLACES; i++) {
		struct sockaddr_storage address;
		char text[32];

		snprintf(text, sizeof text, "10.0.%u.%u:1", i / 256, i % 256);
		address_parse(&address, (struct lg_span){ text, strlen(text) });
		if (server_put(s, &address) < 0)
			break;
	}
}

/* A slot that has had too many addresses takes no new one; another one does, and if none can, the log says why. */
static void test_worn_slots_are_passed_over(void **state)
{
	struct fixture f;
	char said[1024];

	(void)state;
	setup(&f);
	answer(&f, "12");
	answer(&f, "");
	wear_out(&f.servers[0]);
	answer(&f, "3");
	answer(&f, "34");
	assert_string_equal(server_place(&f.servers[2])->text, "192.0.2.3:5061");
	assert_string_equal(server_place(&f.servers[1])->text, "192.0.2.4:5061");
	answer_and_listen(&f, "345", said);
	assert_non_null(strstr(said, "addresses-left-out"));
	assert_non_null(strstr(said, "too many addresses since the start"));
	teardown(&f);
}

/* A slot cannot have had any number of places: what is too much is left out. */
static void test_places_are_bounded(void **state)
{
	struct fixture f;
	unsigned i;

	(void)state;
	setup(&f);
	for (i = 0; i < 2 * SERVER_PLACES; i++) {
		struct sockaddr_storage address;
		char text[32];

		snprintf(text, sizeof text, "10.0.%u.%u:1", i / 256, i % 256);
		address_parse(&address, (struct lg_span){ text, strlen(text) });
		if (server_put(&f.servers[0], &address) < 0)
			break;
	}
	assert_int_equal(i, SERVER_PLACES - 1); /* and nowhere, where it began */
	assert_int_equal(server_put(&f.servers[0], &server_place(&f.servers[0])->address), 0);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_late_ones_start_slowly),
		cmocka_unit_test(test_stories),        cmocka_unit_test(test_health),
		cmocka_unit_test(test_ids_and_places), cmocka_unit_test(test_a_new_address_begins_anew),
		cmocka_unit_test(test_what_is_shown),  cmocka_unit_test(test_places_are_bounded),
		cmocka_unit_test(test_worn_slots_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
