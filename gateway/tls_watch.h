/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_watch.h: what changes about certificates while the gateway runs: files of revoked ones are read again, and those
 * that end soon are told of, at the start and once a day.
 */
#ifndef TLS_WATCH_H
#define TLS_WATCH_H

#include "snapshot.h"
#include "worker.h"

struct tls_watch;

enum {
	TLS_LOOK_MS = 2000,               /* between two looks at the files of `crl` */
	TLS_TELL_MS = 24 * 60 * 60 * 1000, /* between two warnings of the same certificate */
};

/* Begins on the control worker's loop, with a word about each certificate that ends in less than TLS_SOON_DAYS; the
 * snapshot is borrowed until tls_watch_stop.  0 or -errno. */
int tls_watch_start(struct tls_watch **wp, struct worker *control, struct snapshot *snapshot);

/* Before the control worker ends; tls_watch_free after that, when its loop has let go of the timers.  NULL is fine. */
void tls_watch_stop(struct tls_watch *w);
void tls_watch_free(struct tls_watch *w);

#endif
