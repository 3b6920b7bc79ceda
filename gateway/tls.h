/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.h: all of TLS.  Bytes in, bytes out, in memory: a struct tls reads records from one struct buf and writes records
 * to another, and never touches a socket; stream.c carries the bytes.  GnuTLS is used in tls*.c only.
 *
 * A `tls` word of the configuration becomes a tls_identity (its files).  A listener makes a tls_server of one or
 * several, a pool a tls_client of one.  All three are counted, shared by all threads and, but for the revoked
 * certificates, immutable.  Sessions that may be resumed with servers are each thread's own: tls_stock.h.
 *
 * TLS 1.2 and 1.3 unless `minimum` says otherwise; forward secrecy always (no static RSA key exchange, whatever
 * `priority` says).  A listener takes what is cheapest of what the client offers, as far as that costs no round trip.
 * No renegotiation, and from 1.2 on no peer that lacks RFC 5746; no early data (RFC 8446 section 8 has the dangers).
 */
#ifndef TLS_H
#define TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "buf.h"

/* ---- Loaded once ---- */

struct tls_word { /* as configured; paths are absolute, NULL where not given */
	const char *name;
	const char *certificate, *key, *trust; /* PEM files; the server's own certificate first, then those between it
						* and the authority; `key` NULL: in the file of the certificate, too */
	const char *priority;                  /* GnuTLS priority string instead of ours; `minimum` holds for it, too */
	const char *minimum;                   /* "1.0", "1.1", "1.2" (default), "1.3" */
	const char *crl;                       /* revoked certificates, PEM or DER; needs `trust` */
	bool sha1;                             /* allow SHA-1 signatures */
	bool tickets;
};

enum tls_verify { TLS_VERIFY_NONE, TLS_VERIFY_OPTIONAL, TLS_VERIFY_REQUIRED };

struct tls_identity;
struct tls_server;
struct tls_client;

/* Reads and checks the files: key fits certificate, chain parses, trust parses.  0 or -errno with a reason that names
 * the file. */
int tls_identity_load(struct tls_identity **idp, const struct tls_word *word, char err[], size_t errlen);
struct tls_identity *tls_identity_ref(struct tls_identity *id);
void tls_identity_unref(struct tls_identity *id);

/* What does not keep it from being used, but will give trouble, or is weak. */
struct tls_flaw {
	const char *key; /* of the word, where the remedy is: "certificate", "minimum", "crl" */
	char text[320];  /* names the file, when it is about one */
};
const struct tls_flaw *tls_identity_flaws(const struct tls_identity *id, unsigned *n);

enum { TLS_SOON_DAYS = 30 }; /* fewer until the end of a certificate: there is a warning */

/* What the first certificate of a PEM file calls its owner. */
enum { TLS_NAMES_MAX = 200 }; /* those beyond are left out */
struct tls_names {
	char *common;              /* its common name; NULL: it has none */
	char *list[TLS_NAMES_MAX]; /* its alternative names that are of the DNS */
	unsigned n;
};

/* 0, and free them, or -errno with a reason that names the file. */
int tls_names_read(struct tls_names *names, const char *path, char err[], size_t errlen);
void tls_names_free(struct tls_names *names);

/* Unix times in s; 0: does not apply. */
struct tls_expiry {
	const char *file, *subject; /* of the certificate; NULL: there is none */
	const char *kind;           /* "RSA", "ECDSA" */
	long long certificate;      /* its end */
	long long chain;            /* the first end of it and of those that are shown with it */
	const char *crl;            /* the file, or NULL */
	long long crl_next;         /* when the next list is due */
};
void tls_identity_expiry(const struct tls_identity *id, struct tls_expiry *e);

/* Whole days from `now` until `then`; below 0 when that is past. */
static inline long long tls_days(long long then, long long now)
{
	const long long day = 24 * 60 * 60;

	return then < now ? -((now - then + day - 1) / day) : (then - now) / day;
}

/*
 * Looks at the file of `crl`, and reads it when it has changed and then stayed the same from one call to the next, so
 * that none is read while it is written.  1: it was read and holds for all handshakes from now on; 0: nothing is new;
 * -errno with a reason: what it holds now is no good, once for each change; what was good before goes on to hold.
 * Not by two threads at once.
 *
 * A list whose successor is due still holds: who was revoked stays so, and a list that could not be fetched keeps
 * nobody from signing in.  tls_identity_expiry tells of it.  A certificate from an authority without a list is not
 * revoked.
 */
int tls_identity_refresh(struct tls_identity *id, char err[], size_t errlen);

/*
 * Which certificate a client sees: one that bears the name in its SNI; without SNI, or when none does, the first or one
 * that bears all of the first's names.  Of several such an ECDSA one when the client can verify it, which is the
 * cheapest signature, else the first that it can verify.
 *
 * `trust`, `crl`, `priority`, `minimum` and `tickets` are those of the first identity: they are settled before the
 * client's SNI counts.
 *
 * A ticket is good for what it came from: its key follows from `secret`, `name`, all that the identities show and
 * trust, the versions and ciphers and `verify`.  Any other ticket is passed over, and a full handshake follows.  Keys
 * change by the clock, TLS_TICKET_LIFE_S in tls_private.h.  With one `secret` gateways side by side take each other's.
 */
struct tls_server_conf {
	const char *name;            /* of the listener; NULL: "" */
	const unsigned char *secret; /* 16 bytes; NULL: a fresh one, for this server alone */
	struct tls_identity *const *identities;
	unsigned nidentities;
	enum tls_verify verify;
	const char *const *peers; /* names of trusted clients, ends with NULL; NULL: none */
	const char *const
		*alpn; /* what to offer, best first, up to 8 of up to 31 bytes, ends with NULL; NULL: nothing */
};

/* Needs `trust` in the first identity for any other `verify` than none. */
int tls_server_create(struct tls_server **tp, const struct tls_server_conf *conf, char err[], size_t errlen);
struct tls_server *tls_server_ref(struct tls_server *t);
void tls_server_unref(struct tls_server *t);

int tls_client_create(struct tls_client **tp, struct tls_identity *id, char err[], size_t errlen);
struct tls_client *tls_client_ref(struct tls_client *t);
void tls_client_unref(struct tls_client *t);
/* Of one identity: a server cannot tell their connections apart. */
bool tls_client_same(const struct tls_client *a, const struct tls_client *b);

/* ---- One connection ---- */

struct tls;

/* 0 or -ENOMEM */
int tls_accept(struct tls **tp, struct tls_server *server);

struct tls_stock; /* tls_stock.h */

struct tls_target {
	const char *name; /* verified, and sent as SNI unless it is an address; borrowed until the end of the
			   * connection; NULL: neither, and `verify` must be false */
	bool verify; /* the server's certificate against `trust` (the system's authorities when that is not given) */
	bool show;   /* our own certificate, when the server asks for one */
	/* What may be resumed, of the thread that calls; it outlives the connection.  NULL, or without `tickets`: a
	 * full handshake, and nothing is kept for later ones. */
	struct tls_stock *stock;
	const char *address; /* with `stock`: where the server is, address:port; a session is good nowhere else */
};
/* 0, -ENOMEM, or -EINVAL for a name that cannot be one */
int tls_connect(struct tls **tp, struct tls_client *client, const struct tls_target *target);

void tls_free(struct tls *t); /* NULL is fine */

enum tls_step {
	TLS_FAILED = -1, /* tls_reason says why; `out` may hold an alert to send */
	TLS_MORE = 0,    /* the peer's next flight is needed */
	TLS_READY = 1,
};

/* One step of the handshake: takes records from `in`, puts records to `out`.  The CPU work of a handshake is all in
 * here; it may run on any thread, one at a time.  It takes all that it can use: after TLS_MORE `in` is empty and the
 * beginning of a record is kept inside; after TLS_READY `in` may hold records that are tls_decrypt's.
 * A TLS 1.3 client is ready before the server has judged its certificate: a refusal comes by tls_decrypt. */
enum tls_step tls_handshake(struct tls *t, struct buf *in, struct buf *out);

/* On the thread of tls_target.stock, after TLS_READY or TLS_FAILED and before anything else is done with the
 * connection: what later ones may resume is kept, or what did not work is forgotten.  Does nothing while the handshake
 * goes on. */
void tls_settle(struct tls *t);

/* What is left of the handshake costs no more than a few records: we have said Finished, and the peer has but to say
 * so. */
bool tls_is_light(const struct tls *t);

/* Decrypts what `in` holds to `p`, a record a call: the number of bytes; -EAGAIN: a whole record is not there yet, and
 * `in` is empty (the beginning of one is kept inside); 0: the peer said close_notify (an end without it is a cut, which
 * only the socket's owner sees); -EPROTO: broken (also renegotiation, which is refused); tls_reason says why.  An
 * answer that TLS itself owes the peer, an alert too, goes to `out`. */
ssize_t tls_decrypt(struct tls *t, struct buf *in, struct buf *out, void *p, size_t n);

/* Encrypts `n` bytes, in as few records as can be (16 KiB each), to the end of `out`; 0 or -errno, and then the
 * connection is lost. */
int tls_encrypt(struct tls *t, const void *p, size_t n, struct buf *out);

/* Our close_notify to the end of `out`. */
void tls_bye(struct tls *t, struct buf *out);

/* What the last failure was, for the log: "certificate has expired", "handshake: no shared cipher". */
const char *tls_reason(const struct tls *t);

/* After TLS_READY; spans live as long as `t`. */
struct tls_facts {
	bool verified;          /* the peer showed a certificate and it verified */
	bool trusted;           /* and it bears one of tls_server_conf.peers */
	bool resumed;           /* an earlier session: the peer proved then who it is */
	struct lg_span subject; /* of the verified certificate, RFC 4514 */
	struct lg_span sni;     /* in small letters */
	struct lg_span alpn;
	struct lg_span refused; /* why a certificate that was shown under `optional` counts as none */
};
void tls_facts(const struct tls *t, struct tls_facts *f);

/* After TLS_READY: the peer's certificate has verified and bears this name or IP address, not by a wildcard. */
bool tls_peer_bears(const struct tls *t, const char *name);

/* Once per process, before and after everything else. */
int tls_init(char err[], size_t errlen);
void tls_fini(void);

#endif
