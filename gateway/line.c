/* SPDX-License-Identifier: Apache-2.0 */
/* line.c: what log.c and access_log.c write, so that both escape the same way. */
#include "line.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void line_put(struct line *l, const char *p, size_t n)
{
	size_t room = l->room - 1 - l->n; /* the last byte is for the newline */

	if (n > room)
		n = room;
	if (n)
		memcpy(l->text + l->n, p, n);
	l->n += n;
}

void line_text(struct line *l, const char *text)
{
	line_put(l, text, strlen(text));
}

static bool is_plain(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
}

static void put_escaped(struct line *l, unsigned char c)
{
	char hex[5];

	if (c == '"' || c == '\\')
		line_put(l, "\\", 1);
	if (c >= ' ' && c < 0x7f) {
		line_put(l, (char *)&c, 1);
	} else {
		snprintf(hex, sizeof hex, "\\x%02x", c);
		line_put(l, hex, 4);
	}
}

void line_quoted(struct line *l, struct lg_span value)
{
	line_put(l, "\"", 1);
	for (size_t i = 0; i < value.n; i++)
		put_escaped(l, (unsigned char)value.p[i]);
	line_put(l, "\"", 1);
}

void line_value(struct line *l, struct lg_span value)
{
	size_t plain = 0;

	while (plain < value.n && is_plain((unsigned char)value.p[plain]))
		plain++;
	if (plain == value.n && plain > 0)
		line_put(l, value.p, value.n);
	else
		line_quoted(l, value);
}

void line_time(struct line *l, const struct timespec *at)
{
	struct tm tm;
	char text[32];

	gmtime_r(&at->tv_sec, &tm);
	line_put(l, text, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm));
	line_put(l, text, (size_t)snprintf(text, sizeof text, ".%03ldZ", at->tv_nsec / 1000000));
}

void line_end(struct line *l)
{
	l->text[l->n++] = '\n';
}
