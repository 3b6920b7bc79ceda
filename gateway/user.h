/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user.h: the user that the gateway runs as, and what it may do that other users may not: capabilities(7).
 */
#ifndef USER_H
#define USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct user {
	char *name; /* malloc */
	uid_t uid;
	gid_t gid;   /* of its passwd entry; it brings its other groups, too */
	bool chosen; /* false: whoever started the gateway */
};

/* Looks a user up; `name` NULL: the one that started the gateway.  -ENOENT: there is none, -EINVAL: it may do
 * everything, both with a reason; -ENOMEM. */
int user_find(struct user *u, const char *name, char err[], size_t errlen);

/* Whether the process may become that user: it is root, or that user already.  -EPERM with a reason. */
int user_check(const struct user *u, char err[], size_t errlen);

/*
 * The process becomes a chosen user, for good: of all capabilities it keeps CAP_NET_BIND_SERVICE (ports are opened
 * while it runs) and with `raw` CAP_NET_RAW, and no program that it could run gets more.  Capabilities are each
 * thread's own: no other thread may run yet.  -errno with a reason.  Who is not chosen stays; of root there is a
 * warning.
 */
int user_become(const struct user *u, bool raw, char err[], size_t errlen);

/* What the calling thread may do now: one bit for each capability. */
uint64_t user_capabilities(void);
/* "CAP_NET_RAW"; NULL: this version does not know it. */
const char *user_capability_name(unsigned capability);
/* Whether a program that it runs could get more. */
bool user_is_bound(void);

#endif
