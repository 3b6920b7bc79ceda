/* SPDX-License-Identifier: Apache-2.0 */
/*
 * splice.h: changes to a message, as a list of cuts: at each, bytes go out, others come in, or both.  The message
 * itself is never written anew; it leaves as pieces, its own and the new ones in turn.
 */
#ifndef SIP_SPLICE_H
#define SIP_SPLICE_H

#include "sip/scan.h"

enum { SIP_CUTS = 48, SIP_PIECES = 2 * SIP_CUTS + 1 };

struct sip_cut {
	uint32_t at, n;      /* these bytes go, n may be 0 */
	struct sip_text put; /* these come, borrowed until the pieces are sent; may be none */
};

/* Begins as { 0 }; of the cuts only the first `n` are looked at. */
struct sip_splice {
	struct sip_cut cuts[SIP_CUTS]; /* in the order of the message; at one place in the order of the calls */
	unsigned n;
};

/* 0; -ENOSPC: too many cuts; -EINVAL: it would overlap another one.  Two may touch, or stand at one place if at most
 * one of them takes bytes. */
int sip_cut(struct sip_splice *s, uint32_t at, uint32_t n, struct sip_text put);

/* What the message `p` of `n` bytes is after the cuts, in at most SIP_PIECES pieces, none of them empty; how many. */
unsigned sip_splice_pieces(const struct sip_splice *s, const char *p, size_t n, struct sip_text pieces[SIP_PIECES]);

/* Puts whole header lines, "Name: value" CRLF, in front of all headers, behind those that were put there before.
 * 0 or -ENOSPC. */
int sip_put_lines(struct sip_splice *s, const struct sip_head *h, struct sip_text lines);

/* Takes all lines called `name` (lower case; compact forms too), also those with cuts in them, which go with their
 * line; not what sip_put_lines has put.  How many, or -ENOSPC. */
int sip_take_header(struct sip_splice *s, const char *p, const struct sip_head *h, struct sip_text name);

/*
 * Takes the first value of a list header (Via, Route), `first` being the value of its first line, as h->via: the line,
 * if it is the only one in it, else the value and its comma.  0, -ENOSPC, or -EINVAL: there is no value, or something
 * is cut there.
 */
int sip_take_first(struct sip_splice *s, const char *p, const struct sip_head *h, struct sip_slice first);

/* Takes the first `most` values of the list header `name`, over as many lines as need be.  How many there were,
 * or an error as of sip_take_first. */
int sip_take_values(struct sip_splice *s, const char *p, const struct sip_head *h, struct sip_text name, unsigned most);

#endif
