/* SPDX-License-Identifier: Apache-2.0 */
/* host.c: what plugins call, turned over to the parts that do it. */
#include "host.h"

#include <sys/random.h>

#include "address.h"
#include "clock.h"
#include "deliver.h"
#include "expect.h"
#include "facts.h"
#include "lease.h"
#include "link.h"
#include "log.h"
#include "probe.h"
#include "session.h"
#include "span.h"
#include "token.h"

static struct lg_exchange *host_route(struct lg_link *from, const struct lg_how *how, struct lg_span unit)
{
	struct exchange *x = session_route(link_of(from), how, unit);

	return x ? &x->pub : NULL;
}

static void host_again(struct lg_exchange *x)
{
	session_again(exchange_of(x));
}

static void host_pin(struct lg_link *owner, struct lg_exchange *x)
{
	session_pin(link_of(owner), exchange_of(x));
}

static void host_done(struct lg_exchange *x)
{
	session_done(exchange_of(x));
}

static void host_reuse(struct lg_exchange *x)
{
	session_reuse(exchange_of(x));
}

static bool host_keep(struct lg_exchange *x)
{
	return lease_keep(exchange_of(x));
}

static enum lg_send host_send(struct lg_link *to, struct lg_link *from, const struct lg_span *pieces, unsigned n,
			      unsigned flags)
{
	return link_send(link_of(to), from ? link_of(from) : NULL, pieces, n, flags);
}

static void host_hold(struct lg_link *l)
{
	/* A flow cannot be held, and what all share must not be. */
	if (link_of(l)->stream && !link_is_shared(link_of(l)))
		stream_hold(link_of(l)->stream);
}

static void host_go(struct lg_link *l)
{
	if (link_of(l)->stream)
		stream_go(link_of(l)->stream);
}

static void host_join(struct lg_link *a, struct lg_link *b)
{
	link_join(link_of(a), link_of(b));
}

static bool host_pass(struct lg_link *from, struct lg_link *to, uint64_t n)
{
	return link_pass(link_of(from), link_of(to), n);
}

static void host_close(struct lg_link *l, enum lg_close how)
{
	link_close(link_of(l), how, "closed by the plugin");
}

static void host_deadline(struct lg_link *l, uint32_t ms)
{
	link_deadline(link_of(l), ms);
}

static void host_count(struct lg_link *l, unsigned index, uint64_t by)
{
	struct listener_stats *stats = link_of(l)->listener->conf->stats;

	if (index < stats->nplugin_counters)
		atomic_fetch_add_explicit(&stats->plugin_counters[index], by, memory_order_relaxed);
	else
		link_log(link_of(l), LG_ERROR, "plugin-fault", "reason",
			 "it counts what its table of counters has not");
}

/* An event is a word: whatever a plugin says, a line of the log stays one. */
static bool is_event(const char *text)
{
	return text && *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")];
}

static void host_log(struct lg_link *l, enum lg_level level, const char *event, const char *detail)
{
	link_log(link_of(l), level, is_event(event) ? event : "plugin-event", "detail", detail);
}

static void host_random(void *p, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = getrandom((char *)p + done, n - done, 0);

		if (got > 0)
			done += (size_t)got;
	}
}

static uint16_t host_expect(struct lg_exchange *x, uint16_t server_port, const struct lg_ports *range)
{
	return expect_of_exchange(exchange_of(x), server_port, range);
}

static void host_learn(struct lg_link *client, enum lg_learned what, struct lg_span value)
{
	facts_learn(link_of(client), what, value);
}

static unsigned host_token(struct lg_link *l, enum lg_use use, uint16_t port, char out[LG_TOKEN])
{
	return deliver_token(link_of(l), use, port, out);
}

static enum lg_send host_send_to(struct lg_span token, enum lg_use use, struct lg_link *from,
				 const struct lg_span *pieces, unsigned n)
{
	return deliver(token, use, from ? link_of(from) : NULL, pieces, n);
}

static void host_rest(struct lg_link *l, uint32_t ms)
{
	session_rest(link_of(l), ms);
}

static struct lg_span host_home(const struct lg_link *l)
{
	static _Thread_local char text[ADDRESS_TEXT];
	struct sockaddr_storage local;

	if (l->side == LG_SERVER && address_parse(&local, l->local) == 0 &&
	    listener_home(((const struct link *)l)->listener, l->transport, (const struct sockaddr *)&local, text))
		return span_of(text);
	return l->local; /* of a client link: where it has reached us already */
}

const struct lg_host host_functions = {
	.size = sizeof(struct lg_host),
	.route = host_route,
	.again = host_again,
	.pin = host_pin,
	.done = host_done,
	.send = host_send,
	.hold = host_hold,
	.go = host_go,
	.join = host_join,
	.close = host_close,
	.deadline = host_deadline,
	.count = host_count,
	.log = host_log,
	.now_ms = clock_loop_ms,
	.random = host_random,
	.ask = probe_ask,
	.expect = host_expect,
	.learn = host_learn,
	.token = host_token,
	.send_to = host_send_to,
	.look = deliver_look,
	.rest = host_rest,
	.digest = token_digest,
	.home = host_home,
	.reuse = host_reuse,
	.keep = host_keep,
	.pass = host_pass,
};
