/* SPDX-License-Identifier: Apache-2.0 */
/*
 * word.h: the operator's word on a server, and whatever comes of it for that one and for those that track it: since
 * when, the slow start, the line of the log.  Which word counts is server_word's to say (server.h).  Sessions, picks
 * and listeners go by that themselves, once the workers are told to review.
 *
 * All on the control thread.
 */
#ifndef WORD_H
#define WORD_H

#include "server.h"

/* Its own word from now on.  True: another one counts than before for it or for one that follows it, and the workers
 * are to be told. */
bool word_say(struct server *s, enum admin word);

/* What counts may have changed: `by` is the one that it follows, if that is why, else NULL.  True: it has. */
bool word_settle(struct server *s, const struct server *by);

/* Whatever counts for it now is nothing new: it has become another server. */
void word_begin(struct server *s);

#endif
