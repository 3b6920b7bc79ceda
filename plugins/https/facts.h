/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h: what routes, policies, persistence and the access log can know of a request, found when asked for.  Host,
 * path and query are read in the normal form that the server gets (target.h). */
#ifndef HTTPS_FACTS_H
#define HTTPS_FACTS_H

#include <lychgate/plugin.h>

struct head;

/* The plugin's `facts`, and those of them that an access log line has; both end with NULL. */
extern const char *const facts_names[];
extern const char *const facts_logged[];

enum { FACTS_SCRATCH = 64 }; /* bytes that `scratch` has at least: for numbers */

/* An exchange as facts.c sees it: made on the stack for each question, since the bytes may move. */
struct facts {
	const struct head *head; /* the request's; NULL: it is gone, and its headers and cookies with it */
	const char *text;        /* what head's offsets count from */
	struct lg_span method;
	struct lg_span host, path, query; /* the normal form; query without "?", { NULL, 0 } where there is none */
	struct lg_span authority;         /* what Host says to the server, copied; { NULL, 0 }: as it came */
	struct lg_span cookie_name;       /* the gateway's own cookie; { NULL, 0 }: it sets none */
	struct lg_span cookie;        /* its value: the request's valid one, else the one that the answer will set */
	bool cookie_is_new;           /* it is the latter */
	int status;                   /* of the final answer; 0: none yet */
	uint64_t bytes_in, bytes_out; /* of the bodies, so far */
	char *scratch;                /* where a fact that has to be made lies, until the next question */
	size_t room;                  /* as long as the head is enough for all */
};

/* See lg_plugin.fact.  { NULL, 0 }: there is none, or the scratch is too short for it. */
struct lg_span facts_read(const struct facts *f, unsigned index, struct lg_span arg);

#endif
