/* SPDX-License-Identifier: Apache-2.0 */
/* command_parts.h: what the files of command.h share. */
#ifndef COMMAND_PARTS_H
#define COMMAND_PARTS_H

#include "command.h"

enum { COMMAND_WORD = 16, COMMAND_TEXT = 400 };

/* ---- Did you mean ---- */

/* The nearest so far of what was offered; begins with NEAR_NOT. */
struct hint {
	int distance;
	char text[COMMAND_TEXT];
};

void hint_offer(struct hint *h, const char *written, const char *word, const char *meant);

/* command_error with what was near enough, else with `fallback`, which may be NULL. */
json_t *hint_error(const struct hint *h, const char *fallback, const char *error);

/* ---- Lines ---- */

/* Cuts the first word off and gives the rest; a word that is too long to be any of ours comes cut. */
const char *command_take_word(const char *line, char word[COMMAND_WORD]);

/* What stands behind `server`. */
json_t *command_server(const struct command_target *t, const char *rest);

#endif
