/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lychctl_answer.h: reads the gateway's answers, and has the words that several views use.  A member that is missing is
 * 0 or nothing: an older gateway says less.
 */
#ifndef LYCHCTL_ANSWER_H
#define LYCHCTL_ANSWER_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lychctl_table.h"

enum { ANSWER_LIST = 512 }; /* bytes of a list's text; what is longer is cut */

static inline const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static inline long long number_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static inline bool is_set(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static inline bool says(const json_t *o, const char *key, const char *word)
{
	return strcmp(text_of(o, key), word) == 0;
}

/* The texts of a list with commas between them, written to `text`, which is returned. */
const char *joined(const json_t *list, char text[ANSWER_LIST]);

/* "42s", "3m 5s", "2h 10m", "12d 3h" */
void view_duration(char text[32], long long seconds);

/* ---- Of servers ---- */

/* The colour of a server's or a pool's state. */
enum paint state_paint(const char *state);

/* Its name; one of a host name's servers has its address beside the name that it shares with them. */
void name_server(FILE *out, const json_t *server);

/* ", by the word to front/fe01", where it is not its own word that counts. */
void word_of_server(FILE *out, const json_t *server);

/* It has as many sessions as max_sessions allows. */
bool is_full(const json_t *server);

#endif
