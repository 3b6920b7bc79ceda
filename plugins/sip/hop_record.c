/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_record.c writes Record-Route and Path.  What a server will send has the client's token in it, so that it reaches
 * the client's own connection; what a client will send needs none, for its dialog has an owner.  Where the two sides
 * differ there are two values, so that each side knows its own (RFC 5658).
 */
#include "hop_record.h"

static bool is_one_of(struct sip_text method, const struct sip_text *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sip_equal(method, list[i]))
			return true;
	return false;
}

/* A method that nobody here knows may well begin a dialog. */
bool hop_record_forms_dialog(const char *p, const struct sip_head *h)
{
	static const struct sip_text others[] = {
		{ "MESSAGE", 7 }, { "PUBLISH", 7 }, { "INFO", 4 }, { "PRACK", 5 }, { "UPDATE", 6 }
	};

	if (sip_to_tag(p, h).n > 0)
		return false;
	if (h->method == SIP_INVITE)
		return true;
	return h->method == SIP_OTHER &&
	       !is_one_of(sip_text(p, h->method_name), others, sizeof(others) / sizeof(*others));
}

bool hop_record_wanted(const struct hop_job *job)
{
	const struct options *o = instance_of(job->from)->options;
	const struct sip_head *h = &job->r->request.head;

	if (h->method == SIP_REGISTER)
		return o->path && !job->r->to_client;
	return o->record_route && hop_record_forms_dialog(job->unit.p, h);
}

static bool is_sips(const struct hop_job *job)
{
	struct sip_text uri = sip_text(job->unit.p, job->r->request.head.uri);

	return uri.n > 5 && sip_same((struct sip_text){ uri.p, 5 }, SIP_TEXT("sips:"));
}

static void put_door(struct hop_out *o, const struct hop_job *job, const struct hop_door *door, bool token, bool path)
{
	bool sips = is_sips(job);

	if (sips)
		HOP_PUT(o, "<sips:");
	else
		HOP_PUT(o, "<sip:");
	hop_put(o, door->address.p, door->address.n);
	if (door->transport == LG_UDP)
		HOP_PUT(o, ";transport=udp");
	else if (door->transport == LG_TLS && !sips) /* inside TLS because it is sips (RFC 3261 section 26.2.2) */
		HOP_PUT(o, ";transport=tls");
	else
		HOP_PUT(o, ";transport=tcp");
	HOP_PUT(o, ";lr");
	if (path)
		HOP_PUT(o, ";ob");
	HOP_PUT(o, ";lg=");
	hop_put(o, hop_of(job->from)->id, HOP_ID);
	if (token) {
		HOP_PUT(o, ".");
		hop_put(o, job->route_token.p, job->route_token.n);
	}
	HOP_PUT(o, ">\r\n");
}

static void put_line(struct hop_out *o, const struct hop_job *job, bool server)
{
	bool path = job->r->request.head.method == SIP_REGISTER;

	if (path)
		HOP_PUT(o, "Path: ");
	else
		HOP_PUT(o, "Record-Route: ");
	put_door(o, job, server ? &job->server : &job->client, server, path);
}

/* The receiver's side on top. */
void hop_record(struct hop_out *o, const struct hop_job *job)
{
	bool one =
		job->server.transport == job->client.transport && sip_equal(job->server.address, job->client.address);
	bool to_server = !job->r->to_client;

	if (!one && !to_server)
		put_line(o, job, false);
	put_line(o, job, true);
	if (!one && to_server)
		put_line(o, job, false);
}
