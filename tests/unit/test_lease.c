/* SPDX-License-Identifier: Apache-2.0 */
/* test_lease.c: links that one exchange has for itself: who gets one next, and who never does. */
#include "unit.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/lease.h"
#include "gateway/stream.h"
#include "hop.h"
#include "tls_rig.h"

static struct hop h;
static struct wire a, b, s, s2;
static char token[LG_TOKEN + 1];
static unsigned number;

/* The gauge is another thread's: what it becomes, not what it is. */
static void gauges(unsigned server, unsigned sessions, unsigned idle)
{
	struct server_state *state = h.servers[server].state;

	for (unsigned i = 0; i < unit_patience_ms() && (state->sessions != sessions || state->idle != idle); i++)
		usleep(1000);
	assert_int_equal(state->sessions, sessions);
	assert_int_equal(state->idle, idle);
}

/* The request has come to the server. */
static void has(struct wire *server, const char *line)
{
	wire_request(server, &number, token, line);
}

/* `c` asks by a link that is there, and the server answers: "+" and the link is given back. */
static void ask(struct wire *c, struct wire *server, const char *line, const char *how)
{
	char want[64];

	wire_say(c, "%s\n", line);
	has(server, line);
	wire_say(server, "%sto %s\n", how, line + 2);
	snprintf(want, sizeof want, "to %s", line + 2);
	wire_expect(c, want);
}

/* One server; `a` has opened a link to it and the answer has come. */
static void begin(void)
{
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	hop_dial(&h, &b, LEFT);
}

static void first(const char *line, const char *how)
{
	wire_say(&a, "%s\n", line);
	hop_accept(&h, &s, 0);
	has(&s, line);
	wire_say(&s, "%sfirst\n", how);
	wire_expect(&a, "first");
}

static void end(void)
{
	wire_close(&a);
	wire_close(&b);
	hop_free(&h);
}

static void test_one_after_the_other(void **state)
{
	(void)state;
	hop_make(&h, 1);
	begin();
	wire_say(&a, "L one\n");
	hop_accept(&h, &s, 0);
	has(&s, "L one");
	gauges(0, 1, 0);
	wire_say(&s, "+one\n");
	wire_expect(&a, "one");
	gauges(0, 0, 1);
	for (unsigned i = 0; i < 5; i++)
		ask(i & 1 ? &a : &b, &s, "L more", "+");
	wire_close(&a); /* the link stays */
	hop_until(&h, "closed client");
	ask(&b, &s, "L more", "+");
	assert_false(hop_is_called(&h, 0));
	gauges(0, 0, 1);
	hop_dial(&h, &a, LEFT);
	wire_close(&s);
	hop_until(&h, "closed s0");
	end();
}

static void test_both_at_once(void **state)
{
	(void)state;
	hop_make(&h, 1);
	begin();
	wire_say(&a, "L one\n");
	hop_accept(&h, &s, 0);
	has(&s, "L one");
	wire_say(&b, "L two\n");
	hop_accept(&h, &s2, 0);
	has(&s2, "L two");
	gauges(0, 2, 0);
	wire_say(&s, "+one\n");
	wire_expect(&a, "one");
	wire_say(&s2, "+two\n");
	wire_expect(&b, "two");
	gauges(0, 0, 2);
	ask(&a, &s2, "L three", "+"); /* the newest */
	wire_close(&s);
	wire_close(&s2);
	end();
}

/* One session may have several. */
static void test_many_of_one_client(void **state)
{
	(void)state;
	hop_make(&h, 1);
	begin();
	wire_say(&a, "L one\n");
	hop_accept(&h, &s, 0);
	has(&s, "L one");
	wire_say(&a, "L two\n");
	hop_accept(&h, &s2, 0);
	has(&s2, "L two");
	wire_say(&s2, "+two\n");
	wire_expect(&a, "two");
	wire_say(&s, "+one\n");
	wire_expect(&a, "one");
	wire_close(&s);
	wire_close(&s2);
	end();
}

static void test_never_after_done(void **state)
{
	(void)state;
	hop_make(&h, 1);
	begin();
	first("L one", ".");
	assert_true(wire_ends(&s));
	gauges(0, 0, 0);
	wire_close(&s);
	first("L two", "+");
	wire_close(&s);
	end();
}

/* What is left of the tenant's is nobody's: the link closes. */
static void test_tenant_goes(void **state)
{
	(void)state;
	hop_make(&h, 1);
	begin();
	wire_say(&a, "L one\n");
	hop_accept(&h, &s, 0);
	has(&s, "L one");
	wire_close(&a);
	assert_true(wire_ends(&s));
	wire_close(&s);
	hop_dial(&h, &a, LEFT);
	first("L two", "+");
	wire_close(&s);
	end();
}

static void test_deadline_closes(void **state)
{
	(void)state;
	hop_make(&h, 1);
	begin();
	wire_say(&a, "LD one\n");
	hop_accept(&h, &s, 0);
	has(&s, "LD one");
	hop_until(&h, "lost 1 deadline");
	assert_true(wire_ends(&s));
	wire_close(&s);
	end();
}

static void test_again_elsewhere(void **state)
{
	(void)state;
	hop_make(&h, 2);
	begin();
	wire_say(&a, "LKA one\n");
	hop_accept(&h, &s, 0);
	has(&s, "LKA one");
	wire_close(&s);
	hop_until(&h, "lost 1 link");
	hop_accept(&h, &s2, 1);
	has(&s2, "LKA one");
	wire_say(&s2, "+one\n");
	wire_expect(&a, "one");
	gauges(0, 0, 0);
	gauges(1, 0, 1);
	wire_close(&s2);
	end();
}

static void test_dies_while_opening(void **state)
{
	(void)state;
	hop_make(&h, 2);
	hop_refuse(&h, 0);
	begin();
	wire_say(&a, "L one\n");
	hop_accept(&h, &s, 1);
	has(&s, "L one");
	wire_say(&s, "+one\n");
	wire_expect(&a, "one");
	assert_false(hop_said(&h, "lost"));
	gauges(0, 0, 0);
	wire_close(&s);
	end();
}

static void test_all_refused(void **state)
{
	(void)state;
	hop_make(&h, 1);
	hop_refuse(&h, 0);
	begin();
	wire_say(&a, "L one\n");
	hop_until(&h, "respond 1 no-server");
	end();
}

/* ---- Idle ones ---- */

static void test_closed_by_the_server(void **state)
{
	(void)state;
	hop_make(&h, 1);
	begin();
	first("L one", "+");
	wire_close(&s);
	hop_until(&h, "closed s0");
	assert_false(hop_said(&h, "lost"));
	gauges(0, 0, 0);
	first("L two", "+");
	wire_close(&s);
	end();
}

/* An answer that nobody has asked for must not become the next one's. */
static void test_spoke_unasked(void **state)
{
	(void)state;
	hop_make(&h, 1);
	begin();
	first("L one", "+");
	wire_say(&s, "+for the next\n");
	assert_true(wire_ends(&s));
	wire_close(&s);
	wire_say(&b, "L two\n"); /* in one piece with the answer: seen before anybody gets the link */
	hop_accept(&h, &s, 0);
	has(&s, "L two");
	wire_say(&s, "+two\n+for the next\n");
	wire_expect(&b, "two");
	assert_true(wire_ends(&s));
	wire_close(&s);
	first("L three", "+");
	assert_true(wire_is_quiet(&b));
	wire_close(&s);
	end();
}

static void test_idle_time(void **state)
{
	(void)state;
	hop_make(&h, 1);
	h.conf[LEFT].limits.idle_ms = 300;
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	hop_dial(&h, &b, LEFT);
	wire_say(&a, "L one\n");
	hop_accept(&h, &s, 0);
	has(&s, "L one");
	wire_say(&s, "+one\n");
	wire_expect(&a, "one");
	assert_true(wire_ends(&s));
	gauges(0, 0, 0);
	wire_close(&s);
	end();
}

static void test_cap(void **state)
{
	static struct wire servers[IDLE_LINKS + 1];

	(void)state;
	hop_make(&h, 1);
	h.conf[LEFT].limits.plugin.requests = 2 * IDLE_LINKS;
	begin();
	for (unsigned i = 0; i <= IDLE_LINKS; i++) {
		wire_say(&a, "L %u\n", i);
		hop_accept(&h, &servers[i], 0);
	}
	gauges(0, IDLE_LINKS + 1, 0);
	for (unsigned i = 0; i <= IDLE_LINKS; i++) {
		wire_say(&servers[i], "+%u\n", i);
		gauges(0, IDLE_LINKS - i, i < IDLE_LINKS ? i + 1 : IDLE_LINKS);
	}
	assert_true(wire_ends(&servers[0])); /* the oldest */
	for (unsigned i = 0; i <= IDLE_LINKS; i++)
		wire_close(&servers[i]);
	gauges(0, 0, 0);
	end();
}

static void test_trust_is_not_shared(void **state)
{
	(void)state;
	hop_make(&h, 1);
	h.pool.tls = rig_client(&(struct rig_word){ .cert = "ec", .trust = "ca" });
	h.pool.verify_server = true;
	h.servers[0].tls_name = (char *)"b.example";
	begin();
	wire_say(&a, "L anonymous\n");
	hop_accept(&h, &s, 0);
	wire_say(&b, "LT trusted\n");
	hop_accept(&h, &s2, 0);
	wire_close(&s);
	wire_close(&s2);
	end();
	tls_client_unref(h.pool.tls);
}

/* ---- Inside TLS: the server's end, blocking ---- */

struct secure {
	struct wire wire;
	gnutls_certificate_credentials_t cred;
	gnutls_session_t session;
};

static void secure_accept(struct secure *e)
{
	char pem[128], key[128];

	hop_accept(&h, &e->wire, 0);
	snprintf(pem, sizeof pem, "%s/ec.pem", rig_dir);
	snprintf(key, sizeof key, "%s/ec.key", rig_dir);
	assert_int_equal(gnutls_certificate_allocate_credentials(&e->cred), 0);
	assert_int_equal(gnutls_certificate_set_x509_key_file(e->cred, pem, key, GNUTLS_X509_FMT_PEM), 0);
	assert_int_equal(gnutls_init(&e->session, GNUTLS_SERVER), 0);
	assert_int_equal(gnutls_set_default_priority(e->session), 0);
	assert_int_equal(gnutls_credentials_set(e->session, GNUTLS_CRD_CERTIFICATE, e->cred), 0);
	gnutls_transport_set_int(e->session, e->wire.fd);
	assert_int_equal(gnutls_handshake(e->session), 0);
}

/* A request comes, and is answered; the link is given back. */
static void secure_serve(struct secure *e, const char *want)
{
	char line[1024];
	ssize_t n = 0;

	do {
		ssize_t got = gnutls_record_recv(e->session, line + n, sizeof line - 1 - (size_t)n);

		if (got <= 0)
			fail_msg("no request, but %zd", got);
		n += got;
	} while (line[n - 1] != '\n');
	line[n] = 0;
	assert_non_null(strstr(line, want));
	assert_int_equal(gnutls_record_send(e->session, "+well\n", 6), 6);
}

static void secure_close(struct secure *e)
{
	gnutls_deinit(e->session);
	gnutls_certificate_free_credentials(e->cred);
	wire_close(&e->wire);
}

static void test_identities_of_idle_links(void **state)
{
	static struct secure anonymous, trusted;
	struct wire third;

	(void)state;
	hop_make(&h, 1);
	h.pool.tls = rig_client(&(struct rig_word){ .cert = "ec", .trust = "ca" });
	h.pool.verify_server = true;
	h.servers[0].tls_name = (char *)"b.example";
	begin();
	wire_say(&a, "L anonymous\n");
	secure_accept(&anonymous);
	secure_serve(&anonymous, "L anonymous");
	wire_expect(&a, "well");
	gauges(0, 0, 1);
	wire_say(&b, "LT trusted\n"); /* never on the other's, though it is idle */
	secure_accept(&trusted);
	secure_serve(&trusted, "LT trusted");
	wire_expect(&b, "well");
	gauges(0, 0, 2);
	hop_dial(&h, &third, LEFT);
	wire_say(&third, "L nobody\n"); /* nor on this one, though it is newer */
	secure_serve(&anonymous, "L nobody");
	wire_expect(&third, "well");
	wire_say(&third, "LT somebody\n");
	secure_serve(&trusted, "LT somebody");
	wire_expect(&third, "well");
	wire_close(&third);
	secure_close(&anonymous);
	secure_close(&trusted);
	end();
	tls_client_unref(h.pool.tls);
}

/* Without TLS nothing is shown. */
static void test_trust_without_tls(void **state)
{
	struct wire third;

	(void)state;
	hop_make(&h, 1);
	begin();
	first("L one", "+");
	wire_say(&b, "LT two\n");
	has(&s, "LT two");
	wire_say(&s, "+two\n");
	wire_expect(&b, "two");
	hop_dial(&h, &third, LEFT);
	ask(&third, &s, "L three", "+");
	wire_close(&third);
	wire_close(&s);
	end();
}

static void test_disabled(void **state)
{
	(void)state;
	hop_make(&h, 2);
	begin();
	first("L one", "+");
	atomic_store(&h.servers[0].state->admin, ADMIN_DISABLED);
	wire_say(&b, "L two\n");
	hop_accept(&h, &s2, 1);
	has(&s2, "L two");
	wire_close(&s);
	wire_close(&s2);
	end();
}

/* What is idle does not keep the gateway, nor what is leased. */
static void test_stop(void **state)
{
	(void)state;
	hop_make(&h, 1);
	begin();
	first("L one", "+");
	wire_say(&a, "L two\n");
	has(&s, "L two");
	wire_say(&b, "L three\n");
	hop_accept(&h, &s2, 0);
	has(&s2, "L three");
	wire_say(&s2, "+three\n");
	wire_expect(&b, "three");
	hop_stop(&h);
	assert_true(wire_ends(&s));
	assert_true(wire_ends(&s2));
	wire_close(&s);
	wire_close(&s2);
	end();
}

/* Least connections: what is leased counts, what is idle does not. */
static void test_least_connections(void **state)
{
	(void)state;
	hop_make(&h, 2);
	h.pool.balance = BALANCE_LEAST_CONNECTIONS;
	begin();
	wire_say(&a, "L one\n");
	hop_accept(&h, &s, 0);
	has(&s, "L one");
	wire_say(&b, "L two\n");
	hop_accept(&h, &s2, 1);
	has(&s2, "L two");
	wire_say(&s2, "+two\n");
	wire_expect(&b, "two");
	for (unsigned i = 0; i < 4; i++)
		ask(&b, &s2, "L more", "+");
	wire_close(&s);
	wire_close(&s2);
	end();
}

/* ---- Those that have named their client ---- */

/* From now on, the how-manieth look at an idle link finds that its peer has just used it; 0: none does. */
static atomic_uint used_at;

bool __real_stream_is_silent(const struct stream *st);
bool __wrap_stream_is_silent(const struct stream *st);

bool __wrap_stream_is_silent(const struct stream *st)
{
	if (atomic_load(&used_at) && atomic_fetch_sub(&used_at, 1) == 1)
		return false;
	return __real_stream_is_silent(st);
}

static void named(struct wire *c, struct wire *server, const char *line)
{
	static char header[HOP_TEXT];

	wire_say(c, "%s\n", line);
	hop_accept(&h, server, 0);
	wire_line(server, header);
	assert_memory_equal(header, "PROXY TCP4 127.0.0.1 ", 21);
	has(server, line);
	wire_say(server, "+%s\n", line + 3);
	wire_expect(c, line + 3);
	gauges(0, 1, 0); /* it waits for its client, and counts as its session */
}

/* Who has a link to a full server goes on over it; others do not get in. */
static void test_named_at_a_full_server(void **state)
{
	(void)state;
	hop_make(&h, 1);
	h.servers[0].max_sessions = 1;
	begin();
	named(&a, &s, "LP one");
	wire_say(&a, "LP two\n");
	has(&s, "LP two");
	wire_say(&s, "+two\n");
	wire_expect(&a, "two");
	gauges(0, 1, 0);
	wire_say(&b, "LP three\n");
	hop_until(&h, "respond 3");
	assert_false(hop_is_called(&h, 0));
	wire_close(&s);
	end();
}

/* A server that closes a waiting link at the very moment when that is taken again: every seat is given back once. */
static void test_named_is_used_meanwhile(void **state)
{
	(void)state;
	for (unsigned look = 1; look < 4; look++) {
		hop_make(&h, 1);
		begin();
		named(&a, &s, "LP one");
		atomic_store(&used_at, look);
		wire_say(&a, "LP two\n");
		if (hop_is_called(&h, 0)) {
			hop_accept(&h, &s2, 0);
			gauges(0, 1, 0);
			wire_close(&s2);
		}
		atomic_store(&used_at, 0);
		wire_close(&a);
		gauges(0, 0, 0);
		hop_dial(&h, &a, LEFT);
		wire_close(&s);
		end();
	}
}

/* ---- Kept ones ---- */

static void test_keep(void **state)
{
	(void)state;
	hop_make(&h, 1);
	begin();
	first("L one", "#");
	hop_until(&h, "kept 1");
	gauges(0, 1, 0);
	ask(&a, &s, "L two", "+"); /* the same server: the same link */
	wire_say(&b, "L three\n");
	hop_accept(&h, &s2, 0);
	has(&s2, "L three");
	wire_say(&s2, "+three\n");
	wire_expect(&b, "three");
	ask(&a, &s, "L four", "+"); /* though another is idle */
	wire_close(&s);
	assert_true(wire_ends(&a)); /* the pair ends together */
	wire_close(&s2);
	end();
}

static void test_keep_ends_with_client(void **state)
{
	(void)state;
	hop_make(&h, 1);
	begin();
	first("L one", "#");
	wire_close(&a);
	assert_true(wire_ends(&s));
	gauges(0, 0, 0);
	hop_dial(&h, &a, LEFT);
	wire_close(&s);
	end();
}

/* The server closes in the middle: the plugin may answer, then the client's link ends. */
static void test_kept_dies(void **state)
{
	(void)state;
	hop_make(&h, 2);
	begin();
	first("L one", "#");
	wire_say(&a, "LY two\n");
	has(&s, "LY two");
	wire_close(&s);
	hop_until(&h, "lost 2 link");
	assert_true(wire_ends(&a));
	end();
}

static void test_done_closes_kept(void **state)
{
	(void)state;
	hop_make(&h, 1);
	begin();
	first("L one", "#");
	ask(&a, &s, "L two", ".");
	assert_true(wire_ends(&s));
	assert_true(wire_ends(&a));
	wire_close(&s);
	end();
}

static void test_keep_limit(void **state)
{
	struct wire s3;

	(void)state;
	hop_make(&h, 3);
	begin();
	first("L one", "#");
	wire_say(&a, "L two\n");
	hop_accept(&h, &s2, 1);
	has(&s2, "L two");
	wire_say(&s2, "#two\n");
	wire_expect(&a, "two");
	wire_say(&a, "L three\n");
	hop_accept(&h, &s3, 2);
	has(&s3, "L three");
	wire_say(&s3, "#three\n");
	hop_until(&h, "kept 0");
	wire_expect(&a, "three");
	ask(&a, &s, "L four", "#"); /* it is kept already */
	assert_false(hop_said(&h, "kept 0; kept 0"));
	wire_close(&s);
	wire_close(&s2);
	wire_close(&s3);
	end();
}

/* Round robin would take the other, without LG_STAY. */
static void test_stay(void **state)
{
	(void)state;
	hop_make(&h, 2);
	begin();
	first("L one", "#");
	for (unsigned i = 0; i < 3; i++)
		ask(&a, &s, "LY more", "+");
	atomic_store(&h.servers[0].state->health, HEALTH_DOWN); /* it is the link that counts */
	ask(&a, &s, "LY more", "+");
	wire_say(&a, "L other\n");
	hop_accept(&h, &s2, 1);
	has(&s2, "L other");
	wire_say(&s2, "+other\n");
	wire_expect(&a, "other");
	ask(&a, &s, "LY more", "+");
	wire_say(&b, "LY nothing kept\n");
	has(&s2, "LY nothing kept");
	wire_close(&s);
	wire_close(&s2);
	end();
}

/* While one has it, no other gets it, and none is balanced to where it would be somebody else. */
static void test_stay_is_busy(void **state)
{
	(void)state;
	hop_make(&h, 2);
	begin();
	first("L one", "#");
	wire_say(&a, "LY two\n");
	has(&s, "LY two");
	wire_say(&a, "LY three\n");
	hop_until(&h, "respond 3 no-server");
	wire_say(&s, "+two\n");
	wire_expect(&a, "two");
	wire_close(&s);
	end();
}

static int setup(void **state)
{
	char err[200] = "";

	(void)state;
	assert_int_equal(tls_init(err, sizeof err), 0);
	rig_certs_make();
	alarm(HOP_ALARM_S);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_certs_remove();
	tls_fini();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_both_at_once),
		cmocka_unit_test(test_many_of_one_client),
		cmocka_unit_test(test_never_after_done),
		cmocka_unit_test(test_tenant_goes),
		cmocka_unit_test(test_deadline_closes),
		cmocka_unit_test(test_again_elsewhere),
		cmocka_unit_test(test_dies_while_opening),
		cmocka_unit_test(test_all_refused),
		cmocka_unit_test(test_closed_by_the_server),
		cmocka_unit_test(test_spoke_unasked),
		cmocka_unit_test(test_idle_time),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_trust_is_not_shared),
		cmocka_unit_test(test_identities_of_idle_links),
		cmocka_unit_test(test_trust_without_tls),
		cmocka_unit_test(test_disabled),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_least_connections),
		cmocka_unit_test(test_named_at_a_full_server),
		cmocka_unit_test(test_named_is_used_meanwhile),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_keep_ends_with_client),
		cmocka_unit_test(test_kept_dies),
		cmocka_unit_test(test_done_closes_kept),
		cmocka_unit_test(test_keep_limit),
		cmocka_unit_test(test_stay),
		cmocka_unit_test(test_stay_is_busy),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
