/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_route.c reads the Routes of a request.  Ours are those at the front that bear our mark, or that name this
 * listener; of a server's request the first one that bears a token says where it goes.
 */
#include "hop_route.h"

#include <stdio.h>
#include <string.h>

#include "sip/header.h"
#include "sip/uri.h"

/* Is the URI at this address?  Without a port it is at the usual one (RFC 3261 section 19.1.2). */
static bool is_at(const struct sip_uri *u, struct lg_span address, const char *name)
{
	uint16_t expected;
	struct sip_text host = hop_host(address, &expected);
	bool usual = u->port == 0 && (expected == 5060 || expected == 5061);

	if (u->port != expected && !usual)
		return false;
	return sip_same_host(u->host, host) ||
	       (name && sip_same_host(u->host, (struct sip_text){ name, strlen(name) }));
}

/* Does our mark stand in the URI? */
static bool is_marked(const struct lg_link *l, const struct sip_uri *u, struct sip_text *token)
{
	struct sip_text param;

	*token = (struct sip_text){ NULL, 0 };
	return sip_uri_param(u, SIP_TEXT("lg"), &param) && hop_param_read(param, hop_of(l)->id, token);
}

/* A mark with a token that an earlier run has written, under another secret: it leads nowhere any more. */
static void take_stale(const struct sip_uri *u, struct sip_text *token)
{
	struct sip_text param;

	if (sip_uri_param(u, SIP_TEXT("lg"), &param) && param.n > 0 && memchr(param.p, '.', param.n))
		*token = param;
}

static bool is_own(struct lg_link *l, const struct sip_uri *u, struct sip_text *token)
{
	const char *name = instance_of(l)->options->name;

	if (is_marked(l, u, token))
		return true;
	if (!is_at(u, l->host->home(l), name) && !(l->side == LG_CLIENT && is_at(u, l->local, name)))
		return false;
	take_stale(u, token);
	return true;
}

static struct sip_slice slice(const char *p, struct sip_text t)
{
	return (struct sip_slice){ (uint32_t)(t.p - p), (uint32_t)t.n };
}

/* host:port as it is written in the URI. */
static struct sip_text door_of(const struct sip_uri *u, struct sip_text value)
{
	const char *end = value.p + value.n, *at = u->host.p + u->host.n;

	if (u->port == 0)
		return u->host;
	while (at < end && (*at == ':' || (*at >= '0' && *at <= '9')))
		at++;
	return (struct sip_text){ u->host.p, (size_t)(at - u->host.p) };
}

/* The first token counts; the last of our values is the client's side, if there are two. */
static void take_own(struct hop_request *r, const char *p, const struct sip_uri *u, struct sip_text value,
		     struct sip_text token)
{
	r->routes++;
	if (r->token.n == 0 && token.n > 0)
		r->token = slice(p, token);
	r->door = slice(p, door_of(u, value));
}

/* A Request-URI of ours is one that a strict router has put there; the real one is the last Route. */
static bool is_strict(struct lg_link *l, const char *p, const struct sip_head *h)
{
	struct sip_text uri = sip_text(p, h->uri), token;
	struct sip_uri u;

	return sip_uri_read(&u, uri) && is_marked(l, &u, &token);
}

void hop_route_read(struct hop_request *r, struct lg_link *l, const char *p, const struct sip_head *h)
{
	struct sip_text rest, value, token;
	struct sip_slice line;
	struct sip_uri u;
	bool own = true;

	if (h->route.n == 0)
		return;
	for (uint32_t at = 0; sip_header_next(p, h, SIP_TEXT("route"), &at, &line);) {
		rest = sip_text(p, line);
		while (sip_next_value(&rest, &value)) {
			own = own && sip_uri_of(&u, value) && is_own(l, &u, &token);
			if (own) {
				take_own(r, p, &u, value, token);
				continue;
			}
			if (r->nroutes++ == 0)
				r->route = slice(p, value);
			r->last_route = slice(p, value);
		}
	}
	r->strict = r->nroutes > 0 && is_strict(l, p, h);
	if (r->strict && --r->nroutes == 0)
		r->route = (struct sip_slice){ 0, 0 };
}

/* ---- They go ---- */

/* One line, whose first value is the `first`th of all: what is kept of it are the values in [from, to). */
static int cut_line(struct sip_splice *s, const char *p, const struct sip_head *h, struct sip_slice line,
		    unsigned *first, unsigned from, unsigned to)
{
	struct sip_text rest = sip_text(p, line), value, none = { NULL, 0 };
	uint32_t begin = 0, end = 0, line_end = line.at + line.n;
	struct sip_slice all;
	int ret;

	while (sip_next_value(&rest, &value)) {
		unsigned i = (*first)++;

		if (i < from || i >= to)
			continue;
		if (end == 0)
			begin = slice(p, value).at;
		end = slice(p, value).at + (uint32_t)value.n;
	}
	if (end == 0) {
		all = sip_header_line(p, h, line);
		return sip_cut(s, all.at, all.n, none);
	}
	ret = begin > line.at ? sip_cut(s, line.at, begin - line.at, none) : 0;
	if (ret == 0 && end < line_end)
		ret = sip_cut(s, end, line_end - end, none);
	return ret;
}

struct sip_text hop_route_uri(const char *p, const struct sip_head *h, const struct hop_request *r)
{
	return r->strict ? sip_uri_in(sip_text(p, r->last_route)) : sip_text(p, h->uri);
}

int hop_route_cut(struct sip_splice *s, const char *p, const struct sip_head *h, const struct hop_request *r)
{
	unsigned first = 0;
	struct sip_slice line;
	int ret;

	if (!r->strict) {
		ret = r->routes > 0 ? sip_take_values(s, p, h, SIP_TEXT("route"), r->routes) : 0;
		return ret < 0 ? ret : 0;
	}
	ret = sip_cut(s, h->uri.at, h->uri.n, hop_route_uri(p, h, r));
	for (uint32_t at = 0; ret == 0 && sip_header_next(p, h, SIP_TEXT("route"), &at, &line);)
		ret = cut_line(s, p, h, line, &first, r->routes, r->routes + r->nroutes);
	return ret;
}

/* ---- Where the rest leads ---- */

static unsigned usual_port(const struct sip_uri *u)
{
	struct sip_text transport;
	bool tls = sip_same(u->scheme, SIP_TEXT("sips")) ||
		   (sip_uri_param(u, SIP_TEXT("transport"), &transport) && sip_same(transport, SIP_TEXT("tls")));

	return tls ? 5061 : 5060;
}

struct lg_span hop_route_server(const char *p, const struct hop_request *r, char room[HOP_SENT_BY_ROOM])
{
	struct sip_text value = sip_text(p, r->route), door;
	struct sip_uri u;
	int n;

	if (r->nroutes == 0 || !sip_uri_of(&u, value) || u.host.n == 0 || u.host.n > HOP_SENT_BY_ROOM - 8)
		return (struct lg_span){ NULL, 0 };
	door = door_of(&u, value);
	if (u.port != 0)
		return (struct lg_span){ door.p, door.n };
	n = snprintf(room, HOP_SENT_BY_ROOM, "%.*s:%u", (int)u.host.n, u.host.p, usual_port(&u));
	return (struct lg_span){ room, (size_t)n };
}

bool hop_route_leads_to(const struct lg_server *server, struct sip_text route)
{
	uint16_t port;
	struct sip_text host = hop_host(server->address, &port);
	struct sip_uri u;

	if (!sip_uri_of(&u, route) || u.host.n == 0)
		return false;
	return sip_same_host(u.host, host) ||
	       sip_same_host(u.host, (struct sip_text){ server->name.p, server->name.n });
}
