/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lychctl_view.c: the gateway's answers from top to bottom, from the JSON that status.c and command.c build.  Trouble
 * comes first (lychctl_trouble.c), then the tables (lychctl_tables.c).
 */
#include "lychctl_view.h"

#include "lychctl_answer.h"
#include "lychctl_tables.h"
#include "lychctl_trouble.h"

/* ---- The state at a glance ---- */

/* As whom it runs.  Root has so many rights that their names say nothing. */
static void view_rights(FILE *out, const json_t *status)
{
	const json_t *list = json_object_get(status, "capabilities");
	size_t n = json_array_size(list);
	char text[ANSWER_LIST];

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

static void view_told(FILE *out, const json_t *answer, bool colours)
{
	const json_t *server = json_object_get(answer, "server");
	const char *state = text_of(server, "state");
	long long sessions = number_of(server, "sessions");

	paint_text(out, PAINT_NONE, false, text_of(answer, "pool"));
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
	word_of_server(out, server);
	if (strcmp(state, "drain") == 0)
		fprintf(out, "; %lld link%s left, no new keys", sessions, sessions == 1 ? "" : "s");
	if (strcmp(state, "disabled") == 0)
		fprintf(out, "; %lld link%s to end", sessions, sessions == 1 ? "" : "s");
	fputc('\n', out);
}

static void view_list(FILE *out, const json_t *list, bool colours)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one) view_told(out, one, colours);
}

void view_server(FILE *out, const json_t *answer, bool colours)
{
	const json_t *servers = json_object_get(answer, "servers");

	if (json_is_array(answer)) {
		view_list(out, answer, colours);
		return;
	}
	if (json_array_size(servers) == 0)
		view_told(out, answer, colours);
	view_list(out, servers, colours);
	view_list(out, json_object_get(answer, "followers"), colours);
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
