/* SPDX-License-Identifier: Apache-2.0 */
/* lychctl_talk.h: one request to the gateway and its answer. */
#ifndef LYCHCTL_TALK_H
#define LYCHCTL_TALK_H

#include <stddef.h>

#include <jansson.h>

/* Sends `line` (without a newline) to the socket at `path` and waits for the answer, the caller's reference, always an
 * object or a list that begins with one.  0, or -errno and `err` says what is the matter and the way out. */
int talk(json_t **answer, const char *path, const char *line, char err[], size_t errlen);

#endif
