-- demo.lua: what `./bootstrap run` starts.  A gateway in front of two servers, all in this one process.
--
-- A configuration is data: words (gateway, tls, pool, listener), each with a name and a table of its settings.  All of
-- it is checked before anything is opened: `build/lychgate -t -c scripts/examples/demo.lua`.  Paths are relative to
-- this file; ./bootstrap makes the certificate.  Times are written "500ms", "5s", "30m", sizes 4096, "64k", "5M".

-- The process itself.  lychctl talks to it by the control socket.
gateway {
  workers = 2,                                  -- threads; each serves every listener
  control = "../../build/demo/lychgate.sock",
  drain = "1s",                                 -- how long open sessions may go on after Ctrl-C
}

-- A certificate and what goes with it, under a name.
tls "demo" {
  certificate = "../../build/demo/server.pem",
  key = "../../build/demo/server.key",
}

-- Servers that do the same job.
pool "servers" {
  servers = { "127.0.0.2:5060", "127.0.0.3:5060" },
  balance = "hash",                             -- a Call-ID always gives the same server ...
  persistence = { by = "call-id", timeout = "30m" }, -- ... and stays with it when servers come and go
  monitor = { plugin = "sip", interval = "1s", timeout = "500ms", rise = 1, fall = 3 }, -- asks each with an OPTIONS
}

-- An address where clients arrive, the plugin that understands them, and the pool that serves them.
listener "front" {
  plugin = "sip",
  bind = { "tls:127.0.0.1:5061", "tcp:127.0.0.1:5060" },
  tls = "demo",
  policies = { "responder/no-compression" },    -- asked in order before a server is picked; the first verdict wins
  pool = "servers",
  options = { route = "auto" },                 -- the plugin's own
}

-- The two servers.  They have no pool: a policy answers every request, and says in X-Server which of them it is.
listener "server-one" {
  plugin = "sip",
  bind = { "tcp:127.0.0.2:5060" },
  policies = { { "responder/answer", server = "one" } },
}

listener "server-two" {
  plugin = "sip",
  bind = { "tcp:127.0.0.3:5060" },
  policies = { { "responder/answer", server = "two" } },
}
