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

union control {
	char bytes[DATAGRAM_RUN_ROOM];
	struct cmsghdr align;
};

struct flow_out {
	struct entry list[FLOW_OUT];
	struct iovec gathered[FLOW_OUT]; /* of the flow that is being sent */
	struct mmsghdr messages[FLOW_OUT];
	union control control[FLOW_OUT];
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

/* Messages of the gathered datagrams from `from` on: each is one, or a run.  How many. */
static unsigned pack(struct flow_out *o, const struct flow *f, unsigned from, unsigned n)
{
	unsigned k = 0, run;

	for (unsigned i = from; i < n; i += run) {
		struct msghdr *m = &o->messages[k].msg_hdr;

		run = f->no_runs ? 1 : datagram_run(&o->gathered[i], n - i);
		*m = (struct msghdr){ .msg_iov = &o->gathered[i], .msg_iovlen = run, .msg_control = &o->control[k] };
		if (run > 1)
			datagram_mark_run(m, o->gathered[i].iov_len);
		k++;
	}
	return k;
}

/* How many messages were taken, or -errno. */
static int send_some(int fd, struct mmsghdr *m, unsigned n)
{
	const struct iovec *one = m->msg_hdr.msg_iov;
	ssize_t r;

	if (n > 1 || m->msg_hdr.msg_iovlen > 1)
		r = sendmmsg(fd, m, n, MSG_NOSIGNAL);
	else
		r = send(fd, one->iov_base, one->iov_len, MSG_NOSIGNAL) < 0 ? -1 : 1;
	return r < 0 ? -errno : (int)r;
}

static bool is_unreachable(int r)
{
	return r == -ECONNREFUSED || r == -EHOSTUNREACH || r == -ENETUNREACH;
}

/*
 * False: an ICMP error has come.  It is an earlier datagram's and only told by this call, so this one gets its own try.
 * Inside a batch the kernel swallows it: the last one's is seen when the socket is read.
 */
static bool send_all(struct flow_out *o, struct flow *f, unsigned n)
{
	bool reachable = true, again = false;

	for (unsigned sent = 0; sent < n;) {
		int r = send_some(f->io.fd, o->messages, pack(o, f, sent, n));

		if (r < 0 && is_unreachable(r) && !again) {
			reachable = false;
			again = true;
			continue;
		}
		again = false;
		if (r < 0 && datagram_refuses_run(-r) && datagram_count(o->messages, 1) > 1)
			f->no_runs = true;
		else /* or this one cannot go: the kernel is full, or there is no route */
			sent += datagram_count(o->messages, r > 0 ? (unsigned)r : 1);
	}
	return reachable;
}

void flow_out_send(struct flow_out *o, struct flow *f)
{
	unsigned n = 0;

	for (unsigned i = f->out_first; i; i = o->list[i - 1].next) {
		o->list[i - 1].flow = NULL;
		o->gathered[n++] = o->list[i - 1].bytes;
	}
	f->out_first = f->out_last = 0;
	if (!send_all(o, f, n))
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
