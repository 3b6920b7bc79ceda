/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rig.h: a worker that runs in the test's own thread, sockets at its other end, and owners of streams that write down
 * what they are told.  For the tests of the core's middle.
 */
#ifndef RIG_H
#define RIG_H

#include <netinet/in.h>

#include "gateway/stream.h"
#include "gateway/tls.h"

#include "unit.h"

/* ---- A worker ---- */

/* With a pool of one handshake thread. */
struct worker *rig_worker_start(void);
void rig_worker_stop(struct worker *w);

uint64_t rig_now_ms(void);
void rig_turn(struct worker *w);             /* what can be done now */
void rig_run(struct worker *w, unsigned ms); /* turns for that long */

/* Turns until `cond` holds; after 10 s the test fails. */
#define RIG_UNTIL(w, cond)                                                                                             \
	do {                                                                                                           \
		uint64_t rig_end = rig_now_ms() + unit_patience_ms();                                                  \
		while (!(cond)) {                                                                                      \
			if (rig_now_ms() > rig_end)                                                                    \
				fail_msg("%s:%d: waited in vain for %s", __FILE__, __LINE__, #cond);                   \
			rig_turn(w);                                                                                   \
		}                                                                                                      \
	} while (0)

/* ---- Sockets of 127.0.0.1 that never block ---- */

int rig_listen(struct sockaddr_in *at); /* on any free port */
int rig_dial(const struct sockaddr_in *to);
int rig_accept(struct worker *w, int listening); /* turns until there is somebody */
struct sockaddr_in rig_nobody(void);             /* an address where nobody listens */

/* What stands at the other end of a socket: reads when it is told to. */
struct peer {
	int fd;
	struct buf in;
	bool eof;
	int error; /* of recv */
};

/* Reads up to `most` bytes of what is there (0: all); true when the peer has got `n` bytes in all, or the end. */
bool peer_has(struct peer *p, size_t n, size_t most);
bool peer_ended(struct peer *p); /* reads all; the end has come, by FIN or by RST */
void peer_write(struct worker *w, struct peer *p, const void *bytes, size_t n); /* turns while the socket is full */
void peer_say(struct worker *w, struct peer *p, const char *text);
void peer_reset(struct peer *p); /* closes by RST */
void peer_close(struct peer *p);

/* ---- Owners ---- */

enum told { OPENED, RECEIVED, ENDED, WRITABLE, CLOSED, TOLDS };

/* The owner of a stream.  Zero is one that takes all bytes to `got`. */
struct end {
	struct stream *s;
	struct buf got;
	unsigned told[TOLDS]; /* how often */
	bool clean, failed;
	char reason[96];
	void (*on)(struct end *e, enum told what); /* called in each callback; may be NULL */
	ptrdiff_t (*take)(struct end *e, struct lg_span in);
	struct end *other;
	void *ctx;
};

extern const struct stream_ops end_ops;
enum lg_send end_say(struct end *e, const char *text);
bool end_got(const struct end *e, const char *text); /* all that came so far */
void end_free(struct end *e);

/* `a` connects, `b` is accepted; the stream of each is in its end, not yet open. */
struct pair {
	struct worker *w;
	struct end a, b;
	struct stream_limits limits;
};
void pair_begin(struct pair *p, struct worker *w, bool tls);
void pair_open(struct pair *p, struct worker *w, bool tls); /* and turns until both are open */
void pair_free(struct pair *p);                             /* turns until both are closed */

/* `e` is accepted from a socket whose other end is `p`. */
void end_accept(struct end *e, struct worker *w, struct peer *p, struct tls *tls, const struct stream_limits *limits);

/* The one server and client of all TLS in these tests; made by rig_tls_start, a group set-up. */
int rig_tls_start(void **state);
int rig_tls_stop(void **state);
struct tls_server *rig_tls_server(void); /* not counted */
struct tls *rig_tls_accept(void);
struct tls *rig_tls_connect(void);

/* A TLS client over a socket, by hand: shakes hands as far as its last flight, which stays in `out` with what follows.
 */
struct hand {
	struct peer peer;
	struct tls *tls;
	struct buf out;
};
void hand_shake(struct hand *h, struct worker *w);
void hand_say(struct hand *h, const void *p, size_t n); /* into `out` */
void hand_send(struct hand *h, struct worker *w);       /* all of `out` */
void hand_free(struct hand *h);

#endif
