/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h: asks a server by OPTIONS whether it is well (RFC 3261 section 11), and judges what it answers. */
#ifndef SIP_PROBE_H
#define SIP_PROBE_H

#include "sip/text.h"

#define SIP_PROBE_RANDOM 12

/* One question; the same values must be there for its judgement. */
struct sip_probe {
	struct sip_text server;           /* host:port that is asked, "192.0.2.1:5061" or "[2001:db8::1]:5061" */
	struct sip_text local;            /* host:port that asks; the host may be a name that the server trusts */
	struct sip_text contact;          /* host:port of From and Contact, where we can be asked; empty: `local` */
	struct sip_text transport;        /* "TCP", "TLS", "UDP" */
	struct sip_text uri;              /* whom to ask; empty: sip:SERVER */
	const char *codes;                /* answers that are health, a list as below; NULL: all but the sick ones */
	unsigned max_forwards;            /* 70 is usual, 1 says: answer it yourself */
	uint8_t random[SIP_PROBE_RANDOM]; /* unpredictable, new each time: becomes Call-ID, branch and tag */
};

enum sip_health { SIP_SICK = -1, SIP_NOT_YET = 0, SIP_HEALTHY = 1 };

/* Writes the request, terminated.  Its length, or -ENOSPC; -EINVAL: a text is empty or not fit for a line. */
int sip_probe_write(char *buf, size_t size, const struct sip_probe *q);

/*
 * Judges all that the server has sent so far; `ended`: no more will come.  Any final response to our request is health,
 * but for the codes in `sick` (a list as "408, 500-504, 6xx"; "" or NULL: none); with q->codes only those are.
 * Provisional responses, requests of the server's own and answers to something else are passed over.  `note` (`size`
 * bytes, terminated) tells the operator what was answered, "200 OK", or what was wrong.
 */
enum sip_health sip_probe_judge(const struct sip_probe *q, const char *p, size_t n, bool ended, const char *sick,
				char *note, size_t size);

/* Is `list` such a list, and is `code` in it?  A list that is not valid holds what its valid elements say. */
bool sip_codes_valid(const char *list);
bool sip_codes_has(const char *list, int code);

#endif
