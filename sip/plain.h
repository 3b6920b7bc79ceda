/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plain.h: user and host of the URIs that nearly everybody writes, without libosip2 and without allocation.  Private to
 * sip/: grammar.h asks here first.
 *
 * Plain is what can be read in one way only, and needs no unescaping: sip:user@host or sips:host with port and
 * parameters of tokens; around it <>, before that a display name of tokens or a quoted string without escapes.
 */
#ifndef SIP_PLAIN_H
#define SIP_PLAIN_H

#include "sip/text.h"

struct sip_plain {
	struct sip_text user, host; /* as on the wire; user { NULL, 0 }: there is none */
};

/* Of a URI, as in a request line.  False: it is not plain, which says nothing about whether it is right. */
bool sip_plain_uri(struct sip_plain *out, struct sip_text uri);

/* Of the URI in a value of From, To or Contact; without <> it is not plain. */
bool sip_plain_address(struct sip_plain *out, struct sip_text value);

#endif
