/* SPDX-License-Identifier: Apache-2.0 */
/* admission.h: which limit of a listener forbids another session now, and how that is told. */
#ifndef ADMISSION_H
#define ADMISSION_H

#include "listener.h"

enum admission {
	ADMITTED,            /* and counted: session_destroy takes it out again */
	OVER_HANDSHAKES,
	OVER_SESSIONS,
	OVER_SOURCE,         /* sessions_per_source */
	OVER_PACE,           /* new_per_source */
	OUT_OF_MEMORY,
	OUTSIDE_RANGE,       /* a port that the listener's range does not have */
	NOT_EXPECTED,        /* another client than the one that the port was opened for */
};

/* ADMITTED: counted.  `peer` NULL: whose session it is will turn out, and is counted then by admission_enter. */
enum admission admit(struct listener *l, const struct sockaddr *peer, enum lg_transport transport);

/* Now it is known whose an admitted session is: ADMITTED, or that one has too many. */
enum admission admission_enter(struct listener *l, const struct sockaddr *source);

/* The same for a datagram from `peer` that belongs to no flow of `k`: one that it is worth more than may have to go. */
enum admission admit_flow(struct listener_socket *k, const struct sockaddr *peer);

/* Counts that `peer` was refused, and says so at most once a second. */
void admission_refused(struct listener *l, const struct sockaddr *peer, enum admission why);

/* Of the handshakes in flight, what one source may have: a quarter, so that no one keeps the others from theirs. */
enum { HANDSHAKES_SHARE = 4 };
uint32_t admission_share(uint32_t handshakes);

/* Takes one session of `peer` (NULL: whose was never known) out of the counts. */
void admission_leave(struct listener *l, const struct sockaddr *peer);

#endif
