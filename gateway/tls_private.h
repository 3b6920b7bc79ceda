/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_private.h: what the tls*.c files share and nobody else sees.
 *
 *     tls_file.c       PEM files -> certificates
 *     tls_priority.c   versions, ciphers, signatures that are allowed
 *     tls_crl.c        a file of revoked certificates, read again when it changes
 *     tls_names.c      what a certificate file calls its owner
 *     tls_identity.c   a `tls` word -> struct tls_identity
 *     tls_flaws.c      what will give trouble, or is weak
 *     tls_sign.c       a private key that signs by libcrypto
 *     tls_server.c     identities -> struct tls_server
 *     tls_choice.c     which certificate a client sees
 *     tls_ticket.c     the keys of session tickets
 *     tls_client.c     identity -> struct tls_client
 *     tls_stock.c      sessions with servers, to be resumed
 *     tls_resume.c     a connection to a server that resumes one
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
#include "tls_digest.h"
#include "tls_stock.h"

enum {
	TLS_FILE_MAX = 4 << 20,    /* bytes of a PEM file */
	TLS_QUIET_MAX = 128 << 10, /* bytes from a peer that yield no data: its handshake, or more of the kind later */
	TLS_NAME_MAX = 256,        /* bytes of a DNS name with its end */
	TLS_SUITES_MAX = 256,         /* of what a client offers: so many are looked at, as by GnuTLS */
	TLS_FLAWS_MAX = 12,        /* of one `tls` word */
	TLS_TICKET_LIFE_S = 4 * 3600, /* of a ticket; its key is made anew after three of these, and the last one is
				       * taken for as long: tls_ticket.c */
};

struct tls_identity {
	atomic_uint refs;
	char *name;
	char *file; /* of the certificate; NULL: there is none, then no leaf, no chain and no key */
	gnutls_priority_t priority;
	/* The same, but of several ciphers and groups ours counts; NULL: the operator's own. */
	gnutls_priority_t our_order;
	gnutls_x509_crt_t leaf;
	gnutls_pcert_st *chain;
	unsigned nchain;
	gnutls_privkey_t key;
	gnutls_x509_crt_t *trust;
	unsigned ntrust;
	struct tls_crl_file *crl; /* NULL: none */
	bool tickets;
	bool old; /* SHA-1 signatures are allowed, by `sha1` or by a version that knows no other */
	char *subject;
	long long expires, chain_expires;    /* Unix time in s */
	unsigned char load[16];              /* no other has it, nor this one when it is loaded again */
	atomic_uint crl_reads;               /* how often `crl` was read again */
	unsigned char shown[32], trusts[32]; /* SHA-256: of the chain; of all that a ticket's worth hangs on besides */
	struct tls_flaw flaws[TLS_FLAWS_MAX];
	unsigned nflaws;
};

struct tls_suite { /* of TLS 1.2 and before */
	unsigned char id[2];
	gnutls_pk_algorithm_t pk;
	gnutls_protocol_t since;
};

struct tls_server {
	atomic_uint refs;
	struct tls_identity **identities;
	unsigned nidentities;
	gnutls_certificate_credentials_t cred;
	bool *by_default;         /* for each: is for clients that name nobody we know, as the first */
	bool two_kinds;           /* there are keys of both kinds: what the client can decides */
	struct tls_suite *suites; /* then: the cipher suites that are enabled and what they sign with */
	unsigned nsuites;
	gnutls_datum_t ticket_key; /* tls_ticket.c; empty: no tickets */
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

struct tls_resume {              /* of a connection to a server */
	struct tls_stock *stock; /* NULL: it resumes nothing, and nothing of it is kept */
	unsigned char key[TLS_DIGEST];
	bool offered;       /* a session, which the server need not take */
	bool settled;       /* the handshake is over, and the thread is that of `stock` */
	bool ticket;        /* one has come */
	unsigned ticket_s;  /* the life of the last */
	uint64_t proved_ms; /* when the full handshake was, by clock_loop_ms */
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
	bool offers_rsa, offers_ecdsa, offers_old_rsa, offers_old_ecdsa; /* cipher suites; old: for TLS before 1.2 */
	bool ready, failed, bye_sent;
	bool verified, trusted;
	gnutls_alert_description_t alert; /* to send for a certificate that was refused */
	const char *reason, *refused;
	char *told; /* a reason that names names */
	gnutls_datum_t subject;
	long long peer_expires; /* Unix time in s, of a peer's certificate that has verified */
	struct tls_resume resume;
	char *sni;
};

/* Puts a message of printf's kind to `err` and returns `ret`. */
int tls_say(char err[], size_t errlen, int ret, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Where the message of a failure goes. */
struct tls_told {
	char *err;
	size_t n;
};

#define SAY(told, ret, ...) tls_say((told)->err, (told)->n, ret, __VA_ARGS__)

/* ---- tls_file.c ---- */

/* The whole file, with a NUL after its last byte; free it with tls_file_wipe. */
int tls_file_read(const char *path, gnutls_datum_t *d, struct tls_told *told);
void tls_file_wipe(gnutls_datum_t *d);
bool tls_file_is_der(const gnutls_datum_t *d);

/* -EINVAL, and how to make it PEM with the command `openssl TOOL`, when it is in DER form or a PFX; else 0. */
int tls_file_want_pem(const gnutls_datum_t *d, const char *path, const char *tool, struct tls_told *told);

/* All certificates of a PEM file; `flags` of gnutls_x509_crt_list_import2. */
int tls_file_certificates(const char *path, gnutls_x509_crt_t **listp, unsigned *n, unsigned flags,
			  struct tls_told *told);
void tls_file_free_certificates(gnutls_x509_crt_t *list, unsigned n);

/* ---- tls_priority.c ---- */

/* id->priority and id->old from `minimum`, `priority` and `sha1`. */
int tls_priority_make(struct tls_identity *id, const struct tls_word *word, struct tls_told *told);
/* Puts what is weak in them to the flaws. */
void tls_priority_flaws(struct tls_identity *id, const struct tls_word *word);

/* ---- tls_flaws.c ---- */

/* Adds one; those beyond TLS_FLAWS_MAX are left out.  `key`: tls_flaw.key. */
void tls_flaw_add(struct tls_identity *id, const char *key, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* What is doubtful about the certificate, its chain and the file of revoked ones. */
void tls_flaws_find(struct tls_identity *id, const struct tls_word *word);

/* ---- tls_crl.c ---- */

struct tls_crl_file; /* a file of revoked certificates, and what was last good in it */

/* Reads it; every list in it must come from an authority in id->trust. */
int tls_crl_open(struct tls_crl_file **fp, const struct tls_identity *id, const char *path, struct tls_told *told);
void tls_crl_close(struct tls_crl_file *f); /* NULL is fine */
/* Reads it again when it has changed: tls_identity_refresh. */
int tls_crl_refresh(struct tls_crl_file *f, const struct tls_identity *id, struct tls_told *told);
/* Whether one of the peer's certificates is listed.  From any thread. */
bool tls_crl_lists(struct tls_crl_file *f, gnutls_session_t session);
long long tls_crl_next(struct tls_crl_file *f); /* Unix time in s of the earliest next list; 0: none is announced */
const char *tls_crl_path(const struct tls_crl_file *f);

/* ---- tls_ticket.c ---- */

/* The listener's key of tickets, from conf->secret or a fresh secret; 0 or -ENOMEM. */
int tls_ticket_key(struct tls_server *s, const struct tls_server_conf *conf);
/* Lets the session give and take tickets.  0 or an error of GnuTLS. */
int tls_ticket_enable(gnutls_session_t session, const struct tls_server *s);

/* ---- tls_stock.c ---- */

struct tls_past {
	gnutls_datum_t data;         /* gnutls_session_set_data's */
	bool once;                   /* RFC 8446 appendix C.4 */
	uint64_t proved_ms, ends_ms; /* of the full handshake that it goes back to, and of its own end: clock_loop_ms */
};

/* The newest that has not ended by `now_ms`, or NULL; the stock's own, until it is dropped or anything is put. */
struct tls_past *tls_stock_find(struct tls_stock *s, const unsigned char key[TLS_DIGEST], uint64_t now_ms);
void tls_stock_drop(struct tls_stock *s, struct tls_past *past);
/* All under this key. */
void tls_stock_forget(struct tls_stock *s, const unsigned char key[TLS_DIGEST]);
/* One more under this key; one that is not `once` takes the place of all.  past->data is taken over in any case.  0,
 * -ENOMEM, or -EMSGSIZE: it is too large, or has ended already. */
int tls_stock_put(struct tls_stock *s, const unsigned char key[TLS_DIGEST], struct tls_past *past, uint64_t now_ms);

/* ---- tls_resume.c ---- */

/* All of it is on the stock's thread; the handshake between tls_resume_begin and tls_settle may be on any. */

/* Before the handshake: offers a session of the stock. */
void tls_resume_begin(struct tls *t, const struct tls_target *target);
/* The connection has failed: what was agreed with that server is offered no more. */
void tls_resume_spoil(struct tls *t);
/* The connection ends, maybe before its handshake did. */
void tls_resume_end(struct tls *t);

/* ---- tls_choice.c ---- */

/* s->by_default, s->two_kinds and s->suites, once the identities are there.  0 or -ENOMEM. */
int tls_choice_prepare(struct tls_server *s);
/* Notes what a client offers, of its first message, when that matters. */
void tls_choice_hello(struct tls *t, const gnutls_datum_t *hello);
struct tls_identity *tls_choice(const struct tls *t);

/* ---- tls_sign.c ---- */

/* A key that signs by libcrypto, from its PEM text.  `old` allows SHA-1, for TLS before 1.2.  0; -ENOTSUP for a kind of
 * key that libcrypto signs no better than GnuTLS (other than RSA and ECDSA), -EINVAL when it cannot be read, or
 * -ENOMEM. */
int tls_sign_import(gnutls_privkey_t *keyp, const gnutls_datum_t *pem, bool old);

/* Whether a key of this kind and length signs by `algorithm` here. */
bool tls_sign_can(gnutls_pk_algorithm_t pk, unsigned bits, bool old, gnutls_sign_algorithm_t algorithm);
/* ---- tls_hello.c ---- */

/* Has a server look at the ClientHello, where its order may count. */
void tls_hello_watch(struct tls *t);

/* ---- tls_peer.c ---- */

/* For GnuTLS, when a peer's certificate has come: 0 or -1 to end the handshake. */
int tls_peer_verify(gnutls_session_t session);

/* For a resumed session, in which nobody asked: a client's certificate is in its ticket, and is judged again; a
 * server's was judged under the same terms (tls_resume.c), and only whose it is has to be known. */
int tls_peer_verify_resumed(struct tls *t);

/* True for an IP address, and its bytes when `raw` is not NULL. */
bool tls_peer_is_address(const char *name, unsigned char raw[16], unsigned *n);

/* ---- tls_words.c ---- */

const char *tls_words_error(gnutls_session_t session, int error);
const char *tls_words_status(unsigned status, gnutls_alert_description_t *alert);

#endif
