/* SPDX-License-Identifier: Apache-2.0 */
/* lychctl_trouble.c: looks for trouble among listeners, servers and certificates.  Their tables are in
 * lychctl_tables.c.
 */
#include "lychctl_trouble.h"

#include "lychctl_answer.h"

enum { TROUBLE_WORD = 10 };

/* The first word of a line about trouble, in a column of its own. */
static void trouble_word(FILE *out, enum paint paint, bool colours, const char *word)
{
	size_t n = strlen(word);

	paint_text(out, paint, colours, word);
	fprintf(out, "%*s", n < TROUBLE_WORD ? (int)(TROUBLE_WORD - n) : 1, "");
}

static void note_full(FILE *out, const json_t *pool, const json_t *server, bool colours)
{
	trouble_word(out, PAINT_WARN, colours, "FULL");
	fputs("server ", out);
	paint_text(out, PAINT_NONE, false, text_of(pool, "name"));
	fputc('/', out);
	name_server(out, server);
	fprintf(out, " has %lld sessions, max_sessions is %lld: new ones go elsewhere\n", number_of(server, "sessions"),
		number_of(server, "max_sessions"));
}

static void note_server(FILE *out, const json_t *pool, const json_t *server, bool colours)
{
	const char *state = text_of(server, "state"), *probe = text_of(server, "probe");
	const char *word = strcmp(state, "down") == 0 ? "DOWN" : state;
	bool up = strcmp(state, "up") == 0;
	long long rests = number_of(server, "rests_seconds");
	char duration[32];

	if (up && !rests) {
		if (is_full(server))
			note_full(out, pool, server, colours);
		return;
	}
	view_duration(duration, up ? rests : number_of(server, "seconds"));
	trouble_word(out, up ? PAINT_WARN : state_paint(state), colours, up ? "rests" : word);
	fputs("server ", out);
	paint_text(out, PAINT_NONE, false, text_of(pool, "name"));
	fputc('/', out);
	name_server(out, server);
	if (up) {
		fprintf(out, " for %s more, as it asked to: no new keys\n", duration);
		return;
	}
	fprintf(out, " for %s, since ", duration);
	paint_text(out, PAINT_NONE, false, text_of(server, "since"));
	word_of_server(out, server);
	if (strcmp(state, "down") == 0 && probe[0]) {
		fputs(": ", out);
		paint_text(out, PAINT_NONE, false, probe);
	}
	fputc('\n', out);
}

static void note_listener(FILE *out, const json_t *listener, bool colours)
{
	size_t i;
	json_t *policy;

	if (!is_set(listener, "open")) {
		trouble_word(out, PAINT_BAD, colours, "CLOSED");
		fputs("listener ", out);
		paint_text(out, PAINT_NONE, false, text_of(listener, "name"));
		fputs(" refuses connections\n", out);
	}
	json_array_foreach(json_object_get(listener, "policies"), i, policy)
	{
		if (!is_set(policy, "tripped"))
			continue;
		trouble_word(out, PAINT_BAD, colours, "TRIPPED");
		fputs("policy ", out);
		paint_text(out, PAINT_NONE, false, text_of(policy, "name"));
		fputs(" of listener ", out);
		paint_text(out, PAINT_NONE, false, text_of(listener, "name"));
		fputs(" failed too often and is no longer asked, last by ", out);
		paint_text(out, PAINT_NONE, false, text_of(policy, "last_error"));
		fputc('\n', out);
	}
}

/* When: "in 12 days", "in less than a day", "for 3 days". */
static void note_end(FILE *out, const json_t *c, const char *what, long long days, bool colours)
{
	enum { SOON_DAYS = 30 };
	long long n = days < 0 ? -days : days;

	if (days >= SOON_DAYS)
		return;
	trouble_word(out, days < 0 ? PAINT_BAD : PAINT_WARN, colours, days < 0 ? "EXPIRED" : "EXPIRES");
	fprintf(out, "%s of tls ", what);
	paint_text(out, PAINT_NONE, false, text_of(c, "tls"));
	if (n == 0)
		fputs(" in less than a day: ", out);
	else
		fprintf(out, " %s %lld day%s: ", days < 0 ? "for" : "in", n, n == 1 ? "" : "s");
	paint_text(out, PAINT_NONE, false, text_of(c, "file"));
	fputc('\n', out);
}

static void note_certificate(FILE *out, const json_t *c, bool colours)
{
	const json_t *crl = json_object_get(c, "crl");

	note_end(out, c, "certificate", number_of(c, "days"), colours);
	if (number_of(c, "chain_days") < number_of(c, "days"))
		note_end(out, c, "the chain", number_of(c, "chain_days"), colours);
	if (!is_set(crl, "outdated"))
		return;
	trouble_word(out, PAINT_WARN, colours, "OUTDATED");
	fputs("crl of tls ", out);
	paint_text(out, PAINT_NONE, false, text_of(c, "tls"));
	fputs(": ", out);
	paint_text(out, PAINT_NONE, false, text_of(crl, "file"));
	fputc('\n', out);
}

void view_trouble(FILE *out, const json_t *status, bool colours)
{
	size_t i, k;
	json_t *listener, *pool, *server, *certificate;

	json_array_foreach(json_object_get(status, "listeners"), i, listener) note_listener(out, listener, colours);
	json_array_foreach(json_object_get(status, "pools"), i, pool)
	{
		json_array_foreach(json_object_get(pool, "servers"), k, server) note_server(out, pool, server, colours);
	}
	json_array_foreach(json_object_get(status, "certificates"), i, certificate)
		note_certificate(out, certificate, colours);
}
