/* SPDX-License-Identifier: Apache-2.0 */
/* client.h: what a request shows of the client that sent it. */
#ifndef PLUGIN_SIP_CLIENT_H
#define PLUGIN_SIP_CLIENT_H

#include "sip/scan.h"

/* It is Lync's, or signs its requests as Lync's do: an answer that its server has not signed is not believed. */
bool client_is_lync(const char *p, const struct sip_head *h);

#endif
