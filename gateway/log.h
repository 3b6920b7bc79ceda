/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h: diagnostics on stderr, one event a line:
 *
 *     2026-11-22T13:20:49.123Z info server-down pool=front-end server=127.0.1.21:5061 probe="connection refused"
 *
 * An event has always the same words, so that a script can look for them; what changes is in the values.  Values are
 * quoted and escaped here, so that no byte from the network can forge a line.  A message body or a credential is never
 * a value.
 */
#ifndef LOG_H
#define LOG_H

#include <lychgate/plugin.h>

/* Events above `level` are not written.  Set once before threads start. */
void log_set_level(enum lg_level level);

/* The level called "error", "warning", "info" or "debug"; -EINVAL for another word. */
int log_level_of(const char *word, enum lg_level *level);

/* Is an event of this level written?  Before what is not worth preparing otherwise. */
bool log_wants(enum lg_level level);

/* `event`, then pairs of a key and a string value, then NULL; a NULL value is left out with its key. */
void log_event(enum lg_level level, const char *event, ...) __attribute__((sentinel));

#define log_error(...) log_event(LG_ERROR, __VA_ARGS__, NULL)
#define log_warning(...) log_event(LG_WARNING, __VA_ARGS__, NULL)
#define log_info(...) log_event(LG_INFO, __VA_ARGS__, NULL)
#define log_debug(...) log_event(LG_DEBUG, __VA_ARGS__, NULL)

/* A number as a value: log_info("x", "count", LOG_NUM(n)). */
#define LOG_NUM(n) log_num((char[24]){ 0 }, (long long)(n))
const char *log_num(char buf[24], long long n);

#endif
