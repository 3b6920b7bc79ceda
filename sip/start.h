/* SPDX-License-Identifier: Apache-2.0 */
/* start.h: the start line of a message (RFC 3261 sections 7.1 and 7.2).  Private to scan.c. */
#ifndef SIP_START_H
#define SIP_START_H

#include "sip/scan.h"

enum sip_start {
	SIP_START_MORE,  /* no line end yet */
	SIP_START_ALIEN, /* this is no SIP, or its line cannot be told from the next; h->bad says which */
	SIP_START_READ,  /* taken into `h`; h->bad is set if it is SIP but wrong */
};

enum sip_start sip_start_read(struct sip_head *h, const char *p, size_t n);

/* Takes a method into `h`: its name and, if it is a known one, its number. */
void sip_start_method(struct sip_head *h, const char *p, struct sip_slice name);

/* Keeps what is wrong with a message, unless something was wrong before. */
static inline void sip_fail(struct sip_head *h, int code, const char *reason)
{
	if (!h->bad.reason)
		h->bad = (struct sip_bad){ .code = code, .reason = reason };
}

#endif
