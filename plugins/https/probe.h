/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h: the monitor of web servers: a GET or HEAD, and what its answer says of the server's health. */
#ifndef HTTPS_PROBE_H
#define HTTPS_PROBE_H

#include <lychgate/plugin.h>

enum {
	PROBE_QUESTION = 2048, /* bytes of the question */
	PROBE_HEAD = 16384,    /* of an answer's head, with the provisional ones before it */
	PROBE_BODY = 32768,    /* of its body, as sent, in which `contains` is looked for */
};

/* The monitor's own options. */
struct probe_options {
	int method;           /* enum probe_method */
	const char *path;     /* with a query, if wanted */
	const char *host;     /* for the Host header; NULL: the server's name */
	const char *expect;   /* status codes, "200, 300-399" */
	const char *contains; /* in the body; NULL: whatever is in it */
};

extern const struct lg_option probe_table[];

/* See lg_plugin.probe, .judge; probe_conf_size is that of struct probe_options, probe_size 0. */
int probe_ask(struct lg_probe *p);
enum lg_verdict probe_judge(struct lg_probe *p, struct lg_span in);

/* Is `list` a list of status codes and ranges of them, "200, 300-399"?  Is `code` in it? */
bool probe_codes_valid(const char *list);
bool probe_codes_has(const char *list, int code);

#endif
