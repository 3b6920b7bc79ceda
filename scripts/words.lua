-- SPDX-License-Identifier: Apache-2.0
-- words.lua: every word of the configuration with its keys: type, range, default and one line of help.  It is data
-- only: check.lua checks a file by it, and the manual is made from it.  A new key is a new line here.
--
-- Of a key:
--   key       its name; [1] in a table is the key 1
--   type      a name in check.lua's `types`; `choices`, `of`, `word`, `keys` say more about it
--   min, max  the range, written as a user would write it
--   default   written as a user would write it; `unset` says in words what an absent one means
--   required  true: it has to be there
--   later     true: the name is taken, but this version cannot do it
--   make      of a file: how to make one, told where there is none
--   help      one line

local limits = {
  { key = "sessions", type = "integer", min = 1, max = 1000000, default = 20000,
    help = "client links at the same time; beyond it new ones are closed at once.  Each needs two descriptors: " ..
      "without a number of its own it is lowered to what the process may have, and with one the start is refused" },
  { key = "sessions_per_source", type = "integer", min = 0, max = 1000000, default = 0,
    help = "client links at the same time from one address; 0: no limit (many clients may sit behind one address)" },
  { key = "new_per_source", type = "integer", min = 0, max = 1000000, default = 0,
    help = "new client links in a second from one address; 0: no limit" },
  { key = "exempt", type = "list", of = { type = "network" }, max = 64, default = {},
    help = 'networks like "192.0.2.0/24" that the limits of one address do not count; those of all clients still do' },
  { key = "handshakes", type = "integer", min = 1, max = 100000, default = 500,
    help = "TLS handshakes in flight at the same time, of one source at most a quarter; one begins with the " ..
      "client's first byte" },
  { key = "handshake", type = "time", min = "100ms", max = "10m", default = "10s",
    help = "a TLS handshake that takes longer is ended" },
  { key = "first_byte", type = "time", min = "100ms", max = "1h", default = "30s",
    help = "a new client that says nothing for so long is closed" },
  { key = "idle", type = "time", min = "1s", max = "168h", default = "30m", -- 10m with nothing but udp: binds
    help = "a link on which nothing passes is closed; below a server's own keep-alive users are lost" },
  { key = "idle_reset", type = "boolean", default = false,
    help = "end such a client's connection by RST, which its programs notice at once, and not by FIN" },
  { key = "half", type = "time", min = "1s", max = "24h", default = "60s",
    help = "how long one direction may go on after the other has ended" },
  { key = "stall", type = "time", min = "1s", max = "1h", default = "60s",
    help = "a peer that takes nothing of what waits for it, or stops inside a message, is closed" },
  { key = "answer", type = "time", min = "1s", max = "24h", default = "180s",
    help = "how long a request waits for its final answer, unless the plugin has an option of its own for it" },
  { key = "requests", type = "integer", min = 1, max = 1000000, default = 1000,
    help = "open requests of one client link; more are answered as overload" },
  { key = "kept", type = "integer", min = 0, max = 1000, default = 8,
    help = "server links that belong to one client link for good (NTLM)" },
  { key = "headers", type = "size", min = "1k", max = "1M", default = "64k",
    help = "the head of one message (its lines before the body); what is longer is refused" },
  { key = "message", type = "size", min = "1k", max = "1024M", default = "5M",
    help = "the body of one message; what is longer is refused" },
  { key = "memory", type = "size", min = 0, max = "1048576M", default = "512M",
    help = "what all links of the listener may hold in buffers together; 0: no limit" },
  { key = "queue", type = "size", min = "4k", max = "64M", default = "256k",
    help = "bytes that wait for one peer before nothing more is read from whom they come" },
}

local server = {
  { key = 1, type = "string", required = true,
    help = "ADDRESS, [V6 ADDRESS] or host NAME, with :PORT if wanted; each address of a name is a server of its " ..
      "own, and a name without one is a server that is down" },
  { key = "port", type = "integer", min = 1, max = 65535, unset = "the pool's port", help = "where it listens" },
  { key = "weight", type = "integer", min = 1, max = 1000, default = 1, help = "its share of new keys" },
  { key = "max_sessions", type = "integer", min = 1, max = 1000000, unset = "the pool's",
    help = "sessions that it may have at the same time" },
  { key = "backup", type = "boolean", default = false, help = "takes traffic only while no other server can" },
  { key = "name", type = "name", unset = "address:port",
    help = "what it is called in lychctl and the log, and the name that its certificate must bear" },
  { key = "id", type = "string", unset = "its name, else address:port; in a group its address, if that is no other's",
    help = "what persistence remembers it by (of a host name with each of its addresses); keep it when the address " ..
      "changes" },
  { key = "addresses", type = "integer", min = 1, max = 32, unset = "8 for a host name",
    help = "how many addresses a host name may have at a time, each of which is a server" },
}

local persistence = {
  { key = "by", type = "list", of = { type = "string" }, max = 4, unset = "the plugin's default fact",
    help = "the fact whose value stays with one server; of several, the first that the request has" },
  { key = "timeout", type = "time", min = "1s", max = "168h", default = "30m",
    help = "how long a value is remembered after its last use" },
  { key = "entries", type = "integer", min = 1, max = 100000000, default = 1000000,
    help = "values to remember at most; then the least recently used goes, and from who has a quarter of them, one " ..
      "of its own" },
  { key = "group", type = "name", unset = "the pool's name",
    help = "pools of one group share their table: who has a server in one of them has the same in the others" },
  { key = "mask", type = "list", of = { type = "integer", min = 1, max = 128 }, min = 1, max = 2,
    unset = "the whole address",
    help = 'with by = "source": so many bits of an IPv4 address, and of an IPv6 address, count: 24, or { 24, 64 }' },
}

local monitor = {
  { key = "plugin", type = "string", default = "tcp",
    help = 'whose probe asks, with that plugin\'s keys below beside these; "tcp" is a bare connect' },
  { key = "transport", type = "choice", choices = { "tcp", "tls", "udp" },
    unset = "tls with `tls`; udp for a plugin that speaks nothing else, or where the pool prefers it and the plugin " ..
      "can; tcp with a bare connect or a port of its own; else as the pool speaks",
    help = "what the probe goes over" },
  { key = "port", type = "integer", min = 1, max = 65535, unset = "the server's port", help = "where to ask" },
  { key = "tls", type = "word", word = "tls", unset = "the pool's", help = "the `tls` word of the probe" },
  { key = "interval", type = "time", min = "100ms", max = "1h", default = "5s",
    help = "time between two probes; up to a tenth shorter" },
  { key = "backoff", type = "time", min = "100ms", max = "24h", unset = "8 intervals, but not more than 60s",
    help = "while a server is down, each interval is twice the one before, up to this; the first again when traffic " ..
      "or `lychctl server enable` asks for the server; not longer than the interval: none" },
  { key = "timeout", type = "time", min = "10ms", max = "10m", default = "2s",
    help = "an answer that takes longer is none" },
  { key = "rise", type = "integer", min = 1, max = 100, default = 1, help = "good answers until a server is up" },
  { key = "fall", type = "integer", min = 1, max = 100, default = 3, help = "bad or no answers until it is down" },
  { key = "reverse", type = "boolean", default = false,
    help = "true: a good answer means down, and a bad one or none means up" },
  { key = "track", type = "word", word = "pool", unset = "asked by itself",
    help = "each server is as healthy as the one with its address in this pool, and what lychctl was told of that " ..
      "one (drain, disable) counts for it too, beside its own: the stronger word holds; nothing else stands beside " ..
      "it" },
}

return {
  {
    word = "gateway", help = "the process itself; the one word without a name",
    keys = {
      { key = "workers", type = "integer", min = 1, max = 64, unset = "the number of cores",
        help = "threads that carry traffic" },
      { key = "control", type = "string",
        unset = "/run/lychgate.sock as root, else lychgate.sock in the runtime directory",
        help = "path of the socket that lychctl speaks to (its -s)" },
      { key = "log", type = "choice", choices = { "error", "warning", "info", "debug" }, default = "info",
        help = "from which level on events are written to stderr" },
      { key = "drain", type = "time", min = 0, max = "24h", default = "30s",
        help = "how long open sessions may go on when the gateway is told to stop; then they are closed" },
      { key = "resolve", type = "time", min = "100ms", max = "24h", default = "30s",
        help = "time between two questions for the addresses of a server's host name; up to a tenth shorter" },
      { key = "resolve_keep", type = "time", min = 0, max = "168h", default = "10m",
        help = "how long a name's last addresses hold when it does not resolve any more" },
      { key = "plugin_path", type = "list", of = { type = "folder" }, default = {},
        help = "folders with plugins, looked through before the gateway's own" },
      { key = "policy_path", type = "list", of = { type = "folder" }, default = {},
        help = "folders with policies, looked through before the gateway's own" },
      { key = "user", type = "string", unset = "the one that starts it",
        help = "the user to run as once keys are read and ports bound; the gateway is started as root then" },
      { key = "secret", type = "file", make = "make one: head -c 32 /dev/urandom > FILE",
        unset = "a new one at each start",
        help = "file whose content (16 bytes at least, random) signs what the gateway puts into messages to find " ..
          "its way back; the same for gateways side by side" },
    },
  },
  {
    word = "tls", named = true, help = "a certificate, its key, and whom to trust; by name in listeners and pools",
    keys = {
      { key = "certificate", type = "file",
        help = "PEM file with the certificate and its chain; a listener needs one, servers are shown it when they " ..
          "ask" },
      { key = "key", type = "file", help = "PEM file with the private key" },
      { key = "trust", type = "file", unset = "the system's authorities, for servers only",
        help = "PEM file with the authorities that the other end's certificate must come from" },
      { key = "minimum", type = "choice", choices = { "1.0", "1.1", "1.2", "1.3" }, default = "1.2",
        help = 'the oldest TLS version; "1.0" and "1.1" are weak, and told as such' },
      { key = "priority", type = "string", unset = "the gateway's own",
        help = "a GnuTLS priority string; what is below `minimum` is taken from it, and so is SHA-1 without `sha1`" },
      { key = "sha1", type = "boolean", default = false,
        help = "take SHA-1 signatures in TLS 1.2 and in certificates, for old clients and phones; weak, and told as " ..
          "such" },
      { key = "tickets", type = "boolean", default = true,
        help = "let clients resume their sessions for four hours; a ticket is good only for the listener, the " ..
          "certificates and the trust that it came from, and its key changes by the clock.  Towards servers: resume " ..
          "sessions for an hour, each only with the server, the name, the terms and the certificate that it was " ..
          "begun with, and none from before a list of `crl` was read; probes never do" },
      { key = "crl", type = "file",
        help = "file with the lists of revoked certificates (PEM, one or several, or DER) of authorities in " ..
          "`trust`; read again when it changes, and outdated lists still hold" },
    },
  },
  {
    word = "pool", named = true, help = "servers that do the same job",
    keys = {
      { key = "servers", type = "list", of = { type = "server", keys = server }, min = 1, max = 256, required = true,
        help = "its members" },
      { key = "port", type = "integer", min = 1, max = 65535, unset = "each server has its own",
        help = "where they listen" },
      { key = "transport", type = "list", of = { type = "choice", choices = { "tcp", "udp" } }, min = 1, max = 2,
        unset = "as the client came; tcp with `tls`",
        help = "what shared links to the servers go over, first preferred: \"tcp\" (inside TLS with `tls`), " ..
          "\"udp\", or both" },
      { key = "tls", type = "word", word = "tls", unset = "plain",
        help = "speak TLS to the servers, with this `tls` word" },
      { key = "tls_name", type = "name", unset = "each server's address",
        help = "the name that all their certificates must bear" },
      { key = "verify_server", type = "boolean", default = true, help = "false: take any certificate of a server" },
      { key = "balance", type = "choice", choices = { "round-robin", "least-connections", "hash", "ordered" },
        default = "round-robin",
        help = "which server gets a new key; \"ordered\": the first of the list that takes any" },
      { key = "persistence", type = "table", keys = persistence, off = true, default = {},
        help = "by what a client, call or user stays with its server; false: nothing is remembered" },
      { key = "monitor", type = "monitor", keys = monitor, off = true, default = {},
        help = "how the servers' health is asked; false: they are always up" },
      { key = "on_down", type = "choice", choices = { "keep", "end" }, default = "keep",
        help = "sessions that a server has when it goes down: \"keep\" them, it may still serve them, or \"end\" " ..
          "them over some seconds, so that clients come back at once (not with all_down = \"fail-open\")" },
      { key = "all_down", type = "choice", choices = { "refuse", "reply", "fail-open" }, default = "refuse",
        help = "no server is up: stop listening (once no pool that the listener can reach has one), answer in the " ..
          "protocol's words, or try them all the same" },
      { key = "tries", type = "integer", min = 1, max = 10, default = 3,
        help = "servers that one request may try, one after the other" },
      { key = "links", type = "integer", min = 1, max = 64, default = 2,
        help = "shared links to each server, from each worker" },
      { key = "slow_start", type = "time", min = "1s", max = "24h", unset = "its whole weight at once",
        help = "a server that comes up, or is enabled again, gets from a tenth of its weight to the whole in this " ..
          "time; not at the gateway's start, and not with \"ordered\"" },
      { key = "max_sessions", type = "integer", min = 1, max = 1000000, unset = "no limit",
        help = "sessions that one server may have at the same time: links that belong to one client, and open " ..
          "requests on shared links; what it remembers of a client does not count more: that one goes elsewhere, too" },
      { key = "ntlm", type = "boolean", default = false,
        help = "true: a client's link to a server is its own from the first request on (a plugin that leases links)" },
    },
  },
  {
    word = "listener", named = true, help = "an address and what serves it",
    keys = {
      { key = "plugin", type = "string", required = true,
        help = "the protocol that is spoken here: a plugin that is called so" },
      { key = "bind", type = "list", of = { type = "bind" }, min = 1, max = 64, required = true,
        help = '"tcp:ADDRESS:PORT", "tls:ADDRESS:PORT" or "udp:ADDRESS:PORT", one or a list; PORT may be a range, ' ..
          '"49152-65535", which ' ..
          "needs a rule of the packet filter: lychgate-network(7)" },
      { key = "tls", type = "list", of = { type = "word", word = "tls" }, min = 1, unset = "no TLS",
        help = "the `tls` words of its certificates; the first is for clients that name no other" },
      { key = "verify", type = "choice", choices = { "none", "optional", "required" },
        unset = '"optional" with peers, else "none"',
        help = "whether clients are asked for a certificate of `trust`, and refused without one" },
      { key = "peers", type = "list", of = { type = "name" }, default = {},
        help = "names in certificates: a client whose certificate verified and bears one is a trusted server" },
      { key = "pool", type = "word", word = "pool", unset = "only routes and policies tell",
        help = "where its traffic goes, unless routes or policies say otherwise" },
      { key = "policies", type = "list", of = { type = "policy" }, max = 64, default = {},
        help = "asked in this order; the first verdict wins" },
      { key = "on_error", type = "choice", choices = { "unavailable", "pass", "drop" }, default = "unavailable",
        help = "what a policy that fails counts as: its verdict is unavailable(), the next policy is asked, or " ..
          "drop()" },
      { key = "limits", type = "table", keys = limits, default = {}, help = "what clients may use" },
      { key = "options", type = "options", default = {}, help = "the plugin's own, below at each plugin" },
      { key = "access_log", type = "string", unset = "none",
        help = 'file that gets a line for each request when it is over; "-" is stderr' },
      { key = "access_format", type = "choice", choices = { "key", "combined" }, default = "key",
        help = 'its form: "key" writes key=value, "combined" what web servers have in common' },
      { key = "source", type = "choice", choices = { "gateway", "transparent" }, default = "gateway",
        help = "whose address server links come from: the gateway's own, or the client's, which needs root and " ..
          "routes back through the gateway: lychgate-network(7)" },
    },
  },

  -- What `include` can add: words that stand for many of those above.
  libraries = { "lync" },

  -- For hints: what comes with the gateway.
  shipped_plugins = { "https", "rpc", "sip", "stun", "tcp" },
  shipped_policies = { "edit/headers", "responder/answer", "responder/no-compression", "responder/options",
    "responder/rate-limit", "responder/scanner", "routing/by-domain", "routing/by-header", "routing/by-source" },
}
