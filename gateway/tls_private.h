/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_private.h: what the tls*.c files share and nobody else sees.
 *
 *     tls_identity.c   files -> struct tls_identity
 *     tls_sign.c       a private key that signs by libcrypto
 *     tls_server.c     identities -> struct tls_server: which certificate, tickets
 *     tls_client.c     identity -> struct tls_client
 *     tls_peer.c       is the peer's certificate good, and whose is it
 *     tls_words.c      GnuTLS's numbers -> words for an administrator
 *     tls.c            one connection
 */
#ifndef TLS_PRIVATE_H
#define TLS_PRIVATE_H

#include <stdatomic.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "tls.h"

enum {
	TLS_FILE_MAX = 4 << 20,    /* bytes of a PEM file */
	TLS_QUIET_MAX = 128 << 10, /* bytes from a peer that yield no data: its handshake, or more of the kind later */
	TLS_NAME_MAX = 256,        /* bytes of a DNS name with its end */
};

struct tls_identity {
	atomic_uint refs;
	char *name;
	gnutls_priority_t priority;
	gnutls_priority_t our_order; /* the same, but of several ciphers and groups ours counts; NULL: the operator's own */
	gnutls_x509_crt_t leaf; /* NULL: there is no certificate, then no chain and no key */
	gnutls_pcert_st *chain;
	unsigned nchain;
	gnutls_privkey_t key;
	gnutls_x509_crt_t *trust;
	unsigned ntrust;
	bool tickets;
	char warning[512];
};

struct tls_server {
	atomic_uint refs;
	struct tls_identity **identities;
	unsigned nidentities;
	gnutls_certificate_credentials_t cred;
	gnutls_datum_t
		ticket_key; /* own one, so that a ticket of another listener opens nothing here; empty: no tickets */
	enum tls_verify verify;
	char **peers; /* ends with NULL */
	gnutls_datum_t *alpn;
	unsigned nalpn;
};

struct tls_client {
	atomic_uint refs;
	struct tls_identity *identity;
	gnutls_certificate_credentials_t cred;
};

struct tls {
	gnutls_session_t session;
	struct tls_server *server; /* one of these two */
	struct tls_client *client;
	struct buf *in, *out; /* of the call that runs */
	const char *name;     /* tls_target's */
	bool verify, show;    /* tls_target's */

	size_t quiet; /* bytes taken since the last that yielded data */

	bool greeted;        /* a ClientHello has come */
	bool begun, foreign; /* a first byte has come; it is not TLS's */
	bool ready, failed, bye_sent;
	bool verified, trusted;
	gnutls_alert_description_t alert; /* to send for a certificate that was refused */
	const char *reason, *refused;
	gnutls_datum_t subject;
	char *sni;
};

/* Puts a message of printf's kind to `err` and returns `ret`. */
int tls_say(char err[], size_t errlen, int ret, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* ---- tls_sign.c ---- */

/* A key that signs by libcrypto, from its PEM text.  `old` allows SHA-1, for TLS before 1.2.  0; -ENOTSUP for a kind of
 * key that libcrypto signs no better than GnuTLS (other than RSA and ECDSA), -EINVAL when it cannot be read, or
 * -ENOMEM. */
int tls_sign_import(gnutls_privkey_t *keyp, const gnutls_datum_t *pem, bool old);

/* ---- tls_hello.c ---- */

/* Has a server look at the ClientHello, where its order may count. */
void tls_hello_watch(struct tls *t);

/* ---- tls_peer.c ---- */

/* For GnuTLS, when a peer's certificate has come: 0 or -1 to end the handshake. */
int tls_peer_verify(gnutls_session_t session);

/* For a resumed session, in which nobody asked: the certificate is in the ticket, and is judged again. */
int tls_peer_verify_resumed(struct tls *t);

/* True for an IP address, and its bytes when `raw` is not NULL. */
bool tls_peer_is_address(const char *name, unsigned char raw[16], unsigned *n);

/* ---- tls_words.c ---- */

const char *tls_words_error(gnutls_session_t session, int error);
const char *tls_words_status(unsigned status, gnutls_alert_description_t *alert);

#endif
