-- direct-routing.lua: a SIP trunk between a PBX and a carrier that insists on names, such as Microsoft Teams Direct
-- Routing: mutual TLS, three proxies in a fixed order, and the gateway's own name (not its address) in Via,
-- Record-Route and the OPTIONS that it probes with.  The gateway is a hop: each side sees one peer.
--
-- Change the addresses and names, and check it:  lychgate -t -c direct-routing.lua

-- The certificate bears the name that the carrier knows the gateway by; `trust` is its authority and the PBX's.
-- `secret` keeps the dialogs that stand over a restart, and lets a second gateway beside this one take them over:
-- gateway { secret = "trunk.secret" }     -- head -c 32 /dev/urandom > trunk.secret
tls "trunk" { certificate = "trunk.pem", key = "trunk.key", trust = "ca.pem", minimum = "1.2" }

-- Sent by the gateway, and shown to whoever asks: name and certificate agree.
local name = "sbc1.corp.example"

-- ---- Towards the carrier: the first proxy that is up ----

pool "carrier" {
  servers = {
    { "203.0.113.10:5061", name = "sip.pstnhub.microsoft.com" },
    { "203.0.113.20:5061", name = "sip2.pstnhub.microsoft.com" },
    { "203.0.113.30:5061", name = "sip3.pstnhub.microsoft.com" },
  },
  tls = "trunk",                            -- each server's certificate must bear its name
  balance = "ordered",
  tries = 3,
  monitor = { plugin = "sip", transport = "tls", tls = "trunk", from = name .. ":5061", interval = "60s",
    timeout = "5s" },
}

listener "from-pbx" {
  plugin = "sip",
  bind = { "tls:192.0.2.71:5061" },
  tls = "trunk",
  verify = "required",
  peers = { "pbx.corp.example" },           -- trusted: only its traffic goes out under the gateway's certificate
  pool = "carrier",
  options = { mode = "hop", record_route = true, name = name },
}

-- ---- Towards the PBX ----

pool "pbx" {
  servers = { { "192.0.2.80:5061", name = "pbx.corp.example" } },
  tls = "trunk",
  monitor = { plugin = "sip", transport = "tls", tls = "trunk", from = name .. ":5061", interval = "30s" },
}

listener "from-carrier" {
  plugin = "sip",
  bind = { "tls:198.51.100.71:5061" },
  tls = "trunk",
  verify = "required",
  peers = { "sip.pstnhub.microsoft.com", "sip2.pstnhub.microsoft.com", "sip3.pstnhub.microsoft.com" },
  pool = "pbx",
  options = { mode = "hop", record_route = true, name = name },
}
