/* SPDX-License-Identifier: Apache-2.0 */
/* nets.h: is an address in a list of networks? */
#ifndef PLUGIN_HTTPS_NETS_H
#define PLUGIN_HTTPS_NETS_H

#include <stdbool.h>

#include <lychgate/plugin.h>

/* `address` is written like lg_link.peer; one that is none is in no network. */
bool nets_have(const struct lg_nets *nets, struct lg_span address);

#endif
