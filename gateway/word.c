/* SPDX-License-Identifier: Apache-2.0 */
/*
 * word.c: what happens at once when another word of the operator's counts for a server.  It takes no commands
 * (command_server.c) and finds nobody who follows (track.c).
 */
#include "word.h"

#include "clock.h"
#include "log.h"
#include "slots.h"
#include "snapshot.h"

static const char *const events[] = {
	[ADMIN_ENABLED] = "server-enabled", [ADMIN_DRAIN] = "server-drained", [ADMIN_DISABLED] = "server-disabled"
};

static void tell(const struct server *s, enum admin word, const struct server *by)
{
	char follows[SERVER_FULL_NAME];

	if (!slots_show(s))
		return;
	log_info(events[word], "pool", s->pool->name, "server", s->name, "address",
		 s->slots ? server_place(s)->text : NULL, "follows", by ? server_full_name(by, follows) : NULL,
		 "sessions", LOG_NUM(atomic_load(&s->state->sessions)));
}

bool word_settle(struct server *s, const struct server *by)
{
	enum admin word = server_word(s);

	if (s->state->word == word)
		return false; /* so `since` stays true */
	s->state->word = word;
	if (word == ADMIN_ENABLED)
		server_rise(s, clock_loop_ms());
	atomic_store(&s->state->since, clock_unix_ms());
	tell(s, word, by);
	return true;
}

bool word_say(struct server *s, enum admin word)
{
	bool changed;

	atomic_store(&s->state->admin, (int)word);
	changed = word_settle(s, NULL);
	for (struct server *f = s->followers; f; f = f->next_follower)
		changed |= word_settle(f, s);
	return changed;
}

void word_begin(struct server *s)
{
	s->state->word = server_word(s);
}
