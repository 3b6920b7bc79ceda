/* SPDX-License-Identifier: Apache-2.0 */
/* message.h: one message of a stream, and the plugin's `receive`, which cuts streams into them. */
#ifndef PLUGIN_SIP_MESSAGE_H
#define PLUGIN_SIP_MESSAGE_H

#include <lychgate/plugin.h>

#include "sip/scan.h"

struct message {
	struct sip_head head;
	struct lg_span bytes; /* all of it, or its head when the body is still to come */
	bool whole;
};

/* How many bytes were used, see lychgate/plugin.h. */
ptrdiff_t message_receive(struct lg_link *l, struct lg_span in);

#endif
