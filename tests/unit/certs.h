/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certs.h: certificates for tests, made on the spot: nothing to expire in the repository.  A failure here is a failure
 * of the machine and ends the test program.
 */
#ifndef CERTS_H
#define CERTS_H

#include <stdbool.h>

#include <gnutls/x509.h>

struct cert {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
	const struct cert *issuer; /* NULL: itself */
};

struct cert_want {
	const char *cn;           /* NULL: no common name */
	const char *dns[4];       /* alternative names */
	const char *ip;           /* and an address */
	const char *purpose;      /* extended key usage, an OID; NULL: none */
	unsigned usage;           /* key usage; 0: signatures (and certificates and lists, of an authority) */
	int since_days, for_days; /* valid from, counted from now, and how long; 0: since yesterday; for 90 days */
	bool rsa;                 /* 2048 bits; else P-256 */
	bool pss;                 /* signed with RSASSA-PSS; the issuer's key is RSA then */
	bool authority;
	const struct cert *issuer; /* NULL: signed by itself; must live as long */
};

struct cert *cert_make(const struct cert_want *want);
void cert_free(struct cert *c);

/* DIR/NAME.pem, with the issuers below the root after it, and DIR/NAME.key. */
void cert_write(const struct cert *c, const char *dir, const char *name);

/* DIR/NAME.crl: what the authority `c` has revoked: `list`, which ends with NULL.  Made a year ago, good for so many
 * days from now. */
void cert_write_crl(const struct cert *c, const struct cert *const *list, int days, const char *dir, const char *name);

/* A fresh directory, and its end with all that is in it. */
void certs_dir_make(char dir[64]);
void certs_dir_remove(const char *dir);

#endif
