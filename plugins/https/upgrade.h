/* SPDX-License-Identifier: Apache-2.0 */
/* upgrade.h: a websocket (RFC 6455): behind its 101 bytes pass both ways, as they come. */
#ifndef PLUGIN_HTTPS_UPGRADE_H
#define PLUGIN_HTTPS_UPGRADE_H

#include <stdbool.h>

#include <lychgate/plugin.h>

/* Has the client asked for one, and was that passed on? */
bool upgrade_expected(const struct lg_exchange *x);

/* The server has agreed: all that follows is raw. */
void upgrade_begin(struct lg_exchange *x);

/* Bytes of either link of the exchange. */
ptrdiff_t upgrade_receive(struct lg_exchange *x, struct lg_link *l, struct lg_span in);

/* Neither side has said anything for the option `upgrade_idle`. */
void upgrade_expired(struct lg_exchange *x);

#endif
