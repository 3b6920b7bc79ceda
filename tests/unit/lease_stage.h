/* SPDX-License-Identifier: Apache-2.0 */
/* lease_stage.h: two clients and one or two servers of hop.h, for the tests of leased links: hop_make(), then these. */
#ifndef LEASE_STAGE_H
#define LEASE_STAGE_H

#include "hop.h"

extern struct hop h;
extern struct wire a, b;  /* clients, both dialled by stage_begin() */
extern struct wire s, s2; /* a server's end of links, each to be accepted and closed by the test */

void stage_begin(void);
void stage_end(void); /* without what is left at s and s2 */

/* The server's gauges are another thread's: what they become, not what they are. */
void stage_gauges(unsigned server, unsigned sessions, unsigned idle);

/* The request has come to the server. */
void stage_has(struct wire *server, const char *line);

/* `a` asks, the first server is dialled by `s`, and its answer has come; `how` as a leased link's server says it. */
void stage_first(const char *line, const char *how);

/* `c` asks, that server is dialled by `link`, and its answer has come. */
void stage_dial(struct wire *c, struct wire *link, unsigned server, const char *line, const char *how);

/* `c` asks by a link that is there, and the server answers: "+" and the link is given back. */
void stage_ask(struct wire *c, struct wire *server, const char *line, const char *how);

#endif
