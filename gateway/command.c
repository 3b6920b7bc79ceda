/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.c: understands one line of the operator and does it, on the control thread.  It knows no socket (control.c)
 * and builds no state (status.c).
 */
#include "command_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "hint.h"
#include "log.h"
#include "near.h"
#include "policy.h"
#include "status.h"

/* ---- Policies ---- */

/* LISTENER/NAME, as with servers; the first that is tripped, if a listener has several of the name. */
static const struct policy_use *find_policy(const struct snapshot *s, const char *written,
					    const struct listener_conf **listener)
{
	const struct policy_use *found = NULL;

	for (unsigned i = 0; i < s->nlisteners && !found; i++) {
		const struct listener_conf *l = &s->listeners[i];
		size_t n = strlen(l->name);

		if (strncmp(written, l->name, n) != 0 || written[n] != '/')
			continue;
		*listener = l;
		for (unsigned k = 0; k < l->npolicies; k++) {
			const struct policy_use *u = &l->policies[k];

			if (strcmp(u->name, written + n + 1) == 0 &&
			    (!found || (!atomic_load(&found->stats->tripped) && atomic_load(&u->stats->tripped))))
				found = u;
		}
	}
	return found;
}

/* All that there are, LISTENER/NAME, as far as there is room. */
static void list_policies(const struct snapshot *s, char text[COMMAND_TEXT])
{
	static const char more[] = ", and more: `lychctl status` shows all";
	size_t n = 0;

	snprintf(text, COMMAND_TEXT, "no listener has a policy");
	for (unsigned i = 0; i < s->nlisteners; i++) {
		for (unsigned k = 0; k < s->listeners[i].npolicies; k++) {
			size_t room = COMMAND_TEXT - n;
			int r = snprintf(text + n, room, "%s`%s/%s`", n ? ", " : "the policies are ",
					 s->listeners[i].name, s->listeners[i].policies[k].name);

			if (r < 0 || (size_t)r + sizeof more > room) {
				snprintf(text + n, room, "%s", n ? more : "`lychctl status` shows all policies");
				return;
			}
			n += (size_t)r;
		}
	}
}

static json_t *no_policy(const struct snapshot *s, const char *written)
{
	struct hint hint = { .distance = NEAR_NOT };
	char error[COMMAND_TEXT], names[COMMAND_TEXT];

	list_policies(s, names);
	for (unsigned i = 0; i < s->nlisteners; i++) {
		for (unsigned k = 0; k < s->listeners[i].npolicies; k++) {
			char full[COMMAND_TEXT / 2];

			snprintf(full, sizeof full, "%s/%s", s->listeners[i].name, s->listeners[i].policies[k].name);
			hint_offer(&hint, written, full, full);
			hint_offer(&hint, written, s->listeners[i].policies[k].name, full);
		}
	}
	snprintf(error, sizeof error, "there is no policy \"%.200s\"; write LISTENER/POLICY", written);
	return hint_error(&hint, names, error);
}

static json_t *reset_policy(const struct command_target *t, const char *written)
{
	const struct listener_conf *l = NULL;
	const struct policy_use *u = find_policy(t->snapshot, written, &l);
	bool tripped;
	json_t *o;

	if (!u)
		return no_policy(t->snapshot, written);
	tripped = atomic_load(&u->stats->tripped);
	policy_reset(u->stats);
	if (tripped)
		log_info("policy-reset", "listener", l->name, "policy", u->name);
	o = json_object();
	if (json_object_set_new(o, "listener", status_text(l->name)) < 0 ||
	    json_object_set_new(o, "was", status_text(tripped ? "tripped" : "asked")) < 0 ||
	    json_object_set_new(o, "policy", status_policy(u)) < 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* ---- Lines ---- */

enum { COMMAND_WORD = 16 };

/* Cuts the first word off and gives the rest; a word that is too long to be any of ours comes cut. */
static const char *take_word(const char *line, char word[COMMAND_WORD])
{
	size_t n;

	line += strspn(line, " ");
	n = strcspn(line, " ");
	snprintf(word, COMMAND_WORD, "%.*s", n < COMMAND_WORD ? (int)n : COMMAND_WORD - 1, line);
	return line + n + strspn(line + n, " ");
}

static json_t *run_policy(const struct command_target *t, const char *word, const char *rest)
{
	struct hint hint = { .distance = NEAR_NOT };
	char error[COMMAND_TEXT];

	if (strcmp(word, "reset") == 0)
		return reset_policy(t, rest);
	hint_offer(&hint, word, "reset", "reset");
	snprintf(error, sizeof error, "\"policy %s\" is no command", word);
	return hint_error(&hint, "there is `policy reset`", error);
}

static bool is_text(const char *line, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (iscntrl((unsigned char)line[i]))
			return false;
	}
	return true;
}

json_t *command_run(const struct command_target *t, const char *line, size_t n)
{
	struct hint hint = { .distance = NEAR_NOT };
	char word[COMMAND_WORD], second[COMMAND_WORD], error[COMMAND_TEXT];
	const char *rest, *behind;

	if (!is_text(line, n))
		return hint_error(NULL, NULL, "a request is one line of text");
	rest = take_word(line, word);
	behind = take_word(rest, second);
	if (strcmp(word, "server") == 0)
		return command_server(t, second, behind);
	if (strcmp(word, "policy") == 0)
		return run_policy(t, second, behind);
	if (strcmp(word, "status") == 0 && !*rest)
		return status_build(t->snapshot, t->started_ms);
	hint_offer(&hint, word, "status", "status");
	hint_offer(&hint, word, "server", "server");
	hint_offer(&hint, word, "policy", "policy");
	snprintf(error, sizeof error, "\"%.200s\" is no command", line);
	return hint_error(
		&hint, "there are `status`, `server drain|disable|enable [POOL/]NAME` and `policy reset LISTENER/NAME`",
		error);
}
