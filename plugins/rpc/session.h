/* SPDX-License-Identifier: Apache-2.0 */
/* session.h: a client, its one server, and the way between them. */
#ifndef PLUGIN_RPC_SESSION_H
#define PLUGIN_RPC_SESSION_H

#include <lychgate/plugin.h>

#include "association.h"

/* The listener's options. */
struct options {
	bool rewrite;
	struct lg_ports ports;
};

struct instance {
	const struct options *options;
};

/* lg_session.data */
struct session {
	struct lg_exchange *exchange; /* from `routed` on, as long as the client's link */
	struct lg_link *server;       /* NULL: not there yet, or gone */
	struct association association;
	unsigned told; /* bit n: what counter n counts has been logged */
};

enum count {
	COUNT_ANSWERS,
	COUNT_REWRITTEN,
	COUNT_REFUSED,
	COUNT_SEALED,
	COUNT_IPV6,
	COUNT_UDP,
	COUNT_OTHER,
	COUNT_FOREIGN,
	COUNT_UNREADABLE,
	COUNT_DCOM,
	COUNT_MALFORMED,
	COUNT_OVERLOADED,
	COUNTS,
};

static inline struct session *session_of(const struct lg_link *l)
{
	return l->session->data;
}

/* Counts, and logs the first of its kind in the session. */
void session_note(struct lg_link *l, enum count what);

/* Sends bytes of `from` to the other end, and holds `from` when that is full. */
void session_pass(struct lg_link *from, const void *p, size_t n);

void session_opened(struct lg_link *l);
void session_routed(struct lg_exchange *x, struct lg_link *to);
void session_respond(struct lg_exchange *x, const struct lg_reply *reply);
void session_lost(struct lg_exchange *x, const struct lg_lost *why);
void session_writable(struct lg_link *l);
void session_closed(struct lg_link *l);

#endif
