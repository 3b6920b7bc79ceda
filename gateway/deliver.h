/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver.h: tokens of links, and units that go where a token says: to a link of this worker, to one of another worker
 * by its mailbox, or, for UDP clients, from this worker's own socket of the listener, without a flow.
 */
#ifndef DELIVER_H
#define DELIVER_H

#include <stdint.h>

#include <lychgate/plugin.h>

struct link;

enum {
	MAILBOX_BYTES = 32 << 20, /* of units that wait in one worker's mailbox: above it they are refused */
	DELIVER_QUEUES = 2,       /* a receiver that takes nothing is closed at so many times its limits.queue */
};

/* As lg_host.token; 0: out of memory. */
unsigned deliver_token(struct link *l, enum lg_use use, uint16_t port, char out[LG_TOKEN]);

/* As lg_host.look. */
enum lg_transport deliver_look(struct lg_span token, enum lg_use use, struct lg_span *local);

/* As lg_host.send_to. */
enum lg_send deliver(struct lg_span token, enum lg_use use, struct link *from, const struct lg_span *pieces,
		     unsigned n);

/* A link closes: its name is nobody's from now on. */
void deliver_forget(struct link *l);

#endif
