-- media.lua: media through a pool of A/V Edge servers, and the front ends' endpoint mapper.
--
-- Change the addresses and names, and check it:  lychgate -t -c media.lua
-- lychgate-network(7) says what `source` and `ports` need of the machine.

-- ---- A/V Edge: STUN and TURN, 3478/UDP and 443/TCP ----

-- Pools of one group share their entries: a client's UDP and TCP go to the same server, found by its name.
local by_client = { by = "source", group = "edge-av", timeout = "10m" }

pool "edge-av-udp" {
  servers = {
    { "198.51.100.11:3478", name = "edge1" },
    { "198.51.100.12:3478", name = "edge2" },
  },
  persistence = by_client,
  monitor = { plugin = "stun", interval = "5s", fall = 3 }, -- a Binding request
}

pool "edge-av-tcp" {
  servers = {
    { "198.51.100.11:443", name = "edge1" },
    { "198.51.100.12:443", name = "edge2" },
  },
  persistence = by_client,
  monitor = { interval = "5s", fall = 3 },  -- a connection only: its TLS is none that could be asked
}

listener "edge-av-udp" {
  plugin = "stun",
  bind = { "udp:192.0.2.63:3478" },
  pool = "edge-av-udp",
  source = "gateway",                       -- "transparent": servers tell clients their own addresses, as Edges should
  limits = { idle = "10m" },                -- the life of an allocation that nobody refreshes
  options = { strict = false },             -- true: only STUN and ChannelData begin a flow
}

listener "edge-av-tcp" {
  plugin = "tcp",
  bind = { "tcp:192.0.2.63:443" },
  pool = "edge-av-tcp",                     -- what has no name goes here, so does what only looks like TLS
  source = "gateway",                       -- the same as for UDP
  limits = { idle = "10m" },
  options = {
    peek = true,                            -- a ClientHello is read, not answered: `sni` and `alpn` can lead elsewhere
    peek_time = "500ms",
    -- routes = { { sni = "av.example.com", pool = "other" } },
  },
}

-- ---- Front ends: the endpoint mapper, 135/TCP ----

pool "mapper" {
  servers = { "198.51.100.21", "198.51.100.22" },
  port = 135,
  persistence = { by = "source", timeout = "30m" },
  monitor = { plugin = "rpc", interval = "10s", fall = 3 }, -- a bind to the endpoint mapper
}

-- What the mapper answers is changed to ports of the gateway, one for each client and service.  DCOM's own answers are
-- not: lychgate-network(7) has the range for those.
listener "mapper" {
  plugin = "rpc",
  bind = { "tcp:192.0.2.61:135" },
  pool = "mapper",
  options = { ports = "40000-40999" },      -- at most a quarter of them for one client
}
