/* SPDX-License-Identifier: Apache-2.0 */
/* hop_play.c plays the far ends of hop mode: it takes messages apart the simple way, by lines. */
#include "hop_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <setjmp.h>

#include <cmocka.h>

enum { TEXT = 8192 };

struct fake *hop_play(const struct options *o)
{
	static struct options all[64];
	static unsigned next;
	struct options *mine = &all[next++ % 64];

	*mine = o ? *o : (struct options){ 0 };
	if (mine->mode == MODE_AUTO)
		mine->mode = MODE_HOP;
	if (mine->first_answer_ms == 0)
		mine->first_answer_ms = HOP_FIRST_ANSWER;
	if (mine->waiting == 0)
		mine->waiting = 100;
	return fake_create(&lychgate_plugin, mine);
}

/* Where the message at `p` ends: its bodies have a Content-Length, or there is nothing behind it. */
static const char *end_of(const char *p)
{
	const char *head = strstr(p, "\r\n\r\n");

	assert_non_null(head);
	return head + 4 + strtoul(value(p, "Content-Length", 0), NULL, 10);
}

unsigned messages(const struct fake_peer *p)
{
	unsigned n = 0;

	for (const char *at = p->got; *at; at = end_of(at))
		n++;
	return n;
}

const char *message(const struct fake_peer *p, unsigned i)
{
	static char texts[8][TEXT];
	static unsigned next;
	char *text = texts[next++ % 8];
	const char *at = p->got;

	while (*at && i-- > 0)
		at = end_of(at);
	assert_true(*at != '\0');
	snprintf(text, TEXT, "%.*s", (int)(end_of(at) - at), at);
	return text;
}

const char *value(const char *text, const char *name, unsigned i)
{
	static char values[16][1024];
	static unsigned next;
	char *out = values[next++ % 16];
	size_t n = strlen(name);

	out[0] = '\0';
	for (const char *at = text; (at = strstr(at, "\r\n")) && strncmp(at, "\r\n\r\n", 4) != 0;) {
		at += 2;
		if (strncasecmp(at, name, n) != 0 || strncmp(at + n, ": ", 2) != 0 || i-- > 0)
			continue;
		snprintf(out, sizeof(values[0]), "%.*s", (int)strcspn(at + n + 2, "\r"), at + n + 2);
		break;
	}
	return out;
}

const char *param(const char *text, const char *name)
{
	static char values[16][512];
	static unsigned next;
	char *out = values[next++ % 16], key[64];
	const char *at;

	snprintf(key, sizeof(key), ";%s=", name);
	at = strstr(text, key);
	out[0] = '\0';
	if (at)
		snprintf(out, sizeof(values[0]), "%.*s", (int)strcspn(at + strlen(key), ";,> \r\n"), at + strlen(key));
	return out;
}

const char *answer_to(const struct fake_peer *p, unsigned i, int status, const char *extra)
{
	static char texts[16][TEXT];
	static unsigned next;
	char *out = texts[next++ % 16];
	const char *m = message(p, i), *to = value(m, "To", 0);
	size_t n = (size_t)snprintf(out, TEXT, "SIP/2.0 %d Reason\r\n", status);

	for (unsigned k = 0; *value(m, "Via", k); k++)
		n += (size_t)snprintf(out + n, TEXT - n, "Via: %s\r\n", value(m, "Via", k));
	snprintf(out + n, TEXT - n, "From: %s\r\nTo: %s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n%sContent-Length: 0\r\n\r\n",
		 value(m, "From", 0), to, strstr(to, ";tag=") ? "" : ";tag=srv", value(m, "Call-ID", 0),
		 value(m, "CSeq", 0), extra ? extra : "");
	return out;
}

const char *answer(const struct fake_peer *p, int status, const char *extra)
{
	assert_true(messages(p) > 0);
	return answer_to(p, messages(p) - 1, status, extra);
}

struct fake_peer *datagram(struct fake *f, struct fake_peer *flow, const char *text)
{
	return fake_datagram(f, flow, text, strlen(text));
}

struct fake *hop_asked(const char *method, struct fake_peer **client)
{
	struct fake *f = hop_play(NULL);

	*client = fake_client(f, false);
	fake_text(*client, SAY(.method = method));
	assert_int_equal(messages(fake_shared(f, 0)), 1);
	assert_int_equal(f->open, 1);
	return f;
}

const char *branch(const struct fake_peer *p, unsigned i)
{
	return param(value(message(p, i), "Via", 0), "branch");
}
