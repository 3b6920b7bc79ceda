/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_drive.c is the test's half of the fake: it starts the plugin, plays the far ends of links, lets time pass, and
 * shows what came of it.
 */
#include "fake_host.h"
#include "fake_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

void *fake_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	assert_non_null(p);
	return p;
}

char *fake_copy(const char *p, size_t n)
{
	char *copy = malloc(n + 1);

	assert_non_null(copy);
	if (n > 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

struct fake *fake_create(const struct lg_plugin *plugin, const void *conf)
{
	struct fake *f = fake_alloc(sizeof(*f));
	char err[128] = "";

	f->plugin = plugin;
	fake_of_tokens = f;
	f->host = fake_calls;
	f->handed = true;
	f->kept = 8;
	f->limits = (struct lg_limits){ .headers = 64 << 10, .message = 5 << 20, .requests = 100, .answer_ms = 180000 };
	f->inst = fake_alloc(plugin->inst_size);
	if (plugin->start)
		assert_int_equal(plugin->start(f->inst, conf, &f->host, err, sizeof(err)), 0);
	return f;
}

void fake_destroy(struct fake *f)
{
	for (unsigned i = 0; i < f->npeers; i++)
		if (f->peers[i]->link)
			fake_kill(f->peers[i]);
	assert_int_equal(f->open, 0);
	if (f->plugin->stop)
		f->plugin->stop(f->inst);
	for (unsigned i = 0; i < f->npeers; i++) {
		for (int what = 0; what <= LG_ALPN; what++)
			free(f->peers[i]->learned[what]);
		free(f->peers[i]->got);
		free(f->peers[i]->in);
		free(f->peers[i]);
	}
	for (unsigned i = 0; i < f->nowners; i++)
		free(f->owners[i].key);
	free(f->owners);
	free(f->tasks);
	free(f->inst);
	free(f);
}

/* ---- Bytes ---- */

static void take(struct fake_peer *p, size_t n)
{
	p->in_n -= n;
	memmove(p->in, p->in + n, p->in_n);
}

/* Offers what is there; false: the plugin waits. */
static bool offer(struct fake_peer *p)
{
	struct fake *f = p->fake;
	char *bytes = fake_alloc(p->in_n);
	ptrdiff_t used;

	/* Exactly so many bytes, for AddressSanitizer. */
	memcpy(bytes, p->in, p->in_n);
	f->reading = (struct lg_span){ bytes, p->in_n };
	f->depth++;
	used = f->plugin->receive(p->link, f->reading);
	f->depth--;
	f->reading = LG_NO_UNIT;
	free(bytes);
	assert_true(used <= (ptrdiff_t)p->in_n);
	if (used < 0)
		f->host.close(p->link, LG_RESET);
	else
		take(p, (size_t)used);
	assert_true(used != 0 || p->held || p->in_n <= f->limits.headers + f->limits.message);
	fake_deliver(f);
	return used > 0;
}

/* Sends on what goes unseen; false: there is no room for more. */
static bool pass(struct fake_peer *p)
{
	struct fake_peer *to = p->passes_to;
	size_t n = p->link->passing < p->in_n ? (size_t)p->link->passing : p->in_n;

	if (to->closing) {
		p->passes_to = NULL;
		return true;
	}
	if (to->full)
		return false;
	fake_put(to, p, p->in, n, LG_MORE);
	take(p, n);
	p->link->passing -= n;
	if (p->link->passing > 0)
		return true;
	p->passes_to = NULL;
	fake_unit_over(to);
	offer(p); /* what is behind, also when that is nothing */
	return true;
}

void fake_read(struct fake_peer *p)
{
	while (p->link && !p->closing && p->in_n > 0) {
		if (!fake_lease_hears(p)) {
			fake_deliver(p->fake);
			return;
		}
		if (p->passes_to) {
			if (!pass(p))
				return;
		} else if (p->joined) {
			fake_put(p->joined, p, p->in, p->in_n, 0);
			take(p, p->in_n);
		} else if (p->held || !p->fake->plugin->receive || !offer(p)) {
			return;
		}
	}
}

void fake_input(struct fake_peer *p, const char *bytes, size_t n)
{
	if (!p->link || p->closing || n == 0)
		return;
	p->in = realloc(p->in, p->in_n + n);
	assert_non_null(p->in);
	memcpy(p->in + p->in_n, bytes, n);
	p->in_n += n;
	fake_read(p);
}

void fake_text(struct fake_peer *p, const char *text)
{
	fake_input(p, text, strlen(text));
}

void fake_steps(struct fake_peer *p, const char *bytes, size_t n, size_t step)
{
	for (size_t at = 0; at < n; at += step)
		fake_input(p, bytes + at, n - at < step ? n - at : step);
}

void fake_cut(struct fake_peer *p, const char *bytes, size_t n, size_t cut)
{
	fake_input(p, bytes, cut);
	fake_input(p, bytes + cut, n - cut);
}

void fake_forget(struct fake_peer *p)
{
	p->got_n = 0;
	p->got[0] = '\0';
	p->sends = 0;
}

/* ---- Events ---- */

void fake_end(struct fake_peer *p)
{
	struct fake *f = p->fake;

	assert_non_null(p->link);
	if (f->plugin->ended && !p->joined && fake_lease_hears(p)) {
		f->depth++;
		f->plugin->ended(p->link);
		f->depth--;
	} else {
		f->host.close(p->link, LG_FLUSH);
	}
	fake_deliver(f);
}

void fake_kill(struct fake_peer *p)
{
	assert_non_null(p->link);
	p->fake->host.close(p->link, LG_RESET);
	fake_deliver(p->fake);
}

void fake_fill(struct fake_peer *p)
{
	p->full = true;
}

void fake_drain(struct fake_peer *p)
{
	struct fake *f = p->fake;

	p->full = false;
	for (unsigned i = 0; i < f->npeers; i++)
		if (f->peers[i]->passes_to == p)
			fake_read(f->peers[i]);
	if (p->link && !p->closing && f->plugin->writable) {
		f->depth++;
		f->plugin->writable(p->link);
		f->depth--;
	}
	fake_deliver(f);
}

void fake_connect(struct fake *f)
{
	struct fake_exchange *e, *first;

	/* In the order of `route`; the list has the newest first. */
	do {
		first = NULL;
		for (e = f->exchanges; e; e = e->next)
			if (e->connecting)
				first = e;
		if (first)
			fake_connected(f, first);
	} while (first);
	fake_deliver(f);
}

static bool one_too_late(struct fake *f)
{
	for (struct fake_exchange *e = f->exchanges; e; e = e->next)
		if (e->routed && e->deadline_at_ms && e->deadline_at_ms <= f->host.now_ms()) {
			e->deadline_at_ms = 0;
			fake_lost(f, e, LG_LOST_DEADLINE);
			return true;
		}
	return false;
}

void fake_pass(struct fake *f, uint64_t ms)
{
	fake_clock_pass(ms);
	while (one_too_late(f))
		;
	for (unsigned i = 0; i < f->npeers; i++) {
		struct fake_peer *p = f->peers[i];

		if (!p->link || p->deadline_at_ms == 0 || p->deadline_at_ms > f->host.now_ms())
			continue;
		p->deadline_at_ms = 0;
		assert_non_null(f->plugin->expired);
		f->depth++;
		f->plugin->expired(p->link);
		f->depth--;
	}
	fake_deliver(f);
}

/* ---- Keys, facts, probes ---- */

int fake_owner(const struct fake *f, const char *key)
{
	for (unsigned i = 0; i < f->nowners; i++)
		if (strcmp(f->owners[i].key, key) == 0)
			return (int)f->owners[i].server;
	return -1;
}

void fake_own(struct fake *f, const char *key, unsigned server)
{
	unsigned i = 0;

	while (i < f->nowners && strcmp(f->owners[i].key, key) != 0)
		i++;
	if (i == f->nowners) {
		f->owners = realloc(f->owners, (i + 1) * sizeof(*f->owners));
		assert_non_null(f->owners);
		f->owners[f->nowners++].key = fake_copy(key, strlen(key));
	}
	f->owners[i].server = server;
}

const char *fake_fact(struct lg_exchange *x, const char *name)
{
	static char text[4096];
	const struct lg_plugin *plugin = ((struct fake_exchange *)x)->session->fake->plugin;

	if (strcmp(name, "source") == 0) /* the core's own */
		return "192.0.2.1";
	for (unsigned i = 0; plugin->facts[i]; i++) {
		const char *star = strchr(plugin->facts[i], '*');
		size_t n = star ? (size_t)(star - plugin->facts[i]) : strlen(name) + 1;
		struct lg_span value;

		if (strncmp(name, plugin->facts[i], n) != 0)
			continue;
		value = plugin->fact(x, i, star ? fake_span(name + n) : LG_NO_UNIT);
		if (!value.p)
			return NULL;
		assert_true(value.n < sizeof(text));
		memcpy(text, value.p, value.n);
		text[value.n] = '\0';
		return text;
	}
	fail_msg("no fact is called %s", name);
	return NULL;
}

void fake_ask(struct lg_probe *p, struct lg_span bytes)
{
	struct fake_question *q = (struct fake_question *)p;

	assert_true(q->asked_n + bytes.n < sizeof(q->asked));
	memcpy(q->asked + q->asked_n, bytes.p, bytes.n);
	q->asked_n += bytes.n;
	q->asked[q->asked_n] = '\0';
}

struct fake_question *fake_question(const struct lg_plugin *plugin, const void *conf)
{
	static const struct lg_server server = { { "a", 1 }, { "192.0.2.3:5060", 14 } };
	struct fake_question *q = fake_alloc(sizeof(*q));

	q->plugin = plugin;
	q->p = (struct lg_probe){ .host = &fake_calls,
				  .conf = conf,
				  .data = fake_alloc(plugin->probe_size),
				  .server = &server,
				  .peer = server.address,
				  .local = fake_span("192.0.2.2:40000"),
				  .transport = LG_TCP };
	assert_int_equal(plugin->probe(&q->p), 0);
	return q;
}

enum lg_verdict fake_judge(struct fake_question *q, const char *answer, size_t n, bool ended)
{
	char *bytes = fake_alloc(n);
	enum lg_verdict verdict;

	memcpy(bytes, answer, n);
	q->p.ended = ended;
	verdict = q->plugin->judge(&q->p, (struct lg_span){ bytes, n });
	free(bytes);
	return verdict;
}

void fake_question_free(struct fake_question *q)
{
	free(q->p.data);
	free(q);
}
