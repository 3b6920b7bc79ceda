/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_udp.c is the fake's UDP: a flow begins with a datagram, without `opened`; a datagram comes whole, once, and is
 * gone; and a flow that nothing holds is forgotten as soon as the callback's consequences have been delivered.
 */
#include "fake_host.h"
#include "fake_inside.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static bool is_client_flow(const struct fake_peer *p)
{
	return p->link && !p->closing && p->link->transport == LG_UDP && p->link->side == LG_CLIENT;
}

/* Closes one flow that nothing holds; false: there is none. */
bool fake_flow_forget(struct fake *f)
{
	for (unsigned i = 0; i < f->npeers; i++) {
		struct fake_peer *p = f->peers[i];

		if (is_client_flow(p) && p->session->open == 0 && !p->joined && !p->deadline_at_ms) {
			f->host.close(p->link, LG_FLUSH);
			return true;
		}
	}
	return false;
}

static void give(struct fake_peer *p, const char *bytes, size_t n)
{
	struct fake *f = p->fake;
	char *copy = fake_alloc(n);

	/* Exactly so many bytes, for AddressSanitizer. */
	if (n > 0)
		memcpy(copy, bytes, n);
	assert_false(p->held); /* a flow has nowhere to wait */
	if (p->joined) {
		fake_put(p->joined, p, copy, n, 0);
	} else {
		f->reading = (struct lg_span){ copy, n };
		f->depth++;
		assert_int_equal(f->plugin->receive(p->link, f->reading), n); /* it is used whole */
		f->depth--;
		f->reading = LG_NO_UNIT;
	}
	free(copy);
}

struct fake_peer *fake_datagram(struct fake *f, struct fake_peer *flow, const char *bytes, size_t n)
{
	if (!flow || !flow->link)
		flow = fake_flow(f);
	give(flow, bytes, n);
	fake_deliver(f);
	return flow;
}
