/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_resume.c: which session a connection to a server resumes, what it then knows of the server, and when none.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "clock.h"
#include "tls_rig.h"

static const char *const versions[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3" };

struct scene {
	struct tls_stock *stock;
	struct tls_server *server;
	struct tls_client *client;
	struct tls_target target; /* verified, our certificate is not shown */
};

static struct tls_server *server_with(const char *cert)
{
	return rig_server(&(struct rig_word){ .cert = cert, .trust = "ca" }, TLS_VERIFY_OPTIONAL, NULL);
}

static void scene_open(struct scene *c, const char *version)
{
	*c = (struct scene){ .server = server_with("rsa") };
	c->client = rig_client(&(struct rig_word){ .cert = "edge", .trust = "ca", .priority = version });
	assert_int_equal(tls_stock_create(&c->stock), 0);
	c->target = (struct tls_target){
		.name = "a.example", .verify = true, .stock = c->stock, .address = "192.0.2.1:5061"
	};
}

static void scene_close(struct scene *c)
{
	tls_stock_free(c->stock);
	tls_client_unref(c->client);
	tls_server_unref(c->server);
}

/* Whether the handshake, which must succeed, was resumed; whatever it was, as much is known of both ends. */
static bool visit(struct tls_server *s, struct tls_client *c, const struct tls_target *target)
{
	struct tls_facts ours, theirs;
	struct rig r;
	bool resumed;

	rig_open(&r, s, c, target);
	assert_true(rig_shake(&r));
	tls_facts(r.client.tls, &ours);
	tls_facts(r.server.tls, &theirs);
	assert_int_equal(ours.resumed, theirs.resumed);
	assert_int_equal(ours.verified, target->verify);
	assert_int_equal(ours.subject.n > 0, target->verify);
	if (target->verify)
		assert_true(tls_peer_bears(r.client.tls, target->name));
	assert_int_equal(theirs.verified, target->show);
	assert_false(gnutls_session_get_flags(r.client.tls->session) & GNUTLS_SFLAGS_EARLY_DATA);
	resumed = ours.resumed;
	rig_send(&r, &r.client, &r.server, "there", 5);
	rig_send(&r, &r.server, &r.client, "back", 4);
	rig_close(&r);
	return resumed;
}

static bool visit_scene(const struct scene *c)
{
	return visit(c->server, c->client, &c->target);
}

static void check_again(const char *version)
{
	struct scene c;

	scene_open(&c, version);
	assert_false(visit_scene(&c));
	for (int i = 0; i < 2 * TLS_STOCK_EACH; i++)
		assert_true(visit_scene(&c));
	c.target.stock = NULL;
	assert_false(visit_scene(&c));
	scene_close(&c);
}

static void test_again(void **state)
{
	(void)state;
	check_again(versions[0]);
	check_again(versions[1]);
}

/* Each differs from that of the scene in one thing. */
static const struct tls_target other_targets[] = {
	{ .name = "a.example", .verify = true, .address = "192.0.2.1:5062" },
	{ .name = "a.example", .verify = true, .address = "192.0.2.2:5061" },
	{ .name = "pool.corp.example", .verify = true, .address = "192.0.2.1:5061" },
	{ .name = "a.example", .verify = false, .address = "192.0.2.1:5061" },
	{ .name = NULL, .verify = false, .address = "192.0.2.1:5061" },
	{ .name = "a.example", .verify = true, .show = true, .address = "192.0.2.1:5061" },
};

/* Neither from the scene's to the other, nor back; but each again. */
static void check_target(const char *version, size_t i)
{
	struct tls_target other = other_targets[i];
	struct scene c;

	scene_open(&c, version);
	other.stock = c.stock;
	if (visit_scene(&c) || visit(c.server, c.client, &other))
		fail_msg("%s: the session of a first target is resumed for target %zu", version, i);
	assert_true(visit_scene(&c));
	assert_true(visit(c.server, c.client, &other));
	scene_close(&c);
	scene_open(&c, version);
	other.stock = c.stock;
	if (visit(c.server, c.client, &other) || visit_scene(&c))
		fail_msg("%s: a session of target %zu is resumed for another", version, i);
	scene_close(&c);
}

static void test_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof other_targets / sizeof other_targets[0]; i++)
		check_target(versions[i % 2], i / 2);
}

/* Another word, or the same loaded again; the revoked certificates read again. */
static void check_words(const char *version)
{
	struct tls_client *again = rig_client(&(struct rig_word){ .cert = "edge", .trust = "ca", .priority = version });
	struct scene c;

	scene_open(&c, version);
	assert_false(visit_scene(&c));
	assert_false(visit(c.server, again, &c.target));
	assert_true(visit_scene(&c));
	atomic_fetch_add(&c.client->identity->crl_reads, 1);
	assert_false(visit_scene(&c));
	assert_true(visit_scene(&c));
	scene_close(&c);
	tls_client_unref(again);
}

static void test_words(void **state)
{
	(void)state;
	check_words(versions[0]);
	check_words(versions[1]);
}

static void check_no_tickets(const char *version)
{
	struct rig_word word = { .cert = "edge", .trust = "ca", .priority = version, .no_tickets = true };
	struct scene c;

	scene_open(&c, version);
	tls_client_unref(c.client);
	c.client = rig_client(&word);
	assert_false(visit_scene(&c));
	assert_false(visit_scene(&c));
	scene_close(&c);
}

static void test_no_tickets(void **state)
{
	(void)state;
	check_no_tickets(versions[0]);
	check_no_tickets(versions[1]);
}

/* It has forgotten its keys; it comes back with another certificate; with one that is no good. */
static void check_server(const char *version)
{
	struct tls_server *forgetful = server_with("rsa"), *renewed = server_with("ec-rsa"),
			  *wrong = server_with("stranger");
	struct scene c;
	struct rig r;

	scene_open(&c, version);
	assert_false(visit_scene(&c));
	assert_false(visit(forgetful, c.client, &c.target));
	assert_true(visit(forgetful, c.client, &c.target));
	assert_false(visit(renewed, c.client, &c.target));
	assert_true(visit(renewed, c.client, &c.target));
	rig_open(&r, wrong, c.client, &c.target);
	assert_false(rig_shake(&r));
	assert_string_equal(tls_reason(r.client.tls), "the certificate is from an unknown authority");
	rig_close(&r);
	assert_false(visit(renewed, c.client, &c.target)); /* nothing is left */
	scene_close(&c);
	tls_server_unref(forgetful);
	tls_server_unref(renewed);
	tls_server_unref(wrong);
}

static void test_servers(void **state)
{
	(void)state;
	check_server(versions[0]);
	check_server(versions[1]);
}

/* ---- What the stock has ---- */

/* A ticket of TLS 1.3 that was offered is there for nobody else, even before that handshake begins. */
static void test_once(void **state)
{
	struct rig r[TLS_STOCK_EACH + 1];
	struct scene c;
	unsigned n = 0;

	(void)state;
	scene_open(&c, versions[1]);
	assert_false(visit_scene(&c));
	rig_open(&r[0], c.server, c.client, &c.target);
	while (r[n].client.tls->resume.offered) {
		assert_true(++n < TLS_STOCK_EACH);
		rig_open(&r[n], c.server, c.client, &c.target);
	}
	assert_true(n > 0);
	for (unsigned i = 0; i <= n; i++) {
		assert_true(rig_shake(&r[i]));
		assert_int_equal(gnutls_session_is_resumed(r[i].client.tls->session) != 0, i < n);
		rig_close(&r[i]);
	}
	scene_close(&c);
}

/* The ClientHello of a resumption: a key exchange besides the ticket (psk_dhe_ke alone, RFC 8446 section 4.2.9), so
 * that who steals a ticket's key reads nothing; and no early data (section 4.2.10). */
static void test_hello(void **state)
{
	static const char modes[] = { 0, 45, 0, 2, 1, 1 }, early[] = { 0, 42, 0, 0 }, psk[] = { 0, 41 };
	const struct buf *wire;
	struct scene c;
	struct rig r;

	(void)state;
	scene_open(&c, versions[1]);
	assert_false(visit_scene(&c));
	rig_open(&r, c.server, c.client, &c.target);
	wire = &r.server.wire;
	assert_int_equal(tls_handshake(r.client.tls, &r.client.in, &r.server.wire), TLS_MORE);
	assert_non_null(memmem(wire->p + wire->start, buf_len(wire), modes, sizeof modes));
	assert_non_null(memmem(wire->p + wire->start, buf_len(wire), psk, sizeof psk));
	assert_null(memmem(wire->p + wire->start, buf_len(wire), early, sizeof early));
	rig_close(&r);
	scene_close(&c);
}

/* A handshake that ends before its time may have ended because of the session. */
static void check_cut(const char *version)
{
	struct scene c;
	struct rig r;

	scene_open(&c, version);
	assert_false(visit_scene(&c));
	rig_open(&r, c.server, c.client, &c.target);
	assert_true(r.client.tls->resume.offered);
	rig_close(&r);
	assert_false(visit_scene(&c));
	rig_open(&r, c.server, c.client, &c.target);
	assert_int_equal(buf_append(&r.client.in, "\x16\x03\x03\x00\x02xx", 7), 0);
	assert_false(rig_shake(&r));
	rig_close(&r);
	assert_false(visit_scene(&c));
	scene_close(&c);
}

static void test_cut(void **state)
{
	(void)state;
	check_cut(versions[0]);
	check_cut(versions[1]);
}

/* Broken records after the handshake: in TLS 1.3 so a server tells that it did not like the handshake. */
static void check_broken(const char *version)
{
	struct scene c;
	struct rig r;
	char p[16];

	scene_open(&c, version);
	rig_open(&r, c.server, c.client, &c.target);
	assert_true(rig_shake(&r));
	assert_int_equal(buf_append(&r.client.in, "\x17\x03\x03\x00\x20xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 37), 0);
	assert_true(tls_decrypt(r.client.tls, &r.client.in, &r.server.wire, p, sizeof p) < 0);
	rig_close(&r);
	assert_false(visit_scene(&c));
	scene_close(&c);
}

static void test_broken(void **state)
{
	(void)state;
	check_broken(versions[0]);
	check_broken(versions[1]);
}

/* ---- Time ---- */

/* However often it is resumed, a session ends an hour after the full handshake. */
static void check_age(const char *version)
{
	struct tls_past *past;
	struct scene c;
	struct rig r;
	uint64_t proved_ms = 0;

	scene_open(&c, version);
	for (int i = 0; i < 3; i++) {
		rig_open(&r, c.server, c.client, &c.target);
		assert_true(rig_shake(&r));
		past = tls_stock_find(c.stock, r.client.tls->resume.key, clock_loop_ms());
		assert_non_null(past);
		assert_int_equal(past->ends_ms, past->proved_ms + TLS_STOCK_LIFE_S * 1000ull);
		assert_true(i == 0 || past->proved_ms == proved_ms);
		proved_ms = past->proved_ms;
		rig_close(&r);
		while (clock_loop_ms() == proved_ms)
			;
	}
	scene_close(&c);
}

static void test_age(void **state)
{
	(void)state;
	check_age(versions[0]);
	check_age(versions[1]);
}

/* Nor does it outlive the server's certificate. */
static void test_certificate_ends(void **state)
{
	struct scene c;
	struct tls_past *past;
	struct rig r;
	struct tls *t;
	uint64_t now_ms;

	(void)state;
	scene_open(&c, versions[1]);
	rig_open(&r, c.server, c.client, &c.target);
	assert_true(rig_shake(&r));
	t = r.client.tls;
	assert_true(t->peer_expires > time(NULL));
	t->peer_expires = time(NULL) + 60;
	tls_stock_forget(c.stock, t->resume.key);
	r.server.tls->out = &r.client.wire;
	assert_int_equal(gnutls_session_ticket_send(r.server.tls->session, 1, 0), 0);
	rig_send(&r, &r.server, &r.client, "more", 4);
	now_ms = clock_loop_ms();
	past = tls_stock_find(c.stock, t->resume.key, now_ms);
	assert_non_null(past);
	assert_true(past->ends_ms <= now_ms + 61000);
	rig_close(&r);
	scene_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_no_tickets),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_certificate_ends),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
