/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls.c: one connection: flights and records whole, cut, spoilt and foreign, and its end. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tls_rig.h"

#define TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

static const char *const versions[] = { TLS12, TLS13 };

/* Two ends whose handshake is over. */
static void open_ready(struct rig *r, const char *cert, const char *version)
{
	struct tls_server *s = rig_server(&(struct rig_word){ .cert = cert }, TLS_VERIFY_NONE, NULL);
	struct tls_client *c = rig_client(&(struct rig_word){ .priority = version });

	rig_open(r, s, c, NULL);
	assert_true(rig_shake(r));
	tls_server_unref(s); /* the connections hold them */
	tls_client_unref(c);
}

/* ---- Handshakes ---- */

/* The flights cut anywhere. */
static void test_cuts(void **state)
{
	static const size_t chunks[] = { 1, 2, 5, 7, 100, 1000 };

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		struct rig_word word = { .cert = "edge", .trust = "ca", .priority = versions[i & 1] };
		struct tls_server *s =
			rig_server(&(struct rig_word){ .cert = "rsa", .trust = "ca" }, TLS_VERIFY_REQUIRED, NULL);
		struct tls_client *c = rig_client(&word);
		struct rig r;

		rig_open(&r, s, c, &(struct tls_target){ .name = "a.example", .verify = true, .show = true });
		r.chunk = chunks[i / 2];
		assert_true(rig_shake(&r));
		rig_send(&r, &r.client, &r.server, "one way", 7);
		rig_send(&r, &r.server, &r.client, "the other", 9);
		rig_close(&r);
		tls_server_unref(s);
		tls_client_unref(c);
	}
}

/* ---- Records ---- */

static char *noise(size_t n)
{
	char *p = malloc(n);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = (char)(i * 31 + (i >> 8));
	return p;
}

static unsigned count_records(const struct buf *b)
{
	const unsigned char *p = (const unsigned char *)b->p;
	size_t at = b->start;
	unsigned count = 0;

	while (at < b->end) {
		at += 5u + (unsigned)(p[at + 3] << 8 | p[at + 4]);
		count++;
	}
	assert_int_equal(at, b->end);
	return count;
}

static void test_megabyte(void **state)
{
	enum { MEGABYTE = 1 << 20 };
	static const size_t chunks[] = { 0, 100, 1460, 65536 };
	char *p = noise(MEGABYTE);

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		struct rig r;

		open_ready(&r, "ec", versions[i & 1]);
		r.chunk = chunks[i / 2];
		rig_send(&r, &r.client, &r.server, p, MEGABYTE);
		rig_send(&r, &r.server, &r.client, p, MEGABYTE);
		rig_close(&r);
	}
	free(p);
}

static void test_few_records(void **state)
{
	static const struct {
		size_t n;
		unsigned records;
	} rows[] = { { 1, 1 }, { 16384, 1 }, { 16385, 2 }, { 65536, 4 }, { 0, 0 } };
	char *p = noise(65536);

	(void)state;
	for (size_t v = 0; v < 2; v++) {
		struct rig r;

		open_ready(&r, "ec", versions[v]);
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			struct buf out = { NULL };

			assert_int_equal(tls_encrypt(r.client.tls, p, rows[i].n, &out), 0);
			assert_int_equal(count_records(&out), rows[i].records);
			buf_free(&out);
		}
		rig_close(&r);
	}
	free(p);
}

/* A small hand takes a large record in turns, and gets nothing twice. */
static void test_small_hand(void **state)
{
	char *p = noise(1000), got[7];
	struct rig r;
	size_t n = 0;
	ssize_t m;

	(void)state;
	open_ready(&r, "ec", TLS13);
	assert_int_equal(tls_encrypt(r.client.tls, p, 1000, &r.server.wire), 0);
	assert_true(rig_arrive(&r, &r.server));
	while ((m = tls_decrypt(r.server.tls, &r.server.in, &r.client.wire, got, sizeof got)) > 0) {
		assert_memory_equal(got, p + n, (size_t)m);
		n += (size_t)m;
	}
	assert_int_equal(m, -EAGAIN);
	assert_int_equal(n, 1000);
	rig_close(&r);
	free(p);
}

static void test_key_update(void **state)
{
	struct rig r;

	(void)state;
	open_ready(&r, "ec", TLS13);
	for (int i = 0; i < 3; i++) {
		r.client.tls->out = &r.server.wire; /* as within a call */
		assert_int_equal(gnutls_session_key_update(r.client.tls->session, GNUTLS_KU_PEER), 0);
		r.client.tls->out = NULL;
		rig_send(&r, &r.client, &r.server, "there", 5);
		rig_send(&r, &r.server, &r.client, "and back", 8);
	}
	rig_close(&r);
}

/* Bytes of the client that come with the end of its handshake wait in `in`. */
static void test_early_bird(void **state)
{
	struct rig r;
	char got[16];

	(void)state;
	for (size_t v = 0; v < 2; v++) {
		struct tls_server *s = rig_server(&(struct rig_word){ .cert = "ec" }, TLS_VERIFY_NONE, NULL);
		struct tls_client *c = rig_client(&(struct rig_word){ .priority = versions[v] });

		rig_open(&r, s, c, NULL);
		while (r.client.step != TLS_READY) {
			r.client.step = tls_handshake(r.client.tls, &r.client.in, &r.server.wire);
			if (r.client.step == TLS_READY)
				assert_int_equal(tls_encrypt(r.client.tls, "hello", 5, &r.server.wire), 0);
			(void)rig_arrive(&r, &r.server);
			r.server.step = tls_handshake(r.server.tls, &r.server.in, &r.client.wire);
			(void)rig_arrive(&r, &r.client);
		}
		assert_int_equal(r.server.step, TLS_READY);
		assert_int_equal(tls_decrypt(r.server.tls, &r.server.in, &r.client.wire, got, sizeof got), 5);
		assert_memory_equal(got, "hello", 5);
		rig_close(&r);
		tls_server_unref(s);
		tls_client_unref(c);
	}
}

/* ---- Ends ---- */

static void test_bye(void **state)
{
	char got[16];

	(void)state;
	for (size_t v = 0; v < 2; v++) {
		struct rig r;

		open_ready(&r, "ec", versions[v]);
		assert_int_equal(tls_encrypt(r.client.tls, "last", 4, &r.server.wire), 0);
		tls_bye(r.client.tls, &r.server.wire);
		tls_bye(r.client.tls, &r.server.wire);
		assert_int_equal(count_records(&r.server.wire), 2);
		assert_int_equal(tls_encrypt(r.client.tls, "more", 4, &r.server.wire), -EPIPE);
		(void)rig_arrive(&r, &r.server);
		assert_int_equal(tls_decrypt(r.server.tls, &r.server.in, &r.client.wire, got, sizeof got), 4);
		assert_int_equal(tls_decrypt(r.server.tls, &r.server.in, &r.client.wire, got, sizeof got), 0);
		assert_int_equal(tls_decrypt(r.server.tls, &r.server.in, &r.client.wire, got, sizeof got), 0);
		rig_send(&r, &r.server, &r.client, "the other half", 14); /* which is still open */
		rig_close(&r);
	}
}

/* Without close_notify there is nothing but bytes that are missing. */
static void test_cut_off(void **state)
{
	char got[16];
	struct rig r;

	(void)state;
	open_ready(&r, "ec", TLS13);
	assert_int_equal(tls_encrypt(r.client.tls, "cut", 3, &r.server.wire), 0);
	r.server.wire.end -= 1;
	(void)rig_arrive(&r, &r.server);
	for (int i = 0; i < 3; i++)
		assert_int_equal(tls_decrypt(r.server.tls, &r.server.in, &r.client.wire, got, sizeof got), -EAGAIN);
	assert_int_equal(buf_len(&r.server.in), 0);
	rig_close(&r);
}

/* ---- Broken ---- */

static const struct garbage {
	const char *bytes;
	size_t n;
	const char *reason; /* NULL: any */
} garbages[] = {
	{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, "what came is not TLS" },
	{ "\0\0\0\0\0\0\0\0", 8, "what came is not TLS" },
	{ "\x80\x05\x07\x03\x01\x00\x15", 7, NULL },
	{ "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10, NULL },
	{ "\x16\x03\x01\x00\x00", 5, NULL },
	{ "\x16\x03\x01\xff\xff\x01\x00\x00\x01\x00", 10, NULL },
	{ "\x15\x03\x01\x00\x02\x02\x28", 7, NULL },
	{ "\x17\x03\x03\x00\x02xx", 7, "what came is not TLS" },
};

static void test_garbage(void **state)
{
	struct tls_server *s = rig_server(&(struct rig_word){ .cert = "ec" }, TLS_VERIFY_NONE, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof garbages / sizeof garbages[0]; i++) {
		const struct garbage *g = &garbages[i];
		struct buf in = { NULL }, out = { NULL };
		enum tls_step step;
		struct tls *t;

		assert_int_equal(tls_accept(&t, s), 0);
		assert_int_equal(buf_append(&in, g->bytes, g->n), 0);
		step = tls_handshake(t, &in, &out);
		print_message("row %zu: %d %s\n", i, step, tls_reason(t));
		assert_int_equal(step, TLS_FAILED);
		if (g->reason)
			assert_string_equal(tls_reason(t), g->reason);
		assert_int_equal(tls_handshake(t, &in, &out), TLS_FAILED);
		tls_bye(t, &out);
		tls_free(t);
		buf_free(&in);
		buf_free(&out);
	}
	tls_server_unref(s);
}

/* A hello that announces 16 MiB is not waited for. */
static void test_endless_hello(void **state)
{
	static const unsigned char head[] = { 0x16, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff };
	struct tls_server *s = rig_server(&(struct rig_word){ .cert = "ec" }, TLS_VERIFY_NONE, NULL);
	struct buf in = { NULL }, out = { NULL };
	char *zeros = calloc(1, 16384);
	size_t fed = 0;
	struct tls *t;

	(void)state;
	assert_non_null(zeros);
	assert_int_equal(tls_accept(&t, s), 0);
	assert_int_equal(buf_append(&in, head, sizeof head), 0);
	assert_int_equal(buf_append(&in, zeros, 16384 - 4), 0);
	for (; tls_handshake(t, &in, &out) == TLS_MORE && fed < 2 * TLS_QUIET_MAX; fed += 16384) {
		assert_int_equal(buf_append(&in, head, 5), 0);
		assert_int_equal(buf_append(&in, zeros, 16384), 0);
	}
	assert_true(fed <= TLS_QUIET_MAX);
	assert_string_equal(tls_reason(t), "the peer's handshake is too long");
	free(zeros);
	tls_free(t);
	buf_free(&in);
	buf_free(&out);
	tls_server_unref(s);
}

/* Warnings are legal, for a while. */
static void test_idle_talk(void **state)
{
	char got[16];
	struct rig r;
	ssize_t n = -EAGAIN;
	int i;

	(void)state;
	open_ready(&r, "ec", TLS12);
	for (i = 0; i < 10000 && n == -EAGAIN; i++) {
		r.client.tls->out = &r.server.wire; /* as within a call */
		assert_int_equal(gnutls_alert_send(r.client.tls->session, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED),
				 0);
		r.client.tls->out = NULL;
		assert_true(rig_arrive(&r, &r.server));
		n = tls_decrypt(r.server.tls, &r.server.in, &r.client.wire, got, sizeof got);
	}
	assert_true(i > 10);
	assert_int_equal(n, -EPROTO);
	rig_close(&r);
}

/* Every byte of the client's first flight, spoilt: whatever comes of it, it ends, and nobody is taken for another. */
static void test_spoilt_flight(void **state)
{
	struct tls_server *s = rig_server(&(struct rig_word){ .cert = "ec" }, TLS_VERIFY_NONE, NULL);
	struct tls_client *c = rig_client(&(struct rig_word){ .trust = "ca" });
	size_t n = 1;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct rig r;

		rig_open(&r, s, c, &(struct tls_target){ .name = "b.example", .verify = true });
		r.client.step = tls_handshake(r.client.tls, &r.client.in, &r.server.wire);
		n = buf_len(&r.server.wire);
		r.server.wire.p[r.server.wire.start + i] ^= 0x41;
		assert_int_equal(rig_shake(&r), i == 2); /* RFC 8446 section 5.1: the record's version is ignored */
		rig_close(&r);
	}
	assert_true(n > 100);
	tls_server_unref(s);
	tls_client_unref(c);
}

static void test_spoilt_record(void **state)
{
	char got[16];

	(void)state;
	for (size_t v = 0; v < 2; v++) {
		struct rig r;

		open_ready(&r, "ec", versions[v]);
		assert_int_equal(tls_encrypt(r.client.tls, "hello", 5, &r.server.wire), 0);
		r.server.wire.p[r.server.wire.end - 1] ^= 1;
		(void)rig_arrive(&r, &r.server);
		assert_int_equal(tls_decrypt(r.server.tls, &r.server.in, &r.client.wire, got, sizeof got), -EPROTO);
		assert_string_equal(tls_reason(r.server.tls), "a record is damaged");
		assert_int_equal(tls_decrypt(r.server.tls, &r.server.in, &r.client.wire, got, sizeof got), -EPROTO);
		assert_int_equal(tls_encrypt(r.server.tls, "x", 1, &r.client.wire), -EPIPE);
		(void)rig_arrive(&r, &r.client);
		assert_int_equal(tls_decrypt(r.client.tls, &r.client.in, &r.server.wire, got, sizeof got), -EPROTO);
		assert_string_equal(tls_reason(r.client.tls), "the peer got our bytes damaged");
		rig_close(&r);
	}
}

static void test_garbage_after_handshake(void **state)
{
	char got[16];
	struct rig r;

	(void)state;
	open_ready(&r, "ec", TLS12);
	assert_int_equal(buf_append(&r.server.in, "GET / HTTP/1.1\r\n\r\n", 18), 0);
	assert_int_equal(tls_decrypt(r.server.tls, &r.server.in, &r.client.wire, got, sizeof got), -EPROTO);
	rig_close(&r);
}

/* Renegotiation, which only TLS 1.2 has, from both sides. */
static void test_renegotiation(void **state)
{
	char got[16];

	(void)state;
	for (int from_server = 0; from_server < 2; from_server++) {
		struct rig r;
		struct rig_end *from, *to;

		open_ready(&r, "ec", TLS12);
		from = from_server ? &r.server : &r.client;
		to = from_server ? &r.client : &r.server;
		from->tls->in = &from->in; /* as within a call */
		from->tls->out = &to->wire;
		if (from_server)
			assert_int_equal(gnutls_rehandshake(from->tls->session), 0);
		else
			assert_int_equal(gnutls_handshake(from->tls->session), GNUTLS_E_AGAIN);
		from->tls->in = from->tls->out = NULL;
		(void)rig_arrive(&r, to);
		assert_int_equal(tls_decrypt(to->tls, &to->in, &from->wire, got, sizeof got), -EPROTO);
		assert_string_equal(tls_reason(to->tls), "the peer asked for renegotiation, which is refused");
		assert_true(buf_len(&from->wire) > 0);
		rig_close(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cuts),          cmocka_unit_test(test_megabyte),
		cmocka_unit_test(test_few_records),   cmocka_unit_test(test_small_hand),
		cmocka_unit_test(test_key_update),    cmocka_unit_test(test_early_bird),
		cmocka_unit_test(test_bye),           cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_garbage),       cmocka_unit_test(test_endless_hello),
		cmocka_unit_test(test_idle_talk),     cmocka_unit_test(test_spoilt_flight),
		cmocka_unit_test(test_spoilt_record), cmocka_unit_test(test_garbage_after_handshake),
		cmocka_unit_test(test_renegotiation),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
