/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_socket.h: the file of the operator's socket and the lock beside it (PATH.lock).  Whoever holds the lock owns
 * the path: only then is a socket that a killed gateway left behind removed.  The lock's file stays when the gateway
 * ends (to remove it would let two gateways lock two files of one name); it holds the owner's process number, for
 * people.
 */
#ifndef CONTROL_SOCKET_H
#define CONTROL_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct control_socket {
	char *path; /* NULL: nothing is held */
	int lock;   /* descriptor of the lock, -1: none */
	bool bound; /* the socket's file is ours */
	int fd;     /* bound, not listening, mode 0600; -1: none, or somebody took it over */
};

/* Locks and binds; `err` names the path and the way out.  0 or -errno, and then nothing is held.  Not while other
 * threads create files: it sets the umask for a moment. */
int control_socket_open(struct control_socket *s, const char *path, char err[], size_t errlen);
/* Another user shall own the socket and its lock.  -errno with a reason. */
int control_socket_give(struct control_socket *s, uid_t uid, gid_t gid, char err[], size_t errlen);

/* The socket's file goes: no new connections.  Again does nothing. */
void control_socket_unlink(struct control_socket *s);

/* Gives back the rest, the lock last.  A zeroed or failed one is fine. */
void control_socket_close(struct control_socket *s);

#endif
