/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.c asks a server by a Binding request and believes only the answer to this very request: each has a transaction
 * id of its own, so that a late answer to an older one, or a forged one, counts for nothing.
 *
 * An error is an answer too: a server that wants credentials (401) or knows no bare Binding (400, 420) is alive and
 * well.  Only 5xx, which a server says of itself (RFC 8489 section 14.8), is sickness.
 */
#include "probe.h"

#include <stdio.h>
#include <string.h>

const struct lg_option probe_table[] = {
	{ "classic", LG_BOOL, offsetof(struct probe_options, classic), .def = "false",
	  .help = "ask in the form of RFC 3489, without the magic cookie" },
	{ 0 },
};

int probe_ask(struct lg_probe *p)
{
	const struct probe_options *o = p->conf;
	struct probe *probe = p->data;
	uint8_t question[STUN_HEADER];

	p->host->random(probe->id, sizeof(probe->id));
	stun_new_id(probe->id, o->classic ? STUN_CLASSIC : STUN_COOKIED);
	stun_write_binding(question, probe->id);
	p->host->ask(p, (struct lg_span){ (const char *)question, sizeof(question) });
	return 0;
}

static bool is_ours(const struct lg_probe *p, const struct stun_head *head)
{
	const struct probe *probe = p->data;

	return (head->form == STUN_COOKIED || head->form == STUN_CLASSIC) && head->method == STUN_BINDING &&
	       memcmp(head->id, probe->id, STUN_ID) == 0;
}

static enum lg_verdict judge_error(struct lg_probe *p, unsigned code)
{
	if (code == 0)
		snprintf(p->note, sizeof(p->note), "binding error");
	else
		snprintf(p->note, sizeof(p->note), "binding error %u", code);
	return code / 100 == 5 ? LG_SICK : LG_HEALTHY;
}

enum lg_verdict probe_judge(struct lg_probe *p, struct lg_span in)
{
	struct stun_head head;

	stun_read(&head, in.p, in.n);
	if (!is_ours(p, &head))
		return p->ended ? LG_SICK : LG_NOT_YET;
	switch (head.class) {
	case STUN_SUCCESS:
		snprintf(p->note, sizeof(p->note), "binding success");
		return LG_HEALTHY;
	case STUN_ERROR:
		return judge_error(p, stun_error(&head, in.p, in.n));
	default:
		snprintf(p->note, sizeof(p->note), "our own question came back");
		return LG_SICK;
	}
}
