/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_ticket.c: where a ticket is good, for how long, and that its key changes by the clock. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tls_rig.h"

static const char *const versions[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3" };
static const unsigned char secret[16] = "one secret", another[16] = "another secret";

static time_t test_time; /* what GnuTLS takes for the time */

static time_t clock_of_test(time_t *t)
{
	if (t)
		*t = test_time;
	return test_time;
}

struct shape {
	const char *name;
	const unsigned char *secret;
	struct rig_word first, second; /* second.cert NULL: there is none */
	enum tls_verify verify;
};

static struct tls_server *server_of(const struct shape *h)
{
	struct tls_identity *ids[2] = { rig_identity(&h->first), h->second.cert ? rig_identity(&h->second) : NULL };
	struct tls_server_conf conf = {
		.name = h->name,
		.secret = h->secret,
		.identities = ids,
		.nidentities = h->second.cert ? 2 : 1,
		.verify = h->verify,
	};
	struct tls_server *s = NULL;
	char err[256];

	if (tls_server_create(&s, &conf, err, sizeof err) != 0)
		fail_msg("%s", err);
	tls_identity_unref(ids[0]);
	tls_identity_unref(ids[1]);
	return s;
}

/* Whether the handshake, which must succeed, was resumed; `ticket` of it when not NULL. */
static bool visit(struct tls_server *s, const char *version, const gnutls_datum_t *resume, gnutls_datum_t *ticket)
{
	enum tls_step step;
	struct tls *t;
	struct raw c;
	bool resumed;

	assert_int_equal(tls_accept(&t, s), 0);
	raw_open(&c, version, "edge", "a.example", resume);
	assert_int_equal(raw_shake(&c, t, &step), 0);
	assert_int_equal(step, TLS_READY);
	resumed = gnutls_session_is_resumed(t->session) != 0;
	assert_int_equal(resumed, gnutls_session_is_resumed(c.session) != 0);
	if (ticket)
		*ticket = raw_ticket(&c);
	raw_close(&c);
	tls_free(t);
	return resumed;
}

#define ASK TLS_VERIFY_REQUIRED

/* Each differs from the first in one thing. */
static const struct shape shapes[] = {
	{ "in", secret, { "rsa", "ca" }, { NULL }, ASK },
	{ "out", secret, { "rsa", "ca" }, { NULL }, ASK },
	{ "in", another, { "rsa", "ca" }, { NULL }, ASK },
	{ "in", NULL, { "rsa", "ca" }, { NULL }, ASK },
	{ "in", secret, { "ec-rsa", "ca" }, { NULL }, ASK },
	{ "in", secret, { "rsa", "two-cas" }, { NULL }, ASK },
	{ "in", secret, { "rsa", "ca", .minimum = "1.1" }, { NULL }, ASK },
	{ "in", secret, { "rsa", "ca", .priority = "NORMAL" }, { NULL }, ASK },
	{ "in", secret, { "rsa", "ca", .sha1 = true }, { NULL }, ASK },
	{ "in", secret, { "rsa", "ca" }, { "ec-rsa", "ca" }, ASK },
	{ "in", secret, { "rsa", "ca" }, { NULL }, TLS_VERIFY_OPTIONAL },
	{ "in", secret, { "rsa", "ca" }, { NULL }, TLS_VERIFY_NONE },
};

/* From any to any other there is a full handshake, never an error. */
static void check_strangers(const char *version)
{
	enum { N = sizeof shapes / sizeof shapes[0] };
	struct tls_server *servers[N];

	for (size_t i = 0; i < N; i++)
		servers[i] = server_of(&shapes[i]);
	for (size_t i = 0; i < N; i++) {
		gnutls_datum_t ticket;

		assert_false(visit(servers[i], version, NULL, &ticket));
		for (size_t k = 0; k < N; k++) {
			if ((i == 0 || k == 0 || i == k) && visit(servers[k], version, &ticket, NULL) != (i == k))
				fail_msg("%s: a ticket of %zu at %zu", version, i, k);
		}
		gnutls_free(ticket.data);
	}
	for (size_t i = 0; i < N; i++)
		tls_server_unref(servers[i]);
}

static void test_strangers(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof command, "cat '%s/ca.pem' '%s/ca2.pem' > '%s/two-cas.pem'", rig_dir, rig_dir, rig_dir);
	assert_int_equal(system(command), 0);
	check_strangers(versions[0]);
	check_strangers(versions[1]);
}

/* Side by side, or after a restart. */
static void test_same(void **state)
{
	struct tls_server *a = server_of(&shapes[0]), *b = server_of(&shapes[0]);

	(void)state;
	for (size_t v = 0; v < 2; v++) {
		gnutls_datum_t ticket;

		assert_false(visit(a, versions[v], NULL, &ticket));
		assert_true(visit(b, versions[v], &ticket, NULL));
		gnutls_free(ticket.data);
	}
	tls_server_unref(a);
	tls_server_unref(b);
}

/* ---- Time ---- */

enum { KEY_LIFE = 3 * TLS_TICKET_LIFE_S };

/* Good over a change of keys, and for TLS_TICKET_LIFE_S. */
static void test_life(void **state)
{
	struct tls_server *s = server_of(&shapes[0]);
	time_t change = (time(NULL) / KEY_LIFE + 1) * KEY_LIFE;

	(void)state;
	gnutls_global_set_time_function(clock_of_test);
	for (size_t v = 0; v < 2; v++) {
		gnutls_datum_t ticket;

		test_time = change - 60;
		assert_false(visit(s, versions[v], NULL, &ticket));
		test_time = change + 60;
		assert_true(visit(s, versions[v], &ticket, NULL));
		test_time = change - 60 + TLS_TICKET_LIFE_S - 10;
		assert_true(visit(s, versions[v], &ticket, NULL));
		test_time = change - 60 + TLS_TICKET_LIFE_S + 10;
		assert_false(visit(s, versions[v], &ticket, NULL));
		gnutls_free(ticket.data);
	}
	gnutls_global_set_time_function(time);
	tls_server_unref(s);
}

static unsigned char key_name[16]; /* of the last ticket that came */

/* RFC 5077 section 3.3 and 4: lifetime, length, and then the ticket, which begins with its key's name. */
static int on_ticket(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
		     const gnutls_datum_t *msg)
{
	(void)session;
	(void)type;
	(void)when;
	(void)incoming;
	assert_true(msg->size > 6 + sizeof key_name);
	memcpy(key_name, msg->data + 6, sizeof key_name);
	return 0;
}

static void note_key(struct tls_server *s, time_t when, unsigned char name[16])
{
	enum tls_step step;
	struct tls *t;
	struct raw c;

	test_time = when;
	assert_int_equal(tls_accept(&t, s), 0);
	raw_open(&c, versions[0], "edge", "a.example", NULL);
	gnutls_handshake_set_hook_function(c.session, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET, GNUTLS_HOOK_PRE, on_ticket);
	memset(key_name, 0, sizeof key_name);
	assert_int_equal(raw_shake(&c, t, &step), 0);
	memcpy(name, key_name, sizeof key_name);
	raw_close(&c);
	tls_free(t);
}

static void test_rotation(void **state)
{
	static const unsigned char none[16];
	struct tls_server *s = server_of(&shapes[0]), *twin = server_of(&shapes[0]), *stranger = server_of(&shapes[1]);
	time_t change = (time(NULL) / KEY_LIFE + 1) * KEY_LIFE;
	unsigned char before[16], same[16], after[16], other[16];

	(void)state;
	gnutls_global_set_time_function(clock_of_test);
	note_key(s, change - KEY_LIFE + 10, before);
	assert_memory_not_equal(before, none, sizeof none);
	note_key(s, change - 10, same);
	assert_memory_equal(before, same, sizeof before);
	note_key(s, change + 10, after);
	assert_memory_not_equal(before, after, sizeof before);
	note_key(twin, change + 20, same);
	assert_memory_equal(after, same, sizeof after);
	note_key(stranger, change + 20, other);
	assert_memory_not_equal(after, other, sizeof after);
	gnutls_global_set_time_function(time);
	tls_server_unref(s);
	tls_server_unref(twin);
	tls_server_unref(stranger);
}

/* RFC 8446 section 4.6.1: it ends with its extensions, of which early_data is the only one that there is. */
static int on_ticket_13(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
			const gnutls_datum_t *msg)
{
	unsigned *seen = gnutls_session_get_ptr(session);

	(void)type;
	(void)when;
	(void)incoming;
	assert_true(msg->size > 2);
	assert_int_equal(msg->data[msg->size - 2], 0);
	assert_int_equal(msg->data[msg->size - 1], 0);
	++*seen;
	return 0;
}

static void test_no_early_data(void **state)
{
	struct tls_server *s = server_of(&shapes[0]);
	enum tls_step step;
	struct tls *t;
	struct raw c;
	gnutls_datum_t ticket;
	unsigned seen = 0;

	(void)state;
	assert_int_equal(tls_accept(&t, s), 0);
	raw_open(&c, versions[1], "edge", "a.example", NULL);
	gnutls_session_set_ptr(c.session, &seen);
	gnutls_handshake_set_hook_function(c.session, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET, GNUTLS_HOOK_PRE,
					   on_ticket_13);
	assert_int_equal(raw_shake(&c, t, &step), 0);
	ticket = raw_ticket(&c);
	assert_true(seen > 0);
	gnutls_free(ticket.data);
	raw_close(&c);
	tls_free(t);
	tls_server_unref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strangers), cmocka_unit_test(test_same),          cmocka_unit_test(test_life),
		cmocka_unit_test(test_rotation),  cmocka_unit_test(test_no_early_data),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
