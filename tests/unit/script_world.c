/* SPDX-License-Identifier: Apache-2.0 */
/* script_world.c: the small world in which policies are tested. */
#include "script_world.h"

#include <unistd.h>

static char *const reads[] = { "method", "to.domain", "header.x", NULL };
static char *const pools[] = { "front", "emea", NULL };

struct lg_span world_fact(void *ctx, unsigned i)
{
	struct world *w = ctx;

	w->asked[i]++;
	return span_of(w->facts[i]);
}

int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	snprintf(w->file, sizeof w->file, "test_script.%d.lua", (int)getpid());
	w->use = (struct policy_use){
		.name = "test", .file = w->file, .reads = (char **)reads, .nfacts = WORLD_FACTS, .pools = (char **)pools
	};
	w->facts[0] = "INVITE";
	w->facts[1] = "sales.example";
	assert_int_equal(script_create(&w->s), 0);
	*state = w;
	return 0;
}

int world_teardown(void **state)
{
	struct world *w = *state;

	unlink(w->file);
	script_destroy(w->s);
	free(w);
	return 0;
}

void world_write(struct world *w, const char *text)
{
	FILE *f = fopen(w->file, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

struct script_policy *world_load(struct world *w, const char *body)
{
	struct script_policy *p = NULL;
	char err[300] = "";
	char text[4096];

	snprintf(text, sizeof text, "return { decide = function(m, o) %s end }", body);
	world_write(w, text);
	if (script_load(w->s, &w->use, &p, err, sizeof err) < 0)
		fail_msg("%s: %s", body, err);
	return p;
}

void world_decide(struct world *w, const char *body, struct verdict *v)
{
	struct script_policy *p = world_load(w, body);

	script_decide(w->s, p, world_fact, w, v);
	script_unload(w->s, p);
}

void assert_usable(struct world *w)
{
	struct verdict v;

	world_decide(w, "return reply(486, m.method)", &v);
	assert_int_equal(v.kind, VERDICT_REPLY);
	assert_int_equal(v.code, 486);
	assert_true(span_equal(v.reason, span_of(w->facts[0])));
}

void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not contain \"%s\"", text, part);
}
