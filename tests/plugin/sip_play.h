/* SPDX-License-Identifier: Apache-2.0 */
/* sip_play.h: SIP messages in a line each, and the sip plugin on the fake host, for its tests. */
#ifndef SIP_PLAY_H
#define SIP_PLAY_H

#include "fake_host.h"
#include "plugins/sip/session.h"

extern const struct lg_plugin lychgate_plugin;

/* A message; what is left out gets a usual value. */
struct say {
	const char *method;  /* of an answer: its CSeq's; "OPTIONS" */
	int status;          /* an answer; its reason is "Reason" */
	const char *call_id; /* "call" */
	int cseq;            /* 1 */
	const char *via;     /* behind "Via: SIP/2.0/TLS "; "192.0.2.9:5061;branch=z9hG4bK1" */
	const char *from;    /* "<sip:ann@corp.example>;tag=1" */
	const char *to;      /* "<sip:bob@corp.example>" */
	const char *extra;   /* more header lines, each with its CRLF */
	const char *body;
};

/* The text; good for the next 31 calls. */
const char *say(const struct say *s);

#define SAY(...) say(&(struct say){ __VA_ARGS__ })

/* A fake host that runs the plugin. */
struct fake *play(enum route route);

/* Does the peer's `got` begin with this, hold this so many times? */
bool starts(const struct fake_peer *p, const char *text);
unsigned times(const struct fake_peer *p, const char *text);

#endif
