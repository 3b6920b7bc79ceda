/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow.h: a UDP flow: what a stream is for TCP.  A client's flow is an address and port that sends to a listener's
 * socket; a server's has a socket of its own, connected, so that what comes there is the server's.  It carries
 * datagrams to and from its owner, a link or a probe.
 *
 * What is sent in a turn of the loop is queued, and leaves at its end: for all clients of a socket, and for each
 * server, with one system call.  A flow never waits: what the kernel does not take then is lost.
 */
#ifndef FLOW_H
#define FLOW_H

#include "datagram.h"
#include "flows.h"
#include "worker.h"

struct flow;
struct listener_socket;

struct flow_ops {
	/* A server's: its socket is there. */
	void (*opened)(struct flow *f);
	void (*receive)(struct flow *f, struct lg_span datagram);
	/* A server's: an ICMP error came back, an earlier datagram was lost.  Not inside flow_send. */
	void (*unreachable)(struct flow *f);
	/* The last call; flow_reason says why. */
	void (*closed)(struct flow *f);
};

struct flow {
	struct worker *worker;
	const struct flow_ops *ops;
	void *owner;
	struct listener_socket *socket; /* a client's: where it sends to; NULL for a server's */
	struct flow_entry entry;        /* a client's, in socket's table */
	struct io io;                   /* a server's */
	uint32_t idle_ms;               /* 0: no limit */
	uint64_t active_ms;             /* the last datagram, either way */
	uint64_t sent;                  /* a server's: datagrams that may have left; those queued will in this turn */
	unsigned out_first, out_last;   /* a server's: what is queued for it; flow_out.c */
	bool closing, failed;
	bool no_runs;  /* a server's: its way takes one datagram at a time; flow_out.c */
	bool own_port; /* a server's, from its client's address and port: nobody else's ever */
	bool shared;   /* a server's, for many clients: flow_share */
	struct deadline idle;
	struct task open_task, close_task, unreachable_task;
	struct list node; /* worker->flows */
	struct grave grave;
	char reason[64];
};

/* Makes the worker's room for datagrams; before its first socket.  0 or -ENOMEM. */
int flow_prepare(struct worker *w);

/* A client's flow from `d`, which its socket received; in the socket's table from now on.  0 or -errno. */
int flow_accept(struct flow **fp, struct listener_socket *socket, const struct datagram *d, const struct flow_ops *ops,
		void *owner, uint32_t idle_ms);

/*
 * A flow to a server, from `source` when that is not NULL (source.h); `opened` comes later.  Its port is not used for
 * another client within `rest_ms` of its last use.
 */
int flow_connect(struct flow **fp, struct worker *w, const struct sockaddr *to, const struct sockaddr *source,
		 const struct flow_ops *ops, void *owner, uint32_t rest_ms);

/* A server's flow serves many clients from now on: large buffers at once, an end when it has been idle for `idle_ms`
 * (0: never), and a port that need not rest, since what comes there says itself whose it is. */
void flow_share(struct flow *f, uint32_t idle_ms);

/* One datagram of all the pieces from a listener's socket to a client, whether it has a flow or not; `local` as in
 * datagram_queue. */
void flow_send_aside(struct listener_socket *k, const struct sockaddr *peer, const struct sockaddr *local,
		     const struct lg_span *pieces, unsigned n);

/* One datagram of all the pieces; GONE when the flow is closing.  What was taken before flow_close still leaves. */
enum lg_send flow_send(struct flow *f, const struct lg_span *pieces, unsigned n);

/* `closed` follows, not inside this call. */
void flow_close(struct flow *f, const char *why);

static inline const char *flow_reason(const struct flow *f)
{
	return f->reason;
}

/* Something was received by a listener's socket: to the flow that it belongs to, else to `begin`. */
void flow_receive_all(struct listener_socket *socket, void (*begin)(struct listener_socket *, const struct datagram *));

/* End of turn: what is queued for clients and for servers leaves. */
void flow_flush(struct worker *w);

/* Has `unreachable` called, soon, and once however often this is; for flow_out.c. */
void flow_unreachable(struct flow *f);

/* Closes all flows and sockets of a worker whose loop has stopped for good; owners are not told. */
void flow_abandon(struct worker *w);

#endif
