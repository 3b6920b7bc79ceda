/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_file.c reads the PEM files that a `tls` word names, whole and at most TLS_FILE_MAX of them, and says what is
 * wrong with one: the file, the mistake, the remedy.  What the certificates in it are good for: tls_identity.c.
 */
#include "tls_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int tls_say(char err[], size_t errlen, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (errlen)
		vsnprintf(err, errlen, fmt, ap);
	va_end(ap);
	return ret;
}

void tls_file_wipe(gnutls_datum_t *d)
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
	tls_file_wipe(d);
	return -EIO;
}

int tls_file_read(const char *path, gnutls_datum_t *d, struct tls_told *told)
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

bool tls_file_is_der(const gnutls_datum_t *d)
{
	enum { SEQUENCE = 0x30, LONG = 0x80 }; /* a length from LONG on follows in more bytes */

	return d->size > 2 && d->data[0] == SEQUENCE && (d->data[1] > LONG || d->data[1] + 2u == d->size);
}

/* PFX ::= SEQUENCE { version INTEGER (3), ... }: RFC 7292 section 4.  No certificate and no key begins so. */
static bool is_pfx(const gnutls_datum_t *d)
{
	static const unsigned char version[] = { 0x02, 0x01, 0x03 };
	enum { LONG = 0x80 };
	size_t head = d->data[1] < LONG ? 2 : 2u + (d->data[1] - LONG);

	return d->size > head + sizeof version && memcmp(d->data + head, version, sizeof version) == 0;
}

int tls_file_want_pem(const gnutls_datum_t *d, const char *path, const char *tool, struct tls_told *told)
{
	if (!tls_file_is_der(d))
		return 0;
	if (is_pfx(d))
		return SAY(told, -EINVAL,
			   "%s: is a PFX file (PKCS #12); make it PEM: openssl pkcs12 -nodes -in '%s' -out '%s.pem', "
			   "and name that as `certificate` and as `key`",
			   path, path, path);
	return SAY(told, -EINVAL, "%s: is in DER form; make it PEM: openssl %s -inform DER -in '%s' -out '%s.pem'",
		   path, tool, path, path);
}

int tls_file_certificates(const char *path, gnutls_x509_crt_t **listp, unsigned *n, unsigned flags,
			  struct tls_told *told)
{
	gnutls_datum_t pem = { NULL, 0 };
	int ret = tls_file_read(path, &pem, told);

	if (ret < 0)
		return ret;
	ret = tls_file_want_pem(&pem, path, "x509", told);
	if (ret < 0) {
		tls_file_wipe(&pem);
		return ret;
	}
	ret = gnutls_x509_crt_list_import2(listp, n, &pem, GNUTLS_X509_FMT_PEM, flags);
	tls_file_wipe(&pem);
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

void tls_file_free_certificates(gnutls_x509_crt_t *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		gnutls_x509_crt_deinit(list[i]);
	gnutls_free(list);
}
