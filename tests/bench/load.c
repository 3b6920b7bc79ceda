/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.c: SIP for the bench, in a closed loop: each client keeps some dialogs in flight, over TLS with a record for
 * each message, or over UDP.  Both requests of a Call-ID must be answered by the same server (X-Server); then comes a
 * fresh one.
 *
 *     load tls|udp options|calls|big ADDRESS:PORT CLIENTS IN-FLIGHT SECONDS
 *
 * options: two OPTIONS.  calls: INVITE, 200, ACK, BYE, 200.  big: calls whose INVITE has 2.5 KB.
 * It says "ready" when all connections stand, begins at a line on stdin, prints one line of JSON when the time is over
 * and closes its connections at the end of stdin: who measures can leave both ends out.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "client.h"
#include "laps.h"

enum { PADDING = 1100, PATIENCE_US = 1000000, MESSAGE = 4096 };

/* A dialog in flight. */
struct slot {
	unsigned serial; /* of the Call-ID */
	int cseq;        /* 1 or 2, of the request that waits for its answer; 0: nothing does */
	char server[16]; /* that answered the first */
	long long sent_us;
};

static struct {
	struct client **all;
	int clients, in_flight;
	bool udp, calls, ending;
	char padding[PADDING + 1];
	unsigned long messages, lost, errors, moved, open;
	struct laps laps;
} load;

static const char sdp[] =
	"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=session\r\nc=IN IP4 127.0.0.1\r\nb=CT:99980\r\nt=0 0\r\n"
	"m=audio 30000 RTP/SAVP 114 9 0 8 97 101\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdefghijkl\r\n"
	"a=candidate:1 1 UDP 2130706431 127.0.0.1 30000 typ host\r\n"
	"a=candidate:1 2 UDP 2130705918 127.0.0.1 30001 typ host\r\na=rtpmap:114 x-msrta/16000\r\n"
	"a=fmtp:114 bitrate=29000\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
	"a=rtpmap:97 RED/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\n";

/* Writes and sends one request of the dialog. */
static void send_request(struct client *c, struct slot *s, const char *method, int cseq)
{
	const char *transport = load.udp ? "UDP" : "TLS", *body = *method == 'I' ? sdp : "";
	char m[MESSAGE], tag[24] = "";
	int n;

	if (load.calls && *method != 'I')
		snprintf(tag, sizeof(tag), ";tag=%s", s->server);
	n = snprintf(m, sizeof(m),
		     "%s sip:pool@bench.example SIP/2.0\r\n"
		     "Via: SIP/2.0/%s 127.0.0.1:%d;branch=z9hG4bK%c%d.%td.%x.%d;rport\r\n"
		     "Max-Forwards: 70\r\n"
		     "From: \"A user of the bench\" <sip:user%d@bench.example>;tag=%x;epid=0a1b2c3d4e\r\n"
		     "To: <sip:pool@bench.example>%s\r\n"
		     "Call-ID: %td-%u-%d-%08x@bench.example\r\n"
		     "CSeq: %d %s\r\n"
		     "Contact: <sip:user%d@127.0.0.1:%d;transport=%s>\r\n"
		     "User-Agent: a bench with a product name of the usual length, 1.0\r\n"
		     "Allow: INVITE, BYE, ACK, CANCEL, INFO, UPDATE, REFER, NOTIFY, BENOTIFY, OPTIONS\r\n"
		     "Supported: timer, histinfo, replaces, 100rel\r\n"
		     "%s%sContent-Length: %zu\r\n\r\n%s",
		     method, transport, c->port, *method, c->number, s - (struct slot *)c->owner, s->serial, cseq,
		     c->number, s->serial, tag, s - (struct slot *)c->owner, s->serial, c->number,
		     s->serial * 2654435761u, cseq, method, c->number, c->port, load.udp ? "udp" : "tls",
		     *method == 'I' ? load.padding : "", *body ? "Content-Type: application/sdp\r\n" : "", strlen(body),
		     body);
	if (n < 0 || n >= MESSAGE)
		wire_die("a message is too long");
	client_send(c, m, n);
	load.messages++;
}

/* Sends the request that has this number in the dialog, and waits for its answer. */
static void ask(struct client *c, struct slot *s, int cseq)
{
	s->cseq = cseq;
	s->sent_us = wire_now_us();
	load.open++;
	send_request(c, s, !load.calls ? "OPTIONS" : cseq == 1 ? "INVITE" : "BYE", cseq);
}

static void fresh(struct client *c, struct slot *s)
{
	s->cseq = 0;
	if (load.ending)
		return;
	s->serial++;
	ask(c, s, 1);
}

/* The first request is answered: a call is always taken to its end. */
static void second(struct client *c, struct slot *s)
{
	if (load.calls)
		send_request(c, s, "ACK", 1);
	ask(c, s, 2);
}

/* Counts an answer that should not be; the first is shown. */
static void wrong(const char *what, const char *head, size_t n)
{
	if (load.errors++ == 0)
		fprintf(stderr, "%s:\n%.*s\n", what, (int)n, head);
}

/* The slot that waits for this answer; NULL: none does. */
static struct slot *slot_of(struct client *c, const char *head, size_t n)
{
	struct text id = wire_header(head, n, "Call-ID"), cseq = wire_header(head, n, "CSeq");
	unsigned index, serial;
	struct slot *s;

	if (!id.p || !cseq.p || sscanf(id.p, "%u-%u-", &index, &serial) != 2 || index >= (unsigned)load.in_flight) {
		wrong("an answer to no request", head, n);
		return NULL;
	}
	s = (struct slot *)c->owner + index;
	if (serial == s->serial && s->cseq == atoi(cseq.p))
		return s;
	if (!load.udp) /* a datagram may be late: its request counts as lost already */
		wrong("an answer to an old request", head, n);
	return NULL;
}

/* An answer: to which request, by which server, after how long. */
static void answered(struct client *c, const char *head, size_t n)
{
	struct text by = wire_header(head, n, "X-Server");
	struct slot *s = slot_of(c, head, n);

	if (!s)
		return;
	load.messages++;
	load.open--;
	laps_add(&load.laps, wire_now_us() - s->sent_us);
	if (n < 12 || memcmp(head, "SIP/2.0 200 ", 12) != 0 || !by.p || by.n >= sizeof(s->server)) {
		wrong("not a server's 200", head, n);
		fresh(c, s);
		return;
	}
	if (s->cseq == 1)
		memcpy(mempcpy(s->server, by.p, by.n), "", 1);
	else if (strlen(s->server) != by.n || memcmp(s->server, by.p, by.n) != 0)
		load.moved++;
	if (s->cseq == 1 && (!load.ending || load.calls))
		second(c, s);
	else
		fresh(c, s);
}

/* Nothing is sent again over UDP: what has not been answered for a second is lost, and a fresh dialog begins. */
static void give_up(long long now)
{
	for (int i = 0; i < load.clients; i++) {
		struct slot *slots = load.all[i]->owner;

		for (int j = 0; j < load.in_flight; j++) {
			if (slots[j].cseq == 0 || now - slots[j].sent_us < PATIENCE_US)
				continue;
			load.lost++;
			load.open--;
			load.messages--; /* it did not come through */
			fresh(load.all[i], &slots[j]);
		}
		client_flush(load.all[i]);
	}
}

/* Until the time is over and the last answers are in, or a second later. */
static void drive(int ep, double seconds)
{
	long long begin = wire_now_us(), end = begin + seconds * 1e6, look = begin, now;
	struct epoll_event ev[256];
	int n;

	while ((now = wire_now_us()) < end + PATIENCE_US) {
		load.ending = now >= end;
		if (load.ending && load.open == 0)
			break;
		if (load.udp && !load.ending && now - look > PATIENCE_US / 5) {
			give_up(now);
			look = now;
		}
		n = epoll_wait(ep, ev, 256, 50);
		for (int i = 0; i < n; i++)
			client_receive(ev[i].data.ptr, answered);
	}
	load.lost += load.open;
}

static void report(double seconds)
{
	printf("{\"seconds\": %.3f, \"messages\": %lu, \"lost\": %lu, \"errors\": %lu, \"moved\": %lu, ", seconds,
	       load.messages, load.lost, load.errors, load.moved);
	laps_print(&load.laps);
}

static void read_arguments(int argc, char **argv)
{
	if (argc == 7) {
		load.udp = strcmp(argv[1], "udp") == 0;
		load.calls = strcmp(argv[2], "options") != 0;
		load.clients = atoi(argv[4]);
		load.in_flight = atoi(argv[5]);
	}
	if (load.clients < 1 || load.clients > 10000 || load.in_flight < 1 || load.in_flight > 100 ||
	    atof(argv[6]) > 600)
		wire_die("load tls|udp options|calls|big ADDRESS:PORT CLIENTS IN-FLIGHT SECONDS");
	if (strcmp(argv[2], "big") == 0)
		snprintf(load.padding, sizeof(load.padding), "X-Padding: %0*d\r\n", PADDING - 13, 0);
}

int main(int argc, char **argv)
{
	int ep = epoll_create1(0);
	struct sockaddr_in to;

	read_arguments(argc, argv);
	to = wire_loopback(argv[3]);
	load.all = calloc(load.clients, sizeof(*load.all));
	for (int i = 0; load.all && i < load.clients; i++) {
		struct client *c = load.all[i] = client_open(load.udp, &to, i);
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

		c->owner = calloc(load.in_flight, sizeof(struct slot));
		if (!c->owner || epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev) < 0)
			wire_die("no memory");
	}
	wire_ready();
	for (int i = 0; i < load.clients; i++) {
		for (int j = 0; j < load.in_flight; j++)
			fresh(load.all[i], (struct slot *)load.all[i]->owner + j);
		client_flush(load.all[i]);
	}
	drive(ep, atof(argv[6]));
	report(atof(argv[6]));
	wire_linger();
	return 0;
}
