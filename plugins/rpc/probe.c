/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.c asks a server whether its endpoint mapper can be bound to and, if the monitor names an interface, whether
 * that is registered: a front end's endpoint mapper is up long before the services behind it.
 */
#include "probe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "epm.h"

enum { FRAGMENT_MAX = 4280, CALL_BIND = 1, CALL_ASK = 2 };

const struct lg_option probe_table[] = {
	{ "interface", LG_STR, offsetof(struct probe_options, interface),
	  .help = "the UUID of an interface that must be registered; default none" },
	{ "version", LG_STR, offsetof(struct probe_options, version), .def = "1.0", .help = "its version" },
	{ 0 },
};

/* ---- Asking ---- */

static int number_of(const char *text, char **end, uint16_t *number)
{
	unsigned long value;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	value = strtoul(text, end, 10);
	*number = (uint16_t)value;
	return value > UINT16_MAX ? -EINVAL : 0;
}

static int read_options(const struct probe_options *o, struct probe *probe)
{
	char *end;

	if (!o->interface)
		return 0;
	if (wire_uuid_of(&probe->interface, o->interface) < 0 || !o->version)
		return -EINVAL;
	if (number_of(o->version, &end, &probe->major) < 0 || *end != '.')
		return -EINVAL;
	return number_of(end + 1, &end, &probe->minor) < 0 || *end != '\0' ? -EINVAL : 0;
}

static int send_out(struct lg_probe *p, struct wire_out *out)
{
	size_t n = wire_end(out, 0);

	if (n == 0)
		return -EMSGSIZE;
	p->host->ask(p, (struct lg_span){ (const char *)out->p, n });
	return 0;
}

int probe_ask(struct lg_probe *p)
{
	uint8_t text[128];
	struct wire_out out = { .p = text, .n = sizeof(text) };

	if (read_options(p->conf, p->data) < 0) {
		snprintf(p->note, sizeof(p->note), "\"interface\" is no UUID, or \"version\" no version");
		return -EINVAL;
	}
	wire_begin(&out, WIRE_IS_BIND, 0, CALL_BIND);
	wire_put_u16(&out, FRAGMENT_MAX);
	wire_put_u16(&out, FRAGMENT_MAX);
	wire_put_u32(&out, 0); /* a new association group */
	wire_put_u32(&out, 1); /* one context */
	wire_put_u16(&out, 0);
	wire_put_u16(&out, 1); /* one transfer syntax */
	wire_put_uuid(&out, &epm_interface);
	wire_put_u32(&out, EPM_VERSION);
	wire_put_uuid(&out, &wire_ndr);
	wire_put_u32(&out, 2);
	return send_out(p, &out);
}

static int ask_for_interface(struct lg_probe *p)
{
	struct probe *probe = p->data;
	uint8_t text[24 + EPM_QUESTION_N];
	struct wire_out out = { .p = text, .n = sizeof(text) };

	probe->asked = true;
	wire_begin(&out, WIRE_IS_REQUEST, 0, CALL_ASK);
	wire_put_u32(&out, EPM_QUESTION_N); /* alloc_hint */
	wire_put_u16(&out, 0);
	wire_put_u16(&out, EPM_MAP);
	epm_put_question(&out, &probe->interface, probe->major, probe->minor);
	return send_out(p, &out);
}

/* ---- Judging ---- */

__attribute__((format(printf, 3, 4))) static enum lg_verdict say(struct lg_probe *p, enum lg_verdict v,
								 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->note, sizeof(p->note), format, args);
	va_end(args);
	return v;
}

/* No whole PDU. */
static enum lg_verdict wait_on(struct lg_probe *p, int ret)
{
	if (ret < 0)
		return say(p, LG_SICK, "no DCE/RPC");
	return p->ended ? say(p, LG_SICK, "closed without an answer") : LG_NOT_YET;
}

static enum lg_verdict judge_bind(struct lg_probe *p, const struct wire_pdu *pdu)
{
	const struct probe_options *o = p->conf;
	struct probe *probe = p->data;
	struct wire_result r;
	struct wire_in in;

	if (pdu->type != WIRE_IS_BIND_ACK || pdu->call_id != CALL_BIND)
		return say(p, LG_SICK, pdu->type == WIRE_IS_BIND_NAK ? "bind_nak" : "no bind_ack");
	if (wire_results(&in, pdu) == 0)
		return say(p, LG_SICK, "a bind_ack without a result");
	r = wire_result(&in);
	if (in.bad || r.result != 0)
		return say(p, LG_SICK, "no endpoint mapper: the bind is refused");
	if (!o->interface)
		return say(p, LG_HEALTHY, "bind_ack");
	if (!probe->asked && ask_for_interface(p) < 0)
		return say(p, LG_SICK, "cannot ask for the interface");
	return LG_NOT_YET;
}

static enum lg_verdict judge_answer(struct lg_probe *p, const struct wire_pdu *pdu)
{
	struct wire_call answered;
	struct epm_answer a;
	struct epm_tower t;

	if (pdu->type != WIRE_IS_RESPONSE || pdu->call_id != CALL_ASK || wire_call(&answered, pdu) < 0)
		return say(p, LG_SICK, pdu->type == WIRE_IS_FAULT ? "fault" : "no answer to ept_map");
	if (epm_open(&a, pdu->p + WIRE_RESPONSE, wire_stub_n(pdu), pdu->big, false) < 0)
		return say(p, LG_SICK, "an ept_map answer that cannot be read");
	if (epm_next(&a, &t) <= 0)
		return say(p, LG_SICK, "the interface is not registered");
	return say(p, LG_HEALTHY, t.kind == EPM_TCP ? "registered on port %u" : "registered", t.port);
}

enum lg_verdict probe_judge(struct lg_probe *p, struct lg_span in)
{
	struct wire_pdu pdu;
	enum lg_verdict v;
	int ret = wire_read(&pdu, in.p, in.n);

	if (ret <= 0)
		return wait_on(p, ret);
	v = judge_bind(p, &pdu);
	if (v != LG_NOT_YET)
		return v;
	ret = wire_read(&pdu, in.p + pdu.n, in.n - pdu.n);
	return ret <= 0 ? wait_on(p, ret) : judge_answer(p, &pdu);
}
