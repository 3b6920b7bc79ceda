/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.c asks a server by OPTIONS and judges what it answers.  Any final answer is a sign of life: a front end may
 * well refuse to talk to us (401, 403, 404, 405, 504) and be in the best of health, so what is sickness is an option.
 */
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { QUESTION_MAX = 2048 };

/* A server that says 503 says it of itself (RFC 3261 section 21.5.4); 500 and 504 are often about the request. */
const struct lg_option probe_table[] = {
	{ "uri", LG_STR, offsetof(struct probe_options, uri), .help = "whom OPTIONS asks, default sip:SERVER" },
	{ "from", LG_STR, offsetof(struct probe_options, from),
	  .help = "HOST or HOST:PORT in From and Contact, as the server knows the gateway; default its address" },
	{ "codes", LG_STR, offsetof(struct probe_options, codes),
	  .help = "answers that mean up, as \"200, 401-404, 5xx\", and any other means down; default all but `sick`" },
	{ "sick", LG_STR, offsetof(struct probe_options, sick), .def = "503",
	  .help = "answers that mean down, as \"408, 500-504\"; any other answer means up; of no use with `codes`" },
	{ "max_forwards", LG_INT, offsetof(struct probe_options, max_forwards), .def = "70", .min = 0, .max = 255,
	  .help = "Max-Forwards of the OPTIONS" },
	{ 0 },
};

static struct sip_text text_of(struct lg_span s)
{
	return (struct sip_text){ s.p, s.n };
}

static struct sip_text transport_of(const struct lg_probe *p)
{
	switch (p->transport) {
	case LG_TLS:
		return SIP_TEXT("TLS");
	case LG_UDP:
		return SIP_TEXT("UDP");
	default:
		return SIP_TEXT("TCP");
	}
}

static struct sip_probe question_of(const struct lg_probe *p)
{
	const struct probe_options *o = p->conf;
	const struct probe *probe = p->data;
	struct sip_probe q = { .server = text_of(p->peer),
			       .local = { probe->local, strlen(probe->local) },
			       .contact = { probe->contact, strlen(probe->contact) },
			       .transport = transport_of(p),
			       .max_forwards = (unsigned)o->max_forwards,
			       .codes = o->codes };

	if (o->uri)
		q.uri = (struct sip_text){ o->uri, strlen(o->uri) };
	memcpy(q.random, probe->random, sizeof(q.random));
	return q;
}

/* The length of its host: brackets hold the colons of an IPv6 address. */
static size_t host_length(const char *p, size_t n)
{
	size_t colon = n;

	while (colon > 0 && p[colon - 1] != ':' && p[colon - 1] != ']')
		colon--;
	return colon > 0 && p[colon - 1] == ':' ? colon - 1 : n;
}

/* host:port that asks: our address, or the name of the option; with our port, for that is where answers come to. */
static int name_local(const struct lg_probe *p, struct probe *probe)
{
	const struct probe_options *o = p->conf;
	size_t host = host_length(p->local.p, p->local.n), named = o->from ? host_length(o->from, strlen(o->from)) : 0;
	int n, m;

	if (o->from)
		n = snprintf(probe->local, sizeof(probe->local), "%.*s%.*s", (int)named, o->from,
			     (int)(p->local.n - host), p->local.p + host);
	else
		n = snprintf(probe->local, sizeof(probe->local), "%.*s", (int)p->local.n, p->local.p);
	m = snprintf(probe->contact, sizeof(probe->contact), "%s", o->from && o->from[named] ? o->from : probe->local);
	if (n < 0 || (size_t)n >= sizeof(probe->local) || m < 0 || (size_t)m >= sizeof(probe->contact))
		return -ENAMETOOLONG;
	return 0;
}

int probe_ask(struct lg_probe *p)
{
	const struct probe_options *o = p->conf;
	struct probe *probe = p->data;
	char text[QUESTION_MAX];
	struct sip_probe q;
	int n = name_local(p, probe);

	if (n < 0)
		return n;
	if ((o->sick && !sip_codes_valid(o->sick)) || (o->codes && !sip_codes_valid(o->codes))) {
		snprintf(p->note, sizeof(p->note), "`codes` or `sick` is not a list of status codes");
		return -EINVAL;
	}
	p->host->random(probe->random, sizeof(probe->random));
	q = question_of(p);
	n = sip_probe_write(text, sizeof(text), &q);
	if (n < 0)
		return n;
	p->host->ask(p, (struct lg_span){ text, (size_t)n });
	return 0;
}

enum lg_verdict probe_judge(struct lg_probe *p, struct lg_span in)
{
	const struct probe_options *o = p->conf;
	struct sip_probe q = question_of(p);

	switch (sip_probe_judge(&q, in.p, in.n, p->ended, o->sick, p->note, sizeof(p->note))) {
	case SIP_HEALTHY:
		return LG_HEALTHY;
	case SIP_SICK:
		return LG_SICK;
	default:
		return LG_NOT_YET;
	}
}
