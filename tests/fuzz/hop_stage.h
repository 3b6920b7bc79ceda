/* SPDX-License-Identifier: Apache-2.0 */
/* hop_stage.h: the sip plugin in hop mode with a client and its servers, for fuzz_sip_hop. */
#ifndef HOP_STAGE_H
#define HOP_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/sip/hop.h"
#include "tests/plugin/fake_inside.h"

#define HOP_NAME  "gw.example" /* of the gateway, if it has one */
#define HOP_BRAND "z9hG4bKlg"  /* what the branch of its Vias begins with */

/* How the gateway is configured, and who calls it: bits of a byte. */
enum deal { BY_UDP = 1, RECORD = 2, PATH = 4, NAMED = 8, ELSEWHERE = 16, TLS_INSIDE = 32, TLS_OUTSIDE = 64 };

enum { HOP_DEAL = 4 }; /* bytes of an input in front of its texts; fuzz_sip_hop.c tells what they are */

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

/* That must not be: the fuzzer has found something. */
void hop_stop(const char *what) __attribute__((noreturn));

/* ---- Texts ---- */

bool text_holds(struct sip_text t, const char *what); /* in any case */
bool text_begins(struct sip_text t, const char *what);

/* The message at the front.  False: there is none that is whole. */
bool unit_read(struct unit *u, struct sip_text t, bool datagram);
struct sip_text unit_text(const struct unit *u);

/* ---- The stage; a UDP client comes with its first datagram, any other is there from the beginning ---- */

void stage_open(struct stage *s, uint8_t deal);
void stage_close(struct stage *s); /* whoever waits has waited long enough then */

void stage_say(struct stage *s, struct sip_text t); /* the client does */

/* Is the peer still connected? */
bool stage_has(const struct fake_peer *p);

/* What a peer got since the last time; the same of all servers, of which no more than one may have got anything. */
struct sip_text stage_news(struct stage *s, const struct fake_peer *p);
struct sip_text stage_servers_news(struct stage *s);

#endif
