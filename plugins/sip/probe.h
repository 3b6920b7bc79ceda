/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h: the monitor of SIP servers: an OPTIONS, and what its answer says of the server's health. */
#ifndef PLUGIN_SIP_PROBE_H
#define PLUGIN_SIP_PROBE_H

#include <lychgate/plugin.h>

#include "sip/probe.h"

/* The monitor's own options. */
struct probe_options {
	const char *uri;  /* whom to ask; NULL: the server itself */
	const char *from; /* the host that asks, with a port or without; NULL: our address */
	const char *codes; /* status codes that are health; NULL: all but `sick` */
	const char *sick; /* status codes */
	int64_t max_forwards;
};

/* The question, which its judge must know. */
struct probe {
	uint8_t random[SIP_PROBE_RANDOM];
	char local[320];   /* host:port */
	char contact[320]; /* the same, with the port of `from` if it has one */
};

extern const struct lg_option probe_table[];

int probe_ask(struct lg_probe *p);
enum lg_verdict probe_judge(struct lg_probe *p, struct lg_span in);

#endif
