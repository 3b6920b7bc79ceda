/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot.h: the configuration as the gateway runs it.  Built as a whole by config.c, then immutable and counted; all
 * threads read it without a lock.  What does change (health, counters) hangs on it by pointer and is atomic.
 *
 * Every string and array belongs to the snapshot and goes with it.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <lychgate/plugin.h>

#include "limit.h"
#include "quiet.h"
#include "server.h"
#include "slots.h"
#include "store.h"
#include "tls.h"
#include "user.h"

/* The word `gateway`. */
struct settings {
	unsigned workers;
	char *control;     /* path of the control socket */
	enum lg_level log;
	uint64_t drain_ms;
	struct user user;
	uint32_t resolve_ms;               /* between two questions for a server's name */
	uint32_t resolve_keep_ms;          /* how long its last addresses hold when there is no answer */
	char **plugin_path, **policy_path; /* further folders, end with NULL */
	bool has_secret;
	unsigned char secret[16]; /* of `secret`, the file: keys of tokens and digests (token.h) */
};

/* A `tls` word. */
struct tls_entry {
	char *name;
	struct tls_identity *identity;
};

/* ORDERED: the first server of the list that takes new keys. */
enum balance { BALANCE_ROUND_ROBIN, BALANCE_LEAST_CONNECTIONS, BALANCE_HASH, BALANCE_ORDERED };
enum all_down { ALL_DOWN_REFUSE, ALL_DOWN_REPLY, ALL_DOWN_FAIL_OPEN };

struct pool;

struct monitor_conf {
	bool always_up;                 /* monitor = false */
	struct pool *track;             /* whose servers are asked, not these: track.h; else NULL */
	bool reverse;                   /* a good answer means down */
	const struct lg_plugin *plugin; /* NULL: a bare connect */
	void *plugin_conf;              /* of its probe_options */
	enum lg_transport transport;    /* LG_TLS when the probe goes inside TLS */
	struct tls_client *tls;         /* for LG_TLS */
	uint16_t port;                  /* 0: the server's own */
	uint32_t interval_ms, timeout_ms;
	uint32_t backoff_ms; /* the most that the interval grows to while a server is down */
	unsigned rise, fall;
};

/* What of a pool changes. */
struct pool_live {
	atomic_flag turn;        /* held, for a few instructions, by who changes its servers' turns */
	atomic_ullong overloads; /* requests that were refused because every server had max_sessions */
};

enum { POOL_SERVERS = 256 }; /* the most that one pool may have: config.c checks, balance.c counts on it */

struct pool {
	char *name;
	struct server *servers;
	unsigned nservers;      /* up to POOL_SERVERS */
	struct slots *slots;    /* one for each server that is written with a host name */
	unsigned nslots;
	struct tls_client *tls; /* NULL: plain */
	bool verify_server;
	enum balance balance;
	enum all_down all_down;
	bool ends_when_down; /* sessions of a server that goes down end: server_sends_away */
	unsigned tries;       /* servers that one exchange may try */
	bool ntlm;            /* leased links are their clients' from the first request on */
	unsigned links;       /* shared ones, to each server and from each worker */
	unsigned transports[2]; /* of enum lg_transport (LG_TCP: inside TLS when `tls` is there), first preferred; 0: no
				 * (second) one.  None: as the client came */
	bool has_persistence; /* false: persistence = false or the plugin has no default */
	/* The configuration is silent: by the plugin's default fact, which each listener resolves. */
	bool default_persistence;
	char **by;                /* names of facts, the first that has a value makes the key; ends with NULL; NULL with
				   * default_persistence */
	uint8_t mask[2];          /* bits of an IPv4 and an IPv6 source that make the key; 0: all */
	uint32_t timeout_ms;
	char *scope;          /* of its persistence keys: its group's name, else its own */
	struct store *store;  /* NULL without persistence */
	struct monitor_conf monitor;
	uint32_t slow_start_ms; /* a server that came up takes its whole weight after this; 0: at once */
	struct pool_live *live;
};

/* A fact by its place: the plugin's when index >= 0, else one of the core's (facts.h). */
struct fact_ref {
	int index;
	struct lg_span arg; /* what stands for the star in "header.*" */
};

enum { POOL_FACTS = 4 };

/* A pool that a listener can reach, with the facts that make its persistence key, resolved for the listener's
 * plugin. */
struct reach {
	struct pool *pool;
	struct fact_ref by[POOL_FACTS];
	unsigned nby;      /* 0: no key */
	bool persist;      /* false: the key only feeds `hash` */
};

/* A row of a listener's routes: all of `when` true, and the request goes to that pool. */
struct route_when {
	char *name; /* of the fact */
	struct fact_ref fact;
	char *pattern; /* routes.h */
};
struct route {
	struct route_when *when;
	unsigned nwhen;
	unsigned reach; /* index in listener_conf.reach */
};

/* A policy as one listener uses it. */
struct policy_use {
	char *name;           /* as written: "routing/by-domain" */
	char *file;
	char *options;        /* Lua text of a table: checked values with defaults filled in */
	char **reads;         /* names of facts, ends with NULL */
	struct fact_ref *facts; /* the same, resolved */
	unsigned nfacts;
	char **edits;         /* headers that it edits, in lower case, ends with NULL; NULL: none */
	char **sealed;        /* those that it names although no policy may edit them: left aside */
	char **pools;         /* names of the pools it may route to, ends with NULL */
	unsigned *reach;      /* the same, as indexes in listener_conf.reach */
	uint64_t space;       /* stands for the listener, the policy and its options: whose names over() has */
	struct policy_stats *stats;
};

void policy_use_free(struct policy_use *u); /* what it holds */

enum { POLICY_ERROR = 200 }; /* bytes of the text that says why a policy failed */

struct policy_stats {
	atomic_ullong calls, verdicts, errors;
	atomic_uint errors_in_a_row;
	atomic_bool tripped;
	pthread_mutex_t lock; /* of last_error */
	char last_error[POLICY_ERROR]; /* "FILE:LINE: text"; empty: none yet */
};

enum access_format { ACCESS_KEY, ACCESS_COMBINED };
enum on_error { ON_ERROR_UNAVAILABLE, ON_ERROR_PASS, ON_ERROR_DROP };

struct bind { /* "tls:127.0.0.1:5061" */
	enum lg_transport transport;
	struct sockaddr_storage address;
	/* Of a range of ports that begins with the address's; 0: that port alone.  One socket: range.h. */
	uint16_t last;
	char *text;    /* "127.0.0.1:5061", "127.0.0.1:49152-65535" */
};

struct listener_limits {
	struct lg_limits plugin;       /* headers, message, requests, answer */
	uint32_t sessions;
	bool sessions_written;         /* in the file: else it may be lowered to what there are descriptors for */
	uint32_t sessions_per_source;
	uint32_t new_per_source;       /* a second; 0: no limit */
	struct lg_nets exempt;         /* that both do not count */
	uint32_t handshakes;
	uint32_t handshake_ms, first_byte_ms, idle_ms, half_ms, stall_ms;
	bool idle_reset;               /* idle clients: by RST */
	uint32_t kept;                 /* leased links that one session may keep */
	uint64_t memory;               /* bytes that the listener's links may hold in buffers, all together */
	uint64_t queue;                /* bytes waiting for one peer before its sender is held */
};

struct expects;

struct listener_conf {
	char *name;
	const struct lg_plugin *plugin;
	void *plugin_conf;             /* of its options */
	struct bind *binds;
	unsigned nbinds;
	struct tls_server *tls;        /* NULL when no bind says tls: */
	bool has_pool;                 /* then it is reach[0] */
	bool ntlm;                     /* a pool in reach says so: clients get no ALPN that mixes their requests */
	struct reach *reach;           /* what the listener's pool, its routes and its policies name */
	unsigned nreach;
	struct route *routes;          /* the first that is true holds; a policy's word beats it */
	unsigned nroutes;
	struct policy_use *policies;
	unsigned npolicies;
	enum on_error on_error;
	char *access_log;              /* a file, or "-", which is stderr; NULL: none (access_log.h) */
	enum access_format access_format;
	const struct lg_nets *proxied; /* whose connections begin with a PROXY header, in plugin_conf; NULL: nobody's */
	bool transparent;              /* server links come from the client's address: source.h */
	struct listener_limits limits;
	struct listener_stats *stats;
	struct expects *expects;       /* ports that were opened for its clients: expect.h */
};

struct listener_stats {
	atomic_uint sessions;          /* open now */
	atomic_uint handshakes;        /* in flight now */
	atomic_ullong accepted, refused_limit, refused_tls, refused_proxy;
	struct limit_count limits[LIMITS]; /* how often each was passed */
	struct quiet quiet;            /* what its log leaves out */
	atomic_ullong exchanges;
	atomic_ullong lost_datagrams;  /* that the kernel did not take */
	atomic_ullong held_bytes;      /* in buffers now: limits.memory */
	atomic_int open;               /* sockets that listen now */
	atomic_uint expected;          /* ports that are open now for one client each: expect.h */
	atomic_ullong expected_opened, expected_refused, expected_none; /* ports; foreign clients; no port was left */
	atomic_ullong *plugin_counters; /* as many as the plugin's table has */
	unsigned nplugin_counters;
};

struct snapshot {
	atomic_uint refs;
	char *file;
	struct settings settings;
	struct tls_entry *tls;
	unsigned ntls;
	struct pool *pools;
	unsigned npools;
	struct listener_conf *listeners;
	unsigned nlisteners;
	unsigned ntrunks; /* see server.trunk */
};

struct snapshot *snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot *s); /* NULL is fine; the last one frees all */

struct pool *snapshot_pool(const struct snapshot *s, const char *name); /* NULL: none */

#endif
