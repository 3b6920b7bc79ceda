/* SPDX-License-Identifier: Apache-2.0 */
/* hop_oracle.h: libosip2's opinion of a request that a hop has got, and of what it has sent on. */
#ifndef HOP_ORACLE_H
#define HOP_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

struct hop_reading {
	bool request, ack_or_cancel;
	bool in_dialog, has_credentials;
	int max_forwards; /* -1: none */
};

/* Reads a whole message p[0..n).  False: libosip2 refuses it, or would not see all of it. */
bool hop_oracle_read(struct hop_reading *r, const char *p, size_t n);

/*
 * The request came[0..came_n) was sent on as left[0..left_n) by a hop that is called `host`.  NULL: it has one Via
 * more, lost none but the hop's own Routes at its front (not looked at if it is `strict`: the next hop's URI was taken
 * from there), and has one hop less; or libosip2 refuses what came.  Else what is wrong.
 */
const char *hop_oracle_differs(const char *came, size_t came_n, const char *left, size_t left_n, const char *host,
			       bool strict);

#endif
