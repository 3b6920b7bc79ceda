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
#include "script_config.h"

enum { FILE_MAX = 4 << 20 };

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

	if (ret < 0 || !problems_are_warnings(b->problems))
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
	if (ret < 0 || !problems_are_warnings(problems)) {
		snapshot_unref(b.snapshot);
		return ret == -ENOMEM ? ret : -EINVAL;
	}
	*sp = b.snapshot;
	return 0;
}
