/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_stock.h: sessions with servers that a worker may resume (RFC 8446 section 2.2, RFC 5246 appendix F.1.4,
 * RFC 5077).  A stock is of one thread and has no lock.  What a session is good for, and when it is kept: tls_resume.c.
 */
#ifndef TLS_STOCK_H
#define TLS_STOCK_H

struct tls_stock;

enum {
	TLS_STOCK_MOST = 1024,      /* sessions; beyond, the oldest goes */
	TLS_STOCK_EACH = 16,        /* with one server under one set of terms */
	TLS_STOCK_BYTES = 16 << 10, /* of a session, which holds its server's certificates; a larger one is not kept */
	TLS_STOCK_LIFE_S = 3600,    /* since the full handshake that it goes back to, however often it was resumed */
};

/* 0 or -ENOMEM */
int tls_stock_create(struct tls_stock **sp);
void tls_stock_free(struct tls_stock *s); /* NULL is fine */

#endif
