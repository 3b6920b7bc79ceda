/* SPDX-License-Identifier: Apache-2.0 */
/* test_lease_trust.c: a link is leased only to whom it has told the server about: the trusted, or anybody. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "lease_stage.h"
#include "tls_rig.h"

static void test_trust_is_not_shared(void **state)
{
	(void)state;
	hop_make(&h, 1);
	hop_secure(&h);
	stage_begin();
	wire_say(&a, "L anonymous\n");
	hop_accept(&h, &s, 0);
	wire_say(&b, "LT trusted\n");
	hop_accept(&h, &s2, 0);
	wire_close(&s);
	wire_close(&s2);
	stage_end();
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
	hop_secure(&h);
	stage_begin();
	wire_say(&a, "L anonymous\n");
	secure_accept(&anonymous);
	secure_serve(&anonymous, "L anonymous");
	wire_expect(&a, "well");
	stage_gauges(0, 0, 1);
	wire_say(&b, "LT trusted\n"); /* never on the other's, though it is idle */
	secure_accept(&trusted);
	secure_serve(&trusted, "LT trusted");
	wire_expect(&b, "well");
	stage_gauges(0, 0, 2);
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
	stage_end();
}

/* Without TLS nothing is shown. */
static void test_trust_without_tls(void **state)
{
	struct wire third;

	(void)state;
	hop_make(&h, 1);
	stage_begin();
	stage_first("L one", "+");
	wire_say(&b, "LT two\n");
	stage_has(&s, "LT two");
	wire_say(&s, "+two\n");
	wire_expect(&b, "two");
	hop_dial(&h, &third, LEFT);
	stage_ask(&third, &s, "L three", "+");
	wire_close(&third);
	wire_close(&s);
	stage_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trust_is_not_shared),
		cmocka_unit_test(test_identities_of_idle_links),
		cmocka_unit_test(test_trust_without_tls),
	};

	return cmocka_run_group_tests(tests, hop_setup, rig_teardown);
}
