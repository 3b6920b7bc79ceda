/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edits.h: what policies want changed in a message (lg_exchange.edits), as cuts of it.  All other bytes stay as they
 * came. Nothing here sends, and nothing depends on how a message is sent.
 *
 * A header that is set keeps its first line, whose value is replaced; further lines of that name go.  If there is none,
 * a line is put in front of all others.  A header that is removed goes with all its lines.  Compact forms are the same
 * header (RFC 3261 section 7.3.3), and so are names in any case.
 */
#ifndef PLUGIN_SIP_EDITS_H
#define PLUGIN_SIP_EDITS_H

#include <lychgate/plugin.h>

#include "sip/splice.h"

/* What holds a message together, routes it, carries credentials, or is signed by Lync ([MS-SIPAE]: Call-ID, CSeq, From,
 * To, the identities, Expires): for lg_plugin.sealed. */
extern const char *const edits_sealed[];

/* Do policies want anything changed in the request of `x`, or (answer) in the answers to it? */
bool edits_any(const struct lg_exchange *x, bool answer);

/*
 * Adds what policies want changed in the message `p` with the head `h`, which is the request of `x` or (answer) an
 * answer to it, to the cuts of `s`; where that has a cut already, it stays.  The texts that are put belong to `x` and
 * to its plugin instance: good until the next call in this instance, as long as `x` is.  0, -ENOMEM, or -ENOSPC: the
 * message has more lines to change than a splice has cuts; then `s` is of no use, and the message must not be passed
 * on.
 */
int edits_cut(struct sip_splice *s, const struct lg_exchange *x, bool answer, const char *p, const struct sip_head *h);

/* The message, or only its head, in pieces, as policies want it; for a sender that changes nothing itself.  `x` may be
 * NULL. How many, or an error as above. */
int edits_pieces(const struct lg_exchange *x, bool answer, struct lg_span message, const struct sip_head *h,
		 struct lg_span pieces[SIP_PIECES]);

#endif
