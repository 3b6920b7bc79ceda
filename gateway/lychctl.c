/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lychctl.c: the operator's program.  Makes a request of its words, and shows the answer.  It knows nothing of the
 * gateway but the lines of command.h.  What needs no gateway is a tool in Lua.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control_path.h"
#include "lychctl_table.h"
#include "lychctl_talk.h"
#include "lychctl_view.h"
#include "paths.h"
#include "script_tool.h"

enum { EXIT_USAGE = 2 };

static const char usage[] =
	"usage: lychctl [-s PATH] status [--json]                      show listeners, pools, servers and policies\n"
	"       lychctl [-s PATH] server drain [POOL/]NAME [--json]    keep its sessions, give it no new keys\n"
	"       lychctl [-s PATH] server disable [POOL/]NAME [--json]  end its sessions too, spread over some seconds\n"
	"       lychctl [-s PATH] server enable [POOL/]NAME [--json]   take the word back\n"
	"       lychctl [-s PATH] policy reset LISTENER/NAME [--json]  ask a policy again that was tripped\n"
	"       lychctl import-topology FILE                           a configuration from Get-CsTopology -AsXml\n"
	"       lychctl import-netscaler FILE [-o CONFIG] [-r REPORT]  a configuration of a NetScaler's ns.conf\n"
	"       lychctl -h | -V\n"
	"PATH is the `control` of the gateway's configuration; without it: %s\n";

/* First words that need no gateway: tools in Lua, which read the words and options after theirs. */
static const struct tool {
	const char *word, *script;
	int (*run)(const char *script, const struct config_paths *paths, char *const arguments[]);
} tools[] = {
	{ "import-netscaler", "import-netscaler", script_tool },
	{ "import-topology", "topology", script_tool_documents },
};

struct arguments {
	const char *path;
	char line[1024]; /* the request */
	bool json;
	bool is_status, is_policy;
};

static int print_usage(FILE *out, int status)
{
	char path[CONTROL_PATH_MAX + 2];

	control_path_default(path);
	fprintf(out, usage, path);
	return status;
}

static bool is_admin_word(const char *word)
{
	return strcmp(word, "drain") == 0 || strcmp(word, "disable") == 0 || strcmp(word, "enable") == 0;
}

/* Makes the request of the words after the options; false: they are none. */
static bool take_words(struct arguments *a, char *const words[], int n)
{
	int length;

	a->is_status = n == 1 && strcmp(words[0], "status") == 0;
	if (a->is_status) {
		snprintf(a->line, sizeof a->line, "status");
		return true;
	}
	a->is_policy = n == 3 && strcmp(words[0], "policy") == 0 && strcmp(words[1], "reset") == 0;
	if (!a->is_policy && (n != 3 || strcmp(words[0], "server") != 0 || !is_admin_word(words[1])))
		return false;
	length = snprintf(a->line, sizeof a->line, "%s %s %s", words[0], words[1], words[2]);
	return (size_t)length < sizeof a->line && !strpbrk(words[2], "\r\n");
}

static int show_error(const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));
	const char *hint = json_string_value(json_object_get(answer, "hint"));

	fputs("lychctl: ", stderr);
	paint_text(stderr, PAINT_NONE, false, error ? error : "the gateway refused");
	if (hint) {
		fputs("\n    ", stderr);
		paint_text(stderr, PAINT_NONE, false, hint);
	}
	fputc('\n', stderr);
	return EXIT_FAILURE;
}

static int show(const struct arguments *a, const json_t *answer)
{
	const char *no_colour = getenv("NO_COLOR");
	bool colours = isatty(STDOUT_FILENO) && !(no_colour && no_colour[0]);
	int r = 0;

	if (a->json) {
		r = json_dumpf(answer, stdout, JSON_INDENT(2)) < 0 ? -EIO : 0;
		putchar('\n');
	} else if (a->is_status) {
		r = view_status(stdout, answer, colours);
	} else if (a->is_policy) {
		view_policy(stdout, answer, colours);
	} else {
		view_server(stdout, answer, colours);
	}
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		r = -errno;
	if (r < 0)
		fprintf(stderr, "lychctl: cannot print: %s\n", strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run(const struct arguments *a)
{
	char err[400];
	json_t *answer;
	int status;

	if (talk(&answer, a->path, a->line, err, sizeof err) < 0) {
		fprintf(stderr, "lychctl: %s\n", err);
		return EXIT_FAILURE;
	}
	if (json_object_get(answer, "error"))
		status = show_error(answer);
	else
		status = show(a, answer);
	json_decref(answer);
	return status;
}

static const struct tool *find_tool(const char *word)
{
	for (size_t i = 0; word && i < sizeof tools / sizeof tools[0]; i++) {
		if (strcmp(word, tools[i].word) == 0)
			return &tools[i];
	}
	return NULL;
}

static int run_tool(const struct tool *t, char *const arguments[])
{
	struct config_paths paths;

	paths_find(&paths);
	return t->run(t->script, &paths, arguments);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	char path[CONTROL_PATH_MAX + 2];
	struct arguments a = { .path = path };
	int option;

	if (find_tool(argv[1])) /* a tool has options of its own */
		return run_tool(find_tool(argv[1]), argv + 2);
	control_path_default(path);
	while ((option = getopt_long(argc, argv, "s:hV", options, NULL)) != -1) {
		switch (option) {
		case 's':
			a.path = optarg;
			break;
		case 'j':
			a.json = true;
			break;
		case 'V':
			printf("lychctl %s\n", PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			return print_usage(option == 'h' ? stdout : stderr, option == 'h' ? EXIT_SUCCESS : EXIT_USAGE);
		}
	}
	if (!take_words(&a, argv + optind, argc - optind))
		return print_usage(stderr, EXIT_USAGE);
	return run(&a);
}
