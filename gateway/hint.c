/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hint.c keeps the nearest of the words that there are, and writes it into the answer to one that there is not.  How
 * near they come: near.c.  What there is to offer, its callers know (command.c, command_server.c).
 */
#include "hint.h"

#include <stdio.h>

#include "near.h"
#include "status.h"

void hint_offer(struct hint *h, const char *written, const char *word, const char *meant)
{
	int distance = near_distance(written, word);

	if (distance >= h->distance)
		return;
	h->distance = distance;
	snprintf(h->text, sizeof h->text, "did you mean `%s`?", meant);
}

json_t *hint_error(const struct hint *h, const char *fallback, const char *error)
{
	const char *hint = h && h->distance < NEAR_NOT ? h->text : fallback;
	json_t *o = json_object();

	if (json_object_set_new(o, "error", status_text(error)) < 0 ||
	    (hint && json_object_set_new(o, "hint", status_text(hint)) < 0)) {
		json_decref(o);
		return NULL;
	}
	return o;
}
