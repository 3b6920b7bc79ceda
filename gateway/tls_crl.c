/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_crl.c reads a file of certificate revocation lists (RFC 5280 section 5) and says whether a certificate is listed.
 * What was read is immutable and counted; a new one takes its place between two handshakes, and a bad file takes
 * nothing.  Lists are believed by the signature of an authority in `trust`; what a match means is for tls_peer.c.
 */
#include "tls_private.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { SERIAL_MAX = 20 }; /* bytes, RFC 5280 section 5.2.3; a longer one is cut, at its end that differs */

struct serial {
	unsigned char n;
	unsigned char p[SERIAL_MAX];
};

struct list { /* of one authority */
	gnutls_datum_t issuer; /* its name, DER */
	struct serial *serials; /* sorted */
	size_t n;
};

struct tls_crl {
	atomic_uint refs;
	struct list *lists;
	unsigned n;
	long long next;
};

struct stamp { /* of a file, to see that it has changed */
	struct timespec modified, changed;
	off_t size;
	ino_t inode;
};

struct tls_crl_file {
	char *path;
	unsigned verify; /* gnutls_certificate_verify_flags */
	struct stamp seen, taken; /* at the last look; when it was last read */
	pthread_mutex_t lock; /* of `now`; held for a few instructions of each handshake */
	struct tls_crl *now;
};

/* ---- One list ---- */

static int by_serial(const void *a, const void *b)
{
	const struct serial *x = a, *y = b;

	return x->n != y->n ? (int)x->n - (int)y->n : memcmp(x->p, y->p, x->n);
}

/* Without leading zeros, which some authorities write. */
static void set_serial(struct serial *s, const unsigned char *p, size_t n)
{
	while (n > 1 && p[0] == 0) {
		p++;
		n--;
	}
	if (n > SERIAL_MAX) {
		p += n - SERIAL_MAX;
		n = SERIAL_MAX;
	}
	s->n = (unsigned char)n;
	memcpy(s->p, p, n);
}

static int take_serials(struct list *l, gnutls_x509_crl_t crl, size_t count)
{
	gnutls_x509_crl_iter_t iter = NULL;
	unsigned char p[64];
	size_t n = sizeof p;
	time_t when;
	int ret = 0;

	l->serials = calloc(count + 1, sizeof *l->serials);
	if (!l->serials)
		return -ENOMEM;
	while (l->n < count && (ret = gnutls_x509_crl_iter_crt_serial(crl, &iter, p, &n, &when)) >= 0) {
		set_serial(&l->serials[l->n++], p, n);
		n = sizeof p;
	}
	gnutls_x509_crl_iter_deinit(iter);
	if (l->n < count)
		return -EINVAL;
	qsort(l->serials, l->n, sizeof *l->serials, by_serial);
	return 0;
}

static int take_list(struct tls_crl *c, gnutls_x509_crl_t crl)
{
	struct list *l = &c->lists[c->n];
	int count = gnutls_x509_crl_get_crt_count(crl);
	long long next = gnutls_x509_crl_get_next_update(crl);

	if (count < 0 || gnutls_x509_crl_get_raw_issuer_dn(crl, &l->issuer) < 0)
		return -EINVAL;
	c->n++;
	if (next > 0 && (!c->next || next < c->next))
		c->next = next;
	return take_serials(l, crl, (size_t)count);
}

static void unref(struct tls_crl *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	for (unsigned i = 0; i < c->n; i++) {
		gnutls_free(c->lists[i].issuer.data);
		free(c->lists[i].serials);
	}
	free(c->lists);
	free(c);
}

/* ---- A file ---- */

static int count_words(const char *text, const char *word)
{
	int n = 0;

	for (; (text = strstr(text, word)); text += strlen(word))
		n++;
	return n;
}

/* A PEM file that was cut holds the beginning of a list without its end. */
static int import(gnutls_x509_crl_t **lists, unsigned *n, const gnutls_datum_t *d)
{
	const char *text = (const char *)d->data;
	bool der = tls_file_is_der(d);
	int ret;

	if (!der && count_words(text, "-----BEGIN X509 CRL-----") != count_words(text, "-----END X509 CRL-----"))
		return GNUTLS_E_BASE64_DECODING_ERROR;
	if (!der)
		return gnutls_x509_crl_list_import2(lists, n, d, GNUTLS_X509_FMT_PEM, 0);
	*lists = gnutls_malloc(sizeof **lists);
	if (!*lists || gnutls_x509_crl_init(*lists) < 0) {
		gnutls_free(*lists);
		*lists = NULL;
		return GNUTLS_E_MEMORY_ERROR;
	}
	*n = 1;
	ret = gnutls_x509_crl_import(**lists, d, GNUTLS_X509_FMT_DER);
	return ret;
}

static int check_signature(gnutls_x509_crl_t crl, const struct tls_crl_file *f, const struct tls_identity *id,
			   struct tls_told *told)
{
	const unsigned time = GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED | GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE;
	gnutls_datum_t issuer = { NULL, 0 };
	unsigned status = 0;
	int ret = gnutls_x509_crl_verify(crl, id->trust, id->ntrust, f->verify, &status);

	if (ret >= 0 && (status & ~(time | GNUTLS_CERT_INVALID)) == 0)
		return 0;
	if (gnutls_x509_crl_get_issuer_dn3(crl, &issuer, 0) < 0)
		return SAY(told, -EINVAL, "%s: a list names no issuer", f->path);
	if (ret >= 0 && status & GNUTLS_CERT_SIGNER_NOT_FOUND)
		SAY(told, -EINVAL, "%s: the list of %s is from no authority in `trust`; add that one's certificate there",
		    f->path, (char *)issuer.data);
	else
		SAY(told, -EINVAL, "%s: the list of %s is not signed as it must be; fetch it again", f->path,
		    (char *)issuer.data);
	gnutls_free(issuer.data);
	return -EINVAL;
}

static int build(struct tls_crl *c, gnutls_x509_crl_t *lists, unsigned n, const struct tls_crl_file *f,
		 const struct tls_identity *id, struct tls_told *told)
{
	int ret = 0;

	c->lists = calloc(n, sizeof *c->lists);
	if (!c->lists)
		return SAY(told, -ENOMEM, "%s: out of memory", f->path);
	for (unsigned i = 0; i < n && ret == 0; i++) {
		ret = check_signature(lists[i], f, id, told);
		if (ret < 0)
			return ret;
		ret = take_list(c, lists[i]);
		if (ret < 0)
			SAY(told, ret, "%s: a list cannot be read: %s", f->path, strerror(-ret));
	}
	return ret;
}

static int parse(struct tls_crl **cp, const gnutls_datum_t *d, const struct tls_crl_file *f,
		 const struct tls_identity *id, struct tls_told *told)
{
	struct tls_crl *c = calloc(1, sizeof *c);
	gnutls_x509_crl_t *lists = NULL;
	unsigned n = 0;
	int ret = c ? import(&lists, &n, d) : GNUTLS_E_MEMORY_ERROR;

	if (ret < 0 || n == 0)
		ret = SAY(told, ret == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EINVAL,
			  "%s: holds no whole list of revoked certificates, in PEM or DER form", f->path);
	if (c)
		atomic_init(&c->refs, 1);
	if (ret >= 0)
		ret = build(c, lists, n, f, id, told);
	for (unsigned i = 0; lists && i < n; i++)
		gnutls_x509_crl_deinit(lists[i]);
	gnutls_free(lists);
	if (ret < 0)
		unref(c);
	else
		*cp = c;
	return ret;
}

static int read_lists(struct tls_crl **cp, const struct tls_crl_file *f, const struct tls_identity *id, struct tls_told *told)
{
	gnutls_datum_t d = { NULL, 0 };
	int ret = tls_file_read(f->path, &d, told);

	if (ret < 0)
		return ret;
	ret = parse(cp, &d, f, id, told);
	tls_file_wipe(&d);
	return ret;
}

/* ---- Now and later ---- */

/* All zero: there is no such file. */
static struct stamp stamp_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return (struct stamp){ .size = 0 };
	return (struct stamp){ st.st_mtim, st.st_ctim, st.st_size, st.st_ino };
}

static bool same(const struct stamp *a, const struct stamp *b)
{
	return a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec && a->size == b->size &&
	       a->inode == b->inode;
}

int tls_crl_open(struct tls_crl_file **fp, const struct tls_identity *id, const char *path, struct tls_told *told)
{
	struct tls_crl_file *f = calloc(1, sizeof *f);
	int ret;

	if (!f)
		return SAY(told, -ENOMEM, "%s: out of memory", path);
	pthread_mutex_init(&f->lock, NULL);
	f->verify = id->old ? GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 : 0;
	f->path = strdup(path);
	f->seen = f->taken = stamp_of(path); /* before it is read: a change while that goes on is seen later */
	ret = f->path ? read_lists(&f->now, f, id, told) : SAY(told, -ENOMEM, "%s: out of memory", path);
	if (ret < 0)
		tls_crl_close(f);
	else
		*fp = f;
	return ret;
}

void tls_crl_close(struct tls_crl_file *f)
{
	if (!f)
		return;
	unref(f->now);
	pthread_mutex_destroy(&f->lock);
	free(f->path);
	free(f);
}

static struct tls_crl *current(struct tls_crl_file *f)
{
	struct tls_crl *c;

	pthread_mutex_lock(&f->lock);
	c = f->now;
	atomic_fetch_add(&c->refs, 1);
	pthread_mutex_unlock(&f->lock);
	return c;
}

int tls_crl_refresh(struct tls_crl_file *f, const struct tls_identity *id, struct tls_told *told)
{
	struct stamp now = stamp_of(f->path);
	bool settled = same(&now, &f->seen);
	struct tls_crl *c, *old;
	int ret;

	f->seen = now;
	if (!settled || same(&now, &f->taken))
		return 0;
	f->taken = now;
	ret = read_lists(&c, f, id, told);
	if (ret < 0)
		return ret;
	pthread_mutex_lock(&f->lock);
	old = f->now;
	f->now = c;
	pthread_mutex_unlock(&f->lock);
	unref(old);
	return 1;
}

long long tls_crl_next(struct tls_crl_file *f)
{
	struct tls_crl *c = current(f);
	long long next = c->next;

	unref(c);
	return next;
}

const char *tls_crl_path(const struct tls_crl_file *f)
{
	return f->path;
}

/* ---- The question ---- */

static bool is_listed(const struct tls_crl *c, gnutls_x509_crt_t crt)
{
	unsigned char p[64];
	size_t n = sizeof p;
	gnutls_datum_t issuer = { NULL, 0 };
	struct serial serial;
	bool listed = false;

	if (gnutls_x509_crt_get_serial(crt, p, &n) < 0 || gnutls_x509_crt_get_raw_issuer_dn(crt, &issuer) < 0)
		return true; /* nobody can say that it is not */
	set_serial(&serial, p, n);
	for (unsigned i = 0; i < c->n && !listed; i++) {
		const struct list *l = &c->lists[i];

		listed = l->issuer.size == issuer.size && memcmp(l->issuer.data, issuer.data, issuer.size) == 0 &&
			 bsearch(&serial, l->serials, l->n, sizeof serial, by_serial);
	}
	gnutls_free(issuer.data);
	return listed;
}

bool tls_crl_lists(struct tls_crl_file *f, gnutls_session_t session)
{
	struct tls_crl *c = current(f);
	unsigned n = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);
	bool listed = false;

	for (unsigned i = 0; i < n && !listed; i++) {
		gnutls_x509_crt_t crt;

		if (gnutls_x509_crt_init(&crt) < 0) {
			listed = true;
			break;
		}
		listed = gnutls_x509_crt_import(crt, &chain[i], GNUTLS_X509_FMT_DER) < 0 || is_listed(c, crt);
		gnutls_x509_crt_deinit(crt);
	}
	unref(c);
	return listed;
}
