/* SPDX-License-Identifier: Apache-2.0 */
/* hop_wire.c: those at the other ends, who wait in the test's own thread. */
#include "unit.h"

#include "hop.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hop_inside.h"

enum { QUIET_MS = 200 };

static void dial_from(struct hop *h, struct wire *c, unsigned listener, uint32_t host)
{
	in_port_t port = 0;

	*c = (struct wire){ .fd = hop_bind(listener == UDP ? SOCK_DGRAM : SOCK_STREAM, host, &port) };
	if (connect(c->fd, (struct sockaddr *)&h->bind[listener].address, sizeof(struct sockaddr_in)) < 0)
		fail_msg("connect: %s", strerror(errno));
}

void hop_dial(struct hop *h, struct wire *c, unsigned listener)
{
	dial_from(h, c, listener, INADDR_LOOPBACK);
}

void hop_dial_as(struct hop *h, struct wire *c, unsigned listener, unsigned server)
{
	dial_from(h, c, listener, hop_host(server));
}

static bool comes(int fd, int ms)
{
	return poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, ms) == 1;
}

void hop_accept(struct hop *h, struct wire *s, unsigned server)
{
	if (!comes(h->listening[server], (int)unit_patience_ms()))
		fail_msg("nobody calls s%u; log: %s", server, h->log);
	*s = (struct wire){ .fd = accept4(h->listening[server], NULL, NULL, SOCK_CLOEXEC) };
	assert_true(s->fd >= 0);
}

bool hop_is_called(struct hop *h, unsigned server)
{
	return comes(h->listening[server], QUIET_MS);
}

void hop_refuse(struct hop *h, unsigned server)
{
	close(h->listening[server]);
	h->listening[server] = -1;
}

void wire_say(struct wire *w, const char *format, ...)
{
	char text[4096];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	assert_in_range(n, 1, sizeof text - 1);
	assert_int_equal(send(w->fd, text, (size_t)n, MSG_NOSIGNAL), n);
}

/* More has come; 0: the end, or nothing in that time. */
static size_t more(struct wire *w, int ms)
{
	ssize_t n = comes(w->fd, ms) ? recv(w->fd, w->in + w->n, sizeof w->in - w->n - 1, 0) : 0;

	if (n <= 0)
		return 0;
	w->n += (size_t)n;
	return (size_t)n;
}

void wire_line(struct wire *w, char line[HOP_TEXT])
{
	char *end;

	while (!(end = memchr(w->in, '\n', w->n))) {
		if (!more(w, (int)unit_patience_ms()))
			fail_msg("no line came, but \"%.*s\"; log: %s", (int)w->n, w->in, hop_log());
	}
	memcpy(line, w->in, (size_t)(end - w->in));
	line[end - w->in] = 0;
	w->n -= (size_t)(end - w->in) + 1;
	memmove(w->in, end + 1, w->n);
}

void wire_expect(struct wire *w, const char *want)
{
	static char line[HOP_TEXT];

	wire_line(w, line);
	assert_string_equal(line, want);
}

void wire_request(struct wire *w, unsigned *number, char token[LG_TOKEN + 1], const char *want)
{
	static char line[HOP_TEXT];
	int n = 0;

	wire_line(w, line);
	assert_int_equal(sscanf(line, "%u %112s %n", number, token, &n), 2);
	assert_string_equal(line + n, want);
}

bool wire_ends(struct wire *w)
{
	while (comes(w->fd, (int)unit_patience_ms())) {
		if (recv(w->fd, w->in, sizeof w->in, 0) <= 0)
			return true;
	}
	return false;
}

bool wire_is_quiet(struct wire *w)
{
	return w->n == 0 && !comes(w->fd, QUIET_MS);
}

void wire_close(struct wire *w)
{
	close(w->fd);
}
