/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_peer.c: who is believed: client certificates, server certificates, names, and resumed sessions. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#include "tls_rig.h"

#define TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

static const char *const versions[] = { TLS12, TLS13 };

static void assert_span(struct lg_span s, const char *want)
{
	if (!want)
		assert_null(s.p);
	else if (s.n != strlen(want) || memcmp(s.p, want, s.n) != 0)
		fail_msg("\"%.*s\" instead of \"%s\"", (int)s.n, s.p ? s.p : "", want);
}

/* ---- Clients ---- */

#define EXPIRED "the certificate has expired"
#define UNKNOWN "the certificate is from an unknown authority"

static const struct client_row {
	enum tls_verify verify;
	const char *cert;    /* NULL: none */
	const char *peer;    /* the one name in `peers` */
	const char *failure; /* NULL: the handshake succeeds */
	const char *told;    /* what the client then learns, by TLS 1.2 and 1.3 */
	bool verified, trusted;
	const char *subject, *refused;
} client_rows[] = {
	{ TLS_VERIFY_NONE, NULL, "edge.corp.example" },
	{ TLS_VERIFY_NONE, "edge", "edge.corp.example" }, /* not asked for, so not shown */
	{ TLS_VERIFY_OPTIONAL, NULL, "edge.corp.example" },
	{ TLS_VERIFY_OPTIONAL, "edge", "edge.corp.example", NULL, NULL, true, true, "CN=edge.corp.example" },
	{ TLS_VERIFY_OPTIONAL, "edge", "EDGE.Corp.example", NULL, NULL, true, true, "CN=edge.corp.example" },
	{ TLS_VERIFY_OPTIONAL, "edge", "pool.corp.example", NULL, NULL, true, false, "CN=edge.corp.example" },
	{ TLS_VERIFY_OPTIONAL, "edge", "dge.corp.example", NULL, NULL, true, false, "CN=edge.corp.example" },
	{ TLS_VERIFY_OPTIONAL, "edge", "*.corp.example", NULL, NULL, true, false, "CN=edge.corp.example" },
	{ TLS_VERIFY_OPTIONAL, "edge", NULL, NULL, NULL, true, false, "CN=edge.corp.example" },
	{ TLS_VERIFY_OPTIONAL, "common", "edge.corp.example", NULL, NULL, true, true, "CN=edge.corp.example" },
	{ TLS_VERIFY_OPTIONAL, "other", "edge.corp.example", NULL, NULL, true, false, "CN=edge.corp.example" },
	{ TLS_VERIFY_OPTIONAL, "wild", "edge.corp.example", NULL, NULL, true, false, "CN=wild" },
	{ TLS_VERIFY_OPTIONAL, "wild", "*.corp.example", NULL, NULL, true, false, "CN=wild" },
	{ TLS_VERIFY_OPTIONAL, "chain", "c.example", NULL, NULL, true, true, "CN=chain" },
	{ TLS_VERIFY_OPTIONAL, "rsa", "pool.corp.example", NULL, NULL, true, true, "CN=rsa" },
	{ TLS_VERIFY_OPTIONAL, "stranger", "edge.corp.example", NULL, NULL, false, false, NULL, UNKNOWN },
	{ TLS_VERIFY_OPTIONAL, "expired", "edge.corp.example", NULL, NULL, false, false, NULL, EXPIRED },
	{ TLS_VERIFY_OPTIONAL, "future", "edge.corp.example", NULL, NULL, false, false, NULL,
	  "the certificate is not valid yet" },
	{ TLS_VERIFY_OPTIONAL, "serverish", "edge.corp.example", NULL, NULL, false, false, NULL,
	  "the certificate is not meant for this use (extended key usage)" },
	{ TLS_VERIFY_OPTIONAL, "pss", "a.example", NULL, NULL, false, false, NULL, UNKNOWN },
	{ TLS_VERIFY_REQUIRED, "edge", "edge.corp.example", NULL, NULL, true, true, "CN=edge.corp.example" },
	{ TLS_VERIFY_REQUIRED, "edge", "pool.corp.example", NULL, NULL, true, false, "CN=edge.corp.example" },
	{ TLS_VERIFY_REQUIRED, NULL, "edge.corp.example", "the peer showed no certificate", "a certificate" },
	{ TLS_VERIFY_REQUIRED, "stranger", "edge.corp.example", UNKNOWN,
	  "the peer does not know the authority of our certificate" },
	{ TLS_VERIFY_REQUIRED, "expired", "edge.corp.example", EXPIRED,
	  "the peer says that our certificate has expired" },
	{ TLS_VERIFY_REQUIRED, "serverish", "edge.corp.example",
	  "the certificate is not meant for this use (extended key usage)",
	  "the peer cannot use our kind of certificate" },
};

static void check_client(const struct client_row *row, const char *version)
{
	const char *const peers[] = { row->peer, NULL };
	struct tls_server *s = rig_server(&(struct rig_word){ .cert = "ec", .trust = "ca" }, row->verify, peers);
	struct tls_client *c = rig_client(&(struct rig_word){ .cert = row->cert, .trust = "ca", .priority = version });
	struct tls_facts f;
	struct rig r;

	rig_open(&r, s, c, &(struct tls_target){ .name = "b.example", .show = true });
	assert_int_equal(rig_shake(&r), row->failure == NULL);
	if (row->failure) {
		assert_int_equal(r.server.step, TLS_FAILED);
		assert_string_equal(tls_reason(r.server.tls), row->failure);
		assert_int_equal(r.client.step, TLS_FAILED);
		if (!strstr(tls_reason(r.client.tls), row->told))
			fail_msg("client was told: %s", tls_reason(r.client.tls));
	} else {
		tls_facts(r.server.tls, &f);
		assert_int_equal(f.verified, row->verified);
		assert_int_equal(f.trusted, row->trusted);
		assert_int_equal(row->peer && tls_peer_bears(r.server.tls, row->peer), row->trusted);
		assert_span(f.subject, row->subject);
		assert_span(f.refused, row->refused);
		assert_span(f.sni, "b.example");
	}
	rig_close(&r);
	tls_server_unref(s);
	tls_client_unref(c);
}

static void test_clients(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof client_rows / sizeof client_rows[0]; i++) {
		for (size_t v = 0; v < 2; v++) {
			print_message("row %zu %s\n", i, versions[v]);
			check_client(&client_rows[i], versions[v]);
		}
	}
}

static void test_bears(void **state)
{
	static const struct {
		const char *name;
		bool bears;
	} rows[] = {
		{ "a.example", true }, { "POOL.corp.example", true }, { "127.0.0.1", true },
		{ "::1", false },      { "b.example", false },        { "127.0.0.2", false },
		{ "::2", false },      { "127.0.0.1:5061", false },   { "", false },
		{ "rsa", false },      { "a.example.", false },
	};
	struct tls_server *s = rig_server(&(struct rig_word){ .cert = "ec", .trust = "ca" }, TLS_VERIFY_OPTIONAL, NULL);
	struct tls_client *c = rig_client(&(struct rig_word){ .cert = "rsa", .trust = "ca" });

	(void)state;
	for (size_t show = 0; show < 2; show++) {
		struct rig r;

		rig_open(&r, s, c, &(struct tls_target){ .name = "b.example", .show = show });
		assert_true(rig_shake(&r));
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
			if (tls_peer_bears(r.server.tls, rows[i].name) != (show && rows[i].bears))
				fail_msg("%zu %s", show, rows[i].name);
		rig_close(&r);
	}
	tls_server_unref(s);
	tls_client_unref(c);
}

/* Our certificate is for those connections only that say so. */
static void test_show(void **state)
{
	static const char *const peers[] = { "edge.corp.example", NULL };
	struct tls_server *s =
		rig_server(&(struct rig_word){ .cert = "ec", .trust = "ca" }, TLS_VERIFY_OPTIONAL, peers);
	struct tls_facts f;

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		bool show = i & 1, own = i & 2;
		struct tls_client *c = rig_client(
			&(struct rig_word){ .cert = own ? "edge" : NULL, .trust = "ca", .priority = versions[i >> 2] });
		struct rig r;

		rig_open(&r, s, c, &(struct tls_target){ .name = "b.example", .verify = true, .show = show });
		assert_true(rig_shake(&r));
		tls_facts(r.server.tls, &f);
		assert_int_equal(f.verified, show && own);
		assert_int_equal(f.trusted, show && own);
		assert_null(f.refused.p);
		rig_close(&r);
		tls_client_unref(c);
	}
	tls_server_unref(s);
}

/* ---- Servers ---- */

#define OTHER "the certificate is for another name: "
#define RSA_HAS " is wanted, it has a.example, pool.corp.example and 1 more"
#define EC_HAS " is wanted, it has b.example, *.wild.example and 1 more"

static const struct server_row {
	const char *cert;
	const char *trust; /* the client's; NULL: the system's, which know none of these */
	const char *name;
	bool look_away;
	const char *failure, *told;
} server_rows[] = {
	{ "rsa", "ca", "a.example" },
	{ "rsa", "ca", "A.Example" },
	{ "rsa", "ca", "127.0.0.1" },
	{ "ec", "ca", "::1" },
	{ "ec", "ca", "0:0::1" },
	{ "ec", "ca", "::1%lo" },
	{ "ec", "ca", "x.wild.example" },
	{ "chain", "ca", "c.example" },
	{ "common", "ca", "edge.corp.example" },
	{ "serverish", "ca", "edge.corp.example" },
	{ "rsa", "ca", "b.example", false, OTHER "b.example" RSA_HAS, "the peer refuses our certificate" },
	{ "ec", "ca", "x.y.wild.example", false, OTHER "x.y.wild.example" EC_HAS, "the peer refuses our certificate" },
	{ "rsa", "ca", "127.0.0.2", false, OTHER "127.0.0.2" RSA_HAS, "the peer refuses our certificate" },
	{ "ec", "ca", "127.0.0.1", false, OTHER "127.0.0.1" EC_HAS, "the peer refuses our certificate" },
	{ "common", "ca", "a.example", false, OTHER "a.example is wanted, it has edge.corp.example",
	  "the peer refuses our certificate" },
	{ "other", "ca", "edge.corp.example", false, OTHER "edge.corp.example is wanted, it has other.corp.example",
	  "the peer refuses our certificate" },
	{ "edge", "ca", "edge.corp.example", false, "the certificate is not meant for this use (extended key usage)",
	  "the peer cannot use our kind of certificate" },
	{ "expired", "ca", "edge.corp.example", false, EXPIRED, "the peer says that our certificate has expired" },
	{ "stranger", "ca", "edge.corp.example", false, UNKNOWN,
	  "the peer does not know the authority of our certificate" },
	{ "rsa", NULL, "a.example", false, UNKNOWN, "the peer does not know the authority of our certificate" },
	{ "rsa", "ca", "b.example", true },
	{ "expired", NULL, "b.example", true },
	{ "stranger", "ca", NULL, true },
};

static void check_server(const struct server_row *row, const char *version)
{
	struct tls_server *s = rig_server(&(struct rig_word){ .cert = row->cert }, TLS_VERIFY_NONE, NULL);
	struct tls_client *c = rig_client(&(struct rig_word){ .trust = row->trust, .priority = version });
	struct tls_facts f;
	struct rig r;

	rig_open(&r, s, c, &(struct tls_target){ .name = row->name, .verify = !row->look_away });
	assert_int_equal(rig_shake(&r), row->failure == NULL);
	if (row->failure) {
		assert_int_equal(r.client.step, TLS_FAILED);
		assert_string_equal(tls_reason(r.client.tls), row->failure);
		assert_int_equal(r.server.step, TLS_FAILED);
		assert_string_equal(tls_reason(r.server.tls), row->told);
	} else {
		tls_facts(r.client.tls, &f);
		assert_int_equal(f.verified, !row->look_away);
		assert_false(f.trusted);
	}
	rig_close(&r);
	tls_server_unref(s);
	tls_client_unref(c);
}

static void test_servers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof server_rows / sizeof server_rows[0]; i++) {
		for (size_t v = 0; v < 2; v++) {
			print_message("row %zu %s\n", i, versions[v]);
			check_server(&server_rows[i], versions[v]);
		}
	}
}

static void test_bad_targets(void **state)
{
	struct tls_client *c = rig_client(&(struct rig_word){ .trust = "ca" });
	struct tls *t = NULL;

	(void)state;
	assert_int_equal(tls_connect(&t, c, &(struct tls_target){ .verify = true }), -EINVAL);
	assert_null(t);
	tls_client_unref(c);
}

/* ---- Resumed sessions ---- */

static gnutls_datum_t first_visit(struct tls_server *s, const char *version, const char *cert)
{
	struct tls *t;
	struct raw c;
	enum tls_step step;
	gnutls_datum_t ticket;

	assert_int_equal(tls_accept(&t, s), 0);
	raw_open(&c, version, cert, "b.example", NULL);
	assert_int_equal(raw_shake(&c, t, &step), 0);
	assert_int_equal(step, TLS_READY);
	ticket = raw_ticket(&c);
	raw_close(&c);
	tls_free(t);
	return ticket;
}

/* Comes back with the ticket and without a certificate: what the server now knows of it goes to `f`. */
static bool second_visit(struct tls_server *s, const char *version, const gnutls_datum_t *ticket, bool *verified,
			 bool *trusted)
{
	struct tls *t;
	struct raw c;
	enum tls_step step;
	struct tls_facts f;
	bool resumed;

	assert_int_equal(tls_accept(&t, s), 0);
	raw_open(&c, version, NULL, "b.example", ticket);
	assert_int_equal(raw_shake(&c, t, &step), 0);
	assert_int_equal(step, TLS_READY);
	resumed = gnutls_session_is_resumed(c.session);
	assert_int_equal(resumed, gnutls_session_is_resumed(t->session));
	tls_facts(t, &f);
	*verified = f.verified;
	*trusted = f.trusted;
	assert_span(f.subject, f.verified ? "CN=edge.corp.example" : NULL);
	assert_span(f.sni, "b.example");
	raw_close(&c);
	tls_free(t);
	return resumed;
}

static const struct resume_row {
	enum tls_verify verify;
	const char *cert;
	bool no_tickets, other_server;
	bool resumed, verified; /* `trusted` is as `verified` */
} resume_rows[] = {
	{ TLS_VERIFY_NONE, NULL, false, false, true, false },
	{ TLS_VERIFY_NONE, NULL, true, false, false, false },
	{ TLS_VERIFY_NONE, NULL, false, true, false, false },
	{ TLS_VERIFY_OPTIONAL, NULL, false, false, true, false },
	{ TLS_VERIFY_OPTIONAL, "edge", false, false, true, true },
	{ TLS_VERIFY_OPTIONAL, "edge", false, true, false, false },
	{ TLS_VERIFY_OPTIONAL, "stranger", false, false, true, false },
	{ TLS_VERIFY_REQUIRED, "edge", false, false, true, true },
};

static void check_resume(const struct resume_row *row, const char *version)
{
	static const char *const peers[] = { "edge.corp.example", NULL };
	struct rig_word word = { .cert = "ec", .trust = "ca", .no_tickets = row->no_tickets };
	struct tls_server *s = rig_server(&word, row->verify, peers);
	struct tls_server *other = rig_server(&word, row->verify, peers);
	gnutls_datum_t ticket = first_visit(s, version, row->cert);
	bool verified, trusted;

	assert_int_equal(second_visit(row->other_server ? other : s, version, &ticket, &verified, &trusted),
			 row->resumed);
	assert_int_equal(verified, row->verified);
	assert_int_equal(trusted, row->verified);
	gnutls_free(ticket.data);
	tls_server_unref(s);
	tls_server_unref(other);
}

static void test_resume(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof resume_rows / sizeof resume_rows[0]; i++) {
		for (size_t v = 0; v < 2; v++) {
			print_message("row %zu %s\n", i, versions[v]);
			check_resume(&resume_rows[i], versions[v]);
		}
	}
}

/* A ticket must not outlive the certificate in it.  "brief" ended when it was made: it is shown half an hour before
 * that, by a clock of the test's, and its ticket, which is good for an hour, comes back a little after. */
static time_t earlier(time_t *t)
{
	(void)t;
	return time(NULL) - 30 * 60;
}

static time_t later(time_t *t)
{
	(void)t;
	return time(NULL) + 5 * 60;
}

static void check_resume_expired(enum tls_verify verify, const char *version)
{
	static const char *const peers[] = { "edge.corp.example", NULL };
	struct tls_server *s = rig_server(&(struct rig_word){ .cert = "ec", .trust = "ca" }, verify, peers);
	gnutls_datum_t ticket;
	enum tls_step step;
	struct tls_facts f;
	struct tls *t;
	struct raw c;

	gnutls_global_set_time_function(earlier);
	ticket = first_visit(s, version, "brief");
	gnutls_global_set_time_function(later);
	assert_int_equal(tls_accept(&t, s), 0);
	raw_open(&c, version, NULL, "b.example", &ticket);
	raw_shake(&c, t, &step);
	gnutls_global_set_time_function(time);
	assert_true(gnutls_session_is_resumed(t->session));
	tls_facts(t, &f);
	assert_false(f.verified);
	assert_false(f.trusted);
	if (verify == TLS_VERIFY_REQUIRED) {
		assert_int_equal(step, TLS_FAILED);
		assert_string_equal(tls_reason(t), EXPIRED);
		while (gnutls_record_recv(c.session, &step, 1) == GNUTLS_E_AGAIN) /* tickets come before it */
			assert_true(buf_len(&c.in) > 0);
		assert_int_equal(gnutls_alert_get(c.session), GNUTLS_A_CERTIFICATE_EXPIRED);
	} else {
		assert_int_equal(step, TLS_READY);
		assert_span(f.refused, EXPIRED);
	}
	raw_close(&c);
	tls_free(t);
	gnutls_free(ticket.data);
	tls_server_unref(s);
}

static void test_resume_expired(void **state)
{
	(void)state;
	for (size_t v = 0; v < 2; v++) {
		check_resume_expired(TLS_VERIFY_OPTIONAL, versions[v]);
		check_resume_expired(TLS_VERIFY_REQUIRED, versions[v]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clients),        cmocka_unit_test(test_bears),
		cmocka_unit_test(test_show),           cmocka_unit_test(test_servers),
		cmocka_unit_test(test_bad_targets),    cmocka_unit_test(test_resume),
		cmocka_unit_test(test_resume_expired),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
