/* SPDX-License-Identifier: Apache-2.0 */
/*
 * descriptors.h: whether the process may open as many files as its limits promise.  A session has two descriptors, its
 * client's and its server's (over UDP the server's alone); shared links, sockets, expected ports, logs and the
 * workers' own come to it, with their pipes (splice.h).
 *
 * A limit of sessions that is written is kept or refused; one that is not shrinks to what there is room for.
 */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include <stddef.h>
#include <stdint.h>

struct snapshot;

/* What the limits need at the most. */
uint64_t descriptors_needed(const struct snapshot *s);

/* Lets the limits fit into `have`: 0, or -EMFILE when they cannot, and `err` says what to do. */
int descriptors_fit(struct snapshot *s, uint64_t have, char err[], size_t errlen);

/* Raises the process's limit as far as it may be, then the same; `s` is not in use yet. */
int descriptors_provide(struct snapshot *s, char err[], size_t errlen);

#endif
