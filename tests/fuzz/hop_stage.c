/* SPDX-License-Identifier: Apache-2.0 */
/* hop_stage.c: the sip plugin in hop mode on the fake host, and what its peers say and get. */
#include "tests/fuzz/hop_stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip/header.h"
#include "tests/plugin/hop_play.h"

enum { HEAD = 16384 }; /* more than any input and what a hop adds: nothing is over the limits */

void hop_stop(const char *what)
{
	fprintf(stderr, "fuzz_sip_hop: %s\n", what);
	abort();
}

struct sip_text unit_text(const struct unit *u)
{
	return (struct sip_text){ u->p, u->n };
}

bool text_holds(struct sip_text t, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; i + n <= t.n; i++)
		if (sip_same((struct sip_text){ t.p + i, n }, (struct sip_text){ what, n }))
			return true;
	return false;
}

bool text_begins(struct sip_text t, const char *what)
{
	return t.n >= strlen(what) && memcmp(t.p, what, strlen(what)) == 0;
}

bool unit_read(struct unit *u, struct sip_text t, bool datagram)
{
	struct sip_cursor c = { 0 };
	enum sip_result result =
		datagram ? sip_scan_datagram(&u->h, t.p, t.n, HEAD) : sip_scan(&u->h, &c, t.p, t.n, HEAD);

	if (result != SIP_MESSAGE || u->h.body_n > t.n - u->h.head_n)
		return false;
	u->p = t.p;
	u->n = u->h.head_n + u->h.body_n;
	return true;
}

/* ---- The stage ---- */

/* The same in each play, so that two can be compared. */
static void no_random(void *p, size_t n)
{
	memset(p, 7, n);
}

/* Reads all facts, as policies do. */
static bool read_facts(struct lg_exchange *x, struct lg_reply *reply)
{
	(void)reply;
	for (unsigned i = 0; lychgate_plugin.facts[i]; i++)
		if (!strchr(lychgate_plugin.facts[i], '*'))
			(void)fake_fact(x, lychgate_plugin.facts[i]);
	(void)fake_fact(x, "header.subject");
	return false;
}

void stage_open(struct stage *s, uint8_t deal)
{
	*s = (struct stage){ .deal = deal };
	s->f = HOP_PLAY(.record_route = deal & RECORD, .path = deal & PATH, .name = deal & NAMED ? HOP_NAME : NULL);
	s->f->host.random = no_random;
	s->f->limits.headers = s->f->limits.message = HEAD;
	s->f->policy = read_facts;
	s->f->elsewhere = deal & ELSEWHERE;
	s->f->shared = deal & TLS_INSIDE ? LG_TLS : (enum lg_transport)0;
	if (!(deal & BY_UDP))
		s->client = fake_client_by(s->f, deal & TLS_OUTSIDE ? LG_TLS : LG_TCP);
}

void stage_close(struct stage *s)
{
	for (int i = 0; i < 5; i++)
		fake_pass(s->f, 60000);
	if (s->f->open > 0)
		hop_stop("an exchange that does not end");
	fake_destroy(s->f);
}

void stage_say(struct stage *s, struct sip_text t)
{
	if (s->deal & BY_UDP)
		s->client = fake_datagram(s->f, s->client, t.p, t.n);
	else
		fake_input(s->client, t.p, t.n);
}

bool stage_has(const struct fake_peer *p)
{
	return p->link && !p->closing;
}

struct sip_text stage_news(struct stage *s, const struct fake_peer *p)
{
	unsigned i = 0;
	struct sip_text t;

	while (s->f->peers[i] != p)
		i++;
	t = (struct sip_text){ p->got + s->seen[i], p->got_n - s->seen[i] };
	s->seen[i] = p->got_n;
	return t;
}

struct sip_text stage_servers_news(struct stage *s)
{
	struct sip_text all = { NULL, 0 };

	for (unsigned i = 0; i < s->f->npeers; i++) {
		struct sip_text t = s->f->peers[i] == s->client ? all : stage_news(s, s->f->peers[i]);

		if (all.n > 0 && t.n > 0 && t.p != all.p)
			hop_stop("two servers got something");
		all = t.n > 0 ? t : all;
	}
	return all;
}
