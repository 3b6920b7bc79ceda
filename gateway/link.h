/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.h: a stream or a UDP flow as a plugin sees it.  It gives the plugin its callbacks, keeps units whole that
 * several senders write to one link, and relays when two links are joined.  Which links there are and what goes where:
 * session.c.
 */
#ifndef LINK_H
#define LINK_H

#include "listener.h"
#include "session.h"
#include "flow.h"
#include "stream.h"

/* Of a leased link: lease.h. */
struct lease {
	bool is, kept;        /* leased at all; by its session for good */
	bool named;           /* its first bytes named the client: never another session's */
	bool shows;           /* our certificate */
	bool watched;         /* the plugin's deadline runs on it, instead of limits.idle */
	struct session *home; /* of the links that all share: its session while it is idle */
	struct list idle;     /* struct idle */
};

struct link {
	struct lg_link pub; /* first: the plugin's view */
	struct worker *worker;
	struct listener *listener;
	struct session *session;
	struct stream *stream;     /* what carries it: one of these two; both NULL: closed */
	struct flow *flow;
	struct stream_limits limits;
	struct server *server;     /* at the other end, NULL for a client */
	struct pool *pool;         /* by which it was chosen */
	struct lease lease;
	bool open, ended;
	bool handshaking;          /* counts among the listener's handshakes */
	struct link *joined;       /* bytes go there unread */
	bool relays;               /* it is joined, or was */
	unsigned watched;          /* a client's: leased links of its session that are watched, and it with them */
	struct link *unit_of;      /* whose unit is under way to this link (LG_MORE, or a pass) */
	struct link *pass_to, *pass_from; /* pub.passing bytes go there unseen, come from there */
	struct list parked;        /* struct parked: others' units that wait behind it */
	uint64_t parked_bytes;
	struct deadline unit;      /* a unit under way goes on by then */
	struct deadline expiry;    /* host->deadline */
	struct deadline farewell;  /* closes then: spread out when its server sends it away */
	struct list node;          /* session->servers; in none for a client */
	struct list exchanges;     /* routed here, or waiting for it to open, in order */
	struct task settle_task;   /* a client's flow: does anything still go on? */
	struct grave grave;
	uint32_t name;    /* its slot in worker->names + 1; 0: it has none (deliver.h) */
	bool proxied;     /* it has to begin with a PROXY header, which has not come yet */
	char *sni, *alpn; /* learnt by the plugin, or from such a header */
	char *meant;      /* the address that it was for, as such a header says; NULL: pub.local */
	char peer_text[64], local_text[64];
	max_align_t data[];        /* the plugin's */
};

/* Of all clients of the listener. */
static inline bool link_is_shared(const struct link *l)
{
	return !l->pub.session;
}

/* Leased, and nobody has it now. */
static inline bool link_is_idle(const struct link *l)
{
	return l->lease.is && !l->pub.exchange;
}

static inline struct link *link_of(struct lg_link *l)
{
	return (struct link *)l;
}

/* It takes and gives bytes: neither closed nor closing. */
static inline bool link_lives(const struct link *l)
{
	return l->stream ? !l->stream->closing : l->flow && !l->flow->closing;
}

/* What was ever queued, and of that what may have left, in bytes (streams) or datagrams (flows): whether a request was
 * handed out. */
static inline uint64_t link_queued(const struct link *l)
{
	return l->stream ? l->stream->queued : l->flow->sent;
}

static inline uint64_t link_handed(const struct link *l)
{
	return l->stream ? l->stream->handed : l->flow->sent;
}

/* A client link on an accepted descriptor; closed on failure.  0 or -errno. */
int link_accept(struct link **lp, struct session *session, int fd, const struct sockaddr *peer,
		enum lg_transport transport);

/* A client link for a flow that begins with `d`.  0 or -errno. */
int link_flow_accept(struct link **lp, struct session *session, struct listener_socket *socket,
		     const struct datagram *d);

/* Gives the plugin a datagram: the first one of a flow. */
void link_flow_receive(struct link *l, struct lg_span datagram);

/* Something on it has ended: a client's flow on which nothing goes on is forgotten.  NULL and other links: nothing. */
void link_settle(struct link *l);

/* A link to a server; it is connecting when this returns.  Its first bytes are a PROXY header of version `proxy`, 0:
 * none.  0 or -errno. */
int link_connect(struct link **lp, struct session *session, struct server *server, unsigned proxy);

/* The same for a shared one, of a session without a client; `shows`: our certificate, inside TLS. */
int link_connect_shared(struct link **lp, struct session *session, struct server *server, bool udp, bool shows);

enum lg_send link_send(struct link *to, struct link *from, const struct lg_span *pieces, unsigned n, unsigned flags);
void link_join(struct link *a, struct link *b);
bool link_pass(struct link *from, struct link *to, uint64_t n);
void link_close(struct link *l, enum lg_close how, const char *why);
void link_deadline(struct link *l, uint32_t ms);

/* Closes the link in `ms` if its server still sends it away then (server_sends_away). */
void link_farewell(struct link *l, uint32_t ms);

/* One event about this link: listener, session number, peer and server are added. */
void link_log(const struct link *l, enum lg_level level, const char *event, const char *key, const char *value);

#endif
