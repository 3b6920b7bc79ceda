/* SPDX-License-Identifier: Apache-2.0 */
/* hop_play.h: the sip plugin in hop mode on the fake host, and servers that answer what they got. */
#ifndef HOP_PLAY_H
#define HOP_PLAY_H

#include "sip_play.h"

enum { HOP_FIRST_ANSWER = 4000 };

/* In hop mode; what `o` leaves zero gets its default.  NULL: all do. */
struct fake *hop_play(const struct options *o);
#define HOP_PLAY(...) hop_play(&(struct options){ __VA_ARGS__ })

/* A client has asked, and server `a` has got it. */
struct fake *hop_asked(const char *method, struct fake_peer **client);

/* The answer to the newest message that the peer got, with To and tag, its Vias as they came. */
const char *answer(const struct fake_peer *p, int status, const char *extra);
/* The same to the `i`th message, from 0. */
const char *answer_to(const struct fake_peer *p, unsigned i, int status, const char *extra);

/* The `i`th message that the peer got; it must be there.  Good for the next seven calls. */
const char *message(const struct fake_peer *p, unsigned i);
unsigned messages(const struct fake_peer *p);

/* The first value of a header of a message, "" if it has none; its `i`th line.  Good for the next 15 calls. */
const char *value(const char *message, const char *name, unsigned i);

/* A parameter of a value. */
const char *param(const char *value, const char *name);

/* Of the topmost Via of the `i`th message that the peer got. */
const char *branch(const struct fake_peer *p, unsigned i);

/* A datagram from the flow (NULL: a new one); the flow. */
struct fake_peer *datagram(struct fake *f, struct fake_peer *flow, const char *text);

#endif
