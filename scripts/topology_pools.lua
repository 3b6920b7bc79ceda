-- SPDX-License-Identifier: Apache-2.0
-- topology_pools.lua: the pools of a topology in the words of `include "lync"`, one function for each kind.

local ports = use "topology_ports"
local services = use "topology_services"
local text = use "topology_text"

-- ---- Servers ----

local function is_address(s) return s and s ~= "" and s ~= "0.0.0.0" and s ~= "::" end

-- The address of a machine on a side, its number there counted; nil: the document leaves it to the machine's name.
local function address_on(machine, side, number)
  for _, a in ipairs(machine.addresses) do
    if a.side == side and a.number == (number or 1) and is_address(a.address) then return a.address end
  end
end

-- As the words want it: v6 in brackets.
local function as_value(address) return text.quoted(address:find(":", 1, true) and "[" .. address .. "]" or address) end

-- An `fe01 = address` list; by_name: without an address the gateway asks for the machine's own name.
local function servers(w, depth, pool, side, number, by_name)
  local unknown = 0
  w:line(depth, "servers = {")
  for _, m in ipairs(pool.machines) do
    local address = address_on(m, side, number)
    local otherwise = by_name and text.quoted(m.name) or text.fill("its address outside")
    if not address then unknown = unknown + 1 end
    w:line(depth + 1, "[%s] = %s,", text.quoted(m.name), address and as_value(address) or otherwise)
  end
  w:line(depth, "},")
  return unknown
end

local function note_servers(w, pool, unknown)
  w:note("taken", pool.name, "%s", text.plural(#pool.machines, "server", "servers"))
  for _, name in ipairs(pool.twice) do
    w:note("lost", pool.name, "the document has two machines %s; the first one counts", name)
  end
  if unknown > 0 then
    w:note("taken", pool.name, "%s without an address (0.0.0.0): by host name, which the gateway looks up",
      text.plural(unknown, "server", "servers"))
  end
end

local function certificate(w, depth, word, of)
  w:line(depth, "%s = {", word)
  w:line(depth + 1, "certificate = %s,", text.fill("certificate of " .. of .. ", PEM"))
  w:line(depth + 1, "key = %s,", text.fill("its key, PEM"))
  w:line(depth, "},")
end

-- ---- The pools ----

local function title(w, pool, what)
  local site = w.topology.sites[pool.site]
  w:line(0, "")
  w:line(0, "-- %s%s", what, site and site ~= "" and ", site " .. text.plain(site) or "")
end

-- Ports that differ from those of the words, and those that no word knows.
local function note_ports(w, pool, kind)
  local same, inside, different, unknown = ports.compare(pool, kind)
  if same > 0 then w:note("taken", pool.name, "%s as the words open them", text.plural(same, "port", "ports")) end
  if #inside > 0 then
    w:note("out", pool.name, "between servers, or of media, to each server itself: %s", table.concat(inside, ", "))
  end
  for _, s in ipairs(different) do w:note("lost", pool.name, "%s", s) end
  for _, s in ipairs(unknown) do w:note("lost", pool.name, "%s", s) end
end

-- A word with what every pool has that is on one side: its name and virtual address.
local function begin(w, pool, word, what)
  title(w, pool, what)
  w:line(0, "lync.%s {", word)
  w:line(1, "name = %s,", text.quoted(pool.name))
  w:line(1, "vip = %s,", text.fill("virtual address inside"))
end

local function registrar_pool(w, pool, word, what)
  begin(w, pool, word, what)
  w:line(1, "external_vip = %s,", text.fill("virtual address outside, for the web services"))
  local unknown = servers(w, 1, pool, "Primary", 1, true)
  certificate(w, 1, "certificate", pool.name)
  certificate(w, 1, "web_certificate", "the web services of " .. pool.name)
  if services.web_host(pool) then w:line(1, "web_names = { %s },", text.quoted(services.web_host(pool))) end
  w:line(1, "trust = %s,", text.fill("certificates of the authority that signed the servers' own, PEM"))
  w:line(0, "}")
  note_servers(w, pool, unknown)
  note_ports(w, pool, word)
  w:note("fill", pool.name, "vip, external_vip, certificate, web_certificate, trust: no topology tells them")
  for _, m in ipairs(pool.machines) do
    local inside, outside = address_on(m, "Primary"), address_on(m, "External")
    if outside and outside ~= inside then
      w:note("part", pool.name, "%s has an own address for the web services outside, %s: the word has one a server",
        m.name, outside)
    end
  end
end

-- Which of the Edge's three services is which in the words: owner and usage of its port for clients outside.
local outside_services = {
  { word = "access", owner = "AccessEdge", usage = "SipClient" },
  { word = "webconf", owner = "DataEdge", usage = "PsomClient" },
  { word = "av", owner = "MediaRelayEdge", usage = "TURNServer", protocol = "Tcp" },
}

local function outside_port(pool, leg)
  for _, p in ipairs(services.of(pool, "EdgeServer").ports) do
    local same = p.owner == leg.owner and p.usage == leg.usage and p.side == "External"
    if same and (not leg.protocol or p.protocol == leg.protocol) then return p end
  end
end

local function edge_outside(w, pool)
  local unknown = 0
  w:line(1, "external = {")
  for _, leg in ipairs(outside_services) do
    local p = outside_port(pool, leg)
    if p then
      w:line(2, "%s = {", leg.word)
      if p.name then w:line(3, "name = %s,", text.quoted(p.name:lower())) end
      w:line(3, "vip = %s,", text.fill("virtual address outside, which the world reaches without NAT"))
      unknown = unknown + servers(w, 3, pool, "External", p.number, false)
      w:line(2, "},")
    end
  end
  w:line(1, "},")
  return unknown
end

local function edge_pool(w, pool)
  title(w, pool, "Edge pool")
  w:line(0, "lync.edge_pool {")
  w:line(1, "name = %s,", text.quoted(pool.name))
  w:line(1, "internal = {")
  w:line(2, "vip = %s,", text.fill("virtual address inside"))
  local unknown = servers(w, 2, pool, "Internal", 1, true)
  w:line(1, "},")
  local open = edge_outside(w, pool)
  w:line(0, "}")
  note_servers(w, pool, unknown)
  note_ports(w, pool, "edge_pool")
  w:note("fill", pool.name, "vip of each side: no topology tells them")
  if open > 0 then
    w:note("fill", pool.name, "%s of servers outside (0.0.0.0 there)", text.plural(open, "address", "addresses"))
  end
  for _, m in ipairs(pool.machines) do
    for _, a in ipairs(m.addresses) do
      if is_address(a.public) and a.public ~= a.address then
        w:note("part", pool.name, "%s is behind NAT (%s outside): an Edge behind a gateway needs addresses without NAT",
          m.name, a.public)
      end
    end
  end
end

local function plain_pool(w, pool, word, what)
  begin(w, pool, word, what)
  local unknown = servers(w, 1, pool, "Primary", 1, true)
  w:line(0, "}")
  note_servers(w, pool, unknown)
  note_ports(w, pool, word)
  w:note("fill", pool.name, "vip: no topology tells it")
end

-- Of the farm the topology knows one name alone.
local function web_apps(w, pool)
  title(w, pool, "Office Web Apps")
  w:line(0, "lync.web_apps {")
  w:line(1, "name = %s,", text.quoted(pool.name))
  w:line(1, "vip = %s,", text.fill("virtual address of the farm"))
  w:line(1, "servers = {")
  w:line(2, "[%s] = %s,", text.fill("host name of a server of the farm"),
    text.fill("its address; a line for each server"))
  w:line(1, "},")
  certificate(w, 1, "web_certificate", pool.name)
  w:line(0, "}")
  local url = services.value(services.of(pool, "WacService"), "WacService", "DiscoveryUrl")
  w:note("taken", pool.name, "the name of the farm%s", url and ", found by " .. url or "")
  w:note("fill", pool.name, "vip, servers, web_certificate: the topology knows the farm by its name only")
end

-- What writes a pool of a kind (topology_services.lua): function(w, pool).
return {
  front_end = function(w, pool)
    local what = #pool.machines == 1 and "Front end: one server (Standard Edition)" or "Front end pool"
    registrar_pool(w, pool, "front_end_pool", what)
  end,
  director = function(w, pool) registrar_pool(w, pool, "director_pool", "Director pool") end,
  edge = edge_pool,
  mediation = function(w, pool) plain_pool(w, pool, "mediation_pool", "Mediation pool") end,
  web_apps = web_apps,
  persistent_chat = function(w, pool) plain_pool(w, pool, "persistent_chat", "Persistent chat") end,
}
