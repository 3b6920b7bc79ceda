/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate.h: requests per source and second, in one instance (one listener and worker).  A token bucket for each source,
 * in a table that never grows: where it is full, the source nearest to a full bucket is forgotten.
 */
#ifndef HTTPS_RATE_H
#define HTTPS_RATE_H

#include <lychgate/plugin.h>

enum {
	RATE_SETS = 2048, /* of RATE_WAYS sources each */
	RATE_WAYS = 8,
	RATE_MOST = 1000000, /* requests in a second */
	RATE_SOURCE = 64,    /* bytes of a source's text, with the end */
};

struct rate;

/* `per_s` requests in a second, 1 to RATE_MOST, and `burst` (>= 1) at once; `host` stays.  0 or -ENOMEM. */
int rate_create(struct rate **rp, const struct lg_host *host, uint32_t per_s, uint32_t burst);
void rate_free(struct rate *r); /* NULL is fine */

/*
 * May this source, "192.0.2.1:1234" or "[2001:db8::1]:1234" (the port does not count; of IPv6 the first 64 bits do),
 * ask one more now?  It is counted then.  False: 429 (RFC 6585 section 4), and `retry_after_s` (>= 1) is when to come
 * again.
 */
bool rate_take(struct rate *r, struct lg_span source, uint64_t now_ms, uint32_t *retry_after_s);

#endif
