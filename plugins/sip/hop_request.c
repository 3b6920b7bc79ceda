/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_request.c takes a client's request from its reading to a server: what a proxy checks (RFC 3261 section 16.3),
 * which way the core is asked for, and what becomes of it when it finds none.
 */
#include "hop_request.h"

#include <errno.h>
#include <string.h>

#include "hop_reply.h"
#include "hop_route.h"
#include "hop_send.h"
#include "hop_wait.h"
#include "reply.h"
#include "sip/check.h"
#include "sip/header.h"

enum {
	DATAGRAM = 1300, /* what is longer goes by a stream (RFC 3261 section 18.1.1) */
	ADDED = 200,     /* about so many bytes are ours, without Record-Route */
	RECORDED = 300,
	UNSUPPORTED = 512, /* the longest list of extensions that is told back */
};

/* ---- What every request has to pass ---- */

void hop_request_refuse(struct lg_link *l, const char *p, const struct sip_head *h, int code, enum counter counter)
{
	l->host->count(l, counter, 1);
	hop_reply_status(l, p, h, code);
}

/* What a proxy would have to do and we cannot, as a list; Lync's own tags ask nothing of us.  False: it does not fit.
 */
static bool list_unknown(const char *p, const struct sip_head *h, char list[UNSUPPORTED], size_t *n)
{
	struct sip_slice line;

	*n = 0;
	for (uint32_t at = 0; sip_header_next(p, h, SIP_TEXT("proxy-require"), &at, &line);) {
		struct sip_text rest = sip_text(p, line), tag;

		while (sip_next_value(&rest, &tag)) {
			if (tag.n >= 3 && sip_same((struct sip_text){ tag.p, 3 }, SIP_TEXT("ms-")))
				continue;
			if (tag.n + 2 > UNSUPPORTED - *n)
				return false;
			if (*n > 0)
				list[(*n)++] = ',', list[(*n)++] = ' ';
			memcpy(list + *n, tag.p, tag.n);
			*n += tag.n;
		}
	}
	return true;
}

/* False: it asks for nothing that we cannot. */
static bool refuse_extension(struct lg_link *l, const char *p, const struct sip_head *h)
{
	struct lg_header unsupported = { .name = { "Unsupported", 11 } };
	struct lg_reply reply = { .cause = LG_BY_POLICY, .code = 420, .headers = &unsupported, .nheaders = 1 };
	char list[UNSUPPORTED];
	size_t n;

	if (!h->has_proxy_require || h->method == SIP_ACK || h->method == SIP_CANCEL)
		return false;
	if (!list_unknown(p, h, list, &n)) {
		hop_request_refuse(l, p, h, 400, COUNT_MALFORMED);
		return true;
	}
	if (n == 0)
		return false;
	unsupported.value = (struct lg_span){ list, n };
	hop_reply(l, p, h, &reply);
	return true;
}

bool hop_request_read(struct hop_request *r, struct lg_link *l, const struct message *m)
{
	const struct sip_head *h = &m->head;
	const char *p = m->bytes.p;
	const char *reason = NULL;
	struct sip_text tag;
	struct sip_via top;
	int code = sip_check_hop(p, h, &top, &reason);

	*r = (struct hop_request){ .request.head = m->head };
	if (code != 0) {
		hop_request_refuse(l, p, h, code, COUNT_MALFORMED);
		return false;
	}
	if (h->max_forwards_n == 0) {
		hop_request_refuse(l, p, h, 483, COUNT_TOO_MANY_HOPS);
		return false;
	}
	hop_route_read(r, l, p, h);
	code = r->strict ? sip_check_uri(hop_route_uri(p, h, r), &reason) : 0;
	if (code != 0) {
		hop_request_refuse(l, p, h, code, COUNT_MALFORMED);
		return false;
	}
	r->loop = hop_loop_hash(l->host, p, h, r->routes,
				hop_is_server(l) ? sip_text(p, r->token) : (struct sip_text){ NULL, 0 });
	if (hop_loop_closed(p, h, &top, hop_of(l)->id, r->loop)) {
		hop_request_refuse(l, p, h, 482, COUNT_LOOPS);
		return false;
	}
	if (refuse_extension(l, p, h))
		return false;
	r->via = sip_via_place(p, &top);
	r->branch.hash = hop_branch_hash(l, p, h, &top);
	r->answer_port = hop_answer_port(l, &top);
	tag = sip_to_tag(p, h);
	r->in_dialog = tag.n > 0;
	if (h->method == SIP_ACK && reply_has_tag(l, tag)) /* it has arrived */
		return false;
	return true;
}

/* ---- The way to a server ---- */

static bool is_long(const struct lg_link *l, const struct message *m)
{
	const struct options *o = instance_of(l)->options;

	return m->bytes.n + ADDED + (o->record_route || o->path ? RECORDED : 0) > DATAGRAM;
}

/* Inside a dialog the Route that is left says where it goes on (RFC 3261 section 16.6, step 6). */
static struct lg_how way_of(struct lg_link *l, const struct message *m, const struct hop_request *r,
			    char room[HOP_SENT_BY_ROOM])
{
	struct lg_how how = { .mode = LG_SHARED };
	const struct sip_head *h = &m->head;

	if (r->in_dialog)
		how.server = hop_route_server(m->bytes.p, r, room);
	if (h->method == SIP_ACK || h->method == SIP_CANCEL || r->in_dialog)
		how.flags |= LG_FOLLOW;
	else if (hop_wait_may(l, r))
		how.flags |= LG_KEEP;
	if (is_long(l, m))
		how.flags |= LG_STREAM;
	return how;
}

void hop_request_received(struct lg_link *l, const struct message *m)
{
	struct hop_request r;

	if (hop_request_read(&r, l, m))
		hop_request_pass(l, m, &r);
}

void hop_request_pass(struct lg_link *l, const struct message *m, struct hop_request *r)
{
	char room[HOP_SENT_BY_ROOM];
	struct lg_exchange *x;
	struct lg_how how;

	if (hop_wait_repeats(l, m, r))
		return;
	how = way_of(l, m, r, room);
	x = l->host->route(l, &how, m->bytes);
	if (!x) {
		hop_reply_overload(l, m->bytes.p, &m->head);
		return;
	}
	*(struct hop_request *)x->data = *r;
	if (how.flags & LG_KEEP)
		hop_wait_begin(x);
}

/* ---- It is routed ---- */

/* We are nobody's relay: what begins here goes to our servers, and says so (RFC 3261 section 16.3 leaves it to policy).
 */
static bool is_foreign(const struct lg_exchange *x, const struct lg_link *to)
{
	const struct hop_request *r = x->data;

	return r->nroutes > 0 && !r->in_dialog && !hop_route_leads_to(to->server, sip_text(x->unit.p, r->route));
}

/* After a first server, whom its Route names, there is just no other one for it. */
static void refuse_foreign(struct lg_exchange *x)
{
	const struct hop_request *r = x->data;

	if (r->branch.attempt > 0)
		hop_reply_status(x->from, x->unit.p, &r->request.head, 500);
	else
		hop_request_refuse(x->from, x->unit.p, &r->request.head, 403, COUNT_FORBIDDEN);
}

static void over(struct lg_exchange *x)
{
	hop_wait_drop(x);
	x->from->host->done(x);
}

void hop_request_routed(struct lg_exchange *x, struct lg_link *to)
{
	const struct hop_request *r = x->data;
	int ret;

	if (!to) {
		hop_server_routed(x);
		return;
	}
	if (is_foreign(x, to)) {
		refuse_foreign(x);
		over(x);
		return;
	}
	if (hop_wait_prepare(x) < 0) {
		hop_reply_overload(x->from, x->unit.p, &r->request.head);
		over(x);
		return;
	}
	ret = hop_send(x->from, x->unit, r, x, to);
	if (ret == -EAGAIN) {
		hop_reply_overload(x->from, x->unit.p, &r->request.head);
		over(x);
		return;
	}
	if (ret < 0 || (ret == 0 && !hop_wait_pending(x))) { /* what waits is told that its link is lost */
		hop_reply_status(x->from, x->unit.p, &r->request.head, 500);
		over(x);
		return;
	}
	if (!hop_wait_sent(x))
		x->from->host->done(x);
}

/* ---- It is not routed, or was in vain ---- */

/* A second server was no better than the first: 500, for a server's 503 is not ours (RFC 3261 section 16.7). */
void hop_request_respond(struct lg_exchange *x, const struct lg_reply *reply)
{
	const struct hop_request *r = x->data;
	struct lg_reply again = { .cause = reply->cause, .code = 500 };
	bool moved = r->branch.attempt > 0 && reply->cause != LG_BY_POLICY;

	hop_reply(x->from, x->unit.p, &r->request.head, moved ? &again : reply);
	hop_wait_drop(x);
}

void hop_request_lost(struct lg_exchange *x, const struct lg_lost *why)
{
	const struct hop_request *r = x->data;
	bool waits = hop_wait_pending(x);

	(void)why;
	if (hop_wait_again(x))
		return;
	if (waits) {
		x->from->host->count(x->from, COUNT_LOST, 1);
		hop_reply_status(x->from, x->unit.p, &r->request.head, 500);
	}
	hop_wait_drop(x);
}
