/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: the command line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "descriptors.h"
#include "gateway.h"
#include "log.h"
#include "paths.h"
#include "tls.h"

static const char usage[] =
	"usage: lychgate -c FILE         run the gateway\n"
	"       lychgate -t -c FILE      check the configuration, open nothing\n"
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

int main(int argc, char **argv)
{
	const char *file = NULL;
	bool check_only = false;
	char err[200];
	int option, r;

	while ((option = getopt(argc, argv, "c:tVh")) != -1) {
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 't':
			check_only = true;
			break;
		case 'V':
			printf("lychgate %s, plugin ABI %d.%d\n", PACKAGE_VERSION, LG_ABI_MAJOR, LG_ABI_MINOR);
			return EXIT_SUCCESS;
		default:
			fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? EXIT_SUCCESS : EXIT_FAILURE;
		}
	}
	if (!file || optind < argc) {
		fputs(usage, stderr);
		return EXIT_FAILURE;
	}
	if (tls_init(err, sizeof err) < 0) {
		fprintf(stderr, "lychgate: %s\n", err);
		return EXIT_FAILURE;
	}
	r = load_and_run(file, check_only);
	tls_fini();
	return r;
}
