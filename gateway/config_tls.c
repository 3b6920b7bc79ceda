/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_tls.c loads the `tls` words and makes of them what listeners and pools use.  What is wrong with a file is told
 * at the line where the file is named.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_parts.h"

/* The line of the key that the reason begins with, or of the file. */
static int64_t line_of(const struct node *n, const char *reason)
{
	static const char *const keys[] = { "crl", "trust", "key", "certificate", "priority", "minimum" };
	const struct node *lines = node_get(n, "lines");

	for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *path = node_text(n, keys[i]);
		size_t m = strlen(keys[i]);

		if (path && strncmp(reason, path, strlen(path)) == 0 && reason[strlen(path)] == ':')
			return node_number(lines, keys[i]);
		if (strncmp(reason, keys[i], m) == 0 && strchr(": ", reason[m]))
			return node_number(lines, keys[i]);
	}
	return node_number(n, "line");
}

static int tell_flaws(struct builder *b, const struct tls_entry *t, const struct node *n)
{
	unsigned count;
	const struct tls_flaw *flaws = tls_identity_flaws(t->identity, &count);
	int ret = 0;

	for (unsigned i = 0; i < count && ret == 0; i++)
		ret = config_warning(b, node_number(node_get(n, "lines"), flaws[i].key), "tls", t->name, flaws[i].text);
	return ret;
}

static int load_identity(struct builder *b, struct tls_entry *t, const struct node *n)
{
	const struct tls_word word = {
		.name = node_text(n, "name"),
		.certificate = node_text(n, "certificate"),
		.key = node_text(n, "key"),
		.trust = node_text(n, "trust"),
		.priority = node_text(n, "priority"),
		.minimum = node_text(n, "minimum"),
		.crl = node_text(n, "crl"),
		.sha1 = node_flag(n, "sha1"),
		.tickets = node_flag(n, "tickets"),
	};
	char err[1024] = "";

	if (config_text(&t->name, n, "name") < 0)
		return -ENOMEM;
	if (node_flag(n, "bad"))
		return 0;
	if (tls_identity_load(&t->identity, &word, err, sizeof err) == 0)
		return tell_flaws(b, t, n);
	return config_problem(b, line_of(n, err), "tls", word.name, err);
}

int config_identities(struct builder *b)
{
	struct snapshot *s = b->snapshot;
	unsigned i = 0;
	int ret = config_array(&s->tls, &s->ntls, sizeof *s->tls, node_get(b->tree, "tls"));

	NODE_EACH(n, b->tree, "tls")
	{
		if (ret == 0)
			ret = load_identity(b, &s->tls[i++], n);
	}
	return ret;
}

static struct tls_identity *find(const struct builder *b, const char *name)
{
	for (unsigned i = 0; i < b->snapshot->ntls; i++) {
		if (strcmp(b->snapshot->tls[i].name, name) == 0)
			return b->snapshot->tls[i].identity;
	}
	return NULL; /* the scripts have looked: it is there */
}

int config_tls_client(struct builder *b, struct tls_client **to, const char *name, int64_t line)
{
	char err[512] = "";

	if (tls_client_create(to, find(b, name), err, sizeof err) == 0)
		return 0;
	return config_problem(b, line, "tls", name, err);
}

static enum tls_verify verify_of(const char *word)
{
	if (strcmp(word, "none") == 0)
		return TLS_VERIFY_NONE;
	return strcmp(word, "optional") == 0 ? TLS_VERIFY_OPTIONAL : TLS_VERIFY_REQUIRED;
}

int config_tls_server(struct builder *b, struct listener_conf *l, const struct node *n)
{
	const struct settings *settings = &b->snapshot->settings;
	struct tls_server_conf conf = {
		.name = l->name,
		.secret = settings->has_secret ? settings->secret : NULL,
		.verify = verify_of(node_text(n, "verify")),
	};
	struct tls_identity **identities = calloc(node_count(node_get(n, "tls")) + 1, sizeof *identities);
	char err[512] = "", **peers = NULL;
	int ret = config_texts(&peers, n, "peers");

	if (!identities)
		ret = -ENOMEM;
	if (ret == 0) {
		NODE_EACH(name, n, "tls")
		identities[conf.nidentities++] = find(b, name->text);
		conf.identities = identities;
		conf.alpn = l->plugin->alpn ? l->plugin->alpn(l->plugin_conf) : NULL;
		conf.peers = peers[0] ? (const char *const *)peers : NULL;
		if (tls_server_create(&l->tls, &conf, err, sizeof err) < 0)
			ret = config_problem(b, node_number(n, "line"), "listener", l->name, err);
	}
	for (char **p = peers; p && *p; p++)
		free(*p);
	free(peers);
	free(identities);
	return ret;
}
