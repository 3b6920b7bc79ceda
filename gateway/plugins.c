/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugins.c finds shared objects and decides whether they may be plugins of this process.  What it refuses is closed
 * again; what it takes stays for good, since threads run in it.  It never calls into a plugin.
 */
#include "plugins.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access_log.h"
#include "facts.h"
#include "span.h"

#define SYMBOL "lychgate_plugin"

/* What every plugin has had since ABI 0.0: up to its name. */
#define PREFIX (offsetof(struct lg_plugin, name) + sizeof(const char *))

struct loaded {
	struct loaded *next;
	struct lg_plugin plugin; /* as long as the core's, zeroed where the plugin's own is shorter */
	char file[];
};

/* A shared object is loaded once per process, whoever asks, so this list is the process's too. */
static struct loaded *loaded_list;

/* ---- Is it fit? ---- */

static const char *bad_options(const struct lg_option *table, size_t size)
{
	const char *why = NULL;
	void *conf;

	for (const struct lg_option *o = table; o && o->name; o++) {
		size_t width = options_width(o->type);

		if (o->type == LG_ROUTES)
			continue;
		if (width == 0 || (o->type == LG_ENUM && !o->choices))
			return "an option has a type that this version does not know, or no choices";
		if (size < width || o->offset > size - width)
			return "an option lies outside of its conf struct";
	}
	conf = calloc(1, size ? size : 1);
	if (!conf)
		return "out of memory";
	if (options_defaults(table, conf) < 0)
		why = "an option's default is not a value of it";
	options_free(table, conf);
	free(conf);
	return why;
}

/* The access log must be fit to be read by many. */
static const char *bad_log_facts(const struct lg_plugin *p)
{
	static const char *const credentials[] = { "header.authorization", "header.proxy-authorization",
						   "header.cookie", "header.set-cookie" };
	struct fact_ref ref;

	for (unsigned i = 0; p->log_facts && p->log_facts[i]; i++) {
		if (i == ACCESS_FACTS)
			return "it has too many log_facts";
		if (facts_resolve(p, p->log_facts[i], &ref) < 0)
			return "one of its log_facts is no fact";
		for (unsigned k = 0; k < sizeof credentials / sizeof *credentials; k++) {
			if (strcasecmp(p->log_facts[i], credentials[k]) == 0)
				return "one of its log_facts is a credential";
		}
	}
	return NULL;
}

static const char *bad_tables(const struct lg_plugin *p)
{
	const char *why = bad_options(p->options, p->conf_size);
	struct fact_ref ref;

	if (!why)
		why = bad_options(p->probe_options, p->probe_conf_size);
	if (why)
		return why;
	if (p->facts && p->facts[0] && !p->fact)
		return "it has facts but no function `fact` that tells them";
	if (p->persistence && facts_resolve(p, p->persistence, &ref) < 0)
		return "its persistence is no fact";
	why = bad_log_facts(p);
	if (why)
		return why;
	if (p->probe && !p->judge)
		return "it has a probe but no judge";
	return NULL;
}

/* `theirs` is only as long as it says: what lies behind the prefix is read from the copy. */
static int check_abi(const struct lg_plugin *theirs, char err[], size_t errlen)
{
	if (theirs->abi_major != LG_ABI_MAJOR || theirs->abi_minor > LG_ABI_MINOR) {
		snprintf(err, errlen, "it speaks plugin ABI %d.%d, this is %d.%d", theirs->abi_major, theirs->abi_minor,
			 LG_ABI_MAJOR, LG_ABI_MINOR);
		return -1;
	}
	if (theirs->size < PREFIX) {
		snprintf(err, errlen, "its struct lg_plugin has %u bytes, less than any", theirs->size);
		return -1;
	}
	return 0;
}

static int check_contents(const struct lg_plugin *p, const char *name, char err[], size_t errlen)
{
	const char *why;

	if (!p->name || strcmp(p->name, name) != 0) {
		snprintf(err, errlen, "it calls itself \"%s\"", p->name ? p->name : "");
		return -1;
	}
	why = bad_tables(p);
	if (why)
		snprintf(err, errlen, "%s", why);
	return why ? -1 : 0;
}

/* ---- Loading ---- */

static struct loaded *loaded_new(const struct lg_plugin *theirs, const char *file)
{
	struct loaded *l = calloc(1, sizeof *l + strlen(file) + 1);

	if (!l)
		return NULL;
	memcpy(&l->plugin, theirs, theirs->size < sizeof l->plugin ? theirs->size : sizeof l->plugin);
	strcpy(l->file, file);
	return l;
}

/* Copies what is fit; NULL with the reason. */
static struct loaded *take(const struct lg_plugin *theirs, const char *name, const char *file, char err[],
			   size_t errlen)
{
	struct loaded *l;

	if (check_abi(theirs, err, errlen) < 0)
		return NULL;
	l = loaded_new(theirs, file);
	if (!l) {
		snprintf(err, errlen, "out of memory");
		return NULL;
	}
	if (check_contents(&l->plugin, name, err, errlen) < 0) {
		free(l);
		return NULL;
	}
	return l;
}

/* RTLD_NODELETE: a thread may still be on its way out of the plugin when the last user is gone. */
static const struct lg_plugin *load(const char *name, const char *file, char err[], size_t errlen)
{
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	const struct lg_plugin *theirs;
	char why[256];
	struct loaded *l;

	if (!handle) {
		snprintf(err, errlen, "%s", dlerror()); /* names the file itself */
		return NULL;
	}
	theirs = dlsym(handle, SYMBOL);
	l = theirs ? take(theirs, name, file, why, sizeof why) : NULL;
	if (!l) {
		snprintf(err, errlen, "%s: %s", file, theirs ? why : "it has no symbol " SYMBOL);
		dlclose(handle);
		return NULL;
	}
	l->next = loaded_list;
	loaded_list = l;
	return &l->plugin;
}

static bool find_file(const char *name, const char *const *path, char file[], size_t size)
{
	for (; *path; path++) {
		int n = snprintf(file, size, "%s/%s.so", *path, name);

		if (n > 0 && (size_t)n < size && access(file, F_OK) == 0)
			return true;
	}
	return false;
}

static void say_not_found(const char *name, const char *const *path, char err[], size_t errlen)
{
	size_t n = (size_t)snprintf(err, errlen, "there is no %s.so in", name);

	for (int i = 0; path[i] && n < errlen; i++)
		n += (size_t)snprintf(err + n, errlen - n, "%s %s", i > 0 ? "," : "", path[i]);
}

static bool is_name(const char *name)
{
	return name[0] != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
}

const struct lg_plugin *plugins_find(const char *name, const char *const *path, char err[], size_t errlen)
{
	char file[PATH_MAX];

	if (!is_name(name)) {
		snprintf(err, errlen, "a plugin's name has small letters, digits, _ and - only");
		return NULL;
	}
	if (!find_file(name, path, file, sizeof file)) {
		say_not_found(name, path, err, errlen);
		return NULL;
	}
	for (struct loaded *l = loaded_list; l; l = l->next) {
		if (strcmp(l->file, file) == 0)
			return &l->plugin;
	}
	return load(name, file, err, errlen);
}

const char *plugins_file(const struct lg_plugin *p)
{
	for (struct loaded *l = loaded_list; l; l = l->next) {
		if (&l->plugin == p)
			return l->file;
	}
	return p->name;
}

/* ---- Facts ---- */

/* "header.*" fits any name that goes on behind the dot. */
static bool fact_fits(const char *fact, const char *name, struct lg_span *arg)
{
	size_t n = strlen(fact);

	*arg = SPAN_NONE;
	if (n == 0 || fact[n - 1] != '*')
		return strcmp(fact, name) == 0;
	if (strncmp(fact, name, n - 1) != 0 || name[n - 1] == '\0')
		return false;
	*arg = span_of(name + n - 1);
	return true;
}

int plugins_fact(const struct lg_plugin *p, const char *name, struct lg_span *arg)
{
	for (int i = 0; p->facts && p->facts[i]; i++) {
		if (fact_fits(p->facts[i], name, arg))
			return i;
	}
	return -1;
}
