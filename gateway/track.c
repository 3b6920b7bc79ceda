/* SPDX-License-Identifier: Apache-2.0 */
/* track.c: pairs servers of two pools by address.  What a server's health is then: monitor.c; its word: word.c. */
#include "track.h"

#include "snapshot.h"

/* Absent slots have no address now, also when they had one. */
static struct server *counterpart(const struct server *s, struct pool *other)
{
	const struct sockaddr *address = (const struct sockaddr *)&server_place(s)->address;

	for (unsigned i = 0; i < other->nservers && !server_is_absent(s); i++) {
		struct server *o = &other->servers[i];

		if (!server_is_absent(o) &&
		    address_same_host((const struct sockaddr *)&server_place(o)->address, address))
			return o;
	}
	return NULL;
}

static void leave(struct server *s, struct server *o)
{
	struct server **p = &o->followers;

	while (*p && *p != s)
		p = &(*p)->next_follower;
	if (*p)
		*p = s->next_follower;
	s->next_follower = NULL;
}

/* Whether it is another one than before. */
static bool follow(struct server *s, struct server *o)
{
	struct server *before = atomic_load(&s->tracked);

	if (before == o)
		return false;
	if (before)
		leave(s, before);
	if (o) {
		s->next_follower = o->followers;
		o->followers = s;
	}
	atomic_store(&s->tracked, o);
	return true;
}

void tracks_renew(struct snapshot *snapshot, void (*changed)(void *ctx, struct server *s), void *ctx)
{
	for (unsigned k = 0; k < snapshot->npools; k++) {
		struct pool *p = &snapshot->pools[k];

		for (unsigned i = 0; p->monitor.track && i < p->nservers; i++) {
			struct server *s = &p->servers[i];

			if (follow(s, counterpart(s, p->monitor.track)) && changed)
				changed(ctx, s);
		}
	}
}

bool track_is_open(const struct pool *tracked)
{
	for (unsigned i = 0; i < tracked->nservers; i++) {
		const struct server *o = &tracked->servers[i];

		if (server_is_absent(o) && atomic_load(&o->state->health) == HEALTH_UNKNOWN)
			return true;
	}
	return false;
}
