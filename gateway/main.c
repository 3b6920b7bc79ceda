/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: the command line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "gateway.h"
#include "log.h"
#include "paths.h"
#include "tls.h"

static const char usage[] =
	"usage: lychgate -c FILE         run the gateway\n"
	"       lychgate -t -c FILE      check the configuration, open nothing\n"
	"       lychgate -V              print the version\n";

static void print_problems(const struct problems *problems)
{
	for (unsigned i = 0; i < problems->n; i++) {
		const struct problem *p = &problems->list[i];

		if (p->line)
			fprintf(stderr, "%s:%d: ", p->file, p->line);
		else
			fprintf(stderr, "%s: ", p->file);
		fprintf(stderr, "%s%s\n", p->warning ? "warning: " : "", p->text);
		if (p->hint)
			fprintf(stderr, "    %s\n", p->hint);
	}
}

static void print_count(unsigned n)
{
	fprintf(stderr, "%u problem%s\n", n, n == 1 ? "" : "s");
}

/* A gateway that runs says it as all else that it says. */
static void log_problems(const struct problems *problems)
{
	for (unsigned i = 0; i < problems->n; i++) {
		const struct problem *p = &problems->list[i];

		log_warning("configuration", "file", p->file, "line", LOG_NUM(p->line), "reason", p->text);
	}
}

static int run(struct snapshot *snapshot, const struct problems *warnings)
{
	char err[400];
	int r;

	log_set_level(snapshot->settings.log);
	log_problems(warnings);
	r = gateway_run(snapshot, err, sizeof err);
	if (r < 0)
		log_error("not-started", "reason", err);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
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
	if (r < 0) {
		print_count(problems.n - problems.nwarnings);
		r = EXIT_FAILURE;
	} else if (!check_only) {
		r = run(snapshot, &problems);
	} else {
		printf("%s: good\n", file);
		snapshot_unref(snapshot);
		r = EXIT_SUCCESS;
	}
	problems_free(&problems);
	return r;
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
