/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h: one member of a pool.  What is configured is immutable; health, the operator's word and counters are in
 * server_state, atomic, written by few and read by all.
 *
 * A server that is written with a host name is as many servers as the name may have addresses: its slots (slots.h).
 * Where a slot is can change, while nothing hangs on it; so whoever wants to know asks server_place.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <pthread.h>

#include <lychgate/plugin.h>

#include "address.h"

enum health { HEALTH_UNKNOWN, HEALTH_UP, HEALTH_DOWN };
enum admin { ADMIN_ENABLED, ADMIN_DRAIN, ADMIN_DISABLED }; /* the later, the stronger */
/* Of a slot: its name has this address; has it no longer, but links still lead there; it has none.  All others are
 * present. */
enum presence { SERVER_PRESENT, SERVER_LEAVING, SERVER_ABSENT };

struct monitor;

struct server_state {
	atomic_int health; /* enum health: monitor.c writes */
	atomic_int admin;  /* enum admin, its own word; server_word has what counts: word.c writes */
	enum admin word;   /* what server_word was when word.c told of it last; the control thread's */
	atomic_int presence;  /* enum presence: slots.c writes */
	atomic_llong since;   /* Unix time in ms of the last change of any */
	/* What it carries: links that belong to one session, and requests under way on shared links.  Balance and
	 * max_sessions go by it; server_enter and server_leave change it. */
	atomic_uint sessions;
	atomic_uint shared;   /* links that stand and are shared by many (trunk.h) */
	atomic_uint idle;     /* leased links that nobody has now (lease.h) */
	atomic_uint expected; /* ports that are open for clients to come to it (expect.h) */
	atomic_llong rests_until; /* no new keys before this, in ms of the workers' clock; 0: it does not rest */
	atomic_llong rose_ms; /* when it came up, was enabled or found last, by the workers' clock; 0: at the start */
	long long turn;       /* round-robin's, under the pool's live->turn: the server with the most is next */
	atomic_ullong requests, failures;
	atomic_ullong resumed; /* links to it that resumed a TLS session */
	_Atomic(struct monitor *) monitor; /* who probes it; NULL: nobody */
	atomic_llong probed;  /* Unix time in ms at which the last probe went out; 0: none has been answered */
	atomic_uint probe_ms; /* until its answer, or until it was given up */
	atomic_llong next_ms; /* of clock_loop_ms, when the next one goes out; 0: one is out, or there is none */
	pthread_mutex_t lock;
	char answer[192]; /* of the last probe, under `lock` */
};

struct pool;
struct server;
struct slots;

/* Where a server is.  Immutable, and there as long as its server: links and plugins point to it. */
struct server_place {
	struct lg_server pub; /* name and address as text */
	struct server *server;
	struct sockaddr_storage address; /* AF_UNSPEC: nowhere */
	char text[ADDRESS_TEXT];         /* address:port; nowhere: "" */
	struct server_place *next;
};

enum { SERVER_PLACES = 1000 }; /* that one slot may have had, some 300 bytes each */

struct server {
	_Atomic(struct server_place *) place; /* where it is: server_place */
	struct server_place *places;          /* all that it has had */
	char *name; /* as POOL/NAME of lychctl: the `name`, else address:port; slots of one name have the same */
	char *tls_name;       /* verified and sent as SNI: its `name`, else the pool's tls_name, else its address */
	unsigned weight;      /* 1 to 1000 */
	unsigned max_sessions; /* 0: no limit */
	bool backup;
	_Atomic uint64_t id; /* what the store remembers: hash of `id`, else `name`, else address:port; of a slot with
			      * its address; 0: it has none yet */
	struct pool *pool;
	struct slots *slots;  /* NULL: written with an address */
	unsigned index;       /* in pool->servers */
	/* Of the shared links that lead here: the same as of any server of the snapshot with equal address, TLS name,
	 * TLS identity and verification, else its own, as each slot has.  From 0, below snapshot.ntrunks. */
	unsigned trunk;
	/* Whose health and whose word is this one's too (monitor = { track = POOL }): the server of that pool with the
	 * same address, no port; NULL: none has it, or this one is asked itself.  And the other way round, a list, for
	 * the control thread alone. With slots in either pool it goes on changing: track.h. */
	_Atomic(struct server *) tracked;
	struct server *followers, *next_follower;
	struct server_state *state;
};

struct server_state *server_state_create(void); /* unknown, enabled, since now; NULL: out of memory */
void server_state_free(struct server_state *s); /* NULL is fine */

static inline const struct server_place *server_place(const struct server *s)
{
	return atomic_load_explicit(&s->place, memory_order_acquire);
}

/* The server whose place it is; NULL: NULL. */
struct server *server_of_place(const struct lg_server *pub);

/* What a line of the log calls it, that is about one link: its name, or of a slot, whose name others share, its
 * address; lychctl knows both. */
const char *server_log_name(const struct server *s);

/* POOL/NAME with that name, as lychctl takes it. */
enum { SERVER_FULL_NAME = 300 }; /* what is longer is cut */
const char *server_full_name(const struct server *s, char text[SERVER_FULL_NAME]);

/* Puts it there (NULL: nowhere, at the beginning); a place that it has had is taken again.  By one thread at a time. 0,
 * -ENOMEM, or -ENOSPC: it has had SERVER_PLACES. */
int server_put(struct server *s, const struct sockaddr_storage *address);
/* All of them; the server is used no more. */
void server_places_free(struct server *s);

/* What the store remembers it by: gateways side by side make the same of the same text.  Never 0. */
uint64_t server_id(const char *text);

/* What the operator reads about its last probe. */
void server_answer(struct server *s, const char *text);

bool server_is_present(const struct server *s);
bool server_is_absent(const struct server *s);
bool server_is_up(const struct server *s);

/* The operator's word that counts for it: its own, or a stronger one on the server that it follows. */
enum admin server_word(const struct server *s);
/* The one that it follows, where that one's word counts; NULL: its own does. */
const struct server *server_word_from(const struct server *s);
bool server_is_enabled(const struct server *s);
bool server_is_disabled(const struct server *s);
/* Its sessions are to end: it is disabled, or down in a pool with on_down = "end" that does not fail open; but not if
 * it is down only for want of one to follow. */
bool server_sends_away(const struct server *s);

/* It has said itself that it wants no new keys for now (lg_host.rest). */
bool server_rests(const struct server *s);
/* For how long; 0: it does not. */
unsigned server_rests_seconds(const struct server *s);
/* Until `until_ms` of the workers' clock at least. */
void server_rest(struct server *s, uint64_t until_ms);

/*
 * One session more: true, and server_leave must follow; false: it has max_sessions already.  However many threads ask
 * at once, no more get in.  server_enter_anyhow is for what no other server can have.
 */
bool server_enter(struct server *s);
void server_enter_anyhow(struct server *s);
void server_leave(struct server *s);
bool server_is_full(const struct server *s);

/* It has come up, or is enabled again, at `now_ms` of the workers' clock: the pool's slow start begins. */
void server_rise(struct server *s, uint64_t now_ms);

/* Its weight in thousandths: a part of it, growing from a tenth to the whole, while it starts slowly. */
enum { SERVER_WHOLE = 1000, SERVER_LEAST = 100 };
unsigned server_weight(const struct server *s, uint64_t now_ms);

/* May get new keys: up, enabled and present.  A pool that fails open asks balance.h instead. */
bool server_takes_new(const struct server *s);
/* May get what is its own already: up, and enabled or draining. */
bool server_takes_own(const struct server *s);
/* "up", "down", "unknown"; "leaving" hides these, "drain" and "disabled" all: server_word counts first. */
const char *server_state_word(const struct server *s);

#endif
