/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_wait.h: a dialog's first request while it waits for its first answer.  Silence, a lost link or 503 sends it to
 * another server, once; any other answer ends that chance (RFC 3261 section 16.7, RFC 4320).
 */
#ifndef PLUGIN_SIP_HOP_WAIT_H
#define PLUGIN_SIP_HOP_WAIT_H

#include "hop.h"

/* May this request go to a second server? */
bool hop_wait_may(struct lg_link *l, const struct hop_request *r);

/* The exchange waits from now on; there must be room in the table. */
void hop_wait_begin(struct lg_exchange *x);

/*
 * A request that is not the first of its hash: sends it after the first one, if that waits.  False: it goes its own
 * way, with the attempt that `r` then says.
 */
bool hop_wait_repeats(struct lg_link *l, const struct message *m, struct hop_request *r);

/* Makes room for what has to be kept of a routed request, before it is sent.  0, or -ENOMEM. */
int hop_wait_prepare(struct lg_exchange *x);

/* It has been sent.  False: nothing is kept of it, its exchange may end. */
bool hop_wait_sent(struct lg_exchange *x);

/* Sends it to a second server.  False: it may not go there. */
bool hop_wait_again(struct lg_exchange *x);

/* Does it still wait for its first answer? */
bool hop_wait_pending(const struct lg_exchange *x);

/* What `from` has sent could not be delivered; its branch was this. */
void hop_wait_returned(struct lg_link *from, struct sip_text branch);

/* Its exchange ends by itself. */
void hop_wait_drop(struct lg_exchange *x);

/*
 * An answer that bears the branch `b` has come by `l`.  False: it goes no further.  `entry`, if it is not 0, is what is
 * kept of its request: hop_wait_edits tells whose edits it needs, and hop_wait_answered is called when it has gone on.
 */
bool hop_wait_answer(struct lg_link *l, const struct message *m, const struct hop_branch *b, uint32_t *entry);
const struct lg_exchange *hop_wait_edits(const struct lg_link *l, uint32_t entry);
void hop_wait_answered(struct lg_link *l, const struct message *m, uint32_t entry);

/* Time has passed; the link has closed, and its exchanges have ended. */
void hop_wait_expired(struct lg_link *l, uint64_t now_ms);
void hop_wait_forget(struct lg_link *l);

#endif
