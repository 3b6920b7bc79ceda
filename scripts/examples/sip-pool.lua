-- sip-pool.lua: SIP in front of a pool of Lync Server or Skype for Business front ends, for clients and for servers.
--
-- Change the addresses and names, put the files beside this one, and check it:  lychgate -t -c sip-pool.lua

-- The certificate bears the pool's name, pool.corp.example.  It is shown to clients, and to the front ends when a
-- trusted server's traffic goes there.  `trust` is the authority that all the servers' certificates come from.
tls "pool" {
  certificate = "pool.pem",
  key = "pool.key",
  trust = "ca.pem",
}

pool "front-end" {
  servers = { "192.0.2.21", "192.0.2.22", "192.0.2.23" },
  port = 5061,
  tls = "pool",                             -- TLS to the front ends too: a Contact says which transport it came by
  tls_name = "pool.corp.example",           -- what their certificates must bear
  balance = "least-connections",
  slow_start = "2m",                        -- one that was restarted does not get all users at once
  persistence = { by = "call-id", timeout = "30m" },
  monitor = { plugin = "sip", transport = "tcp", port = 5060, interval = "5s", timeout = "2s", fall = 3 },
}

listener "front-end-5061" {
  plugin = "sip",
  bind = { "tls:192.0.2.61:5061" },
  tls = "pool",
  peers = { "edge.corp.example", "mediation.corp.example" }, -- servers: many users on few connections
  pool = "front-end",
  policies = { "responder/no-compression" }, -- what is compressed cannot be routed
  limits = { sessions = 20000, idle = "30m" },
  options = { route = "auto" },              -- a client stays with one front end, a server's dialogs are spread
}
