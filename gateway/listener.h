/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener.h: an address and what serves it.  Each worker has a socket of its own on it (SO_REUSEPORT) and an instance
 * of the plugin.  It listens while a pool that it can reach is up, or says that it wants to answer itself; else the
 * sockets stay bound and refuse, so that clients try their next address.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include "address.h"
#include "listener_socket.h"
#include "snapshot.h"
#include "sources.h"
#include "worker.h"

struct listener {
	struct worker *worker;
	struct snapshot *snapshot;  /* counted */
	const struct listener_conf *conf;
	uint32_t id;                /* of its name: what stands for it in tokens */
	struct sources *sources;    /* shared by the workers; NULL: no limits by source */
	void *inst;                 /* the plugin's instance */
	struct script_policy **policies; /* as conf->policies, loaded into this worker */
	struct listener_socket *sockets; /* one for each bind */
	unsigned nsockets;
	/* Serves the ports that this one's clients are expected at; NULL until there is one: expect.h. */
	struct listener *relay;
	struct list expected;   /* such a one's: its ports */
	struct trunks *trunks; /* shared links to servers: trunk.h; NULL until there is one */
	struct access_log *access; /* NULL: none is written */
	bool closed;
	uint64_t refused_ms; /* when a refusal was logged last */
	struct list node; /* worker->listeners */
};

/* Binds a socket to each address of the listener, not yet listening; called before threads start.  `err` names the
 * address and the way out.  0 or -errno; listener_close gives back what there is. */
int listener_create(struct listener **lp, struct worker *w, struct snapshot *snapshot, const struct listener_conf *conf,
		    struct sources *sources, char err[], size_t errlen);

/* Opens the access logs of a worker's listeners, as the user who will open them again when they have been renamed;
 * before the worker's thread starts.  `err` names listener and file. */
int listener_open_logs(struct worker *w, char err[], size_t errlen);

/* Starts or stops to listen, as the pools' states want it; on the worker's thread. */
void listener_review(struct listener *l);

/* The listener's own address for `transport` as one at the other end of `local` would see it; `text` has room for it.
 * NULL: it has none. */
const char *listener_home(const struct listener *l, enum lg_transport transport, const struct sockaddr *local,
			  char text[ADDRESS_TEXT]);

/* Stops for good; sessions go on. */
void listener_close(struct listener *l);

/* When no session is left. */
void listener_destroy(struct listener *l);

#endif
