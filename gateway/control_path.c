/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_path.c: the default path of the operator's socket, and a path as a socket address.  It opens nothing; the
 * configuration, control_socket.c and lychctl call it.
 */
#include "control_path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void control_path_default(char path[CONTROL_PATH_MAX + 2])
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	size_t n = CONTROL_PATH_MAX + 2;

	if (geteuid() == 0)
		snprintf(path, n, "/run/lychgate.sock");
	else if (folder && folder[0] == '/')
		snprintf(path, n, "%s/lychgate.sock", folder);
	else
		snprintf(path, n, "/tmp/lychgate-%u.sock", (unsigned)geteuid());
}

int control_address(struct sockaddr_un *address, const char *path)
{
	size_t n = strlen(path);

	if (n > CONTROL_PATH_MAX)
		return -ENAMETOOLONG;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, path, n + 1);
	return 0;
}
