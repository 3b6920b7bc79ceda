/* SPDX-License-Identifier: Apache-2.0 */
/*
 * splice.h: changes to a message, as a list of cuts: at each, bytes go out, others come in, or both.  The message itself is
 * never written anew; it leaves as pieces, its own and the new ones in turn.
 */
#ifndef SIP_SPLICE_H
#define SIP_SPLICE_H

#include "sip/scan.h"

enum { SIP_CUTS = 48, SIP_PIECES = 2 * SIP_CUTS + 1 };

struct sip_cut {
	uint32_t at, n;      /* these bytes go, n may be 0 */
	struct sip_text put; /* these come, borrowed until the pieces are sent; may be none */
};

/* Begins as { 0 }. */
struct sip_splice {
	struct sip_cut cuts[SIP_CUTS]; /* in the order of the message; at one place in the order of the calls */
	unsigned n;
};

/* 0; -ENOSPC: too many cuts; -EINVAL: it would overlap another one. */
int sip_cut(struct sip_splice *s, uint32_t at, uint32_t n, struct sip_text put);

/* What the message `p` of `n` bytes is after the cuts, in at most SIP_PIECES pieces, none of them empty; how many. */
unsigned sip_splice_pieces(const struct sip_splice *s, const char *p, size_t n, struct sip_text pieces[SIP_PIECES]);

/* Whole header lines "Name: value" CRLF.  put: `lines` in front of all headers; -ENOSPC.  take: all lines called `name`
 * (lower case; compact forms too) go; how many, or -ENOSPC. */
int sip_put_lines(struct sip_splice *s, const struct sip_head *h, struct sip_text lines);
int sip_take_header(struct sip_splice *s, const char *p, const struct sip_head *h, struct sip_text name);

/* Takes the first value of the header whose first line's value is `first` (Via, Route): the line, if it is the only one in
 * it, else the value and its comma.  0 or -ENOSPC. */
int sip_take_first(struct sip_splice *s, const char *p, const struct sip_head *h, struct sip_slice first);

#endif
