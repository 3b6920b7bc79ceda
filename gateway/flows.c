/* SPDX-License-Identifier: Apache-2.0 */
/* flows.c: the table of flows: two hash tables (flows, their sources), two orders of use, sources by their number. */
#include "flows.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "siphash.h"

enum { ADDRESS_BYTES = 16, KEY_BYTES = 2 * ADDRESS_BYTES + 4 };

static size_t put_address(unsigned char *p, const struct sockaddr *a)
{
	if (a->sa_family == AF_INET6)
		memcpy(p, &((const struct sockaddr_in6 *)a)->sin6_addr, ADDRESS_BYTES);
	else if (a->sa_family == AF_INET)
		memcpy(p, &((const struct sockaddr_in *)a)->sin_addr, 4);
	return ADDRESS_BYTES;
}

static uint16_t port_of(const struct sockaddr *a)
{
	return a->sa_family == AF_INET6 ? ((const struct sockaddr_in6 *)a)->sin6_port
					: ((const struct sockaddr_in *)a)->sin_port;
}

static void key_of(unsigned char key[KEY_BYTES], const struct sockaddr *peer, const struct sockaddr *local)
{
	uint16_t port = port_of(peer), family = peer->sa_family;
	size_t n;

	memset(key, 0, KEY_BYTES);
	n = put_address(key, peer);
	n += put_address(key + n, local);
	memcpy(key + n, &port, sizeof port);
	memcpy(key + n + sizeof port, &family, sizeof family);
}

static uint64_t hash_of(const struct flows *t, const struct sockaddr *peer, const struct sockaddr *local)
{
	unsigned char key[KEY_BYTES];

	key_of(key, peer, local);
	return siphash(t->secret, key, sizeof key);
}

static uint64_t source_hash(const struct flows *t, const struct sockaddr *peer)
{
	unsigned char key[ADDRESS_BYTES + 2] = { 0 };
	uint16_t family = peer->sa_family;

	put_address(key, peer);
	memcpy(key + ADDRESS_BYTES, &family, sizeof family);
	return siphash(t->secret, key, sizeof key);
}

static bool same_host(const struct sockaddr *a, const struct sockaddr *b)
{
	unsigned char x[ADDRESS_BYTES] = { 0 }, y[ADDRESS_BYTES] = { 0 };

	put_address(x, a);
	put_address(y, b);
	return a->sa_family == b->sa_family && memcmp(x, y, sizeof x) == 0;
}

static bool same(const struct flow_entry *e, const struct sockaddr *peer, const struct sockaddr *local)
{
	const struct sockaddr *own = (const struct sockaddr *)&e->peer;

	return same_host(own, peer) && port_of(own) == port_of(peer) &&
	       same_host((const struct sockaddr *)&e->local, local);
}

int flows_init(struct flows *t, size_t expected, const unsigned char secret[16])
{
	size_t size = 64;

	while (size < expected)
		size *= 2;
	*t = (struct flows){ .secret = secret, .size = size };
	t->chains = calloc(size, sizeof *t->chains);
	t->source_chains = calloc(size, sizeof *t->source_chains);
	if (!t->chains || !t->source_chains) {
		flows_fini(t);
		return -ENOMEM;
	}
	list_init(&t->unconfirmed);
	list_init(&t->confirmed);
	for (unsigned i = 0; i < FLOWS_COUNTS; i++)
		list_init(&t->by_count[i]);
	return 0;
}

void flows_fini(struct flows *t)
{
	free(t->chains);
	free(t->source_chains);
	t->chains = NULL;
	t->source_chains = NULL;
}

struct flow_entry *flows_find(struct flows *t, const struct sockaddr *peer, const struct sockaddr *local)
{
	uint64_t hash = hash_of(t, peer, local);

	for (struct flow_entry *e = t->chains[hash & (t->size - 1)]; e; e = e->next) {
		if (e->hash == hash && same(e, peer, local))
			return e;
	}
	return NULL;
}

/* ---- Sources ---- */

static struct flow_source *find_source(struct flows *t, uint64_t hash)
{
	struct flow_source *s = t->source_chains[hash & (t->size - 1)];

	while (s && s->hash != hash)
		s = s->next;
	return s;
}

static void count_again(struct flows *t, struct flow_source *s)
{
	unsigned i = s->count < FLOWS_COUNTS ? s->count : FLOWS_COUNTS - 1;

	list_remove(&s->by_count);
	list_append(&t->by_count[i], &s->by_count);
}

static struct flow_source *make_source(struct flows *t, uint64_t hash)
{
	struct flow_source *s = find_source(t, hash);

	if (s)
		return s;
	s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->hash = hash;
	list_init(&s->flows);
	list_init(&s->by_count);
	s->next = t->source_chains[hash & (t->size - 1)];
	t->source_chains[hash & (t->size - 1)] = s;
	return s;
}

static void leave_source(struct flows *t, struct flow_source *s)
{
	struct flow_source **at = &t->source_chains[s->hash & (t->size - 1)];

	if (--s->count > 0) {
		count_again(t, s);
		return;
	}
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	list_remove(&s->by_count);
	free(s);
}

/* ---- Flows ---- */

int flows_add(struct flows *t, struct flow_entry *e)
{
	const struct sockaddr *peer = (const struct sockaddr *)&e->peer;
	struct flow_source *s = make_source(t, source_hash(t, peer));

	if (!s)
		return -ENOMEM;
	e->hash = hash_of(t, peer, (const struct sockaddr *)&e->local);
	e->next = t->chains[e->hash & (t->size - 1)];
	t->chains[e->hash & (t->size - 1)] = e;
	e->source = s;
	s->count++;
	count_again(t, s);
	list_append(&s->flows, &e->of_source);
	list_append(&t->unconfirmed, &e->order);
	t->n++;
	return 0;
}

void flows_remove(struct flows *t, struct flow_entry *e)
{
	struct flow_entry **at = &t->chains[e->hash & (t->size - 1)];

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	list_remove(&e->order);
	list_remove(&e->of_source);
	leave_source(t, e->source);
	t->n--;
}

static void used(struct flows *t, struct flow_entry *e)
{
	list_remove(&e->order);
	list_append(e->confirmed ? &t->confirmed : &t->unconfirmed, &e->order);
	list_remove(&e->of_source);
	list_append(&e->source->flows, &e->of_source);
}

void flows_sent(struct flows *t, struct flow_entry *e)
{
	e->confirmed = e->confirmed || e->answered;
	used(t, e);
}

void flows_answered(struct flows *t, struct flow_entry *e)
{
	e->answered = true;
	used(t, e);
}

struct flow_entry *flows_victim(struct flows *t)
{
	if (!list_empty(&t->unconfirmed))
		return container_of(t->unconfirmed.next, struct flow_entry, order);
	for (unsigned i = FLOWS_COUNTS; i-- > 0;) {
		if (!list_empty(&t->by_count[i])) {
			struct flow_source *s = container_of(t->by_count[i].next, struct flow_source, by_count);

			return container_of(s->flows.next, struct flow_entry, of_source);
		}
	}
	return NULL;
}

struct flow_entry *flows_oldest_of(struct flows *t, const struct sockaddr *peer)
{
	struct flow_source *s = find_source(t, source_hash(t, peer));

	return s ? container_of(s->flows.next, struct flow_entry, of_source) : NULL;
}
