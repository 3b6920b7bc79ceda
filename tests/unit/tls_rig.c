/* SPDX-License-Identifier: Apache-2.0 */
/* tls_rig.c: certificates, two ends and the wire between them. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tls_rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char rig_dir[64];

/* ---- Certificates ---- */

static struct cert *make(const char *name, struct cert_want want)
{
	struct cert *c = cert_make(&want);

	cert_write(c, rig_dir, name);
	return c;
}

#define EDGE "edge.corp.example"

void rig_certs_make(void)
{
	struct cert *ca, *ca2, *middle;

	certs_dir_make(rig_dir);
	ca = make("ca", (struct cert_want){ .cn = "CA", .authority = true });
	ca2 = make("ca2", (struct cert_want){ .cn = "Another CA", .authority = true });
	middle = make("middle", (struct cert_want){ .cn = "Middle CA", .authority = true, .issuer = ca });
	const struct {
		const char *name;
		struct cert_want want;
	} leaves[] = {
		{ "rsa", { .cn = "rsa", .dns = { "a.example", "pool.corp.example" }, .ip = "127.0.0.1", .rsa = true } },
		{ "ec", { .cn = "ec", .dns = { "b.example", "*.wild.example" }, .ip = "::1" } },
		{ "ec-a", { .cn = "ec-a", .dns = { "a.example" } } },
		{ "ec-rsa", { .cn = "ec-rsa", .dns = { "pool.corp.example", "a.example" } } },
		{ "chain", { .cn = "chain", .dns = { "c.example" }, .issuer = middle } },
		{ "edge", { .cn = EDGE, .dns = { EDGE }, .purpose = GNUTLS_KP_TLS_WWW_CLIENT } },
		{ "common", { .cn = EDGE } },
		{ "other", { .cn = EDGE, .dns = { "other.corp.example" } } },
		{ "wild", { .cn = "wild", .dns = { "*.corp.example" } } },
		{ "stranger", { .cn = EDGE, .dns = { EDGE }, .issuer = ca2 } },
		{ "expired", { .cn = EDGE, .dns = { EDGE }, .since_days = -9, .for_days = 3 } },
		{ "future", { .cn = EDGE, .dns = { EDGE }, .since_days = 3 } },
		{ "brief", { .cn = EDGE, .dns = { EDGE }, .since_days = -1, .for_days = 1 } },
		{ "serverish", { .cn = EDGE, .dns = { EDGE }, .purpose = GNUTLS_KP_TLS_WWW_SERVER } },
		{ "nosign", { .cn = "a", .dns = { "a.example" }, .rsa = true, .usage = GNUTLS_KEY_KEY_ENCIPHERMENT } },
	};
	for (size_t i = 0; i < sizeof leaves / sizeof leaves[0]; i++) {
		struct cert_want want = leaves[i].want;

		want.issuer = want.issuer ? want.issuer : ca;
		cert_free(make(leaves[i].name, want));
	}
	cert_free(make("pss", (struct cert_want){ .cn = "pss", .dns = { "a.example" }, .rsa = true, .pss = true }));
	cert_free(middle);
	cert_free(ca2);
	cert_free(ca);
}

void rig_certs_remove(void)
{
	certs_dir_remove(rig_dir);
}

int rig_setup(void **state)
{
	char err[200] = "";

	(void)state;
	assert_int_equal(tls_init(err, sizeof err), 0);
	rig_certs_make();
	return 0;
}

int rig_teardown(void **state)
{
	(void)state;
	rig_certs_remove();
	tls_fini();
	return 0;
}

static const char *path(char buf[128], const char *name, const char *kind)
{
	if (!name)
		return NULL;
	snprintf(buf, 128, "%s/%s.%s", rig_dir, name, kind);
	return buf;
}

struct tls_identity *rig_identity(const struct rig_word *w)
{
	char cert[128], key[128], trust[128], crl[128], err[1024] = "";
	struct tls_identity *id = NULL;
	struct tls_word word = { .name = "rig",
				 .certificate = path(cert, w->cert, "pem"),
				 .key = path(key, w->cert, "key"),
				 .trust = path(trust, w->trust, "pem"),
				 .priority = w->priority,
				 .minimum = w->minimum,
				 .crl = path(crl, w->crl, "crl"),
				 .sha1 = w->sha1,
				 .tickets = !w->no_tickets };

	if (tls_identity_load(&id, &word, err, sizeof err) != 0)
		fail_msg("%s", err);
	return id;
}

struct tls_server *rig_server(const struct rig_word *w, enum tls_verify verify, const char *const *peers)
{
	static const char *const alpn[] = { "one", "two", NULL };
	struct tls_identity *id = rig_identity(w);
	struct tls_server_conf conf = {
		.identities = &id, .nidentities = 1, .verify = verify, .peers = peers, .alpn = alpn
	};
	struct tls_server *s = NULL;
	char err[256] = "";

	if (tls_server_create(&s, &conf, err, sizeof err) != 0)
		fail_msg("%s", err);
	tls_identity_unref(id);
	return s;
}

struct tls_client *rig_client(const struct rig_word *w)
{
	struct tls_identity *id = rig_identity(w);
	struct tls_client *c = NULL;
	char err[256] = "";

	if (tls_client_create(&c, id, err, sizeof err) != 0)
		fail_msg("%s", err);
	tls_identity_unref(id);
	return c;
}

/* ---- Two ends ---- */

void rig_open(struct rig *r, struct tls_server *s, struct tls_client *c, const struct tls_target *target)
{
	static const struct tls_target nothing = { .name = NULL };

	*r = (struct rig){ .chunk = 0 };
	assert_int_equal(tls_accept(&r->server.tls, s), 0);
	assert_int_equal(tls_connect(&r->client.tls, c, target ? target : &nothing), 0);
}

static void end_close(struct rig_end *e)
{
	tls_free(e->tls);
	buf_free(&e->wire);
	buf_free(&e->in);
}

void rig_close(struct rig *r)
{
	end_close(&r->client);
	end_close(&r->server);
}

bool rig_arrive(struct rig *r, struct rig_end *e)
{
	size_t n = buf_len(&e->wire);

	if (r->chunk && n > r->chunk)
		n = r->chunk;
	if (n == 0)
		return false;
	assert_int_equal(buf_append(&e->in, e->wire.p + e->wire.start, n), 0);
	buf_consume(&e->wire, n);
	return true;
}

static void step(struct rig_end *e, struct rig_end *other)
{
	char p[64];
	ssize_t n;

	if (e->step == TLS_MORE) {
		e->step = tls_handshake(e->tls, &e->in, &other->wire);
		tls_settle(e->tls);
		if (e->step == TLS_MORE)
			assert_int_equal(buf_len(&e->in), 0);
		return;
	}
	if (e->step == TLS_FAILED)
		return;
	n = tls_decrypt(e->tls, &e->in, &other->wire, p, sizeof p);
	assert_true(n == -EAGAIN || n == -EPROTO);
	if (n == -EPROTO)
		e->step = TLS_FAILED;
}

bool rig_shake(struct rig *r)
{
	bool moved;

	step(&r->client, &r->server);
	do {
		moved = rig_arrive(r, &r->server);
		if (moved)
			step(&r->server, &r->client);
		if (rig_arrive(r, &r->client)) {
			step(&r->client, &r->server);
			moved = true;
		}
	} while (moved);
	return r->client.step == TLS_READY && r->server.step == TLS_READY;
}

void rig_send(struct rig *r, struct rig_end *from, struct rig_end *to, const char *p, size_t n)
{
	static char got[65536];
	size_t done = 0;

	assert_int_equal(tls_encrypt(from->tls, p, n, &to->wire), 0);
	while (rig_arrive(r, to)) {
		ssize_t m;

		while ((m = tls_decrypt(to->tls, &to->in, &from->wire, got, sizeof got)) > 0) {
			assert_true((size_t)m <= n - done);
			assert_memory_equal(got, p + done, (size_t)m);
			done += (size_t)m;
		}
		assert_int_equal(m, -EAGAIN);
		assert_int_equal(buf_len(&to->in), 0);
	}
	assert_int_equal(done, n);
}

/* ---- GnuTLS alone ---- */

static ssize_t raw_pull(gnutls_transport_ptr_t ptr, void *p, size_t n)
{
	struct raw *c = ptr;
	size_t have = buf_len(&c->in);

	if (have == 0) {
		gnutls_transport_set_errno(c->session, EAGAIN);
		return -1;
	}
	n = n < have ? n : have;
	memcpy(p, c->in.p + c->in.start, n);
	buf_consume(&c->in, n);
	return (ssize_t)n;
}

static ssize_t raw_push(gnutls_transport_ptr_t ptr, const void *p, size_t n)
{
	struct raw *c = ptr;

	assert_int_equal(buf_append(&c->out, p, n), 0);
	return (ssize_t)n;
}

void raw_open(struct raw *c, const char *priority, const char *cert, const char *sni, const gnutls_datum_t *resume)
{
	raw_open_with(c, 0, priority, cert, sni, resume);
}

void raw_open_with(struct raw *c, unsigned flags, const char *priority, const char *cert, const char *sni,
		   const gnutls_datum_t *resume)
{
	char pem[128], key[128];

	*c = (struct raw){ .session = NULL };
	assert_int_equal(gnutls_certificate_allocate_credentials(&c->cred), 0);
	if (cert)
		assert_int_equal(gnutls_certificate_set_x509_key_file(c->cred, path(pem, cert, "pem"),
								      path(key, cert, "key"), GNUTLS_X509_FMT_PEM),
				 0);
	assert_int_equal(gnutls_init(&c->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | flags), 0);
	assert_int_equal(gnutls_priority_set_direct(c->session, priority, NULL), 0);
	assert_int_equal(gnutls_credentials_set(c->session, GNUTLS_CRD_CERTIFICATE, c->cred), 0);
	if (sni)
		assert_int_equal(gnutls_server_name_set(c->session, GNUTLS_NAME_DNS, sni, strlen(sni)), 0);
	if (resume)
		assert_int_equal(gnutls_session_set_data(c->session, resume->data, resume->size), 0);
	gnutls_transport_set_ptr(c->session, c);
	gnutls_transport_set_pull_function(c->session, raw_pull);
	gnutls_transport_set_push_function(c->session, raw_push);
}

void raw_close(struct raw *c)
{
	gnutls_deinit(c->session);
	gnutls_certificate_free_credentials(c->cred);
	buf_free(&c->in);
	buf_free(&c->out);
}

int raw_shake(struct raw *c, struct tls *server, enum tls_step *step_out)
{
	int ret = GNUTLS_E_AGAIN;

	*step_out = TLS_MORE;
	for (int i = 0; i < 10; i++) {
		if (ret == GNUTLS_E_AGAIN)
			ret = gnutls_handshake(c->session);
		if (*step_out == TLS_MORE)
			*step_out = tls_handshake(server, &c->out, &c->in);
	}
	return ret;
}

gnutls_datum_t raw_ticket(struct raw *c)
{
	gnutls_datum_t d = { NULL, 0 };
	char p[16];

	assert_int_equal(gnutls_record_recv(c->session, p, sizeof p), GNUTLS_E_AGAIN);
	assert_int_equal(gnutls_session_get_data2(c->session, &d), 0);
	return d;
}
