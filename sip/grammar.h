/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grammar.h: users and domains of URIs; on demand, for what uri.h does not settle takes libosip2, microseconds and
 * allocations.
 *
 * Each writes into `buf` and returns the length; -ENOENT: there is none, or the text cannot be parsed; -ENOSPC;
 * -ENOMEM. Users are unescaped (%41 is A), domains are in lower case and without port.  Safe in every thread; prints
 * nothing.
 */
#ifndef SIP_GRAMMAR_H
#define SIP_GRAMMAR_H

#include "sip/text.h"

enum sip_part { SIP_USER, SIP_DOMAIN };

/* Of a URI, as in a request line. */
int sip_uri_part(struct sip_text uri, enum sip_part part, char *buf, size_t size);

/* Of the URI in a value of From, To or Contact: "Alice" <sip:alice@corp.example>;tag=1 */
int sip_address_part(struct sip_text value, enum sip_part part, char *buf, size_t size);

#endif
