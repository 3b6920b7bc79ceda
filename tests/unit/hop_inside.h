/* SPDX-License-Identifier: Apache-2.0 */
/* hop_inside.h: what the parts of hop.h have in common. */
#ifndef HOP_INSIDE_H
#define HOP_INSIDE_H

#include <netinet/in.h>

/* Adds to the log of the one that runs; any thread may. */
void hop_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *hop_log(void); /* for the text of a failure */

/* The number of the next exchange. */
unsigned hop_number(void);

/* A socket at this host, in host order; *port: 0 is any, and is set.  -1: it is taken. */
int hop_bind(int type, in_addr_t host, in_port_t *port);

/* The host of a server, in host order. */
in_addr_t hop_host(unsigned server);

#endif
