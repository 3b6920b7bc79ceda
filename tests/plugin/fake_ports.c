/* SPDX-License-Identifier: Apache-2.0 */
/* fake_ports.c gives away the ports of a range, one for each port of a server's that is asked for. */
#include "fake_host.h"
#include "fake_inside.h"

#include <stdarg.h>

#include <setjmp.h>

#include <cmocka.h>

uint16_t fake_expect(struct lg_exchange *x, uint16_t server_port, const struct lg_ports *range)
{
	struct fake_exchange *e = (struct fake_exchange *)x;
	struct fake *f = e->from->fake;
	unsigned i = 0;

	assert_true(e->routed);
	assert_true(server_port != 0 && range->first != 0 && range->first <= range->last);
	while (i < f->nexpected && f->expected[i] != server_port)
		i++;
	if (f->no_ports || i == FAKE_PORTS || i > (unsigned)(range->last - range->first))
		return 0;
	if (i == f->nexpected)
		f->expected[f->nexpected++] = server_port;
	return (uint16_t)(range->first + i);
}
