/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway.h: the whole program: what is started and stopped, in which order.
 */
#ifndef GATEWAY_H
#define GATEWAY_H

#include <stddef.h>

#include "snapshot.h"

/* Runs the configuration until SIGTERM or SIGINT; the snapshot is taken over.  0: stopped in good order.  < 0: it could
 * not start, and `err` says why. */
int gateway_run(struct snapshot *snapshot, char err[], size_t errlen);

#endif
