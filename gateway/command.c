/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.c: understands one line of the operator and does it, on the control thread.  It knows no socket (control.c)
 * and builds no state (status.c).
 */
#include "command.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "monitor.h"
#include "near.h"
#include "policy.h"
#include "status.h"

enum { COMMAND_WORD = 16, COMMAND_TEXT = 400 };

/* The operator's words about a server. */
static const struct admin_word {
	const char *word, *event;
	enum admin admin;
} admin_words[] = {
	{ "drain", "server-drained", ADMIN_DRAIN },
	{ "disable", "server-disabled", ADMIN_DISABLED },
	{ "enable", "server-enabled", ADMIN_ENABLED },
};

enum { ADMIN_WORDS = sizeof admin_words / sizeof admin_words[0] };

json_t *command_error(const char *error, const char *hint)
{
	json_t *o = json_object();

	if (json_object_set_new(o, "error", status_text(error)) < 0 ||
	    (hint && json_object_set_new(o, "hint", status_text(hint)) < 0)) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* ---- Did you mean ---- */

/* The nearest so far of what was offered. */
struct hint {
	int distance;
	char text[COMMAND_TEXT];
};

static void offer(struct hint *h, const char *written, const char *word, const char *meant)
{
	int distance = near_distance(written, word);

	if (distance >= h->distance)
		return;
	h->distance = distance;
	snprintf(h->text, sizeof h->text, "did you mean `%s`?", meant);
}

/* Offers POOL/NAME of every server, also for a NAME alone. */
static void offer_servers(struct hint *h, const struct snapshot *s, const char *written)
{
	for (unsigned i = 0; i < s->npools; i++) {
		for (unsigned k = 0; k < s->pools[i].nservers; k++) {
			char full[COMMAND_TEXT / 2];

			const struct server *server = &s->pools[i].servers[k];

			snprintf(full, sizeof full, "%s/%s", s->pools[i].name, server->name);
			offer(h, written, full, full);
			offer(h, written, server->name, full);
		}
	}
}

static json_t *error_with(const struct hint *h, const char *fallback, const char *error)
{
	return command_error(error, h->distance < NEAR_NOT ? h->text : fallback);
}

/* ---- Servers ---- */

/* Whether it is called so: by its name, which all slots of a host name have, or a slot by its address. */
static bool is_called(const struct server *s, const char *name)
{
	return strcmp(s->name, name) == 0 ||
	       (s->slots && !server_is_absent(s) && strcmp(server_place(s)->text, name) == 0);
}

/* POOL/NAME; no character is special, so the pool is found by its name and not by a slash.  `pool` is set as soon as
 * its name fits, `name` to what stands behind it.  The first of those that are called so. */
static struct server *find_server(const struct snapshot *s, const char *written, const struct pool **pool,
				  const char **name)
{
	for (unsigned i = 0; i < s->npools; i++) {
		const struct pool *p = &s->pools[i];
		size_t n = strlen(p->name);

		if (strncmp(written, p->name, n) != 0 || written[n] != '/')
			continue;
		*pool = p;
		*name = written + n + 1;
		for (unsigned k = 0; k < p->nservers; k++) {
			if (is_called(&p->servers[k], *name))
				return &p->servers[k];
		}
	}
	return NULL;
}

static json_t *no_server(const struct snapshot *s, const char *written, const struct pool *pool)
{
	struct hint hint = { .distance = NEAR_NOT };
	const char *slash = strchr(written, '/');
	char error[COMMAND_TEXT];

	if (pool)
		snprintf(error, sizeof error, "pool %.100s has no server \"%.200s\"", pool->name,
			 written + strlen(pool->name) + 1);
	else if (slash)
		snprintf(error, sizeof error, "there is no pool \"%.*s\"",
			 slash - written < 200 ? (int)(slash - written) : 200, written);
	else
		snprintf(error, sizeof error, "\"%.200s\" is not POOL/NAME", written);
	offer_servers(&hint, s, written);
	return error_with(&hint, "`lychctl status` shows all pools and their servers", error);
}

static void set_admin(const struct command_target *t, struct server *s, const struct admin_word *word)
{
	if (word->admin == ADMIN_ENABLED)
		monitor_ask(s); /* somebody waits for it */
	if (atomic_exchange(&s->state->admin, (int)word->admin) == (int)word->admin)
		return; /* nothing has changed, so `since` stays true */
	if (word->admin == ADMIN_ENABLED)
		server_rise(s, clock_loop_ms());
	atomic_store(&s->state->since, clock_unix_ms());
	if (slots_show(s))
		log_info(word->event, "pool", s->pool->name, "server", s->name, "address",
			 s->slots ? server_place(s)->text : NULL, "sessions",
			 LOG_NUM(atomic_load(&s->state->sessions)));
	t->changed(t->ctx);
}

/* { "was": its state before, "server": what it is now } */
static json_t *told(const struct server *s, const char *was)
{
	json_t *o = json_object();

	if (json_object_set_new(o, "was", status_text(was)) < 0 ||
	    json_object_set_new(o, "server", status_server(s)) < 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* All of the pool's servers from `s` on that are called so, one of which is `s`; a list of what they were told. */
static json_t *tell_all(const struct command_target *t, const struct admin_word *word, struct server *s,
			const char *name)
{
	json_t *list = json_array();
	const struct pool *p = s->pool;

	if (s->slots && strcmp(s->name, name) == 0)
		s->slots->admin = (int)word->admin; /* also for addresses that are still to come */
	for (unsigned i = s->index; i < p->nservers; i++) {
		struct server *k = &p->servers[i];
		const char *was = server_state_word(k);

		if (!is_called(k, name))
			continue;
		set_admin(t, k, word);
		if (slots_show(k) && json_array_append_new(list, told(k, was)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* The first of those that were told stands for itself, as if it were alone; `servers` has them all. */
static json_t *tell_server(const struct command_target *t, const struct admin_word *word, const char *written)
{
	const struct pool *pool = NULL;
	const char *name = "";
	struct server *s = find_server(t->snapshot, written, &pool, &name);
	json_t *list, *o;

	if (!s)
		return no_server(t->snapshot, written, pool);
	list = tell_all(t, word, s, name);
	if (!list)
		return NULL;
	o = json_deep_copy(json_array_get(list, 0));
	if (json_object_set_new(o, "pool", status_text(s->pool->name)) < 0 || json_object_set(o, "servers", list) < 0) {
		json_decref(o);
		o = NULL;
	}
	json_decref(list);
	return o;
}

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
			offer(&hint, written, full, full);
			offer(&hint, written, s->listeners[i].policies[k].name, full);
		}
	}
	snprintf(error, sizeof error, "there is no policy \"%.200s\"; write LISTENER/POLICY", written);
	return error_with(&hint, names, error);
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

/* Cuts the first word off and gives the rest; a word that is too long to be any of ours comes cut. */
static const char *take_word(const char *line, char word[COMMAND_WORD])
{
	size_t n;

	line += strspn(line, " ");
	n = strcspn(line, " ");
	snprintf(word, COMMAND_WORD, "%.*s", n < COMMAND_WORD ? (int)n : COMMAND_WORD - 1, line);
	return line + n + strspn(line + n, " ");
}

static json_t *run_server(const struct command_target *t, const char *rest)
{
	struct hint hint = { .distance = NEAR_NOT };
	char word[COMMAND_WORD], error[COMMAND_TEXT];

	rest = take_word(rest, word);
	for (unsigned i = 0; i < ADMIN_WORDS; i++) {
		if (strcmp(word, admin_words[i].word) == 0)
			return tell_server(t, &admin_words[i], rest);
		offer(&hint, word, admin_words[i].word, admin_words[i].word);
	}
	snprintf(error, sizeof error, "\"server %s\" is no command", word);
	return error_with(&hint, "there are `server drain`, `server disable` and `server enable`", error);
}

static json_t *run_policy(const struct command_target *t, const char *rest)
{
	struct hint hint = { .distance = NEAR_NOT };
	char word[COMMAND_WORD], error[COMMAND_TEXT];

	rest = take_word(rest, word);
	if (strcmp(word, "reset") == 0)
		return reset_policy(t, rest);
	offer(&hint, word, "reset", "reset");
	snprintf(error, sizeof error, "\"policy %s\" is no command", word);
	return error_with(&hint, "there is `policy reset`", error);
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
	char word[COMMAND_WORD], error[COMMAND_TEXT];
	const char *rest;

	if (!is_text(line, n))
		return command_error("a request is one line of text", NULL);
	rest = take_word(line, word);
	if (strcmp(word, "server") == 0)
		return run_server(t, rest);
	if (strcmp(word, "policy") == 0)
		return run_policy(t, rest);
	if (strcmp(word, "status") == 0 && !*rest)
		return status_build(t->snapshot, t->started_ms);
	offer(&hint, word, "status", "status");
	offer(&hint, word, "server", "server");
	offer(&hint, word, "policy", "policy");
	snprintf(error, sizeof error, "\"%.200s\" is no command", line);
	return error_with(
		&hint, "there are `status`, `server drain|disable|enable POOL/NAME` and `policy reset LISTENER/NAME`",
		error);
}
