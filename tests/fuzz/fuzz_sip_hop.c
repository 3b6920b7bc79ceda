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
#include <stdio.h>
#include <stdlib.h>

#include "plugins/sip/hop.h"
#include "sip/check.h"
#include "sip/header.h"
#include "sip/reply.h"
#include "tests/fuzz/hop_oracle.h"
#include "tests/plugin/fake_inside.h"
#include "tests/plugin/hop_play.h"
#include "tests/unit/sip_samples.h"

#define HEAD  16384 /* more than any input and what a hop adds: nothing is over the limits */
#define DEAL  4     /* bytes in front of the text */
#define NAME  "gw.example"
#define BRAND "z9hG4bKlg"

enum deal { BY_UDP = 1, RECORD = 2, PATH = 4, NAMED = 8, ELSEWHERE = 16, TLS_INSIDE = 32, TLS_OUTSIDE = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed);

/* A whole message with its index. */
struct unit {
	const char *p;
	size_t n;
	struct sip_head h;
};

struct stage {
	struct fake *f;
	struct fake_peer *client;
	uint8_t deal;
	uint64_t cseqs; /* a bit for each that came, or two that look alike */
	bool timed; /* what becomes of a request depends on whether an earlier one has been routed: it may be the same
		       one again, or the end of the stream */
	bool unfinished;         /* the stream may be inside a message */
	size_t seen[FAKE_PEERS]; /* how much of each peer's `got` has been looked at */
};

static void stop(const char *what)
{
	fprintf(stderr, "fuzz_sip_hop: %s\n", what);
	abort();
}

static struct sip_text text_of(const struct unit *u)
{
	return (struct sip_text){ u->p, u->n };
}

static bool holds(struct sip_text t, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; i + n <= t.n; i++)
		if (sip_same((struct sip_text){ t.p + i, n }, (struct sip_text){ what, n }))
			return true;
	return false;
}

static bool begins(struct sip_text t, const char *what)
{
	return t.n >= strlen(what) && memcmp(t.p, what, strlen(what)) == 0;
}

/* The message at the front.  False: there is none that is whole. */
static bool read_unit(struct unit *u, struct sip_text t, bool datagram)
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

static void stage_open(struct stage *s, uint8_t deal)
{
	*s = (struct stage){ .deal = deal };
	s->f = HOP_PLAY(.record_route = deal & RECORD, .path = deal & PATH, .name = deal & NAMED ? NAME : NULL);
	s->f->host.random = no_random;
	s->f->limits.headers = s->f->limits.message = HEAD;
	s->f->policy = read_facts;
	s->f->elsewhere = deal & ELSEWHERE;
	s->f->shared = deal & TLS_INSIDE ? LG_TLS : (enum lg_transport)0;
	if (!(deal & BY_UDP))
		s->client = fake_client_by(s->f, deal & TLS_OUTSIDE ? LG_TLS : LG_TCP);
}

/* Whoever waits has waited long enough. */
static void stage_close(struct stage *s)
{
	for (int i = 0; i < 5; i++)
		fake_pass(s->f, 60000);
	if (s->f->open > 0)
		stop("an exchange that does not end");
	fake_destroy(s->f);
}

static void client_says(struct stage *s, struct sip_text t)
{
	if (s->deal & BY_UDP)
		s->client = fake_datagram(s->f, s->client, t.p, t.n);
	else
		fake_input(s->client, t.p, t.n);
}

static bool is_there(const struct fake_peer *p)
{
	return p->link && !p->closing;
}

/* What a peer got since the last time. */
static struct sip_text news(struct stage *s, const struct fake_peer *p)
{
	unsigned i = 0;
	struct sip_text t;

	while (s->f->peers[i] != p)
		i++;
	t = (struct sip_text){ p->got + s->seen[i], p->got_n - s->seen[i] };
	s->seen[i] = p->got_n;
	return t;
}

/* The same of all servers: no more than one of them may have got anything. */
static struct sip_text servers_news(struct stage *s)
{
	struct sip_text all = { NULL, 0 };

	for (unsigned i = 0; i < s->f->npeers; i++) {
		struct sip_text t = s->f->peers[i] == s->client ? all : news(s, s->f->peers[i]);

		if (all.n > 0 && t.n > 0 && t.p != all.p)
			stop("two servers got something");
		all = t.n > 0 ? t : all;
	}
	return all;
}

/* ---- What leaves for a server ---- */

/* The next header line, folds and all, without its CRLF. */
static bool next_line(struct sip_text *rest, struct sip_text *line)
{
	size_t n = 0;

	while (n + 2 < rest->n &&
	       (memcmp(rest->p + n, "\r\n", 2) != 0 || rest->p[n + 2] == ' ' || rest->p[n + 2] == '\t'))
		n++;
	*line = (struct sip_text){ rest->p, n };
	*rest = (struct sip_text){ rest->p + n + 2, rest->n < n + 2 ? 0 : rest->n - n - 2 };
	return n > 0;
}

static bool is_called(struct sip_text line, const char *name)
{
	const char *colon = memchr(line.p, ':', line.n);
	struct sip_text found = { line.p, colon ? (size_t)(colon - line.p) : 0 };

	return sip_same(sip_header_name(sip_trim(found)), (struct sip_text){ name, strlen(name) });
}

static bool is_record(struct sip_text line)
{
	return is_called(line, "record-route") || is_called(line, "path");
}

static struct sip_text headers(const struct unit *u)
{
	return (struct sip_text){ u->p + u->h.start.n + 2, u->h.head_n - u->h.start.n - 2 };
}

static int count_records(const struct unit *u)
{
	struct sip_text rest = headers(u), line;
	int n = 0;

	while (next_line(&rest, &line))
		n += is_record(line);
	return n;
}

/* The next line that a hop leaves alone; `records` that are in front are its own. */
static struct sip_text next_kept(struct sip_text *rest, int *records, bool length)
{
	struct sip_text line;

	while (next_line(rest, &line)) {
		if (is_called(line, "via") || is_called(line, "route") || is_called(line, "max-forwards"))
			continue;
		if (is_record(line) && *records > 0 && (*records)--)
			continue;
		if (length && is_called(line, "content-length"))
			continue;
		return line;
	}
	return (struct sip_text){ NULL, 0 };
}

static void check_headers(const struct stage *s, const struct unit *came, const struct unit *left)
{
	int records = count_records(left) - count_records(came), none = 0;
	struct sip_text rest = headers(came), rest_left = headers(left), a, b;

	if (records < 0 || records > 2 || (records > 0 && !(s->deal & (RECORD | PATH))))
		stop("a Record-Route or Path that nobody wants");
	do {
		a = next_kept(&rest, &none, false);
		b = next_kept(&rest_left, &records, came->h.content_length < 0 && s->deal & BY_UDP);
		if (!sip_equal(a, b))
			stop("a header that has changed");
	} while (a.n > 0);
}

static bool is_strict(const struct unit *u)
{
	return holds(sip_text(u->p, u->h.uri), "lg=");
}

static void check_sent(const struct stage *s, const struct unit *came, struct sip_text sent)
{
	struct unit left;
	const char *differs;

	if (!read_unit(&left, sent, false) || left.n != sent.n)
		stop("what is sent is no message");
	if (!begins(sip_branch(left.p, &left.h), BRAND))
		stop("our Via is not on top");
	if (!is_strict(came) && !sip_equal(sip_text(came->p, came->h.start), sip_text(left.p, left.h.start)))
		stop("another start line");
	if (!sip_equal((struct sip_text){ came->p + came->h.head_n, came->h.body_n },
		       (struct sip_text){ left.p + left.h.head_n, left.h.body_n }))
		stop("another body");
	check_headers(s, came, &left);
	differs = hop_oracle_differs(came->p, came->n, sent.p, sent.n, s->deal & NAMED ? NAME : "192.0.2.2",
				     is_strict(came));
	if (differs)
		stop(differs);
}

/* ---- What a request may and must become ---- */

static void check_way(const struct hop_reading *r, unsigned flags)
{
	if ((r->in_dialog || r->ack_or_cancel) && (!(flags & LG_FOLLOW) || flags & LG_KEEP))
		stop("a request inside a dialog that does not follow it");
	if (r->has_credentials && flags & LG_KEEP)
		stop("credentials for a second server");
}

static void check_hops(const struct unit *u, struct sip_text sent, struct sip_text answer)
{
	const char *reason;
	struct sip_via top;
	bool silent = u->h.method == SIP_ACK || u->h.method == SIP_BENOTIFY;

	if (sent.n > 0)
		stop("one hop too many");
	if (sip_check_hop(u->p, &u->h, &top, &reason) == 0 && (silent ? answer.n > 0 : !begins(answer, "SIP/2.0 483 ")))
		stop("another answer than 483");
}

static void play_unit(struct stage *s, const struct unit *u)
{
	unsigned routes = s->f->routes;
	struct sip_text sent, answer;
	struct hop_reading r;

	s->timed |= s->cseqs >> u->h.cseq % 64 & 1;
	s->cseqs |= UINT64_C(1) << u->h.cseq % 64;
	client_says(s, text_of(u));
	sent = servers_news(s);
	answer = news(s, s->client);
	if (u->h.kind == SIP_RESPONSE) {
		if (!holds(text_of(u), BRAND) && (sent.n > 0 || answer.n > 0))
			stop("a client's answer to nobody's request");
		return;
	}
	if (sent.n > 0)
		check_sent(s, u, sent);
	if (sent.n > 0 && answer.n > 0)
		stop("a request that is answered and passed on");
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

		if (read_unit(&u, t, s->deal & BY_UDP)) {
			play_unit(s, &u);
			n = s->deal & BY_UDP ? t.n : u.n;
		} else if (t.n > 2 && memcmp(t.p, "\r\n", 2) == 0) {
			n = 2;
			if (!(s->deal & BY_UDP)) {
				client_says(s, (struct sip_text){ t.p, n });
				(void)news(s, s->client); /* a pong */
			}
		} else {
			s->timed |= s->cseqs != 0 || is_more(t);
			s->unfinished = !(s->deal & BY_UDP);
			client_says(s, t);
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
		stop("a cut that changes who gets something");
	for (unsigned i = 0; i < s.f->npeers; i++) {
		const struct fake_peer *a = whole->f->peers[i], *b = s.f->peers[i];

		if (a->got_n != b->got_n || is_there(a) != is_there(b) ||
		    (b != s.client && memcmp(a->got, b->got, a->got_n) != 0))
			stop("a cut that changes what comes out");
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
	if (holds(answer, BRAND) && !holds(expected, BRAND))
		stop("our Via goes to a client");
	if (status == 503) {
		if (answer.n > 0 && !begins(answer, "SIP/2.0 500 "))
			stop("a 503 that is not hidden");
	} else if ((is_there(s->client) || s->deal & BY_UDP) && !sip_equal(answer, expected)) {
		stop("an answer that is lost, or changed");
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
		stop("no answer to what was sent");
	expected = without_via(answer, room);
	if (!holds(expected, BRAND)) {
		fake_input(server, expected.p, expected.n);
		if (news(s, s->client).n > 0)
			stop("somebody got an answer to another's request");
	}
	fake_input(server, answer.p, answer.n);
	check_answer(s, status, news(s, s->client), expected);
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

		while (is_there(p) && rest.n > 0 && read_unit(&u, rest, false)) {
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
	if (!is_there(s->client) || sent.n == 0 || !read_unit(&u, sent, false))
		return;
	copy = fake_copy(u.p, u.n);
	servers_news(s);
	client_says(s, (struct sip_text){ copy, u.n });
	if (servers_news(s).n > 0)
		stop("a loop");
	free(copy);
}

/* Whatever a server says, if it bears no mark of ours no client gets it; one that waits may hear that it is in vain. */
static void play_server(struct stage *s, struct sip_text t, size_t cut)
{
	struct fake_peer *server = fake_shared(s->f, 0);
	struct sip_text got;

	if (!server)
		server = fake_server_calls(s->f, 0);
	(void)news(s, s->client);
	if (server->link->transport == LG_UDP)
		fake_input(server, t.p, t.n);
	else
		fake_cut(server, t.p, t.n, t.n > 0 ? cut % t.n : 0);
	got = news(s, s->client);
	if (got.n > 0 && !begins(got, "SIP/2.0 500 ") && !holds(t, BRAND) && !holds(t, "lg="))
		stop("a client got what was not for it");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const int statuses[] = { 100, 180, 200, 302, 404, 486, 503, 603 };
	struct sip_text client, server = { NULL, 0 };
	const char *border;
	struct stage s;
	size_t cut;

	if (n <= DEAL)
		return 0;
	cut = (size_t)data[2] << 8 | data[3];
	client = (struct sip_text){ (const char *)data + DEAL, n - DEAL };
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
		if (!s.unfinished && !holds(client, "lg="))
			play_loop(&s);
		(void)news(&s, s.client);
		play_answers(&s, statuses[data[1] % (sizeof(statuses) / sizeof(*statuses))]);
		if (server.n > 0)
			play_server(&s, server, cut);
	}
	stage_close(&s);
	return 0;
}

/* ---- The generator: mostly begins from a sample, so that no corpus has to be kept ---- */

static const char *const requests[] = {
	"INVITE sip:b@x.example SIP/2.0\r\nVia: SIP/2.0/UDP h;rport;branch=z9hG4bK1, SIP/2.0/TCP g:1\r\nMax-Forwards: "
	"7\r\n"
	"Route: <sip:192.0.2.2:5060;lr>, <sip:192.0.2.3;lr>\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\n"
	"Call-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 4\r\n\r\nbody",
	"BYE sip:b@x SIP/2.0\r\nv: SIP/2.0/TLS h:5061;branch=z9hG4bK1\r\nRoute: <sip:gw.example;lr>\r\n"
	"route : \"a, b\" <sip:[2001:db8::1]:5060;lr>, <sip:c>\r\nf: <sip:a@x>;tag=1\r\nt: <sip:b@x>;tag=2\r\n"
	"Authorization: Digest username=\"a\", realm=\"b\"\r\ni: 2\r\nCSeq: 2 BYE\r\nl: 0\r\n\r\n",
	"REGISTER sips:x SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nMax-Forwards: 0\r\nFrom: sip:a@x;tag=1\r\nTo: "
	"sip:a@x\r\n"
	"Call-ID: 3\r\nCSeq: 3 REGISTER\r\nRecord-Route: <sip:r;lr>\r\n\r\n",
	"CANCEL sip:b@x.example SIP/2.0\r\nVia: SIP/2.0/UDP h;rport;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\n"
	"To: <sip:b@x>\r\nCall-ID: 1\r\nCSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n",
};

/* What strict routers make of our Record-Route; `lg` is the gateway's without a name. */
static size_t write_strict(char *out, size_t max)
{
	const struct lg_host host = { .digest = fake_digest };
	char id[HOP_ID];
	int n;

	hop_id_write(id, &host, NULL);
	n = snprintf(out, max,
		     "BYE sip:192.0.2.2;lr;lg=%.8s SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n"
		     "Route: <sip:r;lr;lg=%.8s.1>, <sip:c;lr>\r\nRoute: <sip:d>\r\nMax-Forwards: 10\r\n"
		     "From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>;tag=2\r\n"
		     "Call-ID: 1\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
		     id, id);
	return n < 0 || (size_t)n >= max ? 0 : (size_t)n;
}

static size_t put(uint8_t *data, size_t n, size_t max, const char *text)
{
	if (strlen(text) > max - n)
		return n;
	memcpy(data + n, text, strlen(text));
	return n + strlen(text);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
	size_t nrequests = sizeof(requests) / sizeof(*requests), which = seed / 8 % (nrequests + 2);

	if (seed % 4 == 0 || max < DEAL + 1)
		return LLVMFuzzerMutate(data, n, max);
	for (n = 0; n < DEAL; n++)
		data[n] = (uint8_t)(seed >> 8 * n ^ seed >> 5);
	if (which < nrequests)
		n = put(data, n, max, requests[which]);
	else if (which == nrequests)
		n += write_strict((char *)data + n, max - n);
	else
		n = put(data, n, max, sip_samples[seed / 64 % SIP_SAMPLES].text);
	if (seed / 4 % 2)
		n = put(data, n, max, requests[seed / 128 % nrequests]);
	n = put(data, n, max, "\xff\xff");
	n = put(data, n, max, sip_samples[seed / 512 % SIP_SAMPLES].text);
	return LLVMFuzzerMutate(data, n, max);
}
