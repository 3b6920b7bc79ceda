/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h: the monitor of endpoint mappers: a bind, and for one interface whether it is registered. */
#ifndef PLUGIN_RPC_PROBE_H
#define PLUGIN_RPC_PROBE_H

#include <lychgate/plugin.h>

#include "wire.h"

/* The monitor's own options. */
struct probe_options {
	const char *interface; /* a UUID; NULL: none is asked for */
	const char *version;   /* of the interface, "1.0" */
};

struct probe {
	struct wire_uuid interface;
	uint16_t major, minor;
	bool asked; /* for the interface */
};

extern const struct lg_option probe_table[];

int probe_ask(struct lg_probe *p);
enum lg_verdict probe_judge(struct lg_probe *p, struct lg_span in);

#endif
