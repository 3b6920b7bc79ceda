/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lychctl_view.c: the state of the gateway at a glance, from the JSON that status.c builds.  Trouble comes first: who
 * reads this was woken by it.
 */
#include "lychctl_view.h"

#include <errno.h>
#include <string.h>

#include "lychctl_table.h"

enum { TROUBLE_WORD = 10 };

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static long long number_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static bool is_set(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static bool says(const json_t *o, const char *key, const char *word)
{
	return strcmp(text_of(o, key), word) == 0;
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

/* Of servers and pools. */
static enum paint state_paint(const char *state)
{
	if (strcmp(state, "up") == 0)
		return PAINT_GOOD;
	return strcmp(state, "down") == 0 ? PAINT_BAD : PAINT_WARN;
}

/* ---- What is wrong ---- */

/* The first word of a line about trouble, in a column of its own. */
static void trouble_word(FILE *out, enum paint paint, bool colours, const char *word)
{
	size_t n = strlen(word);

	paint_text(out, paint, colours, word);
	fprintf(out, "%*s", n < TROUBLE_WORD ? (int)(TROUBLE_WORD - n) : 1, "");
}

/* One of a host name's servers has its address beside the name that it shares with them. */
static void name_server(FILE *out, const json_t *server)
{
	const char *address = text_of(server, "address");

	paint_text(out, PAINT_NONE, false, text_of(server, "name"));
	if (json_is_string(json_object_get(server, "host")) && address[0]) {
		fputs(" (", out);
		paint_text(out, PAINT_NONE, false, address);
		fputc(')', out);
	}
}

static bool is_full(const json_t *server)
{
	long long most = number_of(server, "max_sessions");

	return most && number_of(server, "sessions") >= most;
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

/* When: "in 12 days", "for 3 days". */
static void note_end(FILE *out, const json_t *c, const char *what, long long days, bool colours)
{
	enum { SOON_DAYS = 30 };
	long long n = days < 0 ? -days : days;

	if (days >= SOON_DAYS)
		return;
	trouble_word(out, days < 0 ? PAINT_BAD : PAINT_WARN, colours, days < 0 ? "EXPIRED" : "EXPIRES");
	fprintf(out, "%s of tls ", what);
	paint_text(out, PAINT_NONE, false, text_of(c, "tls"));
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

static void view_trouble(FILE *out, const json_t *status, bool colours)
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

/* ---- Tables ---- */

static const char *joined(const json_t *list, char text[512])
{
	size_t i, n = 0;
	json_t *item;

	text[0] = 0;
	json_array_foreach(list, i, item)
	{
		const char *s = json_string_value(item);
		int r = snprintf(text + n, 512 - n, "%s%s", i ? ", " : "", s ? s : "");

		if (r < 0 || (size_t)r >= 512 - n)
			break; /* cut */
		n += (size_t)r;
	}
	return text;
}

static int view_listeners(FILE *out, const json_t *listeners, bool colours)
{
	static const struct table_column columns[] = {
		{ "LISTENER", false },  { "PLUGIN", false },   { "STATE", false },   { "ADDRESSES", false },
		{ "SESSIONS", true },   { "ACCEPTED", true },  { "REFUSED", true },  { "TLS REFUSED", true },
		{ "HANDSHAKES", true }, { "EXCHANGES", true }, { "BUFFERED", true }, { NULL, false },
	};
	struct table t;
	char text[512];
	size_t i;
	json_t *l;

	table_init(&t, columns);
	json_array_foreach(listeners, i, l)
	{
		bool open = is_set(l, "open");

		table_add(&t, PAINT_NONE, "%s", text_of(l, "name"));
		table_add(&t, PAINT_NONE, "%s", text_of(l, "plugin"));
		table_add(&t, open ? PAINT_GOOD : PAINT_BAD, "%s", open ? "open" : "CLOSED");
		table_add(&t, PAINT_NONE, "%s", joined(json_object_get(l, "addresses"), text));
		table_add(&t, PAINT_NONE, "%lld", number_of(l, "sessions"));
		table_add(&t, PAINT_NONE, "%lld", number_of(l, "accepted"));
		table_add(&t, PAINT_NONE, "%lld", number_of(l, "refused_limit"));
		table_add(&t, PAINT_NONE, "%lld", number_of(l, "refused_tls"));
		table_add(&t, PAINT_NONE, "%lld", number_of(l, "handshakes"));
		table_add(&t, PAINT_NONE, "%lld", number_of(l, "exchanges"));
		table_add(&t, PAINT_NONE, "%lld", number_of(l, "held_bytes"));
	}
	return table_print(&t, out, "", colours);
}

static void pool_line(FILE *out, const json_t *pool, bool colours)
{
	const json_t *persistence = json_object_get(pool, "persistence");
	const char *state = text_of(pool, "state");
	char text[512];

	fputs("\nPOOL ", out);
	paint_text(out, PAINT_NONE, false, text_of(pool, "name"));
	fputs(": ", out);
	paint_text(out, state_paint(state), colours, strcmp(state, "down") == 0 ? "DOWN" : state);
	fputs(", ", out);
	paint_text(out, PAINT_NONE, false, text_of(pool, "balance"));
	if (json_is_object(persistence)) {
		fputs(", persistence by ", out);
		paint_text(out, PAINT_NONE, false, joined(json_object_get(persistence, "by"), text));
		fprintf(out, ": %lld entries", number_of(persistence, "entries"));
	}
	if (number_of(pool, "overloads"))
		fprintf(out, ", %lld refused: all were full", number_of(pool, "overloads"));
	fputc('\n', out);
}

static void add_sessions(struct table *t, const json_t *s)
{
	long long n = number_of(s, "sessions"), most = number_of(s, "max_sessions");

	if (most)
		table_add(t, is_full(s) ? PAINT_WARN : PAINT_NONE, "%lld/%lld", n, most);
	else
		table_add(t, PAINT_NONE, "%lld", n);
}

/* "3", "3 (45%) backup" while it starts slowly. */
static void add_weight(struct table *t, const json_t *s)
{
	const char *backup = is_set(s, "backup") ? " backup" : "";

	if (json_is_integer(json_object_get(s, "slow_start")))
		table_add(t, PAINT_NONE, "%lld (%lld%%)%s", number_of(s, "weight"), number_of(s, "slow_start"), backup);
	else
		table_add(t, PAINT_NONE, "%lld%s", number_of(s, "weight"), backup);
}

static void add_server(struct table *t, const json_t *s)
{
	const char *state = text_of(s, "state");
	bool by_word = strcmp(state, "drain") == 0 || strcmp(state, "disabled") == 0 || strcmp(state, "leaving") == 0;
	long long rests = number_of(s, "rests_seconds");
	char duration[32], more[48] = "";

	if (by_word)
		snprintf(more, sizeof more, " (%.20s)", text_of(s, "health"));
	else if (rests)
		snprintf(more, sizeof more, " (rests %llds)", rests);

	view_duration(duration, number_of(s, "seconds"));
	table_add(t, PAINT_NONE, "%s", text_of(s, "name"));
	table_add(t, PAINT_NONE, "%s", text_of(s, "address"));
	table_add(t, rests ? PAINT_WARN : state_paint(state), "%s%s", strcmp(state, "down") == 0 ? "DOWN" : state,
		  more);
	table_add(t, PAINT_NONE, "%s", duration);
	add_sessions(t, s);
	table_add(t, PAINT_NONE, "%lld", number_of(s, "requests"));
	table_add(t, PAINT_NONE, "%lld", number_of(s, "failures"));
	add_weight(t, s);
	table_add(t, PAINT_NONE, "%s", text_of(s, "probe"));
}

static int view_pool(FILE *out, const json_t *pool, bool colours)
{
	static const struct table_column columns[] = {
		{ "SERVER", false },  { "ADDRESS", false }, { "STATE", false },   { "FOR", true },
		{ "SESSIONS", true }, { "REQUESTS", true }, { "FAILURES", true }, { "WEIGHT", false },
		{ "PROBE", false },   { NULL, false },
	};
	struct table t;
	size_t i;
	json_t *s;

	pool_line(out, pool, colours);
	table_init(&t, columns);
	json_array_foreach(json_object_get(pool, "servers"), i, s) add_server(&t, s);
	return table_print(&t, out, "  ", colours);
}

static void add_policy(struct table *t, const json_t *listener, const json_t *p)
{
	bool tripped = is_set(p, "tripped");
	long long errors = number_of(p, "errors");

	table_add(t, PAINT_NONE, "%s", text_of(p, "name"));
	table_add(t, PAINT_NONE, "%s", text_of(listener, "name"));
	table_add(t, tripped ? PAINT_BAD : PAINT_GOOD, "%s", tripped ? "TRIPPED" : "asked");
	table_add(t, PAINT_NONE, "%lld", number_of(p, "calls"));
	table_add(t, PAINT_NONE, "%lld", number_of(p, "verdicts"));
	table_add(t, errors ? PAINT_WARN : PAINT_NONE, "%lld", errors);
	table_add(t, PAINT_NONE, "%s", text_of(p, "last_error"));
}

static int view_policies(FILE *out, const json_t *listeners, bool colours)
{
	static const struct table_column columns[] = {
		{ "POLICY", false },  { "LISTENER", false }, { "STATE", false },      { "CALLS", true },
		{ "VERDICTS", true }, { "ERRORS", true },    { "LAST ERROR", false }, { NULL, false },
	};
	struct table t;
	size_t i, k;
	json_t *l, *p;

	table_init(&t, columns);
	json_array_foreach(listeners, i, l)
	{
		json_array_foreach(json_object_get(l, "policies"), k, p) add_policy(&t, l, p);
	}
	if (t.ncells)
		fputc('\n', out);
	else if (!t.failed)
		return 0;
	return table_print(&t, out, "", colours);
}

static int view_certificates(FILE *out, const json_t *certificates, bool colours)
{
	static const struct table_column columns[] = {
		{ "CERTIFICATE", false }, { "KIND", false },  { "SUBJECT", false },  { "EXPIRES", false },
		{ "DAYS", true },         { "CHAIN", true },  { "NEXT CRL", false }, { NULL, false },
	};
	struct table t;
	size_t i;
	json_t *c;

	table_init(&t, columns);
	json_array_foreach(certificates, i, c)
	{
		long long days = number_of(c, "days");
		const json_t *crl = json_object_get(c, "crl");
		const char *next = text_of(crl, "next");

		table_add(&t, PAINT_NONE, "%s", text_of(c, "tls"));
		table_add(&t, PAINT_NONE, "%s", text_of(c, "kind"));
		table_add(&t, PAINT_NONE, "%s", text_of(c, "subject"));
		table_add(&t, PAINT_NONE, "%s", text_of(c, "expires"));
		table_add(&t, days < 0 ? PAINT_BAD : PAINT_NONE, "%lld", days);
		table_add(&t, PAINT_NONE, "%lld", number_of(c, "chain_days"));
		table_add(&t, is_set(crl, "outdated") ? PAINT_WARN : PAINT_NONE, "%s", next[0] ? next : "-");
	}
	if (t.ncells)
		fputc('\n', out);
	else if (!t.failed)
		return 0;
	return table_print(&t, out, "", colours);
}

/* What has counted of that which each listener has under `key`: the plugins' counters, limits that were passed. */
static int view_counters(FILE *out, const json_t *listeners, const char *key, const char *heading, bool colours)
{
	const struct table_column columns[] = {
		{ heading, false }, { "LISTENER", false }, { "VALUE", true }, { NULL, false }
	};
	struct table t;
	const char *name;
	size_t i;
	json_t *l, *value;

	table_init(&t, columns);
	json_array_foreach(listeners, i, l)
	{
		json_object_foreach(json_object_get(l, key), name, value)
		{
			if (json_integer_value(value) == 0)
				continue;
			table_add(&t, PAINT_NONE, "%s", name);
			table_add(&t, PAINT_NONE, "%s", text_of(l, "name"));
			table_add(&t, PAINT_NONE, "%lld", (long long)json_integer_value(value));
		}
	}
	if (t.ncells)
		fputc('\n', out);
	else if (!t.failed)
		return 0;
	return table_print(&t, out, "", colours);
}

/* As whom it runs.  Root has so many rights that their names say nothing. */
static void view_rights(FILE *out, const json_t *status)
{
	const json_t *list = json_object_get(status, "capabilities");
	size_t n = json_array_size(list);
	char text[512];

	fputs("user ", out);
	paint_text(out, PAINT_NONE, false, text_of(status, "user"));
	if (n > 8)
		fprintf(out, ", %zu capabilities", n);
	else if (n)
		fprintf(out, ", %s", joined(list, text));
	fputs("\n", out);
}

int view_status(FILE *out, const json_t *status, bool colours)
{
	const json_t *listeners = json_object_get(status, "listeners");
	long long workers = number_of(status, "workers");
	char duration[32];
	size_t i;
	json_t *pool;
	int r;

	view_duration(duration, number_of(status, "uptime"));
	fputs("lychgate ", out);
	paint_text(out, PAINT_NONE, false, text_of(status, "version"));
	fprintf(out, ", process %lld, up %s, %lld worker%s, ", number_of(status, "pid"), duration, workers,
		workers == 1 ? "" : "s");
	paint_text(out, PAINT_NONE, false, text_of(status, "configuration"));
	fputs("\n", out);
	view_rights(out, status);
	view_trouble(out, status, colours);
	fputc('\n', out);
	r = view_listeners(out, listeners, colours);
	json_array_foreach(json_object_get(status, "pools"), i, pool)
	{
		if (r == 0)
			r = view_pool(out, pool, colours);
	}
	if (r == 0)
		r = view_policies(out, listeners, colours);
	if (r == 0)
		r = view_certificates(out, json_object_get(status, "certificates"), colours);
	if (r == 0)
		r = view_counters(out, listeners, "limits_passed", "LIMIT PASSED", colours);
	return r < 0 ? r : view_counters(out, listeners, "counters", "COUNTER", colours);
}

/* ---- A word to a server ---- */

static void view_told(FILE *out, const json_t *answer, const json_t *pool, bool colours)
{
	const json_t *server = json_object_get(answer, "server");
	const char *state = text_of(server, "state");
	long long sessions = number_of(server, "sessions");

	paint_text(out, PAINT_NONE, false, text_of(pool, "pool"));
	fputc('/', out);
	name_server(out, server);
	fputs(": ", out);
	paint_text(out, state_paint(state), colours, state);
	if (says(answer, "was", state)) {
		fputs(", as before", out);
	} else {
		fputs(", was ", out);
		paint_text(out, PAINT_NONE, false, text_of(answer, "was"));
	}
	if (strcmp(state, "drain") == 0)
		fprintf(out, "; %lld link%s left, no new keys", sessions, sessions == 1 ? "" : "s");
	if (strcmp(state, "disabled") == 0)
		fprintf(out, "; %lld link%s to end", sessions, sessions == 1 ? "" : "s");
	fputc('\n', out);
}

void view_server(FILE *out, const json_t *answer, bool colours)
{
	const json_t *all = json_object_get(answer, "servers"), *one;
	size_t i;

	json_array_foreach(all, i, one) view_told(out, one, answer, colours);
	if (json_array_size(all) == 0)
		view_told(out, answer, answer, colours);
}

/* ---- A word to a policy ---- */

void view_policy(FILE *out, const json_t *answer, bool colours)
{
	paint_text(out, PAINT_NONE, false, text_of(answer, "listener"));
	fputc('/', out);
	paint_text(out, PAINT_NONE, false, text_of(json_object_get(answer, "policy"), "name"));
	fputs(": ", out);
	paint_text(out, PAINT_GOOD, colours, "asked");
	fputs(says(answer, "was", "asked") ? ", as before\n" : " again, was tripped\n", out);
}
