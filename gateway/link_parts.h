/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link_parts.h: what the two kinds of links share: those over streams (link.c) and those over UDP flows (link_flow.c).
 * Nobody else includes this.
 */
#ifndef LINK_PARTS_H
#define LINK_PARTS_H

#include "link.h"

static inline const struct lg_plugin *plugin_of(const struct link *l)
{
	return l->listener->conf->plugin;
}

/* What link.c does for links over streams. */
extern const struct stream_ops link_stream_ops;
void link_unit_stalled(struct deadline *d);
void link_unit_over(struct link *to); /* those that waited behind it go */
void link_expired(struct deadline *d);
void link_part(struct deadline *d);

/* A link without a carrier; NULL: out of memory. */
struct link *link_create(struct session *session, enum lg_side side, enum lg_transport transport,
			 const struct sockaddr *peer);

/* Its carrier has gone: deadlines and waiting units go, then requests and plugin are told (session_link_closed). */
void link_leave(struct link *l, bool by_network);

/* ---- link_relay.c: two joined links over streams ---- */

/* From now on bytes go from each to the other, first those that are in hand; so does each end. */
void link_relay_begin(struct link *a, struct link *b);

/* Bytes have come on `l`: as lg_plugin.receive. */
ptrdiff_t link_relay(struct link *l, struct lg_span in);

/* `l` has closed, and the other closes too: at once if it failed, else when all is sent. */
void link_relay_end(struct link *l, bool failed);

/* ---- link.c ---- */

/* Hands bytes to the plugin: as lg_plugin.receive.  One that says it has used more than there was loses the link. */
ptrdiff_t link_hand(struct link *l, struct lg_span in);

/* ---- link_pass.c: counted bytes that go from one link over a stream to another unseen ---- */

/* Bytes have come on `l`, which passes: as lg_plugin.receive. */
ptrdiff_t link_pass_take(struct link *l, struct lg_span in);

/* So many have gone past, too. */
void link_pass_poured(struct link *l, size_t n);

/* There is room in `to` again. */
void link_pass_room(struct link *to);

/* `l` has closed.  What it passed is an unfinished unit; what was passed to it comes to the plugin. */
void link_pass_leave(struct link *l);

/* ---- link_proxy.c: PROXY headers at the front of links over streams ---- */

/* A client's has come, wholly or in part: as stream_ops.preface. */
ptrdiff_t link_proxy_read(struct stream *s, struct lg_span in);

/* A new server link begins with one that names its session's client.  0 or -errno. */
int link_proxy_write(struct link *l, unsigned version);

/* ---- link_flow.c ---- */

/* Shared in a shared session. */
int link_flow_connect(struct link **lp, struct session *session, struct server *server);
void link_flow_join(struct link *a, struct link *b);

#endif
