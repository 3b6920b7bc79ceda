/* SPDX-License-Identifier: Apache-2.0 */
/* hint.h: the answer to an operator whose command cannot be done: what is wrong, and what was perhaps meant. */
#ifndef HINT_H
#define HINT_H

#include <jansson.h>

enum { HINT_TEXT = 400 };

/* The nearest so far of what was offered; begins with NEAR_NOT. */
struct hint {
	int distance;
	char text[HINT_TEXT]; /* "did you mean `...`?" */
};

/* There is `word`; when it is nearer to what was written than those before, `meant` is what to write instead. */
void hint_offer(struct hint *h, const char *written, const char *word, const char *meant);

/* {"error", "hint"}, the caller's reference: with what was near enough, else with `fallback`, which may be NULL: no
 * hint.  Without `h` nothing was near.  NULL: out of memory. */
json_t *hint_error(const struct hint *h, const char *fallback, const char *error);

#endif
