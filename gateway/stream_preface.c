/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream_preface.c: bytes ahead of all others, TLS's too.  They are looked at where they lie, in the kernel, and taken
 * when all are there: what follows is read as if they had never been.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "stream_io.h"

static void refuse(struct stream *s, const char *why)
{
	(void)stream_drain(s); /* else the peer would get a reset */
	stream_close(s, LG_FLUSH, why);
}

bool stream_take_preface(struct stream *s)
{
	char *p = s->worker->receive;
	ssize_t n = recv(s->io.fd, p, STREAM_PREFACE_MOST, MSG_PEEK);
	ptrdiff_t used;

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		stream_fail(s, n ? strerror(errno) : "peer closed before its header");
		return false;
	}
	s->heard = true;
	used = s->ops->preface(s, (struct lg_span){ p, (size_t)n });
	if (s->closing)
		return false;
	if (used > 0)
		return recv(s->io.fd, p, (size_t)used, 0) == used; /* a socket gives what it has shown */
	if (used < 0 || n == STREAM_PREFACE_MOST)
		refuse(s, "it is not the header that is due");
	else if (s->hangup)
		refuse(s, "peer closed in its header");
	return false;
}

int stream_begin_with(struct stream *s, struct lg_span preface)
{
	return buf_append(&s->cipher, preface.p, preface.n);
}
