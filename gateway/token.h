/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.h: tokens (lg_host.token) as text and back, and digests: what is made under the gateway's secret.  What a token
 * names, and sending there: deliver.h.
 *
 * A token is a few bytes and their MAC (SipHash, 64 bits, over the use as well), written in base32 with digits and
 * small letters; capitals are read alike, since some protocols compare without regard to case.
 */
#ifndef TOKEN_H
#define TOKEN_H

#include <stdint.h>
#include <sys/socket.h>

#include <lychgate/plugin.h>

#include "names.h"

struct token {
	enum lg_transport transport;
	bool by_address; /* a client's of a UDP listener: the second half counts, else the first */
	struct link_name link;
	uint32_t listener;                   /* token_listener of its name */
	struct sockaddr_storage local, peer; /* of one family */
};

/* The secret of all tokens and digests of this process, before threads start; without it, one made up by chance. */
void token_begin(const unsigned char secret[16]);

/* Writes it; its length. */
unsigned token_write(const struct token *t, enum lg_use use, char out[LG_TOKEN]);

/* 0, or -EINVAL: it is none of ours, or not for this use. */
int token_read(struct token *t, enum lg_use use, struct lg_span text);

/* What stands for a listener in tokens: the same in all gateways where it has this name. */
uint32_t token_listener(const char *name);

/* As lg_host.digest. */
uint64_t token_digest(const struct lg_span *pieces, unsigned n);

#endif
