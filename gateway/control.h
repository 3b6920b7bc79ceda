/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h: the operator's socket, a Unix stream socket on the control thread.  A request is one line ("status",
 * "server drain POOL/NAME"), the answer one JSON object and the end of the stream; lychctl speaks it.  The lock file beside
 * the socket makes a second gateway on the same path impossible.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include <stddef.h>

#include "monitor.h"
#include "snapshot.h"
#include "worker.h"

struct control;

/* Takes the lock and binds, before anything else of the gateway is opened; `err` names the path and the way out.  0 or -errno. */
int control_create(struct control **cp, const char *path, char err[], size_t errlen);

/* Answers from now on, on the control worker's loop; `changed` is called after an operator's word about a server. */
int control_serve(struct control *c, struct worker *control, struct snapshot *snapshot, monitor_changed_fn changed, void *ctx);

/* No more requests; the socket's file goes.  Before the control worker ends; NULL is fine. */
void control_close(struct control *c);
/* After that. */
void control_free(struct control *c);

#endif
