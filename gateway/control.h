/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h: the operator's socket, a Unix stream socket on the control thread.  A request is one line ("status",
 * "server drain POOL/NAME": command.h), the answer one JSON object and the end of the stream; lychctl speaks it.  The
 * lock file beside the socket makes a second gateway on the same path impossible.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include <stddef.h>

#include "monitor.h"
#include "snapshot.h"
#include "worker.h"

struct control;

/* Takes the lock and binds, before anything else of the gateway is opened; `err` names the path and the way out.  0 or
 * -errno. */
int control_create(struct control **cp, const char *path, char err[], size_t errlen);
/* The socket shall be this user's.  -errno with a reason. */
int control_give(struct control *c, const struct user *u, char err[], size_t errlen);

enum {
	CONTROL_CLIENTS = 16,   /* at once; the next ones wait, unaccepted */
	CONTROL_LINE = 4096,    /* bytes of a request, without its newline */
	CONTROL_WAIT_MS = 5000, /* for the whole request, and again for the answer to be read */
};

/* Answers from now on, on the control worker's loop; `changed` is called after an operator's word about a server.  The
 * snapshot is borrowed until control_close. */
int control_serve(struct control *c, struct worker *control, struct snapshot *snapshot, monitor_changed_fn changed,
		  void *ctx);

/* No more requests; the socket's file goes.  Before the control worker ends; NULL is fine. */
void control_close(struct control *c);

/* After worker_fini of the control worker, also when it was never served or closed: lets the lock go.  NULL is fine. */
void control_free(struct control *c);

#endif
