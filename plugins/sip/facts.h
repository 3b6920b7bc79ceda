/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h: what policies and persistence can know of a request; found when asked for, never before. */
#ifndef PLUGIN_SIP_FACTS_H
#define PLUGIN_SIP_FACTS_H

#include <lychgate/plugin.h>

/* Ends with NULL. */
extern const char *const facts_names[];

/* See lg_plugin.fact.  A fact that has to be made lies in the instance's scratch, until the next one of any exchange.
 */
struct lg_span facts_read(struct lg_exchange *x, unsigned index, struct lg_span arg);

#endif
