/* SPDX-License-Identifier: Apache-2.0 */
/* host.h: host and port at the front of a text, as in Via and in URIs (RFC 3261 section 25.1).  Private to sip/. */
#ifndef SIP_HOST_H
#define SIP_HOST_H

#include "sip/text.h"

/* Takes a host off the front: a name or an IPv4 address, of characters that may be in one, or IPv6 in brackets.  False:
 * there is none. */
bool sip_take_host(struct sip_text *rest, struct sip_text *host);

/* Takes a port, 1 to 65535.  False: there is none. */
bool sip_take_port(struct sip_text *rest, uint16_t *port);

/* Takes white space, folds too. */
static inline void sip_take_space(struct sip_text *rest)
{
	while (rest->n > 0 && sip_is_space(rest->p[0]))
		rest->p++, rest->n--;
}

/* Takes this character, and the white space around it.  False: it is not there. */
static inline bool sip_take_mark(struct sip_text *rest, char mark)
{
	sip_take_space(rest);
	if (rest->n == 0 || rest->p[0] != mark)
		return false;
	rest->p++, rest->n--;
	sip_take_space(rest);
	return true;
}

#endif
