/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access_log.h: one line for each exchange of a listener, when it ends, in the file that its `access_log` names:
 *
 *     2026-11-22T13:20:49.123Z source=192.0.2.1 listener=web server=a duration_ms=12 verdict=pass
 *     method=GET path=/ status=200
 *
 * The first ones are the core's, the others what the plugin names (lg_plugin.log_facts), as it tells them at that
 * moment.  The verdicts: pass, reply, drop (a policy's), no-server, overload (all its servers have max_sessions), lost
 * (the server's link or the deadline), gone (the client).
 * The other format, "combined", is the one that web servers have in common, made of the plugin's facts method, path,
 * version, status, bytes_out, referer, agent and user; what there is none of is "-".
 *
 * Each listener of each worker has the file open for itself and appends whole lines, many at once; a file that was
 * renamed or removed is opened anew within ACCESS_WAIT_MS.  A line that cannot be written is dropped, and told once.
 */
#ifndef ACCESS_LOG_H
#define ACCESS_LOG_H

#include <stddef.h>

struct exchange;
struct listener;

enum {
	ACCESS_FACTS = 16,        /* of a plugin */
	ACCESS_LINE = 16 * 1024,  /* the longest line; what is longer is cut */
	ACCESS_VALUE = 4 * 1024,  /* of one fact, the same */
	ACCESS_LINES = 64 * 1024, /* bytes that wait to be written */
	ACCESS_WAIT_MS = 1000,    /* and how long they do; to stderr nothing waits */
};

/* Opens the file, if the listener has one.  0, or -errno with the reason. */
int access_log_open(struct listener *l, char err[], size_t errlen);

/* The exchange ends; nothing is written for a listener without a file. */
void access_log_exchange(struct exchange *x);

/* Writes what waits, and closes the file. */
void access_log_close(struct listener *l);

#endif
