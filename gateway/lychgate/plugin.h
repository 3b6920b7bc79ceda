/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lychgate/plugin.h: everything a protocol plugin of lychgate needs to know.
 *
 * A plugin is a state machine without I/O.  The core owns sockets, TLS, time, threads, policies, persistence and
 * servers; the plugin owns the meaning of bytes.  The core calls the plugin (struct lg_plugin), the plugin calls the
 * core (struct lg_host); everything happens inside a callback, on one thread, and a callback never blocks.
 *
 * The smallest plugin relays bytes:
 *
 *     static void opened(struct lg_link *l)
 *     {
 *             if (l->side == LG_CLIENT)
 *                     l->host->route(l, &(struct lg_how){ 0 }, LG_NO_UNIT);
 *     }
 *     static void routed(struct lg_exchange *x, struct lg_link *to) { to->host->join(x->from, to); }
 *     LG_PLUGIN = { LG_PLUGIN_HEADER, .name = "tcp", .summary = "plain TCP relay",
 *                   .transports = LG_TCP | LG_TLS, .opened = opened, .routed = routed };
 *
 * Three rules explain the rest.
 *
 * 1. No host call calls back.  What it causes comes after the current callback has returned, in the order of the calls;
 *    `routed` before newer bytes of the same link, unless the link to the server has to be opened first: a plugin for
 *    which the order matters holds the link meanwhile.
 * 2. A link is valid until its `closed` has returned; an exchange until `done`, or until `respond` or `lost` returns
 *    without `again`.  When a link closes, the exchanges that it began (with a client link all of its session) end with
 *    it, silently, before `closed`.
 * 3. Spans borrow.  Bytes given to a callback are the core's and are gone when it returns; those given to a host call
 *    are copied or sent before it returns.
 *
 * ABI history.  0.5: PROXY headers, probe_check, pass, no route.  0.4: leased links, alpn, log facts.  0.3: shared
 * links, tokens, edits, check.  0.2: UDP flows, learn, expect.  0.1: byte streams.  Major 0: not settled yet.
 */
#ifndef LYCHGATE_PLUGIN_H
#define LYCHGATE_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LG_ABI_MAJOR 0 /* another one than the core's: not loaded */
#define LG_ABI_MINOR 5 /* a higher one than the core's: not loaded */

/* Borrowed bytes, not terminated; { NULL, 0 }: there are none. */
struct lg_span {
	const char *p;
	size_t n;
};

#ifdef __cplusplus
#define LG_NO_UNIT (lg_span{ nullptr, 0 })
#else
#define LG_NO_UNIT ((struct lg_span){ NULL, 0 })
#endif

enum lg_transport { LG_TCP = 1, LG_TLS = 2, LG_UDP = 4 };
enum lg_side { LG_CLIENT, LG_SERVER };
enum lg_level { LG_ERROR, LG_WARNING, LG_INFO, LG_DEBUG };

/* ---- The things -------------------------------------------------------------------------------------------------- */

/* The listener's `limits` that a plugin has to keep; times in milliseconds, sizes in bytes. */
struct lg_limits {
	uint64_t headers;   /* the head of one message */
	uint64_t message;   /* the body of one message; also the most that `receive` may leave unused, with `headers` */
	uint32_t requests;  /* open requests in a session */
	uint32_t answer_ms; /* how long a request waits for its final answer */
};

/* One member of a pool. */
struct lg_server {
	struct lg_span name;    /* as the configuration calls it */
	struct lg_span address; /* "192.0.2.1:5061", "[2001:db8::1]:5061" */
};

struct lg_host;
struct lg_session;

/*
 * One byte stream, plain or inside TLS, or one UDP flow (a client's address and port), to a client or to a server.  All
 * members are for reading.
 *
 * Over UDP, `receive` gets one datagram at a time and uses it whole, and each `send` makes one.  A client's flow begins
 * with a datagram, without `opened`; it lives while an exchange is open on it, it is joined, or its `deadline` is set,
 * and is forgotten otherwise.  It ends when it has been idle, and its server link also when the server goes down.
 */
struct lg_link {
	const struct lg_host *host;
	void *inst;                      /* this plugin's instance for the listener and thread */
	void *data;                      /* link_size bytes of the plugin's, zeroed at the start */
	struct lg_session *session;      /* the client link and the server links that hang on it; NULL: shared by all */
	/* The pool member at the other end; also of a link that was accepted from the address of one in the listener's
	 * pools (inside TLS only with a verified certificate that bears the server's name).  NULL: another client. */
	const struct lg_server *server;
	const struct lg_limits *limits;
	enum lg_side side;
	enum lg_transport transport;
	bool trusted, exempt; /* a client: its certificate verified and has one of `peers`; it is in `limits.exempt` */
	struct lg_span peer, local;      /* the addresses of both ends, written like lg_server.address */
	struct lg_span subject;          /* of the peer's verified certificate */
	struct lg_span sni, alpn;        /* what the client asked for */
	struct lg_exchange *exchange;    /* a leased link's tenant, a kept one's; NULL: it is idle */
	struct lg_span source;           /* a client's, as a proxy told it (`learn`, `proxied`), else `peer` */
	bool kept;                       /* a leased one: by its session, because of `keep` or of its pool */
	uint64_t passing;                /* of the latest `pass` from here: bytes that have not passed */
};

/* A client link and what hangs on it. */
struct lg_session {
	struct lg_link *client; /* NULL: it has closed, and the server links follow */
	void *data;             /* session_size bytes of the plugin's, zeroed at the start */
};

/* What policies want changed in a message. */
struct lg_edit {
	struct lg_span name, value; /* value.p NULL: the header goes */
	bool answer;                /* in the answer, not in the request */
};

/* One request and its answer, from either side. */
struct lg_exchange {
	struct lg_link *from; /* where the request came from */
	struct lg_link *to;   /* where it goes; NULL until routed, and after `again` (in `lost`: when that returns) */
	struct lg_span unit;  /* the request as given to `route`, while the core has it; may move: keep offsets */
	void *data;           /* exchange_size bytes of the plugin's, zeroed at the start */
	const struct lg_edit *edits; /* from `routed` to the end; names and values fit a header line and are none of the
				      * plugin's `sealed` ones; of two for one header the later holds */
	unsigned nedits;
};

/* ---- What the plugin asks for ------------------------------------------------------------------------------------ */

enum lg_mode {
	LG_PRIVATE, /* one link for each server and session */
	/* One of a few links to each server that all clients of this listener and thread share (the pool's `links`), as
	 * far as they may: a client that is not trusted never shares one that shows the gateway's certificate.  Its
	 * `session` is NULL.  It takes whole units only, and is never held for one receiver. */
	LG_SHARED,
	/* An idle link to the server (of this listener and thread, under the same rules of sharing), or a new one:
	 * nobody else's until the exchange ends.  `reuse` gives it back, every other end of the exchange closes it.
	 * Its data begin zeroed with each lease; its `session` is the client's while it is leased or kept, else NULL:
	 * then only `closed` comes for it.  If the session keeps a link to the server (`keep`), it is that one. */
	LG_LEASED,
};

enum lg_how_flags {
	LG_KEEP = 1,   /* the core keeps `unit` until the exchange ends, so that `again` can send it elsewhere */
	LG_FOLLOW = 2, /* the key's owner, if any, beats a policy's route (requests inside a dialog, CANCEL, ACK) */
	LG_KNOWN = 4,  /* the plugin knows the way (a token): policies only answer or drop, `routed` has `to` NULL */
	LG_STAY = 16,  /* LG_LEASED: a link that the session keeps in the pool beats persistence and balance */
	LG_STREAM = 8, /* LG_SHARED: by a byte stream, if the pool has UDP and streams (too long for a datagram) */
};

/* How `route` finds the other end; zero is the plain way. */
struct lg_how {
	enum lg_mode mode;
	unsigned flags;       /* of enum lg_how_flags */
	struct lg_link *to;   /* the other end is known: policies may only answer or drop */
	uint32_t deadline_ms; /* after `routed`: `lost` with LG_LOST_DEADLINE; 0: none */
	/* LG_FOLLOW: the server that the unit names, "192.0.2.1:5060" or "fe1.example:5061": if it may take what is its
	 * own it goes before the key's owner.  { NULL, 0 }: it names none. */
	struct lg_span server;
	/* LG_PRIVATE, LG_LEASED: a new link's first bytes, ahead of TLS, are a PROXY header of this version that names
	 * the client; such a link is never another session's.  0: none. */
	unsigned proxy;
};

enum lg_send_flags {
	LG_MORE = 1, /* the unit goes on: until a send without it, `to` belongs to `from`; the others' units wait */
};
enum lg_send {
	LG_SENT = 0, /* taken */
	LG_FULL = 1, /* taken, and `to` is full: hold `from` until writable(to) */
	LG_GONE = 2, /* `to` is closing: nothing was taken */
};

enum lg_close {
	LG_FLUSH, /* what is queued goes out first, then close_notify and FIN */
	LG_RESET, /* at once, with RST */
};

/* A response for the plugin to write in its protocol's words. */
struct lg_header {
	struct lg_span name, value;
};
enum lg_cause {
	LG_BY_POLICY,      /* a policy said reply(), drop() or unavailable() */
	LG_BY_NO_SERVER,   /* no server is healthy, or none could be connected to */
	LG_BY_OVERLOAD,    /* a limit is passed */
	LG_BY_NO_ROUTE,    /* no route, policy or pool of the listener says where to: nobody's */
};
struct lg_reply {
	enum lg_cause cause;
	int code;             /* the status; 0: drop, say nothing */
	struct lg_span reason;
	uint32_t retry_after_s; /* 0: none */
	const struct lg_header *headers;
	unsigned nheaders;
};

enum lg_why {
	LG_LOST_LINK,     /* the server's link closed */
	LG_LOST_DEADLINE, /* the deadline of lg_how passed */
};
struct lg_lost {
	enum lg_why why;
	bool handed; /* a byte of the request may have left: only a request that may be repeated goes `again` */
};

/*
 * A token is a link's name in a few letters and digits, for a place in a message that comes back: it is signed, so that
 * nobody can make one up, and bound to its use.  Those of streams are good in this process while the link is; those of
 * UDP clients carry the addresses, so that any thread, and any gateway with the same `secret`, may send.
 */
enum { LG_TOKEN = 112 }; /* bytes, at most */

enum lg_use {
	LG_ANSWER,        /* answers go there: from any link */
	LG_ROUTE,         /* requests go there: only from a link whose `server` is set */
	LG_SERVER_ANSWER, /* answers go there: only from such a link */
};

enum lg_learned {
	LG_SOURCE, /* the address behind a proxy, "192.0.2.7:1234" */
	LG_SNI,
	LG_ALPN,
};

/* Networks that an option lists.  IPv4 is written as IPv6 does it, ::ffff:192.0.2.0 with 96 bits more. */
struct lg_net {
	uint8_t address[16];
	uint8_t bits; /* how many of them count */
};
struct lg_nets {
	const struct lg_net *list;
	size_t n;
};

/* A range of ports, both ends included. */
struct lg_ports {
	uint16_t first, last;
};

/* ---- Health ------------------------------------------------------------------------------------------------------ */

enum lg_verdict { LG_SICK = -1, LG_NOT_YET = 0, LG_HEALTHY = 1 };

/* One question to one server.  The core connects, waits and counts; the plugin asks and judges. */
struct lg_probe {
	const struct lg_host *host;
	const void *conf;        /* probe_conf_size bytes, filled from probe_options */
	void *data;              /* probe_size bytes of the plugin's, zeroed at the start */
	const struct lg_server *server;
	struct lg_span peer, local;
	enum lg_transport transport;
	bool ended;              /* the server will send no more */
	char note[96];           /* for the operator: what was answered, "200 OK" */
};

/* ---- The core, as the plugin sees it: passed in, never linked against.  It grows only at its end. ---------------- */

struct lg_host {
	uint32_t size;

	/* Starts an exchange with the request `unit` (LG_NO_UNIT where there is no such thing): policies see its facts,
	 * a server is picked, a link to it found or opened, then `routed`, or `respond` when there is to be no server.
	 * `unit` must lie in the bytes of the current `receive`.  x->unit is good inside `fact`, `routed`, `respond`,
	 * and with LG_KEEP until the end.  NULL: the session is at a limit, or memory is out: answer as overload. */
	struct lg_exchange *(*route)(struct lg_link *from, const struct lg_how *how, struct lg_span unit);

	/* Sends a request kept by LG_KEEP to a server not tried before: no policies run, the persistence entry moves,
	 * `routed` or `respond` follows.  Only after `routed`; inside `lost` it takes the end of the exchange back. */
	void (*again)(struct lg_exchange *x);

	/* The exchange's persistence key, as the pool of the server link `owner` defines it, belongs to that server
	 * from now on: for a dialog that a server begins. */
	void (*pin)(struct lg_link *owner, struct lg_exchange *x);

	/* Ends an exchange, at any time. */
	void (*done)(struct lg_exchange *x);

	/* Queues bytes for `to`; `from` is the link whose bytes they are, NULL for the plugin's own.  What is queued in
	 * one turn leaves together, what is large may leave at once.  If `from` dies inside a unit, `to` is closed. */
	enum lg_send (*send)(struct lg_link *to, struct lg_link *from, const struct lg_span *pieces, unsigned n,
			     unsigned flags);

	/* Stops `receive`, and `ended`, on a link, and lets it go on: bytes at hand come at once.  They do not nest: a
	 * `go` undoes every `hold`, as `join` does and `pass` may.  UDP flows and LG_SHARED links cannot be held. */
	void (*hold)(struct lg_link *l);
	void (*go)(struct lg_link *l);

	/* The core relays bytes between the two, first what either has received and not used; each end passes too. */
	void (*join)(struct lg_link *a, struct lg_link *b);

	void (*close)(struct lg_link *l, enum lg_close how);

	/* `expired` is called once after `ms` milliseconds (a tenth of a second exact); 0 takes it back.  While it runs
	 * on a leased link, that and its client are not closed for being idle. */
	void (*deadline)(struct lg_link *l, uint32_t ms);

	/* Adds to the counter `index` of the plugin's table. */
	void (*count)(struct lg_link *l, unsigned index, uint64_t by);

	/* One event for the operator; the core adds listener, session and peer.  Never a body or a credential. */
	void (*log)(struct lg_link *l, enum lg_level level, const char *event, const char *detail);

	/* Milliseconds of a clock that only goes forward. */
	uint64_t (*now_ms)(void);

	/* Unpredictable bytes. */
	void (*random)(void *p, size_t n);

	/* Sends bytes of a probe. */
	void (*ask)(struct lg_probe *p, struct lg_span bytes);

	/* What is found out about a client: the core's facts and logs tell it from now on.  Before `route`.  A source
	 * is written like lg_link.peer; ALPN: all that it offers, joined by ","; a value that is none is left aside. */
	void (*learn)(struct lg_link *client, enum lg_learned what, struct lg_span value);

	/* A TCP port of the gateway's, in `range` and on the address that x->from came to, for connections from this
	 * client's address to `server_port` of this exchange's server; the core joins them.  The same three get the
	 * same port; it goes when nobody has used it for a while.  0: none is left. */
	uint16_t (*expect)(struct lg_exchange *x, uint16_t server_port, const struct lg_ports *range);

	/* Writes a token of the link `l`; returns its length.  Over UDP `port` is the peer's port to send to, where
	 * that is not the one it sent from (RFC 3261 section 18.2.2); 0: the same. */
	unsigned (*token)(struct lg_link *l, enum lg_use use, uint16_t port, char out[LG_TOKEN]);

	/* Sends a whole unit, which `from` has received, to the link that the token names, on whatever thread that is.
	 * LG_SENT: taken; a link of another thread may turn out to be gone, then `returned` tells.  LG_GONE: the token
	 * is none, not for this use, or the link is gone.  A receiver whose queue gets twice its limit is closed. */
	enum lg_send (*send_to)(struct lg_span token, enum lg_use use, struct lg_link *from,
				const struct lg_span *pieces, unsigned n);

	/* What a token says of its link: transport, and over UDP our address there (`local`, good until the next call;
	 * { NULL, 0 } for streams).  0: none, or not for this use.  Whether the link lives only `send_to` tells. */
	enum lg_transport (*look)(struct lg_span token, enum lg_use use, struct lg_span *local);

	/* No new keys for the server at this link's other end meanwhile (it said so itself); not health. */
	void (*rest)(struct lg_link *l, uint32_t ms);

	/* A hash of the pieces, in their order, under the gateway's `secret`: the same in all threads, and in all
	 * gateways and after restarts with the same `secret`.  Who does not know that cannot make one. */
	uint64_t (*digest)(const struct lg_span *pieces, unsigned n);

	/* Where the peer of `l` can reach this listener by l's transport, "192.0.2.1:5060": its own address with that
	 * transport, else l->local.  Good until the next call. */
	struct lg_span (*home)(const struct lg_link *l);

	/* Ends an exchange as `done` does, and gives its leased link back: answer and request are complete.  The link's
	 * data are zeroed: free before what they point to.  A link that is not fit for it closes. */
	void (*reuse)(struct lg_exchange *x);

	/* The leased link of the exchange belongs to the client's session for good: never leased again, closed with the
	 * client's link, as the client's link is with it (LG_FLUSH).  False: the session has too many (limits.kept). */
	bool (*keep)(struct lg_exchange *x);

	/* The next `n` bytes of `from`, behind those that the current call uses, go to `to` unseen and count as sent;
	 * the core holds `from` as it must, others' units wait.  Then `receive` goes on, with no bytes if none are
	 * there.  If `from` dies before, `to` is closed; if `to` closes, the rest comes to `receive` (`passing` says
	 * how much).  False, nothing has changed: over UDP, LG_SHARED, between sessions, in another's unit. */
	bool (*pass)(struct lg_link *from, struct lg_link *to, uint64_t n);
};

/* ---- Options, facts ---------------------------------------------------------------------------------------------- */

enum lg_type {
	LG_BOOL,  /* bool */
	LG_INT,   /* int64_t */
	LG_MSEC,  /* int64_t, milliseconds; written "500ms", "5s", "10m", "2h" */
	LG_BYTES, /* int64_t; written 4096, "64k", "5M" */
	LG_STR,   /* const char *, never NULL if it has a default */
	LG_ENUM,  /* int, the index in `choices` */
	LG_PORTS, /* struct lg_ports; written "50000-50999" */
	LG_NETS,  /* struct lg_nets; written "10.0.0.0/8, 2001:db8::/32", or as a list */
	/* A list of { FACT = PATTERN, ..., pool = NAME }, exact first.  The core's: no room in the conf struct. */
	LG_ROUTES,
};

/* A word in `options` or `monitor`.  The core checks it, documents it and fills it in; a table ends with name NULL. */
struct lg_option {
	const char *name;
	enum lg_type type;
	size_t offset;              /* of the member in the conf struct */
	const char *def;            /* as the user would write it; NULL: zero */
	int64_t min, max;           /* LG_INT, LG_MSEC, LG_BYTES; both 0: no bounds */
	const char *const *choices; /* LG_ENUM, ends with NULL */
	const char *help;           /* one line */
};

/* ---- The plugin, as the core sees it ----------------------------------------------------------------------------- */

struct lg_plugin {
	/* The prefix never changes. */
	uint16_t abi_major, abi_minor;
	uint32_t size;

	const char *name, *version, *summary;
	unsigned transports; /* of enum lg_transport */

	size_t conf_size, inst_size, session_size, link_size, exchange_size;
	const struct lg_option *options; /* of the listener */

	const char *const *facts;    /* ends with NULL; "header.*" takes any name for the star; told by `fact` */
	const char *const *counters; /* ends with NULL */
	const char *persistence;     /* the fact a pool persists by when its configuration is silent; NULL: none */

	/* One instance for each listener and thread, before its first link; `conf` stays.  0; -errno with a reason. */
	int (*start)(void *inst, const void *conf, const struct lg_host *host, char err[], size_t errlen);
	void (*stop)(void *inst);

	/* A client link is ready (after TLS), or a server link has connected: `routed` follows. */
	void (*opened)(struct lg_link *l);

	/* Bytes have come: how many were used, or < 0 to close the link.  Used some and some are left: what the call
	 * caused is delivered, then it is called again with the rest.  Used none: it is called again when there are
	 * more, or after `go` if the link was held.  NULL: the link waits until it is joined. */
	ptrdiff_t (*receive)(struct lg_link *l, struct lg_span in);

	/* A policy, persistence or the log reads a fact of x->unit; `arg` is what stands for the star.  { NULL, 0 }: it
	 * has none.  The answer stays until the plugin is called again.  This one call may come inside a host call. */
	struct lg_span (*fact)(struct lg_exchange *x, unsigned index, struct lg_span arg);

	/* The server is found and its link is open: send the request. */
	void (*routed)(struct lg_exchange *x, struct lg_link *to);

	/* There is no server, or a policy answers: say so to x->from.  The exchange ends when it returns. */
	void (*respond)(struct lg_exchange *x, const struct lg_reply *reply);

	/* After `routed`, the server's link has closed, whoever closed it, or the deadline passed.  `ended` is no loss
	 * yet: this follows when the link closes, for what is not done by then.  Its return ends x, but for `again`. */
	void (*lost)(struct lg_exchange *x, const struct lg_lost *why);

	/* The peer sends no more.  NULL: the link is flushed and closed. */
	void (*ended)(struct lg_link *l);

	/* A link that said LG_FULL has room again. */
	void (*writable)(struct lg_link *l);

	/* The link's `deadline` has passed. */
	void (*expired)(struct lg_link *l);

	/* The gateway stops: finish in the protocol's words.  NULL: the link may stay until the drain limit. */
	void (*drain)(struct lg_link *l);

	/* The last call for a link. */
	void (*closed)(struct lg_link *l);

	/* The monitor.  `probe` is called when the server has been connected to; `judge` with all that it has sent so
	 * far and at its end.  NULL: to be connected to is health enough. */
	size_t probe_size, probe_conf_size;
	const struct lg_option *probe_options;
	int (*probe)(struct lg_probe *p);
	enum lg_verdict (*judge)(struct lg_probe *p, struct lg_span in);

	/* Since ABI 0.3: at load, also of a mere check: are these options good for a listener with these transports?
	 * 0, or -EINVAL with a reason for the operator. */
	int (*check)(const void *conf, unsigned transports, char err[], size_t errlen);

	/* A unit that `send_to` has taken, from this link, could not be delivered: its receiver is gone. */
	void (*returned)(struct lg_link *from, struct lg_span unit);

	/* Headers (lower case) that no policy may edit: a policy that says so gets a warning at load, and its edit is
	 * left aside.  Ends with NULL; a plugin without a list cannot edit at all, and such a policy is refused. */
	const char *const *sealed;

	/* Since ABI 0.4: the application protocols that TLS offers, best first, ends with NULL.  NULL: no ALPN. */
	const char *const *(*alpn)(const void *conf);

	/* Facts for the access log, ends with NULL, at most 16; never a credential.  Read when the exchange ends: in
	 * `done`, `reuse`, after `respond`, `lost`, at the client's end; without LG_KEEP the unit has gone by then.
	 * method, path, version, status, bytes_out, referer, agent, user make the format that web servers share. */
	const char *const *log_facts;

	/* Since ABI 0.5: networks whose connections begin with a PROXY header, of version 1 or 2.  The core reads it,
	 * before TLS and `opened`, and learns from it; who sends none is closed.  NULL or empty: nobody's. */
	const struct lg_nets *(*proxied)(const void *conf);

	/* As `check`, for the options of a monitor. */
	int (*probe_check)(const void *conf, char err[], size_t errlen);
};

#define LG_PLUGIN_HEADER .abi_major = LG_ABI_MAJOR, .abi_minor = LG_ABI_MINOR, .size = sizeof(struct lg_plugin)

/* The one symbol that a plugin exports. */
#ifdef __cplusplus
#define LG_PLUGIN extern "C" __attribute__((visibility("default"))) const struct lg_plugin lychgate_plugin
#else
#define LG_PLUGIN __attribute__((visibility("default"))) const struct lg_plugin lychgate_plugin
#endif

#ifdef __cplusplus
}
#endif

#endif
