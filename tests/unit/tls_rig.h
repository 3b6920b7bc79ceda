/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_rig.h: a directory full of certificates, and two ends of a TLS connection in memory, for the tests of
 * gateway/tls.
 */
#ifndef TLS_RIG_H
#define TLS_RIG_H

#include "certs.h"
#include "gateway/tls_private.h"

/* ---- The certificates ---- */

/*
 * Makes them; DIR/NAME.pem and DIR/NAME.key, all from "ca" but where another is named:
 *
 *     rsa        RSA: a.example, pool.corp.example, 127.0.0.1, ::1
 *     ec         b.example, *.wild.example
 *     ec-a       a.example, again
 *     ec-rsa     the DNS names of rsa, with an ECDSA key
 *     chain      c.example, from "middle", which is in the file, from "ca"
 *     edge       edge.corp.example, both as alternative name and as common name; for clients
 *     common     the same, only as common name; for all purposes
 *     other      alternative name other.corp.example, common name edge.corp.example
 *     wild       *.corp.example
 *     stranger   edge.corp.example, from "ca2"
 *     expired, brief, future, serverish    edge.corp.example, but
 *     pss        a.example, signed with RSASSA-PSS by itself
 *     nosign     a.example, without the right to sign
 */
void rig_certs_make(void);
void rig_certs_remove(void);
extern char rig_dir[64];

/* Of a group of tests: TLS and the certificates. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* Words of identities are written shortly: `cert` and `trust` are names as above; NULL: none. */
struct rig_word {
	const char *cert, *trust;
	const char *priority, *minimum;
	const char *crl; /* the name of a .crl */
	bool sha1, no_tickets;
};
struct tls_identity *rig_identity(const struct rig_word *w);

/* A server with one identity; a client likewise.  They own all that they need. */
struct tls_server *rig_server(const struct rig_word *w, enum tls_verify verify, const char *const *peers);
struct tls_client *rig_client(const struct rig_word *w);

/* ---- Two ends ---- */

struct rig_end {
	struct tls *tls;
	struct buf wire; /* on its way to this end */
	struct buf in;   /* come to it */
	enum tls_step step;
};

struct rig {
	struct rig_end client, server;
	size_t chunk; /* bytes that arrive at a time; 0: all */
};

/* Begins a connection; `target` NULL: nothing is verified. */
void rig_open(struct rig *r, struct tls_server *s, struct tls_client *c, const struct tls_target *target);
void rig_close(struct rig *r);

/* Runs both handshakes until nothing moves; then what the client has got after its own is taken, too, so that `step` of
 * an end that was told of a failure is TLS_FAILED.  True when both are ready. */
bool rig_shake(struct rig *r);

/* Sends `n` bytes from one to the other and compares what comes. */
void rig_send(struct rig *r, struct rig_end *from, struct rig_end *to, const char *p, size_t n);

/* Moves what is on the wire to the end's hands: `chunk` bytes of it; false: nothing was there. */
bool rig_arrive(struct rig *r, struct rig_end *e);

/* ---- A client that is GnuTLS's alone, for what ours never does ---- */

struct raw {
	gnutls_session_t session;
	gnutls_certificate_credentials_t cred;
	struct buf in, out;
};

/* `cert` to show or NULL; `resume`, what raw_ticket of an earlier one gave, or NULL. */
void raw_open(struct raw *c, const char *priority, const char *cert, const char *sni, const gnutls_datum_t *resume);
/* The same with flags for gnutls_init. */
void raw_open_with(struct raw *c, unsigned flags, const char *priority, const char *cert, const char *sni,
		   const gnutls_datum_t *resume);
void raw_close(struct raw *c);

/* Handshake with `server`; 0, or the error of GnuTLS; the server's step goes to `step`. */
int raw_shake(struct raw *c, struct tls *server, enum tls_step *step);

/* What a later one may resume by; free it with gnutls_free. */
gnutls_datum_t raw_ticket(struct raw *c);

#endif
