/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h: one member of a pool.  What is configured is immutable; health, the operator's word and counters are in
 * server_state, atomic, written by few and read by all.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <pthread.h>

#include <lychgate/plugin.h>

enum health { HEALTH_UNKNOWN, HEALTH_UP, HEALTH_DOWN };
enum admin { ADMIN_ENABLED, ADMIN_DRAIN, ADMIN_DISABLED };

struct monitor;

struct server_state {
	atomic_int health; /* enum health: monitor.c writes */
	atomic_int admin;  /* enum admin: command.c writes */
	atomic_llong since; /* Unix time in ms of the last change of either */
	/* What it carries: links that belong to one session, and requests under way on shared links.  Balance and max_sessions
	 * go by it; server_enter and server_leave change it. */
	atomic_uint sessions;
	atomic_uint shared;   /* links that stand and are shared by many (trunk.h) */
	atomic_uint idle;     /* leased links that nobody has now (lease.h) */
	atomic_llong rests_until; /* no new keys before this, in ms of the workers' clock; 0: it does not rest */
	atomic_llong rose_ms; /* when it came up or was enabled last, by the workers' clock; 0: it was there from the start */
	long long turn;       /* round-robin's, under the pool's live->turn: the server with the most is next */
	atomic_ullong requests, failures;
	_Atomic(struct monitor *) monitor; /* who probes it; NULL: nobody */
	pthread_mutex_t lock;
	char answer[128]; /* of the last probe, under `lock` */
};

struct pool;

struct server {
	struct lg_server pub; /* name and address as text: spans into the two below */
	char *name;           /* as POOL/NAME of lychctl: the `name`, else address:port */
	char *address_text;   /* address:port */
	struct sockaddr_storage address;
	char *tls_name;       /* verified and sent as SNI: its `name`, else the pool's tls_name, else its address */
	unsigned weight;      /* 1 to 1000 */
	unsigned max_sessions; /* 0: no limit */
	bool backup;
	uint64_t id;          /* what the store remembers: hash of `id`, else `name`, else address:port */
	struct pool *pool;
	unsigned index;       /* in pool->servers */
	/* Of the shared links that lead here: the same as of any server of the snapshot with equal address, TLS name, TLS
	 * identity and verification, else its own.  From 0, below snapshot.ntrunks. */
	unsigned trunk;
	/* Whose health is this one's too (monitor = { track = POOL }): the server of that pool with the same address, no port;
	 * NULL: it is asked itself.  And the other way round, a list. */
	struct server *tracked, *followers, *next_follower;
	struct server_state *state;
};

struct server_state *server_state_create(void); /* unknown, enabled, since now; NULL: out of memory */
void server_state_free(struct server_state *s); /* NULL is fine */

bool server_is_up(const struct server *s);
bool server_is_enabled(const struct server *s);
bool server_is_disabled(const struct server *s);

/* It has said itself that it wants no new keys for now (lg_host.rest). */
bool server_rests(const struct server *s);
/* Until `until_ms` of the workers' clock at least. */
void server_rest(struct server *s, uint64_t until_ms);

/*
 * One session more: true, and server_leave must follow; false: it has max_sessions already.  However many threads ask at
 * once, no more get in.  server_enter_anyhow is for what no other server can have.
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

/* May get new keys: up and enabled.  A pool that fails open asks balance.h instead. */
bool server_takes_new(const struct server *s);
/* May get what is its own already: up, and enabled or draining. */
bool server_takes_own(const struct server *s);
/* "up", "down", "unknown"; "drain" and "disabled" hide these: the operator's word counts first. */
const char *server_state_word(const struct server *s);

#endif
