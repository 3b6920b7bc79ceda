/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_hello.c looks at a ClientHello before GnuTLS does: for the choice of a certificate (tls_choice.c), and to say
 * whose order of ciphers and groups counts.  Ours begins with what is cheapest, but must not cost a client another
 * round trip: one that has sent key shares, and none for our first group, is served in its own order.
 */
#include "tls_private.h"

enum { KEY_SHARE = 51, X25519 = 0x001d }; /* RFC 8446 sections 4.2 and 4.2.7 */

static unsigned number_at(const unsigned char *p)
{
	return (unsigned)(p[0] << 8 | p[1]);
}

/* Entries of group, length and key, behind the length of all of them (section 4.2.8). */
static bool has_share(const unsigned char *p, unsigned n, unsigned group)
{
	for (unsigned at = 2; at + 4 <= n; at += 4 + number_at(p + at + 2)) {
		if (number_at(p + at) == group)
			return true;
	}
	return false;
}

static int on_extension(void *ctx, unsigned type, const unsigned char *p, unsigned n)
{
	bool *ours = ctx;

	if (type == KEY_SHARE)
		*ours = has_share(p, n, X25519);
	return 0;
}

/* Whose order counts.  Only the first hello says: whoever was asked for another keeps what was settled (section
 * 4.1.4). */
static void settle_order(struct tls *t, const gnutls_datum_t *hello)
{
	gnutls_priority_t our_order = t->server->identities[0]->our_order;
	bool ours = true;

	if (t->greeted || !our_order)
		return;
	t->greeted = true;
	if (gnutls_ext_raw_parse(&ours, on_extension, hello, GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO) == 0 && ours)
		gnutls_priority_set(t->session, our_order);
}

/* GnuTLS judges what is malformed, right after this. */
static int on_hello(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
		    const gnutls_datum_t *hello)
{
	struct tls *t = gnutls_session_get_ptr(session);

	(void)type;
	(void)when;
	if (!incoming)
		return 0;
	tls_choice_hello(t, hello);
	settle_order(t, hello);
	return 0;
}

void tls_hello_watch(struct tls *t)
{
	if (t->server->identities[0]->our_order || t->server->two_kinds)
		gnutls_handshake_set_hook_function(t->session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE,
						   on_hello);
}
