/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay.h: the plugin of connections that the core serves by itself, those to expected ports (expect.h): it asks for a
 * server and joins.
 */
#ifndef RELAY_H
#define RELAY_H

#include <lychgate/plugin.h>

extern const struct lg_plugin relay_plugin;

#endif
