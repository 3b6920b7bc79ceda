/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver.c: from a token to its receiver.  A unit for another worker's link is copied into a mail; it comes back when
 * the link is gone there, and the mail ends here in any case.
 */
#include "deliver.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "flow.h"
#include "link.h"
#include "listener.h"
#include "span.h"
#include "token.h"

/* ---- What a link is called ---- */

static int name_of(struct link *l, struct link_name *name)
{
	struct names *names = &l->worker->names;

	if (!l->name) {
		int r = names_add(names, l, name);

		if (r < 0)
			return r;
		l->name = name->slot + 1;
	}
	name->worker = (uint16_t)l->worker->index;
	name->slot = l->name - 1;
	name->generation = names->slots[name->slot].generation;
	return 0;
}

void deliver_forget(struct link *l)
{
	if (l->name)
		names_remove(&l->worker->names, l->name - 1);
	l->name = 0;
}

/* A client of a UDP listener: any worker, and any gateway with the same secret, can send there. */
static void address_it(struct token *t, const struct flow *f, uint16_t port)
{
	t->by_address = true;
	t->listener = f->socket->listener->id;
	t->local = f->socket->bind->address;
	if (f->entry.local.ss_family)
		address_take_host(&t->local, &f->entry.local);
	t->peer = f->entry.peer;
	if (port)
		address_set_port(&t->peer, port);
}

unsigned deliver_token(struct link *l, enum lg_use use, uint16_t port, char out[LG_TOKEN])
{
	struct token t = { .transport = l->pub.transport };

	if (l->flow && l->flow->socket)
		address_it(&t, l->flow, port);
	else if (name_of(l, &t.link) < 0)
		return 0;
	return token_write(&t, use, out);
}

enum lg_transport deliver_look(struct lg_span token, enum lg_use use, struct lg_span *local)
{
	static _Thread_local char text[ADDRESS_TEXT];
	struct token t;

	*local = SPAN_NONE;
	if (token_read(&t, use, token) < 0)
		return (enum lg_transport)0;
	if (t.by_address) {
		address_format((const struct sockaddr *)&t.local, text, sizeof text);
		*local = span_of(text);
	}
	return t.transport;
}

/* ---- To a link of this worker ---- */

/* Whoever reads slowly keeps up with its sender or is held; this one has no sender that could be. */
static bool takes_nothing(const struct link *to)
{
	const struct stream *s = to->stream;

	return s && buf_len(&s->out) + to->parked_bytes > DELIVER_QUEUES * to->limits.queue &&
	       s->progress_ms < to->worker->now_ms;
}

static enum lg_send give(struct link *to, const struct lg_span *pieces, unsigned n)
{
	if (link_send(to, NULL, pieces, n, 0) == LG_GONE)
		return LG_GONE;
	if (takes_nothing(to))
		link_close(to, LG_RESET, "its queue is full and it takes nothing");
	return LG_SENT;
}

/* ---- To a link of another worker ---- */

struct parcel {
	struct mail mail;
	struct worker *at; /* in whose mailbox it is */
	struct worker *sender;
	const struct listener_conf *conf; /* of the sender: its limit of memory counts what lies in mailboxes */
	struct link_name to, from; /* `from` of zeroes: it has no name */
	size_t n;
	char bytes[];
};

/* False: it is more than the sender's listener may hold. */
static bool account(const struct parcel *p)
{
	const struct listener_conf *c = p->conf;
	uint64_t sum = atomic_fetch_add_explicit(&c->stats->held_bytes, p->n, memory_order_relaxed) + p->n;

	if (!c->limits.memory || sum <= c->limits.memory)
		return true;
	atomic_fetch_sub_explicit(&c->stats->held_bytes, p->n, memory_order_relaxed);
	return false;
}

/* Into a mailbox; false: that is full. */
static bool post(struct parcel *p, struct worker *to, void (*run)(struct mail *))
{
	if (!account(p))
		return false;
	if (atomic_fetch_add_explicit(&to->mail_bytes, p->n, memory_order_relaxed) + p->n > MAILBOX_BYTES) {
		atomic_fetch_sub_explicit(&to->mail_bytes, p->n, memory_order_relaxed);
		atomic_fetch_sub_explicit(&p->conf->stats->held_bytes, p->n, memory_order_relaxed);
		return false;
	}
	p->at = to;
	p->mail.run = run;
	worker_post(to, &p->mail);
	return true;
}

static struct parcel *take_out(struct mail *m)
{
	struct parcel *p = container_of(m, struct parcel, mail);

	atomic_fetch_sub_explicit(&p->at->mail_bytes, p->n, memory_order_relaxed);
	atomic_fetch_sub_explicit(&p->conf->stats->held_bytes, p->n, memory_order_relaxed);
	return p;
}

static void came_back(struct mail *m)
{
	struct parcel *p = take_out(m);
	struct link *from = p->at->stopped ? NULL : names_find(&p->at->names, &p->from);
	const struct lg_plugin *plugin = from ? from->listener->conf->plugin : NULL;

	if (plugin && plugin->returned && link_lives(from))
		plugin->returned(&from->pub, (struct lg_span){ p->bytes, p->n });
	free(p);
}

static void arrived(struct mail *m)
{
	struct parcel *p = take_out(m);
	struct worker *w = p->at;
	struct link *to = w->stopped ? NULL : names_find(&w->names, &p->to);
	struct lg_span unit = { p->bytes, p->n };

	if (w->stopped || (to && give(to, &unit, 1) != LG_GONE) || !post(p, p->sender, came_back))
		free(p);
}

static struct parcel *pack(struct link *from, const struct link_name *to, const struct lg_span *pieces, unsigned n)
{
	struct parcel *p;
	size_t total = 0;
	char *at;

	for (unsigned i = 0; i < n; i++)
		total += pieces[i].n;
	p = malloc(sizeof *p + total);
	if (!p)
		return NULL;
	*p = (struct parcel){ .sender = from->worker, .conf = from->listener->conf, .to = *to, .n = total };
	if (name_of(from, &p->from) < 0)
		p->from = (struct link_name){ 0 };
	at = p->bytes;
	for (unsigned i = 0; i < n; i++)
		at = pieces[i].n ? (char *)memcpy(at, pieces[i].p, pieces[i].n) + pieces[i].n : at;
	return p;
}

static struct worker *worker_of(const struct worker *w, unsigned index)
{
	for (unsigned i = 0; i < w->nall; i++) {
		if (w->all[i]->index == index)
			return w->all[i];
	}
	return NULL;
}

static enum lg_send mail_to(const struct link_name *to, struct link *from, const struct lg_span *pieces, unsigned n)
{
	struct worker *w = worker_of(from->worker, to->worker);
	struct parcel *p = w ? pack(from, to, pieces, n) : NULL;

	if (p && post(p, w, arrived))
		return LG_SENT;
	free(p);
	return LG_GONE;
}

/* ---- To a client of a UDP listener ---- */

static bool is_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family == AF_INET6)
		return IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)a)->sin6_addr,
					  &((const struct sockaddr_in6 *)b)->sin6_addr);
	return ((const struct sockaddr_in *)a)->sin_addr.s_addr == ((const struct sockaddr_in *)b)->sin_addr.s_addr;
}

/* Whether the socket is bound so that it may send from `local`. */
static bool sends_from(const struct listener_socket *k, const struct sockaddr_storage *local)
{
	const struct sockaddr_storage *own = &k->bind->address;

	return listener_socket_is_udp(k) && k->io.fd >= 0 && own->ss_family == local->ss_family &&
	       address_port((const struct sockaddr *)own) == address_port((const struct sockaddr *)local) &&
	       (is_host(own, local) || address_is_any((const struct sockaddr *)own));
}

static struct listener_socket *socket_of(struct worker *w, const struct token *t)
{
	struct list *i, *tmp;

	list_each (i, tmp, &w->listeners) {
		struct listener *l = container_of(i, struct listener, node);

		for (unsigned k = 0; l->id == t->listener && k < l->nsockets; k++) {
			if (sends_from(&l->sockets[k], &t->local))
				return &l->sockets[k];
		}
	}
	return NULL;
}

static enum lg_send send_datagram(struct worker *w, struct token *t, const struct lg_span *pieces, unsigned n)
{
	struct listener_socket *k = socket_of(w, t);

	if (!k)
		return LG_GONE;
	if (!address_is_any((const struct sockaddr *)&k->bind->address))
		t->local.ss_family = 0;
	flow_send_aside(k, (const struct sockaddr *)&t->peer, (const struct sockaddr *)&t->local, pieces, n);
	return LG_SENT;
}

/* ---- All three ---- */

enum lg_send deliver(struct lg_span token, enum lg_use use, struct link *from, const struct lg_span *pieces, unsigned n)
{
	struct link *to;
	struct token t;

	if (!from || (use != LG_ANSWER && !from->pub.server) || token_read(&t, use, token) < 0)
		return LG_GONE;
	if (t.by_address)
		return send_datagram(from->worker, &t, pieces, n);
	if (t.link.worker != from->worker->index)
		return mail_to(&t.link, from, pieces, n);
	to = names_find(&from->worker->names, &t.link);
	return to ? give(to, pieces, n) : LG_GONE;
}
