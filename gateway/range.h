/* SPDX-License-Identifier: Apache-2.0 */
/*
 * range.h: a listener on a whole range of ports, with one socket on its first: a rule of the kernel's packet filter
 * brings the others there (lychgate-network(7)), and the kernel remembers which one the client meant.
 */
#ifndef RANGE_H
#define RANGE_H

#include "snapshot.h"

/* The port of the range that an accepted client connected to, or -ERANGE: one outside of it, the rule is wrong. */
int range_port(const struct bind *bind, int fd);

/* Lets a listening socket also take what a `tproxy` rule brings; without the capability for it, `dnat` still works. */
void range_prepare(int fd, int family);

#endif
