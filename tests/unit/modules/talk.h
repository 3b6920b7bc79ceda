/* SPDX-License-Identifier: Apache-2.0 */
/* talk.h: what the options of the test plugin `talk` are filled into. */
#ifndef TALK_H
#define TALK_H

#include <stdbool.h>
#include <stdint.h>

#include <lychgate/plugin.h>

struct talk_conf {
	bool greet;
	int64_t lines, pause, room;
	const char *word;
	int mood;
	struct lg_ports doors;
	struct lg_nets nets;
};

struct talk_probe {
	const char *question;
};

#endif
