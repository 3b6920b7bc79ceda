/* SPDX-License-Identifier: Apache-2.0 */
/* sip_play.c writes the messages of the sip plugin's tests. */
#include "sip_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static const char * or (const char *text, const char *usual)
{
	return text ? text : usual;
}

const char *say(const struct say *s)
{
	static char texts[32][4096];
	static unsigned next;
	char *text = texts[next++ % 32], first[256];
	const char *method = or (s->method, "OPTIONS"), *body = or (s->body, "");
	int n;

	if (s->status)
		snprintf(first, sizeof(first), "SIP/2.0 %d Reason", s->status);
	else
		snprintf(first, sizeof(first), "%s sip:bob@corp.example SIP/2.0", method);
	n = snprintf(text, sizeof(texts[0]),
		     "%s\r\n"
		     "Via: SIP/2.0/TLS %s\r\n"
		     "From: %s\r\n"
		     "To: %s\r\n"
		     "Call-ID: %s\r\n"
		     "CSeq: %d %s\r\n"
		     "%s"
		     "Content-Length: %zu\r\n"
		     "\r\n"
		     "%s",
		     first, or (s->via, "192.0.2.9:5061;branch=z9hG4bK1"), or (s->from, "<sip:ann@corp.example>;tag=1"),
		     or (s->to, "<sip:bob@corp.example>"), or (s->call_id, "call"), s->cseq ? s->cseq : 1, method,
		     or (s->extra, ""), strlen(body), body);
	assert_true(n > 0 && (size_t)n < sizeof(texts[0]));
	return text;
}

struct fake *play(enum route route)
{
	static struct options options[3];

	options[route].route = (int)route;
	return fake_create(&lychgate_plugin, &options[route]);
}

bool starts(const struct fake_peer *p, const char *text)
{
	return strncmp(p->got, text, strlen(text)) == 0;
}

unsigned times(const struct fake_peer *p, const char *text)
{
	unsigned n = 0;

	for (const char *at = p->got; (at = strstr(at, text)); at += strlen(text))
		n++;
	return n;
}
