/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value.c answers questions about the values that the scan has found: branch, tags, signs of Lync.  They are asked of
 * some messages only, so that the scan does not pay for them.
 */
#include "sip/header.h"

struct sip_text sip_top_via(const char *p, const struct sip_head *h)
{
	struct sip_text rest = sip_text(p, h->via);
	struct sip_text value = { NULL, 0 };

	(void)sip_next_value(&rest, &value);
	return value;
}

static struct sip_text param_of(struct sip_text value, struct sip_text name)
{
	struct sip_text found = { NULL, 0 };

	(void)sip_param(value, name, &found);
	return found;
}

struct sip_text sip_branch(const char *p, const struct sip_head *h)
{
	return param_of(sip_top_via(p, h), SIP_TEXT("branch"));
}

unsigned sip_via_count(const char *p, const struct sip_head *h)
{
	struct sip_slice line;
	struct sip_text value;
	unsigned count = 0;

	for (uint32_t at = 0; sip_header_next(p, h, SIP_TEXT("via"), &at, &line);)
		for (struct sip_text rest = sip_text(p, line); sip_next_value(&rest, &value);)
			count++;
	return count;
}

struct sip_text sip_from_tag(const char *p, const struct sip_head *h)
{
	return param_of(sip_text(p, h->from), SIP_TEXT("tag"));
}

struct sip_text sip_to_tag(const char *p, const struct sip_head *h)
{
	return param_of(sip_text(p, h->to), SIP_TEXT("tag"));
}

bool sip_is_lync(const char *p, const struct sip_head *h)
{
	struct sip_text rest = sip_text(p, h->contact);
	struct sip_text value;

	if (h->kind != SIP_REQUEST)
		return false;
	if (sip_param(sip_text(p, h->from), SIP_TEXT("epid"), NULL) ||
	    sip_param(sip_text(p, h->to), SIP_TEXT("epid"), NULL))
		return true;
	while (sip_next_value(&rest, &value))
		if (sip_same(param_of(value, SIP_TEXT("proxy")), SIP_TEXT("replace")))
			return true;
	return false;
}
