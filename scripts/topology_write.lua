-- SPDX-License-Identifier: Apache-2.0
-- topology_write.lua: a topology (topology_read.lua) as a configuration in the words of `include "lync"`, and a report:
-- what was taken over, what is left to fill in, what was left out, and what was not taken over although it carries traffic.

local ports = use "topology_ports"

local versions = { [5] = "2010", [6] = "2013", [7] = "2015", [8] = "2019" }

local out, lines

-- ---- The two texts ----

local function line(depth, format, ...) out[#out + 1] = ("  "):rep(depth) .. string.format(format, ...) end

-- What the document tells goes to a terminal, and into comments: one line of it, without control characters.
local function plain(text) return (text:gsub("\194[\128-\159]", "?"):gsub("%c", "?")) end

-- A line of the report.  What carries traffic and is not taken over stands in the configuration, too.
local function note(kind, of, format, ...)
  local text = plain(string.format(format, ...))
  lines[#lines + 1] = { kind = kind, of = plain(of), text = text }
  if kind == "lost" or kind == "part" then line(0, "-- NOT TAKEN OVER: %s: %s", plain(of), text) end
end

-- What the document tells is data: nothing in it ends the string it stands in.
local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return string.format("\\%03d", c:byte()) end) .. '"'
end

local function fill(what) return quoted("FILL IN: " .. what) end

local function list_of(texts)
  local list = {}
  for i, text in ipairs(texts) do list[i] = quoted(text) end
  return table.concat(list, ", ")
end

local function plural(n, one, many) return string.format("%d %s", n, n == 1 and one or many) end

-- ---- Services of a pool ----

local function service(pool, role)
  for _, s in ipairs(pool.services) do
    if s.role == role then return s end
  end
end

local function like(pool, pattern)
  for _, s in ipairs(pool.services) do
    if s.role:find(pattern) then return s end
  end
end

-- The settings that a service of this type has beside its ports: <RegistrarService IsDirector=...>.
local function setting(s, element, attribute)
  for _, e in ipairs(s and s.element or {}) do
    if e.name == element then return attribute and e.attributes[attribute] or e end
  end
end

-- What the pool is for the words; nil: nothing that a gateway stands before.
local function kind_of(pool)
  local registrar = service(pool, "Registrar")
  if service(pool, "EdgeServer") then return "edge" end
  if registrar and setting(registrar, "RegistrarService", "IsDirector") == "true" then return "director" end
  if registrar and service(pool, "UserServices") then return "front_end" end
  if registrar then return "survivable" end
  if service(pool, "MediationServer") then return "mediation" end
  if service(pool, "WacService") then return "web_apps" end
  return like(pool, "^PersistentChat") and not like(pool, "^PersistentChat.*Store$") and "persistent_chat" or nil
end

-- ---- Servers ----

local function is_address(text) return text and text ~= "" and text ~= "0.0.0.0" and text ~= "::" end

-- The address of a machine on a side, its number there counted; nil: the document leaves it to the machine's name.
local function address_on(machine, side, number)
  for _, a in ipairs(machine.addresses) do
    if a.side == side and a.number == (number or 1) and is_address(a.address) then return a.address end
  end
end

-- An `fe01 = address` list; by_name: without an address the gateway asks for the machine's own name.
local function servers(depth, pool, side, number, by_name)
  local unknown = 0
  line(depth, "servers = {")
  for _, m in ipairs(pool.machines) do
    local address = address_on(m, side, number)
    local value = address and quoted(address) or by_name and quoted(m.name) or fill("its address outside")
    if not address then unknown = unknown + 1 end
    line(depth + 1, "[%s] = %s,", quoted(m.name), value)
  end
  line(depth, "},")
  return unknown
end

local function note_servers(pool, unknown)
  note("taken", pool.name, "%s", plural(#pool.machines, "server", "servers"))
  if unknown > 0 then
    note("taken", pool.name, "%s without an address (0.0.0.0): by host name, which the gateway looks up",
      plural(unknown, "server", "servers"))
  end
end

local function certificate(depth, word, of)
  line(depth, "%s = {", word)
  line(depth + 1, "certificate = %s,", fill("certificate of " .. of .. ", PEM"))
  line(depth + 1, "key = %s,", fill("its key, PEM"))
  line(depth, "},")
end

-- ---- The pools ----

local function title(topology, pool, what)
  local site = topology.sites[pool.site]
  line(0, "")
  line(0, "-- %s%s", what, site and site ~= "" and ", site " .. plain(site) or "")
end

-- Ports that differ from those of the words, and those that no word knows.
local function note_ports(pool, kind)
  local same, inside, different, unknown = ports.compare(pool, kind)
  if same > 0 then note("taken", pool.name, "%s as the words open them", plural(same, "port", "ports")) end
  if #inside > 0 then
    note("out", pool.name, "between servers, or of media, to each server itself: %s", table.concat(inside, ", "))
  end
  for _, text in ipairs(different) do note("lost", pool.name, "%s", text) end
  for _, text in ipairs(unknown) do note("lost", pool.name, "%s", text) end
end

-- The name of its web services outside; nil: the document tells none.
local function web_host(pool)
  local web = setting(service(pool, "WebServices"), "WebService")
  for _, e in ipairs(web or {}) do
    local host = e.name == "ExternalSettings" and e.attributes.Host
    if host and host ~= "" then return host:lower() end
  end
end

local function registrar_pool(topology, pool, word, what)
  title(topology, pool, what)
  line(0, "lync.%s {", word)
  line(1, "name = %s,", quoted(pool.name))
  line(1, "vip = %s,", fill("virtual address inside"))
  line(1, "external_vip = %s,", fill("virtual address outside, for the web services"))
  local unknown = servers(1, pool, "Primary", 1, true)
  certificate(1, "certificate", pool.name)
  certificate(1, "web_certificate", "the web services of " .. pool.name)
  if web_host(pool) then line(1, "web_names = { %s },", quoted(web_host(pool))) end
  line(1, "trust = %s,", fill("certificates of the authority that signed the servers' own, PEM"))
  line(0, "}")
  note_servers(pool, unknown)
  note_ports(pool, word)
  note("fill", pool.name, "vip, external_vip, certificate, web_certificate, trust: no topology tells them")
  for _, m in ipairs(pool.machines) do
    local inside, outside = address_on(m, "Primary"), address_on(m, "External")
    if outside and outside ~= inside then
      note("part", pool.name, "%s has an own address for the web services outside, %s: the word has one a server", m.name,
        outside)
    end
  end
end

-- Which of the Edge's three services is which in the words: owner and usage of its port for clients outside.
local outside_services = {
  { word = "access", owner = "AccessEdge", usage = "SipClient" },
  { word = "webconf", owner = "DataEdge", usage = "PsomClient" },
  { word = "av", owner = "MediaRelayEdge", usage = "TURNServer", protocol = "Tcp" },
}

local function outside_port(pool, w)
  for _, p in ipairs(service(pool, "EdgeServer").ports) do
    local same = p.owner == w.owner and p.usage == w.usage and p.side == "External"
    if same and (not w.protocol or p.protocol == w.protocol) then return p end
  end
end

local function edge_outside(pool)
  local unknown = 0
  line(1, "external = {")
  for _, w in ipairs(outside_services) do
    local p = outside_port(pool, w)
    if p then
      line(2, "%s = {", w.word)
      if p.name then line(3, "name = %s,", quoted(p.name:lower())) end
      line(3, "vip = %s,", fill("virtual address outside, which the world reaches without NAT"))
      unknown = unknown + servers(3, pool, "External", p.number, false)
      line(2, "},")
    end
  end
  line(1, "},")
  return unknown
end

local function edge_pool(topology, pool)
  title(topology, pool, "Edge pool")
  line(0, "lync.edge_pool {")
  line(1, "name = %s,", quoted(pool.name))
  line(1, "internal = {")
  line(2, "vip = %s,", fill("virtual address inside"))
  local unknown = servers(2, pool, "Internal", 1, true)
  line(1, "},")
  local open = edge_outside(pool)
  line(0, "}")
  note_servers(pool, unknown)
  note_ports(pool, "edge_pool")
  note("fill", pool.name, "vip of each side: no topology tells them")
  if open > 0 then
    note("fill", pool.name, "%s of servers outside (0.0.0.0 there)", plural(open, "address", "addresses"))
  end
  for _, m in ipairs(pool.machines) do
    for _, a in ipairs(m.addresses) do
      if is_address(a.public) and a.public ~= a.address then
        note("part", pool.name, "%s is behind NAT (%s outside): an Edge behind a gateway needs addresses without NAT",
          m.name, a.public)
      end
    end
  end
end

local function plain_pool(topology, pool, word, what)
  title(topology, pool, what)
  line(0, "lync.%s {", word)
  line(1, "name = %s,", quoted(pool.name))
  line(1, "vip = %s,", fill("virtual address inside"))
  local unknown = servers(1, pool, "Primary", 1, true)
  line(0, "}")
  note_servers(pool, unknown)
  note_ports(pool, word)
  note("fill", pool.name, "vip: no topology tells it")
end

-- Of the farm the topology knows one name alone.
local function web_apps(topology, pool)
  title(topology, pool, "Office Web Apps")
  line(0, "lync.web_apps {")
  line(1, "name = %s,", quoted(pool.name))
  line(1, "vip = %s,", fill("virtual address of the farm"))
  line(1, "servers = {")
  line(2, "[%s] = %s,", fill("host name of a server of the farm"), fill("its address; a line for each server"))
  line(1, "},")
  certificate(1, "web_certificate", pool.name)
  line(0, "}")
  local url = setting(service(pool, "WacService"), "WacService", "DiscoveryUrl")
  note("taken", pool.name, "the name of the farm%s", url and ", found by " .. url or "")
  note("fill", pool.name, "vip, servers, web_certificate: the topology knows the farm by its name only")
end

-- ---- The reverse proxy ----

local function site_rows(rows, to, hosts, of)
  if #hosts == 0 then return end
  line(1, "{")
  line(2, "vip = %s,", fill("virtual address outside, for " .. of))
  line(2, "sites = {")
  for _, host in ipairs(hosts) do line(3, "%s,", quoted(host)) end
  line(2, "},")
  line(2, "to = %s,", quoted(to))
  line(1, "},")
  rows.n = rows.n + 1
end

-- The names that the simple URLs and autodiscover have.  What the export does not tell follows the usual names.
local function simple_hosts(topology)
  local hosts, seen, told = {}, {}, #topology.urls > 0
  local function add(host)
    if not seen[host] then hosts[#hosts + 1], seen[host] = host, true end
  end
  for _, u in ipairs(topology.urls) do
    if u.component:lower() ~= "cscp" then add(u.host) end
  end
  for _, domain in ipairs(topology.domains) do
    if not told then
      add("meet." .. domain)
      add("dialin." .. domain)
    end
    add("lyncdiscover." .. domain)
  end
  return hosts, told
end

local function note_simple(first, told)
  if told then
    note("taken", "reverse proxy", "the simple URLs; lyncdiscover of each domain by its usual name")
  else
    note("fill", "reverse proxy", "meet, dialin and lyncdiscover of each domain stand there by their usual names: the "
      .. "simple URLs are no part of this document; check them with Get-CsSimpleUrlConfiguration")
  end
  note("taken", "reverse proxy", "simple URLs go to %s, the first %s of the document", first.pool.name,
    first.kind == "director" and "Director pool" or "front end pool")
end

local function reverse_proxy(topology, web)
  if #web == 0 then return end
  local first, rows = web[1], { n = 0 }
  for _, w in ipairs(web) do
    if w.kind == "director" and first.kind ~= "director" then first = w end
  end
  local hosts, told = simple_hosts(topology)
  line(0, "")
  line(0, "-- What is reached from outside by name")
  line(0, "lync.reverse_proxy {")
  local taken = {}
  for _, h in ipairs(hosts) do taken[h] = true end
  site_rows(rows, first.pool.name, hosts, "the simple URLs")
  for _, w in ipairs(web) do
    local host = web_host(w.pool)
    if host and not taken[host] then
      taken[host] = true
      site_rows(rows, w.pool.name, { host }, "the web services of " .. w.pool.name)
      note("taken", w.pool.name, "its web services outside are %s", host)
    elseif not host then
      note("fill", w.pool.name, "the name of its web services outside: the document tells none")
    end
  end
  line(0, "}")
  note_simple(first, told)
  note("fill", "reverse proxy", "vip of %s; one address may serve several", plural(rows.n, "row", "rows"))
end

-- ---- All of it ----

local function version(topology)
  local lowest, seen = nil, {}
  for _, pool in ipairs(topology.pools) do
    local s = service(pool, "Registrar") or service(pool, "EdgeServer")
    if s and s.version then
      seen.several = seen.several or lowest and s.version ~= lowest
      if not lowest or s.version < lowest then lowest = s.version end
    end
  end
  local name = versions[lowest]
  line(0, "lync.version %s", name and quoted(name) or fill("2010, 2013, 2015 or 2019"))
  if not name then
    return note("fill", "version", "the document says %s, which no published document explains", lowest or "none")
  end
  note("taken", "version", "%s (ServiceVersion %d)%s", name, lowest,
    seen.several and ", the oldest of the deployment, with the TLS that it needs" or "")
end

local unwritten = {
  survivable = "a survivable branch appliance or server: one machine, which its clients find by themselves",
}

local function roles_of(pool)
  local names = {}
  for _, s in ipairs(pool.services) do names[#names + 1] = s.role end
  return names
end

local writers = {
  front_end = function(t, pool)
    local what = #pool.machines == 1 and "Front end: one server (Standard Edition)" or "Front end pool"
    registrar_pool(t, pool, "front_end_pool", what)
  end,
  director = function(t, pool) registrar_pool(t, pool, "director_pool", "Director pool") end,
  edge = edge_pool,
  mediation = function(t, pool) plain_pool(t, pool, "mediation_pool", "Mediation pool") end,
  web_apps = web_apps,
  persistent_chat = function(t, pool) plain_pool(t, pool, "persistent_chat", "Persistent chat") end,
}

local order = { "front_end", "director", "edge", "mediation", "web_apps", "persistent_chat" }

-- What no word takes: databases and file shares carry nothing that a gateway sees; another role might.
local function note_rest(pool, kind)
  if unwritten[kind] then return note("out", pool.name, "%s", unwritten[kind]) end
  local roles = roles_of(pool)
  if #roles == 0 then
    return note("out", pool.name, "nothing is installed on it (a trusted application, a gateway or a share)")
  end
  for _, role in ipairs(roles) do
    local store = role:find("Store$") or role == "CentralMgmt" or role == "ManagementServices"
    if store then
      note("out", pool.name, "%s: no traffic of clients", role)
    elseif role:find("Gateway$") then
      note("out", pool.name, "%s: a gateway stands alone", role)
    else
      note("lost", pool.name, "%s: no word knows this role", role)
    end
  end
end

local function by_kind(topology)
  local kinds = {}
  for _, pool in ipairs(topology.pools) do
    local kind = kind_of(pool)
    if writers[kind] then
      kinds[kind] = kinds[kind] or {}
      table.insert(kinds[kind], pool)
    else
      note_rest(pool, kind)
    end
  end
  return kinds
end

local function head(topology)
  line(0, "-- Made by lychctl import-topology.  Places that begin with FILL IN are what the topology does not tell: the")
  line(0, "-- gateway refuses the file until they are filled in.  NOT TAKEN OVER marks what carries traffic and is left to do.")
  line(0, 'include "lync"')
  version(topology)
  if #topology.domains > 0 then
    line(0, "lync.domains { %s }", list_of(topology.domains))
    note("taken", "domains", "%s", table.concat(topology.domains, ", "))
  end
end

-- The configuration's text, and the report, a list of { kind =, of =, text = }: "taken", "fill" (in), (left) "out",
-- (in) "part", "lost": not taken over.
return function(topology)
  local web = {}
  out, lines = {}, {}
  head(topology)
  local kinds = by_kind(topology)
  for _, kind in ipairs(order) do
    for _, pool in ipairs(kinds[kind] or {}) do
      writers[kind](topology, pool)
      if kind == "front_end" or kind == "director" then web[#web + 1] = { pool = pool, kind = kind } end
    end
  end
  reverse_proxy(topology, web)
  for _, s in ipairs(topology.strays) do
    note("lost", s.role, "the document does not tell on which pool it is installed")
  end
  return table.concat(out, "\n") .. "\n", lines
end
