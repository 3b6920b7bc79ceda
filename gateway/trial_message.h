/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trial_message.h: one message read by a plugin without any network, so that a policy can be tried on it: the plugin
 * gets a client link, and its first request's facts can be asked.  What it sends is kept to be shown.
 */
#ifndef TRIAL_MESSAGE_H
#define TRIAL_MESSAGE_H

#include <lychgate/plugin.h>

enum { TRIAL_MESSAGE = 4 << 20 }; /* bytes, at most */

struct trial_message;

/* Reads the first request in `bytes`, which are borrowed, as if it had come from a client by `transport` (0: TCP if the
 * plugin has it).  0, or -errno with the reason: the plugin has seen no request, and perhaps what it answered. */
int trial_message_read(struct trial_message **mp, const struct lg_plugin *p, enum lg_transport transport,
		       struct lg_span bytes, char err[], size_t errlen);
void trial_message_free(struct trial_message *m); /* NULL is fine */

enum lg_transport trial_message_transport(const struct trial_message *m);

/* A fact of the request, by its index in the plugin's table; good until the next. */
struct lg_span trial_message_fact(struct trial_message *m, unsigned index, struct lg_span arg);

/* All bytes of a message's file, which the caller frees; or NULL with the reason in err. */
char *trial_message_file(const char *file, size_t *n, char err[], size_t errlen);

/* The bytes of a message as it was typed: a head whose lines end with LF gets CRLF.  *text is malloc's; true: it was
 * changed.  On failure *text is NULL. */
bool trial_message_ends(struct lg_span typed, char **text, size_t *n);

#endif
