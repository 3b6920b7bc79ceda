/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trial_message.c: the smallest core that a plugin can run on: one client link, one exchange, no socket and no time. It
 * asks no policy and no server: that is for who reads the facts.
 */
#include "trial_message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "plugins.h"
#include "span.h"

enum { SAID = 160, ROUNDS = 1000 };

static const struct lg_limits limits = {
	.headers = 64 << 10, .message = TRIAL_MESSAGE, .requests = 100, .answer_ms = 180000
};

struct trial_message {
	struct lg_link link; /* first: the host's calls find the rest by it */
	struct lg_session session;
	const struct lg_plugin *plugin;
	void *conf;
	bool started, opened, closed;
	struct lg_exchange *x; /* the first request; NULL: none yet */
	char said[SAID];       /* how what it sent begins */
	size_t nsaid;
};

static struct trial_message *of(struct lg_link *l)
{
	return (struct trial_message *)l;
}

/* ---- The host ---- */

static struct lg_exchange *host_route(struct lg_link *from, const struct lg_how *how, struct lg_span unit)
{
	struct trial_message *m = of(from);

	(void)how;
	if (m->x)
		return NULL;
	m->x = calloc(1, sizeof *m->x + m->plugin->exchange_size + _Alignof(max_align_t));
	if (!m->x)
		return NULL;
	m->x->from = from;
	m->x->unit = unit;
	m->x->data = (char *)m->x +
		     (sizeof *m->x + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
	return m->x;
}

static void host_exchange(struct lg_exchange *x)
{
	(void)x;
}

static void host_pin(struct lg_link *owner, struct lg_exchange *x)
{
	(void)owner;
	(void)x;
}

static enum lg_send host_send(struct lg_link *to, struct lg_link *from, const struct lg_span *pieces, unsigned n,
			      unsigned flags)
{
	struct trial_message *m = of(to);

	(void)from;
	(void)flags;
	for (unsigned i = 0; i < n; i++) {
		size_t room = sizeof m->said - m->nsaid, more = pieces[i].n < room ? pieces[i].n : room;

		if (more)
			memcpy(m->said + m->nsaid, pieces[i].p, more);
		m->nsaid += more;
	}
	return LG_SENT;
}

static void host_link(struct lg_link *l)
{
	(void)l;
}

static void host_join(struct lg_link *a, struct lg_link *b)
{
	(void)a;
	(void)b;
}

static void host_close(struct lg_link *l, enum lg_close how)
{
	(void)how;
	of(l)->closed = true;
}

static void host_ms(struct lg_link *l, uint32_t ms)
{
	(void)l;
	(void)ms;
}

static void host_count(struct lg_link *l, unsigned index, uint64_t by)
{
	(void)l;
	(void)index;
	(void)by;
}

static void host_log(struct lg_link *l, enum lg_level level, const char *event, const char *detail)
{
	(void)l;
	(void)level;
	(void)event;
	(void)detail;
}

static uint64_t host_now_ms(void)
{
	return 1;
}

static void host_random(void *p, size_t n)
{
	memset(p, 0x5a, n); /* a trial is the same each time */
}

static void host_ask(struct lg_probe *p, struct lg_span bytes)
{
	(void)p;
	(void)bytes;
}

static void host_learn(struct lg_link *client, enum lg_learned what, struct lg_span value)
{
	(void)client;
	(void)what;
	(void)value;
}

static uint16_t host_expect(struct lg_exchange *x, uint16_t server_port, const struct lg_ports *range)
{
	(void)x;
	(void)server_port;
	(void)range;
	return 0;
}

static unsigned host_token(struct lg_link *l, enum lg_use use, uint16_t port, char out[LG_TOKEN])
{
	(void)l;
	(void)use;
	(void)port;
	out[0] = 'T';
	return 1;
}

static enum lg_send host_send_to(struct lg_span token, enum lg_use use, struct lg_link *from,
				 const struct lg_span *pieces, unsigned n)
{
	(void)token;
	(void)use;
	(void)from;
	(void)pieces;
	(void)n;
	return LG_GONE;
}

static enum lg_transport host_look(struct lg_span token, enum lg_use use, struct lg_span *local)
{
	(void)token;
	(void)use;
	(void)local;
	return 0;
}

static uint64_t host_digest(const struct lg_span *pieces, unsigned n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++) {
		for (size_t k = 0; k < pieces[i].n; k++)
			sum = sum * 31 + (unsigned char)pieces[i].p[k];
	}
	return sum;
}

static struct lg_span host_home(const struct lg_link *l)
{
	return l->local;
}

static bool host_keep(struct lg_exchange *x)
{
	(void)x;
	return false;
}

static bool host_pass(struct lg_link *from, struct lg_link *to, uint64_t n)
{
	(void)from;
	(void)to;
	(void)n;
	return false;
}

static const struct lg_host host = {
	.size = sizeof(struct lg_host),
	.route = host_route,
	.again = host_exchange,
	.pin = host_pin,
	.done = host_exchange,
	.send = host_send,
	.hold = host_link,
	.go = host_link,
	.join = host_join,
	.close = host_close,
	.deadline = host_ms,
	.count = host_count,
	.log = host_log,
	.now_ms = host_now_ms,
	.random = host_random,
	.ask = host_ask,
	.learn = host_learn,
	.expect = host_expect,
	.token = host_token,
	.send_to = host_send_to,
	.look = host_look,
	.rest = host_ms,
	.digest = host_digest,
	.home = host_home,
	.reuse = host_exchange,
	.keep = host_keep,
	.pass = host_pass,
};

/* ---- One message ---- */

static int begin(struct trial_message *m, enum lg_transport transport, char err[], size_t errlen)
{
	const struct lg_plugin *p = m->plugin;
	enum lg_transport usual = p->transports & LG_TCP ? LG_TCP : p->transports & LG_UDP ? LG_UDP : LG_TLS;

	m->conf = calloc(1, p->conf_size + 1);
	m->link = (struct lg_link){ .host = &host,
				    .inst = calloc(1, p->inst_size + 1),
				    .data = calloc(1, p->link_size + 1),
				    .session = &m->session,
				    .limits = &limits,
				    .side = LG_CLIENT,
				    .transport = transport ? transport : usual,
				    .peer = span_of("127.0.0.1:50000"),
				    .local = span_of("127.0.0.1:5060") };
	m->session = (struct lg_session){ .client = &m->link, .data = calloc(1, p->session_size + 1) };
	snprintf(err, errlen, "out of memory");
	if (!m->conf || !m->link.inst || !m->link.data || !m->session.data || options_defaults(p->options, m->conf) < 0)
		return -ENOMEM;
	if (p->start && p->start(m->link.inst, m->conf, &host, err, errlen) < 0)
		return -EINVAL;
	m->started = true;
	return 0;
}

/* Gives it the bytes until it has routed something, or wants no more of them. */
static void feed(struct trial_message *m, struct lg_span in)
{
	const struct lg_plugin *p = m->plugin;
	bool datagram = m->link.transport == LG_UDP;

	m->opened = true;
	if (p->opened && !datagram)
		p->opened(&m->link);
	for (unsigned i = 0; i < ROUNDS && p->receive && in.n > 0 && !m->x && !m->closed; i++) {
		ptrdiff_t used = p->receive(&m->link, in);

		if (used <= 0 || datagram)
			break;
		in = span_skip(in, (size_t)used);
	}
}

static void why_nothing(const struct trial_message *m, char err[], size_t errlen)
{
	size_t line = m->nsaid ? strcspn(m->said, "\r\n") : 0;

	if (line > m->nsaid)
		line = m->nsaid;
	if (line)
		snprintf(err, errlen, "plugin %s reads no request from it, and answers: %.*s", m->plugin->name,
			 (int)line, m->said);
	else
		snprintf(err, errlen, "plugin %s reads no request from it%s", m->plugin->name,
			 m->closed ? ", and closes" : ": it is not whole, or not of this protocol");
}

int trial_message_read(struct trial_message **mp, const struct lg_plugin *p, enum lg_transport transport,
		       struct lg_span bytes, char err[], size_t errlen)
{
	struct trial_message *m;
	int ret;

	if (transport && !(p->transports & transport)) {
		const char *name = transport == LG_UDP ? "udp" : transport == LG_TLS ? "tls" : "tcp";

		snprintf(err, errlen, "plugin %s does not speak %s", p->name, name);
		return -EINVAL;
	}
	m = calloc(1, sizeof *m + 1);
	if (!m) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	m->plugin = p;
	ret = begin(m, transport, err, errlen);
	if (ret == 0) {
		feed(m, bytes);
		if (!m->x) {
			why_nothing(m, err, errlen);
			ret = -EINVAL;
		}
	}
	if (ret < 0)
		trial_message_free(m);
	else
		*mp = m;
	return ret;
}

void trial_message_free(struct trial_message *m)
{
	if (!m)
		return;
	if (m->opened && m->plugin->closed)
		m->plugin->closed(&m->link);
	if (m->started && m->plugin->stop)
		m->plugin->stop(m->link.inst);
	options_free(m->plugin->options, m->conf);
	free(m->conf);
	free(m->link.inst);
	free(m->link.data);
	free(m->session.data);
	free(m->x);
	free(m);
}

enum lg_transport trial_message_transport(const struct trial_message *m)
{
	return m->link.transport;
}

struct lg_span trial_message_fact(struct trial_message *m, unsigned index, struct lg_span arg)
{
	return m->plugin->fact ? m->plugin->fact(m->x, index, arg) : SPAN_NONE;
}

/* ---- Files, and line ends ---- */

char *trial_message_file(const char *file, size_t *n, char err[], size_t errlen)
{
	FILE *f = fopen(file, "re");
	char *bytes = f ? malloc(TRIAL_MESSAGE + 1) : NULL;

	*n = bytes ? fread(bytes, 1, TRIAL_MESSAGE + 1, f) : 0;
	if (!bytes || ferror(f))
		snprintf(err, errlen, "%s", strerror(errno));
	else if (*n > TRIAL_MESSAGE)
		snprintf(err, errlen, "a message has at most %d MiB", TRIAL_MESSAGE >> 20);
	if (bytes && (ferror(f) || *n > TRIAL_MESSAGE)) {
		free(bytes);
		bytes = NULL;
	}
	if (f)
		fclose(f);
	return bytes;
}

/* Where the head ends: behind its empty line, or at the end of all. */
static size_t head_of(struct lg_span typed)
{
	const char *end = memmem(typed.p, typed.n, "\n\n", 2);

	return end ? (size_t)(end + 2 - typed.p) : typed.n;
}

bool trial_message_ends(struct lg_span typed, char **text, size_t *n)
{
	size_t head = typed.n ? head_of(typed) : 0;
	bool plain = typed.n && typed.p[0] >= 'A' && typed.p[0] <= 'Z' && !memchr(typed.p, '\r', head) &&
		     memchr(typed.p, '\n', head);
	char *to = *text = malloc(2 * typed.n + 3);

	if (!to)
		return false;
	for (size_t i = 0; i < typed.n; i++) {
		if (plain && i < head && typed.p[i] == '\n')
			*to++ = '\r';
		*to++ = typed.p[i];
	}
	if (plain && head == typed.n && (head < 2 || typed.p[head - 2] != '\n')) { /* no empty line: it ends here */
		to = memcpy(to, "\r\n", 2);
		to += 2;
	}
	*n = (size_t)(to - *text);
	return plain;
}
