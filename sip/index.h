/* SPDX-License-Identifier: Apache-2.0 */
/* index.h: what a pass over a head knows while it goes on, and the headers that it reads.  Private to scan.c. */
#ifndef SIP_INDEX_H
#define SIP_INDEX_H

#include "sip/start.h"

/* The pass over one head. */
struct sip_pass {
	struct sip_head *h;
	const char *p;
	size_t at, n;       /* the next line; where the bytes at hand, or the limit, end */
	bool datagram;      /* the body ends where the bytes do */
	bool cseq_read;     /* h->cseq and h->method_name come from a CSeq */
	bool stuck;         /* bare LF: it is not certain where the line ends */
	bool lines_broken;  /* two parsers could see different lines or names */
	bool length_broken; /* the end of the body is uncertain */
	bool key_broken;    /* Call-ID or CSeq with two values: no answer could name the right one */
};

static inline void sip_fail_length(struct sip_pass *s, const char *reason)
{
	s->length_broken = true;
	sip_fail(s->h, 400, reason);
}

/* Reads the header `name` of `n` bytes into the index; `value` is trimmed. */
void sip_index_header(struct sip_pass *s, const char *name, size_t n, struct sip_slice value);

#endif
