/* SPDX-License-Identifier: Apache-2.0 */
/* https_play.c starts the https plugin for its tests. */
#include "https_play.h"

#include <string.h>

struct options play_options(void)
{
	return (struct options){ .cookie = { .path = "/", .http_only = true },
				 .websocket = true,
				 .fields = 200,
				 .body = 1 << 20,
				 .burst = 1,
				 .head_ms = 10000,
				 .answer_ms = 960000,
				 .upgrade_idle_ms = 1800000 };
}

struct fake *play(const struct options *o)
{
	static struct options usual;

	usual = play_options();
	return fake_create(&lychgate_plugin, o ? o : &usual);
}

bool starts(const struct fake_peer *p, const char *text)
{
	return strncmp(p->got, text, strlen(text)) == 0;
}

bool ends(const struct fake_peer *p, const char *text)
{
	size_t n = strlen(text);

	return p->got_n >= n && memcmp(p->got + p->got_n - n, text, n) == 0;
}

unsigned times(const struct fake_peer *p, const char *text)
{
	unsigned n = 0;

	for (const char *at = p->got; (at = strstr(at, text)); at += strlen(text))
		n++;
	return n;
}
