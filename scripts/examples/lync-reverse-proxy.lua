-- lync-reverse-proxy.lua: a gateway that publishes web sites only: meetings, mobile phones, autodiscover, mail.  SIP
-- goes other ways.
--
--   lychgate --explain -c lync-reverse-proxy.lua        what it opens
--   lychgate --dns -c lync-reverse-proxy.lua            which names to enter in the DNS outside
--   lychgate --certificates -c lync-reverse-proxy.lua   which names the certificate must carry, and which it lacks
--
-- Change the addresses and names, put the files beside this one, and check it:  lychgate -t -c lync-reverse-proxy.lua

include "lync"

lync.version "2015"

-- Where the sites are.  They have no address of their own here: only the sites below lead to them.
lync.front_end_pool {
  name = "pool.corp.example",
  servers = {
    ["fe01.corp.example"] = "192.0.2.21", ["fe02.corp.example"] = "192.0.2.22",
    ["fe03.corp.example"] = "192.0.2.23", ["fe04.corp.example"] = "192.0.2.32",
  },
  trust = "ca.pem",                   -- the authority of the servers' certificates
}
lync.web_apps { name = "owa", servers = { ["owa.corp.example"] = "192.0.2.203" }, trust = "ca.pem" }
lync.exchange {
  servers = { ["mail1.corp.example"] = "192.0.2.211", ["mail2.corp.example"] = "192.0.2.212" }, trust = "ca.pem" }

-- Phones inside come to these addresses, too: lyncdiscover leads them out and in again.
lync.reverse_proxy {
  certificate = { certificate = "outside.pem", key = "outside.key" },
  { vip = "198.51.100.155", sites = { "dialin.*", "meet.*", "lyncdiscover.*", "lyncweb.*" },
    to = "pool.corp.example", http = true },
  { vip = "198.51.100.154", sites = { "owa.*" }, to = "owa" },
  { vip = "198.51.100.157", sites = { "mail.*" }, to = "exchange" },
}
