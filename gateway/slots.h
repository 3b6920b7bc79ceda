/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slots.h: the servers that one host name stands for.  The snapshot gives a name so many servers as it may have
 * addresses, its slots; all are absent at first.  Each address that is found takes a slot, which is then a server like
 * any other.
 *
 * An address that is found no longer leaves: it gets no new keys, what it has goes on and is probed as before, and when
 * no link leads there any more its slot is absent.  If it comes back, it has its old slot.  Another address may take
 * the slot when it was free for one whole round, so that who has picked it a moment ago has long gone there.
 *
 * All on the control thread (what other threads read is atomic), and no clock and no network: resolve.h brings answers.
 */
#ifndef SLOTS_H
#define SLOTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct pool;
struct server;

enum { SLOTS_MAX = 32 };

struct slots {
	char *host; /* the name */
	/* As it is written, else host:port, in a group of pools the host: its servers' ids are made of it and their
	 * addresses. */
	char *id;
	uint16_t port;
	struct pool *pool;
	unsigned first, n; /* pool->servers[first] and so on */
	int admin;         /* enum admin: the operator's last word to the name as a whole */
	uint32_t rested;   /* bit i: the slot was free when the last answer came */
	/* Addresses in the last answer for which no slot was free, or none that could take one more. */
	unsigned left_out;
};

/* What has become of a server: it was put somewhere and is to be asked; it is gone. */
struct slots_ops {
	void (*came)(void *ctx, struct server *s);
	void (*went)(void *ctx, struct server *s);
};

/* An answer: the name's addresses, any port, best in the same order each time, none of them twice.  True: something has
 * changed. */
bool slots_take(struct slots *s, const struct sockaddr_storage *found, unsigned n, const struct slots_ops *ops,
		void *ctx);

/* There was none, and the last one holds no longer; `reason` is for the operator.  True: something has changed. */
bool slots_lost(struct slots *s, const char *reason, const struct slots_ops *ops, void *ctx);

/* Leaving servers to which no link leads any more go.  True: something has changed. */
bool slots_settle(struct slots *s, const struct slots_ops *ops, void *ctx);

/* Whether an operator sees the server: it is somewhere, or it stands for its name, all of whose slots are absent. */
bool slots_show(const struct server *s);

#endif
