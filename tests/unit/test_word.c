/* SPDX-License-Identifier: Apache-2.0 */
/* test_word.c: what comes at once of a word to a server, for it and for those that follow it. */
#include "word.h"

#include "sample.h"
#include "unit.h"

/* "back/up/one" follows "front/one"; `since` and the slow start tell whether anything has come of a word. */
struct fixture {
	struct sample sample;
	struct server *tracked, *follower;
};

enum { LONG_AGO = 5000 };

static void rest(struct fixture *f)
{
	f->tracked->state->since = f->follower->state->since = LONG_AGO;
	f->tracked->state->rose_ms = f->follower->state->rose_ms = 0;
}

static int setup(void **state)
{
	struct fixture *f = sample_fixture(sizeof *f);

	f->tracked = &f->sample.servers[0];
	f->follower = &f->sample.servers[2];
	f->follower->tracked = f->tracked;
	f->tracked->followers = f->follower;
	rest(f);
	*state = f;
	return 0;
}

/* Whether something has come of what was done before, for either. */
static void came(struct fixture *f, bool tracked, bool follower)
{
	assert_int_equal(f->tracked->state->since != LONG_AGO, tracked);
	assert_int_equal(f->follower->state->since != LONG_AGO, follower);
	rest(f);
}

static void test_followers_go_too(void **state)
{
	struct fixture *f = *state;

	assert_true(word_say(f->tracked, ADMIN_DRAIN));
	came(f, true, true);
	assert_false(word_say(f->tracked, ADMIN_DRAIN));
	came(f, false, false);
	assert_true(word_say(f->tracked, ADMIN_DISABLED));
	came(f, true, true);
	assert_true(word_say(f->tracked, ADMIN_ENABLED));
	assert_true(f->tracked->state->rose_ms > 0 && f->follower->state->rose_ms > 0);
	came(f, true, true);
	assert_false(f->follower->state->admin); /* no word of its own */
}

static void test_an_own_word_stays(void **state)
{
	struct fixture *f = *state;

	assert_true(word_say(f->follower, ADMIN_DRAIN));
	came(f, false, true);
	assert_true(word_say(f->tracked, ADMIN_DRAIN));
	came(f, true, false);
	assert_true(word_say(f->tracked, ADMIN_ENABLED));
	assert_int_equal(f->follower->state->rose_ms, 0);
	came(f, true, false);
	assert_int_equal(server_word(f->follower), ADMIN_DRAIN);
	word_say(f->tracked, ADMIN_DISABLED);
	rest(f);
	assert_false(word_say(f->follower, ADMIN_ENABLED)); /* the other one's still counts */
	came(f, false, false);
	assert_int_equal(server_word(f->follower), ADMIN_DISABLED);
}

/* It follows somebody from now on, and then nobody. */
static void test_another_to_follow(void **state)
{
	struct fixture *f = *state;

	f->tracked->followers = NULL;
	f->follower->tracked = NULL;
	word_say(f->tracked, ADMIN_DISABLED);
	came(f, true, false);
	assert_false(word_settle(f->follower, NULL));
	f->follower->tracked = f->tracked;
	assert_true(word_settle(f->follower, f->tracked));
	assert_false(word_settle(f->follower, f->tracked));
	came(f, false, true);
	f->follower->tracked = NULL;
	assert_true(word_settle(f->follower, NULL));
	assert_true(f->follower->state->rose_ms > 0);
	came(f, false, true);
}

/* A slot's next address begins with the name's word, which is no change that is told. */
static void test_beginning(void **state)
{
	struct fixture *f = *state;

	f->follower->state->admin = ADMIN_DRAIN;
	word_begin(f->follower);
	assert_false(word_settle(f->follower, NULL));
	came(f, false, false);
	assert_true(word_say(f->follower, ADMIN_ENABLED));
	came(f, false, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_followers_go_too, setup, sample_teardown),
		cmocka_unit_test_setup_teardown(test_an_own_word_stays, setup, sample_teardown),
		cmocka_unit_test_setup_teardown(test_another_to_follow, setup, sample_teardown),
		cmocka_unit_test_setup_teardown(test_beginning, setup, sample_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
