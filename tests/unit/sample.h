/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample.h: a snapshot made by hand, for tests of what reads one.  Two listeners ("in", with a policy and two counters;
 * "bare", closed, with nothing), two pools ("front" with servers "one" and "10.0.0.2:5061", persistence by "key";
 * "back/up" with the server "one", persistence by default).
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "snapshot.h"

struct sample {
	struct snapshot snapshot;
	struct pool pools[2];
	struct pool_live live[2];
	struct server servers[3];
	struct listener_conf listeners[2];
	struct listener_stats stats[2];
	struct policy_use policy;
	struct policy_stats policy_stats;
	struct bind binds[2];
	struct reach reach[2];
	atomic_ullong counters[2];
	struct store store;
};

enum { SAMPLE_ENTRIES = 7 }; /* that the stores tell */

/* It must not move until sample_fini. */
void sample_init(struct sample *s);
void sample_fini(struct sample *s);

/* A zeroed fixture of `size` bytes that begins with a struct sample, which is made; sample_teardown frees both. */
void *sample_fixture(size_t size);
int sample_teardown(void **state);

#endif
