/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.h: the state of the gateway as one JSON object, what `lychctl status --json` prints.  lychctl(1) has its
 * members.
 */
#ifndef STATUS_H
#define STATUS_H

#include <jansson.h>

#include "snapshot.h"

/* All of it, read from the snapshot's counters while the workers write them; the caller's reference.  `started_ms`:
 * Unix time in ms of the gateway's start.  NULL: out of memory. */
json_t *status_build(const struct snapshot *s, long long started_ms);

/* One server of it, with its state, health and counters. */
json_t *status_server(const struct server *s);

/* One policy of it, as a listener uses it. */
json_t *status_policy(const struct policy_use *u);

/* A JSON string of any bytes: what is not UTF-8 becomes question marks.  NULL: out of memory. */
json_t *status_text(const char *s);

#endif
