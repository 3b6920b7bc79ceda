/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h: the monitor of web servers: a GET or HEAD, and what its answer says of the server's health. */
#ifndef HTTPS_PROBE_H
#define HTTPS_PROBE_H

#include <lychgate/plugin.h>

#include "body.h"
#include "head.h"

enum {
	PROBE_QUESTION = 2048, /* bytes of the question */
	PROBE_HEAD = 16384,    /* of an answer's head, with the provisional ones before it */
	PROBE_BODY = 32768,    /* of its body, as sent, in which `contains` is looked for */
	PROBE_CONTAINS = 256,  /* of `contains` */
};

enum probe_method { PROBE_BY_GET, PROBE_BY_HEAD };

/* The monitor's own options. */
struct probe_options {
	int method;           /* enum probe_method */
	const char *path;     /* with a query, if wanted */
	const char *host;     /* for the Host header; NULL: the server's name */
	const char *codes;    /* status codes, "200, 300-399" */
	const char *contains; /* in the body; NULL: whatever is in it */
};

extern const struct lg_option probe_table[];

/* How far the answer has been read: lg_plugin.probe_size. */
struct probe {
	bool began;  /* to read a head */
	bool judged; /* the head is good, and the body is read */
	size_t at;   /* where in the bytes of the answer the head, then the rest of the body, begins */
	size_t body_at;
	struct head head;
	struct head_field fields[HEAD_FIELDS];
	struct body body;
	size_t tail_n;
	char tail[PROBE_CONTAINS]; /* the latest bytes of the body, as many as `contains` has */
};

/* See lg_plugin.probe, .judge; the conf is a struct probe_options.  An option that is wrong is told in the note. */
int probe_ask(struct lg_probe *p);
enum lg_verdict probe_judge(struct lg_probe *p, struct lg_span in);

/* Is `list` a list of status codes and ranges of them, "200, 300-399"?  Is `code` in it? */
bool probe_codes_valid(const char *list);
bool probe_codes_has(const char *list, int code);

#endif
