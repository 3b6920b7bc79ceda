/* SPDX-License-Identifier: Apache-2.0 */
/* tls_digest.h: SHA-256 of a few bytes: from what the operator wrote, a key. */
#ifndef TLS_DIGEST_H
#define TLS_DIGEST_H

#include <stddef.h>

enum { TLS_DIGEST = 32 }; /* bytes */

/* SHA-256 (FIPS 180-4) of the `n` bytes at `p`.  0, or -ENOTSUP: GnuTLS refuses it. */
int tls_digest(const void *p, size_t n, unsigned char out[TLS_DIGEST]);

#endif
