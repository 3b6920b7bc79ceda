/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_builder.c: what the parts of the configuration build with: their problems, and copies of what the checked tree
 * holds.  It knows no word of the configuration, and opens nothing.
 */
#include "config_builder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins.h"

/* ---- Problems ---- */

static int tell(struct builder *b, const struct problem *p, const char *what, const char *name, const char *reason)
{
	char text[1024];
	struct problem told = *p;

	if (name)
		snprintf(text, sizeof text, "%s \"%s\": %s", what, name, reason);
	else
		snprintf(text, sizeof text, "%s: %s", what, reason);
	told.file = b->snapshot->file;
	told.text = text;
	return problems_add(b->problems, &told);
}

int config_problem(struct builder *b, int64_t line, const char *what, const char *name, const char *reason)
{
	return tell(b, &(struct problem){ .line = (int)line }, what, name, reason);
}

int config_warning(struct builder *b, int64_t line, const char *what, const char *name, const char *reason)
{
	return tell(b, &(struct problem){ .line = (int)line, .warning = true }, what, name, reason);
}

/* ---- Copies ---- */

int config_text(char **to, const struct node *table, const char *key)
{
	const char *text = node_text(table, key);

	*to = text ? strdup(text) : NULL;
	return text && !*to ? -ENOMEM : 0;
}

int config_texts(char ***to, const struct node *table, const char *key)
{
	char **list = calloc(node_count(node_get(table, key)) + 1, sizeof *list);
	unsigned n = 0;

	*to = list;
	if (!list)
		return -ENOMEM;
	NODE_EACH(m, table, key)
	{
		list[n] = strdup(m->text);
		if (!list[n++])
			return -ENOMEM;
	}
	return 0;
}

int config_array(void *to, unsigned *n, size_t size, const struct node *list)
{
	void *p;

	*n = 0;
	if (node_count(list) == 0)
		return 0;
	p = calloc(node_count(list), size);
	if (!p)
		return -ENOMEM;
	memcpy(to, &p, sizeof p);
	*n = node_count(list);
	return 0;
}

enum lg_transport config_transport(const struct node *table)
{
	const char *word = node_text(table, "transport");

	return strcmp(word, "tls") == 0 ? LG_TLS : strcmp(word, "udp") == 0 ? LG_UDP : LG_TCP;
}

int config_address(struct sockaddr_storage *to, const char *address, int64_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;

	*to = (struct sockaddr_storage){ .ss_family = AF_INET };
	v4->sin_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1)
		return 0;
	*to = (struct sockaddr_storage){ .ss_family = AF_INET6 };
	v6->sin6_port = htons((uint16_t)port);
	return inet_pton(AF_INET6, address, &v6->sin6_addr) == 1 ? 0 : -EINVAL;
}

/* ---- What has been built or loaded already ---- */

int config_reach(unsigned *index, const struct listener_conf *l, const char *pool)
{
	unsigned i = 0;

	while (i < l->nreach && strcmp(l->reach[i].pool->name, pool) != 0)
		i++;
	*index = i;
	return i < l->nreach ? 0 : -EINVAL;
}

const struct lg_plugin *config_plugin(const struct builder *b, const char *name)
{
	char err[8];

	return plugins_find(name, b->plugin_path, err, sizeof err);
}

int config_options(void **conf, const struct lg_option *table, size_t size, const struct node *list)
{
	char err[256];
	int ret;

	*conf = calloc(1, size ? size : 1);
	if (!*conf)
		return -ENOMEM;
	ret = options_defaults(table, *conf);
	for (const struct node *m = list ? list->child : NULL; m && ret == 0; m = m->next)
		ret = options_set(options_find(table, node_text(m, "name")), *conf, node_text(m, "text"), err,
				  sizeof err);
	return ret;
}
