/* SPDX-License-Identifier: Apache-2.0 */
/* lychctl_tables.c: which columns each table has, and what its cells say.  How they are aligned is lychctl_table.c's.
 */
#include "lychctl_tables.h"

#include "lychctl_answer.h"

int view_listeners(FILE *out, const json_t *listeners, bool colours)
{
	static const struct table_column columns[] = {
		{ "LISTENER", false },  { "PLUGIN", false },   { "STATE", false },   { "ADDRESSES", false },
		{ "SESSIONS", true },   { "ACCEPTED", true },  { "REFUSED", true },  { "TLS REFUSED", true },
		{ "HANDSHAKES", true }, { "EXCHANGES", true }, { "BUFFERED", true }, { NULL, false },
	};
	struct table t;
	char text[ANSWER_LIST];
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
	char text[ANSWER_LIST];

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
	const char *from = text_of(s, "word_from");
	long long rests = number_of(s, "rests_seconds");
	char duration[32], more[48] = "";

	if (by_word)
		snprintf(more, sizeof more, " (%.20s)%s", text_of(s, "health"), from[0] ? " by " : "");
	else if (rests)
		snprintf(more, sizeof more, " (rests %llds)", rests);

	view_duration(duration, number_of(s, "seconds"));
	table_add(t, PAINT_NONE, "%s", text_of(s, "name"));
	table_add(t, PAINT_NONE, "%s", text_of(s, "address"));
	table_add(t, rests ? PAINT_WARN : state_paint(state), "%s%s%s", strcmp(state, "down") == 0 ? "DOWN" : state,
		  more, from);
	table_add(t, PAINT_NONE, "%s", duration);
	add_sessions(t, s);
	table_add(t, PAINT_NONE, "%lld", number_of(s, "requests"));
	table_add(t, PAINT_NONE, "%lld", number_of(s, "failures"));
	add_weight(t, s);
	table_add(t, PAINT_NONE, "%s", text_of(s, "probe"));
}

int view_pool(FILE *out, const json_t *pool, bool colours)
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

int view_policies(FILE *out, const json_t *listeners, bool colours)
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

int view_certificates(FILE *out, const json_t *certificates, bool colours)
{
	static const struct table_column columns[] = {
		{ "CERTIFICATE", false }, { "KIND", false }, { "SUBJECT", false },  { "EXPIRES", false },
		{ "DAYS", true },         { "CHAIN", true }, { "NEXT CRL", false }, { NULL, false },
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

int view_counters(FILE *out, const json_t *listeners, const char *key, const char *heading, bool colours)
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
