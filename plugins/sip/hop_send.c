/* SPDX-License-Identifier: Apache-2.0 */
/* hop_send.c fills in, for hop_forward.c, both sides of the gateway as a request sees them, and hands it to the core.
 */
#include "hop_send.h"

#include <errno.h>

#include "hop_forward.h"
#include "hop_record.h"

int hop_send(struct lg_link *from, struct lg_span unit, const struct hop_request *r, const struct lg_exchange *x,
	     struct lg_link *to)
{
	struct hop_job job = { .from = from, .unit = unit, .r = r, .x = x };
	char token[LG_TOKEN];
	struct hop_out o;
	enum lg_send sent;
	int ret;

	if (!hop_link_takes(to, from))
		return -EAGAIN;
	job.via = (struct hop_door){ to->transport, hop_link_sent_by(to, o.rooms[0]) };
	if (hop_record_wanted(&job)) {
		job.server = (struct hop_door){ to->transport, hop_link_home(to, o.rooms[1]) };
		job.client = (struct hop_door){ from->transport, hop_link_home(from, o.rooms[2]) };
		job.route_token = (struct lg_span){ token, from->host->token(from, LG_ROUTE, 0, token) };
	}
	ret = hop_forward_make(&o, &job);
	if (ret < 0)
		return ret;
	sent = to->host->send(to, from, o.pieces, o.npieces, 0);
	if (sent == LG_FULL)
		hop_link_wait(from, to);
	return sent != LG_GONE;
}

int hop_send_to(const struct lg_exchange *x)
{
	const struct hop_request *r = x->data;
	struct lg_link *from = x->from;
	struct sip_text token = sip_text(x->unit.p, r->token);
	struct hop_job job = { .from = from, .unit = x->unit, .r = r, .x = x, .route_token = { token.p, token.n } };
	const char *name = instance_of(from)->options->name;
	struct lg_span local = { NULL, 0 };
	struct hop_out o;
	int ret;

	job.via.transport = from->host->look(job.route_token, LG_ROUTE, &local);
	if (!job.via.transport)
		return 0;
	job.via.address = local.p ? hop_link_named(name, local, o.rooms[0]) : sip_text(x->unit.p, r->door);
	job.client = job.via;
	if (hop_record_wanted(&job))
		job.server = (struct hop_door){ from->transport, hop_link_home(from, o.rooms[1]) };
	ret = hop_forward_make(&o, &job);
	if (ret < 0)
		return ret;
	return from->host->send_to(job.route_token, LG_ROUTE, from, o.pieces, o.npieces) != LG_GONE;
}
