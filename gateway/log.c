/* SPDX-License-Identifier: Apache-2.0 */
/* log.c: one event, one line, one write. */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOG_LINE = 2048 };

static const char *const level_words[] = {
	[LG_ERROR] = "error", [LG_WARNING] = "warning", [LG_INFO] = "info", [LG_DEBUG] = "debug"
};
static enum lg_level threshold = LG_INFO;

void log_set_level(enum lg_level level)
{
	threshold = level;
}

int log_level_of(const char *word, enum lg_level *level)
{
	for (unsigned i = 0; i <= LG_DEBUG; i++) {
		if (strcmp(word, level_words[i]) == 0) {
			*level = i;
			return 0;
		}
	}
	return -EINVAL;
}

bool log_wants(enum lg_level level)
{
	return level <= threshold;
}

const char *log_num(char buf[24], long long n)
{
	snprintf(buf, 24, "%lld", n);
	return buf;
}

struct line {
	char text[LOG_LINE];
	size_t n;
};

static void put(struct line *l, const char *p, size_t n)
{
	size_t room = sizeof l->text - 1 - l->n; /* the last byte is for the newline */

	if (n > room)
		n = room;
	memcpy(l->text + l->n, p, n);
	l->n += n;
}

static bool is_plain(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
}

static void put_value(struct line *l, const char *v)
{
	bool plain = *v != 0;

	for (const char *p = v; *p && plain; p++)
		plain = is_plain((unsigned char)*p);
	if (plain) {
		put(l, v, strlen(v));
		return;
	}
	put(l, "\"", 1);
	for (; *v; v++) {
		unsigned char c = (unsigned char)*v;
		char hex[5];

		if (c == '"' || c == '\\')
			put(l, "\\", 1);
		if (c >= ' ' && c != 0x7f) {
			put(l, v, 1);
		} else {
			snprintf(hex, sizeof hex, "\\x%02x", c);
			put(l, hex, 4);
		}
	}
	put(l, "\"", 1);
}

static void put_time(struct line *l)
{
	struct timespec now;
	struct tm tm;
	char text[32];
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	put(l, text, n);
	n = (size_t)snprintf(text, sizeof text, ".%03ldZ ", now.tv_nsec / 1000000);
	put(l, text, n);
}

void log_event(enum lg_level level, const char *event, ...)
{
	struct line l = { .n = 0 };
	va_list ap;

	if (level > threshold)
		return;
	put_time(&l);
	put(&l, level_words[level], strlen(level_words[level]));
	put(&l, " ", 1);
	put(&l, event, strlen(event));
	va_start(ap, event);
	for (const char *key = va_arg(ap, const char *); key; key = va_arg(ap, const char *)) {
		const char *value = va_arg(ap, const char *);

		if (!value)
			continue;
		put(&l, " ", 1);
		put(&l, key, strlen(key));
		put(&l, "=", 1);
		put_value(&l, value);
	}
	va_end(ap);
	l.text[l.n++] = '\n';
	if (write(STDERR_FILENO, l.text, l.n) < 0)
		return; /* nobody to tell */
}
