/* SPDX-License-Identifier: Apache-2.0 */
/* hop_check.h: what a request looks like when a hop has passed it on. */
#ifndef HOP_CHECK_H
#define HOP_CHECK_H

#include "tests/fuzz/hop_stage.h"

/* `sent` left for a server when the client's request `came` did: stops if more has changed than a hop may change. */
void hop_check_sent(const struct stage *s, const struct unit *came, struct sip_text sent);

#endif
