/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grammar.c says what a URI means as uri.h reads it, and asks libosip2 only where that does not do: what is escaped, a
 * password, white space in odd places.  The only file of the gateway that knows libosip2; its errors become "there is
 * none", its memory never leaves.
 */
#include "sip/grammar.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <osipparser2/osip_parser.h>
#include <osipparser2/osip_port.h>

#include "sip/uri.h"

static void no_trace(const char *file, int line, osip_trace_level_t level, const char *format, va_list arguments)
{
	(void)file, (void)line, (void)level, (void)format, (void)arguments;
}

static void begin(void)
{
	osip_trace_initialize_func(END_TRACE_LEVEL, no_trace);
	parser_init();
}

/* libosip2 has tables to set up, once in a process, before its first use. */
static void begin_once(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, begin);
}

/* A terminated copy, folds turned to spaces; to be freed.  NULL: out of memory. */
static char *copy_line(struct sip_text t)
{
	char *s = malloc(t.n + 1);

	if (!s)
		return NULL;
	for (size_t i = 0; i < t.n; i++)
		s[i] = t.p[i] == '\r' || t.p[i] == '\n' || t.p[i] == '\t' ? ' ' : t.p[i];
	s[t.n] = '\0';
	return s;
}

/* Copies what was found; domains in lower case. */
static int give(struct sip_text found, bool lower, char *buf, size_t size)
{
	if (found.n == 0)
		return -ENOENT;
	if (found.n > size)
		return -ENOSPC;
	for (size_t i = 0; i < found.n; i++)
		buf[i] = lower && found.p[i] >= 'A' && found.p[i] <= 'Z' ? (char)(found.p[i] | 0x20) : found.p[i];
	return (int)found.n;
}

/* Is what `u` holds what it means, with nothing to unescape and no password behind the user? */
static bool is_literal(const struct sip_uri *u)
{
	if (!sip_same(u->scheme, SIP_TEXT("sip")) && !sip_same(u->scheme, SIP_TEXT("sips")))
		return false;
	return u->user.n == 0 || (!memchr(u->user.p, '%', u->user.n) && !memchr(u->user.p, ':', u->user.n));
}

static int give_literal(const struct sip_uri *u, enum sip_part part, char *buf, size_t size)
{
	return part == SIP_USER ? give(u->user, false, buf, size)
				: give(sip_without_brackets(u->host), true, buf, size);
}

static int give_part(const osip_uri_t *uri, enum sip_part part, char *buf, size_t size)
{
	const char *found = !uri ? NULL : part == SIP_USER ? uri->username : uri->host;

	return give((struct sip_text){ found, found ? strlen(found) : 0 }, part == SIP_DOMAIN, buf, size);
}

int sip_uri_part(struct sip_text uri, enum sip_part part, char *buf, size_t size)
{
	osip_uri_t *parsed = NULL;
	struct sip_uri u;
	int ret = -ENOMEM;
	char *s;

	if (sip_uri_read(&u, uri) && is_literal(&u))
		return give_literal(&u, part, buf, size);
	s = copy_line(uri);
	begin_once();
	if (!s || osip_uri_init(&parsed) != OSIP_SUCCESS)
		goto out;
	ret = osip_uri_parse(parsed, s) == OSIP_SUCCESS ? give_part(parsed, part, buf, size) : -ENOENT;
out:
	osip_uri_free(parsed);
	free(s);
	return ret;
}

int sip_address_part(struct sip_text value, enum sip_part part, char *buf, size_t size)
{
	osip_from_t *parsed = NULL;
	struct sip_uri u;
	int ret = -ENOMEM;
	char *s;

	if (sip_uri_of(&u, value) && is_literal(&u))
		return give_literal(&u, part, buf, size);
	s = copy_line(value);
	begin_once();
	if (!s || osip_from_init(&parsed) != OSIP_SUCCESS)
		goto out;
	ret = osip_from_parse(parsed, s) == OSIP_SUCCESS ? give_part(osip_from_get_url(parsed), part, buf, size)
							 : -ENOENT;
out:
	osip_from_free(parsed);
	free(s);
	return ret;
}
