-- lync-edge.lua: a gateway between the internet and the outside legs of Edge servers.  Nothing is decrypted.
--
--   lychgate --explain -c lync-edge.lua   what it opens
--   lychgate --dns -c lync-edge.lua       which names to enter in the DNS outside
--
-- Change the addresses and names, and check it:  lychgate -t -c lync-edge.lua
-- lychgate-lync(7) has all words; media.lua shows what the A/V service is made of.

include "lync"

lync.version "2015"                                                     -- 2019 has no XMPP: 5269 is closed then
lync.domains { "corp.example" }                                         -- sip.corp.example and its SRV records

lync.edge_pool {
  name = "edge.corp.example",
  external = {
    access = { vip = "198.51.100.151", servers = { ["edge01"] = "203.0.113.11", ["edge02"] = "203.0.113.12" } },
    webconf = { vip = "198.51.100.152", servers = { ["edge01"] = "203.0.113.21", ["edge02"] = "203.0.113.22" } },
    av = {
      vip = "198.51.100.153", servers = { ["edge01"] = "203.0.113.31", ["edge02"] = "203.0.113.32" },
      source = "transparent",         -- they see the clients' own addresses: their way out has to lead over this
                                      -- gateway; lychgate-network(7) has the routes and rules that it needs here
    },
  },
}

-- Media servers that are lost take their calls with them; seconds count.
pool "edge.corp.example-3478-av" { monitor = { interval = "2s" } }
