/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.h: where the reading of one link stands: between messages, or in a body; and what it waits for.
 *
 * A link waits for a request that is being routed when its body must follow it or when it binds the session, and for a
 * link that is full.  While it waits nothing is read from it.
 */
#ifndef PLUGIN_SIP_STREAM_H
#define PLUGIN_SIP_STREAM_H

#include <lychgate/plugin.h>

#include "sip/scan.h"

struct stream {
	struct sip_cursor cursor;
	uint64_t body_left;          /* of the message whose head has been read */
	struct lg_link *body_to;     /* where it goes; NULL: nowhere */
	uint32_t body;               /* counts the messages whose body came later than their head; 0 is none */
	uint32_t routing;            /* requests routed in this `receive`: what they cause comes before what we send */
	struct lg_exchange *waiting; /* for this one to be routed */
	struct lg_link *full;        /* for this one to have room */
	bool held;                   /* the core knows that we wait */
	bool closing;
	bool agreed;          /* compression begins behind this message */
	bool told;            /* a malformed message has been logged */
	struct lg_link *next; /* of the session's server links */
	uint32_t open;        /* transactions with this server link */
};

static inline struct stream *stream_of(const struct lg_link *l)
{
	return l->data;
}

static inline bool stream_waits(const struct stream *s)
{
	return s->waiting || s->full;
}

/* Stops reading while it waits; goes on if it waits no more. */
void stream_hold(struct lg_link *l);
void stream_go(struct lg_link *l);

/* Passes bytes on; if `to` is full then, `from` waits for it. */
void stream_pass(struct lg_link *from, struct lg_link *to, struct lg_span bytes, unsigned flags);
void stream_pass_pieces(struct lg_link *from, struct lg_link *to, const struct lg_span *pieces, unsigned n,
			unsigned flags);

/* Says something of our own to the link; if it does not read it, neither is it read. */
void stream_say(struct lg_link *l, struct lg_span bytes);

/* What is queued goes out, and nothing more is read. */
void stream_close(struct lg_link *l);

/* `gone` takes nothing any more. */
void stream_forget(struct lg_link *l, const struct lg_link *gone);

#endif
