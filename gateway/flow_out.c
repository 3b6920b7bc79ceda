/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow_out.c: the queue is one list for all flows of a worker; what belongs to one flow is a chain in it, whose ends
 * the flow knows, so that nothing has to be sorted.
 */
#include "flow_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "flow.h"

struct entry {
	struct flow *flow; /* NULL: it has left */
	unsigned next;     /* of the same flow: its place in `list` and one more; 0: none */
	struct iovec bytes;
};

struct flow_out {
	struct entry list[FLOW_OUT];
	struct mmsghdr messages[FLOW_OUT];
	unsigned n;
	size_t used; /* of `bytes` */
	char bytes[FLOW_OUT_BYTES];
};

struct flow_out *flow_out_create(void)
{
	struct flow_out *o = malloc(sizeof *o); /* what is not used costs no memory */

	if (o)
		o->n = o->used = 0;
	return o;
}

void flow_out_destroy(struct flow_out *o)
{
	free(o);
}

/* ---- Sending ---- */

/* One or many: how many were taken, or -errno. */
static int send_some(int fd, struct mmsghdr *m, unsigned n)
{
	const struct iovec *one = m->msg_hdr.msg_iov;
	int r = n == 1 ? (send(fd, one->iov_base, one->iov_len, MSG_NOSIGNAL) < 0 ? -1 : 1)
		       : sendmmsg(fd, m, n, MSG_NOSIGNAL);

	return r < 0 ? -errno : r;
}

static bool is_unreachable(int r)
{
	return r == -ECONNREFUSED || r == -EHOSTUNREACH || r == -ENETUNREACH;
}

/*
 * False: an ICMP error has come.  It is an earlier datagram's and only told by this call, so this one gets its own try.
 * Inside a batch the kernel swallows it: the last one's is seen when the socket is read.
 */
static bool send_all(int fd, struct mmsghdr *m, unsigned n)
{
	bool reachable = true, again = false;

	for (unsigned sent = 0; sent < n;) {
		int r = send_some(fd, m + sent, n - sent);

		if (r > 0) {
			sent += (unsigned)r;
			again = false;
		} else if (is_unreachable(r) && !again) {
			reachable = false;
			again = true;
		} else { /* this one cannot go: the kernel is full, or there is no route */
			sent++;
			again = false;
		}
	}
	return reachable;
}

void flow_out_send(struct flow_out *o, struct flow *f)
{
	unsigned n = 0;

	for (unsigned i = f->out_first; i; i = o->list[i - 1].next) {
		struct entry *e = &o->list[i - 1];

		e->flow = NULL;
		o->messages[n++].msg_hdr = (struct msghdr){ .msg_iov = &e->bytes, .msg_iovlen = 1 };
	}
	f->out_first = f->out_last = 0;
	if (!send_all(f->io.fd, o->messages, n))
		flow_unreachable(f);
}

void flow_out_flush(struct flow_out *o)
{
	for (unsigned i = 0; i < o->n; i++) {
		if (o->list[i].flow)
			flow_out_send(o, o->list[i].flow);
	}
	o->n = 0;
	o->used = 0;
}

/* ---- Queueing ---- */

static struct iovec copy(char *to, const struct lg_span *pieces, unsigned n)
{
	struct iovec v = { .iov_base = to };

	for (unsigned i = 0; i < n; i++) {
		if (pieces[i].n)
			memcpy(to + v.iov_len, pieces[i].p, pieces[i].n);
		v.iov_len += pieces[i].n;
	}
	return v;
}

void flow_out_queue(struct flow_out *o, struct flow *f, const struct lg_span *pieces, unsigned n)
{
	struct entry *e;
	size_t length = 0;

	for (unsigned i = 0; i < n; i++)
		length += pieces[i].n;
	if (length > DATAGRAM_MOST)
		return;
	if (o->n == FLOW_OUT || length > FLOW_OUT_BYTES - o->used)
		flow_out_flush(o);
	e = &o->list[o->n++];
	*e = (struct entry){ .flow = f, .bytes = copy(o->bytes + o->used, pieces, n) };
	o->used += length;
	if (f->out_last)
		o->list[f->out_last - 1].next = o->n;
	else
		f->out_first = o->n;
	f->out_last = o->n;
}
