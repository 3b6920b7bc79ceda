/* SPDX-License-Identifier: Apache-2.0 */
/* command_parts.h: the parts of command.c, which cuts the words of a line. */
#ifndef COMMAND_PARTS_H
#define COMMAND_PARTS_H

#include "command.h"

enum { COMMAND_TEXT = 400 }; /* of an answer in words */

/* What stands behind `server`: `word`, cut where it is too long to be any of ours, and the rest of the line. */
json_t *command_server(const struct command_target *target, const char *word, const char *rest);

#endif
