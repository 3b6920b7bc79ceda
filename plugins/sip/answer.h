/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h: answers, which find their way without the core: no policy and no balance sees them. */
#ifndef PLUGIN_SIP_ANSWER_H
#define PLUGIN_SIP_ANSWER_H

#include "message.h"

/* An answer, or its head, has been read from `l`. */
void answer_received(struct lg_link *l, const struct message *m);

/* The body of the message that `l` was in has come to its end. */
void answer_ended(struct lg_link *l);

#endif
