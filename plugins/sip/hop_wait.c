/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_wait.c is what becomes of exchanges that are kept: which answers count, when another server gets the request, and
 * when there is nothing more to wait for.  One deadline for each link finds those that nobody answers.
 */
#include "hop_wait.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edits.h"
#include "hop_forward.h"
#include "hop_reply.h"
#include "hop_route.h"
#include "hop_send.h"
#include "sip/ack.h"

struct hop_sent {
	struct hop_request r;
	size_t via_n;
	char text[]; /* our Via line, then the head as it came */
};

/* NULL: nothing of it is kept. */
static struct hop_wait *entry_of(const struct lg_exchange *x)
{
	uint32_t i = ((const struct hop_request *)x->data)->wait;

	return i ? hop_table_at(&hop_of(x->from)->table, i) : NULL;
}

static struct hop_owner *owner_of(const struct hop_wait *w)
{
	return &hop_link_of(w->from)->waits;
}

static void set_due(struct hop_wait *w, uint64_t ms)
{
	uint64_t now_ms = w->x->from->host->now_ms();

	w->due_ms = now_ms + ms;
	hop_link_alarm(w->from, now_ms, ms);
}

/* ---- It begins ---- */

/*
 * May it come again when it has been answered?  A server need not answer an INVITE again then (RFC 3261 section 17.2.1,
 * RFC 6026 section 7.1), and its silence says nothing.
 */
static bool is_repeated(const struct lg_link *from, bool invite)
{
	return invite && from->transport == LG_UDP;
}

bool hop_wait_may(struct lg_link *l, const struct hop_request *r)
{
	const struct sip_head *h = &r->request.head;
	struct hop_table *t = &hop_of(l)->table;

	if (h->method == SIP_ACK || h->method == SIP_CANCEL || h->method == SIP_BENOTIFY)
		return false;
	if (r->in_dialog || h->has_credentials || hop_table_find(t, r->branch.hash) != 0)
		return false;
	if (is_repeated(l, h->method == SIP_INVITE) && hop_table_remembers(t, r->branch.hash, l->host->now_ms()))
		return false;
	if (t->n > 0)
		hop_table_sweep(t, l->host->now_ms());
	return hop_table_reserve(t);
}

static void keep(struct lg_exchange *x, enum hop_state state)
{
	struct hop_request *r = x->data;
	struct hop_wait w = { .hash = r->branch.hash,
			      .due_ms = UINT64_MAX,
			      .x = x,
			      .from = x->from,
			      .state = (uint8_t)state,
			      .attempt = (uint8_t)r->branch.attempt,
			      .invite = r->request.head.method == SIP_INVITE };

	r->wait = hop_table_add(&hop_of(x->from)->table, &hop_link_of(x->from)->waits, &w);
}

void hop_wait_begin(struct lg_exchange *x)
{
	keep(x, HOP_WAITS);
}

bool hop_wait_repeats(struct lg_link *l, const struct message *m, struct hop_request *r)
{
	struct hop_table *t = &hop_of(l)->table;
	uint32_t i = hop_table_find(t, r->branch.hash);
	struct hop_wait *w = i ? hop_table_at(t, i) : NULL;
	bool cancels = m->head.method == SIP_CANCEL, same;

	if (!w)
		return false;
	r->branch.attempt = w->attempt;
	if (!w->x || w->from != l || m->head.method == SIP_ACK)
		return false;
	if (cancels)
		w->cancelled = true;
	same = ((const struct hop_request *)w->x->data)->request.head.method == m->head.method;
	if (!(cancels && w->invite && w->x->to) && !same)
		return false;
	if (w->x->to)
		hop_send(l, m->bytes, r, w->x, w->x->to);
	return true;
}

int hop_wait_prepare(struct lg_exchange *x)
{
	struct hop_request *r = x->data;
	struct hop_table *t = &hop_of(x->from)->table;

	if (r->wait || !edits_any(x, true) || r->request.head.method == SIP_ACK || r->request.head.method == SIP_CANCEL)
		return 0;
	if (hop_table_find(t, r->branch.hash)) /* sent again: the first one's edits are there */
		return 0;
	if (!hop_table_reserve(t))
		return -ENOMEM;
	keep(x, HOP_EDITED);
	return 0;
}

bool hop_wait_sent(struct lg_exchange *x)
{
	struct hop_wait *w = entry_of(x);

	if (!w)
		return false;
	set_due(w, w->state == HOP_WAITS ? (uint64_t)instance_of(x->from)->options->first_answer_ms
					 : x->from->limits->answer_ms);
	return true;
}

/* ---- It ends ---- */

/* Forgets it; what has moved leaves behind where it went. */
static void forget(struct hop_table *t, uint32_t i, uint64_t now_ms, uint64_t late_ms)
{
	struct hop_wait *w = hop_table_at(t, i);

	if (w->attempt == 0) {
		hop_table_remove(t, owner_of(w), i);
		return;
	}
	hop_table_disown(t, owner_of(w), i);
	w->state = HOP_MOVED;
	w->x = NULL;
	w->from = NULL;
	w->due_ms = now_ms + late_ms;
}

/* How long answers may come after this one. */
static uint64_t late_ms(const struct lg_link *l, const struct hop_wait *w, int status)
{
	return w->invite && status < 200 ? l->limits->answer_ms : HOP_REPEATS_MS;
}

static void end(struct lg_link *l, uint32_t i, int status)
{
	struct hop_table *t = &hop_of(l)->table;
	struct hop_wait *w = hop_table_at(t, i);
	struct lg_exchange *x = w->x;
	struct lg_link *from = w->from;

	((struct request *)x->data)->status = status;
	if (is_repeated(from, w->invite))
		hop_table_remember(t, w->hash, l->host->now_ms() + HOP_REPEATS_MS);
	forget(t, i, l->host->now_ms(), late_ms(l, w, status));
	l->host->done(x);
	hop_link_settled(from);
}

bool hop_wait_pending(const struct lg_exchange *x)
{
	const struct hop_wait *w = entry_of(x);

	return w && w->state == HOP_WAITS;
}

void hop_wait_returned(struct lg_link *from, struct sip_text branch)
{
	struct hop_branch b;
	struct sip_text token;
	uint32_t i = 0;

	if (hop_branch_read(&b, &token, hop_of(from)->id, branch))
		i = hop_table_find(&hop_of(from)->table, b.hash);
	if (i && hop_table_at(&hop_of(from)->table, i)->from == from)
		end(from, i, 430);
}

void hop_wait_drop(struct lg_exchange *x)
{
	struct hop_request *r = x->data;

	if (r->wait == 0)
		return;
	forget(&hop_of(x->from)->table, r->wait, x->from->host->now_ms(), HOP_REPEATS_MS);
	r->wait = 0;
	hop_link_settled(x->from);
}

void hop_wait_forget(struct lg_link *l)
{
	struct hop_owner *owner = &hop_link_of(l)->waits;

	while (owner->first)
		hop_table_remove(&hop_of(l)->table, owner, owner->first);
}

/* ---- Another server ---- */

/* Keeps what an ACK for the first server is made of.  Without memory, that server repeats its answer in vain. */
static void keep_sent(struct hop_wait *w)
{
	const struct hop_request *r = w->x->data;
	size_t head_n = r->request.head.head_n;
	struct hop_out o;
	struct hop_job job = { .from = w->from, .r = r };
	struct sip_text via;

	if (w->sent || !w->invite || !w->x->to)
		return;
	job.via = (struct hop_door){ w->x->to->transport, hop_link_sent_by(w->x->to, o.rooms[0]) };
	via = hop_forward_via(&o, &job);
	w->sent = via.n <= HOP_LINES_ROOM ? malloc(sizeof(*w->sent) + via.n + head_n) : NULL;
	if (!w->sent)
		return;
	w->sent->r = *r;
	w->sent->via_n = via.n;
	memcpy(w->sent->text, via.p, via.n);
	memcpy(w->sent->text + via.n, w->x->unit.p, head_n);
}

/* Tells the server that its refusal of an INVITE has arrived, for the client will not (RFC 3261 section 17.1.1.3). */
static void acknowledge(struct lg_link *l, const struct message *m, const struct hop_wait *w)
{
	const struct hop_sent *s = w->sent;
	const struct sip_head *h;
	struct sip_ack ack;
	size_t room;
	char *text;
	int n;

	if (!s)
		return;
	h = &s->r.request.head;
	ack = (struct sip_ack){ .via = { s->text, s->via_n }, .routes_taken = s->r.routes };
	if (s->r.strict)
		ack.uri = hop_route_uri(s->text + s->via_n, h, &s->r);
	room = sip_ack_room(h, &ack, &m->head);
	text = hop_spare(hop_of(l), room);
	n = text ? sip_ack_write(text, room, s->text + s->via_n, h, &ack, m->bytes.p, &m->head) : -1;
	if (n >= 0)
		l->host->send(l, NULL, &(struct lg_span){ text, (size_t)n }, 1, 0);
}

static bool may_move(const struct hop_wait *w)
{
	return w->state == HOP_WAITS && w->attempt == 0 && !w->cancelled;
}

static void move(struct hop_wait *w)
{
	struct hop_request *r = w->x->data;

	keep_sent(w);
	w->attempt = 1;
	w->due_ms = UINT64_MAX;
	r->branch.attempt = 1;
	w->from->host->count(w->from, COUNT_RETRIED, 1);
	w->from->host->again(w->x);
}

bool hop_wait_again(struct lg_exchange *x)
{
	struct hop_wait *w = entry_of(x);

	if (!w || !may_move(w))
		return false;
	move(w);
	return true;
}

/* ---- Answers ---- */

/* From the server that has lost the request: only a dialog that it has begun counts. */
static bool late_answer(struct lg_link *l, const struct message *m, struct hop_wait *w)
{
	int status = m->head.status;

	if (status >= 200 && status < 300) {
		if (w->x)
			l->host->pin(l, w->x);
		return true;
	}
	l->host->count(l, COUNT_LATE_ANSWERS, 1);
	if (status >= 300 && w->invite)
		acknowledge(l, m, w);
	return false;
}

/* Its answers come from there. */
static bool goes_to_client(const struct hop_wait *w)
{
	return w->x && ((const struct hop_request *)w->x->data)->to_client;
}

bool hop_wait_answer(struct lg_link *l, const struct message *m, const struct hop_branch *b, uint32_t *entry)
{
	struct hop_table *t = &hop_of(l)->table;
	uint32_t i = hop_table_find(t, b->hash);
	struct hop_wait *w = i ? hop_table_at(t, i) : NULL;

	*entry = 0;
	/* An answer to a CANCEL, which bears the same branch, says nothing of the INVITE. */
	if (!w || m->head.method == SIP_CANCEL)
		return true;
	if (goes_to_client(w) == hop_is_server(l))
		return true;
	*entry = i;
	if (b->attempt < w->attempt)
		return late_answer(l, m, w);
	if (m->head.status != 503 || !may_move(w))
		return true;
	keep_sent(w);
	if (w->invite)
		acknowledge(l, m, w);
	move(w);
	return false;
}

const struct lg_exchange *hop_wait_edits(const struct lg_link *l, uint32_t entry)
{
	return entry ? hop_table_at(&hop_of(l)->table, entry)->x : NULL;
}

void hop_wait_answered(struct lg_link *l, const struct message *m, uint32_t entry)
{
	struct hop_wait *w = hop_table_at(&hop_of(l)->table, entry);
	int status = m->head.status;

	if (!w->x) {
		w->due_ms = l->host->now_ms() + late_ms(l, w, status);
		return;
	}
	if (!edits_any(w->x, true) || (status >= 200 && !(w->invite && status < 300))) {
		end(l, entry, status);
		return;
	}
	/* What comes after this one is edited too; a 2xx to an INVITE may come again. */
	if (status >= 200)
		((struct request *)w->x->data)->status = status;
	w->state = HOP_EDITED;
	set_due(w, status < 200 ? l->limits->answer_ms : HOP_REPEATS_MS);
}

/* ---- Silence ---- */

/* Only who sent an INVITE still waits then (RFC 4320 section 4). */
static void give_up(struct lg_link *l, uint32_t i)
{
	const struct hop_wait *w = hop_table_at(&hop_of(l)->table, i);
	const struct hop_request *r = w->x->data;
	int status = r->request.status;

	if (status == 0)
		l->host->count(l, COUNT_UNANSWERED, 1);
	if (w->state == HOP_WAITS && w->invite) {
		status = 500;
		hop_reply_status(l, w->x->unit.p, &r->request.head, status);
	}
	end(l, i, status);
}

void hop_wait_expired(struct lg_link *l, uint64_t now_ms)
{
	struct hop_table *t = &hop_of(l)->table;
	uint64_t next_ms = UINT64_MAX;

	for (uint32_t i = hop_link_of(l)->waits.first, next; i; i = next) {
		struct hop_wait *w = hop_table_at(t, i);

		next = w->next;
		if (w->due_ms <= now_ms && may_move(w))
			move(w);
		else if (w->due_ms <= now_ms)
			give_up(l, i);
		else if (w->due_ms < next_ms)
			next_ms = w->due_ms;
	}
	if (next_ms < UINT64_MAX)
		hop_link_alarm(l, now_ms, next_ms - now_ms);
}
