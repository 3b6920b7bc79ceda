/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.h: one question to one server: connect, let the plugin ask, let it judge.  It has no timer: whoever started it ends
 * it when it takes too long, and then no answer comes any more.
 */
#ifndef PROBE_H
#define PROBE_H

#include "flow.h"
#include "snapshot.h"
#include "stream.h"

struct probe {
	struct lg_probe pub; /* first: the plugin's view */
	const struct monitor_conf *conf;
	struct stream *stream; /* one of these two */
	struct flow *flow;
	void (*done)(void *owner, bool healthy, const char *note);
	void *owner;
	char peer_text[64], local_text[64];
	max_align_t data[]; /* the plugin's */
};

/* Asks; `done` is called once, later, unless probe_cancel comes first; the probe frees itself then.  NULL: out of memory or
 * descriptors, `reason` says it. */
struct probe *probe_start(struct worker *w, const struct server *server, void (*done)(void *, bool, const char *), void *owner,
			  const char **reason);
void probe_cancel(struct probe *p);

/* host->ask */
void probe_ask(struct lg_probe *p, struct lg_span bytes);

#endif
