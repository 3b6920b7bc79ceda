/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_forward.c makes what leaves of a request: a list of cuts and a few lines of our own.  It sends nothing and
 * decides nothing; that is for hop_request.c, hop_server.c and hop_wait.c.
 */
#include "hop_forward.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "edits.h"
#include "hop_record.h"
#include "hop_route.h"
#include "sip/uri.h"

static const char *transport_of(enum lg_transport t)
{
	return t == LG_UDP ? "UDP" : t == LG_TLS ? "TLS" : "TCP";
}

/* ---- Our lines ---- */

void hop_put(struct hop_out *o, const char *p, size_t n)
{
	if (o->lines_n <= HOP_LINES_ROOM && n <= HOP_LINES_ROOM - o->lines_n)
		memcpy(o->lines + o->lines_n, p, n);
	o->lines_n += n;
}

struct sip_text hop_forward_via(struct hop_out *o, const struct hop_job *job)
{
	struct lg_span token = hop_link_token(job->from, job->r->answer_port);
	char branch[HOP_BRANCH_ROOM], loop[HOP_LOOP];
	size_t n = hop_branch_write(branch, hop_of(job->from)->id, &job->r->branch, token);

	o->lines_n = 0;
	hop_loop_write(loop, job->r->loop);
	HOP_PUT(o, "Via: SIP/2.0/");
	hop_put(o, transport_of(job->via.transport), 3);
	HOP_PUT(o, " ");
	hop_put(o, job->via.address.p, job->via.address.n);
	if (job->via.transport == LG_UDP)
		HOP_PUT(o, ";rport");
	HOP_PUT(o, ";branch=");
	hop_put(o, branch, n);
	HOP_PUT(o, ";lg=");
	hop_put(o, loop, sizeof(loop));
	HOP_PUT(o, "\r\n");
	o->via_n = o->lines_n;
	return (struct sip_text){ o->lines, o->lines_n };
}

static int put_lines(struct hop_out *o, const struct hop_job *job)
{
	const struct sip_head *h = &job->r->request.head;

	hop_forward_via(o, job);
	if (hop_record_wanted(job))
		hop_record(o, job);
	if (h->max_forwards_n < 0)
		HOP_PUT(o, "Max-Forwards: 70\r\n"); /* RFC 3261 section 16.6 */
	if (o->lines_n > HOP_LINES_ROOM || hop_link_token(job->from, job->r->answer_port).n == 0)
		return -ENOSPC;
	return sip_put_lines(&o->splice, h, (struct sip_text){ o->lines, o->lines_n });
}

/* ---- Its own lines ---- */

static int cut_max_forwards(struct hop_out *o, const struct sip_head *h)
{
	size_t n = sizeof(o->hops);
	int left = h->max_forwards_n - 1;

	if (left < 0)
		return 0;
	do
		o->hops[--n] = (char)('0' + left % 10);
	while (left /= 10);
	return sip_cut(&o->splice, h->max_forwards.at, h->max_forwards.n,
		       (struct sip_text){ o->hops + n, sizeof(o->hops) - n });
}

/* What the sender cannot know of itself (RFC 3261 section 18.2.1, RFC 3581 section 4). */
int hop_forward_received(struct hop_out *o, const struct lg_link *from, const char *p, const struct sip_via_place *via)
{
	uint16_t port;
	struct sip_text host = sip_without_brackets(hop_host(from->peer, &port));

	return sip_via_mark(&o->splice, p, via, host, port, o->received);
}

/* On a stream the length must be there (RFC 3261 section 18.3); a datagram ends by itself. */
int hop_forward_length(struct hop_out *o, const struct lg_link *from, const struct sip_head *h, size_t unit_n)
{
	int n;

	if (from->transport != LG_UDP || h->content_length >= 0)
		return 0;
	n = snprintf(o->length, sizeof(o->length), "Content-Length: %zu\r\n", unit_n - h->head_n);
	return sip_put_lines(&o->splice, h, (struct sip_text){ o->length, (size_t)n });
}

void hop_forward_pieces(struct hop_out *o, struct lg_span unit)
{
	struct sip_text pieces[SIP_PIECES];

	o->npieces = sip_splice_pieces(&o->splice, unit.p, unit.n, pieces);
	for (unsigned i = 0; i < o->npieces; i++)
		o->pieces[i] = (struct lg_span){ pieces[i].p, pieces[i].n };
}

int hop_forward_make(struct hop_out *o, const struct hop_job *job)
{
	const struct sip_head *h = &job->r->request.head;
	const char *p = job->unit.p;
	int ret;

	o->splice.n = 0;
	ret = put_lines(o, job);
	if (ret == 0)
		ret = hop_forward_received(o, job->from, p, &job->r->via);
	if (ret == 0)
		ret = cut_max_forwards(o, h);
	if (ret == 0)
		ret = hop_route_cut(&o->splice, p, h, job->r);
	if (ret == 0)
		ret = hop_forward_length(o, job->from, h, job->unit.n);
	if (ret == 0 && job->x && job->x->nedits > 0)
		ret = edits_cut(&o->splice, job->x, false, p, h);
	if (ret == 0)
		hop_forward_pieces(o, job->unit);
	return ret;
}
