/* SPDX-License-Identifier: Apache-2.0 */
/* key.h: the persistence key of an exchange: by which facts, and on whose account. */
#ifndef KEY_H
#define KEY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "store.h"

struct exchange;
struct reach;

/* The persistence key of `x` in a pool, by the first of the facts that has a value; false: none has. */
bool key_of(struct exchange *x, const struct reach *r, struct store_key *key);

/* The client's address; of a request on a shared link, the server's. */
void key_origin(const struct exchange *x, struct sockaddr_storage *a);

/* Of a new key's share (claim.source): a hash of the client's address, IPv6 by /64; 0: its servers' and trusted peers' keys
 * are under no share. */
uint64_t key_source(const struct exchange *x);

#endif
