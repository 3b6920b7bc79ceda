-- SPDX-License-Identifier: Apache-2.0
-- lync_names.lua: the names that a deployment needs, of the model that lync.lua gives: in the DNS, inside and outside,
-- and in each certificate.

local names = {}

-- A name with its domain.
local function full(model, name)
  return (name:find(".", 1, true) or not model.domains[1]) and name or name .. "." .. model.domains[1]
end

-- The sites of a pattern: "meet.*" has one in each domain.
local function sites_of(model, pattern)
  local stem = pattern:match("^(.*%.)%*$")
  if not stem then return { pattern } end
  local list = {}
  for i, domain in ipairs(model.domains) do list[i] = stem .. domain end
  return list
end

local function first_pool(model, role)
  for _, pool in ipairs(model.pools) do
    if pool.role == role and pool.inside and pool.inside.vip then return pool end
  end
end

-- The pool where clients begin: directors, if there are any.
local function home_of(model)
  return first_pool(model, "director_pool") or first_pool(model, "front_end_pool")
end

-- ---- The DNS ----

local function list_of_records()
  local list, seen = {}, {}
  return list, function(where, name, value, kind)
    local known = table.concat({ where, name, value, kind }, " ")
    if not value or seen[known] then return end
    seen[known] = true
    value = value:match("^%[(.*)%]$") or value
    list[#list + 1] = { where, name, kind or value:find(":", 1, true) and "AAAA" or "A", value }
  end
end

-- Where the proxy publishes a name, if it does.
local function published(model, name)
  for _, site in ipairs(model.sites) do
    for _, pattern in ipairs(site.sites) do
      for _, known in ipairs(sites_of(model, pattern)) do
        if known == name then return site.vip end
      end
    end
  end
end

-- A pattern that can stand in the DNS and in a certificate: "*.corp.example" can.
local function is_name(text)
  return not text:find("*", text:sub(1, 2) == "*." and 2 or 1, true)
end

-- The names of the external web services; by the vendor an Edge has none.
local function own_sites(pool)
  return (pool.role ~= "edge_pool" or pool.rules == "guide") and pool.inside.web_names or {}
end

local function own_names(model, pool, add)
  local inside = pool.inside
  if not inside then return end
  add("internal", full(model, pool.name), inside.vip)
  for _, s in ipairs(inside.servers) do
    local address = type(s.value[1]) == "string" and (s.value[1]:match("^%[(.*)%]$") or s.value[1])
    local own = s.name ~= full(model, pool.name) -- a farm of one may be called as its server is
    if s.name and own and address and address:find("^[%x.:]+$") then add("internal", s.name, address) end
  end
  for _, name in ipairs(own_sites(pool)) do
    if is_name(name) then add("internal", name, pool.rules == "microsoft" and published(model, name) or inside.vip) end
  end
end

local function service(port, target) return "0 0 " .. port .. " " .. target end

local function inside(model, add)
  local home, front = home_of(model), first_pool(model, "front_end_pool")
  for _, domain in ipairs(home and model.domains or {}) do
    local vip = home.inside.vip
    local target = home.name:sub(-#domain - 1) == "." .. domain and home.name or "sip." .. domain
    add("internal", "_sipinternaltls._tcp." .. domain, service(5061, target), "SRV")
    for _, name in ipairs { "sipinternal", "sip", "lyncdiscoverinternal", "meet", "dialin", "admin" } do
      add("internal", name .. "." .. domain, vip)
    end
    if front then add("internal", "ucupdates-r2." .. domain, front.inside.vip) end
    -- Phones take the way of the outside also from inside; the guide leads them to the directors.
    local discover = "lyncdiscover." .. domain
    add("internal", discover, home.rules == "microsoft" and published(model, discover) or vip)
  end
end

local function side_of(pool, name)
  for _, side in ipairs(pool.sides) do
    if side.name == name then return side end
  end
end

local function edge(model, pool, add)
  local access = side_of(pool, "access")
  for _, name in ipairs { "access", "webconf", "av" } do
    local side = side_of(pool, name)
    local prefix = name == "access" and "sip." or name .. "."
    local name_outside = side and (side.fqdn or model.domains[1] and prefix .. model.domains[1])
    if name_outside then add("external", name_outside, side.vip) end
  end
  for i, domain in ipairs(access and model.domains or {}) do
    local target = i == 1 and access.fqdn or "sip." .. domain
    add("external", "sip." .. domain, access.vip)
    add("external", "_sip._tls." .. domain, service(443, target), "SRV")
    add("external", "_sipfederationtls._tcp." .. domain, service(5061, target), "SRV")
    if pool.version <= "2015" then add("external", "_xmpp-server._tcp." .. domain, service(5269, target), "SRV") end
  end
end

local function outside(model, add)
  for _, site in ipairs(model.sites) do
    for _, pattern in ipairs(site.sites) do
      for _, name in ipairs(sites_of(model, pattern)) do
        if is_name(name) then add("external", name, site.vip) end
      end
    end
  end
  for _, pool in ipairs(model.pools) do
    local side = side_of(pool, "outside")
    for _, name in ipairs(side and side.web_names or {}) do
      if not published(model, name) then add("external", name, side.vip) end
    end
  end
end

-- A list of { "internal" or "external", name, type, value }.
function names.records(model)
  local list, add = list_of_records()
  for _, pool in ipairs(model.pools) do own_names(model, pool, add) end
  inside(model, add)
  for _, pool in ipairs(model.pools) do
    if pool.role == "edge_pool" then edge(model, pool, add) end
  end
  outside(model, add)
  return list
end

-- ---- Certificates ----

local web_sites = { "meet", "dialin", "admin", "lyncdiscoverinternal", "lyncdiscover" }

local function needs_of_pool(model, pool, add)
  local tls, web = pool.inside and pool.inside.tls, pool.inside and pool.inside.web
  local lync = pool.role == "front_end_pool" or pool.role == "director_pool"
  if tls then
    add(tls, full(model, pool.name))
    for _, s in ipairs(pool.inside.servers) do add(tls, s.name) end
    for _, domain in ipairs(lync and model.domains or {}) do add(tls, "sip." .. domain) end
  end
  if not web then return end
  add(web, full(model, pool.name))
  for _, domain in ipairs(lync and model.domains or {}) do
    for _, name in ipairs(web_sites) do add(web, name .. "." .. domain) end
    if pool.role == "front_end_pool" then add(web, "ucupdates-r2." .. domain) end
  end
  -- As old devices ask for it.
  if pool.role == "front_end_pool" and pool.rules == "guide" then add(web, "ucupdates-r2") end
  for _, name in ipairs(pool.inside.web_names) do add(web, name) end
end

-- A list of { tls = the word's name, names that its certificate must carry... }.
function names.needs(model)
  local list, by_tls, seen = {}, {}, {}
  local function add(tls, name)
    if not name or seen[tls .. " " .. name] then return end
    seen[tls .. " " .. name] = true
    if not by_tls[tls] then
      by_tls[tls] = { tls = tls }
      list[#list + 1] = by_tls[tls]
    end
    table.insert(by_tls[tls], name)
  end
  for _, pool in ipairs(model.pools) do needs_of_pool(model, pool, add) end
  for _, site in ipairs(model.sites) do
    for _, pattern in ipairs(site.side.web and site.sites or {}) do
      for _, name in ipairs(sites_of(model, pattern)) do
        if is_name(name) then add(site.side.web, name) end
      end
    end
  end
  return list
end

return names
