/* SPDX-License-Identifier: Apache-2.0 */
/* admission.h: which limit of a listener forbids another session now, and how that is told. */
#ifndef ADMISSION_H
#define ADMISSION_H

#include "listener.h"

enum admission {
	ADMITTED,            /* and counted: session_destroy takes it out again */
	OVER_HANDSHAKES,
	OVER_SESSIONS,
	OVER_SOURCE,         /* sessions_per_source or new_per_source */
	OUT_OF_MEMORY,
	OUTSIDE_RANGE,       /* a port that the listener's range does not have */
	NOT_EXPECTED,        /* another client than the one that the port was opened for */
};

/* ADMITTED: counted. */
enum admission admit(struct listener *l, const struct sockaddr *peer, enum lg_transport transport);

/* The same for a datagram from `peer` that belongs to no flow of `k`: one that it is worth more than may have to go. */
enum admission admit_flow(struct listener_socket *k, const struct sockaddr *peer);

/* Counts that `peer` was refused, and says so at most once a second. */
void admission_refused(struct listener *l, const struct sockaddr *peer, enum admission why);

/* Takes one session of `peer` out of the counts. */
void admission_leave(struct listener *l, const struct sockaddr *peer);

#endif
