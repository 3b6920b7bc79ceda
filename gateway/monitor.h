/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor.h: asks every server of every pool whether it works, on the control thread.  Only its probes change health;
 * what traffic meets only makes it ask sooner; a server that tracks another is as healthy as that one.  How verdicts
 * count: health.h; what is asked and how an answer is judged: the plugin's probe and judge.
 */
#ifndef MONITOR_H
#define MONITOR_H

#include "server.h"
#include "snapshot.h"
#include "worker.h"

struct monitors;

/* Called on the control thread after a server's health or admin word changed. */
typedef void (*monitor_changed_fn)(void *ctx);

/* Starts a monitor for every server of the snapshot; the first probes go out at once.  0 or -errno. */
int monitors_start(struct monitors **mp, struct worker *control, struct snapshot *snapshot, monitor_changed_fn changed,
		   void *ctx);

/* Ends all probes, when the workers have ended and before the control worker does; NULL is fine.  monitors_free after
 * the control worker's end, when its loop has let go of the timers. */
void monitors_stop(struct monitors *m);
void monitors_free(struct monitors *m);

/* On the control thread, what happens to slots: one has an address now (again, or another one) and is to be asked; it
 * has none.  After one or several of these monitors_review, for those that track and whoever `changed` tells. */
void monitors_came(struct monitors *m, struct server *s);
void monitors_went(struct monitors *m, struct server *s);
void monitors_review(struct monitors *m);

/* Traffic saw the server refuse or reset: a probe goes out soon.  From any thread, cheap, as often as you like. */
void monitor_hurry(struct server *s);

/* The operator wants to know: it is asked now, and as often as if it had just gone down.  On the control thread. */
void monitor_ask(struct server *s);

#endif
