/* SPDX-License-Identifier: Apache-2.0 */
/* lychctl_answer.c: the words that several views use for a duration, a list, a server.  Nothing is kept. */
#include "lychctl_answer.h"

const char *joined(const json_t *list, char text[ANSWER_LIST])
{
	size_t i, n = 0;
	json_t *item;

	text[0] = 0;
	json_array_foreach(list, i, item)
	{
		const char *s = json_string_value(item);
		int r = snprintf(text + n, ANSWER_LIST - n, "%s%s", i ? ", " : "", s ? s : "");

		if (r < 0 || (size_t)r >= ANSWER_LIST - n)
			break; /* cut */
		n += (size_t)r;
	}
	return text;
}

void view_duration(char text[32], long long seconds)
{
	if (seconds < 60)
		snprintf(text, 32, "%llds", seconds);
	else if (seconds < 3600)
		snprintf(text, 32, "%lldm %llds", seconds / 60, seconds % 60);
	else if (seconds < 86400)
		snprintf(text, 32, "%lldh %lldm", seconds / 3600, seconds / 60 % 60);
	else
		snprintf(text, 32, "%lldd %lldh", seconds / 86400, seconds / 3600 % 24);
}

/* ---- Of servers ---- */

enum paint state_paint(const char *state)
{
	if (strcmp(state, "up") == 0)
		return PAINT_GOOD;
	return strcmp(state, "down") == 0 ? PAINT_BAD : PAINT_WARN;
}

void name_server(FILE *out, const json_t *server)
{
	const char *address = text_of(server, "address");

	paint_text(out, PAINT_NONE, false, text_of(server, "name"));
	if (json_is_string(json_object_get(server, "host")) && address[0]) {
		fputs(" (", out);
		paint_text(out, PAINT_NONE, false, address);
		fputc(')', out);
	}
}

void word_of_server(FILE *out, const json_t *server)
{
	const char *from = text_of(server, "word_from");

	if (!from[0])
		return;
	fputs(", by the word to ", out);
	paint_text(out, PAINT_NONE, false, from);
}

bool is_full(const json_t *server)
{
	long long most = number_of(server, "max_sessions");

	return most && number_of(server, "sessions") >= most;
}
