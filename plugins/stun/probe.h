/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h: the monitor of STUN servers: a Binding request, and the answer that bears its transaction id. */
#ifndef PLUGIN_STUN_PROBE_H
#define PLUGIN_STUN_PROBE_H

#include <lychgate/plugin.h>

#include "wire.h"

/* The monitor's own options. */
struct probe_options {
	bool classic; /* the form of RFC 3489 */
};

/* What the judge must know of the question. */
struct probe {
	uint8_t id[STUN_ID];
};

extern const struct lg_option probe_table[];

int probe_ask(struct lg_probe *p);

/* `in` is one datagram, or over a byte stream all that has come so far. */
enum lg_verdict probe_judge(struct lg_probe *p, struct lg_span in);

#endif
