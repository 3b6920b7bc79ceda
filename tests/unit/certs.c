/* SPDX-License-Identifier: Apache-2.0 */
/* certs.c makes keys and certificates by GnuTLS and writes them as PEM files. */
#include "certs.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

static void must(int ret, const char *what)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "certs: %s: %s\n", what, gnutls_strerror(ret));
	abort();
}

static void make_key(struct cert *c, bool rsa)
{
	must(gnutls_x509_privkey_init(&c->key), "key");
	if (rsa)
		must(gnutls_x509_privkey_generate(c->key, GNUTLS_PK_RSA, 2048, 0), "rsa key");
	else
		must(gnutls_x509_privkey_generate(c->key, GNUTLS_PK_ECDSA,
						  GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
		     "ec key");
}

static void put_names(gnutls_x509_crt_t crt, const struct cert_want *want)
{
	unsigned char raw[16];
	unsigned flags = GNUTLS_FSAN_SET;

	if (want->cn)
		must(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, want->cn,
						   (unsigned)strlen(want->cn)),
		     "common name");
	for (unsigned i = 0; i < sizeof want->dns / sizeof want->dns[0] && want->dns[i]; i++) {
		must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, want->dns[i],
							  (unsigned)strlen(want->dns[i]), flags),
		     "dns name");
		flags = GNUTLS_FSAN_APPEND;
	}
	if (!want->ip)
		return;
	if (inet_pton(AF_INET, want->ip, raw) == 1)
		must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, raw, 4, flags), "address");
	else if (inet_pton(AF_INET6, want->ip, raw) == 1)
		must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, raw, 16, flags), "address");
}

static void put_rights(gnutls_x509_crt_t crt, const struct cert_want *want)
{
	unsigned usage = want->usage;

	if (!usage)
		usage = GNUTLS_KEY_DIGITAL_SIGNATURE |
			(want->authority ? GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN : 0);
	must(gnutls_x509_crt_set_key_usage(crt, usage), "usage");
	must(gnutls_x509_crt_set_basic_constraints(crt, want->authority, -1), "constraints");
	if (want->purpose)
		must(gnutls_x509_crt_set_key_purpose_oid(crt, want->purpose, 0), "purpose");
}

static void put_time(gnutls_x509_crt_t crt, const struct cert_want *want)
{
	time_t day = 24 * 3600, since = time(NULL) + (want->since_days ? want->since_days : -1) * day;

	must(gnutls_x509_crt_set_activation_time(crt, since), "activation");
	must(gnutls_x509_crt_set_expiration_time(crt, since + (want->for_days ? want->for_days : 90) * day), "expiry");
}

static void put_serial(gnutls_x509_crt_t crt)
{
	unsigned char serial[8];

	must(gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial), "random");
	serial[0] = (serial[0] & 0x7f) | 0x40; /* positive */
	must(gnutls_x509_crt_set_serial(crt, serial, sizeof serial), "serial");
}

static void sign(struct cert *c, const struct cert *issuer, bool pss)
{
	gnutls_privkey_t key;

	must(gnutls_privkey_init(&key), "issuer's key");
	must(gnutls_privkey_import_x509(key, issuer->key, 0), "issuer's key");
	must(gnutls_x509_crt_privkey_sign(c->crt, issuer->crt, key, GNUTLS_DIG_SHA256,
					  pss ? GNUTLS_PRIVKEY_SIGN_FLAG_RSA_PSS : 0),
	     "sign");
	gnutls_privkey_deinit(key);
}

struct cert *cert_make(const struct cert_want *want)
{
	struct cert *c = calloc(1, sizeof *c);

	if (!c)
		abort();
	c->issuer = want->issuer;
	make_key(c, want->rsa);
	must(gnutls_x509_crt_init(&c->crt), "certificate");
	must(gnutls_x509_crt_set_version(c->crt, 3), "version");
	must(gnutls_x509_crt_set_key(c->crt, c->key), "public key");
	put_serial(c->crt);
	put_names(c->crt, want);
	put_rights(c->crt, want);
	put_time(c->crt, want);
	sign(c, want->issuer ? want->issuer : c, want->pss);
	return c;
}

void cert_free(struct cert *c)
{
	if (!c)
		return;
	gnutls_x509_crt_deinit(c->crt);
	gnutls_x509_privkey_deinit(c->key);
	free(c);
}

static FILE *open_file(const char *dir, const char *name, const char *kind)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s.%s", dir, name, kind);
	f = fopen(path, "w");
	if (!f) {
		perror(path);
		abort();
	}
	return f;
}

static void put_pem(FILE *f, gnutls_datum_t *pem)
{
	if (fwrite(pem->data, 1, pem->size, f) != pem->size)
		abort();
	gnutls_free(pem->data);
}

void cert_write(const struct cert *c, const char *dir, const char *name)
{
	gnutls_datum_t pem;
	FILE *f = open_file(dir, name, "key");

	must(gnutls_x509_privkey_export2_pkcs8(c->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem), "key");
	put_pem(f, &pem);
	fclose(f);
	f = open_file(dir, name, "pem");
	do {
		must(gnutls_x509_crt_export2(c->crt, GNUTLS_X509_FMT_PEM, &pem), "certificate");
		put_pem(f, &pem);
		c = c->issuer;
	} while (c && c->issuer);
	fclose(f);
}

void cert_write_crl(const struct cert *c, const struct cert *const *list, int days, const char *dir, const char *name)
{
	time_t day = 24 * 3600, now = time(NULL);
	gnutls_x509_crl_t crl;
	gnutls_datum_t pem;
	FILE *f = open_file(dir, name, "crl");

	must(gnutls_x509_crl_init(&crl), "list");
	must(gnutls_x509_crl_set_version(crl, 2), "version");
	must(gnutls_x509_crl_set_this_update(crl, now - 365 * day), "time");
	must(gnutls_x509_crl_set_next_update(crl, now + days * day), "next time");
	must(gnutls_x509_crl_set_number(crl, "\1", 1), "number");
	for (; *list; list++)
		must(gnutls_x509_crl_set_crt(crl, (*list)->crt, now - 365 * day), "revoked");
	must(gnutls_x509_crl_sign2(crl, c->crt, c->key, GNUTLS_DIG_SHA256, 0), "sign list");
	must(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem), "list");
	put_pem(f, &pem);
	fclose(f);
	gnutls_x509_crl_deinit(crl);
}

void certs_dir_make(char dir[64])
{
	const char *tmp = getenv("TMPDIR");

	if (snprintf(dir, 64, "%s/certs-XXXXXX", tmp ? tmp : "/tmp") >= 64 || !mkdtemp(dir)) {
		perror("certs: a directory");
		abort();
	}
}

void certs_dir_remove(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	(void)rmdir(dir);
}
