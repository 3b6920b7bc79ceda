-- SPDX-License-Identifier: Apache-2.0
-- lync_ports.lua: what Lync Server and Skype for Business want of a load balancer, one row for each port.  It is data
-- only: lync.lua makes listeners and pools of it, and the manual shows it.
--
-- Of a row:
--   role, side    whose servers, and on which of the pool's addresses
--   port, server  where clients arrive, and the servers' port behind it
--   transport     "tcp" or "udp", of the wire
--   plugin        "sip", "web": where there is a certificate for it, else bytes are passed on untouched; "tcp": those
--                 always; "rpc", "stun"
--   persistence   "source", "none"; with "sip" in force it is by Call-ID
--   monitor       "sip": asked in clear on a port of its own; "track": as healthy as the pool's 5061; "connect",
--                 "stun", "rpc"; "web": asked for a page
--   carries       what it is for
--   rules         there is such a row only by these rules; other cells may say what they are by each:
--                 { microsoft = ..., guide = ... }.  "microsoft" is what the vendor's planning pages ask of hardware
--                 load balancers, "guide" a controller's deployment guide for the same pools
--   named         the port is another row's too: this one's traffic is told from that by the name that it asks for
--   asked         the key of the word that asks for the row
--   last          the last version that has it

local rows = {}

local function role(name, side, list)
  for _, row in ipairs(list) do
    row.role, row.side = name, side
    row.server = row.server or row.port
    row.transport = row.transport or "tcp"
    rows[#rows + 1] = row
  end
end

-- External web services (4443 and 8080) need no affinity since 2013, and have none: behind a reverse proxy all clients
-- have one address, and would have one server.  The guide has affinity all the same.
local none_or_source = { microsoft = "none", guide = "source" }
-- Directors: the vendor asks for affinity on the inside, the guide for none.
local source_or_none = { microsoft = "source", guide = "none" }
-- The guide takes 443 for SIP, conferences and media as well, so it is not decrypted there.
local web_or_tcp = { microsoft = "web", guide = "tcp" }

role("front_end_pool", "inside", {
  { port = 443, plugin = web_or_tcp, persistence = "source", monitor = "track",
    carries = "web services; by the guide SIP of remote users, conferences, STUN" },
  { port = 443, server = 4443, named = true, plugin = "web", persistence = none_or_source, monitor = "track",
    carries = "external web services, asked for from inside" },
  { port = 4443, rules = "microsoft", plugin = "web", persistence = "none", monitor = "track",
    carries = "external web services, from a reverse proxy inside" },
  { port = 80, rules = "microsoft", plugin = "web", persistence = "source", monitor = "track", carries = "HTTP" },
  { port = 80, server = 8080, rules = "guide", plugin = "web", persistence = "source", monitor = "track",
    carries = "HTTP" },
  { port = 8080, rules = "microsoft", plugin = "web", persistence = "none", monitor = "track",
    carries = "root certificates, devices that sign in by NTLM" },
  { port = 135, plugin = "rpc", persistence = "source", monitor = "rpc",
    carries = "RPC: moving users, synchronisation" },
  { port = 444, plugin = "tcp", persistence = "source", monitor = "connect",
    carries = "HTTPS within and between pools" },
  { port = 448, plugin = "tcp", persistence = "source", monitor = "connect", carries = "bandwidth policy" },
  { port = 5061, plugin = "sip", persistence = "source", monitor = "sip", carries = "SIP of clients and servers" },
  { port = 5065, plugin = "tcp", persistence = "source", monitor = "connect", carries = "SIP, application sharing" },
  { port = 5070, plugin = "tcp", persistence = "source", monitor = "connect", carries = "SIP, mediation" },
  { port = 5071, plugin = "tcp", persistence = "source", monitor = "connect", carries = "SIP, response groups" },
  { port = 5072, plugin = "tcp", persistence = "source", monitor = "connect", carries = "SIP, conference attendant" },
  { port = 5073, plugin = "tcp", persistence = "source", monitor = "connect",
    carries = "SIP, conference announcements" },
  { port = 5075, plugin = "tcp", persistence = "source", monitor = "connect", carries = "SIP, call park" },
  { port = 5076, plugin = "tcp", persistence = "source", monitor = "connect", carries = "SIP, audio test" },
  { port = 5080, plugin = "tcp", persistence = "source", monitor = "connect",
    carries = "bandwidth policy, for the A/V Edge" },
})

role("front_end_pool", "outside", {
  { port = 443, rules = "guide", plugin = "tcp", persistence = "source", monitor = "track",
    carries = "SIP of remote users, conferences, STUN" },
  { port = 443, server = 4443, named = { guide = true }, plugin = "web", persistence = none_or_source,
    monitor = "track", carries = "external web services" },
  { port = 80, server = 8080, plugin = "web", persistence = "none", monitor = "track", carries = "HTTP, autodiscover" },
})

role("director_pool", "inside", {
  { port = 443, plugin = web_or_tcp, persistence = source_or_none, monitor = "track",
    carries = "web services; by the guide SIP of clients" },
  { port = 443, server = 4443, named = true, plugin = "web", persistence = "none", monitor = "track",
    carries = "external web services, asked for from inside" },
  { port = 4443, rules = "microsoft", plugin = "web", persistence = "none", monitor = "track",
    carries = "external web services, from a reverse proxy inside" },
  { port = 80, rules = "microsoft", plugin = "web", persistence = "source", monitor = "track", carries = "HTTP" },
  { port = 80, server = 8080, rules = "guide", plugin = "web", persistence = "none", monitor = "track",
    carries = "HTTP" },
  { port = 8080, rules = "microsoft", plugin = "web", persistence = "none", monitor = "track",
    carries = "root certificates, devices that sign in by NTLM" },
  { port = 444, plugin = "tcp", persistence = source_or_none, monitor = "connect",
    carries = "HTTPS within and between pools" },
  { port = 5061, plugin = "sip", persistence = source_or_none, monitor = "sip",
    carries = "SIP of clients and servers" },
})

role("director_pool", "outside", {
  { port = 443, server = 4443, plugin = "web", persistence = "none", monitor = "track",
    carries = "external web services" },
  { port = 80, server = 8080, plugin = "web", persistence = "none", monitor = "track", carries = "HTTP, autodiscover" },
})

-- The guide's table of the Edge's inside is that of the Director; the vendor has another one.
role("edge_pool", "inside", {
  { port = 443, plugin = "tcp", persistence = source_or_none, monitor = "connect",
    carries = "STUN over TCP, media relay" },
  { port = 443, server = 4443, rules = "guide", named = true, plugin = "tcp", persistence = "none", monitor = "connect",
    carries = "HTTPS" },
  { port = 80, server = 8080, rules = "guide", plugin = "tcp", persistence = "none", monitor = "connect",
    carries = "HTTP" },
  { port = 5061, plugin = "sip", persistence = source_or_none, monitor = "connect", carries = "SIP of servers" },
  { port = 5062, rules = "microsoft", plugin = "tcp", persistence = "source", monitor = "connect",
    carries = "SIP, authentication for media" },
  { port = 3478, rules = "microsoft", transport = "udp", plugin = "stun", persistence = "source", monitor = "stun",
    carries = "STUN, media relay" },
})

role("edge_pool", "access", {
  { port = 443, plugin = "tcp", persistence = "source", monitor = "connect", carries = "SIP of remote users" },
  { port = 5061, plugin = "tcp", persistence = "source", monitor = "connect",
    carries = "SIP of remote users and partners" },
  { port = 5269, last = "2015", plugin = "tcp", persistence = "source", monitor = "connect",
    carries = "XMPP partners" },
})
role("edge_pool", "webconf", {
  { port = 443, plugin = "tcp", persistence = "source", monitor = "connect", carries = "web conferences" },
})
role("edge_pool", "av", {
  { port = 443, plugin = "tcp", persistence = "source", monitor = "connect", carries = "STUN over TCP, media" },
  { port = 3478, transport = "udp", plugin = "stun", persistence = "source", monitor = "stun",
    carries = "STUN, media" },
})

role("mediation_pool", "inside", {
  { port = 5070, plugin = "tcp", persistence = "source", monitor = "connect", carries = "SIP of front ends" },
  { port = 5067, asked = "gateways", plugin = "tcp", persistence = "source", monitor = "connect",
    carries = "SIP of gateways, inside TLS" },
  { port = 5068, asked = "gateways", plugin = "tcp", persistence = "source", monitor = "connect",
    carries = "SIP of gateways" },
})

role("persistent_chat", "inside", {
  { port = 5041, plugin = "tcp", persistence = "source", monitor = "connect", carries = "SIP of front ends" },
})

role("web_apps", "inside", {
  { port = 443, plugin = "web", persistence = "source", monitor = "web", carries = "documents in meetings, or mail" },
})

-- Unified messaging answers on its first port with a redirection to one of a worker's: all of them have to be there.
role("exchange", "inside", {
  { port = 443, plugin = "web", persistence = "source", monitor = "web", carries = "mail, calendars, devices" },
  { port = 5060, asked = "um", plugin = "tcp", persistence = "source", monitor = "connect",
    carries = "SIP, unified messaging" },
  { port = 5061, asked = "um", plugin = "tcp", persistence = "source", monitor = "connect",
    carries = "SIP, the same inside TLS" },
  { port = 5065, asked = "um", plugin = "tcp", persistence = "source", monitor = "connect",
    carries = "SIP, its workers" },
  { port = 5066, asked = "um", plugin = "tcp", persistence = "source", monitor = "connect",
    carries = "SIP, its workers in TLS" },
  { port = 5067, asked = "um", plugin = "tcp", persistence = "source", monitor = "connect",
    carries = "SIP, its workers" },
  { port = 5068, asked = "um", plugin = "tcp", persistence = "source", monitor = "connect",
    carries = "SIP, its workers in TLS" },
})

-- What lync.reverse_proxy publishes, by the role of the pool that it leads to; clients come to 443, and to 80 where
-- asked.
role("proxy", "proxy", {
  { port = 443, server = { front_end_pool = 4443, director_pool = 4443, web_apps = 443, exchange = 443 },
    plugin = "web",
    persistence = { front_end_pool = none_or_source, director_pool = "none", web_apps = "source", exchange = "source" },
    carries = "published sites" },
  { port = 80, server = { front_end_pool = 8080, director_pool = 8080 }, asked = "http", plugin = "web",
    persistence = { front_end_pool = "none", director_pool = "none" }, carries = "autodiscover without TLS" },
})

return rows
