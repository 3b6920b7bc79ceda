-- lync-all-in-one.lua: Lync Server 2013 behind one gateway: front ends, directors, Office Web Apps, Edge servers, and
-- the web sites for clients outside.  Each word stands for all ports of a pool, with their monitors, persistence and
-- policies:
--
--   lychgate --explain -c lync-all-in-one.lua        what it opens
--   lychgate --dns -c lync-all-in-one.lua            which names to enter in the DNS
--   lychgate --certificates -c lync-all-in-one.lua   which names the certificates must carry, and which they lack
--
-- Change the addresses and names, put the files beside this one, and check it:  lychgate -t -c lync-all-in-one.lua
-- lychgate-lync(7) has all words, and the names of what they make.

include "lync"

lync.version "2013"
lync.rules "microsoft"        -- "guide": a controller's deployment guide, where it differs; lychgate-lync(7) says where

lync.front_end_pool {
  name = "pool.corp.example", vip = "192.0.2.61", external_vip = "198.51.100.161",
  servers = {
    ["fe01.corp.example"] = "192.0.2.21", ["fe02.corp.example"] = "192.0.2.22",
    ["fe03.corp.example"] = "192.0.2.23", ["fe04.corp.example"] = "192.0.2.32",
  },
  certificate = { certificate = "pool.pem", key = "pool.key" },         -- SIP, 5061: by Call-ID
  web_certificate = { certificate = "pool-web.pem", key = "pool-web.key" },
  trust = "ca.pem",                                                     -- the authority of all servers' certificates
  web_names = { "lyncweb.corp.example" },                               -- on 443 these lead to 4443
}

lync.director_pool {
  name = "dirpool.corp.example", vip = "192.0.2.62",
  servers = { ["dir1.corp.example"] = "192.0.2.201", ["dir2.corp.example"] = "192.0.2.202" },
  certificate = { certificate = "dirpool.pem", key = "dirpool.key" },
  web_certificate = { certificate = "dirpool-web.pem", key = "dirpool-web.key" },
  trust = "ca.pem",
  web_names = { "lyncwebdir.corp.example" },
}

lync.web_apps {
  name = "owa", vip = "192.0.2.63", servers = { ["owa.corp.example"] = "192.0.2.203" },
  trust = "ca.pem",
}

lync.exchange {
  servers = { ["mail1.corp.example"] = "192.0.2.211", ["mail2.corp.example"] = "192.0.2.212" },
  trust = "ca.pem",
}

lync.edge_pool {
  name = "edge.corp.example",
  internal = {
    vip = "192.0.2.64",
    servers = { ["edge01.corp.example"] = "192.0.2.25", ["edge02.corp.example"] = "192.0.2.26" },
  },
  external = {                                                          -- never decrypted
    access = { vip = "198.51.100.151", servers = { ["edge01"] = "203.0.113.11", ["edge02"] = "203.0.113.12" } },
    webconf = { vip = "198.51.100.152", servers = { ["edge01"] = "203.0.113.21", ["edge02"] = "203.0.113.22" } },
    av = { vip = "198.51.100.153", servers = { ["edge01"] = "203.0.113.31", ["edge02"] = "203.0.113.32" } },
  },
}

lync.reverse_proxy {
  certificate = { certificate = "outside.pem", key = "outside.key" },
  { vip = "198.51.100.155", sites = { "dialin.*", "meet.*", "lyncdiscover.*", "lyncwebdir.*" },
    to = "dirpool.corp.example" },
  { vip = "198.51.100.156", sites = { "lyncweb.*" }, to = "pool.corp.example" },
  { vip = "198.51.100.154", sites = { "owa.*" }, to = "owa" },
  { vip = "198.51.100.157", sites = { "mail.*" }, to = "exchange" },
}

-- Whatever the words make can be changed by its name.
pool "pool.corp.example-5061" { monitor = { interval = "10s" }, slow_start = "5m" }
