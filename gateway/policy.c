/* SPDX-License-Identifier: Apache-2.0 */
/* policy.c: the chain of a listener's policies, and what a failing one does.  Lua itself is in script.c. */
#include "policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "edits.h"
#include "facts.h"
#include "link.h"
#include "log.h"
#include "session.h"

int policies_load(struct listener *l, char err[], size_t errlen)
{
	const struct listener_conf *conf = l->conf;

	if (conf->npolicies == 0)
		return 0;
	l->policies = calloc(conf->npolicies, sizeof *l->policies);
	if (!l->policies) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	for (unsigned i = 0; i < conf->npolicies; i++) {
		int r = script_load(l->worker->script, &conf->policies[i], &l->policies[i], err, errlen);

		if (r < 0)
			return r;
	}
	return 0;
}

void policies_unload(struct listener *l)
{
	for (unsigned i = 0; l->policies && i < l->conf->npolicies; i++)
		script_unload(l->worker->script, l->policies[i]);
	free(l->policies);
	l->policies = NULL;
}

struct asking {
	struct exchange *x;
	const struct policy_use *use;
};

static struct lg_span fact(void *ctx, unsigned i)
{
	struct asking *a = ctx;

	return facts_read(a->x, &a->use->facts[i]);
}

static void failed(struct exchange *x, const struct policy_use *use, const char *error)
{
	struct policy_stats *stats = use->stats;
	unsigned row = atomic_fetch_add_explicit(&stats->errors_in_a_row, 1, memory_order_relaxed) + 1;

	atomic_fetch_add_explicit(&stats->errors, 1, memory_order_relaxed);
	pthread_mutex_lock(&stats->lock);
	snprintf(stats->last_error, sizeof stats->last_error, "%s", error);
	pthread_mutex_unlock(&stats->lock);
	link_log(link_of(x->pub.from), LG_WARNING, "policy-failed", "reason", error);
	if (row == POLICY_TRIP && !atomic_exchange(&stats->tripped, true))
		log_error("policy-tripped", "listener", x->session->listener->conf->name, "policy", use->name, "errors",
			  LOG_NUM(row), "last", error);
}

static enum verdict_kind on_error(enum on_error word)
{
	return word == ON_ERROR_PASS ? VERDICT_PASS : word == ON_ERROR_DROP ? VERDICT_DROP : VERDICT_UNAVAILABLE;
}

/* The policy's edits go to those before it; it fails when there are too many. */
static void keep_edits(struct exchange *x, const struct policy_use *use, struct verdict *v)
{
	int r = edits_add(&x->pub.edits, &x->pub.nedits, v->edits, v->nedits);

	v->kind = r == -ENOMEM ? VERDICT_UNAVAILABLE : r < 0 ? VERDICT_ERROR : VERDICT_EDIT;
	if (r == -E2BIG)
		snprintf(v->error, sizeof v->error, "%s: more than %d headers edited by all policies", use->file,
			 EDITS_MAX);
}

/* pick(i) is about the pool that the request goes to when no policy routes it. */
static void check_pick(const struct exchange *x, const struct policy_use *use, struct verdict *v)
{
	const struct pool *pool = x->reach ? x->reach->pool : NULL;
	unsigned listed = 0;

	if (pool && balance_listed(pool, v->server, &listed))
		return;
	v->kind = VERDICT_ERROR;
	if (pool)
		snprintf(v->error, sizeof v->error, "%s: pick(%u), but pool \"%s\" has %u servers", use->file,
			 v->server + 1, pool->name, listed);
	else
		snprintf(v->error, sizeof v->error, "%s: pick(%u), but listener \"%s\" has no pool", use->file,
			 v->server + 1, x->session->listener->conf->name);
}

static void decide_one(struct exchange *x, unsigned i, struct verdict *v)
{
	struct listener *l = x->session->listener;
	struct asking a = { x, &l->conf->policies[i] };
	struct policy_stats *stats = a.use->stats;

	if (atomic_load_explicit(&stats->tripped, memory_order_relaxed)) {
		v->kind = on_error(l->conf->on_error);
		return;
	}
	atomic_fetch_add_explicit(&stats->calls, 1, memory_order_relaxed);
	script_decide(l->worker->script, l->policies[i], fact, &a, v);
	if (v->kind == VERDICT_EDIT)
		keep_edits(x, a.use, v);
	if (v->kind == VERDICT_PICK)
		check_pick(x, a.use, v);
	if (v->kind == VERDICT_ERROR) {
		failed(x, a.use, v->error);
		v->kind = on_error(l->conf->on_error);
		return;
	}
	if (atomic_load_explicit(&stats->errors_in_a_row, memory_order_relaxed))
		atomic_store_explicit(&stats->errors_in_a_row, 0, memory_order_relaxed);
	if (v->kind != VERDICT_PASS)
		atomic_fetch_add_explicit(&stats->verdicts, 1, memory_order_relaxed);
}

void policy_reset(struct policy_stats *stats)
{
	atomic_store(&stats->errors_in_a_row, 0);
	atomic_store(&stats->tripped, false);
}

void policies_decide(struct exchange *x, struct verdict *v, const struct reach **reach)
{
	const struct listener_conf *conf = x->session->listener->conf;

	script_set_moment(x->session->worker->script, x->session->worker->now_ms,
			  x->session->shared ? NULL : session_origin(x->session));
	for (unsigned i = 0; i < conf->npolicies; i++) {
		decide_one(x, i, v);
		if (v->kind == VERDICT_ROUTE)
			*reach = &conf->reach[conf->policies[i].reach[v->pool]];
		if (v->kind != VERDICT_PASS && v->kind != VERDICT_EDIT)
			return;
	}
}
