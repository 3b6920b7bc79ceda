/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_stock.c keeps sessions under keys, newest first, and within its limits; those that have ended go as others come.
 * It does not know what a key stands for, nor what is in a session, but that it is secret: it is wiped when it goes.
 */
#include "tls_stock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "tls_private.h"

enum { BUCKETS = 256 }; /* by the first byte of a key, which is a digest */

struct entry {
	struct tls_past past;
	struct list same, all; /* of the bucket; of the stock: the newest is last */
	unsigned char key[TLS_DIGEST];
};

struct tls_stock {
	struct list buckets[BUCKETS], all;
	unsigned n;
};

int tls_stock_create(struct tls_stock **sp)
{
	struct tls_stock *s = calloc(1, sizeof *s);

	if (!s)
		return -ENOMEM;
	list_init(&s->all);
	for (unsigned i = 0; i < BUCKETS; i++)
		list_init(&s->buckets[i]);
	*sp = s;
	return 0;
}

static void wipe(gnutls_datum_t *d)
{
	if (d->data)
		explicit_bzero(d->data, d->size);
	gnutls_free(d->data);
	*d = (gnutls_datum_t){ NULL, 0 };
}

void tls_stock_drop(struct tls_stock *s, struct tls_past *past)
{
	struct entry *e = container_of(past, struct entry, past);

	list_remove(&e->same);
	list_remove(&e->all);
	s->n--;
	wipe(&past->data);
	free(e);
}

static void drop_oldest(struct tls_stock *s)
{
	tls_stock_drop(s, &container_of(s->all.next, struct entry, all)->past);
}

void tls_stock_free(struct tls_stock *s)
{
	while (s && s->n)
		drop_oldest(s);
	free(s);
}

static bool is_of(const struct entry *e, const unsigned char key[TLS_DIGEST])
{
	return memcmp(e->key, key, sizeof e->key) == 0;
}

struct tls_past *tls_stock_find(struct tls_stock *s, const unsigned char key[TLS_DIGEST], uint64_t now_ms)
{
	struct tls_past *newest = NULL;
	struct list *l, *tmp;

	list_each (l, tmp, &s->buckets[key[0]]) {
		struct entry *e = container_of(l, struct entry, same);

		if (e->past.ends_ms <= now_ms)
			tls_stock_drop(s, &e->past);
		else if (is_of(e, key))
			newest = &e->past;
	}
	return newest;
}

void tls_stock_forget(struct tls_stock *s, const unsigned char key[TLS_DIGEST])
{
	struct list *l, *tmp;

	list_each (l, tmp, &s->buckets[key[0]]) {
		struct entry *e = container_of(l, struct entry, same);

		if (is_of(e, key))
			tls_stock_drop(s, &e->past);
	}
}

/* Those that are good but once stand side by side; any other takes the place of all. */
static void make_room(struct tls_stock *s, const unsigned char key[TLS_DIGEST], bool once, uint64_t now_ms)
{
	struct entry *oldest = NULL;
	struct list *l, *tmp;
	unsigned n = 0;

	while (s->n && container_of(s->all.next, struct entry, all)->past.ends_ms <= now_ms)
		drop_oldest(s);
	list_each (l, tmp, &s->buckets[key[0]]) {
		struct entry *e = container_of(l, struct entry, same);

		if (!is_of(e, key))
			continue;
		if (!once || !e->past.once) {
			tls_stock_drop(s, &e->past);
			continue;
		}
		oldest = oldest ? oldest : e;
		n++;
	}
	if (n >= TLS_STOCK_EACH)
		tls_stock_drop(s, &oldest->past);
	if (s->n >= TLS_STOCK_MOST)
		drop_oldest(s);
}

int tls_stock_put(struct tls_stock *s, const unsigned char key[TLS_DIGEST], struct tls_past *past, uint64_t now_ms)
{
	bool fits = past->data.size <= TLS_STOCK_BYTES && past->ends_ms > now_ms;
	struct entry *e = fits ? calloc(1, sizeof *e) : NULL;

	if (!e) {
		wipe(&past->data);
		return fits ? -ENOMEM : -EMSGSIZE;
	}
	make_room(s, key, past->once, now_ms);
	e->past = *past;
	memcpy(e->key, key, sizeof e->key);
	list_append(&s->buckets[key[0]], &e->same);
	list_append(&s->all, &e->all);
	s->n++;
	return 0;
}
