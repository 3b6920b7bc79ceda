/* SPDX-License-Identifier: Apache-2.0 */
/* test_server.c: the table of health and the operator's word. */
#include "server.h"

#include <time.h>

#include "heap.h"
#include "snapshot.h"
#include "unit.h"

static const struct row {
	enum health health;
	enum admin admin;
	bool takes_new, takes_own;
	const char *word;
} rows[] = {
	{ HEALTH_UNKNOWN, ADMIN_ENABLED, false, false, "unknown" },
	{ HEALTH_UNKNOWN, ADMIN_DRAIN, false, false, "drain" },
	{ HEALTH_UNKNOWN, ADMIN_DISABLED, false, false, "disabled" },
	{ HEALTH_UP, ADMIN_ENABLED, true, true, "up" },
	{ HEALTH_UP, ADMIN_DRAIN, false, true, "drain" },
	{ HEALTH_UP, ADMIN_DISABLED, false, false, "disabled" },
	{ HEALTH_DOWN, ADMIN_ENABLED, false, false, "down" },
	{ HEALTH_DOWN, ADMIN_DRAIN, false, false, "drain" },
	{ HEALTH_DOWN, ADMIN_DISABLED, false, false, "disabled" },
};

static void test_table(void **state)
{
	struct server s = { .state = server_state_create() };

	(void)state;
	assert_non_null(s.state);
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		atomic_store(&s.state->health, rows[i].health);
		atomic_store(&s.state->admin, rows[i].admin);
		assert_int_equal(server_takes_new(&s), rows[i].takes_new);
		assert_int_equal(server_takes_own(&s), rows[i].takes_own);
		assert_int_equal(server_is_up(&s), rows[i].health == HEALTH_UP);
		assert_int_equal(server_is_enabled(&s), rows[i].admin == ADMIN_ENABLED);
		assert_int_equal(server_is_disabled(&s), rows[i].admin == ADMIN_DISABLED);
		assert_string_equal(server_state_word(&s), rows[i].word);
	}
	server_state_free(s.state);
}

/* The stronger of two words counts, and it is known whose it is. */
static void test_followed_word(void **state)
{
	struct server o = { .state = server_state_create() };
	struct server s = { .state = server_state_create(), .tracked = &o };

	(void)state;
	assert_non_null(o.state);
	assert_non_null(s.state);
	atomic_store(&s.state->health, HEALTH_UP);
	for (enum admin own = ADMIN_ENABLED; own <= ADMIN_DISABLED; own++) {
		for (enum admin other = ADMIN_ENABLED; other <= ADMIN_DISABLED; other++) {
			enum admin word = own > other ? own : other;

			atomic_store(&s.state->admin, own);
			atomic_store(&o.state->admin, other);
			assert_int_equal(server_word(&s), word);
			assert_ptr_equal(server_word_from(&s), other > own ? &o : NULL);
			assert_int_equal(server_takes_new(&s), word == ADMIN_ENABLED);
			assert_int_equal(server_takes_own(&s), word != ADMIN_DISABLED);
			assert_int_equal(server_word(&o), other);
		}
	}
	server_state_free(o.state);
	server_state_free(s.state);
}

/* Whose sessions end, by default, and with on_down = "end". */
static const struct {
	enum health health;
	enum presence presence;
	bool tracks, follows;
	enum all_down all_down;
	bool ends;
} downs[] = {
	{ HEALTH_DOWN, SERVER_PRESENT, false, false, ALL_DOWN_REFUSE, true },
	{ HEALTH_DOWN, SERVER_PRESENT, false, false, ALL_DOWN_REPLY, true },
	{ HEALTH_DOWN, SERVER_PRESENT, false, false, ALL_DOWN_FAIL_OPEN, false },
	{ HEALTH_UP, SERVER_PRESENT, false, false, ALL_DOWN_REFUSE, false },
	{ HEALTH_UNKNOWN, SERVER_PRESENT, false, false, ALL_DOWN_REFUSE, false },
	{ HEALTH_UP, SERVER_LEAVING, false, false, ALL_DOWN_REFUSE, false },
	{ HEALTH_DOWN, SERVER_LEAVING, false, false, ALL_DOWN_REFUSE, true }, /* it is asked on */
	{ HEALTH_DOWN, SERVER_PRESENT, true, true, ALL_DOWN_REFUSE, true },
	{ HEALTH_DOWN, SERVER_LEAVING, true, true, ALL_DOWN_REFUSE, true },
	{ HEALTH_DOWN, SERVER_PRESENT, true, false, ALL_DOWN_REFUSE, false }, /* nobody has seen it fail */
	{ HEALTH_DOWN, SERVER_LEAVING, true, false, ALL_DOWN_REFUSE, false },
};

static void test_sending_away(void **state)
{
	struct server o = { .state = server_state_create() }, s = { .state = server_state_create() };
	struct pool other = { 0 };

	(void)state;
	assert_non_null(o.state);
	assert_non_null(s.state);
	for (unsigned i = 0; i < ARRAY_LEN(downs); i++) {
		struct pool p = { .all_down = downs[i].all_down, .monitor.track = downs[i].tracks ? &other : NULL };

		s.pool = &p;
		atomic_store(&s.tracked, downs[i].follows ? &o : NULL);
		atomic_store(&s.state->health, downs[i].health);
		atomic_store(&s.state->presence, downs[i].presence);
		assert_false(server_sends_away(&s));
		p.ends_when_down = true;
		assert_int_equal(server_sends_away(&s), downs[i].ends);
		atomic_store(&s.state->admin, ADMIN_DISABLED);
		assert_true(server_sends_away(&s));
		atomic_store(&s.state->admin, ADMIN_ENABLED);
	}
	server_state_free(o.state);
	server_state_free(s.state);
}

static void test_seats(void **state)
{
	struct server s = { .state = server_state_create(), .max_sessions = 2 };

	(void)state;
	assert_non_null(s.state);
	assert_true(server_enter(&s) && !server_is_full(&s));
	assert_true(server_enter(&s) && server_is_full(&s));
	assert_false(server_enter(&s));
	server_enter_anyhow(&s);
	assert_int_equal(atomic_load(&s.state->sessions), 3);
	server_leave(&s);
	assert_true(server_is_full(&s));
	server_leave(&s);
	assert_true(server_enter(&s));
	s.max_sessions = 0;
	assert_true(server_enter(&s) && !server_is_full(&s));
	server_state_free(s.state);
}

static void test_beginning(void **state)
{
	struct server s = { .state = server_state_create() };
	long long since;

	(void)state;
	assert_non_null(s.state);
	since = atomic_load(&s.state->since);
	assert_string_equal(server_state_word(&s), "unknown");
	assert_true(since / 1000 <= time(NULL) && since / 1000 >= time(NULL) - 5);
	assert_int_equal(atomic_load(&s.state->sessions), 0);
	assert_int_equal(pthread_mutex_lock(&s.state->lock), 0);
	assert_string_equal(s.state->answer, "");
	assert_int_equal(pthread_mutex_unlock(&s.state->lock), 0);
	server_state_free(s.state);
	server_state_free(NULL);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	heap_fail_after(0);
	assert_null(server_state_create());
	heap_fail_after(-1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),        cmocka_unit_test(test_followed_word),
		cmocka_unit_test(test_sending_away), cmocka_unit_test(test_seats),
		cmocka_unit_test(test_beginning),    cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
