/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve.h: finds the addresses of servers that are written with a host name, at the start and then by interval
 * (gateway { resolve }), on the control thread and without waiting for anything there: the system's resolver runs on
 * libuv's threads. A name is asked for once, however many servers are written with it.
 *
 * While a name does not resolve it is asked for after RESOLVE_AGAIN_MS, then after twice as long each time, up to the
 * interval.  Its last addresses hold for gateway { resolve_keep } then.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <stdint.h>

#include "monitor.h"
#include "snapshot.h"
#include "worker.h"

enum {
	RESOLVE_AGAIN_MS = 1000,
	RESOLVE_FOUND = 256,      /* addresses of one answer that are looked at */
	RESOLVE_SETTLE_MS = 1000, /* how often leaving servers are looked at while there are any */
};

struct resolver;

/* Asks for all names of the snapshot, if it has any, and tells `monitors` what comes of that.  0 or -errno. */
int resolver_start(struct resolver **rp, struct worker *control, struct snapshot *snapshot, struct monitors *monitors);

/* No more questions, before the monitors stop; NULL is fine.  A question that is out cannot be taken back: the control
 * worker's end waits for it, as long as the system's resolver does.  resolver_free after that. */
void resolver_stop(struct resolver *r);
void resolver_free(struct resolver *r);

#endif
