/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.c: the snapshot's states and counters as JSON.  It changes nothing and keeps nothing; a number may be newer
 * than the one before it, since the workers go on.  Each function returns a new reference, or NULL when memory is out.
 */
#include "status.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "balance.h"
#include "clock.h"

/* Takes `value`, which may be NULL: then it fails as a full memory does. */
static bool put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

static bool put_number(json_t *object, const char *key, unsigned long long n)
{
	return put(object, key, json_integer((json_int_t)n));
}

static bool put_text(json_t *object, const char *key, const char *text)
{
	return put(object, key, status_text(text));
}

/* The object or array if all of it could be built. */
static json_t *whole(json_t *built, bool ok)
{
	if (ok)
		return built;
	json_decref(built);
	return NULL;
}

json_t *status_text(const char *s)
{
	json_t *text = json_string(s);
	char *plain;

	if (text)
		return text;
	plain = strdup(s);
	if (!plain)
		return NULL;
	for (char *p = plain; *p; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	text = json_string(plain);
	free(plain);
	return text;
}

/* "2026-11-22T13:20:49Z" */
static json_t *time_text(long long unix_ms)
{
	time_t seconds = unix_ms / 1000;
	struct tm tm;
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

/* Whole seconds since then; a clock that was set back gives 0. */
static json_t *seconds_since(long long unix_ms)
{
	long long ms = clock_unix_ms() - unix_ms;

	return json_integer(ms > 0 ? ms / 1000 : 0);
}

/* ---- Listeners ---- */

json_t *status_policy(const struct policy_use *u)
{
	struct policy_stats *stats = u->stats;
	char last[sizeof stats->last_error];
	json_t *o = json_object();

	pthread_mutex_lock(&stats->lock);
	memcpy(last, stats->last_error, sizeof last);
	pthread_mutex_unlock(&stats->lock);
	return whole(o, put_text(o, "name", u->name) && put_number(o, "calls", atomic_load(&stats->calls)) &&
				put_number(o, "verdicts", atomic_load(&stats->verdicts)) &&
				put_number(o, "errors", atomic_load(&stats->errors)) &&
				put(o, "tripped", json_boolean(atomic_load(&stats->tripped))) &&
				put_text(o, "last_error", last));
}

static json_t *policies_status(const struct listener_conf *l)
{
	json_t *list = json_array();
	bool ok = list != NULL;

	for (unsigned i = 0; i < l->npolicies && ok; i++)
		ok = json_array_append_new(list, status_policy(&l->policies[i])) == 0;
	return whole(list, ok);
}

/* The plugin's counters under the names of its table. */
static json_t *counters_status(const struct listener_conf *l)
{
	const char *const *names = l->plugin->counters;
	json_t *o = json_object();
	bool ok = o != NULL;

	for (unsigned i = 0; names && names[i] && ok; i++)
		ok = put_number(o, names[i], atomic_load(&l->stats->plugin_counters[i]));
	return whole(o, ok);
}

/* "tls:127.0.0.1:5061", as the configuration writes them. */
static json_t *addresses_status(const struct listener_conf *l)
{
	static const char *const transports[] = { [LG_TCP] = "tcp", [LG_TLS] = "tls", [LG_UDP] = "udp" };
	json_t *list = json_array();
	bool ok = list != NULL;

	for (unsigned i = 0; i < l->nbinds && ok; i++) {
		const struct bind *b = &l->binds[i];

		ok = json_array_append_new(list, json_sprintf("%s:%s", transports[b->transport], b->text)) == 0;
	}
	return whole(list, ok);
}

static json_t *reached_status(const struct listener_conf *l)
{
	json_t *list = json_array();
	bool ok = list != NULL;

	for (unsigned i = 0; i < l->nreach && ok; i++)
		ok = json_array_append_new(list, status_text(l->reach[i].pool->name)) == 0;
	return whole(list, ok);
}

/* Ports that were opened for one client each. */
static json_t *expected_status(const struct listener_stats *stats)
{
	json_t *o = json_object();

	return whole(o, put_number(o, "ports", atomic_load(&stats->expected)) &&
				put_number(o, "opened", atomic_load(&stats->expected_opened)) &&
				put_number(o, "refused", atomic_load(&stats->expected_refused)) &&
				put_number(o, "none_left", atomic_load(&stats->expected_none)));
}

/* The limits that were passed, and how often. */
static json_t *limits_status(const struct listener_stats *stats)
{
	json_t *o = json_object();
	bool ok = o != NULL;

	for (enum limit i = LIMIT_NONE + 1; i < LIMITS && ok; i++) {
		unsigned long long n = atomic_load(&stats->limits[i].passed);

		ok = n == 0 || put_number(o, limit_word(i), n);
	}
	return whole(o, ok);
}

static json_t *listener_status(const struct listener_conf *l)
{
	const struct listener_stats *stats = l->stats;
	int open = atomic_load(&stats->open);
	json_t *o = json_object();

	return whole(o, put_text(o, "name", l->name) && put_text(o, "plugin", l->plugin->name) &&
				put(o, "addresses", addresses_status(l)) && put(o, "open", json_boolean(open > 0)) &&
				put_number(o, "sockets", open > 0 ? (unsigned)open : 0) &&
				put(o, "pools", reached_status(l)) &&
				put_number(o, "sessions", atomic_load(&stats->sessions)) &&
				put_number(o, "handshakes", atomic_load(&stats->handshakes)) &&
				put_number(o, "accepted", atomic_load(&stats->accepted)) &&
				put_number(o, "refused_limit", atomic_load(&stats->refused_limit)) &&
				put_number(o, "refused_tls", atomic_load(&stats->refused_tls)) &&
				put_number(o, "refused_proxy", atomic_load(&stats->refused_proxy)) &&
				put(o, "limits_passed", limits_status(stats)) &&
				put_number(o, "exchanges", atomic_load(&stats->exchanges)) &&
				put_number(o, "lost_datagrams", atomic_load(&stats->lost_datagrams)) &&
				put_number(o, "held_bytes", atomic_load(&stats->held_bytes)) &&
				put(o, "expected", expected_status(stats)) &&
				put(o, "counters", counters_status(l)) && put(o, "policies", policies_status(l)));
}

/* ---- Pools ---- */

/* How much of its weight it takes, in percent; null: all of it. */
static json_t *slow_start_status(const struct server *s)
{
	unsigned part = server_weight(s, clock_loop_ms()) / s->weight;

	return part < SERVER_WHOLE ? json_integer(part * 100 / SERVER_WHOLE) : json_null();
}

/* Of its probes: when the last one went out and how long it took, and when the next one goes. */
static bool put_probe(json_t *o, const struct server *s)
{
	const struct server *asked = atomic_load(&s->tracked);
	const struct server_state *state = (asked ? asked : s)->state;
	long long probed = atomic_load(&state->probed),
		  next_ms = atomic_load(&state->next_ms) - (long long)clock_loop_ms();

	return put(o, "probed", probed ? time_text(probed) : json_null()) &&
	       put(o, "probe_ms", probed ? json_integer(atomic_load(&state->probe_ms)) : json_null()) &&
	       put(o, "next_probe_ms",
		   atomic_load(&state->next_ms) ? json_integer(next_ms > 0 ? next_ms : 0) : json_null());
}

/* The operator's words: its own, and where another one counts, whose that is, as lychctl calls it. */
static bool put_words(json_t *o, const struct server *s)
{
	static const char *const words[] = { [ADMIN_DRAIN] = "drain", [ADMIN_DISABLED] = "disabled" };
	const char *own = words[atomic_load(&s->state->admin)];
	const struct server *from = server_word_from(s);
	char full[SERVER_FULL_NAME];

	return put(o, "own_word", own ? status_text(own) : json_null()) &&
	       put(o, "word_from", from ? status_text(server_full_name(from, full)) : json_null());
}

json_t *status_server(const struct server *s)
{
	static const char *const health[] = {
		[HEALTH_UNKNOWN] = "unknown", [HEALTH_UP] = "up", [HEALTH_DOWN] = "down"
	};
	struct server_state *state = s->state;
	long long since = atomic_load(&state->since);
	char answer[sizeof state->answer];
	json_t *o = json_object();

	pthread_mutex_lock(&state->lock);
	memcpy(answer, state->answer, sizeof answer);
	pthread_mutex_unlock(&state->lock);
	return whole(o, put_text(o, "name", s->name) &&
				put_text(o, "address", server_is_absent(s) ? "" : server_place(s)->text) &&
				put(o, "host", s->slots ? status_text(s->slots->host) : json_null()) &&
				put_text(o, "state", server_state_word(s)) && put_words(o, s) &&
				put_text(o, "health", health[atomic_load(&state->health)]) &&
				put(o, "since", time_text(since)) && put(o, "seconds", seconds_since(since)) &&
				put_text(o, "probe", answer) && put_probe(o, s) &&
				put_number(o, "rests_seconds", server_rests_seconds(s)) &&
				put_number(o, "sessions", atomic_load(&state->sessions)) &&
				put_number(o, "shared_links", atomic_load(&state->shared)) &&
				put_number(o, "idle_links", atomic_load(&state->idle)) &&
				put_number(o, "requests", atomic_load(&state->requests)) &&
				put_number(o, "failures", atomic_load(&state->failures)) &&
				put_number(o, "resumed", atomic_load(&state->resumed)) &&
				put_number(o, "max_sessions", s->max_sessions) && put_number(o, "weight", s->weight) &&
				put(o, "slow_start", slow_start_status(s)) &&
				put(o, "backup", json_boolean(s->backup)));
}

static json_t *servers_status(const struct pool *p)
{
	json_t *list = json_array();
	bool ok = list != NULL;

	for (unsigned i = 0; i < p->nservers && ok; i++) {
		if (slots_show(&p->servers[i]))
			ok = json_array_append_new(list, status_server(&p->servers[i])) == 0;
	}
	return whole(list, ok);
}

static bool has_text(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
			return true;
	}
	return false;
}

/* The default fact of a plugin whose listener reaches the pool, once. */
static bool put_default(json_t *list, const struct pool *p, const struct listener_conf *l)
{
	const char *fact = l->plugin->persistence;

	for (unsigned i = 0; fact && i < l->nreach; i++) {
		if (l->reach[i].pool == p)
			return has_text(list, fact) || json_array_append_new(list, status_text(fact)) == 0;
	}
	return true;
}

/* The facts of the configuration; where it is silent, those that the listeners bring. */
static json_t *persistence_facts(const struct snapshot *s, const struct pool *p)
{
	json_t *list = json_array();
	bool ok = list != NULL;

	for (char **fact = p->by; fact && *fact && ok; fact++)
		ok = json_array_append_new(list, status_text(*fact)) == 0;
	for (unsigned i = 0; p->default_persistence && i < s->nlisteners && ok; i++)
		ok = put_default(list, p, &s->listeners[i]);
	return whole(list, ok);
}

static json_t *persistence_status(const struct snapshot *s, const struct pool *p)
{
	json_t *o;

	if (!p->has_persistence || !p->store)
		return json_null();
	o = json_object();
	return whole(o, put(o, "by", persistence_facts(s, p)) && put_text(o, "scope", p->scope) &&
				put_number(o, "timeout_ms", p->timeout_ms) &&
				put_number(o, "entries", p->store->ops->entries(p->store, clock_loop_ms())));
}

static json_t *pool_status(const struct snapshot *s, const struct pool *p)
{
	static const char *const states[] = { [POOL_UNKNOWN] = "unknown", [POOL_UP] = "up", [POOL_DOWN] = "down" };
	static const char *const balance[] = {
		[BALANCE_ROUND_ROBIN] = "round-robin",
		[BALANCE_LEAST_CONNECTIONS] = "least-connections",
		[BALANCE_HASH] = "hash",
		[BALANCE_ORDERED] = "ordered",
	};
	static const char *const all_down[] = {
		[ALL_DOWN_REFUSE] = "refuse", [ALL_DOWN_REPLY] = "reply", [ALL_DOWN_FAIL_OPEN] = "fail-open"
	};
	json_t *o = json_object();

	return whole(o, put_text(o, "name", p->name) && put_text(o, "state", states[pool_state(p)]) &&
				put_text(o, "balance", balance[p->balance]) &&
				put_text(o, "all_down", all_down[p->all_down]) &&
				put_number(o, "overloads", atomic_load(&p->live->overloads)) &&
				put(o, "persistence", persistence_status(s, p)) &&
				put(o, "servers", servers_status(p)));
}

/* ---- Certificates ---- */

static json_t *crl_status(const struct tls_expiry *e, long long now)
{
	json_t *o;

	if (!e->crl)
		return json_null();
	o = json_object();
	return whole(o, put_text(o, "file", e->crl) &&
				put(o, "next", e->crl_next ? time_text(e->crl_next * 1000) : json_null()) &&
				put(o, "outdated", json_boolean(e->crl_next && e->crl_next < now)));
}

/* Of a `tls` word. */
static json_t *certificate_status(const struct tls_entry *t, const struct tls_expiry *e)
{
	long long now = clock_unix_ms() / 1000;
	json_t *o = json_object();

	return whole(o, put_text(o, "tls", t->name) && put_text(o, "file", e->file) && put_text(o, "kind", e->kind) &&
				put_text(o, "subject", e->subject) &&
				put(o, "expires", time_text(e->certificate * 1000)) &&
				put(o, "days", json_integer(tls_days(e->certificate, now))) &&
				put(o, "chain_days", json_integer(tls_days(e->chain, now))) &&
				put(o, "crl", crl_status(e, now)));
}

static json_t *certificates_status(const struct snapshot *s)
{
	json_t *list = json_array();
	bool ok = list != NULL;

	for (unsigned i = 0; i < s->ntls && ok; i++) {
		struct tls_expiry e;

		tls_identity_expiry(s->tls[i].identity, &e);
		if (e.file)
			ok = json_array_append_new(list, certificate_status(&s->tls[i], &e)) == 0;
	}
	return whole(list, ok);
}

/* ---- All ---- */

static json_t *listeners_status(const struct snapshot *s)
{
	json_t *list = json_array();
	bool ok = list != NULL;

	for (unsigned i = 0; i < s->nlisteners && ok; i++)
		ok = json_array_append_new(list, listener_status(&s->listeners[i])) == 0;
	return whole(list, ok);
}

static json_t *pools_status(const struct snapshot *s)
{
	json_t *list = json_array();
	bool ok = list != NULL;

	for (unsigned i = 0; i < s->npools && ok; i++)
		ok = json_array_append_new(list, pool_status(s, &s->pools[i])) == 0;
	return whole(list, ok);
}

static json_t *capabilities_status(void)
{
	uint64_t set = user_capabilities();
	json_t *list = json_array();
	bool ok = list != NULL;

	for (unsigned i = 0; i < 64 && ok; i++) {
		if (set >> i & 1)
			ok = json_array_append_new(list, user_capability_name(i) ? status_text(user_capability_name(i))
									  : json_sprintf("CAP_%u", i)) == 0;
	}
	return whole(list, ok);
}

json_t *status_build(const struct snapshot *s, long long started_ms)
{
	json_t *o = json_object();

	return whole(o, put_text(o, "version", PACKAGE_VERSION) && put_number(o, "pid", (unsigned)getpid()) &&
				put(o, "started", time_text(started_ms)) &&
				put(o, "uptime", seconds_since(started_ms)) && put_text(o, "configuration", s->file) &&
				put_text(o, "user", s->settings.user.name) &&
				put(o, "capabilities", capabilities_status()) &&
				put(o, "no_new_privileges", json_boolean(user_is_bound())) &&
				put_number(o, "workers", s->settings.workers) &&
				put(o, "listeners", listeners_status(s)) && put(o, "pools", pools_status(s)) &&
				put(o, "certificates", certificates_status(s)));
}
