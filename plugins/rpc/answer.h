/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h: the answers that hold addresses: those of ept_map are changed, all others are passed, counted and logged.
 */
#ifndef PLUGIN_RPC_ANSWER_H
#define PLUGIN_RPC_ANSWER_H

#include "session.h"

/* Takes a response PDU of the call's from the server, and sends it, or keeps it until the rest has come.  0, -ENOMEM,
 * or -EPROTO: no answer could be written. */
int answer_take(struct lg_link *server, struct call *call, const struct wire_pdu *pdu);

/* The call has ended without (the rest of) its answer. */
void answer_end(struct lg_link *server, struct call *call);

#endif
