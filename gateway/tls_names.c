/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_names.c reads what a certificate file calls its owner: for tools that compare it with what it should.  Whether a
 * peer's certificate bears a name is for tls_peer.c.
 */
#include "tls_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 256 }; /* a longer name is none of the DNS */

static int read_common(struct tls_names *names, gnutls_x509_crt_t crt)
{
	char text[NAME_ROOM];
	size_t n = sizeof text;

	if (gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &n) < 0)
		return 0;
	names->common = strndup(text, n);
	return names->common ? 0 : -ENOMEM;
}

static int add(struct tls_names *names, const char *text, size_t n)
{
	if (names->n == TLS_NAMES_MAX || memchr(text, '\0', n))
		return 0;
	names->list[names->n] = strndup(text, n);
	if (!names->list[names->n])
		return -ENOMEM;
	names->n++;
	return 0;
}

static int read_list(struct tls_names *names, gnutls_x509_crt_t crt)
{
	char text[NAME_ROOM];
	int kind, ret = 0;

	for (unsigned i = 0; ret == 0; i++) {
		size_t n = sizeof text;

		kind = gnutls_x509_crt_get_subject_alt_name(crt, i, text, &n, NULL);
		if (kind < 0 && kind != GNUTLS_E_SHORT_MEMORY_BUFFER)
			return 0; /* that was all of them */
		if (kind == GNUTLS_SAN_DNSNAME)
			ret = add(names, text, n);
	}
	return ret;
}

int tls_names_read(struct tls_names *names, const char *path, char err[], size_t errlen)
{
	struct tls_told told = { err, errlen };
	gnutls_x509_crt_t *list;
	unsigned n;
	int ret = tls_file_certificates(path, &list, &n, GNUTLS_X509_CRT_LIST_SORT, &told);

	*names = (struct tls_names){ 0 };
	if (ret < 0)
		return ret;
	ret = read_common(names, list[0]);
	if (ret == 0)
		ret = read_list(names, list[0]);
	tls_file_free_certificates(list, n);
	if (ret == 0)
		return 0;
	tls_names_free(names);
	return SAY(&told, ret, "%s: out of memory", path);
}

void tls_names_free(struct tls_names *names)
{
	for (unsigned i = 0; i < names->n; i++)
		free(names->list[i]);
	free(names->common);
	*names = (struct tls_names){ 0 };
}
