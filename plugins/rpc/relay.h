/* SPDX-License-Identifier: Apache-2.0 */
/* relay.h: cuts what either side sends into PDUs, and sends them on. */
#ifndef PLUGIN_RPC_RELAY_H
#define PLUGIN_RPC_RELAY_H

#include <lychgate/plugin.h>

/* lg_plugin.receive */
ptrdiff_t relay_receive(struct lg_link *l, struct lg_span in);

#endif
