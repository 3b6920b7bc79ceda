/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hello.c reads a TLS ClientHello.  Every length is checked against what encloses it before it is used.  It does not
 * judge a hello beyond its shape: that is the server's affair.
 */
#include "hello.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
	RECORD_HEADER = 5,
	RECORD_HANDSHAKE = 22,
	RECORD_MAX = 16 * 1024, /* RFC 8446, 5.1 */
	CLIENT_HELLO = 1,
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_ALPN = 16,
	NAME_HOST = 0,
};

/* What is left of a field.  A read beyond its end makes it bad, and all further reads give nothing. */
struct field {
	const unsigned char *p;
	size_t n;
	bool bad;
};

static struct field take(struct field *f, size_t n)
{
	struct field part = { f->p, n, false };

	if (f->bad || n > f->n) {
		f->bad = true;
		return (struct field){ f->p, 0, true };
	}
	f->p += n;
	f->n -= n;
	return part;
}

static size_t number(struct field *f, size_t bytes)
{
	struct field part = take(f, bytes);
	size_t n = 0;

	for (size_t i = 0; i < part.n; i++)
		n = n << 8 | part.p[i];
	return n;
}

/* A field with its length in front. */
static struct field vector(struct field *f, size_t bytes)
{
	return take(f, number(f, bytes));
}

/* ---- Extensions ---- */

/* Names go to logs and tables: nothing but visible characters, and no comma, which joins them. */
static bool is_name(struct field f)
{
	if (f.n == 0 || f.n >= HELLO_NAME)
		return false;
	for (size_t i = 0; i < f.n; i++)
		if (f.p[i] <= ' ' || f.p[i] >= 0x7f || f.p[i] == ',')
			return false;
	return true;
}

static bool read_server_name(struct hello *h, struct field in)
{
	struct field list = vector(&in, 2);

	while (list.n && !list.bad) {
		size_t type = number(&list, 1);
		struct field name = vector(&list, 2);

		if (type == NAME_HOST && !list.bad && !h->sni[0] && is_name(name)) {
			memcpy(h->sni, name.p, name.n);
			h->sni[name.n] = '\0';
		}
	}
	return !in.bad && !list.bad && in.n == 0;
}

static bool read_alpn(struct hello *h, struct field in)
{
	struct field list = vector(&in, 2);
	size_t n = 0;

	while (list.n && !list.bad) {
		struct field name = vector(&list, 1);

		if (list.bad || !is_name(name) || n + 1 + name.n >= HELLO_NAME)
			continue; /* greased, or one too many to be told */
		if (n)
			h->alpn[n++] = ',';
		memcpy(h->alpn + n, name.p, name.n);
		n += name.n;
	}
	h->alpn[n] = '\0';
	return !in.bad && !list.bad && in.n == 0;
}

static bool read_extensions(struct hello *h, struct field in)
{
	bool named = false, offered = false;

	while (in.n && !in.bad) {
		size_t type = number(&in, 2);
		struct field body = vector(&in, 2);

		if (in.bad)
			return false;
		if (type == EXTENSION_SERVER_NAME && (named || !read_server_name(h, body)))
			return false; /* RFC 8446, 4.2: none comes twice */
		if (type == EXTENSION_ALPN && (offered || !read_alpn(h, body)))
			return false;
		named |= type == EXTENSION_SERVER_NAME;
		offered |= type == EXTENSION_ALPN;
	}
	return !in.bad;
}

/* ---- The hello ---- */

static enum hello_verdict read_hello(struct hello *h, struct field in)
{
	struct field extensions;

	take(&in, 2 + 32); /* version, random */
	vector(&in, 1);    /* session */
	vector(&in, 2);    /* cipher suites */
	vector(&in, 1);    /* compression */
	if (in.bad)
		return HELLO_NONE;
	if (in.n == 0)
		return HELLO_FOUND; /* before TLS 1.3 there need be no extensions */
	extensions = vector(&in, 2);
	if (in.bad || in.n || !read_extensions(h, extensions)) {
		*h = (struct hello){ .sni = "" };
		return HELLO_NONE;
	}
	return HELLO_FOUND;
}

/* The first bytes of a record: what has come of them is that of one that carries a handshake. */
static bool is_handshake(const unsigned char *p, size_t n)
{
	if (p[0] != RECORD_HANDSHAKE || (n > 1 && p[1] != 3))
		return false;
	if (n < RECORD_HEADER)
		return true;
	return (p[3] || p[4]) && ((unsigned)p[3] << 8 | p[4]) <= RECORD_MAX;
}

/* What is known of the message in `to`: whether it is none that we want, or is complete. */
static enum hello_verdict look(struct hello *h, const unsigned char *to, size_t n)
{
	size_t length;

	if (n > 0 && to[0] != CLIENT_HELLO)
		return HELLO_NONE;
	if (n < 4)
		return HELLO_MORE;
	length = (size_t)to[1] << 16 | (size_t)to[2] << 8 | to[3];
	if (length > HELLO_MAX - 4)
		return HELLO_NONE;
	return n - 4 < length ? HELLO_MORE : read_hello(h, (struct field){ to + 4, length, false });
}

/* Joins what the records carry, as far as they have come. */
enum hello_verdict hello_read(struct hello *h, struct lg_span in)
{
	const unsigned char *p = (const unsigned char *)in.p;
	unsigned char message[HELLO_MAX];
	size_t n = 0;

	*h = (struct hello){ .sni = "" };
	for (size_t at = 0; at < in.n && n < sizeof message;) {
		size_t left = in.n - at, part;

		if (!is_handshake(p + at, left))
			return HELLO_NONE;
		if (left <= RECORD_HEADER)
			break;
		part = (size_t)p[at + 3] << 8 | p[at + 4];
		at += RECORD_HEADER;
		left -= RECORD_HEADER;
		if (part > left)
			part = left;
		if (part > sizeof message - n)
			part = sizeof message - n;
		memcpy(message + n, p + at, part);
		n += part;
		at += part;
		if (look(h, message, n) != HELLO_MORE)
			break;
	}
	if (look(h, message, n) == HELLO_MORE)
		return in.n < HELLO_WIRE ? HELLO_MORE : HELLO_NONE;
	return look(h, message, n);
}
