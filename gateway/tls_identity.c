/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_identity.c reads the files of a `tls` word and finds what is wrong with them, so that nothing is left to go wrong
 * when a connection comes.  Every reason names the file.  Which connection uses what: tls_server.c and tls_client.c.
 */
#include "tls_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

int tls_say(char err[], size_t errlen, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (errlen)
		vsnprintf(err, errlen, fmt, ap);
	va_end(ap);
	return ret;
}

/* Where the message of a failure goes. */
struct told {
	char *err;
	size_t n;
};

#define SAY(told, ret, ...) tls_say((told)->err, (told)->n, ret, __VA_ARGS__)

/* ---- Files ---- */

static void wipe(gnutls_datum_t *d)
{
	if (d->data)
		explicit_bzero(d->data, d->size); /* it may have been a key */
	free(d->data);
	*d = (gnutls_datum_t){ NULL, 0 };
}

static int read_whole(FILE *f, size_t size, gnutls_datum_t *d)
{
	d->data = calloc(1, size + 1); /* ends with 0 for strstr */
	if (!d->data)
		return -ENOMEM;
	d->size = (unsigned)fread(d->data, 1, size, f);
	if (d->size == size)
		return 0;
	wipe(d);
	return -EIO;
}

static int read_file(const char *path, gnutls_datum_t *d, struct told *told)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	int ret;

	if (!f)
		return SAY(told, -errno, "%s: cannot be opened: %s", path, strerror(errno));
	if (fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode))
		ret = SAY(told, -EINVAL, "%s: is not a file", path);
	else if (st.st_size > TLS_FILE_MAX)
		ret = SAY(told, -EFBIG, "%s: is longer than %d bytes", path, TLS_FILE_MAX);
	else
		ret = read_whole(f, (size_t)st.st_size, d);
	if (ret == -ENOMEM || ret == -EIO)
		SAY(told, ret, "%s: cannot be read: %s", path, strerror(-ret));
	fclose(f);
	return ret;
}

/* All certificates of a file; `flags` of gnutls_x509_crt_list_import2. */
static int read_certificates(const char *path, gnutls_x509_crt_t **listp, unsigned *n, unsigned flags,
			     struct told *told)
{
	gnutls_datum_t pem = { NULL, 0 };
	int ret = read_file(path, &pem, told);

	if (ret < 0)
		return ret;
	ret = gnutls_x509_crt_list_import2(listp, n, &pem, GNUTLS_X509_FMT_PEM, flags);
	wipe(&pem);
	if (ret == GNUTLS_E_MEMORY_ERROR)
		return SAY(told, -ENOMEM, "%s: out of memory", path);
	if (ret == GNUTLS_E_NO_CERTIFICATE_FOUND || ret == GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR || (ret >= 0 && !*n))
		return SAY(told, -EINVAL, "%s: holds no certificate in PEM form", path);
	if (ret == GNUTLS_E_CERTIFICATE_LIST_UNSORTED)
		return SAY(told, -EINVAL, "%s: the certificates do not form a chain", path);
	if (ret < 0)
		return SAY(told, -EINVAL, "%s: a certificate cannot be read: %s", path, gnutls_strerror(ret));
	return 0;
}

static void free_certificates(gnutls_x509_crt_t *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		gnutls_x509_crt_deinit(list[i]);
	gnutls_free(list);
}

/* ---- The certificate and its key ---- */

static int load_chain(struct tls_identity *id, const char *path, struct told *told)
{
	gnutls_x509_crt_t *list = NULL;
	unsigned n = 0;
	int ret = read_certificates(path, &list, &n, GNUTLS_X509_CRT_LIST_SORT, told);

	if (ret < 0)
		return ret;
	id->chain = calloc(n, sizeof *id->chain);
	id->nchain = n;
	if (!id->chain || gnutls_pcert_import_x509_list(id->chain, list, &id->nchain, 0) < 0) {
		free(id->chain);
		id->chain = NULL;
		ret = SAY(told, -ENOMEM, "%s: out of memory", path);
	} else {
		id->leaf = list[0];
		list[0] = NULL;
	}
	free_certificates(list, n);
	return ret;
}

static int parse_key(gnutls_privkey_t key, const gnutls_datum_t *pem, const char *path, struct told *told)
{
	int ret;

	if (strstr((char *)pem->data, "-----BEGIN ENCRYPTED") || strstr((char *)pem->data, "Proc-Type: 4,ENCRYPTED"))
		return SAY(told, -EINVAL, "%s: is encrypted, and there is nobody to ask for the password", path);
	ret = gnutls_privkey_import_x509_raw(key, pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (ret == GNUTLS_E_MEMORY_ERROR)
		return SAY(told, -ENOMEM, "%s: out of memory", path);
	if (ret < 0)
		return SAY(told, -EINVAL, "%s: holds no private key in PEM form", path);
	return 0;
}

static bool key_fits(gnutls_privkey_t key, gnutls_x509_crt_t leaf)
{
	unsigned char of_key[64], of_leaf[64];
	size_t n = sizeof of_key, m = sizeof of_leaf;
	gnutls_pubkey_t public;
	bool fits;

	if (gnutls_pubkey_init(&public) < 0)
		return false;
	fits = gnutls_pubkey_import_privkey(public, key, 0, 0) == 0 &&
	       gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, of_key, &n) == 0 &&
	       gnutls_x509_crt_get_key_id(leaf, GNUTLS_KEYID_USE_SHA256, of_leaf, &m) == 0 && n == m &&
	       memcmp(of_key, of_leaf, n) == 0;
	gnutls_pubkey_deinit(public);
	return fits;
}

/* TLS before 1.2 needs SHA-1 signatures. */
static bool allows_old(gnutls_priority_t priority)
{
	const unsigned *list;
	int n = gnutls_priority_protocol_list(priority, &list);

	for (int i = 0; i < n; i++) {
		if (list[i] == GNUTLS_TLS1_0 || list[i] == GNUTLS_TLS1_1)
			return true;
	}
	return false;
}

/* Replaces a key that libcrypto signs faster with. */
static int take_key(struct tls_identity *id, gnutls_privkey_t own, const gnutls_datum_t *pem, const char *path,
		    struct told *told)
{
	int ret = tls_sign_import(&id->key, pem, allows_old(id->priority));

	if (ret == -ENOTSUP) {
		id->key = own;
		return 0;
	}
	if (ret < 0)
		return SAY(told, ret, "%s: the key cannot be used: %s", path, strerror(-ret));
	gnutls_privkey_deinit(own);
	return 0;
}

static int load_key(struct tls_identity *id, const char *path, const char *certificate, struct told *told)
{
	gnutls_datum_t pem = { NULL, 0 };
	gnutls_privkey_t key = NULL;
	int ret = read_file(path, &pem, told);

	if (ret < 0)
		return ret;
	if (gnutls_privkey_init(&key) < 0)
		ret = SAY(told, -ENOMEM, "%s: out of memory", path);
	if (ret == 0)
		ret = parse_key(key, &pem, path, told);
	if (ret == 0 && !key_fits(key, id->leaf))
		ret = SAY(told, -EINVAL, "%s: does not belong to the certificate %s", path, certificate);
	if (ret == 0)
		ret = take_key(id, key, &pem, path, told);
	if (ret < 0 && key)
		gnutls_privkey_deinit(key);
	wipe(&pem);
	return ret;
}

/* ---- Warnings ---- */

static void warn(struct tls_identity *id, const char *file, const char *text)
{
	size_t n = strlen(id->warning);

	if (!text)
		return;
	snprintf(id->warning + n, sizeof id->warning - n, "%s%s: %s", n ? "; " : "", file, text);
}

static const char *time_flaw(gnutls_x509_crt_t crt)
{
	time_t now = time(NULL);

	if (gnutls_x509_crt_get_expiration_time(crt) < now)
		return "has expired";
	return gnutls_x509_crt_get_activation_time(crt) > now ? "is not valid yet" : NULL;
}

/* Such a certificate ends sign-in and forwarding at older Windows servers, without a word. */
static const char *pss_flaw(const gnutls_pcert_st *pcert)
{
	gnutls_x509_crt_t crt;
	int algorithm;

	if (gnutls_pcert_export_x509((gnutls_pcert_st *)pcert, &crt) < 0)
		return NULL;
	algorithm = gnutls_x509_crt_get_signature_algorithm(crt);
	gnutls_x509_crt_deinit(crt);
	if (algorithm == GNUTLS_SIGN_RSA_PSS_SHA256 || algorithm == GNUTLS_SIGN_RSA_PSS_SHA384 ||
	    algorithm == GNUTLS_SIGN_RSA_PSS_SHA512 || algorithm == GNUTLS_SIGN_RSA_PSS_RSAE_SHA256 ||
	    algorithm == GNUTLS_SIGN_RSA_PSS_RSAE_SHA384 || algorithm == GNUTLS_SIGN_RSA_PSS_RSAE_SHA512)
		return "is signed with RSASSA-PSS, which many Windows servers and clients refuse";
	return NULL;
}

/* Without static RSA every handshake signs. */
static const char *usage_flaw(gnutls_x509_crt_t crt)
{
	unsigned usage, critical;

	if (gnutls_x509_crt_get_key_usage(crt, &usage, &critical) < 0 || usage & GNUTLS_KEY_DIGITAL_SIGNATURE)
		return NULL;
	return "its key usage does not allow signatures, without which no handshake succeeds";
}

static void find_warnings(struct tls_identity *id, const char *certificate)
{
	const char *pss = NULL;

	for (unsigned i = 0; i < id->nchain && !pss; i++)
		pss = pss_flaw(&id->chain[i]);
	warn(id, certificate, time_flaw(id->leaf));
	warn(id, certificate, pss);
	warn(id, certificate, usage_flaw(id->leaf));
}

const char *tls_identity_warning(const struct tls_identity *id)
{
	return id->warning[0] ? id->warning : NULL;
}

/* ---- Priorities ---- */

/* Ours, and what older peers need besides; X25519 first, because it is the cheapest, and AES-128, because processors
 * have instructions for its SHA-256, not for the SHA-384 of AES-256: a fifth of a handshake. */
#define PRIORITY_OURS                                                                                                  \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1"        \
	":+GROUP-SECP521R1:+GROUP-FFDHE2048:+GROUP-FFDHE3072:+GROUP-FFDHE4096:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM"   \
	":+CHACHA20-POLY1305:+AES-128-CCM:+AES-256-CCM:+AES-128-CBC:+AES-256-CBC"
#define PRIORITY_SAFE   ":%SAFE_RENEGOTIATION" /* RFC 5746 */
#define PRIORITY_SHA1   ":+SIGN-RSA-SHA1:+SIGN-ECDSA-SHA1:%VERIFY_ALLOW_SIGN_WITH_SHA1"
#define PRIORITY_ALWAYS ":-RSA" /* tls_sign.c cannot decrypt, and there is no forward secrecy */

static const struct minimum {
	const char *word;
	const char *ours;  /* added to our string */
	const char *never; /* added to any */
} minimums[] = {
	/* the first is the default */
	{ "1.2", PRIORITY_SAFE, ":-VERS-TLS1.1:-VERS-TLS1.0" PRIORITY_ALWAYS },
	{ "1.3", ":-VERS-TLS1.2" PRIORITY_SAFE, ":-VERS-TLS1.2:-VERS-TLS1.1:-VERS-TLS1.0" PRIORITY_ALWAYS },
	{ "1.1", ":+VERS-TLS1.1" PRIORITY_SHA1, ":-VERS-TLS1.0" PRIORITY_ALWAYS },
	{ "1.0", ":+VERS-TLS1.1:+VERS-TLS1.0" PRIORITY_SHA1, PRIORITY_ALWAYS },
};

static const struct minimum *find_minimum(const char *word)
{
	for (size_t i = 0; i < sizeof minimums / sizeof minimums[0]; i++) {
		if (!word || strcmp(word, minimums[i].word) == 0)
			return &minimums[i];
	}
	return NULL;
}

static int parse_priority(gnutls_priority_t *pp, const char *text, const struct tls_word *word, struct told *told)
{
	const char *at;
	int ret = gnutls_priority_init(pp, text, &at);

	if (ret == GNUTLS_E_MEMORY_ERROR)
		return SAY(told, -ENOMEM, "priority: out of memory");
	if (ret == GNUTLS_E_NO_PRIORITIES_WERE_SET)
		return SAY(told, -EINVAL, "priority \"%s\": nothing is left of it",
			   word->priority ? word->priority : "");
	if (ret < 0)
		return SAY(told, -EINVAL, "priority: not understood from \"%s\" on", at);
	return 0;
}

static int make_priority(struct tls_identity *id, const struct tls_word *word, struct told *told)
{
	const struct minimum *min = find_minimum(word->minimum);
	char text[1024];
	int n, ret;

	if (!min)
		return SAY(told, -EINVAL, "minimum \"%s\": is none of 1.0, 1.1, 1.2, 1.3", word->minimum);
	n = word->priority ? snprintf(text, sizeof text, "%s%s", word->priority, min->never)
			   : snprintf(text, sizeof text, "%s%s%s", PRIORITY_OURS, min->ours, min->never);
	if (n < 0 || (size_t)n >= sizeof text)
		return SAY(told, -EINVAL, "priority: is longer than %zu bytes", sizeof text);
	ret = parse_priority(&id->priority, text, word, told);
	if (ret < 0 || word->priority)
		return ret;
	snprintf(text + n, sizeof text - (size_t)n, ":%%SERVER_PRECEDENCE");
	return parse_priority(&id->our_order, text, word, told);
}

/* ---- All of it ---- */

static int load(struct tls_identity *id, const struct tls_word *word, struct told *told)
{
	int ret;

	id->tickets = word->tickets;
	id->name = strdup(word->name);
	if (!id->name)
		return SAY(told, -ENOMEM, "tls \"%s\": out of memory", word->name);
	ret = make_priority(id, word, told);
	if (ret < 0)
		return ret;
	if (word->trust) {
		ret = read_certificates(word->trust, &id->trust, &id->ntrust, 0, told);
		if (ret < 0)
			return ret;
	}
	if (!word->certificate)
		return word->key ? SAY(told, -EINVAL, "%s: a key without a certificate", word->key) : 0;
	ret = load_chain(id, word->certificate, told);
	if (ret == 0)
		ret = load_key(id, word->key ? word->key : word->certificate, word->certificate, told);
	if (ret == 0)
		find_warnings(id, word->certificate);
	return ret;
}

int tls_identity_load(struct tls_identity **idp, const struct tls_word *word, char err[], size_t errlen)
{
	struct told told = { err, errlen };
	struct tls_identity *id = calloc(1, sizeof *id);
	int ret;

	if (!id)
		return tls_say(err, errlen, -ENOMEM, "tls \"%s\": out of memory", word->name);
	atomic_init(&id->refs, 1);
	ret = load(id, word, &told);
	if (ret < 0)
		tls_identity_unref(id);
	else
		*idp = id;
	return ret;
}

struct tls_identity *tls_identity_ref(struct tls_identity *id)
{
	atomic_fetch_add(&id->refs, 1);
	return id;
}

void tls_identity_unref(struct tls_identity *id)
{
	if (!id || atomic_fetch_sub(&id->refs, 1) != 1)
		return;
	if (id->priority)
		gnutls_priority_deinit(id->priority);
	if (id->our_order)
		gnutls_priority_deinit(id->our_order);
	if (id->leaf)
		gnutls_x509_crt_deinit(id->leaf);
	for (unsigned i = 0; id->chain && i < id->nchain; i++)
		gnutls_pcert_deinit(&id->chain[i]);
	free(id->chain);
	if (id->key)
		gnutls_privkey_deinit(id->key);
	free_certificates(id->trust, id->ntrust);
	free(id->name);
	free(id);
}
