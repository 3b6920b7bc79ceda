/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h: what the plugin remembers: for a listener and thread (instance), for a client and its servers (session),
 * for one link (stream, in stream.h), for one request (request.h).  What hop mode adds is in hop.h.  An idle session
 * owns nothing beyond these structs.
 *
 * Where a client's requests go (the option `route`):
 *   by connection  the first request picks a server, whose link is then `bound`; all that follows goes there, and each
 *                  side's end is the other's.  Lync needs this: its requests are signed for one server, and it believes
 *                  nothing but a closed connection.
 *   by message     each request goes where its key says.  Transactions (transaction.h) tell where the answers to
 * servers' requests go, and what is lost when a server link dies. auto           by message, until a request shows that
 * the client needs the other way.
 */
#ifndef PLUGIN_SIP_SESSION_H
#define PLUGIN_SIP_SESSION_H

#include <lychgate/plugin.h>

#include "hop_branch.h"
#include "hop_table.h"
#include "transaction.h"

enum mode { MODE_AUTO, MODE_TRANSPARENT, MODE_HOP };
enum route { ROUTE_AUTO, ROUTE_CONNECTION, ROUTE_MESSAGE };

/* The listener's options. */
struct options {
	int mode;
	int route;
	/* Hop mode's. */
	bool record_route, path;
	const char *name; /* NULL: the addresses */
	int64_t first_answer_ms, waiting;
};

/* The counters, in the order of their table in plugin.c. */
enum counter {
	COUNT_REQUESTS,
	COUNT_ANSWERS,
	COUNT_PINGS,
	COUNT_MALFORMED,
	COUNT_DROPPED_ANSWERS,
	COUNT_ANSWERED_HERE,
	COUNT_LOST,
	COUNT_RETRIED,
	COUNT_UNANSWERED,
	COUNT_COMPRESSED,
	COUNT_LATE_ANSWERS,
	COUNT_UNDELIVERED,
	COUNT_UNAVAILABLE,
	COUNT_FORBIDDEN,
	COUNT_NO_FLOW,
	COUNT_LOOPS,
	COUNT_TOO_MANY_HOPS,
};

/* What hop mode keeps for a listener and thread; see hop.h. */
struct hop {
	char id[HOP_ID];
	struct hop_table table;
	char *spare; /* for a message that is made of another one */
	size_t spare_size;
};

struct instance {
	const struct options *options;
	struct transaction_seed seed;
	char *scratch; /* for texts that are made: facts, replies; good until the next one */
	size_t scratch_size;
	char *lines; /* that policies add to a message: edits.c */
	size_t lines_size;
	struct hop hop;
};

struct session {
	bool by_connection;
	bool lync;                   /* has shown that it believes no answer of ours */
	bool joined;                 /* the core relays raw bytes; nothing here matters any more */
	bool ended;                  /* the client sends no more and waits for answers */
	bool watched;                /* a deadline runs that looks for overdue transactions */
	struct lg_link *bound;       /* by connection: where all goes; NULL: not yet */
	struct lg_exchange *binding; /* the request that is being routed to find `bound` */
	struct lg_link *servers;     /* the server links, by stream.next */
	unsigned nservers;
	unsigned asked; /* the client's open exchanges */
	struct transactions transactions;
};

static inline struct session *session_of(const struct lg_link *l)
{
	return l->session->data;
}

static inline struct instance *instance_of(const struct lg_link *l)
{
	return l->inst;
}

/* Sees to it that `*p`, which has `*size` bytes, has at least so many; NULL: no memory, and it is as it was. */
char *instance_grow(char **p, size_t *size, size_t needed);

/* At least `size` bytes of the instance's scratch; NULL: no memory. */
char *instance_scratch(struct instance *inst, size_t size);

/* Does all that this link sends go to one link, and which?  NULL: each message has its own way. */
struct lg_link *session_other_end(const struct lg_link *l);

/* The client's requests go to `to` from now on. */
void session_bind(struct lg_session *ls, struct lg_link *to);

/* One of the client's exchanges has ended. */
void session_answered(struct lg_session *ls);

/* Sees to it that overdue transactions end. */
void session_watch(struct lg_session *ls);

/* Closes what has nothing left to do: a client that has ended, links from before the session was bound. */
void session_tidy(struct lg_session *ls);

/* The plugin's callbacks about links. */
void session_opened(struct lg_link *l);
void session_ended(struct lg_link *l);
void session_writable(struct lg_link *l);
void session_expired(struct lg_link *l);
void session_closed(struct lg_link *l);

#endif
