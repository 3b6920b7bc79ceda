/* SPDX-License-Identifier: Apache-2.0 */
/* host.h: the functions that plugins call, struct lg_host of lychgate/plugin.h. */
#ifndef HOST_H
#define HOST_H

#include <lychgate/plugin.h>

extern const struct lg_host host_functions;

#endif
