/* SPDX-License-Identifier: Apache-2.0 */
/* networks.h: is an address in one of these networks? */
#ifndef NETWORKS_H
#define NETWORKS_H

#include <stdbool.h>
#include <sys/socket.h>

#include <lychgate/plugin.h>

/* An IPv4 address counts alike however it is written; what is neither IPv4 nor IPv6 is in no network. */
bool networks_have(const struct lg_nets *nets, const struct sockaddr *address);

#endif
