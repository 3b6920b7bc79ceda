/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h: what the operator may say, one line each:
 *
 *     status
 *     server drain [POOL/]NAME     keeps its sessions and persistence entries, gets no new keys
 *     server disable [POOL/]NAME   its sessions end, spread over some seconds
 *     server enable [POOL/]NAME
 *     policy reset LISTENER/NAME   a tripped policy is asked again
 *
 * A NAME without its pool is for every server that is called so, in all pools, also by its address without port.
 *
 * The answer is a JSON object: the state of all (status.h); {"pool", "was", "server": {...}, "servers", "followers"},
 * whose lists hold such objects without lists; {"listener", "was", "policy": {...}}; or {"error", "hint"}, the hint
 * only where there is one.  To a NAME without its pool it is a list of {"pool", "was", "server"}, first those that were
 * told, then those that follow them.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <jansson.h>

#include "monitor.h"
#include "snapshot.h"

/* Whom commands are about. */
struct command_target {
	const struct snapshot *snapshot; /* borrowed */
	long long started_ms;            /* Unix time */
	monitor_changed_fn changed;      /* after a server's word has changed */
	void *ctx;
};

/* Does what `line` says: `n` bytes without the newline, and a NUL after them.  The answer, the caller's reference;
 * NULL: out of memory, and then a word to a server may have been taken all the same. */
json_t *command_run(const struct command_target *t, const char *line, size_t n);

#endif
