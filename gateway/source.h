/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h: the address that server links come from, the listener's word `source`: the gateway's own, or the client's
 * ("transparent").  The latter needs a capability, and that the servers' answers are routed back through this machine:
 * lychgate-network(7).
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct listener_conf;
struct session;

/* What the server links of a session have to come from: its client's address; NULL: the gateway's own. */
const struct sockaddr *source_of(const struct session *s);

/*
 * Gives a new socket that address, before it connects; does nothing for NULL.  A stream gets any free port of the
 * client's address.  A datagram socket gets the client's own port, since servers tell clients what address they see,
 * and any other only when that is taken.  0 or -errno: -EAFNOSUPPORT where the server has another address family than
 * the client.
 */
int source_bind(int fd, const struct sockaddr *source);

/* Whether a bound datagram socket has the address and the port of `source`; no for NULL. */
bool source_is_own(int fd, const struct sockaddr *source);

/* Whether the process may do what the listener's word asks for; 0, or -errno with what to do about it. */
int source_check(const struct listener_conf *conf, char err[], size_t errlen);

#endif
