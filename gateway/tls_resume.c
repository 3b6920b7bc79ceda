/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_resume.c has connections to servers take up sessions of earlier ones, from the worker's stock.  A session serves
 * none but those that want the same of the same server and are the same to it, so that what the first one proved holds
 * for all; the server's certificate is verified in full handshakes alone.  Early data is never sent (RFC 8446 section
 * 8).  A session that a server does not take costs nothing: the handshake is a full one.
 */
#include "tls_private.h"

#include <errno.h>
#include <string.h>

#include <gnutls/crypto.h>

#include "clock.h"

/*
 * All that a session's worth hangs on: the `tls` word as it was loaded (certificate, trust, versions, ciphers), the
 * revoked certificates as they were last read, where the server is, its name, and what each side proves to the other.
 */
static int make_key(struct tls_resume *r, const struct tls_identity *id, const struct tls_target *target)
{
	unsigned crl = atomic_load(&id->crl_reads);
	unsigned char sides[2] = { target->verify, target->show };
	const char *name = target->name ? target->name : "";
	gnutls_hash_hd_t h;
	int ret;

	if (gnutls_hash_init(&h, GNUTLS_DIG_SHA256) < 0)
		return -ENOMEM;
	ret = gnutls_hash(h, id->load, sizeof id->load);
	if (ret == 0)
		ret = gnutls_hash(h, &crl, sizeof crl);
	if (ret == 0)
		ret = gnutls_hash(h, sides, sizeof sides);
	if (ret == 0)
		ret = gnutls_hash(h, target->address, strlen(target->address) + 1);
	if (ret == 0)
		ret = gnutls_hash(h, name, strlen(name) + 1);
	gnutls_hash_deinit(h, r->key);
	return ret < 0 ? -EIO : 0;
}

/* ---- What is kept ---- */

static uint64_t end_of(const struct tls *t, uint64_t now_ms)
{
	const struct tls_resume *r = &t->resume;
	uint64_t ends_ms = r->proved_ms + TLS_STOCK_LIFE_S * 1000ull;
	long long left_ms = t->peer_expires * 1000 - clock_unix_ms();

	if (r->ticket_s && now_ms + r->ticket_s * 1000ull < ends_ms)
		ends_ms = now_ms + r->ticket_s * 1000ull;
	if (!t->verified)
		return ends_ms;
	if (left_ms <= 0)
		return now_ms;
	return now_ms + (uint64_t)left_ms < ends_ms ? now_ms + (uint64_t)left_ms : ends_ms;
}

/* Does not wait: the session is complete, or its ticket has come. */
static void keep(struct tls *t, bool once)
{
	struct tls_resume *r = &t->resume;
	uint64_t now_ms = clock_loop_ms();
	struct tls_past past = { .once = once, .proved_ms = r->proved_ms, .ends_ms = end_of(t, now_ms) };

	if (gnutls_session_get_data2(t->session, &past.data) == 0)
		(void)tls_stock_put(r->stock, r->key, &past, now_ms); /* else the next handshake is a full one */
}

/* Before it is read, a ticket begins with its life in seconds: RFC 8446 section 4.6.1 (0: none), RFC 5077 section 3.3
 * (0: nobody says).  One of TLS 1.2 comes within the handshake, on any thread; one of 1.3 later, on that of the stock.
 */
static int on_ticket(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
		     const gnutls_datum_t *msg)
{
	struct tls *t = gnutls_session_get_ptr(session);
	struct tls_resume *r = &t->resume;
	const unsigned char *p = msg->data;

	(void)type;
	(void)incoming;
	if (when == GNUTLS_HOOK_PRE) {
		r->ticket = msg->size >= 4;
		r->ticket_s = r->ticket ? (unsigned)p[0] << 24 | (unsigned)p[1] << 16 | (unsigned)p[2] << 8 | p[3] : 0;
	} else if (r->settled && r->ticket_s > 0) {
		keep(t, true);
	}
	return 0;
}

/* Of TLS before 1.3. */
static void keep_session(struct tls *t, bool resumed)
{
	gnutls_datum_t id = { NULL, 0 };
	bool named = gnutls_session_get_id2(t->session, &id) == 0 && id.size > 0;

	if (t->resume.ticket || (named && !resumed)) /* else there is nothing new */
		keep(t, false);
}

/* ---- In the course of a connection ---- */

void tls_resume_begin(struct tls *t, const struct tls_target *target)
{
	struct tls_resume *r = &t->resume;
	struct tls_past *past;

	if (!target->stock || !t->client->identity->tickets || make_key(r, t->client->identity, target) < 0)
		return;
	r->stock = target->stock;
	gnutls_handshake_set_hook_function(t->session, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET, GNUTLS_HOOK_BOTH,
					   on_ticket);
	past = tls_stock_find(r->stock, r->key, clock_loop_ms());
	if (!past)
		return;
	r->offered = gnutls_session_set_data(t->session, past->data.data, past->data.size) == 0;
	r->proved_ms = past->proved_ms;
	if (past->once || !r->offered)
		tls_stock_drop(r->stock, past);
}

void tls_settle(struct tls *t)
{
	struct tls_resume *r = &t->resume;
	bool resumed = t->ready && gnutls_session_is_resumed(t->session);

	if (!r->stock || r->settled || !(t->ready || t->failed))
		return;
	r->settled = true;
	if (!t->ready || (r->offered && !resumed))
		tls_stock_forget(r->stock, r->key);
	if (!t->ready)
		return;
	if (!resumed)
		r->proved_ms = clock_loop_ms();
	if (gnutls_protocol_get_version(t->session) < GNUTLS_TLS1_3)
		keep_session(t, resumed);
}

void tls_resume_spoil(struct tls *t)
{
	if (t->resume.stock)
		tls_stock_forget(t->resume.stock, t->resume.key);
}

void tls_resume_end(struct tls *t)
{
	if (t->resume.offered && !t->resume.settled)
		tls_resume_spoil(t);
}
