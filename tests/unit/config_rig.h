/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_rig.h: a folder with certificates and policies, and configurations read in it.  For tests; the plugin `talk`
 * stands for all: tests/unit/modules/talk.c.
 */
#ifndef CONFIG_RIG_H
#define CONFIG_RIG_H

#include "config.h"

#include <stddef.h>

/* A configuration that is right, behind which a case comes into its own. */
#define BASE                                                                                                           \
	"\ntls 'base' { certificate = 'pool.pem', key = 'pool.key' }\n"                                                \
	"tls 'sure' { certificate = 'pool.pem', key = 'pool.key', trust = 'ca.pem' }\n"                                \
	"pool 'base' { servers = { '127.0.0.1' }, port = 5060 }\n"                                                     \
	"listener 'base' { plugin = 'talk', bind = 'tcp:127.0.0.1:5060', pool = 'base' }\n"

/* On three lines: the words, then `x` on the second. */
#define POOL(x)     "pool 'x' { servers = { '127.0.0.1:1' },\n" x "\n}"
#define LISTENER(x) "listener 'x' { plugin = 'talk', bind = 'tcp:127.0.0.1:9', pool = 'base',\n" x "\n}"
#define POST(x)     "listener 'x' { plugin = 'post', bind = 'tcp:127.0.0.1:9', pool = 'base',\n" x "\n}"
#define TLS(x)      "listener 'x' { plugin = 'talk', bind = 'tls:127.0.0.1:9', pool = 'base',\n" x "\n}"

/* A configuration that has one mistake, and what is told of it. */
struct wrong {
	const char *config;
	int line;
	const char *text, *hint; /* what these must hold; a NULL hint is not looked at */
};

/* Each, with BASE behind it, gives just that. */
void check_wrong(const struct wrong *cases, size_t n);
#define CHECK_WRONG(cases) check_wrong(cases, sizeof(cases) / sizeof *(cases))

/* For cmocka's group: the folder, and its end. */
int config_rig_make(void **state);
int config_rig_end(void **state);

/* Where NAME is in the folder; good until the next call. */
const char *config_rig_path(const char *name);

/* config_load of a file in the folder, or of a text that is written there first. */
int config_rig_load_file(struct snapshot **s, const char *file, struct problems *problems);
int config_rig_load(struct snapshot **s, const char *text, struct problems *problems);

/* The same of a text that must be right. */
struct snapshot *config_rig_right(const char *text);

void config_rig_print(const struct problems *p);

#endif
