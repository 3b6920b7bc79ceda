/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ntlm.h: NTLM and Negotiate sign in a connection, not a request (RFC 4559 section 6): a server's link that has seen
 * one of them may carry nobody else's requests, ever.  Here is told whether a head shows one.
 */
#ifndef PLUGIN_HTTPS_NTLM_H
#define PLUGIN_HTTPS_NTLM_H

#include <stdbool.h>

#include "head.h"

/* Does the request `h` (bytes `p`) bring such credentials, for the server or for a proxy? */
bool ntlm_in_request(const struct head *h, const char *p);

/* Does the answer ask for them, or go on with them? */
bool ntlm_in_answer(const struct head *h, const char *p);

#endif
