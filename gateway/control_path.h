/* SPDX-License-Identifier: Apache-2.0 */
/* control_path.h: where the operator's socket is when nobody says it; the gateway and lychctl must agree. */
#ifndef CONTROL_PATH_H
#define CONTROL_PATH_H

#include <sys/un.h>

/* The most bytes that a socket's path may have, without its NUL. */
enum { CONTROL_PATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1 };

/*
 * /run/lychgate.sock for root; else lychgate.sock in $XDG_RUNTIME_DIR, or, without that, /tmp/lychgate-UID.sock.
 * A very long $XDG_RUNTIME_DIR gives a path over the limit, cut, which control_address refuses.
 */
void control_path_default(char path[CONTROL_PATH_MAX + 2]);

/* The socket's address; 0, or -ENAMETOOLONG. */
int control_address(struct sockaddr_un *address, const char *path);

#endif
