/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow_out.h: what leaves to servers by UDP flows in a turn of the loop: queued, and sent at its end, all of one flow
 * with one system call.  Each flow keeps its order.  It has no clock and no sockets of its own; flow.c alone uses it.
 */
#ifndef FLOW_OUT_H
#define FLOW_OUT_H

#include <lychgate/plugin.h>

enum {
	FLOW_OUT = 512,              /* datagrams that one worker queues; the next one sends them all */
	FLOW_OUT_BYTES = 512 * 1024, /* and bytes */
};

struct flow;
struct flow_out;

/* One for each worker that has flows; NULL: out of memory. */
struct flow_out *flow_out_create(void);
void flow_out_destroy(struct flow_out *o); /* NULL is fine */

/* Queues a datagram of all the pieces.  One that is longer than a datagram can be is left aside. */
void flow_out_queue(struct flow_out *o, struct flow *f, const struct lg_span *pieces, unsigned n);

/* What is queued for `f`, or for all, leaves now.  What the kernel does not take is lost, as datagrams are.  An ICMP
 * error that came for an earlier datagram costs none of these; flow_unreachable tells it, once. */
void flow_out_send(struct flow_out *o, struct flow *f);
void flow_out_flush(struct flow_out *o);

#endif
