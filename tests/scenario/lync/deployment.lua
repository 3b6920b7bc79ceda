-- The deployment of the guide, on loopback addresses: 127.0.1.x for its network inside, 127.0.99.x for the directors',
-- 127.0.157.x for the outside.  RULES, VERSION and TRUST are put in by the test.
include "lync"

lync.version "VERSION"
lync.rules "RULES"

lync.front_end_pool {
  name = "pool.corp.example", vip = "127.0.1.61", external_vip = "127.0.157.61",
  servers = {
    ["lyncfe01.corp.example"] = "127.0.1.21", ["lyncfe02.corp.example"] = "127.0.1.22",
    ["lyncfe03.corp.example"] = "127.0.1.23", ["lyncfe04.corp.example"] = "127.0.1.32",
  },
  certificate = { certificate = "pool.pem", key = "pool.key" },
  web_certificate = { certificate = "pool-web.pem", key = "pool-web.key" },
  trust = "ca.pem", web_names = { "lyncweb.corp.example" },
}

lync.director_pool {
  name = "dirpool.corp.example", vip = "127.0.1.62",
  servers = { ["dir1.corp.example"] = "127.0.99.201", ["dir2.corp.example"] = "127.0.99.202" },
  certificate = { certificate = "dirpool.pem", key = "dirpool.key" },
  web_certificate = { certificate = "dirpool-web.pem", key = "dirpool-web.key" },
  trust = "ca.pem", web_names = { "lyncwebdir.corp.example" },
}

lync.web_apps { name = "owa", vip = "127.0.1.63", servers = { ["owa.corp.example"] = "127.0.99.203" },
  kind = "outlook" }

lync.edge_pool {
  name = "edge.corp.example",
  internal = {
    vip = "127.0.1.64", web_names = { "edge-web.corp.example" },
    servers = { ["lyncedge01.corp.example"] = "127.0.1.25", ["lyncedge02.corp.example"] = "127.0.1.26" },
  },
  external = {
    servers = { ["lyncedge01"] = "127.0.157.25", ["lyncedge02"] = "127.0.157.26" },
    access = { vip = "127.0.157.151" }, webconf = { vip = "127.0.157.152" }, av = { vip = "127.0.157.153" },
  },
}

lync.reverse_proxy {
  certificate = { certificate = "outside.pem", key = "outside.key" },
  { vip = "127.0.157.155", sites = { "dialin.*", "meet.*", "lyncdiscover.*", "lyncwebdir.*" },
    to = "dirpool.corp.example" },
  { vip = "127.0.157.156", sites = { "lyncweb.*" }, to = "pool.corp.example" },
  { vip = "127.0.157.154", sites = { "owa.*" }, to = "owa" },
  { vip = "127.0.157.157", sites = { "mail.*" }, to = "exchange" },
}

lync.exchange {
  servers = { ["mail1.corp.example"] = "127.0.99.211", ["mail2.corp.example"] = "127.0.99.212" }, vip = "127.0.1.65",
    um = true,
}

lync.mediation_pool {
  name = "mediation.corp.example", vip = "127.0.1.66", gateways = true,
  servers = { ["med1.corp.example"] = "127.0.99.221", ["med2.corp.example"] = "127.0.99.222" },
}

lync.persistent_chat {
  name = "chat.corp.example", vip = "127.0.1.67",
  servers = { ["chat1.corp.example"] = "127.0.99.231", ["chat2.corp.example"] = "127.0.99.232" },
}
