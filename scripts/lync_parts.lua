-- SPDX-License-Identifier: Apache-2.0
-- lync_parts.lua: makes listeners, pools and tls words of the rows of lync_ports.lua.  What it makes are notes as
-- run.lua has them.  The parts of a pool are called POOLNAME-PORT; those of web services, and all of an Edge,
-- POOLNAME-PORT-SIDE.
--
-- A `side` is one of a pool's addresses: { name, pool, vip, servers, tls (for SIP), web (for web services), web_names,
-- at, keys: places of what it is made of }.

local place = use "lync_place"
local ports = use "lync_ports"

local parts = {}

local WEB = { [80] = true, [443] = true, [4443] = true, [8080] = true }
local CLEAR = { [80] = true, [8080] = true }
local IDLE, ANSWER = "1800s", "960s" -- the vendor's for web services: phones wait 900 s for an answer
local PAGES = { office = "/hosting/discovery", outlook = "/owa/healthcheck.htm" }

-- A cell of a row, where it differs by the rules.
local function by_rules(cell, pool)
  if type(cell) == "table" then return cell[pool.rules] end
  return cell
end

local function part_name(side, port)
  local pool = side.pool
  local sided = pool.role == "edge_pool" or side.name == "proxy" or WEB[port] and pool.has_outside
  return pool.name .. "-" .. port .. (sided and "-" .. side.name or "")
end
parts.name = part_name

-- ---- Certificates ----

-- The tls word for a certificate as it was written: its name.  Versions whose clients and servers need weak TLS get it,
-- and -t tells; towards others (`keys.foreign`) it is not taken.
function parts.tls(model, name, certificate, trust, at, keys)
  if type(certificate) == "string" then return certificate end
  if not certificate and not trust then return nil end
  local value, origins = { trust = trust }, { trust = keys.trust }
  local written = certificate or {}
  for key, v in pairs(written) do value[key] = v end
  if keys.certificate then
    for _, key in ipairs { "certificate", "key", "minimum", "sha1", "priority", "crl" } do
      origins[key] = keys.certificate:key(key)
    end
  end
  local weak = not keys.foreign and (model.version == "2010" or model.version == "2013")
  if weak then value.minimum = value.minimum or "1.0" end
  if weak and value.sha1 == nil then value.sha1 = true end
  model.note { word = "tls", name = name, value = value, at = place.made(at, origins), by = at.word }
  return name
end

-- ---- Pools ----

-- How a row's traffic is served: the name of a plugin.
local function plugin_of(row, side)
  local plugin = by_rules(row.plugin, side.pool)
  if plugin == "sip" then return side.tls and "sip" or "tcp" end
  if plugin == "web" then return side.web and "https" or "tcp" end
  return plugin
end

local function persistence_of(row, side, plugin)
  local pool = side.pool
  local how = row.persistence
  if type(how) == "table" and how[pool.role] then how = how[pool.role] end
  if plugin == "sip" then return { by = "call-id", timeout = "30m" } end
  local group = pool.role == "edge_pool" and pool.name .. "-" .. side.name or pool.name
  local asked = row.plugin == "sip" and side.sip == "source"
  local none = by_rules(how, pool) == "none" and not asked
  if plugin == "https" and pool.cookies then
    return { by = none and "cookie" or { "cookie", "source" }, group = group, timeout = "30m" }
  end
  return not none and { by = "source", group = group, timeout = "30m" }
end

local find_pool

local function sip_row(role)
  for _, row in ipairs(ports) do
    if row.role == role and row.monitor == "sip" then return row end
  end
end

local function monitor_of(model, row, side, plugin)
  local pool = side.pool
  local how = row.monitor or (sip_row(pool.role) and "track" or "web")
  if how == "sip" then return { plugin = "sip", transport = "tcp", port = pool.probe_port } end
  if how == "track" then
    local inside = pool.inside
    local sip = sip_row(pool.role)
    return { track = find_pool(model, inside, sip, plugin_of(sip, inside)) }
  end
  if how == "web" and plugin == "https" then return { plugin = "https", path = PAGES[pool.kind], codes = "200" } end
  return { plugin = (how == "stun" or how == "rpc") and how or "tcp" }
end

local function server_port(row, side)
  return type(row.server) == "table" and row.server[side.pool.role] or row.server
end

-- The name that all servers of a pool have in their certificates; what is no host's name is none: then each has its
-- own.
local function common_name(pool) return pool.name:find(".", 1, true) and pool.name or nil end

-- The pool behind a row, made when it is first needed: its name.
function find_pool(model, side, row, plugin)
  local port = server_port(row, side)
  local name = part_name(side, port)
  local known = model.pools_made[name]
  if known and known ~= plugin then name = name .. "-" .. plugin end -- one site is decrypted, another is not
  if model.pools_made[name] then return name end
  model.pools_made[name] = plugin
  local servers, places = {}, {}
  for i, s in ipairs(side.servers) do servers[i], places[i] = s.value, place.server(s.at) end
  local tls = plugin == "sip" and side.tls
    or plugin == "https" and not CLEAR[port] and (side.towards or side.web) or nil
  local value = {
    servers = servers, port = port, balance = "least-connections", tls = tls, tls_name = tls and common_name(side.pool),
    persistence = persistence_of(row, side, plugin), monitor = monitor_of(model, row, side, plugin),
    on_down = "end", slow_start = plugin == "sip" and "2m" or nil,
  }
  local origins = { servers = place.list(side.keys.servers or side.at, places),
    tls = place.here(plugin == "sip" and side.keys.tls or side.keys.towards or side.keys.web or side.at),
    tls_name = side.pool.at:key("name") }
  origins.monitor = row.monitor == "sip" and place.made(side.at, { port = side.pool.at:key("probe_port") }) or nil
  model.note { word = "pool", name = name, value = value, at = place.made(side.at, origins), by = side.at.word }
  return name
end
parts.pool = find_pool

-- ---- Listeners ----

local function options_of(side, plugin, routes)
  if plugin == "sip" then return { route = "auto" } end
  if plugin == "tcp" and routes then return { peek = true, routes = routes } end
  if plugin ~= "https" then return nil end
  local options = { answer = ANSWER, routes = routes }
  if side.pool.cookies then options.cookie, options.cookie_httponly = "MS-WSMAN", false end
  return options
end

-- Writes a listener: `l` has plugin, port, pool, routes, and where its keys come from.
function parts.listener(model, side, l)
  local clear = l.plugin == "https" and CLEAR[l.port]
  local kind = l.plugin == "stun" and "udp"
    or (l.plugin == "sip" or l.plugin == "https" and not clear) and "tls" or "tcp"
  local tls = kind == "tls" and (l.tls or (l.plugin == "sip" and side.tls or side.web)) or nil
  local value = {
    plugin = l.plugin, bind = string.format("%s:%s:%d", kind, side.vip, l.port), tls = tls, pool = l.pool,
    peers = l.plugin == "sip" and #model.peers > 0 and model.peers or nil,
    policies = l.plugin == "sip" and { "responder/no-compression" } or nil,
    options = options_of(side, l.plugin, l.routes), source = side.source,
    limits = kind ~= "udp" and { idle = IDLE } or nil,
  }
  local options = place.made(side.at, { routes = l.route_places and place.list(side.at, l.route_places) })
  local origins = { bind = place.here(side.keys.vip), options = options, source = side.keys.source,
    peers = side.keys.tls, tls = place.here(l.plugin == "sip" and side.keys.tls or side.keys.web or side.at) }
  model.note { word = "listener", name = l.name, value = value, at = place.made(side.at, origins), by = side.at.word }
end

local function is_asked(row, side)
  local pool = side.pool
  if row.rules and row.rules ~= pool.rules then return false end
  if row.last and pool.version > row.last then return false end
  return not row.asked or pool[row.asked]
end

-- The rows of a side by port: { row, named (the other one of the same port) }.
local function rows_of(side)
  local list, by_port = {}, {}
  for _, row in ipairs(ports) do
    if row.role == side.pool.role and row.side == side.name and is_asked(row, side)
      and not side.pool.without[row.port] then
      local l = by_port[row.port]
      if not l then
        l = {}
        by_port[row.port], list[#list + 1] = l, l
      end
      l[by_rules(row.named, side.pool) and "named" or "row"] = row
    end
  end
  return list
end

-- What leads the names of the external web services past the row that has the port.
local function routes_of(c, model, side, row, plugin)
  local routes, places = {}, {}
  if #side.web_names == 0 and side.pool.rules == "guide" then
    local text = "%d of %s to %d is left out: nothing tells it from the servers' %d"
    c:warn(side.at, string.format(text, row.port, side.vip, row.server, row.port),
      'name its sites: web_names = { "lyncweb.corp.example" }')
  end
  for i, name in ipairs(side.web_names) do
    routes[i] = { [plugin == "https" and "host" or "sni"] = name, pool = find_pool(model, side, row, plugin) }
    places[i] = place.here(side.keys.web_names:key(i))
  end
  return routes[1] and routes, places
end

-- All that one address of a pool has.
function parts.side(c, model, side)
  for _, l in ipairs(rows_of(side)) do
    local plugin = plugin_of(l.row, side)
    local pool = find_pool(model, side, l.row, plugin)
    local routes, places
    if l.named then routes, places = routes_of(c, model, side, l.named, plugin) end
    parts.listener(model, side, { name = part_name(side, l.row.port), plugin = plugin, port = l.row.port, pool = pool,
      routes = routes, route_places = places })
  end
end

return parts
