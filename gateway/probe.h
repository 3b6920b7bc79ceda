/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.h: one question to one server: connect, let the plugin ask, let it judge.  It knows no end of its patience:
 * whoever started it ends it when it takes too long, and then no answer comes any more.  Until then a question that
 * went by datagram is asked again and again, each time after twice as long (PROBE_AGAIN_MS, at most
 * PROBE_AGAIN_MOST_MS; the times of RFC 3261 section 17.1.2.2): it, or its answer, may have been lost.
 */
#ifndef PROBE_H
#define PROBE_H

#include "flow.h"
#include "snapshot.h"
#include "stream.h"

enum { PROBE_AGAIN_MS = 500, PROBE_AGAIN_MOST_MS = 4000 };

struct probe {
	struct lg_probe pub; /* first: the plugin's view */
	const struct monitor_conf *conf;
	struct stream *stream; /* one of these two */
	struct flow *flow;
	struct deadline again; /* over UDP: when the question goes out once more */
	uint32_t again_ms;
	char *question; /* over UDP: the last datagram of the plugin's */
	size_t question_n;
	void (*done)(void *owner, bool healthy, const char *note);
	void *owner;
	char peer_text[64], local_text[64];
	max_align_t data[]; /* the plugin's */
};

/* Asks; `done` is called once, later, unless probe_cancel comes first; the probe frees itself then.  NULL: it
 * could not begin, and `error` is why: the server's (-ECONNREFUSED, -EHOSTUNREACH), or ours (probe_lacks). */
struct probe *probe_start(struct worker *w, const struct server *server, void (*done)(void *, bool, const char *),
			  void *owner, int *error);

/* The gateway itself lacked what it takes: memory, descriptors, ports.  Of the server that tells nothing. */
bool probe_lacks(int error);
void probe_cancel(struct probe *p);

/* host->ask */
void probe_ask(struct lg_probe *p, struct lg_span bytes);

#endif
