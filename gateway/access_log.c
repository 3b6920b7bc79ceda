/* SPDX-License-Identifier: Apache-2.0 */
/* access_log.c: lines of exchanges, and the file that they go to.  When an exchange ends: exchange.c. */
#include "access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "facts.h"
#include "line.h"
#include "link.h"
#include "listener.h"
#include "log.h"
#include "span.h"

struct access_log {
	struct listener *listener;
	struct fact_ref facts[ACCESS_FACTS];
	unsigned nfacts;
	int fd;
	dev_t device;
	ino_t inode; /* of the file that is open */
	bool failed; /* and that was told */
	struct buf lines;
	struct deadline due;
};

/* ---- The file ---- */

static bool is_stderr(const struct access_log *a)
{
	return a->fd == STDERR_FILENO;
}

static int open_file(struct access_log *a)
{
	const char *file = a->listener->conf->access_log;
	struct stat st;
	int fd;

	if (strcmp(file, "-") == 0) {
		a->fd = STDERR_FILENO;
		return 0;
	}
	fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0) {
		a->device = st.st_dev;
		a->inode = st.st_ino;
	}
	if (a->fd >= 0)
		close(a->fd);
	a->fd = fd;
	return 0;
}

static void tell(struct access_log *a, int error)
{
	if (!a->failed)
		log_error("access-log-failed", "listener", a->listener->conf->name, "file",
			  a->listener->conf->access_log, "reason", strerror(error));
	a->failed = true;
}

/* Somebody keeps the old one under another name: what is written from now on goes to a new one. */
static void follow_name(struct access_log *a)
{
	struct stat st;
	int r;

	if (is_stderr(a) ||
	    (stat(a->listener->conf->access_log, &st) == 0 && st.st_dev == a->device && st.st_ino == a->inode))
		return;
	r = open_file(a);
	if (r < 0)
		tell(a, -r);
}

static void write_lines(struct access_log *a)
{
	while (buf_len(&a->lines)) {
		struct lg_span rest = buf_span(&a->lines);
		ssize_t n = write(a->fd, rest.p, rest.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			tell(a, errno);
			break;
		}
		a->failed = false;
		buf_consume(&a->lines, (size_t)n);
	}
	buf_free(&a->lines);
}

static void on_due(struct deadline *d)
{
	struct access_log *a = container_of(d, struct access_log, due);

	follow_name(a);
	write_lines(a);
}

int access_log_open(struct listener *l, char err[], size_t errlen)
{
	const char *const *name = l->conf->plugin->log_facts;
	struct access_log *a;
	int r;

	if (!l->conf->access_log)
		return 0;
	a = calloc(1, sizeof *a);
	if (!a)
		return -ENOMEM;
	a->listener = l;
	a->fd = -1;
	wheel_deadline_init(&a->due, on_due);
	for (; name && *name && a->nfacts < ACCESS_FACTS; name++) {
		if (facts_resolve(l->conf->plugin, *name, &a->facts[a->nfacts++]) < 0)
			a->nfacts--;
	}
	r = open_file(a);
	if (r < 0) {
		const struct user *u = &l->snapshot->settings.user;

		snprintf(err, errlen, "listener %s: cannot open the access log %s%s%s: %s", l->conf->name,
			 l->conf->access_log, u->chosen ? " as user " : "", u->chosen ? u->name : "", strerror(-r));
		free(a);
		return r;
	}
	l->access = a;
	return 0;
}

void access_log_close(struct listener *l)
{
	struct access_log *a = l->access;

	if (!a)
		return;
	wheel_cancel(&l->worker->wheel, &a->due);
	write_lines(a);
	if (!is_stderr(a))
		close(a->fd);
	free(a);
	l->access = NULL;
}

/* ---- Lines ---- */

static struct lg_span value_of(const struct access_log *a, struct exchange *x, unsigned i)
{
	struct lg_span value = facts_read(x, &a->facts[i]);

	if (value.n > ACCESS_VALUE)
		value.n = ACCESS_VALUE;
	return value;
}

static struct lg_span core_value(struct exchange *x, enum core_fact fact)
{
	return facts_read(x, &(struct fact_ref){ .index = -1 - (int)fact });
}

/* What was joined has passed, whichever side ended it. */
static const char *verdict_of(const struct exchange *x)
{
	const struct link *to = (const struct link *)x->pub.to;

	if (to && (to->relays || to->joined))
		return "pass";
	return x->verdict ? x->verdict : "gone";
}

static void put_pair(struct line *l, const char *key, struct lg_span value)
{
	if (!value.p)
		return;
	line_text(l, " ");
	line_text(l, key);
	line_text(l, "=");
	line_value(l, value);
}

static void key_line(const struct access_log *a, struct line *l, struct exchange *x, const struct timespec *now)
{
	const struct lg_plugin *p = a->listener->conf->plugin;
	char ms[24];

	line_time(l, now);
	put_pair(l, "source", core_value(x, FACT_SOURCE));
	put_pair(l, "listener", core_value(x, FACT_LISTENER));
	if (x->server)
		put_pair(l, "server", span_of(server_log_name(x->server)));
	put_pair(l, "duration_ms", span_of(log_num(ms, (long long)(x->session->worker->now_ms - x->begun_ms))));
	put_pair(l, "verdict", span_of(verdict_of(x)));
	for (unsigned i = 0; i < a->nfacts; i++)
		put_pair(l, p->log_facts[i], value_of(a, x, i));
}

/* A fact by its name; none: { NULL, 0 }. */
static struct lg_span called(const struct access_log *a, struct exchange *x, const char *name)
{
	const struct lg_plugin *p = a->listener->conf->plugin;

	for (unsigned i = 0; i < a->nfacts; i++) {
		if (strcmp(p->log_facts[i], name) == 0)
			return value_of(a, x, i);
	}
	return SPAN_NONE;
}

static void put_bare(struct line *l, struct lg_span value)
{
	value.n ? line_value(l, value) : line_text(l, "-");
}

static void put_quoted(struct line *l, struct lg_span value)
{
	line_quoted(l, value.n ? value : span_of("-"));
}

/* "METHOD PATH VERSION": escaped as one, so that what is quoted in it stays inside. */
static void put_request(const struct access_log *a, struct line *l, struct exchange *x)
{
	static const char *const parts[] = { "method", "path", "version" };
	char text[3 * (ACCESS_VALUE + 1)];
	struct line request = { text, 0, sizeof text };

	for (unsigned i = 0; i < 3; i++) {
		struct lg_span part = called(a, x, parts[i]);

		if (part.n && request.n)
			line_text(&request, " ");
		line_put(&request, part.p, part.n);
	}
	put_quoted(l, (struct lg_span){ text, request.n });
}

static void combined_line(const struct access_log *a, struct line *l, struct exchange *x, const struct timespec *now)
{
	struct tm tm;
	char text[40];

	gmtime_r(&now->tv_sec, &tm);
	put_bare(l, core_value(x, FACT_SOURCE));
	line_text(l, " - ");
	put_bare(l, called(a, x, "user"));
	line_put(l, text, strftime(text, sizeof text, " [%d/%b/%Y:%H:%M:%S +0000] ", &tm));
	put_request(a, l, x);
	line_text(l, " ");
	put_bare(l, called(a, x, "status"));
	line_text(l, " ");
	put_bare(l, called(a, x, "bytes_out"));
	line_text(l, " ");
	put_quoted(l, called(a, x, "referer"));
	line_text(l, " ");
	put_quoted(l, called(a, x, "agent"));
}

void access_log_exchange(struct exchange *x)
{
	struct access_log *a = x->session->listener->access;
	struct worker *w = x->session->worker;
	struct timespec now;
	char text[ACCESS_LINE];
	struct line l = { text, 0, sizeof text };

	if (!a)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	if (a->listener->conf->access_format == ACCESS_COMBINED)
		combined_line(a, &l, x, &now);
	else
		key_line(a, &l, x, &now);
	line_end(&l);
	if (buf_append(&a->lines, text, l.n) < 0)
		tell(a, ENOMEM);
	if (is_stderr(a) || buf_len(&a->lines) >= ACCESS_LINES)
		write_lines(a);
	else if (!wheel_is_set(&a->due))
		wheel_set(&w->wheel, &a->due, w->now_ms + ACCESS_WAIT_MS);
}
