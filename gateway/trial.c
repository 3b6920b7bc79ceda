/* SPDX-License-Identifier: Apache-2.0 */
/* trial.c: loads a policy by the scripts of the configuration, asks it, and tells what it read and used.  Lua is in
 * script*.c, the plugin's side in trial_message.c. */
#include "trial.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_parts.h"
#include "config_tree.h"
#include "facts.h"
#include "plugins.h"
#include "rates.h"
#include "script_config.h"
#include "script_expect.h"
#include "span.h"
#include "trial_message.h"

struct trial {
	struct policy_use use;
	const struct lg_plugin *plugin; /* NULL: any */
	struct script *script;
	struct script_policy *policy;
	struct rates *rates;
	struct trial_message *message; /* NULL: none */
	char *bytes;                   /* of it */
	struct given {                 /* for each fact of the use */
		bool is;
		struct lg_span value;
	} * given;
	bool tells; /* prints what is asked */
};

static const unsigned char secret[16]; /* a trial is the same each time */

/* ---- Facts ---- */

static struct lg_span core_fact(const struct trial *t, enum core_fact fact)
{
	enum lg_transport transport = trial_message_transport(t->message);

	switch (fact) {
	case FACT_SOURCE:
		return span_of("127.0.0.1");
	case FACT_LISTENER:
		return span_of("trial");
	case FACT_SIDE:
		return span_of("client");
	case FACT_TRUSTED:
		return span_of("false");
	case FACT_TRANSPORT:
		return span_of(transport == LG_UDP ? "udp" : transport == LG_TLS ? "tls" : "tcp");
	default:
		return SPAN_NONE;
	}
}

static struct lg_span value_of(struct trial *t, unsigned i)
{
	const struct fact_ref *ref = &t->use.facts[i];

	if (t->given[i].is)
		return t->given[i].value;
	if (!t->message)
		return SPAN_NONE;
	return ref->index < 0 ? core_fact(t, (enum core_fact)(-1 - ref->index))
			      : trial_message_fact(t->message, (unsigned)ref->index, ref->arg);
}

static struct lg_span ask_fact(void *ctx, unsigned i)
{
	struct trial *t = ctx;
	struct lg_span value = value_of(t, i);

	if (t->tells && value.p) {
		printf("fact      %s = \"", t->use.reads[i]);
		for (size_t k = 0; k < value.n; k++) /* on a terminal nothing but text */
			putchar((unsigned char)value.p[k] < ' ' || value.p[k] == 0x7f ? '?' : value.p[k]);
		printf("\"\n");
	} else if (t->tells)
		printf("fact      %s is not there\n", t->use.reads[i]);
	return value;
}

int trial_fact(struct trial *t, const char *name, struct lg_span value)
{
	for (unsigned i = 0; i < t->use.nfacts; i++) {
		if (strcmp(t->use.reads[i], name) == 0) {
			t->given[i] = (struct given){ true, value };
			return 0;
		}
	}
	return -ENOENT;
}

void trial_forget_facts(struct trial *t)
{
	if (t->use.nfacts)
		memset(t->given, 0, t->use.nfacts * sizeof *t->given);
}

/* ---- Loading ---- */

static void problem(struct problems *problems, const char *file, const char *text)
{
	problems_add(problems, &(struct problem){ .file = file, .text = text });
}

static int resolve_facts(struct trial *t)
{
	while (t->use.reads[t->use.nfacts])
		t->use.nfacts++;
	t->use.facts = calloc(t->use.nfacts + 1, sizeof *t->use.facts);
	t->given = calloc(t->use.nfacts + 1, sizeof *t->given);
	if (!t->use.facts || !t->given)
		return -ENOMEM;
	for (unsigned i = 0; i < t->use.nfacts; i++) /* without a plugin some are not found, and have to be given */
		facts_resolve(t->plugin, t->use.reads[i], &t->use.facts[i]);
	return 0;
}

/* From the clean tables of scripts/trial.lua. */
static int build(struct trial *t, const struct node *tree, const struct trial_ask *ask,
		 const struct config_paths *paths, struct problems *problems)
{
	const char *own[] = { ask->plugin_path, paths->plugins, NULL };
	const char *const *path = ask->plugin_path ? own : own + 1, *plugin = node_text(tree, "plugin");
	char err[400] = "out of memory";
	int ret = config_policy(&t->use, node_get(tree, "policy"));

	t->plugin = plugin ? plugins_find(plugin, path, err, sizeof err) : NULL;
	if (ret == 0)
		ret = resolve_facts(t);
	if (ret == 0)
		ret = script_create(&t->script);
	if (ret == 0)
		ret = rates_create(&t->rates, secret);
	if (ret == 0) {
		script_set_rates(t->script, t->rates);
		ret = script_load(t->script, &t->use, &t->policy, err, sizeof err);
	}
	if (ret < 0)
		problem(problems, t->use.file ? t->use.file : "policy", err);
	return ret;
}

int trial_create(struct trial **tp, const struct trial_ask *ask, const struct config_paths *paths,
		 struct problems *problems)
{
	char real[PATH_MAX];
	const char *file = realpath(ask->policy, real) ? real : ask->policy;
	struct script_trial what = { file, ask->plugin, ask->options, ask->pairs, ask->plugin_path };
	struct script_config in = { .file = ask->policy, .folder = "/", .text = "", .paths = paths, .trial = &what };
	struct node *tree = calloc(1, sizeof *tree);
	struct trial *t = calloc(1, sizeof *t);
	int ret = tree && t ? script_config_read(&in, tree, problems) : -ENOMEM;

	if (ret == 0 && (!problems_are_warnings(problems) || !node_get(tree, "policy")))
		ret = -EINVAL;
	if (ret == 0)
		ret = build(t, tree, ask, paths, problems);
	node_free(tree);
	if (ret < 0)
		trial_free(t);
	else
		*tp = t;
	return ret;
}

void trial_free(struct trial *t)
{
	if (!t)
		return;
	if (t->script)
		script_unload(t->script, t->policy);
	script_destroy(t->script);
	rates_free(t->rates);
	trial_message_free(t->message);
	free(t->bytes);
	free(t->given);
	policy_use_free(&t->use);
	free(t);
}

const struct policy_use *trial_use(const struct trial *t)
{
	return &t->use;
}

const char *trial_plugin(const struct trial *t)
{
	return t->plugin ? t->plugin->name : NULL;
}

int trial_read(struct trial *t, struct lg_span bytes, enum lg_transport transport, bool *typed, char err[],
	       size_t errlen)
{
	size_t n;

	if (!t->plugin) {
		snprintf(err, errlen, "the policy is for any plugin: which one shall read the message?");
		return -EINVAL;
	}
	trial_message_free(t->message);
	t->message = NULL;
	free(t->bytes);
	*typed = trial_message_ends(bytes, &t->bytes, &n);
	if (!t->bytes) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	return trial_message_read(&t->message, t->plugin, transport, (struct lg_span){ t->bytes, n }, err, errlen);
}

void trial_decide(struct trial *t, uint64_t now_ms, struct verdict *v)
{
	script_set_moment(t->script, now_ms, NULL);
	script_decide(t->script, t->policy, ask_fact, t, v);
}

/* ---- The command line ---- */

static void tell_over(void *ctx, const struct script_over *o)
{
	(void)ctx;
	printf("over      %.*s, \"%.*s\", %g a second, %u at once: %s, %u left\n", (int)o->name.n, o->name.p,
	       (int)o->key.n, o->key.p, o->rate, o->burst, o->over ? "over" : "not over", o->left);
}

static void tell_problems(const struct problems *problems)
{
	for (unsigned i = 0; i < problems->n; i++) {
		const struct problem *p = &problems->list[i];

		fprintf(stderr, "%s: %s%s\n", p->file, p->warning ? "warning: " : "", p->text);
		if (p->hint)
			fprintf(stderr, "    %s\n", p->hint);
	}
}

/* How the message came; false: the fact says something else. */
static bool transport_of(const struct trial_words *words, enum lg_transport *transport)
{
	static const struct {
		const char *fact;
		enum lg_transport transport;
	} all[] = { { "transport=tcp", LG_TCP }, { "transport=tls", LG_TLS }, { "transport=udp", LG_UDP } };

	*transport = 0;
	for (const char *const *fact = words->facts; fact && *fact; fact++) {
		if (strncmp(*fact, "transport=", strlen("transport=")) != 0)
			continue;
		*transport = 0;
		for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
			if (strcmp(*fact, all[i].fact) == 0)
				*transport = all[i].transport;
		}
		if (!*transport)
			return false;
	}
	return true;
}

static int take_message(struct trial *t, const struct trial_words *words)
{
	enum lg_transport transport;
	char err[400];
	bool typed = false;
	size_t n;
	char *bytes = trial_message_file(words->message, &n, err, sizeof err);
	int ret = bytes ? 0 : -EINVAL;

	if (ret == 0 && !transport_of(words, &transport)) {
		snprintf(err, sizeof err, "a message comes by tcp, tls or udp: say --fact transport=udp");
		ret = -EINVAL;
	}
	if (ret == 0)
		ret = trial_read(t, (struct lg_span){ bytes, n }, transport, &typed, err, sizeof err);
	free(bytes);
	if (ret < 0) {
		fprintf(stderr, "%s: %s\n", words->message, err);
		if (!t->plugin)
			fprintf(stderr, "    name it: --plugin NAME\n");
		return ret;
	}
	printf("message   %s, %zu bytes%s\n", words->message, n, typed ? "; its lines end with LF: taken as CRLF" : "");
	return 0;
}

static int take_facts(struct trial *t, const struct trial_words *words)
{
	for (const char *const *fact = words->facts; fact && *fact; fact++) {
		const char *is = strchr(*fact, '=');
		char *name = is ? strndup(*fact, (size_t)(is - *fact)) : NULL;
		bool known = name && trial_fact(t, name, span_of(is + 1)) == 0;

		if (!name) {
			if (is)
				fprintf(stderr, "lychgate: out of memory\n");
			else
				fprintf(stderr, "lychgate: the fact %s is not NAME=VALUE\n", *fact);
			return -EINVAL;
		}
		if (!known && strcmp(name, "transport") != 0) { /* that one says by what the message came */
			fprintf(stderr, "lychgate: the policy does not read the fact '%s'\n    it reads", name);
			for (unsigned i = 0; i < t->use.nfacts; i++)
				fprintf(stderr, "%s %s", i ? "," : "", t->use.reads[i]);
			fprintf(stderr, "\n");
			free(name);
			return -ENOENT;
		}
		free(name);
	}
	return 0;
}

static void tell_verdict(const struct trial *t, const struct verdict *v)
{
	char text[1024];
	struct script_cost all, used = script_cost(t->script, &all);

	script_show_verdict(v, t->use.pools, text, sizeof text);
	printf("verdict   %s\n", text);
	printf("used      %llu of %llu instructions, %zu of %zu bytes\n", (unsigned long long)used.steps,
	       (unsigned long long)all.steps, used.bytes, all.bytes);
}

/* Whoever tries a test wants to run it. */
static bool is_test(const char *file)
{
	static const char end[] = ".test.lua";
	size_t n = strlen(file), tail = sizeof end - 1;

	if (n < tail || strcmp(file + n - tail, end) != 0)
		return false;
	fprintf(stderr, "%s: this is a test of a policy\n    run it: lychgate --policy-test %s\n", file, file);
	return true;
}

int trial_run(const struct trial_words *words, const struct config_paths *paths)
{
	static const struct script_watch watch = { .over = tell_over };
	struct problems problems = { 0 };
	struct trial *t = NULL;
	struct verdict v = { .kind = VERDICT_ERROR };
	int ret;

	if (is_test(words->ask.policy))
		return 1;
	ret = trial_create(&t, &words->ask, paths, &problems);
	tell_problems(&problems);
	problems_free(&problems);
	if (ret < 0)
		return 1;
	printf("policy    %s, for plugin %s\n", t->use.file, t->plugin ? t->plugin->name : "any");
	if (words->message)
		ret = take_message(t, words);
	if (ret == 0)
		ret = take_facts(t, words);
	if (ret == 0) {
		t->tells = true;
		script_watch(t->script, &watch);
		trial_decide(t, 0, &v);
		tell_verdict(t, &v);
	}
	trial_free(t);
	return ret < 0 || v.kind == VERDICT_ERROR;
}
