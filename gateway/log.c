/* SPDX-License-Identifier: Apache-2.0 */
/* log.c: one event, one line, one write. */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "line.h"
#include "span.h"

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

void log_event(enum lg_level level, const char *event, ...)
{
	char text[LOG_LINE];
	struct line l = { text, 0, sizeof text };
	struct timespec now;
	va_list ap;

	if (level > threshold)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	line_time(&l, &now);
	line_text(&l, " ");
	line_text(&l, level_words[level]);
	line_text(&l, " ");
	line_text(&l, event);
	va_start(ap, event);
	for (const char *key = va_arg(ap, const char *); key; key = va_arg(ap, const char *)) {
		const char *value = va_arg(ap, const char *);

		if (!value)
			continue;
		line_text(&l, " ");
		line_text(&l, key);
		line_text(&l, "=");
		line_value(&l, span_of(value));
	}
	va_end(ap);
	line_end(&l);
	if (write(STDERR_FILENO, text, l.n) < 0)
		return; /* nobody to tell */
}
