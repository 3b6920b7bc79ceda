/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c is the life of links: what the opening, ending and closing of one means for the others of its session. What
 * they say is message.c's.
 */
#include "session.h"

#include <stdlib.h>

#include "request.h"
#include "stream.h"

enum {
	SCRATCH_MIN = 1024,
	SWEEPS = 16, /* in the time that an answer may take */
};

char *instance_grow(char **p, size_t *size, size_t needed)
{
	char *larger;

	if (*p && needed <= *size)
		return *p;
	if (needed < SCRATCH_MIN)
		needed = SCRATCH_MIN;
	larger = realloc(*p, needed);
	if (!larger)
		return NULL;
	*p = larger;
	*size = needed;
	return larger;
}

char *instance_scratch(struct instance *inst, size_t size)
{
	return instance_grow(&inst->scratch, &inst->scratch_size, size);
}

struct lg_link *session_other_end(const struct lg_link *l)
{
	const struct session *s = session_of(l);

	if (!s->bound)
		return NULL;
	if (l->side == LG_CLIENT)
		return s->bound;
	return l == s->bound ? l->session->client : NULL;
}

void session_bind(struct lg_session *ls, struct lg_link *to)
{
	struct session *s = ls->data;

	s->binding = NULL;
	s->bound = to;
	session_tidy(ls);
}

void session_answered(struct lg_session *ls)
{
	struct session *s = ls->data;

	s->asked--;
	session_tidy(ls);
}

/* ---- Closing what is done ---- */

static bool answers_under_way(const struct session *s)
{
	for (struct lg_link *l = s->servers; l; l = stream_of(l)->next)
		if (stream_of(l)->body_left > 0)
			return true;
	return false;
}

/* Links to other servers, from before the session was bound, live as long as their requests. */
static void close_strays(const struct session *s)
{
	for (struct lg_link *l = s->servers; l; l = stream_of(l)->next) {
		const struct stream *t = stream_of(l);

		if (l != s->bound && !t->closing && t->open == 0 && t->body_left == 0)
			stream_close(l);
	}
}

void session_tidy(struct lg_session *ls)
{
	struct session *s = ls->data;

	if (s->joined || !ls->client)
		return;
	if (s->ended && s->asked == 0 && !stream_of(ls->client)->closing && !answers_under_way(s))
		stream_close(ls->client);
	if (s->bound && s->nservers > 1)
		close_strays(s);
}

/* ---- Links open, end and close ---- */

void session_opened(struct lg_link *l)
{
	struct session *s = session_of(l);

	if (l->side == LG_CLIENT) {
		s->by_connection = instance_of(l)->options->route == ROUTE_CONNECTION;
		return;
	}
	stream_of(l)->next = s->servers;
	s->servers = l;
	s->nservers++;
}

void session_ended(struct lg_link *l)
{
	struct session *s = session_of(l);

	/* Half a message will never be a whole one: there is no answer to wait for. */
	if (l->side == LG_SERVER || s->by_connection || s->asked == 0 || stream_of(l)->body_left > 0) {
		stream_close(l);
		return;
	}
	s->ended = true;
}

static void forget_server(struct session *s, struct lg_link *gone)
{
	struct lg_link **at = &s->servers;

	while (*at && *at != gone)
		at = &stream_of(*at)->next;
	if (!*at)
		return;
	*at = stream_of(gone)->next;
	s->nservers--;
}

/* The requests that a server link began have ended with it; nothing of them may be touched. */
static void forget_transactions(struct transactions *all, const struct lg_link *gone)
{
	for (uint32_t i = 0; i < all->size;) {
		struct transaction *t = transactions_at(all, i);

		if (t && t->server == gone)
			transactions_remove(all, t);
		else
			i++;
	}
}

static void server_closed(struct lg_link *l)
{
	struct session *s = session_of(l);
	struct lg_link *client = l->session->client;

	forget_server(s, l);
	forget_transactions(&s->transactions, l);
	if (!client || s->joined)
		return;
	stream_forget(client, l);
	if (s->bound == l) {
		s->bound = NULL;
		stream_close(client);
	}
}

void session_closed(struct lg_link *l)
{
	struct session *s = session_of(l);

	if (l->side == LG_SERVER) {
		server_closed(l);
		return;
	}
	transactions_fini(&s->transactions);
}

void session_writable(struct lg_link *l)
{
	struct session *s = session_of(l);
	struct lg_link *client = l->session->client;

	for (struct lg_link *server = s->servers; server; server = stream_of(server)->next) {
		if (stream_of(server)->full != l)
			continue;
		stream_of(server)->full = NULL;
		stream_go(server);
	}
	if (client && stream_of(client)->full == l) {
		stream_of(client)->full = NULL;
		stream_go(client);
	}
}

/* ---- Requests without an answer ---- */

void session_watch(struct lg_session *ls)
{
	struct session *s = ls->data;

	if (s->watched)
		return;
	s->watched = true;
	ls->client->host->deadline(ls->client, ls->client->limits->answer_ms / SWEEPS + 1);
}

/*
 * One deadline on the client's link watches all transactions.  They end without a word: the client has a clock of its
 * own, and a late answer of ours would harm (RFC 4320 section 4.1).
 */
void session_expired(struct lg_link *l)
{
	struct session *s = session_of(l);
	uint64_t now_ms = l->host->now_ms();
	int status;

	if (s->joined)
		return;
	for (uint32_t i = 0; i < s->transactions.size;) {
		struct transaction *t = transactions_at(&s->transactions, i);

		if (!t || t->expires_ms > now_ms) {
			i++;
			continue;
		}
		status = t->x ? ((const struct request *)t->x->data)->status : 0;
		if (t->x && status == 0)
			l->host->count(l, COUNT_UNANSWERED, 1);
		request_over(l->session, t, status);
	}
	s->watched = false;
	if (s->transactions.n > 0)
		session_watch(l->session);
	session_tidy(l->session);
}
