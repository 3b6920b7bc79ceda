-- SPDX-License-Identifier: Apache-2.0
-- lync_proxy.lua: what lync.reverse_proxy publishes: one listener for each address, its sites told apart by name.  It
-- is called TO-443-proxy, where TO is the first pool that it leads to; a second one for that pool has its address in
-- the name.

local check = use "check"
local near = use "near"
local parts = use "lync_parts"
local place = use "lync_place"
local ports = use "lync_ports"

local function names_of(model)
  local list = {}
  for _, pool in ipairs(model.pools) do
    if pool.publishes then list[#list + 1] = pool.name end
  end
  return list
end

local function target_of(c, model, site)
  local pool = model.by_name[site.to]
  if pool and pool.publishes then return pool end
  if pool and pool.bad or not pool and model.incomplete then return nil end
  return c:problem(site.at:key("to"), string.format("%s is not the name of a pool with web sites", check.show(site.to)),
    near(site.to, names_of(model)) or "front end and director pools, lync.web_apps and lync.exchange have names")
end

-- The pool as the proxy sees it: with the certificate that clients of this site are shown.
local function side_of(model, site, pool)
  local written, at, name = site.certificate, site.at:key("certificate"), pool.name .. "-proxy-tls"
  if not written and site.word_certificate then
    written, at, name = site.word_certificate, site.word_at:key("certificate"), "reverse-proxy-tls"
  end
  local keys = { vip = site.at:key("vip"), servers = pool.inside.keys.servers, web = at, certificate = at }
  local web = pool.inside.web
  if written and not model.tls_made[written] then
    model.tls_made[written] = parts.tls(model, model.tls_name(name), written, nil, site.at, keys)
  end
  web = written and model.tls_made[written] or web
  local towards = pool.inside.web
  if web and not towards then
    local places = { trust = pool.at:key("trust"), foreign = pool.role == "web_apps" or pool.role == "exchange" }
    pool.towards = pool.towards or parts.tls(model, pool.name .. "-server-tls", nil, pool.trust, pool.at, places)
    towards, keys.towards = pool.towards, pool.towards and pool.at:key("trust")
  elseif towards then
    keys.towards = pool.inside.keys.web
  end
  return { name = "proxy", pool = pool, vip = site.vip, servers = pool.inside.servers, web = web, towards = towards,
    at = site.at, keys = keys }
end

-- Lists each tls word once, in order.
local function add_tls(list, name)
  for _, known in ipairs(list) do
    if known == name then return end
  end
  list[#list + 1] = name
end

local function add_routes(model, l, side, site, row)
  local pool = parts.pool(model, side, row, l.plugin)
  for i, name in ipairs(site.sites) do
    l.routes[#l.routes + 1] = { [l.plugin == "https" and "host" or "sni"] = name, pool = pool }
    l.route_places[#l.routes] = place.here(site.at:key("sites"):key(i))
  end
end

-- The sites by address, in order.
local function by_address(sites)
  local list = {}
  for _, site in ipairs(sites) do
    if not list[site.vip] then
      list[site.vip] = {}
      list[#list + 1] = list[site.vip]
    end
    table.insert(list[site.vip], site)
  end
  return list
end

local function listener(c, model, sites, row)
  local l = { port = row.port, routes = {}, route_places = {}, tls = {} }
  local first
  for _, site in ipairs(sites) do
    local wanted = type(row.server) == "table" and row.server[site.pool.role] and (not row.asked or site[row.asked])
    local plugin = wanted and (row.port == 80 or site.side.web) and "https" or "tcp"
    if wanted and l.plugin and l.plugin ~= plugin then
      c:problem(site.at, "has no certificate, or is the only one with one, of the sites of " .. site.vip,
        "sites of one address are all decrypted, or none is")
    elseif wanted then
      first = first or site
      l.plugin = plugin
      add_routes(model, l, site.side, site, row)
      if plugin == "https" and row.port ~= 80 then add_tls(l.tls, site.side.web) end
    end
  end
  if not first then return end
  l.name = parts.name(first.side, row.port)
  if model.listeners_made[l.name] then l.name = l.name .. "-" .. first.vip end
  model.listeners_made[l.name] = true
  parts.listener(model, first.side, l)
end

-- All sites; those that lead nowhere are told.
return function(c, model)
  local good = {}
  for _, site in ipairs(model.sites) do
    site.pool = target_of(c, model, site)
    if site.pool then
      site.side = side_of(model, site, site.pool)
      good[#good + 1] = site
    end
  end
  model.sites = good
  for _, sites in ipairs(by_address(good)) do
    for _, row in ipairs(ports) do
      if row.role == "proxy" then listener(c, model, sites, row) end
    end
  end
end
