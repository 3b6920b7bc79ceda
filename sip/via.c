/* SPDX-License-Identifier: Apache-2.0 */
/*
 * via.c reads values of Via by their grammar, and writes down where a request came from.  What stands in parameters
 * that no hop reads is not looked at, but for quotes.
 */
#include "sip/via.h"

#include <errno.h>

#include "sip/header.h"
#include "sip/host.h"
#include "sip/out.h"
#include "sip/uri.h"

/* sent-protocol LWS sent-by *( SEMI via-params ), white space and folds allowed around every mark. */

static bool take_token(struct sip_text *rest, struct sip_text *token)
{
	size_t n = sip_token_n(*rest);

	*token = (struct sip_text){ rest->p, n };
	rest->p += n, rest->n -= n;
	return n > 0;
}

static bool take_protocol(struct sip_via *v, struct sip_text *rest)
{
	struct sip_text name, version;

	if (!take_token(rest, &name) || !sip_take_mark(rest, '/') || !take_token(rest, &version) ||
	    !sip_take_mark(rest, '/') || !take_token(rest, &v->transport))
		return false;
	return rest->n > 0 && sip_is_space(rest->p[0]);
}

static bool take_sent_by(struct sip_via *v, struct sip_text *rest)
{
	sip_take_space(rest);
	if (!sip_take_host(rest, &v->host))
		return false;
	return !sip_take_mark(rest, ':') || sip_take_port(rest, &v->port);
}

/* A parameter: its bytes from ";" on without white space behind them, its name and its value, which may be none. */
struct param {
	struct sip_text whole, name, value;
};

/* A value is a token, a quoted string, or, as of `received`, an address. */
static bool take_param_value(struct sip_text *rest, struct sip_text *value)
{
	size_t n = 0;

	if (rest->n > 0 && rest->p[0] == '"') {
		n = sip_quoted_n(*rest);
	} else {
		while (n < rest->n && rest->p[n] != ';' && rest->p[n] != ',' && rest->p[n] != '"' &&
		       rest->p[n] != '<' && (unsigned char)rest->p[n] > ' ')
			n++;
	}
	*value = (struct sip_text){ rest->p, n };
	rest->p += n, rest->n -= n;
	return n > 0;
}

static bool take_param(struct sip_text *rest, struct param *param)
{
	const char *begin = rest->p, *end;

	*param = (struct param){ 0 };
	if (!sip_take_mark(rest, ';') || !take_token(rest, &param->name))
		return false;
	end = rest->p;
	if (sip_take_mark(rest, '=')) {
		if (!take_param_value(rest, &param->value))
			return false;
		end = rest->p;
	}
	param->whole = (struct sip_text){ begin, (size_t)(end - begin) };
	sip_take_space(rest);
	return true;
}

static bool read_rport(struct sip_via *v, const struct param *param)
{
	uint32_t port = 0;

	if (v->has_rport)
		return false;
	v->has_rport = true;
	v->rport_empty = param->value.n == 0;
	v->rport_param = param->whole;
	if (!v->rport_empty && sip_number(param->value, &port) != param->value.n)
		return false;
	v->rport = (uint16_t)port;
	return port <= UINT16_MAX;
}

/* A parameter that came before, or without its value, could be read in two ways. */
static bool read_once(struct sip_text *kept, const struct param *param)
{
	if (kept->n > 0 || param->value.n == 0)
		return false;
	*kept = param->value;
	return true;
}

static bool read_param(struct sip_via *v, const struct param *param)
{
	switch (param->name.n) {
	case 5:
		return !sip_same(param->name, SIP_TEXT("rport")) || read_rport(v, param);
	case 6:
		return !sip_same(param->name, SIP_TEXT("branch")) || read_once(&v->branch, param);
	case 8:
		if (!sip_same(param->name, SIP_TEXT("received")))
			return true;
		v->received_param = param->whole;
		return read_once(&v->received, param);
	default:
		return true;
	}
}

bool sip_via_read(struct sip_via *v, struct sip_text value)
{
	struct sip_text rest = value;
	struct param param;

	*v = (struct sip_via){ .value = value };
	if (!take_protocol(v, &rest) || !take_sent_by(v, &rest))
		return false;
	sip_take_space(&rest);
	while (rest.n > 0)
		if (!take_param(&rest, &param) || !read_param(v, &param))
			return false;
	return true;
}

bool sip_via_next(const char *p, const struct sip_head *h, struct sip_via_walk *w, struct sip_text *value)
{
	struct sip_slice line = h->via;

	if (w->lines == 0) {
		if (line.n == 0)
			return false;
		w->rest = sip_text(p, line);
		w->lines = 1;
	}
	while (!sip_next_value(&w->rest, value)) {
		if (w->lines >= h->via_lines)
			return false;
		if (w->at == 0) {
			line = sip_header_line(p, h, line);
			w->at = line.at + line.n;
		}
		if (!sip_header_next(p, h, SIP_TEXT("via"), &w->at, &line))
			return false;
		w->rest = sip_text(p, line);
		w->lines++;
	}
	return true;
}

static struct sip_slice slice_of(const char *p, struct sip_text t)
{
	return t.n > 0 ? (struct sip_slice){ (uint32_t)(t.p - p), (uint32_t)t.n } : (struct sip_slice){ 0, 0 };
}

struct sip_via_place sip_via_place(const char *p, const struct sip_via *v)
{
	return (struct sip_via_place){
		.value = slice_of(p, v->value),
		.host = slice_of(p, v->host),
		.rport = slice_of(p, v->rport_param),
		.received = slice_of(p, v->received_param),
		.has_rport = v->has_rport,
	};
}

/* ";received=192.0.2.1;rport=5060" for a Via that is due it, or nothing. */
static int write_place(const char *p, const struct sip_via_place *v, struct sip_text host, uint16_t port,
		       char room[SIP_VIA_ROOM])
{
	struct sip_out o = { room, SIP_VIA_ROOM, 0 };

	if (!v->has_rport && sip_same_host(sip_text(p, v->host), host))
		return 0;
	sip_put(&o, SIP_TEXT(";received="));
	sip_put(&o, host);
	if (v->has_rport) {
		sip_put(&o, SIP_TEXT(";rport="));
		sip_put_number(&o, port);
	}
	return sip_out_end(&o);
}

int sip_via_mark(struct sip_splice *s, const char *p, const struct sip_via_place *v, struct sip_text host,
		 uint16_t port, char room[SIP_VIA_ROOM])
{
	int n = write_place(p, v, host, port, room), ret = 0;
	struct sip_text put = { room, (size_t)n };

	if (n < 0)
		return n;
	if (v->has_rport) {
		ret = sip_cut(s, v->rport.at, v->rport.n, put);
		put.n = 0;
	}
	if (ret == 0 && v->received.n > 0) {
		ret = sip_cut(s, v->received.at, v->received.n, put);
		put.n = 0;
	}
	if (ret == 0 && put.n > 0)
		ret = sip_cut(s, v->value.at + v->value.n, 0, put);
	return ret;
}

int sip_via_receive(struct sip_splice *s, const char *p, const struct sip_head *h, struct sip_text host, uint16_t port,
		    char room[SIP_VIA_ROOM])
{
	struct sip_via_place place;
	struct sip_via v;

	if (!sip_via_read(&v, sip_top_via(p, h)))
		return -EINVAL;
	place = sip_via_place(p, &v);
	return sip_via_mark(s, p, &place, host, port, room);
}

uint16_t sip_via_answer_port(const struct sip_via *v, uint16_t from)
{
	if (v->has_rport)
		return from;
	return v->port > 0 ? v->port : SIP_PORT;
}
