/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_server.c: whom the operator means, the word to each of them, and what has become of them and of those that
 * follow them.  What a word does: word.c.
 */
#include "command_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hint.h"
#include "near.h"
#include "status.h"
#include "word.h"

static const struct admin_word {
	const char *word;
	enum admin admin;
} admin_words[] = {
	{ "drain", ADMIN_DRAIN },
	{ "disable", ADMIN_DISABLED },
	{ "enable", ADMIN_ENABLED },
};

enum { ADMIN_WORDS = sizeof admin_words / sizeof admin_words[0] };

/* ---- Who is meant ---- */

/* What a server may be called, as text and as an address without port where it is one. */
struct called {
	const char *text;
	bool is_address;
	struct sockaddr_storage address;
};

static struct called called(const char *text)
{
	struct called c = { .text = text };
	char with_port[ADDRESS_TEXT + 4];
	int n = snprintf(with_port, sizeof with_port, strchr(text, ':') && text[0] != '[' ? "[%s]:1" : "%s:1", text);

	c.is_address = (size_t)n < sizeof with_port &&
		       address_parse(&c.address, (struct lg_span){ with_port, (size_t)n }) == 0;
	return c;
}

/* Whether its name as a whole is meant, with the addresses that are still to come. */
static bool is_name(const struct server *s, const struct called *c)
{
	return strcmp(s->name, c->text) == 0 || (s->slots && strcmp(s->slots->host, c->text) == 0);
}

/* By its name, which all slots of a host name have, by that host name, or by its address; a slot by address and port
 * too. */
static bool is_called(const struct server *s, const struct called *c)
{
	const struct server_place *place = server_place(s);

	if (is_name(s, c))
		return true;
	if (server_is_absent(s))
		return false;
	return (s->slots && strcmp(place->text, c->text) == 0) ||
	       (c->is_address &&
		address_same_host((const struct sockaddr *)&place->address, (const struct sockaddr *)&c->address));
}

/* ---- Whom it concerns ---- */

/* One whom the word is for, or who follows such a one, and what it was before. */
struct concerned {
	struct server *server;
	const char *was;
	bool follows;
};

struct telling {
	const struct command_target *target;
	struct concerned *list;
	unsigned n;
};

static int telling_begin(struct telling *t, const struct command_target *target)
{
	unsigned n = 0;

	for (unsigned i = 0; i < target->snapshot->npools; i++)
		n += target->snapshot->pools[i].nservers;
	*t = (struct telling){ .target = target, .list = calloc(n + 1, sizeof *t->list) };
	return t->list ? 0 : -ENOMEM;
}

static void add(struct telling *t, struct server *s, bool follows)
{
	for (unsigned i = 0; follows && i < t->n; i++) {
		if (t->list[i].server == s)
			return;
	}
	t->list[t->n++] = (struct concerned){ s, server_state_word(s), follows };
}

static void add_called(struct telling *t, const struct pool *p, const char *name)
{
	struct called c = called(name);

	for (unsigned i = 0; i < p->nservers; i++) {
		if (is_called(&p->servers[i], &c))
			add(t, &p->servers[i], false);
	}
}

static void add_followers(struct telling *t)
{
	unsigned n = t->n;

	for (unsigned i = 0; i < n; i++) {
		for (struct server *f = t->list[i].server->followers; f; f = f->next_follower)
			add(t, f, true);
	}
}

/* POOL/NAME; no character is special, so the pool is found by its name and not by a slash.  `pool` is set as soon as
 * its name fits. */
static void find_in_pool(struct telling *t, const char *written, const struct pool **pool)
{
	const struct snapshot *s = t->target->snapshot;

	for (unsigned i = 0; i < s->npools && t->n == 0; i++) {
		size_t n = strlen(s->pools[i].name);

		if (strncmp(written, s->pools[i].name, n) != 0 || written[n] != '/')
			continue;
		*pool = &s->pools[i];
		add_called(t, *pool, written + n + 1);
	}
}

static void find_everywhere(struct telling *t, const char *name)
{
	const struct snapshot *s = t->target->snapshot;

	for (unsigned i = 0; i < s->npools; i++)
		add_called(t, &s->pools[i], name);
}

/* ---- Nobody ---- */

/* A machine by the first label of its name, as Windows calls it. */
static void offer_machine(struct hint *h, const char *written, const char *name)
{
	size_t n = strlen(written);

	if (n > 0 && strncasecmp(written, name, n) == 0 && name[n] == '.')
		hint_offer(h, name, name, name);
}

/* Whether an earlier server of the snapshot is called so. */
static bool is_listed(const struct snapshot *s, const struct server *server)
{
	for (unsigned i = 0; i < s->npools; i++) {
		for (unsigned k = 0; k < s->pools[i].nservers; k++) {
			const struct server *other = &s->pools[i].servers[k];

			if (other == server)
				return false;
			if (strcmp(other->name, server->name) == 0)
				return true;
		}
	}
	return false;
}

/* The servers of one pool, or of all, each name once, as far as there is room. */
static void list_servers(const struct snapshot *s, const struct pool *pool, char text[COMMAND_TEXT])
{
	static const char all[] = "`lychctl status` shows all pools and their servers", more[] = ", and more: ";
	size_t n = 0, end = COMMAND_TEXT - sizeof all - sizeof more;

	for (unsigned i = 0; i < s->npools; i++) {
		const struct pool *p = &s->pools[i];

		for (unsigned k = 0; (!pool || p == pool) && k < p->nservers; k++) {
			const struct server *server = &p->servers[k];
			int r;

			if (!pool && is_listed(s, server))
				continue;
			r = snprintf(text + n, end - n, "%s`%s`", n ? ", " : "the servers are ", server->name);
			if (r < 0 || (size_t)r >= end - n) {
				snprintf(text + n, COMMAND_TEXT - n, "%s%s", n ? more : "", all);
				return;
			}
			n += (size_t)r;
		}
	}
	if (n == 0)
		snprintf(text, COMMAND_TEXT, "%s", all);
}

/* POOL/NAME of every server, also for a NAME; `alone`: the names and addresses themselves too. */
static void offer_servers(struct hint *h, const struct snapshot *s, const char *written, bool alone)
{
	for (unsigned i = 0; i < s->npools; i++) {
		for (unsigned k = 0; k < s->pools[i].nservers; k++) {
			const struct server *server = &s->pools[i].servers[k];
			char full[COMMAND_TEXT / 2], host[ADDRESS_TEXT];

			snprintf(full, sizeof full, "%s/%s", s->pools[i].name, server->name);
			hint_offer(h, written, full, full);
			if (alone)
				offer_machine(h, written, server->name);
			hint_offer(h, written, server->name, alone ? server->name : full);
			if (!alone || server_is_absent(server))
				continue;
			address_format_host((const struct sockaddr *)&server_place(server)->address, host, sizeof host);
			hint_offer(h, written, host, host);
		}
	}
}

static json_t *no_server(const struct snapshot *s, const char *written, const struct pool *pool)
{
	struct hint hint = { .distance = NEAR_NOT };
	const char *slash = strchr(written, '/');
	char error[COMMAND_TEXT], names[COMMAND_TEXT];

	if (pool)
		snprintf(error, sizeof error, "pool %.100s has no server \"%.200s\"", pool->name,
			 written + strlen(pool->name) + 1);
	else if (slash)
		snprintf(error, sizeof error, "there is no pool \"%.*s\"",
			 slash - written < 200 ? (int)(slash - written) : 200, written);
	else
		snprintf(error, sizeof error, "no pool has a server \"%.200s\"", written);
	offer_servers(&hint, s, written, !slash);
	list_servers(s, pool, names);
	return hint_error(&hint, names, error);
}

/* ---- The word ---- */

static void speak(struct telling *t, enum admin word)
{
	bool changed = false;

	for (unsigned i = 0; i < t->n && !t->list[i].follows; i++) {
		struct server *s = t->list[i].server;

		if (word == ADMIN_ENABLED)
			monitor_ask(s); /* somebody waits for it */
		changed |= word_say(s, word);
	}
	if (changed)
		t->target->changed(t->target->ctx);
}

/* Also for the addresses that a name is still to get. */
static void speak_to_names(struct telling *t, enum admin word, const char *name)
{
	struct called c = called(name);

	for (unsigned i = 0; i < t->n && !t->list[i].follows; i++) {
		struct server *s = t->list[i].server;

		if (s->slots && is_name(s, &c))
			s->slots->admin = (int)word;
	}
}

/* ---- The answer ---- */

/* { "pool", "was": its state before, "server": what it is now } */
static json_t *told(const struct concerned *c)
{
	json_t *o = json_object();

	if (json_object_set_new(o, "pool", status_text(c->server->pool->name)) < 0 ||
	    json_object_set_new(o, "was", status_text(c->was)) < 0 ||
	    json_object_set_new(o, "server", status_server(c->server)) < 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* Appends all those that were told, or all that follow. */
static int append(json_t *list, const struct telling *t, bool follows)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct concerned *c = &t->list[i];

		if (c->follows == follows && slots_show(c->server) && json_array_append_new(list, told(c)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static json_t *list_of(const struct telling *t, bool follows)
{
	json_t *list = json_array();

	if (append(list, t, follows) < 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

/* The first of those that were told stands for itself, as if it were alone; `servers` has them all. */
static json_t *answer_one(const struct telling *t)
{
	json_t *list = list_of(t, false), *o = json_deep_copy(json_array_get(list, 0));

	if (json_object_set_new(o, "servers", list) < 0 || json_object_set_new(o, "followers", list_of(t, true)) < 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static json_t *answer_all(const struct telling *t)
{
	json_t *list = list_of(t, false);

	if (append(list, t, true) < 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

static json_t *tell(struct telling *t, enum admin word, const char *written)
{
	const struct pool *pool = NULL;
	const char *name = written;

	find_in_pool(t, written, &pool);
	if (t->n == 0)
		find_everywhere(t, written);
	else
		name += strlen(pool->name) + 1;
	if (t->n == 0)
		return no_server(t->target->snapshot, written, pool);
	add_followers(t);
	speak_to_names(t, word, name);
	speak(t, word);
	return name == written ? answer_all(t) : answer_one(t);
}

json_t *command_server(const struct command_target *target, const char *word, const char *rest)
{
	struct hint hint = { .distance = NEAR_NOT };
	char error[COMMAND_TEXT];

	for (unsigned i = 0; i < ADMIN_WORDS; i++) {
		struct telling t;
		json_t *answer;

		hint_offer(&hint, word, admin_words[i].word, admin_words[i].word);
		if (strcmp(word, admin_words[i].word) != 0)
			continue;
		if (telling_begin(&t, target) < 0)
			return NULL;
		answer = tell(&t, admin_words[i].admin, rest);
		free(t.list);
		return answer;
	}
	snprintf(error, sizeof error, "\"server %s\" is no command", word);
	return hint_error(&hint, "there are `server drain`, `server disable` and `server enable`", error);
}
