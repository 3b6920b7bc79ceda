/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: the command line. */
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "descriptors.h"
#include "gateway.h"
#include "log.h"
#include "paths.h"
#include "script_cases.h"
#include "script_tool.h"
#include "tls.h"
#include "trial.h"

enum {
	KEPT_BUFFER = 4 << 20, /* bytes of one allocation that are kept when it is freed */
	KEPT_FREE = 8 << 20,   /* bytes that are free and kept, of each thread */
};

static const char usage[] =
	"usage: lychgate -c FILE         run the gateway\n"
	"       lychgate -t -c FILE      check the configuration, open nothing\n"
	"       lychgate --explain[=tsv] -c FILE\n"
	"                                print what the configuration opens\n"
	"       lychgate --dns[=tsv] -c FILE\n"
	"                                print the names to enter in the DNS for its pools\n"
	"       lychgate --certificates[=tsv] -c FILE\n"
	"                                print the names that certificates must have, and those they lack\n"
	"       lychgate --policy FILE [--message FILE] [--fact NAME=VALUE]... [--option NAME=VALUE]...\n"
	"                [--plugin NAME] [--plugin-path FOLDER]\n"
	"                                try a policy: what it reads, decides and uses\n"
	"       lychgate --policy-test FILE.test.lua...\n"
	"                                run the tests of policies\n"
	"       lychgate --manual NAME... [-c FILE] [--plugin-path FOLDER]\n"
	"                                print lychgate.conf(5) with these plugins and policies\n"
	"       lychgate -V              print the version\n";

static void print_count(unsigned n, const char *what)
{
	if (n)
		fprintf(stderr, "%u %s%s\n", n, what, n == 1 ? "" : "s");
}

static void print_problems(const struct problems *problems)
{
	for (unsigned i = 0; i < problems->n; i++) {
		const struct problem *p = &problems->list[i];
		const char *mark = p->warning ? "warning: " : "";

		if (p->line)
			fprintf(stderr, "%s:%d: %s%s\n", p->file, p->line, mark, p->text);
		else
			fprintf(stderr, "%s: %s%s\n", p->file, mark, p->text);
		if (p->hint)
			fprintf(stderr, "    %s\n", p->hint);
	}
	print_count(problems->warnings, "warning");
	print_count(problems->n - problems->warnings, "problem");
}

/* What the configuration gives trouble by, as events: the gateway runs all the same. */
static void log_warnings(const struct problems *problems)
{
	for (unsigned i = 0; i < problems->n; i++) {
		const struct problem *p = &problems->list[i];
		char place[512];

		snprintf(place, sizeof place, "%s:%d", p->file, p->line);
		log_warning("configuration", "place", place, "warning", p->text, "hint", p->hint ? p->hint : "");
	}
}

static int run(struct snapshot *snapshot)
{
	char err[400];
	int r;

	log_set_level(snapshot->settings.log);
	r = gateway_run(snapshot, err, sizeof err);
	if (r < 0)
		log_error("not-started", "reason", err);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The shell that asks may have another limit than what will run it: so this is no problem of the configuration. */
static void warn_of_descriptors(const char *file, struct snapshot *snapshot)
{
	char err[300];

	log_set_level(LG_ERROR); /* that a limit nobody has written becomes lower is for the start to say */
	if (descriptors_provide(snapshot, err, sizeof err) < 0)
		fprintf(stderr, "%s: warning: %s\n", file, err);
}

static int load_and_run(const char *file, bool check_only)
{
	struct config_paths paths;
	struct problems problems = { 0 };
	struct snapshot *snapshot;
	int r;

	paths_find(&paths);
	r = config_load(&snapshot, file, &paths, &problems);
	if (r < 0 || check_only)
		print_problems(&problems);
	else
		log_warnings(&problems);
	problems_free(&problems);
	if (r < 0)
		return EXIT_FAILURE;
	if (!check_only)
		return run(snapshot);
	warn_of_descriptors(file, snapshot);
	printf("%s: good\n", file);
	snapshot_unref(snapshot);
	return EXIT_SUCCESS;
}

/* Buffers of streams come and go with every turn of a loop: what is free stays with the process for the next ones.  By
 * default the C library gives it back each time, and each time the kernel clears it anew. */
static void keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, KEPT_BUFFER);
	mallopt(M_TRIM_THRESHOLD, KEPT_FREE);
}

enum { TRIAL_WORDS = 64 }; /* --fact and --option, each */

/* The command line. */
struct words {
	const char *file;
	bool check_only, version, help, wrong;
	const char *tool, *form;  /* tells about the file, in this form; NULL: none, as a table to be read */
	bool tests;               /* the other words are files of tests */
	bool manual;              /* they are plugins and policies, or a library: a manual is made of these */
	struct trial_words trial; /* .ask.policy NULL: none is tried */
	const char *facts[TRIAL_WORDS + 1], *options[TRIAL_WORDS + 1];
	unsigned nfacts, noptions;
};

static void add(struct words *w, const char *list[], unsigned *n, const char *word)
{
	if (*n < TRIAL_WORDS)
		list[(*n)++] = word;
	else
		w->wrong = true;
}

/* One at a time. */
static void take_tool(struct words *w, const char *tool, const char *form)
{
	w->wrong |= w->tool || (form && strcmp(form, "tsv") != 0);
	w->tool = tool;
	w->form = form;
}

static void take(struct words *w, int option, char *value)
{
	switch (option) {
	case 'c':
		w->file = value;
		break;
	case 't':
		w->check_only = true;
		break;
	case 'V':
		w->version = true;
		break;
	case 'p':
		w->trial.ask.policy = value;
		break;
	case 'm':
		w->trial.message = value;
		break;
	case 'g':
		w->trial.ask.plugin = value;
		break;
	case 'P':
		w->trial.ask.plugin_path = value;
		break;
	case 'f':
		add(w, w->facts, &w->nfacts, value);
		break;
	case 'o':
		add(w, w->options, &w->noptions, value);
		break;
	case 'e':
		take_tool(w, "explain", value);
		break;
	case 'd':
		take_tool(w, "dns", value);
		break;
	case 'C':
		take_tool(w, "certificates", value);
		break;
	case 'T':
		w->tests = true;
		break;
	case 'M':
		w->manual = true;
		break;
	case 'h':
		w->help = true;
		break;
	default:
		w->wrong = true;
	}
}

/* Words of a trial, without a policy to be tried. */
static bool lacks_policy(const struct words *w)
{
	return !w->trial.ask.policy && (w->trial.message || w->trial.ask.plugin || w->nfacts || w->noptions ||
					(w->trial.ask.plugin_path && !w->tests && !w->manual));
}

static void read_words(struct words *w, int argc, char **argv)
{
	static const struct option options[] = {
		{ "policy", required_argument, NULL, 'p' },
		{ "message", required_argument, NULL, 'm' },
		{ "plugin", required_argument, NULL, 'g' },
		{ "plugin-path", required_argument, NULL, 'P' },
		{ "fact", required_argument, NULL, 'f' },
		{ "option", required_argument, NULL, 'o' },
		{ "policy-test", no_argument, NULL, 'T' },
		{ "manual", no_argument, NULL, 'M' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ "explain", optional_argument, NULL, 'e' },
		{ "dns", optional_argument, NULL, 'd' },
		{ "certificates", optional_argument, NULL, 'C' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*w = (struct words){ .file = NULL };
	while ((option = getopt_long(argc, argv, "c:tVh", options, NULL)) != -1)
		take(w, option, optarg);
	w->trial.facts = w->facts;
	w->trial.ask.pairs = w->options;
	if (!w->help && !w->version)
		w->wrong |= (w->file && !w->manual) + !!w->trial.ask.policy + w->tests + w->manual != 1 ||
			    (optind < argc) != (w->tests || w->manual) || ((w->check_only || w->tool) && !w->file) ||
			    (w->check_only && w->tool) || (w->manual && (w->check_only || w->tool)) || lacks_policy(w);
}

/* The tool's arguments: a configuration and a folder with plugins ("": none), then the names. */
static int print_manual(const struct words *w, char *const *names, const struct config_paths *paths)
{
	size_t n = 0;
	char **arguments;
	int r;

	while (names[n])
		n++;
	arguments = calloc(n + 3, sizeof *arguments);
	if (!arguments) {
		fprintf(stderr, "lychgate: out of memory\n");
		return EXIT_FAILURE;
	}
	arguments[0] = w->file ? (char *)w->file : "";
	arguments[1] = w->trial.ask.plugin_path ? (char *)w->trial.ask.plugin_path : "";
	memcpy(arguments + 2, names, n * sizeof *arguments);
	r = script_tool("manual", paths, arguments);
	free(arguments);
	return r;
}

/* What needs TLS, or may need it: a plugin's or a configuration's. */
static int do_words(const struct words *w, char *const *rest)
{
	struct config_paths paths;
	char err[200];
	int r;

	keep_memory();
	if (tls_init(err, sizeof err) < 0) {
		fprintf(stderr, "lychgate: %s\n", err);
		return EXIT_FAILURE;
	}
	paths_find(&paths);
	if (w->tool)
		r = script_tool(w->tool, &paths, (char *const[]){ (char *)w->file, (char *)w->form, NULL });
	else if (w->manual)
		r = print_manual(w, rest, &paths);
	else if (w->tests)
		r = script_cases_run(rest, w->trial.ask.plugin_path, &paths);
	else
		r = w->trial.ask.policy ? trial_run(&w->trial, &paths) : load_and_run(w->file, w->check_only);
	tls_fini();
	return r;
}

int main(int argc, char **argv)
{
	struct words w;

	read_words(&w, argc, argv);
	if (w.help || w.wrong) {
		fputs(usage, w.wrong ? stderr : stdout);
		return w.wrong ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	if (w.version) {
		printf("lychgate %s, plugin ABI %d.%d\n", PACKAGE_VERSION, LG_ABI_MAJOR, LG_ABI_MINOR);
		return EXIT_SUCCESS;
	}
	return do_words(&w, argv + optind);
}
