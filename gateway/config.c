/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.c reads a configuration file into a snapshot: the scripts check it (script_config.c), then each part is built
 * from their clean tables.  Nothing is opened but files, and nothing of a failed one is left.
 */
#include "config.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_parts.h"
#include "log.h"
#include "plugins.h"
#include "script_config.h"

enum { FILE_MAX = 4 << 20 };

/* ---- Problems ---- */

static char *copy(const char *s)
{
	return s ? strdup(s) : NULL;
}

static void problem_clear(struct problem *p)
{
	free((char *)p->file);
	free((char *)p->text);
	free((char *)p->hint);
}

int problems_add(struct problems *problems, const struct problem *from)
{
	struct problem *list = realloc(problems->list, (problems->n + 1) * sizeof *list), *p;

	if (!list)
		return -ENOMEM;
	problems->list = list;
	p = &list[problems->n];
	*p = *from;
	p->file = copy(from->file);
	p->text = copy(from->text);
	p->hint = copy(from->hint);
	if (!p->file || !p->text || (from->hint && !p->hint)) {
		problem_clear(p);
		return -ENOMEM;
	}
	problems->n++;
	problems->warnings += p->warning;
	return 0;
}

bool config_is_good(const struct problems *problems)
{
	return problems->n == problems->warnings;
}

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

/* By line; those of one line stay in their order. */
static void problems_sort(struct problems *problems)
{
	for (unsigned i = 1; i < problems->n; i++) {
		struct problem p = problems->list[i];
		unsigned j = i;

		for (; j > 0 && problems->list[j - 1].line > p.line; j--)
			problems->list[j] = problems->list[j - 1];
		problems->list[j] = p;
	}
}

void problems_free(struct problems *p)
{
	for (unsigned i = 0; i < p->n; i++)
		problem_clear(&p->list[i]);
	free(p->list);
	*p = (struct problems){ 0 };
}

/* ---- The file ---- */

static int read_stream(FILE *in, char **text, size_t *length)
{
	char *p = malloc(FILE_MAX + 1), *fit;
	size_t n;

	if (!p)
		return -ENOMEM;
	errno = 0;
	n = fread(p, 1, FILE_MAX + 1, in);
	if (ferror(in) || n > FILE_MAX) {
		free(p);
		return n > FILE_MAX ? -EFBIG : errno ? -errno : -EIO;
	}
	fit = realloc(p, n + 1);
	*text = fit ? fit : p;
	*length = n;
	return 0;
}

static int read_file(const char *file, char **text, size_t *length)
{
	FILE *in = fopen(file, "re");
	int ret;

	if (!in)
		return -errno;
	ret = read_stream(in, text, length);
	fclose(in);
	return ret;
}

/* Where the file's relative paths begin. */
static int folder_of(const char *file, char folder[PATH_MAX])
{
	char *path = strdup(file);
	int ret = 0;

	if (!path)
		return -ENOMEM;
	if (!realpath(dirname(path), folder))
		ret = -errno;
	free(path);
	return ret;
}

/* ---- Small parts ---- */

int config_text(char **to, const struct node *table, const char *key)
{
	const char *text = node_text(table, key);

	*to = copy(text);
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

/* ---- The word gateway ---- */

static int build_user(struct builder *b, const struct node *n)
{
	char err[300];
	int r = user_find(&b->snapshot->settings.user, node_text(n, "user"), err, sizeof err);

	if (r == 0 || r == -ENOMEM)
		return r;
	return config_problem(b, node_number(node_get(n, "lines"), "user"), "gateway: user", NULL, err);
}

static int build_settings(struct builder *b)
{
	const struct node *n = node_get(b->tree, "gateway");
	struct settings *s = &b->snapshot->settings;

	s->workers = (unsigned)node_number(n, "workers");
	s->resolve_ms = (uint32_t)node_number(n, "resolve");
	s->resolve_keep_ms = (uint32_t)node_number(n, "resolve_keep");
	s->drain_ms = (uint64_t)node_number(n, "drain");
	if (config_text(&s->control, n, "control") < 0 || config_texts(&s->plugin_path, n, "plugin_path") < 0 ||
	    config_texts(&s->policy_path, n, "policy_path") < 0 || config_secret(b, n) < 0 || build_user(b, n) < 0)
		return -ENOMEM;
	return log_level_of(node_text(n, "log"), &s->log);
}

static int build_plugin_path(struct builder *b, const char *built_in)
{
	unsigned n = 0;

	b->plugin_path =
		calloc(node_count(node_get(node_get(b->tree, "gateway"), "plugin_path")) + 2, sizeof *b->plugin_path);
	if (!b->plugin_path)
		return -ENOMEM;
	NODE_EACH(m, node_get(b->tree, "gateway"), "plugin_path")
	b->plugin_path[n++] = m->text;
	b->plugin_path[n] = built_in;
	return 0;
}

/* ---- The story ---- */

/* Identities are loaded even when much is wrong already, so that what is wrong with their files is told in the same go.
 */
static int build(struct builder *b, const struct config_paths *paths)
{
	int ret = config_identities(b);

	if (ret < 0 || !config_is_good(b->problems))
		return ret;
	ret = build_plugin_path(b, paths->plugins);
	if (ret == 0)
		ret = build_settings(b);
	if (ret == 0)
		ret = config_pools(b);
	if (ret == 0)
		config_trunks(b->snapshot);
	if (ret == 0)
		ret = config_listeners(b);
	if (ret == 0)
		ret = config_stores(b);
	return ret;
}

static int read_and_build(struct builder *b, const struct script_config *in, struct node *tree)
{
	int ret = script_config_read(in, tree, b->problems);

	b->tree = tree;
	if (ret == 0)
		ret = build(b, in->paths);
	free(b->plugin_path);
	node_clear(tree);
	return ret;
}

static int load(struct builder *b, const char *file, const struct config_paths *paths)
{
	char folder[PATH_MAX], *text = NULL;
	struct script_config in = { .file = file, .folder = folder, .paths = paths };
	struct node tree = { .kind = NODE_TABLE };
	int ret = read_file(file, &text, &in.length);

	if (ret == 0)
		ret = folder_of(file, folder);
	if (ret < 0 && ret != -ENOMEM) {
		ret = problems_add(b->problems,
				   &(struct problem){ .file = file,
						      .text = ret == -EFBIG ? "has more than 4 MiB" : strerror(-ret) });
	} else if (ret == 0) {
		in.text = text;
		ret = read_and_build(b, &in, &tree);
	}
	free(text);
	return ret;
}

int config_load(struct snapshot **sp, const char *file, const struct config_paths *paths, struct problems *problems)
{
	struct builder b = { .snapshot = calloc(1, sizeof *b.snapshot), .problems = problems };
	int ret = -ENOMEM;

	*problems = (struct problems){ 0 };
	if (b.snapshot) {
		atomic_init(&b.snapshot->refs, 1);
		b.snapshot->file = strdup(file);
	}
	if (b.snapshot && b.snapshot->file)
		ret = load(&b, file, paths);
	if (ret < 0)
		problems_add(problems, &(struct problem){ .file = file, .text = "out of memory" }); /* if it can */
	problems_sort(problems);
	if (ret < 0 || !config_is_good(problems)) {
		snapshot_unref(b.snapshot);
		return ret == -ENOMEM ? ret : -EINVAL;
	}
	*sp = b.snapshot;
	return 0;
}
