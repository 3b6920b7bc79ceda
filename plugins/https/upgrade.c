/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upgrade.c relays an upgraded pair.  Not with host->join, which would leave no way to tell a pair that is idle: the
 * deadline on the server's link runs anew with each byte of either side.
 */
#include "upgrade.h"

#include "client.h"
#include "exchange.h"

bool upgrade_expected(const struct lg_exchange *x)
{
	return request_of(x)->head.upgrade && instance_of(x->from)->options->websocket;
}

static void still_alive(struct lg_exchange *x)
{
	x->to->host->deadline(x->to, (uint32_t)instance_of(x->from)->options->upgrade_idle_ms);
}

void upgrade_begin(struct lg_exchange *x)
{
	x->from->host->count(x->from, COUNT_UPGRADED, 1);
	server_of(x->to)->phase = SERVER_RAW;
	client_of(x->from)->phase = CLIENT_RAW;
	still_alive(x);
	client_go(x->from);
}

ptrdiff_t upgrade_receive(struct lg_exchange *x, struct lg_link *l, struct lg_span in)
{
	struct request *r = request_of(x);
	bool client = l == x->from;
	struct lg_link *to = client ? x->to : x->from;

	*(client ? &r->raw_in : &r->raw_out) += in.n;
	still_alive(x);
	if (to->host->send(to, l, &in, 1, 0) != LG_FULL)
		return (ptrdiff_t)in.n;
	if (client)
		client_of(l)->server_full = client_of(l)->held = true;
	else
		server_of(l)->held = true;
	l->host->hold(l);
	return (ptrdiff_t)in.n;
}

void upgrade_expired(struct lg_exchange *x)
{
	x->from->host->log(x->from, LG_INFO, "upgrade-idle", "neither side has said anything");
	client_close(x->from, LG_FLUSH);
}
