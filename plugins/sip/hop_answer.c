/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_answer.c passes answers on without memory: our Via, which must be on top, says where to.  Whatever is kept of the
 * request is hop_wait.c's.
 */
#include "hop.h"

#include "edits.h"
#include "hop_forward.h"
#include "hop_wait.h"
#include "sip/check.h"
#include "sip/header.h"

/* Seconds that the server wants to be left alone; what stands behind them is for people. */
static uint32_t retry_after(const char *p, const struct sip_head *h)
{
	struct sip_slice value;
	uint32_t at = 0, seconds = 0;

	if (sip_header_next(p, h, SIP_TEXT("retry-after"), &at, &value))
		sip_number(sip_text(p, value), &seconds);
	return seconds < HOP_REST_MAX_S ? seconds : HOP_REST_MAX_S;
}

static void server_is_busy(struct lg_link *l, const struct message *m)
{
	uint32_t seconds = hop_is_server(l) ? retry_after(m->bytes.p, &m->head) : 0;

	l->host->count(l, COUNT_UNAVAILABLE, 1);
	if (seconds > 0)
		l->host->rest(l, seconds * 1000);
}

/* A server's 503 would keep the client from the gateway, and so from all servers (RFC 3261 section 16.7). */
static int hide_503(struct sip_splice *s, const struct message *m)
{
	static const struct sip_text line = { "SIP/2.0 500 Server Internal Error", 33 };
	int ret = sip_cut(s, m->head.start.at, m->head.start.n, line);

	if (ret == 0)
		ret = sip_take_header(s, m->bytes.p, &m->head, SIP_TEXT("retry-after"));
	return ret < 0 ? ret : 0;
}

static int make(struct hop_out *o, struct lg_link *l, const struct message *m, const struct lg_exchange *x)
{
	const struct sip_head *h = &m->head;
	int ret;

	o->splice.n = 0;
	ret = sip_take_first(&o->splice, m->bytes.p, h, h->via);
	if (ret == 0 && h->status == 503)
		ret = hide_503(&o->splice, m);
	if (ret == 0)
		ret = hop_forward_length(o, l, h, m->bytes.n);
	if (ret == 0 && x && x->nedits > 0)
		ret = edits_cut(&o->splice, x, true, m->bytes.p, h);
	if (ret == 0)
		hop_forward_pieces(o, m->bytes);
	return ret;
}

/* Is there a Via below ours, so that the answer is somebody else's? */
static bool is_for_another(const struct message *m)
{
	return m->head.via_lines > 1 || sip_via_count(m->bytes.p, &m->head) > 1;
}

/* To a client, if it comes from a server; to a server from anybody. */
static enum lg_send send_back(struct lg_link *l, struct sip_text t, const struct hop_out *o)
{
	struct lg_span token = { t.p, t.n };
	enum lg_send sent = LG_GONE;

	if (hop_is_server(l))
		sent = l->host->send_to(token, LG_SERVER_ANSWER, l, o->pieces, o->npieces);
	return sent == LG_GONE ? l->host->send_to(token, LG_ANSWER, l, o->pieces, o->npieces) : sent;
}

void hop_answer_received(struct lg_link *l, const struct message *m)
{
	struct sip_text token;
	struct hop_branch b;
	struct hop_out o;
	uint32_t entry;

	l->host->count(l, COUNT_ANSWERS, 1);
	if (!hop_branch_read(&b, &token, hop_of(l)->id, sip_branch(m->bytes.p, &m->head)) || !is_for_another(m)) {
		l->host->count(l, COUNT_DROPPED_ANSWERS, 1);
		return;
	}
	if (m->head.status == 503)
		server_is_busy(l, m);
	if (!hop_wait_answer(l, m, &b, &entry))
		return;
	if (make(&o, l, m, hop_wait_edits(l, entry)) < 0 || send_back(l, token, &o) == LG_GONE)
		l->host->count(l, COUNT_UNDELIVERED, 1);
	if (entry)
		hop_wait_answered(l, m, entry);
}
