/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_sip_hop: the sip plugin in hop mode on the fake host, with any bytes of a client's, as a datagram or as a
 * stream, and any of a server's.  libosip2 says what a request is, and so what must become of it; everything that is
 * not a hop's to change must leave as it came, and answers must go where they belong.  Built by `make fuzz`.
 *
 * The input: a byte of enum deal, a status, where the stream is cut (two bytes), what the client says, and behind
 * 0xff 0xff what a server says.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sip/check.h"
#include "sip/reply.h"
#include "tests/fuzz/hop_check.h"
#include "tests/fuzz/hop_oracle.h"
#include "tests/plugin/hop_play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* ---- What a request may and must become ---- */

static void check_way(const struct hop_reading *r, unsigned flags)
{
	if ((r->in_dialog || r->ack_or_cancel) && (!(flags & LG_FOLLOW) || flags & LG_KEEP))
		hop_stop("a request inside a dialog that does not follow it");
	if (r->has_credentials && flags & LG_KEEP)
		hop_stop("credentials for a second server");
}

static void check_hops(const struct unit *u, struct sip_text sent, struct sip_text answer)
{
	const char *reason;
	struct sip_via top;
	bool silent = u->h.method == SIP_ACK || u->h.method == SIP_BENOTIFY;

	if (sent.n > 0)
		hop_stop("one hop too many");
	if (sip_check_hop(u->p, &u->h, &top, &reason) == 0 &&
	    (silent ? answer.n > 0 : !text_begins(answer, "SIP/2.0 483 ")))
		hop_stop("another answer than 483");
}

static void play_unit(struct stage *s, const struct unit *u)
{
	unsigned routes = s->f->routes;
	struct sip_text sent, answer;
	struct hop_reading r;

	s->timed |= s->cseqs >> u->h.cseq % 64 & 1;
	s->cseqs |= UINT64_C(1) << u->h.cseq % 64;
	stage_say(s, unit_text(u));
	sent = stage_servers_news(s);
	answer = stage_news(s, s->client);
	if (u->h.kind == SIP_RESPONSE) {
		if (!text_holds(unit_text(u), HOP_BRAND) && (sent.n > 0 || answer.n > 0))
			hop_stop("a client's answer to nobody's request");
		return;
	}
	if (sent.n > 0)
		hop_check_sent(s, u, sent);
	if (sent.n > 0 && answer.n > 0)
		hop_stop("a request that is answered and passed on");
	if (!hop_oracle_read(&r, u->p, u->n) || !r.request)
		return;
	if (s->f->routes > routes)
		check_way(&r, s->f->last_flags);
	if (r.max_forwards == 0)
		check_hops(u, sent, answer);
}

/* Is there anything behind the first head? */
static bool is_more(struct sip_text t)
{
	const char *end = memmem(t.p, t.n, "\r\n\r\n", 4);

	return end && end + 4 < t.p + t.n;
}

/* Plays message by message as far as there are any. */
static void play_units(struct stage *s, struct sip_text t)
{
	struct unit u;

	while (t.n > 0) {
		size_t n = t.n;

		if (unit_read(&u, t, s->deal & BY_UDP)) {
			play_unit(s, &u);
			n = s->deal & BY_UDP ? t.n : u.n;
		} else if (t.n > 2 && memcmp(t.p, "\r\n", 2) == 0) {
			n = 2;
			if (!(s->deal & BY_UDP)) {
				stage_say(s, (struct sip_text){ t.p, n });
				(void)stage_news(s, s->client); /* a pong */
			}
		} else {
			s->timed |= s->cseqs != 0 || is_more(t);
			s->unfinished = !(s->deal & BY_UDP);
			stage_say(s, t);
		}
		t = (struct sip_text){ t.p + n, t.n - n };
	}
}

/* However a stream is cut, the same must come of it, answers in any order. */
static void check_cut(const struct stage *whole, struct sip_text t, size_t cut)
{
	struct stage s;

	stage_open(&s, whole->deal);
	fake_cut(s.client, t.p, t.n, t.n > 0 ? cut % t.n : 0);
	if (s.f->npeers != whole->f->npeers)
		hop_stop("a cut that changes who gets something");
	for (unsigned i = 0; i < s.f->npeers; i++) {
		const struct fake_peer *a = whole->f->peers[i], *b = s.f->peers[i];

		if (a->got_n != b->got_n || stage_has(a) != stage_has(b) ||
		    (b != s.client && memcmp(a->got, b->got, a->got_n) != 0))
			hop_stop("a cut that changes what comes out");
	}
	stage_close(&s);
}

/* ---- Answers ---- */

/* The answer `text` without its topmost Via, which is a line of its own. */
static struct sip_text without_via(struct sip_text text, char *room)
{
	const char *via = memchr(text.p, '\n', text.n) + 1, *end = memchr(via, '\n', text.n);
	size_t before = (size_t)(via - text.p), behind = (size_t)(text.p + text.n - (end + 1));

	memcpy(room, text.p, before);
	memcpy(room + before, end + 1, behind);
	return (struct sip_text){ room, before + behind };
}

static void check_answer(struct stage *s, int status, struct sip_text answer, struct sip_text expected)
{
	if (text_holds(answer, HOP_BRAND) && !text_holds(expected, HOP_BRAND))
		hop_stop("our Via goes to a client");
	if (status == 503) {
		if (answer.n > 0 && !text_begins(answer, "SIP/2.0 500 "))
			hop_stop("a 503 that is not hidden");
	} else if ((stage_has(s->client) || s->deal & BY_UDP) && !sip_equal(answer, expected)) {
		hop_stop("an answer that is lost, or changed");
	}
}

/* The server answers the request `u` that it got, and somebody else's. */
static void play_answer(struct stage *s, struct fake_peer *server, const struct unit *u, int status)
{
	const struct sip_reply reply = { .code = status, .reason = SIP_TEXT("Reason"), .tag = SIP_TEXT("srv") };
	char *buf = fake_alloc(sip_reply_room(&u->h, &reply)), *room = fake_alloc(sip_reply_room(&u->h, &reply));
	int n = sip_reply_write(buf, sip_reply_room(&u->h, &reply), u->p, &u->h, &reply);
	struct sip_text answer = { buf, n < 0 ? 0 : (size_t)n }, expected;

	if (n < 0)
		hop_stop("no answer to what was sent");
	expected = without_via(answer, room);
	if (!text_holds(expected, HOP_BRAND)) {
		fake_input(server, expected.p, expected.n);
		if (stage_news(s, s->client).n > 0)
			hop_stop("somebody got an answer to another's request");
	}
	fake_input(server, answer.p, answer.n);
	check_answer(s, status, stage_news(s, s->client), expected);
	free(buf);
	free(room);
}

static void play_answers(struct stage *s, int status)
{
	for (unsigned i = 0; i < s->f->npeers; i++) {
		struct fake_peer *p = s->f->peers[i];
		char *got = fake_copy(p->got, p->got_n);
		struct sip_text rest = { got, p == s->client ? 0 : p->got_n };
		struct unit u;

		while (stage_has(p) && rest.n > 0 && unit_read(&u, rest, false)) {
			play_answer(s, p, &u, status);
			rest = (struct sip_text){ rest.p + u.n, rest.n - u.n };
			if (status == 503)
				break;
		}
		free(got);
		if (status == 503)
			return;
	}
}

/* What has left comes back from the client: nobody gets it again (RFC 3261 section 16.3). */
static void play_loop(struct stage *s)
{
	struct sip_text sent = { NULL, 0 };
	struct unit u;
	char *copy;

	for (unsigned i = 0; i < s->f->npeers; i++)
		if (s->f->peers[i] != s->client)
			sent = (struct sip_text){ s->f->peers[i]->got, s->f->peers[i]->got_n };
	if (!stage_has(s->client) || sent.n == 0 || !unit_read(&u, sent, false))
		return;
	copy = fake_copy(u.p, u.n);
	stage_servers_news(s);
	stage_say(s, (struct sip_text){ copy, u.n });
	if (stage_servers_news(s).n > 0)
		hop_stop("a loop");
	free(copy);
}

/* Whatever a server says, if it bears no mark of ours no client gets it; one that waits may hear that it is in vain. */
static void play_server(struct stage *s, struct sip_text t, size_t cut)
{
	struct fake_peer *server = fake_shared(s->f, 0);
	struct sip_text got;

	if (!server)
		server = fake_server_calls(s->f, 0);
	(void)stage_news(s, s->client);
	if (server->link->transport == LG_UDP)
		fake_input(server, t.p, t.n);
	else
		fake_cut(server, t.p, t.n, t.n > 0 ? cut % t.n : 0);
	got = stage_news(s, s->client);
	if (got.n > 0 && !text_begins(got, "SIP/2.0 500 ") && !text_holds(t, HOP_BRAND) && !text_holds(t, "lg="))
		hop_stop("a client got what was not for it");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const int statuses[] = { 100, 180, 200, 302, 404, 486, 503, 603 };
	struct sip_text client, server = { NULL, 0 };
	const char *border;
	struct stage s;
	size_t cut;

	if (n <= HOP_DEAL)
		return 0;
	cut = (size_t)data[2] << 8 | data[3];
	client = (struct sip_text){ (const char *)data + HOP_DEAL, n - HOP_DEAL };
	border = memmem(client.p, client.n, "\xff\xff", 2);
	if (border) {
		server = (struct sip_text){ border + 2, client.n - (size_t)(border + 2 - client.p) };
		client.n = (size_t)(border - client.p);
	}
	if (client.n == 0)
		return 0;
	stage_open(&s, data[0]);
	play_units(&s, client);
	if (!(s.deal & BY_UDP) && !s.timed)
		check_cut(&s, client, cut);
	fake_of_tokens = s.f;
	if (s.client) {
		if (!s.unfinished && !text_holds(client, "lg="))
			play_loop(&s);
		(void)stage_news(&s, s.client);
		play_answers(&s, statuses[data[1] % (sizeof(statuses) / sizeof(*statuses))]);
		if (server.n > 0)
			play_server(&s, server, cut);
	}
	stage_close(&s);
	return 0;
}
