-- lync-front-end.lua: a pool of Skype for Business front ends for clients and servers inside, and for a reverse proxy
-- elsewhere.
--
--   lychgate --explain -c lync-front-end.lua        what it opens
--   lychgate --certificates -c lync-front-end.lua   which names the certificates must carry, and which they lack
--
-- Change the addresses and names, put the files beside this one, and check it:  lychgate -t -c lync-front-end.lua
-- lychgate-lync(7) has all words; sip-pool.lua shows what the 5061 of this one is made of.

include "lync"

lync.version "2015"

lync.front_end_pool {
  name = "pool.corp.example", vip = "192.0.2.61",
  servers = {
    ["fe01.corp.example"] = "192.0.2.21", ["fe02.corp.example"] = "192.0.2.22",
    ["fe03.corp.example"] = "192.0.2.23", ["fe04.corp.example"] = "192.0.2.32",
  },
  certificate = { certificate = "pool.pem", key = "pool.key" },         -- SIP, 5061: by Call-ID
  web_certificate = { certificate = "pool-web.pem", key = "pool-web.key" },
  trust = "ca.pem",                                                     -- the authority of all servers' certificates
  web_names = { "lyncweb.corp.example" },                               -- on 443 these lead to 4443
  peers = { "edge.corp.example", "edge01.corp.example", "edge02.corp.example" }, -- servers of pools that are not here
}
