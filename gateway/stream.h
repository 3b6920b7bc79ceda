/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.h: one TCP connection, plain or inside TLS: connect or accept, read, queue and write, deadlines, close once.
 * It carries bytes to and from its owner and knows nothing of plugins: a link (link.c) and a probe (monitor.c) have one
 * each.
 *
 * Back-pressure: stream_send says LG_FULL above limits->queue, and `writable` comes when the queue is below half of it.
 * stream_hold stops reading.  Nothing that is in hand is lost by either.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <lychgate/plugin.h>

#include "buf.h"
#include "handshake.h"
#include "limit.h"
#include "list.h"
#include "wheel.h"
#include "worker.h"

struct stream;

/* What the owner is told.  All are called from the loop, never inside a call of the owner's. */
struct stream_ops {
	/* Connected, and TLS is ready. */
	void (*opened)(struct stream *s);
	/* As lg_plugin.receive: bytes used, or < 0 to close. */
	ptrdiff_t (*receive)(struct stream *s, struct lg_span in);
	/* The peer sends no more; `clean` by FIN, and by close_notify inside TLS. */
	void (*ended)(struct stream *s, bool clean);
	/* A queue that was full has room. */
	void (*writable)(struct stream *s);
	/* The last call: stream_reason says why.  The stream frees itself; what it was given to send has been sent, or
	 * never will be. */
	void (*closed)(struct stream *s);
	/* Bytes ahead of all others, TLS's too; only after stream_await.  How many they were; 0: more have to come;
	 * negative: not what they should be. */
	ptrdiff_t (*preface)(struct stream *s, struct lg_span in);
	/* The first bytes of a handshake have come: false refuses it, by RST.  NULL: all are wanted. */
	bool (*greeted)(struct stream *s);
	/* So many bytes have gone past the owner (splice_consider).  NULL: it does not count them. */
	void (*poured)(struct stream *s, size_t n);
};

/* Times in milliseconds, 0: no limit. */
struct stream_limits {
	uint32_t open_ms;       /* to connect and shake hands */
	uint32_t first_byte_ms; /* from then to the peer's first byte */
	uint32_t idle_ms;       /* without a byte either way */
	bool idle_reset;        /* then by RST */
	uint32_t half_ms;       /* one direction ended, the other not */
	/* Something to send, and the peer takes nothing; half a message, and the rest does not come. */
	uint32_t stall_ms;
	uint64_t queue;         /* bytes waiting to be sent: the mark of LG_FULL */
	uint64_t in;            /* bytes received and not used */
	uint64_t memory;        /* bytes in the buffers of all streams with one account */
};

enum stream_state {
	STREAM_CONNECTING,
	STREAM_PREFACE,
	STREAM_HANDSHAKE,
	STREAM_OPEN,
	STREAM_LINGER, /* closed for the owner; waits for the peer's end so that the last bytes arrive */
	STREAM_CLOSED,
};

struct stream {
	struct io io;
	struct worker *worker;
	const struct stream_ops *ops; /* NULL: the owner has been told of the end */
	void *owner;
	const struct stream_limits *limits;
	enum stream_state state;

	bool readable, writable; /* the last edge, not yet taken back by EAGAIN */
	bool held;               /* by stream_hold */
	bool went;               /* stream_go came while bytes were being handed over */
	bool handing;            /* bytes are being handed over right now */
	bool hangup;             /* the kernel has seen the peer's end */
	bool heard;              /* the peer has sent something */
	bool eof, clean;         /* the peer's end has come; with close_notify where TLS is */
	bool told_end;           /* and the owner knows */
	bool full;               /* LG_FULL was said */
	bool finish, finished;   /* our own end is wanted, is sent */
	bool closing;            /* closes when the queue is empty */
	bool reset;              /* by RST */
	bool working;            /* the handshake pool has it */
	bool failed;             /* closed by the network, not by a word of the owner or a deadline */
	enum limit limit;        /* that closed it */

	struct tls *tls; /* NULL: plain */
	struct handshake_job job;
	int step; /* enum tls_step, the job's answer */

	struct buf in;     /* received and not used */
	struct buf out;    /* to be sent */
	struct buf raw;    /* records received while shaking hands */
	struct buf cipher; /* records that the kernel did not take yet */
	struct splice_pipe *pipe; /* bytes to be sent behind `out`: splice.c; NULL: none */
	struct stream *pours;     /* what is received goes there unseen; NULL: to the owner */
	uint64_t pours_most;      /* so many */
	uint64_t bulk;            /* bytes relayed in large reads, one after the other */
	unsigned small_reads;     /* in a row, of those that were spliced */
	uint64_t queued;   /* bytes ever put to `out` */
	uint64_t sealed;   /* of them, those that have been encrypted */
	uint64_t handed;   /* of them, those that may have left; a byte above has not */

	atomic_ullong *account; /* where `counted` bytes of buffers are added up; NULL: nowhere */
	uint64_t counted;

	uint64_t since_ms;    /* when `state` began */
	uint64_t active_ms;   /* the last byte, either way */
	uint64_t progress_ms; /* the peer took something, or the queue was empty */
	uint64_t half_ms;     /* one direction ended */
	uint64_t kept_ms;     /* the owner saw what is in `in`, and waits for the rest since then */
	struct deadline deadline;
	struct list node; /* worker->streams */
	struct list dirty, again; /* worker->dirty, worker->again */
	struct task open_task, close_task;
	struct grave grave;
	char reason[192];
};

/* Takes over a connected, non-blocking descriptor; `tls` (from tls_accept) or NULL.  On failure the descriptor and
 * `tls` are closed.  0 or -errno; `opened` comes later either way. */
int stream_accept(struct stream **sp, struct worker *w, int fd, struct tls *tls, const struct stream_ops *ops,
		  void *owner, const struct stream_limits *limits);

/* Begins to connect, from `source` (source.h) or the gateway's own address; `tls` from tls_connect or NULL, taken over
 * in any case.  A refusal comes as `closed`. */
int stream_connect(struct stream **sp, struct worker *w, const struct sockaddr *to, const struct sockaddr *source,
		   struct tls *tls, const struct stream_ops *ops, void *owner, const struct stream_limits *limits);

/* An accepted stream begins with bytes for ops->preface; they have to come within limits->first_byte_ms.  At most
 * STREAM_PREFACE_MOST.  Right after stream_accept. */
enum { STREAM_PREFACE_MOST = 16 * 1024 };
void stream_await(struct stream *s);

/* What leaves ahead of all others, TLS's too.  Right after stream_connect.  0 or -ENOMEM. */
int stream_begin_with(struct stream *s, struct lg_span preface);

/* Copies the pieces to the queue; they leave at the end of this turn.  One that is large, with nothing in front of it,
 * leaves at once, as far as the kernel takes it. */
enum lg_send stream_send(struct stream *s, const struct lg_span *pieces, unsigned n);

void stream_hold(struct stream *s);
void stream_go(struct stream *s);

/* Our end of the stream after what is queued: close_notify, FIN.  Receiving goes on. */
void stream_finish(struct stream *s);

/* LG_FLUSH: after what is queued.  `closed` follows, not inside this call.  `why` is for the log; the first word
 * counts. */
void stream_close(struct stream *s, enum lg_close how, const char *why);

/* The same, because the peer has passed a limit. */
void stream_close_over(struct stream *s, enum limit limit, enum lg_close how, const char *why);

/* (Re)sets the stream's one timer to the earliest of its limits; a limit that has grown may wait for the next time. */
void stream_arm(struct stream *s);

/* Nothing is under way: no byte is kept or waits, and neither side has ended.  And the peer has really sent nothing
 * since (a system call). */
bool stream_is_clear(const struct stream *s);
bool stream_is_silent(const struct stream *s);

/* Why it closed, in words for an operator. */
const char *stream_reason(const struct stream *s);

/* For worker.c: end of turn, and streams that had more to read. */
void stream_flush_dirty(struct worker *w);
void stream_read_again(struct worker *w);

/* Ends all streams of a worker whose loop has stopped for good; their owners are not told. */
void stream_abandon(struct worker *w);

#endif
